"""Indexes behind the renames of what they are called after: theirs are the names of the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
    index_shape,
)
from peewit.operations.columns import rename_in_index


def indexes_behind_renames(operations: Iterable[Operation]) -> list[Operation]:
    """The same change, where an index without a name of its own comes once table and columns are called as in the end.

    Else it would be called after what they were called when it was made, for good.
    """
    done = list(operations)
    for at in reversed(range(len(done))):
        index = done[at]
        if not isinstance(index, AddIndex) or index.index.name is not None:
            continue
        moved, place = index, at
        for later in range(at + 1, len(done)):
            if not _passes(index, done[later]):
                break
            index = _behind(index, done[later])
            moved, place = (index, later) if index != moved else (moved, place)
        if place > at:
            del done[at]
            done.insert(place, moved)
    return done


def _behind(index: AddIndex, operation: Operation) -> AddIndex:
    """The index as it is written behind another operation."""
    match operation:
        case RenameTable(before=before) if before == index.table:
            return replace(index, table=operation.key)
        case RenameColumn(table=table, before=old, after=new) if table == index.table:
            return replace(index, index=rename_in_index(index.index, old, new))
        case _:
            return index


def _passes(index: AddIndex, operation: Operation) -> bool:
    """Whether an index may as well come behind an operation: a foreign key may need a unique one."""
    match operation:
        case RunSql() | RunCode() | CreateTable() | DropTable() | AddConstraint():
            return False
        case AddColumn(column=column) | AlterColumn(after=column):
            return not index.index.unique or column.foreign_key is None
        case DropColumn(table=table, column=name):
            return table != index.table or name not in index.index.columns
        case AddIndex(index=other) | DropIndex(index=other):
            return operation.table != index.table or index_shape(other) != index_shape(index.index)
        case _:
            return True
