"""What a run would do on a server, without doing it: compiled against the catalogue, and against what it leads to.

Nothing is locked and nothing is tried out: a table that an earlier step of the plan changes is taken as the
migrations say it will be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from itertools import count

import peewee

from peewit.compile import Statement, compile_on_server, server_stretches, with_kept_names
from peewit.compile.sent import sent_table
from peewit.dataclass import dataclass
from peewit.dialects import ServerDialect
from peewit.files.loader import Migration
from peewit.operations import AddColumn, Operation, RenameTable
from peewit.operations.index_names import automatic_names
from peewit.operations.replay import replay, tables_of
from peewit.reports import Step
from peewit.run.database.diverting import straight
from peewit.run.replaying.replay import Replay
from peewit.run.replaying.sandbox import MemoryDatabase
from peewit.run.sessions.postgres_session import PostgresSession
from peewit.run.sessions.server_session import ServerSession
from peewit.schema import Column, FoundIndex, FoundKey, FoundOnServer, FoundTable, Schema, Table, Type, key_of
from peewit.sql import is_rule, pieces


def plan_on_server(
    migrations: Sequence[Migration], state: Schema, session: ServerSession, database: peewee.Database
) -> list[Step]:
    """The steps of the migrations; functions of files are not called."""
    overlay = _Overlay(session=session, state=state)
    if isinstance(session, PostgresSession):
        session.dialect = replace(session.dialect, online=session.online)
    steps = []
    for migration in migrations:
        rehearsal = _Rehearsal(overlay.state, database, overlay=overlay)
        overlay.go_on(rehearsal.run(migration.migrate, migration))
        steps.append(
            Step(
                name=migration.name,
                operations=tuple(rehearsal.recorded),
                statements=tuple(rehearsal.statements),
            )
        )
    return steps


@dataclass(slots=True)
class _Rehearsal(Replay):
    """A replay that also compiles what it records."""

    overlay: _Overlay = field(kw_only=True)
    statements: list[Statement] = field(default_factory=list, kw_only=True)

    def _mirror(self, memory: MemoryDatabase, operations: list[Operation], before: Schema) -> None:
        with straight(self.overlay.session.database):
            self.statements += self.overlay.compile(operations, before)
        Replay._mirror(self, memory, operations, before)


@dataclass(slots=True, kw_only=True)
class _Overlay:
    """The live tables, and over them those an earlier step of the plan has made, changed or dropped."""

    session: ServerSession
    state: Schema
    changed: set[str] = field(default_factory=set)

    @property
    def dialect(self) -> ServerDialect:
        return self.session.dialect

    def go_on(self, after: Schema) -> None:
        """Take what a whole migration leads to: its own SQL may have made, changed and dropped tables as well."""
        both = {*self.state.tables, *after.tables}
        self.changed |= {key for key in both if self.state.tables.get(key) != after.tables.get(key)}
        self.state = after

    def compile(self, operations: Sequence[Operation], before: Schema) -> list[Statement]:
        statements: list[Statement] = []
        kept, before = with_kept_names(operations, before, self.dialect)
        for stretch in server_stretches(kept, self.dialect):
            with self._transaction():
                statements += compile_on_server(
                    stretch, before, self._found(_without_coming(before, stretch)), self.dialect
                )
            before = replay(before, stretch)
            for operation in stretch:
                self.changed |= tables_of(operation)
                if isinstance(operation, RenameTable):
                    self.changed.add(operation.key)
        return statements

    def _transaction(self) -> AbstractContextManager[object]:
        # What is asked about texts is tried out on a temporary table, in a transaction that leaves nothing.
        return self.session.short_transaction() if self.session.transactional else nullcontext()

    def _found(self, state: Schema) -> FoundOnServer:
        live = self.session.found()

        def table(key: str) -> FoundTable | None:
            if key in self.changed:
                return as_found(sent_table(state[key]), self.dialect) if key in state else None
            return live.table(key)

        def referring(key: str) -> tuple[FoundKey, ...]:
            kept = () if key in self.changed else live.referring(key)
            there = [k for k in kept if key_of(k.schema, k.table) not in self.changed]
            made = [k for other in state if other.key in self.changed for k in keys_to(other, key, self.dialect)]
            return (*there, *made)

        def as_written(key: str, text: str) -> str:
            return text if key in self.changed else live.as_written(key, text)

        return replace(live, table=table, referring=referring, as_written=as_written)


def _without_coming(schema: Schema, stretch: Sequence[Operation]) -> Schema:
    """The schema without what is only assumed to be there, and comes in this stretch."""
    for operation in stretch:
        if isinstance(operation, AddColumn) and operation.table in schema:
            table = schema[operation.table]
            if table.assumed and table.find(operation.column.name) is not None:
                schema = schema.replacing(table.key, table.without_column(operation.column.name))
    return schema


def expected(state: Schema, dialect: ServerDialect) -> FoundOnServer:
    """A database that is what the migrations say, where there is none to look at."""

    def referring(key: str) -> tuple[FoundKey, ...]:
        return tuple(found for table in state for found in keys_to(table, key, dialect))

    return FoundOnServer(
        table=lambda key: as_found(sent_table(state[key]), dialect) if key in state else None,
        referring=referring,
        taken=lambda _: frozenset(),
        as_written=lambda _, text: text,
    )


def as_found(table: Table, dialect: ServerDialect) -> FoundTable:
    """A table as the server will have it, under the names it will most likely give."""
    indexes, taken = [], set()
    for index in table.indexes:
        name = index.name or next(name for name in automatic_names(table, index) if name not in taken)
        taken.add(name)
        indexes.append(FoundIndex(name=name, sql="", index=replace(index, name=name)))
    checks = [check for column in table.columns for check in column.constraints if is_rule(check.sql)]
    constraints = tuple(
        replace(c, name=c.name or f"{table.name}_check{number or ''}")
        for number, c in enumerate((*table.constraints, *checks))
    )
    return FoundTable(
        table=replace(
            table,
            columns=tuple(_live_columns(table, dialect)),
            constraints=constraints,
        ),
        indexes=tuple(indexes),
        key_name=f"{table.name}_pkey" if table.primary_key else "",
        extras=_extras(table) if dialect.name == "mysql" else {},
    )


def _live_columns(table: Table, dialect: ServerDialect) -> Iterator[Column]:
    """Foreign keys without a name are called after their column on PostgreSQL, and numbered on MariaDB and MySQL."""
    numbers = count(1)
    for column in table.columns:
        key = column.foreign_key
        if key is not None and key.name is None:
            ending = f"ibfk_{next(numbers)}" if dialect.name == "mysql" else f"{column.name}_fkey"
            key = replace(key, name=dialect.cut(f"{table.name}_{ending}"))
        default = _of_kinds(column, "DEFAULT").removeprefix("DEFAULT ") or column.default
        type_, identity = column.type, _of_kinds(column, "GENERATED")
        if identity and dialect.name == "postgres":
            type_ = Type(f"{dialect.spell(type_)} {identity}", raw=True)
        yield replace(column, type=type_, default=default, foreign_key=key, constraints=())


def _extras(table: Table) -> dict[str, str]:
    """What the words of MariaDB's and MySQL's definitions give a column beyond its value."""
    said = {column.name: _of_kinds(column, "ON UPDATE", "INVISIBLE", "COMMENT") for column in table.columns}
    return {name: text for name, text in said.items() if text}


def _of_kinds(column: Column, *kinds: str) -> str:
    """What the words of a column's definition say of these kinds."""
    said = (piece for c in column.constraints if not is_rule(c.sql) for piece in pieces(c.sql))
    return " ".join(text for kind, text in said if kind in kinds)


def keys_to(table: Table, target: str, dialect: ServerDialect) -> list[FoundKey]:
    """The foreign keys of a table that lead to another one."""
    found = []
    for column in _live_columns(table, dialect):
        key = column.foreign_key
        if key is not None and key.target == target and table.key != target:
            found.append(
                FoundKey(
                    name=key.name or "",
                    schema=table.schema,
                    table=table.name,
                    columns=(column.name,),
                    target=target,
                    target_columns=(key.column,),
                    sql="",
                )
            )
    return found
