"""Migration files → the schema they lead to, without the application's database.

A body that looks at the database finds one in memory with the replayed schema; raw SQL runs there too, and
what it did is read back. For a server's files the SQL itself is read. Functions given to ``run`` are called only
where they change the schema by their own words. What a file does only where ``fake`` is false counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import peewee

from peewit.dataclass import dataclass
from peewit.dialects import SQLITE, SqliteDialect
from peewit.errors import UNCHANGED, MigrationFileError, PeewitError
from peewit.files.loader import Body, Migration, call, load_leniently
from peewit.files.migrator import Recorder
from peewit.files.recording import Anyone, Understand
from peewit.operations import Operation, RunCode, RunSql, changes_schema, constraint_shape, index_shape
from peewit.operations.replay import tables_of
from peewit.read import schema_of
from peewit.run.database.diverting import opened
from peewit.run.replaying.apart import apart
from peewit.run.replaying.outside import OutsideError, looks_around
from peewit.run.replaying.sandbox import Lazy, MemoryDatabase, create_schema
from peewit.run.replaying.wording import said
from peewit.run.sessions.choosing import dialect_of
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.schema import Column, Schema, Table

if TYPE_CHECKING:
    from peewit.run.replaying.stand_in import StandIn

_FAKE = re.compile(rb"\bfake\b(?!\s*(?::\s*bool\s*)?=\s*(?:True|False)\s*[,)])")
"""Where a file may ask whether it is only recorded: anywhere but among the parameters of its functions."""


def replay_all(
    migrations: Iterable[Migration],
    database: peewee.Database | None,
    unread: list[str] | None = None,
    before: Schema | None = None,
) -> Schema:
    """The schema after all the migrations; what could not be taken into account is added to ``unread``."""
    schema = before or Schema()
    anyone = None if database is None else Anyone(database)
    for migration in migrations:
        schema = replay_file(migration, schema, database, unread, anyone)
    return schema


def replay_file(
    migration: Migration,
    before: Schema,
    database: peewee.Database | None,
    unread: list[str] | None = None,
    anyone: Anyone | None = None,
) -> Schema:
    """The schema after one more migration; MigrationFileError where its body fails."""
    run = Replay(before, database, anyone)
    after = run.run(migration.migrate, migration)
    if unread is not None:
        unread += [f"{migration.name}: this SQL could not be read: {text}" for text in run.unread]
        unread += [f"{migration.name}: {text}" for text in run.passed]
        unread += [
            f'{migration.name}: no migration makes table "{key}": it is taken from its class, as that is today'
            for key in run.assumed
        ]
    return after


def operations_of(migrations: Iterable[Migration], before: Schema, database: peewee.Database | None) -> list[Operation]:
    """What the migrations ask for, one after the other."""
    operations: list[Operation] = []
    for migration in migrations:
        run = Replay(before, database)
        before = run.run(migration.migrate, migration)
        operations += run.recorded
    return operations


@dataclass(slots=True)
class Replay:
    """One body on the schema before it.

    ``recorded`` are the operations it asked for; ``unread`` is its raw SQL that changes tables in a way nobody here
    understands, ``passed`` what was passed over because it needs rows or reaches outside, ``assumed`` the tables that
    were taken from classes because no migration makes them; ``asked``, whether it asked for a model, or spoke of a
    table that is not there. ``anyone`` may be shared by the files of one replay.
    """

    before: Schema
    database: peewee.Database | None
    anyone: Anyone | None = None
    dialect: SqliteDialect = SQLITE
    recorded: list[Operation] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    asked: bool = False
    _flushed: list[tuple[Operation, bool]] = field(default_factory=list)
    _looked: bool = False
    _pretended: bool = False
    _stand_in: StandIn | None = None
    _recorder_now: Recorder | None = None

    @property
    def does_more(self) -> bool:
        """Whether the body did more than ask for operations: SQL or functions of its own, or what was passed over."""
        code = any(isinstance(operation, RunSql | RunCode) for operation in self.recorded)
        return bool(code or self.unread or self.passed)

    def is_all_of(self, migration: Migration) -> bool:
        """Whether a run of the migration comes to the operations recorded here, whatever the database says."""
        if not migration.atomic or migration.foreign or self._looked or self._pretended or self.assumed:
            return False
        if self._stand_in is not None and self._stand_in.used:
            return False
        return not (self.does_more or _FAKE.search(migration.source) or looks_around(migration.source))

    def run(self, body: Body | None, migration: Migration) -> Schema:
        """The schema after the body."""
        if _FAKE.search(migration.source):
            with suppress(Exception):  # it may count on rows, or on what is outside
                return self._run(body, migration, fake=False)
            self._forget()
        try:
            return self._run(body, migration)
        except PeewitError as error:
            at = line_of(migration, error)
            error.message = f"migration {migration.name} cannot be replayed: {error.message}{at}"
            error.state = error.state or UNCHANGED
            raise
        except Exception as error:
            if not self._looked and not isinstance(error, OutsideError):
                raise failed_body(migration, error, "cannot be replayed") from error
            return self._run_leniently(body, migration, error)

    def _forget(self) -> None:
        """Begin again, after a run that came to nothing."""
        self._flushed.clear()
        self.unread.clear()
        self._pretended = False
        self._stand_in = None

    def _run_leniently(self, body: Body | None, migration: Migration, error: Exception) -> Schema:
        """Rows it counts on are not there, and what is outside is out of reach: what else it does still counts."""
        lenient = load_leniently(migration, self.passed)
        self._forget()
        try:
            return self._run(lenient.rollback if body is migration.rollback else lenient.migrate, migration)
        except (AttributeError, NameError) as mistake:
            raise failed_body(migration, mistake, "cannot be replayed") from mistake
        except PeewitError:
            raise failed_body(migration, error, "cannot be replayed") from error

    def _run(self, body: Body | None, migration: Migration, *, fake: bool = True) -> Schema:
        memory = MemoryDatabase(self.database, fill=self._fill)
        recorder = self._recorder_now = self._recorder(memory, migration)
        self._looked = False
        try:
            with self._apart(memory, recorder, migration):
                call(body, recorder, recorder.database, fake=fake)
                recorder.flush()
                self.recorded, self.assumed, self.asked = recorder.recorded, recorder.assumed, recorder.orm.asked
                return self._after(memory, recorder)
        finally:
            if not memory.is_closed():
                self._looked = True
                memory.close()

    def _recorder(self, memory: MemoryDatabase, migration: Migration) -> Recorder:
        mirror = partial(self._mirror, memory)
        kind = dialect_of(self.database).name
        database = memory if self.database is None else self.database
        return Recorder(
            database,
            self.before,
            run=mirror,
            pretend=partial(self._pretend, memory),
            dialect=kind,
            understand=understanding(kind, self.unread),
            echoes=migration.echoes,
            anyone=self.anyone,
        )

    @contextmanager
    def _apart(self, memory: MemoryDatabase, recorder: Recorder, migration: Migration) -> Iterator[None]:
        """While the body runs, no database object it can get at leads to a real database, and nothing outside."""
        if self.database is None:
            yield
            return
        connection, methods = self._connection(memory, recorder)
        with apart(self.database, migration.source, opened(connection), methods):
            yield

    def _connection(self, memory: MemoryDatabase, recorder: Recorder) -> tuple[Any, Mapping[str, Callable[..., Any]]]:
        dialect = dialect_of(self.database)
        if dialect is SQLITE:
            lazy = Lazy(memory)
            return lazy, lazy.methods()

        def learn(sql: str) -> None:
            self._looked = True
            recorder.executed(sql)

        def schema() -> Schema:
            self._looked = True
            return recorder.flushed

        from peewit.run.replaying.stand_in import StandIn

        home = "public" if dialect.name == "postgres" else str(self.database.database if self.database else "")
        stand_in = self._stand_in = StandIn(dialect, home, schema, learn)
        return stand_in, stand_in.methods()

    def _fill(self, memory: MemoryDatabase) -> None:
        """What the body finds when it first looks: the schema before it, and what it has asked for by then."""
        create_schema(memory, self.before, self.dialect)
        for operation, pretended in self._flushed:
            self._execute(memory, operation, pretended=pretended)

    def _mirror(self, memory: MemoryDatabase, operations: list[Operation], before: Schema) -> None:
        """Keep the database in memory in step, once the body has looked at it."""
        del before
        for operation in operations:
            if memory.is_closed() and dialect_of(self.database) is SQLITE:
                self._flushed.append((operation, False))
            elif not memory.is_closed():
                self._execute(memory, operation)
            elif isinstance(operation, RunCode) and operation.schema:
                operation.function()

    def _pretend(self, memory: MemoryDatabase, operations: list[Operation], before: Schema) -> None:
        """As :meth:`_mirror`, of what the body may have done by itself already."""
        del before
        self._pretended = True
        for operation in operations:
            if memory.is_closed():
                self._flushed.append((operation, True))
            else:
                self._execute(memory, operation, pretended=True)

    def _execute(self, memory: MemoryDatabase, operation: Operation, *, pretended: bool = False) -> None:
        """Run an operation in memory. Raw SQL that only another database understands changes nothing."""
        try:
            SqliteSession(memory, self.dialect, calls=False).run([operation], Schema())
        except (peewee.DatabaseError, PeewitError) as error:
            unknown = isinstance(operation, RunSql) and isinstance(error, peewee.DatabaseError)
            if not pretended and not unknown and not self._is_assumed(operation):
                raise
            if unknown and isinstance(operation, RunSql) and _changes_schema(operation):
                self.unread.append(operation.sql)

    def _is_assumed(self, operation: Operation) -> bool:
        """Whether an operation is about a table whose class may have already what is asked for."""
        schema = self.before if self._recorder_now is None else self._recorder_now.flushed
        return any(schema[key].assumed for key in tables_of(operation) if key in schema)

    def _after(self, memory: MemoryDatabase, recorder: Recorder) -> Schema:
        if dialect_of(self.database) is not SQLITE:
            return recorder.state
        raw = any(_changes_schema(operation) for operation in recorder.recorded)
        if memory.is_closed() and not raw:
            return recorder.state
        if memory.is_closed():
            memory.connect()
        found = SqliteSession(memory, self.dialect).found()
        return _merged(recorder.state, schema_of(found, self.dialect), self.dialect)


def understanding(kind: str, unread: list[str] | None = None) -> Understand:
    """How raw SQL is read where the database itself cannot be asked; what cannot be is added to ``unread``."""

    def understand(sql: str, schema: Schema) -> list[Operation]:
        if not changes_schema(sql):
            return []
        from peewit.read.ddl import read_sql  # it brings a parser along, which most files do not need

        read = read_sql(sql, schema, kind)
        if unread is not None:
            unread.extend(text for text in read.unread if text not in unread)
        return read.operations

    return understand if kind != "sqlite" else lambda _, __: []


def failed_body(migration: Migration, error: Exception, how: str) -> MigrationFileError:
    """A body that raised: the line of the file, and what it said."""
    return MigrationFileError(
        f"migration {migration.name} {how}: {said(error)}{line_of(migration, error)}",
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


def _changes_schema(operation: Operation) -> bool:
    """Whether only the database itself can tell what came of it."""
    match operation:
        case RunSql(sql=sql):
            return changes_schema(sql)
        case RunCode(schema=schema):
            return schema
        case _:
            return False


def _merged(state: Schema, found: Schema, dialect: SqliteDialect) -> Schema:
    """What was found, in the words of the state where both mean the same table or column."""
    known = {key.lower(): table for key, table in state.tables.items()}
    gone = [table for key, table in known.items() if key not in {name.lower() for name in found.tables}]
    tables = []
    for key, table in found.tables.items():
        same = [t for t in gone if [c.name for c in t.columns] == [c.name for c in table.columns]]
        tables.append(_merge(known.get(key.lower()), table, dialect, by_hand=not same))
    return Schema({table.key: table for table in tables})


def _merge(known: Table | None, found: Table, dialect: SqliteDialect, *, by_hand: bool) -> Table:
    if known is None:
        return replace(
            found,
            model=found.name.title().replace("_", ""),
            columns=tuple(replace(c, by_hand=by_hand, default_by_hand=by_hand) for c in found.columns),
            indexes=tuple(replace(index, by_hand=by_hand) for index in found.indexes),
            constraints=tuple(replace(constraint, by_hand=by_hand) for constraint in found.constraints),
            by_hand=by_hand,
        )
    if dialect.canonical(known) == dialect.canonical(found):
        return known
    names = {column.name.lower() for column in found.columns}
    renamed = [column.name.lower() not in names for column in known.columns]  # or gone, from this place
    columns = tuple(
        _merge_column(known.find(column.name), column, dialect, by_hand=not any(renamed[place : place + 1]))
        for place, column in enumerate(found.columns)
    )
    indexes = {index_shape(index): index for index in known.indexes}
    rules = {constraint_shape(constraint): constraint for constraint in known.constraints}
    return replace(
        known,
        columns=columns,
        primary_key=found.primary_key,
        indexes=tuple(indexes.get(index_shape(i), replace(i, by_hand=True)) for i in found.indexes),
        constraints=tuple(rules.get(constraint_shape(c), replace(c, by_hand=True)) for c in found.constraints),
    )


def _merge_column(known: Column | None, found: Column, dialect: SqliteDialect, *, by_hand: bool) -> Column:
    if known is None:
        return replace(found, by_hand=by_hand, default_by_hand=by_hand)
    one, other = (dialect.canonical(Table(name="t", columns=(column,))).columns[0] for column in (known, found))
    if one == other:
        return known
    given = known.default_by_hand or one.default != other.default
    return replace(found, field=known.field, by_hand=known.by_hand, default_by_hand=given)
