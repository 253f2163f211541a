"""Operations in stretches that are compiled one after the other, each seeing what the last one did."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.operations import Operation, RenameColumn, RenameTable, RunCode, RunSql
from peewit.operations.reduce import renames_first


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
