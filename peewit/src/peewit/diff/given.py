"""The answers a migration was written with, as its operations have them."""

from __future__ import annotations

from collections.abc import Iterable

from peewit.operations import (
    AddColumn,
    AlterColumn,
    DropColumn,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
)
from peewit.schema import Default


def renames_of(operations: Iterable[Operation]) -> dict[str, str]:
    """What was renamed, as ``create`` takes it: old tables and columns by the names they had before all of it."""
    found: dict[str, str] = {}
    tables: dict[str, str] = {}
    for operation in operations:
        match operation:
            case RenameTable(before=before):
                tables[operation.key] = old = tables.pop(before, before)
                found[old] = operation.key
            case RenameColumn(table=table, before=before, after=after, field=field):
                found[f"{tables.get(table, table)}.{before}"] = field or after
            case _:
                pass
    return found


def fills_of(operations: Iterable[Operation]) -> dict[str, str]:
    """What rows that exist are given, as ``create`` takes it: an expression for each ``table.field``."""
    found: dict[str, str] = {}
    for operation in operations:
        match operation:
            case AddColumn(table=table, column=column) | AlterColumn(table=table, after=column):
                if column.fill is not None and not column.fill.problem:
                    found[f"{table}.{column.field_name}"] = _expression(column.fill)
            case _:
                pass
    return found


def _expression(fill: Default) -> str:
    """What is evaluated for each row."""
    if not fill.called:
        return fill.source
    body = fill.source.removeprefix("lambda: ")
    return body if body != fill.source else f"{fill.source}()"


def lost_in(operations: Iterable[Operation]) -> list[str]:
    """What is dropped, as an answer would name it: tables and columns by the names they had before all of it."""
    found, tables = [], dict[str, str]()
    for operation in operations:
        match operation:
            case RenameTable(before=before):
                tables[operation.key] = tables.pop(before, before)
            case DropTable(table=table):
                found.append(tables.get(table, table))
            case DropColumn(table=table, column=column):
                found.append(f"{tables.get(table, table)}.{column}")
            case _:
                pass
    return found


def drops_of(operations: Iterable[Operation]) -> frozenset[Operation]:
    """What was dropped, and so was not renamed."""
    return frozenset(operation for operation in operations if isinstance(operation, DropTable | DropColumn))
