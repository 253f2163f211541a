"""SQL of models as a server gets it.

Peewee sends every statement through the driver, for which a ``%`` is written twice. So it is in models, in
migration files and in the schema they lead to; here each two become the one that is meant.
"""

from __future__ import annotations

from dataclasses import replace

from peewit.compile.server_text import undoubled
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    CreateTable,
    DropConstraint,
    DropIndex,
    Operation,
)
from peewit.schema import Column, Constraint, Index, Table
from peewit.schema.same import once_each


def sent(operation: Operation) -> Operation:
    """The operation with its texts as the server gets them; raw SQL is looked at where it is executed."""
    match operation:
        case CreateTable(table=table):
            return replace(operation, table=sent_table(table))
        case AddColumn(column=column):
            return replace(operation, column=_column(column))
        case AlterColumn(after=column):
            return replace(operation, after=_column(column))
        case AddIndex(index=index) | DropIndex(index=index):
            return replace(operation, index=_index(index))
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return replace(operation, constraint=_constraint(constraint))
        case _:
            return operation


@once_each
def sent_table(table: Table) -> Table:
    """The table with its texts as the server gets them."""
    return replace(
        table,
        columns=tuple(map(_column, table.columns)),
        indexes=tuple(map(_index, table.indexes)),
        constraints=tuple(map(_constraint, table.constraints)),
    )


def _column(column: Column) -> Column:
    generated = column.generated
    return replace(
        column,
        default=None if column.default is None else undoubled(column.default),
        generated=generated and replace(generated, expression=undoubled(generated.expression)),
        constraints=tuple(map(_constraint, column.constraints)),
    )


def _constraint(constraint: Constraint) -> Constraint:
    return replace(constraint, sql=undoubled(constraint.sql))


def _index(index: Index) -> Index:
    parts = tuple(replace(part, text=undoubled(part.text)) if part.expression else part for part in index.parts)
    where = None if index.where is None else undoubled(index.where)
    return replace(index, parts=parts, where=where, options=None if index.options is None else undoubled(index.options))
