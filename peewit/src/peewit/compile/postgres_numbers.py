"""Columns that count by themselves on PostgreSQL: a sequence behind a default (SERIAL), or an identity.

Going from one to the other keeps the position: the next row gets the number it would have got.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from peewit.compile.postgres_types import plain_spelling
from peewit.compile.server_work import Alteration, Work
from peewit.compile.statements import Execute
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


def renumber(work: Work, alteration: Alteration, dialect: PostgresDialect) -> Numbering:
    """From how a column counts to how it is to count."""
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
    position = _position(work, was, column, old)
    if was == SERIAL:
        result.actions.append(f"{alter} DROP DEFAULT")
    elif was:
        result.actions.append(f"{alter} DROP IDENTITY")
    if wanted == SERIAL:
        sequence = _free_sequence(work, live.name, dialect)
        kind = plain_spelling(after.type, dialect).lower()
        result.first.append(Execute(sql=f"CREATE SEQUENCE {sequence} AS {kind}"))
        # Afterwards: what becomes a number may not be one yet.
        result.last.append(Execute(sql=f"SELECT setval({_text(sequence)}, {position})"))
        result.actions.append(f"{alter} SET DEFAULT nextval({_text(sequence)})")
        result.last.append(Execute(sql=f"ALTER SEQUENCE {sequence} OWNED BY {work.path}.{column}"))
    elif wanted:
        result.actions.append(f"{alter} ADD GENERATED {wanted} AS IDENTITY")
        result.last.append(Execute(sql=f"SELECT setval({own}, {position})"))
    if was == SERIAL and old is not None:
        result.last.append(Execute(sql=f"DROP SEQUENCE {old}"))
    return result


def _live_kind(work: Work, alteration: Alteration) -> str:
    live = alteration.live
    text = str(live.type).upper()
    if "GENERATED" in text:
        return ALWAYS if "GENERATED ALWAYS" in text else BY_DEFAULT
    return SERIAL if live.autoincrement and live.name in work.found.extras else ""


def _position(work: Work, was: str, column: str, old: str | None) -> str:
    """The arguments of setval() that go on where the column's numbers are."""
    if was == SERIAL and old is not None:
        return f"(SELECT last_value FROM {old}), (SELECT is_called FROM {old})"
    return f"(SELECT coalesce(max({column}), 0) + 1 FROM {work.path}), false"


def _free_sequence(work: Work, column: str, dialect: PostgresDialect) -> str:
    name = dialect.cut(f"{work.found.table.name}_{column}")[:55]
    return dialect.path(f"{name}_peewit_seq", work.table.schema)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
