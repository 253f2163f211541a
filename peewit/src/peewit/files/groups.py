"""Which operations one call of a migration file can say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from peewit.models import KEY_FIELDS, flag_index
from peewit.operations import AddColumn, AddIndex, AlterColumn, ChangePrimaryKey, DropColumn, Operation
from peewit.schema import Column, all_the_same


def without_value(operations: Sequence[Operation]) -> Iterator[tuple[str, Column]]:
    """The columns that cannot be null and have nothing for rows that exist."""
    for operation in operations:
        match operation:
            case AddColumn(table=table, column=column) if column.needs_value:
                yield f"{table}.{column.field_name}", column
            case AlterColumn(table=table, before=Column(null=True), after=Column(null=False, fill=None) as column):
                yield f"{table}.{column.field_name}", column
            case _:
                pass


def same_in_all_rows(operations: Sequence[Operation]) -> Iterator[tuple[str, Column]]:
    """The new columns that are unique and get one value in all rows; of several that are so together, the first."""
    new: dict[str, dict[str, Column]] = {}
    for operation in operations:
        if isinstance(operation, AddColumn):
            new.setdefault(operation.table, {})[operation.column.name.lower()] = operation.column
        elif isinstance(operation, AddIndex):
            same = all_the_same(operation.index, new.get(operation.table, {}))
            if same is not None:
                yield f"{operation.table}.{same.field_name}", same


def groups_of(operations: Sequence[Operation]) -> list[list[Operation]]:
    """Operations that one call can say: fields of one table, a column with its own index and key."""
    groups: list[list[Operation]] = []
    for operation in operations:
        if groups and _joins(groups[-1], operation):
            groups[-1].append(operation)
        else:
            groups.append([operation])
    return groups


def _is_key(column: Column) -> bool:
    """Whether the column's class makes it the key, which has no index of its own."""
    return column.spelling is not None and column.spelling.kind.endswith(KEY_FIELDS)


def _joins(group: Sequence[Operation], operation: Operation) -> bool:
    first, last = group[0], group[-1]
    match operation:
        case AddColumn(table=key, column=column):
            if not isinstance(first, AddColumn) or first.table != key or isinstance(last, ChangePrimaryKey):
                return False
            return first.column.needs_value == column.needs_value
        case AddIndex(table=key, index=index):
            if not isinstance(last, AddColumn) or last.table != key or _is_key(last.column):
                return False
            return flag_index(last.column.name, index)
        case ChangePrimaryKey(table=key, columns=columns):
            return isinstance(last, AddColumn) and last.table == key and columns == (last.column.name,)
        case AlterColumn(table=key, after=after):
            alters = [op for op in group if isinstance(op, AlterColumn)]
            return (
                len(alters) == len(group) and alters[0].table == key and all(a.after.name != after.name for a in alters)
            )
        case DropColumn(table=key):
            return isinstance(first, DropColumn) and first.table == key
        case _:
            return False
