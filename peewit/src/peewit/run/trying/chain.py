"""Migrations one after the other on paper: what each would run, with the names things have by then.

What a database has named stays named when a column or a table gets another name. So names are followed from the first
migration on, and where only the database itself knows one, a mark stands for it, which no script may contain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import field, replace
from typing import Any

import peewee

from peewit.compile import Statement, compile_on_server, server_stretches, with_kept_names
from peewit.compile.sent import sent_table
from peewit.dataclass import dataclass
from peewit.dialects import SQLITE, ServerDialect
from peewit.files.loader import Migration
from peewit.operations import Operation, RenameTable
from peewit.operations.index_names import automatic_names
from peewit.operations.replay import replay, tables_of
from peewit.read import QUERY
from peewit.run.replaying.sandbox import MemoryDatabase, copy_schema
from peewit.run.sessions.choosing import dialect_of, session_on
from peewit.run.sessions.server_session import ServerSession
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.run.trying.on_paper import Way, no_way, rehearsed
from peewit.run.trying.server_plan import as_found, keys_to
from peewit.schema import Column, Constraint, FoundKey, FoundOnServer, FoundTable, Schema, Table, key_of

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
    _live: ServerSession | None = None
    _changed: set[str] = field(default_factory=set)
    _memory: Any = None

    def begin(self, live: peewee.Database | None = None, state: Schema | None = None) -> None:
        """Begin with nothing, or with what is there, which the ``state`` stands for; ``live`` stays open meanwhile."""
        self.state = state or Schema()
        if dialect_of(self.like) is SQLITE:
            self._memory = MemoryDatabase(self.like)
            self._memory.connect()
            if live is not None:
                copy_schema(live, self._memory)
        elif live is not None:
            session = session_on(live)
            assert isinstance(session, ServerSession)
            self._live = session

    def close(self) -> None:
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
        problem = no_way(migration, "migrate")
        if problem:
            return Way("migrate", dialect_of(self.like).name, problem=problem)
        way, after = rehearsed(migration, "migrate", self.state, self.like, self._compiled)
        self.state = self.state if after is None else after
        return way

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
            statements += self._compile(stretch, before, dialect)
            before = replay(before, stretch)
            self._follow(stretch, dialect)
        return statements

    def _compile(self, stretch: list[Operation], before: Schema, dialect: ServerDialect) -> list[Statement]:
        if self._live is None:
            return compile_on_server(stretch, before, self._made(dialect), dialect)
        # What is asked about texts is tried out on a temporary table, in a transaction that leaves nothing.
        with self._live.short_transaction() if self._live.transactional else nullcontext():
            found = self._there(self._live.found(), before, dialect)
            return compile_on_server(stretch, before, found, self._live.dialect)

    def _made(self, dialect: ServerDialect) -> FoundOnServer:
        """What the migrations have made, by the names they have given."""
        named, moved = self.named, set(self._moved)

        def table(key: str) -> FoundTable | None:
            if key not in named:
                return None
            found = as_found(sent_table(named[key]), dialect)
            return replace(found, key_name=UNKNOWN) if key in moved else found

        return FoundOnServer(
            table=table,
            referring=lambda key: tuple(found for other in named for found in keys_to(other, key, dialect)),
            taken=lambda _: frozenset(),
            as_written=lambda _, text: text,
        )

    def _there(self, live: FoundOnServer, state: Schema, dialect: ServerDialect) -> FoundOnServer:
        """What is there, as it is; of a table that was changed on paper, no name is known any more."""
        changed = set(self._changed)

        def table(key: str) -> FoundTable | None:
            if key not in changed:
                return live.table(key)
            if key not in state:
                return None
            return replace(as_found(_nameless(sent_table(state[key])), dialect), key_name=UNKNOWN)

        def referring(key: str) -> tuple[FoundKey, ...]:
            there = () if key in changed else live.referring(key)
            kept = [found for found in there if key_of(found.schema, found.table) not in changed]
            made = [
                found for other in state if other.key in changed for found in keys_to(_nameless(other), key, dialect)
            ]
            return (*kept, *made)

        def as_written(key: str, text: str) -> str:
            return text if key in changed else live.as_written(key, text)

        return replace(live, table=table, referring=referring, as_written=as_written)

    def _follow(self, operations: Sequence[Operation], dialect: ServerDialect) -> None:
        for operation in operations:
            self._changed |= tables_of(operation)
            if isinstance(operation, RenameTable):
                after = operation.key
                self._moved.add(after)
                self._changed.add(after)
            if self._live is not None:
                continue
            self.named = operation.apply(self.named)
            for key in tables_of(operation):
                if key in self.named:
                    self.named = self.named.replacing(key, _with_names(self.named[key], dialect))


def _nameless(table: Table) -> Table:
    """The table with a mark for every name."""
    columns = tuple(
        replace(
            column,
            foreign_key=column.foreign_key and replace(column.foreign_key, name=UNKNOWN),
            constraints=tuple(replace(constraint, name=UNKNOWN) for constraint in column.constraints),
        )
        for column in table.columns
    )
    return replace(
        table,
        columns=columns,
        indexes=tuple(replace(index, name=UNKNOWN) for index in table.indexes),
        constraints=tuple(replace(constraint, name=UNKNOWN) for constraint in table.constraints),
    )


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
