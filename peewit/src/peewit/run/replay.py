"""Migration files → the schema they lead to, without the application's database.

A body that looks at the database gets one in memory with the replayed schema; raw SQL runs there too, and
what it did is read back. Functions given to ``run`` are never called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

import peewee

from peewit.dialects import SQLITE, SqliteDialect
from peewit.errors import UNCHANGED, MigrationFileError, PeewitError
from peewit.files.loader import Body, Migration, call
from peewit.files.migrator import Recorder
from peewit.operations import Operation, RunSql
from peewit.operations.replay import replay
from peewit.read import schema_of
from peewit.run.sandbox import MemoryDatabase, create_schema, plain_schema
from peewit.run.sqlite_session import SqliteSession
from peewit.schema import Column, Schema, Table


def replay_all(migrations: Iterable[Migration], database: peewee.Database | None) -> Schema:
    """The schema after all the migrations."""
    schema = Schema()
    for migration in migrations:
        schema = replay_file(migration, schema, database)
    return schema


def replay_file(migration: Migration, before: Schema, database: peewee.Database | None) -> Schema:
    """The schema after one more migration; MigrationFileError where its body fails."""
    return Replay(before, database).run(migration.migrate, migration)


@dataclass(slots=True)
class Replay:
    """One body on the schema before it. ``recorded`` are the operations it asked for."""

    before: Schema
    database: peewee.Database | None
    dialect: SqliteDialect = SQLITE
    recorded: list[Operation] = field(default_factory=list)
    _flushed: list[Operation] = field(default_factory=list)

    def run(self, body: Body | None, migration: Migration) -> Schema:
        """The schema after the body."""
        memory = MemoryDatabase(self.database, fill=self._fill)
        mirror = partial(self._mirror, memory)
        recorder = Recorder(memory, self.before, run=mirror, pretend=mirror, dialect=kind_of(self.database))
        try:
            call(body, recorder, memory, fake=True)
            recorder.flush()
            self.recorded = recorder.recorded
            return self._after(memory, recorder)
        except PeewitError as error:
            at = line_of(migration, error)
            error.message = f"migration {migration.name} cannot be replayed: {error.message}{at}"
            error.state = error.state or UNCHANGED
            raise
        except Exception as error:
            raise failed_body(migration, error, "cannot be replayed") from error
        finally:
            if not memory.is_closed():
                memory.close()

    def _fill(self, memory: MemoryDatabase) -> None:
        """What the body finds when it first looks: the schema before it, and what it has asked for by then."""
        if kind_of(self.database) == "sqlite":
            create_schema(memory, self.before, self.dialect)
            _execute(memory, self._flushed, self.dialect)
        else:
            create_schema(memory, plain_schema(replay(self.before, self._flushed)), self.dialect)

    def _mirror(self, memory: MemoryDatabase, operations: list[Operation], before: Schema) -> None:
        """Keep the database in memory in step, once the body has looked at it."""
        del before
        self._flushed += operations
        if memory.is_closed():
            return
        if kind_of(self.database) == "sqlite":
            _execute(memory, operations, self.dialect)
        else:
            memory.close()
            memory.connect()

    def _after(self, memory: MemoryDatabase, recorder: Recorder) -> Schema:
        if kind_of(self.database) != "sqlite":
            return recorder.state
        raw = any(isinstance(op, RunSql) and _changes_schema(op.sql) for op in recorder.recorded)
        if memory.is_closed() and not raw:
            return recorder.state
        if memory.is_closed():
            memory.connect()
        found = SqliteSession(memory, self.dialect).found()
        return _merged(recorder.state, schema_of(found, self.dialect), self.dialect)


def kind_of(database: peewee.Database | None) -> str:
    """The name of the dialect a database speaks."""
    if isinstance(database, peewee.PostgresqlDatabase):
        return "postgres"
    return "mysql" if isinstance(database, peewee.MySQLDatabase) else "sqlite"


def failed_body(migration: Migration, error: Exception, how: str) -> MigrationFileError:
    """A body that raised: the line of the file, and what it said."""
    return MigrationFileError(
        f"migration {migration.name} {how}: {type(error).__name__}: {error}{line_of(migration, error)}",
        hint=f"see {migration.path}",
    )


def line_of(migration: Migration, error: BaseException) -> str:
    """``" (line 12)"``: where in its file a migration failed, if the error passed through it."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == migration.path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""


def _changes_schema(sql: str) -> bool:
    words = sql.split(None, 1)
    return bool(words) and words[0].upper() in ("CREATE", "ALTER", "DROP")


def _execute(memory: MemoryDatabase, operations: list[Operation], dialect: SqliteDialect) -> None:
    """Run operations in memory. Raw SQL that only another database understands changes nothing."""
    for operation in operations:
        session = SqliteSession(memory, dialect, calls=False)
        try:
            session.run([operation], Schema())
        except peewee.DatabaseError:
            if not isinstance(operation, RunSql):
                raise


def _merged(state: Schema, found: Schema, dialect: SqliteDialect) -> Schema:
    """What was found, in the words of the state where both mean the same table or column."""
    known = {key.lower(): table for key, table in state.tables.items()}
    tables = [_merge(known.get(key.lower()), table, dialect) for key, table in found.tables.items()]
    return Schema({table.key: table for table in tables})


def _merge(known: Table | None, found: Table, dialect: SqliteDialect) -> Table:
    if known is None:
        return replace(found, model=found.name.title().replace("_", ""))
    if dialect.canonical(known) == dialect.canonical(found):
        return known
    columns = tuple(_merge_column(known.find(column.name), column, dialect) for column in found.columns)
    return replace(
        known,
        columns=columns,
        primary_key=found.primary_key,
        indexes=found.indexes,
        constraints=found.constraints,
    )


def _merge_column(known: Column | None, found: Column, dialect: SqliteDialect) -> Column:
    if known is None:
        return found
    one = dialect.canonical(Table(name="t", columns=(known,)))
    other = dialect.canonical(Table(name="t", columns=(found,)))
    return known if one == other else replace(found, field=known.field)
