"""What PostgreSQL and MariaDB or MySQL share: the server itself writes every description in one form.

So two descriptions are compared as the server gives them back, and canonical form has little left to do:
the order in which things are listed, and the names that were not chosen.
"""

from __future__ import annotations

from dataclasses import replace

from peewit.dataclass import dataclass
from peewit.dialects.base import Dialect
from peewit.schema import Column, Constraint, Index, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDialect(Dialect):
    """A database behind a connection, with schemas and a catalogue. ``max_name`` is in ``bytes`` or characters."""

    bytes: bool = False

    def cut(self, name: str) -> str:
        """A name as the server keeps it: cut at its limit."""
        if self.bytes:
            return name.encode()[: self.max_name].decode(errors="ignore")
        return name[: self.max_name]

    def canonical(self, table: Table) -> Table:
        """The table without the freedom of order and of names."""
        return replace(
            table,
            schema=None,
            columns=tuple(sorted(map(_column, table.columns), key=lambda c: c.name)),
            indexes=tuple(sorted({_index(index) for index in table.indexes}, key=repr)),
            constraints=tuple(sorted((Constraint(sql=c.sql) for c in table.constraints), key=lambda c: c.sql)),
        )


def _column(column: Column) -> Column:
    key = column.foreign_key
    return replace(
        column,
        sequence=None,
        foreign_key=None if key is None else replace(key, name=None, deferred=False),
    )


def _index(index: Index) -> Index:
    return replace(index, name=None)
