"""One existing table of a SQLite database on its way to another form.

A :class:`Work` gathers what one stretch of operations asks of a table: its own CREATE TABLE text, edited
step by step so that every other character stays; what each column of the new table is filled from; the
guards; the indexes. Which of the three ways leads there is decided at the end, in
:mod:`peewit.compile.sqlite_rebuild`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

from peewit.compile.statements import Converter, Guard
from peewit.dataclass import dataclass
from peewit.dialects import SqliteDialect
from peewit.schema import Column, Default, FoundIndex, FoundTable, Index
from peewit.sql import CreateTable, parse_create_table, quote_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An expression a column is filled from, with what it needs."""

    sql: str
    params: tuple[Any, ...] = ()
    functions: tuple[tuple[str, Default | Converter], ...] = ()


def value_of(fill: Default, column: str) -> Value:
    """A Python default as SQL: a parameter, or a function that SQLite calls once per row."""
    if not fill.called:
        return Value(sql="?", params=(fill.value,))
    name = "peewit_fill_" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in column.lower())
    return Value(sql=f"{name}()", functions=((name, fill),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """An UPDATE of one column where it is null. ``new``: the column is new, so it comes after the change."""

    column: str
    value: Value
    new: bool = False


@dataclass(slots=True, kw_only=True)
class Work:
    """What is asked of one table, so far.

    ``guards`` are asked beforehand. ``enforced`` are what the new description refuses by itself when rows are
    copied, and ``unique`` what making an index refuses: asked only where nothing is copied, or to explain. ``new``
    are the new columns, however they come.
    """

    found: FoundTable
    dialect: SqliteDialect
    created: CreateTable
    guards: list[Guard] = field(default_factory=list)
    enforced: list[Guard] = field(default_factory=list)
    unique: list[Guard] = field(default_factory=list)
    sources: dict[str, Value] = field(default_factory=dict)
    added: list[Column] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    drop_indexes: list[FoundIndex] = field(default_factory=list)
    add_indexes: list[Index] = field(default_factory=list)
    came_with: dict[str, Default | None] = field(default_factory=dict)
    new: dict[str, Column] = field(default_factory=dict)
    counting: set[str] = field(default_factory=set)
    edits: bool = False
    rebuild: bool = False

    @classmethod
    def on(cls, found: FoundTable, dialect: SqliteDialect) -> Work:
        """The beginning: nothing asked yet."""
        created = parse_create_table(found.sql)
        sources = {c.name.lower(): Value(sql=quote_name(c.name)) for c in found.table.columns}
        return cls(found=found, dialect=dialect, created=created, sources=sources)

    @property
    def name(self) -> str:
        """The table's name, as it stands in the database."""
        return self.found.table.name

    @property
    def indexes(self) -> list[FoundIndex]:
        """The indexes that were there and stay."""
        return [index for index in self.found.indexes if index not in self.drop_indexes]

    def describe(self, created: CreateTable) -> None:
        """Take an edit of the description alone."""
        self.edits = self.edits or created.sql != self.created.sql
        self.created = created

    def reshape(self, created: CreateTable) -> None:
        """Take an edit that the rows have to follow."""
        self.rebuild = True
        self.created = created
