"""What comes first: tables and columns that are referred to before those that refer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from peewit.dataclass import dataclass
from peewit.schema import Column, Schema, Table
from peewit.sql import names_in


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


@dataclass(frozen=True, slots=True)
class Extra:
    """A table, or a column of a table, that one schema has and the other has not."""

    table: Table
    column: Column | None = None

    @property
    def needs(self) -> Iterator[tuple[str, str]]:
        """The tables, as ``(key, "")``, and the columns it cannot be without."""
        for column in self.table.columns if self.column is None else (self.column,):
            key = column.foreign_key
            if key is not None and not key.deferred:
                target = key.target
                yield target, ""
                yield target, key.column.lower()
            if column.generated is not None:
                yield from ((self.table.key, name) for name in sorted(names_in(column.generated.expression)))


def extras(schema: Schema, other: Schema) -> list[Extra]:
    """What only the first schema has, each after what it needs: tables first, then columns, where that is all one."""
    tables = by_reference(schema)
    waiting = {(t.key, ""): Extra(t) for t in tables if t.key not in other}
    for table in tables:
        if table.key in other:
            new = [column for column in table.columns if other[table.key].find(column.name) is None]
            waiting.update({(table.key, column.name.lower()): Extra(table, column) for column in new})
    placed: dict[tuple[str, str], Extra] = {}

    def place(name: tuple[str, str], path: tuple[tuple[str, str], ...]) -> None:
        if name in waiting and name not in placed and name not in path:
            for needed in waiting[name].needs:
                place(needed, (*path, name))
            placed[name] = waiting[name]

    for name in waiting:
        place(name, ())
    return list(placed.values())


def targets(table: Table) -> list[str]:
    """The keys of the tables a table's foreign keys refer to, without the deferred ones."""
    keys = [c.foreign_key for c in table.columns if c.foreign_key is not None and not c.foreign_key.deferred]
    return [key.target for key in keys]
