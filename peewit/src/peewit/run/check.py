"""Do models, files, history and database agree? Each question gives findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import peewee

from peewit.dialects import SQLITE, Dialect, ServerDialect, SqliteDialect
from peewit.diff import Answers, diff
from peewit.files.names import order
from peewit.models import read_models
from peewit.reports import Finding
from peewit.run.proof import difference
from peewit.run.scratch import Scratch
from peewit.run.sessions import dialect_of
from peewit.run.sqlite_session import SqliteSession
from peewit.schema import Schema, Table


def check_models(state: Schema, models: Iterable[type[peewee.Model]], dialect: Dialect) -> list[Finding]:
    """What the models have and the files have not."""
    operations = diff(state, read_models(models, dialect.name), dialect, Answers(renames={}))
    return [Finding("models", f"not in a migration yet: {op.describe()}", "peewit create NAME") for op in operations]


def check_database(state: Schema, database: peewee.Database) -> list[Finding]:
    """Where the live schema is not what the applied migrations say. Tables of nobody are left alone."""
    dialect = dialect_of(database)
    if isinstance(dialect, ServerDialect):
        live, wanted = _on_server(state, database, dialect)
    else:
        live, wanted = _on_sqlite(state, database, SQLITE)
    hint = "the database was changed past the migrations"
    return [
        Finding("database", line, hint)
        for key, table in wanted.items()
        for line in difference(live.get(key), table, key)
    ]


def _on_sqlite(state: Schema, database: Any, dialect: SqliteDialect) -> tuple[dict[str, Table], dict[str, Table]]:
    found = SqliteSession(database, dialect).found()
    wanted = {table.name: table for table in dialect.canonical_schema(state)}
    there = {name: found.table(name) for name in wanted}
    return {name: dialect.canonical(entry.table) for name, entry in there.items() if entry is not None}, wanted


def _on_server(
    state: Schema, database: peewee.Database, dialect: ServerDialect
) -> tuple[dict[str, Table], dict[str, Table]]:
    """Both sides as the server itself writes them: what should be there is made in a place of its own."""
    live = Scratch.described_live(database, dialect, state.tables)
    scratch = Scratch(database, dialect, {table.schema for table in state})
    with scratch.opened():
        scratch.create(state)
        wanted = scratch.described(state.tables)
    return dict(live.tables), dict(wanted.tables)


def check_numbers(names: Sequence[str]) -> list[Finding]:
    """Numbers that more than one file has."""
    numbers = Counter(order(name)[0] for name in names)
    return [
        Finding("files", f"number {number} is used by {count} files; they run in the order of their names")
        for number, count in numbers.items()
        if count > 1
    ]
