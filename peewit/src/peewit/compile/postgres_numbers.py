"""Columns that count by themselves on PostgreSQL: a sequence behind a default (SERIAL), or an identity.

Going from one to the other keeps the position: the next row gets the number it would have got.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field

from peewit.compile.postgres_types import plain_spelling
from peewit.compile.server_work import Alteration, Work
from peewit.compile.statements import Execute
from peewit.dataclass import dataclass
from peewit.dialects import PostgresDialect
from peewit.schema import Type

SERIAL, ALWAYS, BY_DEFAULT = "SERIAL", "ALWAYS", "BY DEFAULT"


@dataclass(slots=True)
class Numbering:
    """What comes before the ALTER TABLE, what is part of it, and what comes after it."""

    first: list[Execute] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    last: list[Execute] = field(default_factory=list)


def numbered(type_: Type, dialect: PostgresDialect) -> str:
    """How a wanted type counts, empty where it does not."""
    text = dialect.spell(type_).upper()
    if "GENERATED" in text:
        return ALWAYS if "ALWAYS" in text.split("GENERATED")[1] else BY_DEFAULT
    return SERIAL if "SERIAL" in text else ""


def renumber(work: Work, alteration: Alteration, dialect: PostgresDialect, taken: Collection[str] = ()) -> Numbering:
    """From how a column counts to how it is to count; ``taken`` are names of the table's schema."""
    live, after = alteration.live, alteration.after
    was = _live_kind(work, alteration)
    wanted = numbered(after.type, dialect)
    result = Numbering()
    column = dialect.quoted(live.name)
    alter = f"ALTER COLUMN {column}"
    old = work.found.extras.get(live.name)
    own = f"pg_get_serial_sequence({_text(work.path)}, {_text(live.name)})"
    if was == wanted == SERIAL and old is not None:
        new_type = plain_spelling(after.type, dialect).lower()
        if plain_spelling(alteration.before.type, dialect).lower() != new_type:
            result.last.append(Execute(sql=f"ALTER SEQUENCE {old} AS {new_type}"))
        return result
    if was == wanted:
        return result
    if {was, wanted} == {ALWAYS, BY_DEFAULT}:
        result.actions.append(f"{alter} SET GENERATED {wanted}")
        return result
    kept = _kept(work, dialect)
    if was and wanted and old is not None:
        # The old sequence goes with the old way of counting: where it stands waits in another.
        result.first.append(Execute(sql=f"CREATE SEQUENCE {kept}"))
        result.first.append(Execute(sql=f"SELECT setval({_text(kept)}, last_value, is_called) FROM {old}"))
        position = f"last_value, is_called) FROM {kept}"
    else:
        position = f"coalesce(max({column}), 0) + 1, false) FROM {work.path}"
    if was == SERIAL:
        result.first.append(Execute(sql=f"ALTER TABLE {work.path} {alter} DROP DEFAULT"))
        result.first += [Execute(sql=f"DROP SEQUENCE {old}")] if old is not None else []
    elif was:
        result.first.append(Execute(sql=f"ALTER TABLE {work.path} {alter} DROP IDENTITY"))
    if wanted == SERIAL:
        sequence = _free_sequence(work, live.name, taken, dialect)
        kind = plain_spelling(after.type, dialect).lower()
        result.first.append(Execute(sql=f"CREATE SEQUENCE {sequence} AS {kind}"))
        result.actions.append(f"{alter} SET DEFAULT nextval({_text(sequence)})")
        result.last.append(Execute(sql=f"ALTER SEQUENCE {sequence} OWNED BY {work.path}.{column}"))
    elif wanted:
        result.actions.append(f"{alter} ADD GENERATED {wanted} AS IDENTITY")
    if wanted:
        result.last.append(Execute(sql=f"SELECT setval({own}, {position}"))
    if was and wanted and old is not None:
        result.last.append(Execute(sql=f"DROP SEQUENCE {kept}"))
    return result


def _live_kind(work: Work, alteration: Alteration) -> str:
    live = alteration.live
    text = str(live.type).upper()
    if "GENERATED" in text:
        return ALWAYS if "GENERATED ALWAYS" in text else BY_DEFAULT
    return SERIAL if live.autoincrement and live.name in work.found.extras else ""


def _kept(work: Work, dialect: PostgresDialect) -> str:
    return dialect.path("peewit_kept_position", work.table.schema)


def _free_sequence(work: Work, column: str, taken: Collection[str], dialect: PostgresDialect) -> str:
    """The name the server itself would give, or the nearest that is free."""
    stem = dialect.cut(f"{work.found.table.name}_{column}")[:55]
    names = [f"{stem}_seq", *(f"{stem}_seq{number}" for number in range(1, 99))]
    own = work.found.extras.get(column, "").rpartition(".")[2].strip('"')
    return dialect.path(next(n for n in names if n not in taken or n == own), work.table.schema)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
