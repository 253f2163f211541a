"""SQL that gives a database back what its migrations made and somebody took away, and takes away what is too much."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import peewee

from peewit.compile import Execute, Statement, compile_on_server, compile_stretch, server_stretches
from peewit.dialects import ServerDialect
from peewit.diff.compare import missing_indexes
from peewit.errors import PeewitError
from peewit.operations import AddColumn, AddIndex, CreateTable, DropColumn, DropIndex, Operation
from peewit.operations.replay import replay
from peewit.reports import Losing
from peewit.run.sessions.choosing import dialect_of, session_on
from peewit.run.sessions.scratch import Scratch
from peewit.run.sessions.server_session import ServerSession
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.schema import Schema, Table


class Mending(NamedTuple):
    """The statements that take a database back to what its migrations say, and what they would destroy."""

    sql: tuple[str, ...] = ()
    destroys: tuple[Losing, ...] = ()

    @property
    def values(self) -> int:
        """How many values and rows would go."""
        return sum(loss.values for loss in self.destroys)


def mending(state: Schema, database: peewee.Database, only: Collection[str] | None = None) -> Mending:
    """The statements for what is missing or too much; none where they take more than SQL.

    That are tables and columns, on SQLite also indexes: a server has some of its own accord. With ``only``, in these
    tables.
    """
    live = _live(state, database)
    asked = [table for table in state if only is None or table.key in only]
    differences = _with_indexes if isinstance(database, peewee.SqliteDatabase) else _differences
    operations = [operation for table in asked for operation in differences(live.get(table.key), table)]
    if not operations:
        return Mending()
    before = Schema({key: _by_name(live[key], state[key]) for key in state.tables if key in live})
    try:
        statements = _compiled(operations, before, database)
    except (PeewitError, peewee.DatabaseError):
        return Mending()  # what the difference is has been told; what mends it has to be found by hand
    sql = [s.sql for s in statements if isinstance(s, Execute) and not s.params and not s.functions]
    if len(sql) != len(statements):
        return Mending()
    return Mending(tuple(f"{text};" for text in sql), tuple(Losing("", *loss) for loss in _lost(operations, database)))


def _lost(operations: Sequence[Operation], database: peewee.Database) -> list[tuple[str, str | None, int]]:
    return list(session_on(database).lost(operations))


def _live(state: Schema, database: peewee.Database) -> dict[str, Table]:
    dialect: Any = dialect_of(database)
    if isinstance(dialect, ServerDialect):
        return dict(Scratch.described_live(database, dialect, state.tables).tables)
    assert isinstance(database, peewee.SqliteDatabase)
    found = SqliteSession(database).found()
    there = {key: found.table(key) for key in state.tables}
    return {key: entry.table for key, entry in there.items() if entry is not None}


def _differences(live: Table | None, wanted: Table) -> list[Operation]:
    if live is None:
        return [CreateTable(table=wanted)]
    here, there = ({column.name for column in table.columns} for table in (wanted, live))
    return [
        *(AddColumn(table=wanted.key, column=column) for column in wanted.columns if column.name not in there),
        *(DropColumn(table=wanted.key, column=column.name) for column in live.columns if column.name not in here),
    ]


def _with_indexes(live: Table | None, wanted: Table) -> list[Operation]:
    if live is None:
        return [CreateTable(table=wanted)]
    much, missing = missing_indexes(live.indexes, wanted.indexes), missing_indexes(wanted.indexes, live.indexes)
    return [
        *(DropIndex(table=wanted.key, index=index) for index in much),
        *_differences(live, wanted),
        *(AddIndex(table=wanted.key, index=index) for index in missing),
    ]


def _by_name(live: Table, wanted: Table) -> Table:
    """The table as it was migrated, with the columns that are there."""
    known = {column.name for column in wanted.columns}
    there = {column.name for column in live.columns}
    table = wanted
    for name in known - there:
        table = table.without_column(name)
    for column in live.columns:
        if column.name not in known:
            table = table.with_column(column)
    return table


def _compiled(operations: Sequence[Operation], before: Schema, database: peewee.Database) -> list[Statement]:
    session: Any = session_on(database)
    if isinstance(session, SqliteSession):
        return list(compile_stretch(list(operations), session.found(), session.dialect))
    assert isinstance(session, ServerSession)
    statements: list[Statement] = []
    for stretch in server_stretches(list(operations), session.dialect):
        statements += compile_on_server(stretch, before, session.found(), session.dialect)
        before = replay(before, stretch)
    return statements
