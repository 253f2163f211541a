"""What a live database says of itself: values plus the texts that must survive a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field

from peewit.dataclass import dataclass
from peewit.schema.values import Index, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIndex:
    """An index with its name and the statement that made it.

    On a server ``constraint`` tells that a UNIQUE constraint made it, ``valid`` is False for one that was
    left unfinished.
    """

    name: str
    sql: str
    index: Index
    constraint: bool = False
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundObject:
    """A trigger or a view: its name and the statement that made it.

    ``mode`` tells of a trigger on a server what its text does not: when it fires (``ALWAYS``, ``REPLICA``), or on
    what; among views, the table it is of.
    """

    name: str
    sql: str
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """A table as it stands: its value, its own CREATE TABLE text, and what hangs on it.

    On a server there is no text; ``key_name`` is the primary key's constraint, ``rows`` an estimate, and
    ``extras`` what a column has beyond its value, by its name: an identity, ``on update …``, a comment.
    ``uses`` are the columns each constraint and index speaks of, by its name.
    """

    table: Table
    sql: str = ""
    indexes: tuple[FoundIndex, ...] = ()
    triggers: tuple[FoundObject, ...] = ()
    autoindexes: tuple[str, ...] = ()
    key_name: str = ""
    rows: int = 0
    extras: Mapping[str, str] = field(default_factory=dict)
    uses: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
            lowered = text.lower()
            if any(spelling in lowered for spelling in spellings):
                yield self.tables[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A foreign key as a server has it: where it is, what it refers to, and the text that makes it again.

    ``schema`` is None where the table is found without it, and ``place`` the schema it is in all the same.
    """

    name: str
    schema: str | None
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    sql: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOnServer:
    """A live database behind a connection, asked as little as possible: each answer costs a round trip.

    ``table`` gives a table by :attr:`Table.key`, None where there is none. ``referring`` gives the foreign
    keys of other tables that lead to one. ``taken`` are the names of tables and indexes in a schema.
    ``as_written`` gives a constraint's text, or an index's keys, as the server itself would write it for a
    table: the form in which it can be found again. ``views`` are those that break in silence when what they
    speak of goes: none where the server itself refuses that. ``equal`` tells whether a table is already what
    a migration would make. ``usual`` are the settings of a table that says none, as far as only the server knows.
    """

    table: Callable[[str], FoundTable | None]
    referring: Callable[[str], tuple[FoundKey, ...]]
    taken: Callable[[str | None], frozenset[str]]
    as_written: Callable[[str, str], str]
    views: Callable[[], tuple[FoundObject, ...]] = tuple
    equal: Callable[[Table], bool] = lambda _: False
    usual: Callable[[], Mapping[str, str]] = dict


NOTHING = Found(tables={}, texts={})
"""An empty database."""
