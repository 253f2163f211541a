"""SQLite: every statement of a migration in one transaction, proved before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import field, replace
from typing import Any, assert_never

import peewee

from peewit.compile import (
    Backfill,
    Call,
    Copying,
    EditSchema,
    Execute,
    Guard,
    Statement,
    compile_stretch,
    in_main,
    segments,
    stretches,
)
from peewit.dataclass import dataclass
from peewit.dialects import SQLITE, SqliteDialect
from peewit.errors import PeewitError, UnsupportedChangeError
from peewit.operations import AddColumn, Operation, RenameTable, RunCode, RunSql
from peewit.operations.replay import tables_of
from peewit.read import QUERY, read_found
from peewit.run.sessions.at_stake import at_stake
from peewit.run.sessions.copied import refuse_changed, refuse_without_room
from peewit.run.sessions.dependents import broken_dependents
from peewit.run.sessions.filling import Fills, stored
from peewit.run.sessions.patience import begun
from peewit.run.sessions.session import Session, open_transaction
from peewit.run.sessions.sqlite_proofs import SqliteProofs
from peewit.schema import Found, Schema, Table, parts_of
from peewit.sql import quote_name


@dataclass(slots=True)
class SqliteSession(Session):
    """A SQLite connection that migrates.

    ``late``: others are locked out by the first write, not from the beginning: a file may have to write through a
    connection of its own before that. ``path`` is the file, ``proof`` how much a rebuild has to prove. ``distrusted``:
    the file may edit the description of tables by itself.
    """

    database: peewee.SqliteDatabase
    dialect: SqliteDialect = SQLITE
    late: bool = False
    proof: str = "basic"
    path: str | None = None
    distrusted: bool = False
    _atomic: bool = True
    _proofs: SqliteProofs | None = None
    _fills: Fills = field(default_factory=Fills)
    _version: int = 0
    _edits: bool | None = None
    _edited: bool = False

    @property
    def proofs(self) -> SqliteProofs:
        """What is noted of tables, to be proved before a transaction is kept."""
        if self._proofs is None:
            self._proofs = SqliteProofs(self.database, full=self.proof == "full")
        return self._proofs

    def found(self) -> Found:
        """The database as it is now."""
        return read_found(self.database.execute_sql(QUERY).fetchall())

    def _there(self) -> Callable[[str], Table | None]:
        found = self.found()

        def table(key: str) -> Table | None:
            entry = found.table(key) if key else None
            return None if entry is None else entry.table

        return table

    def rows_of(self, table: str) -> int:
        """How many rows a table has; none where there is no such table."""
        found = self.found().table(table)
        return 0 if found is None else self._count(f"SELECT count(*) FROM {quote_name(found.table.name)}")

    @contextmanager
    def transaction(self, *, atomic: bool = True) -> Iterator[None]:
        """One migration: everything in it is kept, or nothing is.

        Where it is not ``atomic``, raw SQL and functions run in no transaction, and each stretch of other
        operations in one of its own.
        """
        if self.database.in_transaction() or self.database.connection().in_transaction:
            raise open_transaction()
        self.steps, self.statements, self.ended = [], [], False
        self.proofs.forget()
        settings = self._prepare()
        self._atomic = atomic
        try:
            if not atomic:
                with self._begun("IMMEDIATE"):
                    self._write_nothing()
            with self._whole() if atomic else self._ending_what_is_open():
                yield
        except BaseException:
            self._edited = True
            raise
        finally:
            self._restore(settings)

    def short_transaction(self) -> AbstractContextManager[object]:
        """BEGIN IMMEDIATE: nobody else writes until it ends."""
        return self._begun("IMMEDIATE")

    def data_version(self) -> int:
        """A number that is another one as soon as another connection has changed the file."""
        return self._pragma("data_version")

    @contextmanager
    def _begun(self, kind: str) -> Iterator[None]:
        """A transaction. Where a full disk has made SQLite roll it back by itself, that is what failed."""
        try:
            with begun(self.database, kind, self.waiting):
                yield
        except peewee.OperationalError as error:
            first: BaseException = error
            while "no transaction is active" in str(first) and first.__context__ is not None:
                first = first.__context__
            if first is error:
                raise
            raise first from None

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._version, broken = self._pragma("schema_version"), broken_dependents(self.database)
        with self._begun("DEFERRED" if self.late else "IMMEDIATE"):
            if not self.late:
                self._write_nothing()
            if not self.dialect.edits_schema:
                for table in self.found().texts:
                    self.proofs.note_rows(table)
            yield
            self._prove(broken)
            self.proofs.forget()

    def _write_nothing(self) -> None:
        """Fail before the body runs where nothing can be written: BEGIN IMMEDIATE does not say it."""
        self.database.execute_sql(f"PRAGMA user_version = {self._pragma('user_version')}")

    def refuse_ended(self) -> None:
        """UnsupportedChangeError where the body has ended the transaction it runs in."""
        self._notice()
        self._refuse_open()
        if self._atomic and not self.database.connection().in_transaction:
            self.ended = True
            self.database.execute_sql("BEGIN")  # what is rolled back now
            raise UnsupportedChangeError(
                "the migration ended the transaction it runs in: by COMMIT, ROLLBACK or executescript()",
                state="what it did until then may have been kept: peewit check compares the database with the files",
                hint="leave that out of the file, or let it run without a transaction: atomic = False",
            )

    def _prepare(self) -> dict[str, int]:
        """What must hold for a migration, whatever the application set: put back by :meth:`_restore`."""
        legacy = self._pragma("legacy_alter_table")
        keys = self._pragma("foreign_keys")
        self.database.execute_sql("PRAGMA legacy_alter_table = 0")
        if self._edits is None:
            self._edits = self._may_edit()
            self.dialect = replace(self.dialect, edits_schema=self.dialect.edits_schema and self._edits)
        if not self.dialect.edits_schema:
            # The documented twelve steps need foreign keys off, which is only possible out here.
            self.database.execute_sql("PRAGMA foreign_keys = 0")
        return {"legacy_alter_table": legacy, "foreign_keys": keys}

    def _may_edit(self) -> bool:
        """Whether ``sqlite_schema`` may be written: not in defensive mode, which ignores the PRAGMA."""
        self.database.execute_sql("PRAGMA writable_schema = 1")
        allowed = bool(self._pragma("writable_schema"))
        self.database.execute_sql("PRAGMA writable_schema = 0")
        return allowed

    def _restore(self, settings: dict[str, int]) -> None:
        if not self.database.is_closed():
            if self._edited or self.distrusted or any("writable_schema" in step for step in self.steps):
                # A description that was edited and rolled back may still be known to the connection, under a number
                # that somebody else's next change of the schema would make look current.
                self.database.execute_sql("PRAGMA writable_schema = RESET")
                self._edited = False
            for name, value in settings.items():
                self.database.execute_sql(f"PRAGMA {name} = {int(value)}")

    def _pragma(self, name: str) -> int:
        row = self.database.execute_sql(f"PRAGMA {name}").fetchone()
        return int(row[0]) if row else 0

    # ------------------------------------------------------------------ executing

    def run(self, operations: list[Operation], before: Schema) -> None:
        """Compile and execute operations; what the database itself says of its tables is all it takes."""
        del before
        self._notice()
        with self._speaking():
            plain = [in_main(operation) for operation in operations]
            for table in (parts_of(key)[1] for operation in operations for key in tables_of(operation)):
                self.proofs.note_keys(table)
            for segment in segments(plain):
                self._announce(segment)
                for stretch in stretches(segment):
                    self._run_stretch(stretch)
            self._version = self._pragma("schema_version")

    def _notice(self) -> None:
        """Tell that somebody else has changed the schema since this session last did: the file, past its migrator."""
        version = self._pragma("schema_version")
        if version != self._version:
            self._version = version
            self.told("")

    def _run_stretch(self, stretch: list[Operation]) -> None:
        """What is not code in one transaction; in a file that runs in none, with its mark in the journal."""
        for operation in stretch:
            if isinstance(operation, AddColumn) and operation.column.fill is not None:
                self.proofs.note_rows(operation.table)
        log, first = self.log, stretch[0]
        if log is not None and isinstance(first, RunSql | RunCode):
            self._run_code(log, first, lambda: self._run_all(stretch))
        elif self._atomic or isinstance(first, RunSql | RunCode):
            self._run_all(stretch)
        else:
            step = None if log is None else log.step(stretch)
            if step is None or not step.done:
                with self._whole():
                    self._run_all(stretch)
                    if step is not None:
                        step.close()
        for operation in stretch:
            if isinstance(operation, RenameTable):
                self.proofs.follow(operation.before, operation.after)

    def _run_all(self, stretch: list[Operation]) -> None:
        statements = compile_stretch(stretch, self.found(), self.dialect)
        questions = at_stake(stretch, statements)
        for statement in statements:
            # Asked first, and protected before the first write: what is written may lock readers out.
            if not isinstance(statement, Guard):
                self._protect(questions)
                questions = []
            self.execute(statement)

    def _in_transaction(self) -> bool:
        return bool(self.database.connection().in_transaction)

    def execute(self, statement: Statement) -> None:
        """Execute one statement, and note it."""
        self._next(statement)
        match statement:
            case Execute():
                self._execute(statement)
            case Guard():
                self._guard(statement)
            case EditSchema():
                self._edit(statement)
            case Backfill():
                raise AssertionError("SQLite fills rows by a function of its own")
            case Call(name=name, function=function, schema=schema):
                self.steps.append(f"-- {name}()")
                if self.calls or schema:
                    self._version = self._pragma("schema_version")
                    function()
                    self._notice()
            case _:
                assert_never(statement)

    def _sql(self, sql: str, params: tuple[Any, ...] = ()) -> Any:
        self.steps.append(sql)
        return self.database.execute_sql(sql, params)

    def _execute(self, statement: Execute) -> None:
        self._fills.register(self.database.connection(), statement.functions)
        if statement.copying is not None:
            self._copy(statement, statement.copying)
        else:
            self._send(statement)

    def _copy(self, statement: Execute, copying: Copying) -> None:
        """Copy the rows of a table, as many as there are, each as it was."""
        connection, path = self.database.connection(), self.path
        if path is not None:
            refuse_without_room(connection, path, copying.table)
        (wanted,) = self._rows(f"SELECT count(*) FROM {quote_name(copying.table)}")[0]
        self.proofs.note_counter(copying.table)
        written = self._send(statement, wanted)
        if written != wanted:
            raise PeewitError(f"{written} of {wanted} rows would have been copied: {statement.sql}")
        if self.proofs.full:
            refuse_changed(connection, copying)

    def _send(self, statement: Execute, rows: int | None = None) -> int:
        """Execute a statement, and tell why where the rows are against it; how many rows it wrote.

        ``rows`` is how many it goes through, where that is known.
        """
        sql, params = statement.sql, tuple(map(stored, statement.params))
        try:
            with self._past_stale() if statement.past_stale else nullcontext(), self._counting(statement, params, rows):
                cursor = self._sql(sql, params)
        except peewee.DatabaseError as error:
            if self._fills.failures:
                raise self._fills.failures.pop() from error
            for guard in statement.explained:
                # It may speak of a column that was to come with this statement.
                with suppress(peewee.OperationalError):
                    self._guard(guard)
            raise
        return int(cursor.rowcount)

    def _counting(self, statement: Execute, params: tuple[Any, ...], rows: int | None) -> AbstractContextManager[None]:
        """While a statement runs, tell how far it is, if anybody wants to know."""
        if self.progress is None:
            return nullcontext()
        from peewit.run.sessions.sqlite_progress import counting

        calls = (lambda: self._fills.calls) if statement.functions else None
        connection = self.database.connection()
        return counting(connection, self._rows, self.progress, statement.sql, params, calls=calls, rows=rows)

    @contextmanager
    def _past_stale(self) -> Iterator[None]:
        """SQLite renames nothing while any view cannot be compiled, unless its schema is writable (renameColumnFunc).

        What broke by this change, and worked before, is found by :meth:`_prove`.
        """
        self.database.execute_sql("PRAGMA writable_schema = 1")
        try:
            yield
        finally:
            self.database.execute_sql("PRAGMA writable_schema = 0")

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        return list(self.database.execute_sql(sql, params).fetchall())

    def _guard(self, guard: Guard) -> None:
        for name, function in guard.functions:
            self.database.connection().create_function(name, -1, function)
        Session._guard(self, guard)

    def _edit(self, edit: EditSchema) -> None:
        """Edit the description as https://www.sqlite.org/pragma.html#pragma_writable_schema says, and read it back."""
        for table, _ in edit.columns:
            self.proofs.note_rows(table)
        version = self._pragma("schema_version")
        self._sql("PRAGMA writable_schema = 1")
        try:
            for row in edit.rows:
                self._sql(
                    "UPDATE sqlite_master SET name = ?, tbl_name = ?, sql = coalesce(?, sql) "
                    "WHERE type = ? AND name = ?",
                    (row.new_name, row.new_table, row.sql, row.kind, row.name),
                )
            self._sql(f"PRAGMA schema_version = {version + 1}")
        finally:
            self._sql("PRAGMA writable_schema = RESET")
        for table, columns in edit.columns:
            shown = self.database.execute_sql("SELECT name FROM pragma_table_xinfo(?)", (table,)).fetchall()
            if tuple(name for (name,) in shown) != columns:
                raise PeewitError(f'the description of table "{table}" does not read back as it was written')

    # ------------------------------------------------------------------ proving

    def _prove(self, broken: dict[str, str]) -> None:
        """Before anything is kept: no view or trigger broke, no row lost what it refers to."""
        for name, problem in broken_dependents(self.database).items():
            if name not in broken:
                raise UnsupportedChangeError(
                    problem,
                    hint="drop or change it in the same migration, with migrator.sql(…)",
                )
        proofs = self.proofs
        proofs.refuse_mismatches()
        if proofs.counters or proofs.orphans:
            proofs.refuse_losses(self.found())
