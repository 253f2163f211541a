"""The same change with every rename in front: what follows speaks of the new names only.

A server that keeps each change at once has to be asked about its rows before the first, so nothing may stand
between the questions. Unlike ``renames_first`` this writes anew what a rename passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace

from peewit.dataclass import dataclass
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
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.operations.columns import rename_in_column, rename_in_constraint, rename_in_index
from peewit.operations.references import with_column_called, with_table_called
from peewit.schema import Column, Constraint, ForeignKey, Schema, Table

Lead = Callable[[Constraint], Constraint]
"""A constraint as it is written after a rename."""


@dataclass(slots=True, kw_only=True)
class InFront:
    """Renames of tables, then of columns under the new names of their tables, then everything else.

    What is dropped to make room for a new name steps aside: it is renamed first, and dropped in its turn.
    """

    tables: list[RenameTable] = field(default_factory=list)
    columns: list[RenameColumn] = field(default_factory=list)
    rest: list[Operation] = field(default_factory=list)


def renames_in_front(operations: Iterable[Operation]) -> InFront:
    """The same change, whose operations are neither code nor raw SQL."""
    done = InFront()
    for operation in operations:
        match operation:
            case RenameTable():
                _put_table(operation, done, len(done.rest))
            case RenameColumn():
                _put_column(operation, done, len(done.rest))
            case _:
                done.rest.append(operation)
    return done


def _aside(name: str) -> str:
    """What a table or column is called until it is dropped."""
    return f"peewit_old_{name}"[:60]


# ---------------------------------------------------------------------- tables


def _put_table(rename: RenameTable, done: InFront, place: int) -> None:
    """Put a rename that stands at a place of the rest before all of it."""
    made = False
    for at in range(place - 1, -1, -1):
        neighbour = done.rest[at]
        if isinstance(neighbour, DropTable) and neighbour.table == rename.before:
            return  # what stands before it is another table of that name
        if isinstance(neighbour, DropTable) and neighbour.table == rename.key and not made:
            aside = RenameTable(before=neighbour.table, after=_aside(rename.after))
            done.rest[at] = DropTable(table=aside.key)
            _put_table(aside, done, at)
            continue
        made = made or (isinstance(neighbour, CreateTable) and neighbour.table.key == rename.before)
        done.rest[at] = _with_table(neighbour, rename)
    if not made:
        done.columns = [replace(c, table=_key(c.table, rename)) for c in done.columns]
        done.tables.append(rename)


def _key(table: str, rename: RenameTable) -> str:
    return rename.key if table == rename.before else table


def _with_table(operation: Operation, rename: RenameTable) -> Operation:
    """The operation as it is written after a table's rename."""

    def refer(key: ForeignKey) -> ForeignKey:
        return replace(key, table=rename.after, schema=rename.schema) if key.target == rename.before else key

    def lead(constraint: Constraint) -> Constraint:
        return with_table_called(constraint, rename.before, rename.key)

    match operation:
        case CreateTable(table=table):
            if table.key == rename.before:
                table = replace(table, name=rename.after, schema=rename.schema)
            return CreateTable(table=_referring(table, refer, lead))
        case AddColumn(table=table, column=column):
            return AddColumn(table=_key(table, rename), column=_referring_column(column, refer))
        case AlterColumn(table=table, after=column):
            return replace(operation, table=_key(table, rename), after=_referring_column(column, refer))
        case AddConstraint(table=table, constraint=constraint) | DropConstraint(table=table, constraint=constraint):
            return replace(operation, table=_key(table, rename), constraint=lead(constraint))
        case RunCode() | RunSql() | RenameTable():
            raise AssertionError(f"{operation} does not stand behind a rename")
        case _:
            return replace(operation, table=_key(operation.table, rename))


def _referring(table: Table, refer: Callable[[ForeignKey], ForeignKey], lead: Lead) -> Table:
    columns = tuple(_referring_column(column, refer) for column in table.columns)
    return replace(table, columns=columns, constraints=tuple(map(lead, table.constraints)))


def _referring_column(column: Column, refer: Callable[[ForeignKey], ForeignKey]) -> Column:
    return column if column.foreign_key is None else replace(column, foreign_key=refer(column.foreign_key))


# ---------------------------------------------------------------------- columns


def _put_column(rename: RenameColumn, done: InFront, place: int) -> None:
    """Put a rename that stands at a place of the rest before all of it."""
    made = False
    for at in range(place - 1, -1, -1):
        neighbour = done.rest[at]
        match neighbour:
            case DropTable(table=rename.table):
                return  # what stands before it is another table of that name
            case AddColumn(table=rename.table, column=column) if _same(column.name, rename.before):
                done.rest[at] = _with_column(neighbour, rename)
                return
            case CreateTable(table=table) if table.key == rename.table:
                done.rest[at] = CreateTable(table=rename.apply(Schema({table.key: table}))[table.key])
                made = True
            case DropColumn(table=rename.table, column=name) if _same(name, rename.after):
                aside = RenameColumn(table=rename.table, before=name, after=_aside(name))
                done.rest[at] = replace(neighbour, column=aside.after)
                _put_column(aside, done, at)
            case _:
                done.rest[at] = _with_column(neighbour, rename)
    if not made:
        done.columns.append(rename)


def _same(name: str, other: str) -> bool:
    return name.lower() == other.lower()


def _with_column(operation: Operation, rename: RenameColumn) -> Operation:
    """The operation as it is written after a column's rename."""
    old, new = rename.before, rename.after

    def refer(key: ForeignKey) -> ForeignKey:
        return replace(key, column=new) if key.target == rename.table and _same(key.column, old) else key

    def lead(constraint: Constraint) -> Constraint:
        return with_column_called(constraint, rename.table, old, new)

    def column_of(column: Column, table: str) -> Column:
        column = _referring_column(column, refer)
        if table != rename.table:
            return column
        if _same(column.name, old):
            column = replace(column, name=new, field=rename.field or new)
        return rename_in_column(column, old, new)

    match operation:
        case CreateTable(table=made):
            return CreateTable(table=_referring(made, refer, lead))
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return _of_its_table(replace(operation, constraint=lead(constraint)), rename)
        case AddColumn(table=table, column=column):
            return AddColumn(table=table, column=column_of(column, table))
        case AlterColumn(table=table, after=column):
            return replace(operation, after=column_of(column, table))
        case _:
            return _of_its_table(operation, rename)


def _of_its_table(operation: Operation, rename: RenameColumn) -> Operation:
    old, new = rename.before, rename.after
    match operation:
        case RunCode() | RunSql() | RenameTable() | CreateTable():
            raise AssertionError(f"{operation} does not stand behind a rename")
        case _ if operation.table != rename.table:
            return operation
        case FillNulls(column=name) | DropColumn(column=name):
            return replace(operation, column=new if _same(name, old) else name)
        case AddIndex(index=index) | DropIndex(index=index):
            return replace(operation, index=rename_in_index(index, old, new))
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return replace(operation, constraint=rename_in_constraint(constraint, old, new))
        case ChangePrimaryKey(columns=columns):
            return replace(operation, columns=tuple(new if _same(name, old) else name for name in columns))
        case _:
            return operation
