"""What a live SQLite database says of itself: values plus the texts that must survive a change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from peewit.schema.values import Index, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIndex:
    """An index with its name and the statement that made it."""

    name: str
    sql: str
    index: Index


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObject:
    """A trigger or a view: its name and the statement that made it."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table as it stands: its value, its own CREATE TABLE text, and what hangs on it."""

    table: Table
    sql: str
    indexes: tuple[FoundIndex, ...] = ()
    triggers: tuple[FoundObject, ...] = ()
    autoindexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A live database: its tables by name, the texts they were made with, its views, every name that is taken.

    ``tables`` reads a table's text when it is asked for; SchemaError where it cannot be read.
    """

    tables: Mapping[str, FoundTable]
    texts: Mapping[str, str]
    views: tuple[FoundObject, ...] = ()
    names: frozenset[str] = frozenset()

    def table(self, name: str) -> FoundTable | None:
        """The table of this name, in whatever case it was written."""
        if name in self.texts:
            return self.tables[name]
        folded = name.lower()
        return next((self.tables[key] for key in self.texts if key.lower() == folded), None)

    def mentioning(self, name: str) -> Iterator[FoundTable]:
        """The tables whose text holds a name: all that can refer to it are among them."""
        folded = name.lower()
        spellings = {folded, folded.replace('"', '""'), folded.replace("`", "``")}
        for key, text in self.texts.items():
            if any(spelling in text.lower() for spelling in spellings):
                yield self.tables[key]


NOTHING = Found(tables={}, texts={})
"""An empty database."""
