"""Operations in stretches that are compiled one after the other, each seeing what the last one did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from peewit.dialects import MysqlDialect, PostgresDialect, ServerDialect
from peewit.operations import (
    AddIndex,
    CreateTable,
    DropIndex,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.operations.reduce import is_barrier, renames_first


def server_stretches(operations: Sequence[Operation], dialect: ServerDialect) -> list[list[Operation]]:
    """The stretches of a server: on MariaDB and MySQL, which keep each change at once, from code to code.

    There the rows are asked before anything of a stretch is done, its renames among it. On PostgreSQL an index that
    is made or dropped concurrently is a stretch of its own, because all others are one transaction each.
    """
    if isinstance(dialect, PostgresDialect) and dialect.concurrently:
        return [part for stretch in stretches(operations) for part in _indexes_apart(stretch)]
    return segments(operations) if isinstance(dialect, MysqlDialect) else stretches(operations)


def segments(operations: Iterable[Operation]) -> list[list[Operation]]:
    """The operations from code to code; code stands alone."""
    result: list[list[Operation]] = []
    for operation in operations:
        if not result or is_barrier(operation) or is_barrier(result[-1][-1]):
            result.append([])
        result[-1].append(operation)
    return result


def _indexes_apart(stretch: Sequence[Operation]) -> list[list[Operation]]:
    """A stretch in parts, each index of a table that is there already for itself."""
    parts: list[list[Operation]] = [[]]
    made: set[str] = set()
    for operation in stretch:
        if isinstance(operation, AddIndex | DropIndex) and operation.table not in made:
            parts += [[operation], []]
            made.clear()
            continue
        if isinstance(operation, CreateTable):
            made.add(operation.table.key)
        parts[-1].append(operation)
    return [part for part in parts if part]


def stretches(operations: Sequence[Operation]) -> list[list[Operation]]:
    """The operations in stretches, renames to the front.

    A database renames by itself, in other tables, views and triggers as well, so what follows a rename has
    to look again.
    """
    result: list[list[Operation]] = []
    last = None
    for operation in renames_first(operations):
        kind = "rename" if isinstance(operation, RenameTable | RenameColumn) else "other"
        kind = "code" if isinstance(operation, RunSql | RunCode) else kind
        if not result or kind != last or kind == "code":
            result.append([])
        result[-1].append(operation)
        last = kind
    return result
