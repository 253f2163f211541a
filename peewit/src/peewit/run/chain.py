"""Migrations one after the other on paper: what each would run, with the names things have by then.

What a database has named stays named when a column or a table gets another name. So names are followed from the first
migration on, and where only the database itself knows one, a mark stands for it, which no script may contain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import peewee

from peewit.compile import Statement, compile_on_server, server_stretches, with_kept_names
from peewit.compile.sent import sent_table
from peewit.dialects import SQLITE, ServerDialect
from peewit.errors import PeewitError
from peewit.files.loader import Migration
from peewit.operations import Operation, RenameTable
from peewit.operations.index_names import automatic_names
from peewit.operations.replay import replay, tables_of
from peewit.read import QUERY
from peewit.run.on_paper import Rehearsal, Way
from peewit.run.sandbox import MemoryDatabase, copy_schema
from peewit.run.server_plan import as_found, keys_to
from peewit.run.sessions import dialect_of
from peewit.run.sqlite_session import SqliteSession
from peewit.schema import Column, Constraint, FoundOnServer, FoundTable, Schema, Table, renamed_key

UNKNOWN = "peewit_name_only_the_database_knows"
"""What stands for a name nobody here can tell."""


@dataclass(slots=True)
class Chain:
    """A database like ``like`` as migrations change it, one after the other; no database is asked, none is changed.

    ``state`` is what they lead to. On SQLite it is made in memory, so that its texts are those a database would have.
    """

    like: peewee.Database
    state: Schema = field(default_factory=Schema)
    named: Schema = field(default_factory=Schema)
    _moved: set[str] = field(default_factory=set)
    _memory: Any = None

    def begin(self, live: peewee.Database | None = None, state: Schema | None = None) -> None:
        """Begin with nothing; on SQLite also with what is there, which the ``state`` stands for."""
        if dialect_of(self.like) is SQLITE:
            self._memory = MemoryDatabase(self.like)
            self._memory.connect()
            if live is not None and state is not None:
                copy_schema(live, self._memory)
                self.state = state

    def end(self) -> None:
        """Forget it."""
        if self._memory is not None:
            self._memory.close()

    def hanging(self) -> Mapping[str, tuple[str, ...]]:
        """On SQLite, the names of the indexes and triggers of each table."""
        found: dict[str, tuple[str, ...]] = {}
        rows: list[Any] = [] if self._memory is None else self._memory.execute_sql(QUERY).fetchall()
        for kind, name, table, sql in rows:
            if kind in ("index", "trigger") and sql is not None:
                found[table] = (*found.get(table, ()), name)
        return found

    def forward(self, migration: Migration) -> Way:
        """What the next migration does; from then on it is done."""
        kind = dialect_of(self.like).name
        if migration.foreign:
            return Way("migrate", kind, problem=f"it is written for {migration.foreign}, and peewit does not run it")
        rehearsal = Rehearsal(self.state, self.like)
        try:
            after = rehearsal.run(migration.migrate, migration)
            statements = self._compiled(rehearsal.recorded)
        except (PeewitError, peewee.DatabaseError) as error:
            told = error.message if isinstance(error, PeewitError) else str(error).splitlines()[0]
            return Way("migrate", kind, tuple(rehearsal.recorded), own=tuple(rehearsal.own), problem=told)
        self.state = after
        passed = f"it needs rows to run; {'; '.join(rehearsal.passed)}" if rehearsal.passed else ""
        return Way("migrate", kind, tuple(rehearsal.recorded), tuple(statements), tuple(rehearsal.own), passed)

    def _compiled(self, operations: list[Operation]) -> list[Statement]:
        dialect = dialect_of(self.like)
        if isinstance(dialect, ServerDialect):
            return self._on_server(operations, dialect)
        session = SqliteSession(self._memory, replace(SQLITE, edits_schema=False), calls=False)
        with session.transaction():
            session.run(operations, self.state)
        return list(session.statements)

    # ------------------------------------------------------------------ servers

    def _on_server(self, operations: list[Operation], dialect: ServerDialect) -> list[Statement]:
        statements: list[Statement] = []
        kept, before = with_kept_names(operations, self.state, dialect)
        for stretch in server_stretches(kept, dialect):
            statements += compile_on_server(stretch, before, self._found(dialect), dialect)
            before = replay(before, stretch)
            self._follow(stretch, dialect)
        return statements

    def _found(self, dialect: ServerDialect) -> FoundOnServer:
        named, moved = self.named, set(self._moved)

        def table(key: str) -> FoundTable | None:
            if key not in named:
                return None
            found = as_found(sent_table(named[key]), dialect)
            return replace(found, key_name=UNKNOWN) if key in moved else found

        return FoundOnServer(
            table=table,
            referring=lambda key: tuple(found for other in named for found in keys_to(other, key)),
            taken=lambda _: frozenset(),
            as_written=lambda _, text: text,
        )

    def _follow(self, operations: Sequence[Operation], dialect: ServerDialect) -> None:
        for operation in operations:
            self.named = operation.apply(self.named)
            if isinstance(operation, RenameTable):
                self._moved.add(renamed_key(operation.before, operation.after))
            for key in tables_of(operation):
                if key in self.named:
                    self.named = self.named.replacing(key, _with_names(self.named[key], dialect))


def _with_names(table: Table, dialect: ServerDialect) -> Table:
    """The table with the names the server gives to what has none; a mark where it chooses them by rules of its own."""
    taken = {index.name for index in table.indexes if index.name}
    indexes = []
    for index in table.indexes:
        name = index.name or next(name for name in automatic_names(table, index) if name not in taken)
        taken.add(name)
        indexes.append(replace(index, name=name))
    return replace(
        table,
        columns=tuple(_column(table, column, dialect) for column in table.columns),
        indexes=tuple(indexes),
        constraints=tuple(map(_constraint, table.constraints)),
    )


def _column(table: Table, column: Column, dialect: ServerDialect) -> Column:
    key = column.foreign_key
    if key is not None and key.name is None:
        name = f"{table.name}_{column.name}_fkey"
        known = dialect.name == "postgres" and dialect.cut(name) == name
        key = replace(key, name=name if known else UNKNOWN)
    return replace(column, foreign_key=key, constraints=tuple(map(_constraint, column.constraints)))


def _constraint(constraint: Constraint) -> Constraint:
    return constraint if constraint.name else replace(constraint, name=UNKNOWN)
