"""Operations → statements for SQLite.

A stretch of operations between two barriers is compiled at once: everything asked of one table becomes
one change of it. ``found`` is the database as it stands just before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import assert_never

from peewit.compile import sqlite_guards as guards
from peewit.compile.sqlite_columns import add_column, alter_column, drop_column, fill_nulls
from peewit.compile.sqlite_rebuild import OLD, transform
from peewit.compile.sqlite_tables import (
    add_constraint,
    change_primary_key,
    change_table,
    drop_constraint,
    drop_index,
)
from peewit.compile.sqlite_text import create_index, create_table, part_text
from peewit.compile.sqlite_work import Work, value_of
from peewit.compile.statements import Call, EditSchema, Execute, SchemaRow, Statement
from peewit.dataclass import dataclass
from peewit.dialects import SqliteDialect
from peewit.errors import SchemaError, UnsupportedChangeError
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    ChangeTable,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.operations.index_names import index_name
from peewit.operations.reduce import one_change_each
from peewit.schema import Found, FoundTable, Index, Schema, Table, parts_of
from peewit.sql import CreateTable as ParsedTable
from peewit.sql import parse_create_table, quote_name, with_name


def in_main(operation: Operation) -> Operation:
    """The operation with plain names: a schema called main is the database itself."""
    match operation:
        case RunSql() | RunCode():
            return operation
        case CreateTable(table=table):
            return replace(operation, table=replace(table, name=_plain_name(table.key), schema=None))
        case RenameTable(before=before):
            return replace(operation, before=_plain_name(before))
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
    stretch = _Stretch(found=found, dialect=dialect, taken=set(found.names))
    for operation in one_change_each(operations):
        stretch.take(operation)
    return list(stretch.statements())


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """The tables one stretch touches, in the order it touches them."""

    found: Found
    dialect: SqliteDialect
    taken: set[str]
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
                self._change(operation, self._work(operation.table))

    def _create(self, table: Table) -> None:
        there = self.found.table(table.name)
        if there is not None and table.name.lower() not in self.dropped:
            if self.dialect.canonical(there.table) == self.dialect.canonical(table):
                return
            raise SchemaError(
                f'table "{table.name}" exists already, and is not what the migration would create',
                hint="if the database was made without this migration, compare and take it over: peewit migrate --fake",
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

    def _work(self, name: str) -> Work:
        there = self._find(name)
        return self.works.setdefault(name.lower(), Work.on(there, self.dialect))

    def _change(self, operation: Operation, work: Work) -> None:
        match operation:
            case AddColumn(column=column):
                add_column(work, column)
            case DropColumn(column=name):
                drop_column(work, name, self.found)
            case AlterColumn(after=after):
                alter_column(work, after, self.found)
            case FillNulls(column=name, fill=fill):
                fill_nulls(work, name, value_of(fill, name))
            case AddIndex(index=index):
                work.add_indexes.append(index)
                if index.unique:
                    self._guard_unique(work, index)
            case DropIndex(index=index):
                drop_index(work, index)
            case AddConstraint(constraint=constraint):
                add_constraint(work, constraint)
            case DropConstraint(constraint=constraint):
                drop_constraint(work, constraint)
            case ChangePrimaryKey(columns=columns):
                change_primary_key(work, columns)
            case ChangeTable():
                change_table(work, operation)
            case CreateTable() | DropTable() | RenameTable() | RenameColumn() | RunSql() | RunCode():
                raise AssertionError(f"{operation} is not a change of one table")
            case _:
                assert_never(operation)

    def _guard_unique(self, work: Work, index: Index) -> None:
        there = {column.name.lower() for column in work.found.table.columns}
        if {name.lower() for name in index.columns} <= there:
            keys = ", ".join(part_text(part) for part in index.parts).replace(" DESC", "")
            work.unique.append(guards.no_duplicates(work.name, index, keys))

    def statements(self) -> Iterator[Statement]:
        """Everything, in order: what is as it is written, then the tables."""
        yield from self.plain
        yield from self._guards_of_drops()
        yield from self._free_names()
        for table in self.created.values():
            if table.name.lower() not in self.dropped:
                yield from self._create_statements(table)
        for work in self.works.values():
            yield from transform(work, self.taken)
        for name, there in self.dropped.items():
            yield from self._drop_statements(name, there)
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

    def _referring(self, name: str) -> Iterator[tuple[FoundTable, tuple[str, ...]]]:
        """The tables and the columns by which they refer to a table, as things stand."""
        for there in self.found.mentioning(name):
            for columns, target in _references(parse_create_table(there.sql)):
                if target == name:
                    yield there, columns

    def _guards_of_drops(self) -> Iterator[Statement]:
        for name, dropped in self.dropped.items():
            if name in self.created:
                continue
            for child, columns in self._referring(name):
                work = self.works.get(child.table.name.lower())
                if child.table.name.lower() in self.dropped:
                    continue
                if work is None or _still_refers(work, columns, name):
                    yield guards.nothing_refers(child.table.name, columns, dropped.table.name)

    def _drop_statements(self, name: str, there: FoundTable) -> Iterator[Statement]:
        """Nothing may refer to a table that is dropped: SQLite would delete its rows one by one, and act on it."""
        table = there.table.name
        self.taken -= {table.lower(), *(index.name.lower() for index in there.indexes)}
        if not any(True for _ in self._referring(name)) or not self.dialect.edits_schema:
            yield Execute(sql=f"DROP TABLE {quote_name(table)}")
            return
        yield from (Execute(sql=f"DROP TRIGGER {quote_name(trigger.name)}") for trigger in there.triggers)
        yield from (Execute(sql=f"DROP INDEX {quote_name(index.name)}") for index in there.indexes)
        old = OLD + table
        former = with_name(parse_create_table(there.sql), old)
        if any(column.autoincrement for column in there.table.columns):
            yield Execute(sql="DELETE FROM sqlite_sequence WHERE name = ?", params=(table,))
        rows = [SchemaRow(kind="table", name=table, new_name=old, new_table=old, sql=former.sql)]
        for index in there.autoindexes:
            number = index.rpartition("_")[2]
            rows.append(SchemaRow(kind="index", name=index, new_name=f"sqlite_autoindex_{old}_{number}", new_table=old))
        yield EditSchema(rows=tuple(rows))
        yield Execute(sql=f"DROP TABLE {quote_name(old)}")


def _still_refers(work: Work, columns: tuple[str, ...], target: str) -> bool:
    return (columns, target) in _references(work.created)


def _references(created: ParsedTable) -> Iterator[tuple[tuple[str, ...], str]]:
    """The columns and the table, in lower case, of every foreign key in a definition."""
    for column in created.columns:
        for clause in column.clauses_of("references"):
            if clause.reference is not None:
                yield (column.name,), clause.reference.table.lower()
    for constraint in created.constraints:
        if constraint.reference is not None:
            yield constraint.columns, constraint.reference.table.lower()


def _rename(operation: RenameTable | RenameColumn) -> Iterator[Statement]:
    match operation:
        case RenameTable(before=before, after=after):
            yield from _rename_table(before, after)
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
