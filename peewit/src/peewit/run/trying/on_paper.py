"""What a migration does, written down from the files alone: no database is asked, nothing is run.

The tables before it are those the files lead to, so a database that was changed by hand is not what this speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Any, NamedTuple

import peewee

from peewit.compile import Statement, compile_on_server, server_stretches, with_kept_names
from peewit.dataclass import dataclass
from peewit.dialects import SQLITE, ServerDialect
from peewit.errors import ConfigError, PeewitError
from peewit.files.loader import Body, Migration
from peewit.operations import Operation
from peewit.operations.replay import replay
from peewit.run.replaying.replay import Replay
from peewit.run.replaying.sandbox import MemoryDatabase, create_schema
from peewit.run.replaying.way_back import obstacle
from peewit.run.sessions.choosing import dialect_of
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.run.trying.server_plan import expected
from peewit.schema import Schema

DIALECTS = ("sqlite", "postgres", "mysql")
"""The kinds of database, by the names of their dialects."""


class Way(NamedTuple):
    """What a migration does in one direction, as far as its file tells: ``action`` is ``migrate`` or ``rollback``.

    ``statements`` are for the kind of database ``dialect`` names. ``own`` is the SQL its body runs by itself, past its
    migrator. ``problem`` says why there is no way, or why it cannot be told.
    """

    action: str
    dialect: str
    operations: tuple[Operation, ...] = ()
    statements: tuple[Statement, ...] = ()
    own: tuple[str, ...] = ()
    problem: str = ""


def unconnected(dialect: str) -> peewee.Database:
    """A database of a kind, which is never opened."""
    if dialect not in DIALECTS:
        raise ConfigError(f'"{dialect}" is no kind of database', hint=f"known: {', '.join(DIALECTS)}")
    kinds = {"postgres": peewee.PostgresqlDatabase, "mysql": peewee.MySQLDatabase, "sqlite": peewee.SqliteDatabase}
    made: peewee.Database = kinds[dialect](":memory:" if dialect == "sqlite" else "on_paper")
    return made


def way(migration: Migration, action: str, before: Schema, like: peewee.Database) -> Way:
    """What a migration does, forward or back, to the tables ``before`` it, on a database ``like`` this one."""
    dialect = dialect_of(like)
    problem = no_way(migration, action)
    if problem:
        return Way(action, dialect.name, problem=problem)
    return rehearsed(migration, action, before, like, lambda operations: compiled(operations, before, like))[0]


def rehearsed(
    migration: Migration,
    action: str,
    before: Schema,
    like: peewee.Database,
    compile_them: Callable[[list[Operation]], Sequence[Statement]],
) -> tuple[Way, Schema | None]:
    """What a body does, and the schema it leads to; None where it does not come to its end."""
    body: Body | None = migration.migrate if action == "migrate" else migration.rollback
    kind, rehearsal = dialect_of(like).name, Rehearsal(before, like)
    try:
        after = rehearsal.run(body, migration)
        statements = compile_them(rehearsal.recorded)
    except (PeewitError, peewee.DatabaseError) as error:
        told = error.message if isinstance(error, PeewitError) else str(error).splitlines()[0]
        return Way(action, kind, tuple(rehearsal.recorded), problem=told, own=tuple(rehearsal.own)), None
    passed = "; ".join(["it needs rows to run", *rehearsal.passed]) if rehearsal.passed else ""
    return Way(action, kind, tuple(rehearsal.recorded), tuple(statements), tuple(rehearsal.own), passed), after


def no_way(migration: Migration, action: str) -> str:
    """Why a migration is not run in a direction; empty where it is."""
    if migration.foreign:
        return f"it is written for {migration.foreign}, and peewit does not run it"
    if action == "migrate":
        return ""
    why = obstacle(migration)
    return f"it {why}" if why else ""


def compiled(operations: list[Operation], before: Schema, like: peewee.Database) -> list[Statement]:
    """The statements of operations, on a database that is what the files say."""
    dialect = dialect_of(like)
    if isinstance(dialect, ServerDialect):
        return list(_on_server(operations, before, dialect))
    return _on_sqlite(operations, before, like)


def _on_server(operations: list[Operation], before: Schema, dialect: ServerDialect) -> Iterator[Statement]:
    kept, before = with_kept_names(operations, before, dialect)
    for stretch in server_stretches(kept, dialect):
        yield from compile_on_server(stretch, before, expected(before, dialect), dialect)
        before = replay(before, stretch)


def _on_sqlite(operations: list[Operation], before: Schema, like: peewee.Database) -> list[Statement]:
    """By running them in memory: each stretch is compiled from the texts the one before it has left."""
    memory = MemoryDatabase(like)
    memory.connect()
    try:
        create_schema(memory, before, SQLITE)
        session = SqliteSession(memory, SQLITE, calls=False)
        with session.transaction():
            session.run(operations, before)
            return list(session.statements)
    finally:
        memory.close()


@dataclass(slots=True)
class Rehearsal(Replay):
    """A replay that notes in ``own`` what the body asks the database, or tells it, by itself."""

    own: list[str] = field(default_factory=list, kw_only=True)

    def _connection(self, memory: MemoryDatabase, recorder: Any) -> tuple[Any, Any]:
        connection, methods = Replay._connection(self, memory, recorder)
        return _Noting(connection, self.own), methods

    def _run_leniently(self, body: Body | None, migration: Migration, error: Exception) -> Schema:
        self.own.clear()  # it begins anew
        return Replay._run_leniently(self, body, migration, error)


class _Noting:
    """A connection that notes what is executed on it."""

    def __init__(self, connection: Any, noted: list[str]) -> None:
        self._connection, self._noted = connection, noted

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        return _NotingCursor(self._connection.cursor(*args, **kwargs), self._noted)

    def execute(self, sql: str, *args: Any) -> Any:
        self._noted.append(sql)
        return self._connection.execute(sql, *args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class _NotingCursor:
    """Its cursor."""

    def __init__(self, cursor: Any, noted: list[str]) -> None:
        self._cursor, self._noted = cursor, noted

    def execute(self, sql: str, *args: Any) -> Any:
        self._noted.append(sql)
        self._cursor.execute(sql, *args)
        return self

    def executemany(self, sql: str, *args: Any) -> Any:
        self._noted.append(sql)
        return self._cursor.executemany(sql, *args)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)
