"""The same change in an order that costs less: renames to the front."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    DropColumn,
    DropConstraint,
    DropIndex,
    FillNulls,
    Operation,
    RenameColumn,
    RunCode,
    RunSql,
)
from peewit.sql import names_in


def is_barrier(operation: Operation) -> bool:
    """Whether nothing may be moved across this operation."""
    return isinstance(operation, RunSql | RunCode)


_OF_ONE_TABLE = (
    AddColumn,
    DropColumn,
    AlterColumn,
    FillNulls,
    AddIndex,
    DropIndex,
    AddConstraint,
    DropConstraint,
    ChangePrimaryKey,
)


def renames_first(operations: Sequence[Operation]) -> list[Operation]:
    """The same change with its column renames as early as they can stand.

    A rename costs the database nothing, but it stands between two changes of one table that could be
    one. It moves before a neighbour that touches neither of its two names.
    """
    done: list[Operation] = []
    for operation in operations:
        place = len(done)
        if isinstance(operation, RenameColumn):
            while place and _passes(operation, done[place - 1]):
                place -= 1
        done.insert(place, operation)
    return done


def _passes(rename: RenameColumn, neighbour: Operation) -> bool:
    if not isinstance(neighbour, _OF_ONE_TABLE) or neighbour.table != rename.table:
        return False
    return not {rename.before.lower(), rename.after.lower()} & _names(neighbour)


def _names(operation: Operation) -> frozenset[str]:
    """The column names an operation may speak of, lower case; texts of SQL count as every word in them."""
    match operation:
        case AddColumn(column=column) | AlterColumn(after=column):
            texts = [constraint.sql for constraint in column.constraints]
            texts += [column.generated.expression] if column.generated else []
            words = [names_in(text) for text in texts]
            key = column.foreign_key
            inner = frozenset({key.column.lower()}) if key is not None and key.table == operation.table else frozenset()
            return frozenset({column.name.lower()}).union(inner, *words)
        case DropColumn(column=name) | FillNulls(column=name):
            return frozenset({name.lower()})
        case AddIndex(index=index) | DropIndex(index=index):
            texts = [part.text for part in index.parts if part.expression] + [index.where or ""]
            return frozenset(name.lower() for name in index.columns).union(*map(names_in, texts))
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return names_in(constraint.sql)
        case ChangePrimaryKey(columns=columns):
            return frozenset(name.lower() for name in columns)
        case _:
            return frozenset()
