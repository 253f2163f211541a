"""What one stretch of operations asks of a server's tables, gathered before anything is written.

Names and intent come from the schema the migrations lead to; what things are called, and what is there,
from the server.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import field

from peewit.compile.meanings import Meaning, meaning
from peewit.dataclass import dataclass
from peewit.dialects import ServerDialect
from peewit.operations import RenameColumn, RenameTable, RunCode, RunSql
from peewit.schema import (
    Column,
    Constraint,
    Default,
    ForeignKey,
    FoundIndex,
    FoundKey,
    FoundOnServer,
    FoundTable,
    Index,
    Schema,
    Table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """A column that becomes another: as the migrations knew it, as it is, as it will be."""

    before: Column
    live: Column
    after: Column

    @property
    def meant(self) -> Meaning | None:
        """How its values are converted where the types do not tell."""
        return meaning(self.before, self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A value for the rows that are null in a column. ``new``: the column comes with this stretch."""

    column: str
    value: Default
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A foreign key to be made: its column, and what it refers to."""

    column: str
    key: ForeignKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a table that is renamed, or whose columns are, is called until then: ``columns`` by their new names."""

    table: str
    schema: str | None
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Work:
    """What is asked of one existing table, so far. ``table`` is what the migrations know of it.

    ``called`` are its names of now, where all others are those it will have. ``drop_checks`` and ``own_checks``
    are rules in a column's own definition, of which MariaDB allows one. ``constants`` are the values of new
    columns that are one for all rows, as SQL, where the rows are asked beforehand.
    """

    table: Table
    found: FoundTable
    dialect: ServerDialect
    called: Called | None = None
    added: dict[str, Column] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    altered: dict[str, Alteration] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    drop_checks: dict[str, list[str]] = field(default_factory=dict)
    own_checks: dict[str, str] = field(default_factory=dict)
    drop_constraints: list[str] = field(default_factory=list)
    add_constraints: list[Constraint] = field(default_factory=list)
    drop_keys: list[str] = field(default_factory=list)
    add_keys: list[NewKey] = field(default_factory=list)
    again_keys: list[FoundKey] = field(default_factory=list)
    drop_indexes: list[FoundIndex] = field(default_factory=list)
    add_indexes: list[Index] = field(default_factory=list)
    primary_key: tuple[str, ...] | None = None
    settings: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """The table's key in the schema."""
        return self.table.key

    @property
    def path(self) -> str:
        """The table's quoted name."""
        return self.dialect.path(self.found.table.name, self.table.schema)

    def name_now(self, column: str) -> str:
        """What a column is called before anything is renamed."""
        return column if self.called is None else self.called.columns.get(column, column)

    @property
    def rows(self) -> str:
        """How the rows are named in a question, where they are not the only ones."""
        return "peewit_rows" if self.called or self.constants else self.path

    @property
    def source(self) -> str:
        """What a question asks of before anything is written, under the names it will have."""
        return f"{self.table_now} AS {self.rows}" if self.called or self.constants else self.path

    @property
    def table_now(self) -> str:
        """The table before anything is written; its columns are called as they will be, and new ones have a value."""
        called, quoted = self.called, self.dialect.quoted
        path = self.path if called is None else self.dialect.path(called.table, called.schema)
        if not self.constants and (called is None or not called.columns):
            return path
        there = {c.name: quoted(self.name_now(c.name)) for c in self.found.table.columns if c.name not in self.dropped}
        values = {quoted(name): value for name, value in {**there, **self.constants}.items()}
        if any(value != name and name[1].isspace() for name, value in values.items()):
            # MariaDB takes blanks away from the beginning of a name behind AS, and only there.
            named = f"WITH peewit_named ({', '.join(values)}) AS (SELECT {', '.join(values.values())} FROM {path})"
            return f"({named} SELECT * FROM peewit_named)"
        columns = (value if value == name else f"{value} AS {name}" for name, value in values.items())
        return f"(SELECT {', '.join(columns)} FROM {path})"

    def live(self, name: str) -> Column | None:
        """A column as the server has it, also under a name the server cut."""
        cut = self.dialect.cut(name)
        return next((c for c in self.found.table.columns if c.name == cut), None)

    def key_waits(self, late: Collection[str]) -> bool:
        """Whether the old key has to stay until the columns that are filled ``late`` have their values."""
        if self.primary_key is None and not set(self.dropped) & set(self.found.table.primary_key):
            return False
        if set(self.primary_key or ()) & set(late):
            return True
        return any(fill.value.called and fill.column in late for fill in self.fills)

    def fits_before(self, fill: Fill, one_kind: Callable[[Alteration], bool]) -> bool:
        """Whether a value goes into the column as it is: before it becomes NOT NULL in the one ALTER TABLE.

        ``one_kind`` tells whether a column's values are of one kind before and after.
        """
        alteration = self.altered.get(fill.column)
        return not fill.new and (alteration is None or one_kind(alteration))

    def fill_of(self, column: str) -> Fill | None:
        """What fills a column, if anything does."""
        return next((fill for fill in self.fills if fill.column == column), None)


@dataclass(slots=True, kw_only=True)
class Stretch:
    """Everything one stretch of operations asks for, table by table. ``plain`` is done as it is written.

    Where renames are part of it, ``found`` is the database as it will be called, ``renames`` are those of tables,
    and ``called`` what each renamed table and its columns are called now. ``counting`` are the columns that have a
    sequence in the end, each with its table.
    """

    found: FoundOnServer
    dialect: ServerDialect
    made: set[str] = field(default_factory=set)
    plain: list[tuple[RunCode | RunSql | RenameTable | RenameColumn, Schema]] = field(default_factory=list)
    renames: list[RenameTable] = field(default_factory=list)
    called: dict[str, Called] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    created: dict[str, Table] = field(default_factory=dict)
    dropped: dict[str, Table] = field(default_factory=dict)
    counting: list[tuple[Column, Table]] = field(default_factory=list)

    def table_now(self, key: str, path: str) -> str:
        """What a question asks of before anything is renamed, where the table's path will be ``path``."""
        if key in self.works:
            return self.works[key].table_now
        called = self.called.get(key)
        return path if called is None else self.dialect.path(called.table, called.schema)

    def name_now(self, key: str) -> str:
        """What a table is called before anything is renamed."""
        return self.called[key].table if key in self.called else key
