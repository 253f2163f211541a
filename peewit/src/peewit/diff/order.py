"""Which table first: those that are referred to before those that refer."""

from __future__ import annotations

from collections.abc import Iterable

from peewit.schema import Table


def by_reference(tables: Iterable[Table]) -> list[Table]:
    """Tables with the ones they refer to before them; in a cycle, the order they came in."""
    waiting = {table.key: table for table in tables}
    placed: list[Table] = []
    done: set[str] = set()

    def place(table: Table, path: tuple[str, ...]) -> None:
        for target in targets(table):
            if target in waiting and target not in done and target not in path:
                place(waiting[target], (*path, table.key))
        if table.key not in done:
            done.add(table.key)
            placed.append(table)

    for table in waiting.values():
        place(table, (table.key,))
    return placed


def targets(table: Table) -> list[str]:
    """The keys of the tables a table's foreign keys refer to, without the deferred ones."""
    keys = [c.foreign_key for c in table.columns if c.foreign_key is not None and not c.foreign_key.deferred]
    return [f"{key.schema}.{key.table}" if key.schema else key.table for key in keys]
