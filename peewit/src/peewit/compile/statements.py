"""What compilers return and only ``run/`` executes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from peewit.dataclass import dataclass
from peewit.schema import Column, Default, own_values

Converter = Callable[[Any], Any]
"""What makes of a column's old value its new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A query that has to come back empty before its table is written.

    ``problem`` is the message when it does not, with ``{count}`` for what ``count`` finds; what the query
    returns are examples. ``functions`` are Python functions both queries call by name. ``field`` is the
    ``table.field`` that rows have no value for, where it asks for such; ``new``: it comes with the change.
    ``distinct``: they would all get the same, and have to differ.
    """

    sql: str
    count: str
    problem: str
    hint: str = ""
    functions: tuple[tuple[str, Callable[..., object]], ...] = dataclasses.field(default=(), compare=False)
    field: str = ""
    new: bool = False
    distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a statement means for others while it runs on a server.

    ``lock`` is the level by its own name, ``rewrites`` and ``scans`` whether every row is written anew or
    read, ``rows`` an estimate of how many there are. ``seconds`` is about how long it takes, where a plan has measured.
    """

    table: str
    lock: str
    rewrites: bool = False
    scans: bool = False
    rows: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """All rows of a table are copied ``into`` another one; in the columns ``kept`` every value stays as it is."""

    table: str
    into: str
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A column that becomes another type, in words: what cannot be where the server refuses a value, and what to do."""

    problem: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute:
    """One statement of SQL.

    ``functions`` are Python functions the statement calls by name, once per row. ``copying``: the statement
    has to write as many rows as the table has. ``explained`` are the guards that tell why, where
    the rows break a rule the statement itself enforces; ``converting`` are the columns whose values it makes others of,
    for what no guard finds. ``past_stale``: views and triggers that do not
    compile anyway must not stop it. ``afterwards``: it comes once the migration is kept, by itself.
    """

    sql: str
    params: tuple[Any, ...] = ()
    functions: tuple[tuple[str, Default | Converter], ...] = dataclasses.field(default=(), compare=False)
    copying: Copying | None = None
    explained: tuple[Guard, ...] = ()
    converting: tuple[Conversion, ...] = ()
    past_stale: bool = False
    afterwards: bool = False
    effect: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Call a Python function for every row that is null in a column, and write what it gives, by ranges of keys.

    ``table`` is quoted; ``keys`` tell one row from another, ``types`` are theirs and the column's. ``kept``
    are columns that change by themselves in an UPDATE and must not.
    """

    table: str
    column: str
    keys: tuple[str, ...]
    fill: Default
    types: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    effect: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of the migration file; one of ``schema`` is called also where no others are."""

    name: str
    function: Callable[[], object] = dataclasses.field(compare=False, repr=False)
    schema: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRow:
    """One row of ``sqlite_schema`` and what it becomes."""

    kind: str
    name: str
    new_name: str
    new_table: str
    sql: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditSchema:
    """An edit of SQLite's own description of its tables; no row is read or written.

    ``columns`` are what each table has to show when its description is read back: a list of names.
    """

    rows: tuple[SchemaRow, ...]
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()


Statement = Execute | Guard | Backfill | Call | EditSchema
"""Everything ``run/`` knows how to execute."""


def give_a_value(field: str) -> str:
    """How the rows that exist get a value for a field that is not null: what is typed, and what is written."""
    return (
        f"give them one: peewit redo --anew --fill {field}=EXPR, which writes the newest file anew and applies it\n"
        "or put default=… into its field in the file"
    )


def one_for_all(key: str, source: str, column: Column, columns: tuple[str, ...]) -> Guard:
    """A new column is unique by itself, or with others that are new too, and has one value for all rows."""
    asked = Guard(
        sql=f"SELECT 1 FROM {source} LIMIT 1 OFFSET 1",
        count=f"SELECT count(*) FROM {source}",
        problem=f'"{key}" cannot be made unique by {", ".join(columns)}: '
        "its {count} rows would all get the same value",
    )
    return of_new(asked, key, column)


def of_new(asked: Guard, key: str, column: Column) -> Guard:
    """A question whether rows differ, where they get their values with a new column."""
    field = f"{key}.{column.field_name}"
    hint = (
        f'give each row its own: peewit redo --anew --fill "{field}={own_values(column)}", which writes the newest '
        "file anew and applies it\nor put default=… that is called for each row into its field in the file"
    )
    return replace(asked, hint=hint, field=field, new=True, distinct=True)
