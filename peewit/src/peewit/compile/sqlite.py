"""Operations → statements for SQLite.

A stretch of operations between two barriers is compiled at once: everything asked of one table becomes
one change of it. ``found`` is the database as it stands just before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, assert_never

from peewit.compile.sqlite_text import OLD, create_index, create_table
from peewit.compile.statements import Call, Execute, Statement
from peewit.dataclass import dataclass
from peewit.dialects import SqliteDialect
from peewit.errors import SchemaError, UnsupportedChangeError
from peewit.operations import (
    AlterColumn,
    CreateTable,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.operations.index_names import index_name
from peewit.operations.reduce import one_change_each
from peewit.schema import Found, FoundTable, Schema, Table, parts_of
from peewit.sql import quote_name

if TYPE_CHECKING:
    from peewit.compile.meanings import Altered
    from peewit.compile.sqlite_work import Work


def in_main(operation: Operation) -> Operation:
    """The operation with plain names: a schema called main is the database itself."""
    match operation:
        case RunSql() | RunCode():
            return operation
        case CreateTable(table=table):
            return replace(operation, table=replace(table, name=_plain_name(table.key), schema=None))
        case RenameTable(before=before):
            _plain_name(operation.key)
            return replace(operation, before=_plain_name(before), into=None)
        case _:
            return replace(operation, table=_plain_name(operation.table))


def _plain_name(key: str) -> str:
    schema, name = parts_of(key)
    if schema is not None and schema.lower() != "main":
        raise UnsupportedChangeError(
            f'table "{key}" belongs to an attached database, and only the main one is migrated',
            hint="give the attached database models and migrations of its own, and ignore these here",
        )
    return name


def compile_stretch(operations: Sequence[Operation], found: Found, dialect: SqliteDialect) -> list[Statement]:
    """The statements of one stretch; UnsupportedChangeError where SQLite cannot, or SchemaError."""
    changes = one_change_each(operations)
    altered = {(o.table.lower(), o.after.name.lower()): o for o in changes if isinstance(o, AlterColumn)}
    stretch = _Stretch(found=found, dialect=dialect, taken=set(found.names), altered=altered)
    for operation in changes:
        stretch.take(operation)
    return list(stretch.statements())


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """The tables one stretch touches, in the order it touches them."""

    found: Found
    dialect: SqliteDialect
    taken: set[str]
    altered: Altered
    plain: list[Statement] = field(default_factory=list)
    works: dict[str, Work] = field(default_factory=dict)
    created: dict[str, Table] = field(default_factory=dict)
    dropped: dict[str, FoundTable] = field(default_factory=dict)

    def take(self, operation: Operation) -> None:
        """Note what one operation asks for."""
        match operation:
            case RunCode(name=name, function=function, schema=of_schema):
                self.plain.append(Call(name=name, function=function, schema=of_schema))
            case RunSql(sql=sql, params=params):
                self.plain.append(Execute(sql=sql, params=params))
            case RenameTable() | RenameColumn():
                self.plain += list(_rename(operation))
            case CreateTable(table=table):
                self._create(table)
            case DropTable(table=name):
                self._drop(name)
            case _ if operation.table.lower() in self.created:
                self._change_created(operation)
            case _:
                self._change(operation.table, operation)

    def _create(self, table: Table) -> None:
        there = self.found.table(table.name)
        if there is not None and table.name.lower() not in self.dropped:
            if self.dialect.canonical(there.table) == self.dialect.canonical(table):
                return
            raise SchemaError(
                f'table "{table.name}" exists already, and is not what the migration would create',
                hint="if the database was made without migrations: peewit adopt, which takes over what is there",
            )
        self.created[table.name.lower()] = table

    def _drop(self, name: str) -> None:
        """Drop a table; one that is gone already needs nothing."""
        if self.created.pop(name.lower(), None) is not None:
            return
        there = self.found.table(name)
        if there is not None:
            self.works.pop(name.lower(), None)
            self.dropped[name.lower()] = there

    def _change_created(self, operation: Operation) -> None:
        assert not isinstance(operation, CreateTable | DropTable | RenameTable | RunSql | RunCode)
        table = self.created[operation.table.lower()]
        schema = replace(operation, table=table.key).apply(Schema({table.key: table}))
        self.created[operation.table.lower()] = schema[table.key]

    def _find(self, name: str) -> FoundTable:
        there = self.found.table(name)
        if there is not None and name.lower() not in self.dropped:
            return there
        raise SchemaError(
            f'the database has no table "{name}"',
            hint="peewit check compares the database with what the migrations say",
        )

    def _change(self, name: str, operation: Operation) -> None:
        from peewit.compile.sqlite_change import change
        from peewit.compile.sqlite_work import Work

        key, there = name.lower(), self._find(name)
        if key not in self.works:
            self.works[key] = Work.on(there, self.dialect)
        change(self.works[key], operation, self.found, self.altered)

    def statements(self) -> Iterator[Statement]:
        """Everything, in order: what is as it is written, then the tables."""
        yield from self.plain
        yield from self._guards_of_drops()
        yield from self._free_names()
        for table in self.created.values():
            if table.name.lower() not in self.dropped:
                yield from self._create_statements(table)
        yield from self._change_statements()
        yield from self._drop_statements()

    def _change_statements(self) -> Iterator[Statement]:
        if self.works:
            from peewit.compile.sqlite_rebuild import transform

            for work in self.works.values():
                yield from transform(work, self.taken)

    def _guards_of_drops(self) -> Iterator[Statement]:
        if self.dropped:
            from peewit.compile.sqlite_drop import guards_of_drops

            yield from guards_of_drops(self.dropped, self.found, self.works, self.created)

    def _drop_statements(self) -> Iterator[Statement]:
        if self.dropped:
            from peewit.compile.sqlite_drop import drop_table

            for name, there in self.dropped.items():
                self.taken -= {name, *(index.name.lower() for index in there.indexes)}
                yield from drop_table(there, self.found, self.dialect)
                if name in self.created:
                    yield from self._create_statements(self.created[name])

    def _free_names(self) -> Iterator[Statement]:
        """An index of a table that goes may have given its name to one of a table that comes."""
        wanted = {i.name.lower() for table in self.created.values() for i in table.indexes if i.name is not None}
        for key, there in self.dropped.items():
            given = [index for index in there.indexes if index.name.lower() in wanted]
            yield from (Execute(sql=f"DROP INDEX {quote_name(index.name)}") for index in given)
            kept = tuple(index for index in there.indexes if index not in given)
            self.dropped[key] = replace(there, indexes=kept)

    def _create_statements(self, table: Table) -> Iterator[Statement]:
        yield Execute(sql=create_table(table, self.dialect))
        for index in table.indexes:
            name = index_name(table, index, frozenset(self.taken))
            self.taken.add(name.lower())
            yield Execute(sql=create_index(table.name, index, name))


def _rename(operation: RenameTable | RenameColumn) -> Iterator[Statement]:
    match operation:
        case RenameTable(before=before, after=after):
            yield from _rename_table(before, after) if before != after else ()
        case RenameColumn(table=table, before=before, after=after):
            yield Execute(
                sql=f"ALTER TABLE {quote_name(table)} RENAME COLUMN {quote_name(before)} TO {quote_name(after)}",
                past_stale=True,
            )
        case _:
            assert_never(operation)


def _rename_table(before: str, after: str) -> Iterator[Statement]:
    """Where only the case changes, by way of a third name: SQLite takes the two for one."""
    steps = [before, after] if before.lower() != after.lower() else [before, OLD + before, after]
    for old, new in pairwise(steps):
        yield Execute(sql=f"ALTER TABLE {quote_name(old)} RENAME TO {quote_name(new)}", past_stale=True)
