"""Columns in the words of a definition, for what people read: ``VARCHAR(20) NOT NULL DEFAULT 'x'``."""

from __future__ import annotations

from collections.abc import Iterator

from peewit.schema.values import Column, ForeignKey


def in_words(column: Column) -> str:
    """The whole definition of a column, without its name."""
    return " ".join(text for text, says in _aspects(column) if says)


def changes_in_words(before: Column, after: Column) -> str:
    """What of a column is another: ``ON DELETE CASCADE instead of ON DELETE SET NULL``; empty where nothing is."""
    aspects = zip(_aspects(before), _aspects(after), strict=True)
    pairs = [(old, new) for (old, _), (new, _) in aspects if old.upper() != new.upper()]
    if after.counts_anew(before):
        pairs.append((f"{before.resolution}", f"resolution {after.resolution}"))
    return ", ".join(f"{new} instead of {old}" for old, new in pairs)


def _aspects(column: Column) -> Iterator[tuple[str, bool]]:
    """Each aspect in words, and whether a definition says it."""
    yield (str(column.type), True) if column.type.name else ("no type", False)
    yield "NULL" if column.null else "NOT NULL", True
    yield _said("DEFAULT", column.default)
    yield _said("COLLATE", column.collation)
    yield _said("SEQUENCE", column.sequence)
    yield ("AUTOINCREMENT", True) if column.autoincrement else ("no AUTOINCREMENT", False)
    generated = column.generated
    stored = " STORED" if generated is not None and generated.stored else ""
    yield _said("GENERATED AS", None if generated is None else f"({generated.expression}){stored}")
    checks = " ".join(constraint.sql for constraint in column.constraints)
    yield (checks, True) if checks else ("no CHECK", False)
    yield from _reference(column.foreign_key)


def _said(word: str, value: str | None) -> tuple[str, bool]:
    return (f"no {word}", False) if value is None else (f"{word} {value}", True)


def _reference(key: ForeignKey | None) -> Iterator[tuple[str, bool]]:
    if key is None:
        yield "no foreign key", False
    else:
        target = key.target
        yield f'REFERENCES "{target}" ("{key.column}")' if key.column else f'REFERENCES "{target}"', True
    for word, action in (("ON DELETE", key and key.on_delete), ("ON UPDATE", key and key.on_update)):
        yield f"{word} {(action or 'NO ACTION').upper()}", bool(action)
    deferrable = key.deferrable if key is not None else None
    yield (deferrable, True) if deferrable else ("not DEFERRABLE", False)
