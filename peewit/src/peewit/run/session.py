"""The one place that executes statements: on the application's own connection, inside one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

import peewee

from peewit.compile import (
    Call,
    EditSchema,
    Execute,
    Guard,
    Statement,
    compile_stretch,
    stretches,
)
from peewit.dialects import SQLITE, SqliteDialect
from peewit.errors import DataError, PeewitError, UnsupportedChangeError
from peewit.operations import Operation
from peewit.read import QUERY, read_found
from peewit.run.dependents import broken_dependents
from peewit.schema import Default, Found
from peewit.sql import quote_name


@dataclass(slots=True)
class Session:
    """A connection that migrates. ``calls=False``: functions of migration files are passed over.

    ``steps`` are the statements that were executed, in order, as text.
    """

    database: peewee.SqliteDatabase
    dialect: SqliteDialect = SQLITE
    calls: bool = True
    steps: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    _orphans: dict[str, int] = field(default_factory=dict)
    _failures: list[BaseException] = field(default_factory=list)

    def found(self) -> Found:
        """The database as it is now."""
        return read_found(self.database.execute_sql(QUERY).fetchall())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One migration: everything in it is kept, or nothing is."""
        if self.database.in_transaction():
            raise UnsupportedChangeError(
                "a transaction is open on this connection, and a migration needs one of its own",
                hint="commit or roll back before migrating",
            )
        self.steps, self.statements = [], []
        self._orphans.clear()
        settings = self._prepare()
        try:
            with self.database.transaction("IMMEDIATE"):
                broken = broken_dependents(self.database)
                yield
                self._prove(broken)
        finally:
            self._restore(settings)

    def _prepare(self) -> dict[str, int]:
        """What must hold for a migration, whatever the application set: put back by :meth:`_restore`."""
        legacy = self._pragma("legacy_alter_table")
        keys = self._pragma("foreign_keys")
        self.database.execute_sql("PRAGMA legacy_alter_table = 0")
        self.dialect = replace(self.dialect, edits_schema=self.dialect.edits_schema and self._may_edit())
        if not self.dialect.edits_schema:
            # The documented twelve steps need foreign keys off, which is only possible out here.
            self.database.execute_sql("PRAGMA foreign_keys = 0")
            self.database.execute_sql("PRAGMA legacy_alter_table = 1")
        return {"legacy_alter_table": legacy, "foreign_keys": keys}

    def _may_edit(self) -> bool:
        """Whether ``sqlite_schema`` may be written: not in defensive mode, which ignores the PRAGMA."""
        self.database.execute_sql("PRAGMA writable_schema = 1")
        allowed = bool(self._pragma("writable_schema"))
        self.database.execute_sql("PRAGMA writable_schema = 0")
        return allowed

    def _restore(self, settings: dict[str, int]) -> None:
        if not self.database.is_closed():
            for name, value in settings.items():
                self.database.execute_sql(f"PRAGMA {name} = {int(value)}")

    def _pragma(self, name: str) -> int:
        row = self.database.execute_sql(f"PRAGMA {name}").fetchone()
        return int(row[0]) if row else 0

    # ------------------------------------------------------------------ executing

    def run(self, operations: list[Operation]) -> None:
        """Compile and execute operations, each stretch on the database as the one before left it."""
        for stretch in stretches(operations):
            for statement in compile_stretch(stretch, self.found(), self.dialect):
                self.execute(statement)

    def execute(self, statement: Statement) -> None:
        """Execute one statement, and note it."""
        self.statements.append(statement)
        match statement:
            case Execute():
                self._execute(statement)
            case Guard():
                self._guard(statement)
            case EditSchema():
                self._edit(statement)
            case Call(name=name, function=function):
                self.steps.append(f"-- {name}()")
                if self.calls:
                    function()
            case _:
                assert_never(statement)

    def _sql(self, sql: str, params: tuple[Any, ...] = ()) -> Any:
        self.steps.append(sql)
        return self.database.execute_sql(sql, params)

    def _execute(self, statement: Execute) -> None:
        for name, default in statement.functions:
            self.database.connection().create_function(name, 0, self._caught(default))
        wanted = None
        if statement.as_many_as is not None:
            wanted = self.database.execute_sql(statement.as_many_as).fetchone()[0]
        try:
            cursor = self._sql(statement.sql, tuple(map(_stored, statement.params)))
        except peewee.DatabaseError as error:
            if self._failures:
                raise self._failures.pop() from error
            raise
        if wanted is not None and cursor.rowcount != wanted:
            raise PeewitError(f"{cursor.rowcount} of {wanted} rows would have been copied: {statement.sql}")

    def _caught(self, default: Default) -> Callable[[], Any]:
        """SQLite says only that a function failed: keep what it was."""

        def function() -> Any:
            try:
                return _stored(default.value())
            except BaseException as error:
                self._failures.append(error)
                raise

        return function

    def _guard(self, guard: Guard) -> None:
        rows = self.database.execute_sql(guard.sql).fetchall()
        if not rows:
            return
        count = self.database.execute_sql(guard.count).fetchone()[0]
        shown = ", ".join(dict.fromkeys(repr(row[0] if len(row) == 1 else row) for row in rows))
        problem = guard.problem.replace("{count}", str(count))
        raise DataError(problem if shown == "1" else f"{problem}, for example {shown}", hint=guard.hint)

    def _edit(self, edit: EditSchema) -> None:
        """Edit the description as https://www.sqlite.org/pragma.html#pragma_writable_schema says, and read it back."""
        for table, _ in edit.columns:
            self._orphans.setdefault(table, len(self._foreign_key_check(table)))
        version = self._pragma("schema_version")
        self._sql("PRAGMA writable_schema = 1")
        try:
            for row in edit.rows:
                self._sql(
                    "UPDATE sqlite_master SET name = ?, tbl_name = ?, sql = coalesce(?, sql) WHERE type = ? AND name = ?",
                    (row.new_name, row.new_table, row.sql, row.kind, row.name),
                )
            self._sql(f"PRAGMA schema_version = {version + 1}")
        finally:
            self._sql("PRAGMA writable_schema = RESET")
        for table, columns in edit.columns:
            shown = self.database.execute_sql("SELECT name FROM pragma_table_xinfo(?)", (table,)).fetchall()
            if tuple(name for (name,) in shown) != columns:
                raise PeewitError(f'the description of table "{table}" does not read back as it was written')

    def _foreign_key_check(self, table: str) -> list[Any]:
        """The rows of a table that refer to nothing."""
        rows: list[Any] = self.database.execute_sql(f"PRAGMA foreign_key_check({quote_name(table)})").fetchall()
        return rows

    # ------------------------------------------------------------------ proving

    def _prove(self, broken: dict[str, str]) -> None:
        """Before anything is kept: no view or trigger broke, no row lost what it refers to."""
        for name, error in broken_dependents(self.database).items():
            if name not in broken:
                raise UnsupportedChangeError(
                    f"{name} would no longer work: {error}",
                    hint="drop or change it in the same migration, with migrator.sql(…)",
                )
        for table, orphans in self._orphans.items():
            rows = self._foreign_key_check(table)
            if len(rows) > orphans:
                raise DataError(f'{len(rows)} rows of "{table}" would refer to rows of "{rows[0][2]}" that are not there')


def _stored(value: Any) -> Any:
    """A value as SQLite keeps it: by the driver's adapters, and an expression by what it comes to."""
    if isinstance(value, peewee.Node):
        memory = peewee.SqliteDatabase(":memory:")
        try:
            return memory.execute(peewee.Select(columns=[value])).fetchone()[0]
        finally:
            memory.close()
    return value if isinstance(value, int | float | str | bytes | None) else sqlite3.adapt(value)
