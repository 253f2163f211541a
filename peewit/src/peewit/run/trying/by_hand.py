"""What a migration drops by SQL of its own, past its migrator: told by the schema it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from peewit.operations import AddColumn, DropColumn, DropTable, Operation, RenameColumn, RenameTable
from peewit.schema import Schema, Table


def dropped_by_hand(before: Schema, after: Schema, asked: Sequence[Operation]) -> Iterator[DropTable | DropColumn]:
    """What is gone and was not ``asked`` of the migrator, by the names it had before.

    A new table with the same columns, or as many new columns as are gone, is a rename: nothing is lost with that.
    """
    there = {table.key.lower(): table for table in after}
    known = {table.key.lower() for table in before}
    made = [_names(table) for key, table in there.items() if key not in known]
    told = {name for operation in asked for name in _told(operation)}
    for table in before:
        now = there.get(table.key.lower())
        if now is None:
            if (table.key, "") not in told and _names(table) not in made:
                yield DropTable(table=table.key)
            continue
        columns = {name for key, name in told if key == table.key}
        gone, new = (a - b - columns for a, b in ((_names(table), _names(now)), (_names(now), _names(table))))
        if len(new) < len(gone):
            yield from (DropColumn(table=table.key, column=c.name) for c in table.columns if c.name.lower() in gone)


def _names(table: Table) -> set[str]:
    return {column.name.lower() for column in table.columns}


def _told(operation: Operation) -> Iterator[tuple[str, str]]:
    """The tables, and columns, whose coming and going an operation accounts for."""
    match operation:
        case DropTable(table=table) | RenameTable(before=table):
            yield table, ""
        case AddColumn(table=table, column=column):
            yield table, column.name.lower()
        case DropColumn(table=table, column=name):
            yield table, name.lower()
        case RenameColumn(table=table, before=name, after=new):
            yield from ((table, name.lower()), (table, new.lower()))
        case _:
            pass
