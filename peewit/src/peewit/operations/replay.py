"""From operations to schemas and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce as fold

from peewit.operations import CreateTable, Operation, RenameTable, RunCode, RunSql
from peewit.operations.late_indexes import indexes_behind_renames
from peewit.schema import Schema


def replay(schema: Schema, operations: Iterable[Operation]) -> Schema:
    """The schema after the operations; SchemaError where one does not fit."""
    return fold(lambda state, operation: operation.apply(state), operations, schema)


def reverse(before: Schema, operations: Iterable[Operation]) -> list[Operation]:
    """The operations that lead back to ``before``; IrreversibleError where there is no way back."""
    steps: list[list[Operation]] = []
    for operation in operations:
        steps.append(list(operation.reverse(before)))
        before = operation.apply(before)
    return indexes_behind_renames(operation for step in reversed(steps) for operation in step)


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
