"""Values for the rows that are NULL, on PostgreSQL: by a DEFAULT where one value does for all, else by UPDATE."""

from __future__ import annotations

from collections.abc import Iterator

from peewit.compile import postgres_types as types
from peewit.compile.postgres_numbers import is_identity
from peewit.compile.server_text import doubled
from peewit.compile.server_work import Fill, Work
from peewit.compile.statements import Backfill, Effect, Execute, Statement
from peewit.dialects import PostgresDialect
from peewit.errors import SqlError
from peewit.schema import Column, Default
from peewit.sql import literal

ROWS = "ROW EXCLUSIVE"


def fill_late(work: Work, fill: Fill, dialect: PostgresDialect) -> Iterator[Statement]:
    """A new column is none of the triggers' business, so they rest while it is filled."""
    quiet = fill.new and work.found.triggers
    for trigger in work.found.triggers if quiet else ():
        yield Execute(sql=f"ALTER TABLE {work.path} DISABLE TRIGGER {dialect.quoted(trigger.name)}")
    yield fill_nulls(work, fill, dialect)
    for trigger in work.found.triggers if quiet else ():
        enable = f"ENABLE {trigger.mode} TRIGGER" if trigger.mode else "ENABLE TRIGGER"
        yield Execute(sql=f"ALTER TABLE {work.path} {enable} {dialect.quoted(trigger.name)}")


def fill_nulls(work: Work, fill: Fill, dialect: PostgresDialect) -> Statement:
    """What gives the rows that are NULL in a column their value."""
    column = dialect.quoted(fill.column)
    effect = Effect(table=work.key, lock=ROWS, rewrites=True, rows=work.found.rows)
    if fill.value.called:
        return _backfill(work, fill, dialect, effect)
    return Execute(
        sql=f"UPDATE {doubled(work.path)} SET {doubled(column)} = %s WHERE {doubled(column)} IS NULL",
        params=(fill.value.value,),
        effect=effect,
    )


def _backfill(work: Work, fill: Fill, dialect: PostgresDialect, effect: Effect) -> Backfill:
    keys = work.found.table.primary_key
    if set(keys) & (set(work.dropped) | set(work.altered)):
        keys = ()  # what changes with the same ALTER TABLE is no longer what it was read as
    added, live = work.added.get(fill.column), work.live(fill.column)
    kinds = [str(work.found.table.column(key).type) for key in keys]
    kinds.append(types.plain_spelling(added.type, dialect) if added else str(live and live.type))
    plain = tuple(types.without_limits(kind) for kind in kinds)
    return Backfill(table=work.path, column=fill.column, keys=keys, types=plain, fill=fill.value, effect=effect)


def counts(column: Column) -> bool:
    """Whether the column gives itself a value: a SERIAL, an identity."""
    identity = "GENERATED" in column.type.name or any(is_identity(c.sql) for c in column.constraints)
    return column.type.name in ("AUTO", "BIGAUTO") or identity or column.sequence is not None


def constant(value: Default, dialect: PostgresDialect) -> str | None:
    """The DEFAULT that gives every row a value; None where it is not one value, or has no literal."""
    if value.called:
        return None
    try:
        text = literal(value.value, dialect.literals)
    except SqlError:
        return None
    return text if value.value is not None else None
