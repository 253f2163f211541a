"""Names as a server keeps them.

Peewee sends every statement through the driver, for which a ``%`` is written twice, in names as well; and PostgreSQL
cuts a name that is too long for it, without a word, wherever it meets it. So a name is written in full, and with two
``%``, in models and in migration files; here it becomes the one that stands in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from peewit.compile.server_text import undoubled
from peewit.dataclass import dataclass
from peewit.dialects import ServerDialect
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.operations.index_names import automatic_names
from peewit.schema import Column, Constraint, ForeignKey, Index, Schema, Table, key_of, parts_of
from peewit.schema.same import once_each
from peewit.sql import check_name

_KEPT: dict[tuple[bool, int], Callable[[Table], Table]] = {}
"""Gives a table by its kept names, for each way of keeping them."""


def with_kept_names(
    operations: Sequence[Operation], before: Schema, dialect: ServerDialect
) -> tuple[list[Operation], Schema]:
    """The operations, and the schema before them, with every name as the server keeps it."""
    names = KeptNames(dialect)
    kept: list[Operation] = []
    state = before
    for operation in operations:
        kept.append(names.operation(operation, state))
        state = operation.apply(state)
    return kept, names.schema(before)


@dataclass(frozen=True, slots=True)
class KeptNames:
    """Writes names as one server keeps them."""

    dialect: ServerDialect

    def name(self, name: str) -> str:
        """A name as it stands in the catalogue. MariaDB and MySQL refuse one that is too long."""
        check_name(name)
        plain = undoubled(name)
        return self.dialect.cut(plain) if self.dialect.bytes else plain

    def key(self, key: str) -> str:
        """The key of a table by its kept name."""
        schema, name = parts_of(key)
        return key_of(schema and self.name(schema), self.name(name))

    def schema(self, schema: Schema) -> Schema:
        """All tables."""
        # Two dialects that keep names alike keep tables alike.
        kept = _KEPT.setdefault((self.dialect.bytes, self.dialect.max_name), once_each(self.table))
        tables = [kept(table) for table in schema]
        return Schema({table.key: table for table in tables})

    def table(self, table: Table) -> Table:
        """One table, with all it has."""
        return replace(
            table,
            name=self.name(table.name),
            schema=table.schema and self.name(table.schema),
            columns=tuple(map(self._column, table.columns)),
            primary_key=tuple(map(self.name, table.primary_key)),
            indexes=tuple(self._index(index, table) for index in table.indexes),
            constraints=tuple(map(self._constraint, table.constraints)),
        )

    def operation(self, operation: Operation, before: Schema) -> Operation:
        """One operation; ``before`` is the schema it finds."""
        match operation:
            case RunSql() | RunCode():
                return operation
            case CreateTable(table=table):
                return CreateTable(table=self.table(table))
            case RenameTable(before=key, after=name, into=into):
                return RenameTable(before=self.key(key), after=self.name(name), into=into and self.name(into))
            case _:
                return self._change(replace(operation, table=self.key(operation.table)), before[operation.table])

    def _change(self, operation: Operation, table: Table) -> Operation:
        match operation:
            case AddColumn(column=column):
                return replace(operation, column=self._column(column))
            case DropColumn(column=name) | FillNulls(column=name):
                return replace(operation, column=self.name(name))
            case RenameColumn(before=before, after=after):
                return replace(operation, before=self.name(before), after=self.name(after))
            case AlterColumn(after=after, before=known):
                return replace(operation, after=self._column(after), before=known and self._column(known))
            case ChangePrimaryKey(columns=columns):
                return replace(operation, columns=tuple(map(self.name, columns)))
            case AddIndex(index=index) | DropIndex(index=index):
                return replace(operation, index=self._index(index, table))
            case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
                return replace(operation, constraint=self._constraint(constraint))
            case _:
                return operation

    def _column(self, column: Column) -> Column:
        key = column.foreign_key
        return replace(
            column,
            name=self.name(column.name),
            foreign_key=key and self._reference(key),
            constraints=tuple(map(self._constraint, column.constraints)),
        )

    def _reference(self, key: ForeignKey) -> ForeignKey:
        return replace(
            key,
            table=self.name(key.table),
            schema=key.schema and self.name(key.schema),
            column=self.name(key.column),
            name=key.name and self.name(key.name),
        )

    def _index(self, index: Index, table: Table) -> Index:
        """An index; Peewee makes its name of the names as they are written."""
        parts = tuple(p if p.expression else replace(p, text=self.name(p.text)) for p in index.parts)
        name = index.name
        if name is None and (parts != index.parts or self.name(table.name) != table.name):
            name = next(automatic_names(table, index))
        return replace(index, parts=parts, name=name and self.name(name))

    def _constraint(self, constraint: Constraint) -> Constraint:
        return replace(constraint, name=constraint.name and self.name(constraint.name))
