"""From operations to schemas and back: folding, reversing, and bringing renames to the front."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce as fold

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
from peewit.schema import Schema
from peewit.sql import names_in


def replay(schema: Schema, operations: Iterable[Operation]) -> Schema:
    """The schema after the operations; SchemaError where one does not fit."""
    return fold(lambda state, operation: operation.apply(state), operations, schema)


def reverse(before: Schema, operations: Iterable[Operation]) -> list[Operation]:
    """The operations that lead back to ``before``; IrreversibleError where there is no way back."""
    steps: list[list[Operation]] = []
    for operation in operations:
        steps.append(list(operation.reverse(before)))
        before = operation.apply(before)
    return [operation for step in reversed(steps) for operation in step]


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


def touched(operations: Iterable[Operation], before: Schema) -> frozenset[str]:
    """The tables the operations change, under the names they have before."""
    names: set[str] = set()
    for operation in operations:
        names |= tables_of(operation)
    return frozenset(names & set(before.tables))


def tables_of(operation: Operation) -> set[str]:
    """The tables an operation speaks of, under the names it uses."""
    match operation:
        case CreateTable(table=table):
            return {table.key}
        case RenameTable(before=before):
            return {before}
        case RunSql() | RunCode():
            return set()
        case _:
            return {operation.table}


__all__ = ["is_barrier", "renames_first", "replay", "reverse", "tables_of", "touched"]
