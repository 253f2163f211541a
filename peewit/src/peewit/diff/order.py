"""What comes first: tables and columns that are referred to before those that refer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from peewit.dataclass import dataclass
from peewit.operations import parents
from peewit.schema import Column, Schema, Table
from peewit.sql import names_in


def by_reference(tables: Mapping[str, Table]) -> list[str]:
    """The keys of tables, those they refer to before them; in a cycle, the order they came in."""
    placed: dict[str, None] = {}

    def place(key: str, path: tuple[str, ...]) -> None:
        for target in targets(tables[key]):
            if target in tables and target not in placed and target not in path:
                place(target, (*path, key))
        placed[key] = None

    for key in tables:
        if key not in placed:
            place(key, (key,))
    return list(placed)


@dataclass(frozen=True, slots=True)
class Extra:
    """A table, or a column of a table, that one schema has and the other has not."""

    table: Table
    column: Column | None = None

    @property
    def needs(self) -> Iterator[tuple[str, str]]:
        """The tables, as ``(key, "")``, and the columns it cannot be without."""
        yield from ((target, "") for target in targets(self.table) if self.column is None)
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
    keys = by_reference(schema.tables)
    waiting = {(key, ""): Extra(schema[key]) for key in keys if key not in other}
    for key in keys:
        if key in other:
            table, known = schema[key], {column.name for column in other[key].columns}
            new = [c for c in table.columns if c.name not in known and other[key].find(c.name) is None]
            waiting.update({(key, column.name.lower()): Extra(table, column) for column in new})
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
    return list(parents(table, deferred=False))
