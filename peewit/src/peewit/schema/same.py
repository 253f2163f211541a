"""Functions of tables that are asked again for the very same ones: most tables are what they were a migration ago."""

from __future__ import annotations

from collections.abc import Callable

from peewit.schema.values import Table

MOST = 4096
"""So many answers are kept; then all are forgotten."""


def once_each(function: Callable[[Table], Table]) -> Callable[[Table], Table]:
    """The function, whose answer is kept for each object: to compare two tables takes as long as to change one."""
    known: dict[int, tuple[Table, Table]] = {}

    def answered(table: Table) -> Table:
        found = known.get(id(table))
        if found is None:
            if len(known) >= MOST:
                known.clear()
            # What was asked for is kept as well: no other object gets its number.
            found = known[id(table)] = table, function(table)
        return found[1]

    return answered
