"""The frozen nouns: what a database is made of.

A :class:`Schema` is the same kind of value whether it was read from models, from replayed migration
files or from a live database. What the database stores takes part in comparisons; what only a model
knows (the attribute's name, the field's class, the Python default) rides along and does not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from peewit.dataclass import dataclass
from peewit.errors import SchemaError, suggestion
from peewit.schema.keys import key_of


@dataclass(frozen=True, slots=True)
class Type:
    """A column type: Peewee's neutral name (``"VARCHAR"``) and its arguments.

    ``raw`` marks a text that is a database's own spelling already and is never translated.
    """

    name: str
    args: tuple[int | str, ...] = ()
    raw: bool = False

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.args))})" if self.args else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """What Python puts into a row: a value, or a function that is called once per row.

    ``source`` and ``imports`` are how a migration file writes it; ``value`` is ready for the driver, or
    a function that gives such a value. ``problem`` says why it cannot be written into a file, if so.
    """

    source: str
    imports: tuple[str, ...] = ()
    called: bool = False
    value: Any = dataclasses.field(default=None, compare=False, repr=False)
    problem: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How a model writes a column: the field's class and the arguments the column itself does not tell.

    ``kind`` is a dotted path a migration file can import; ``own_type`` is set where the class is the
    application's own and the file needs a stand-in ``class Name(kind): field_type = own_type``.
    """

    kind: str
    args: tuple[tuple[str, Any], ...] = ()
    own_name: str = ""
    own_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """One column's reference to another. ``deferred``: made by a DeferredForeignKey, so not with its table."""

    table: str
    column: str
    schema: str | None = None
    on_delete: str | None = None
    on_update: str | None = None
    deferrable: str | None = None
    name: str | None = None
    deferred: bool = False

    @property
    def target(self) -> str:
        """The :attr:`Table.key` of the table it refers to."""
        return key_of(self.schema, self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A constraint as SQL text without its name: ``CHECK (age > 0)``, ``UNIQUE (name, age)``.

    ``by_hand``, here and below: a migration has made it in SQL of its own.
    """

    sql: str
    name: str | None = None
    by_hand: bool = dataclasses.field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """The expression of a generated column, and whether its value is stored."""

    expression: str
    stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column, with what belongs to it alone.

    ``default`` is the database's own DEFAULT as SQL text; ``fill`` the Python default of the model or the
    one-off value of a migration; ``field`` the model's attribute. ``echoes``: the DEFAULT says again what the model's
    default says, because peewee-migrate wrote every default twice; without a DEFAULT, there may be such a one.
    ``default_by_hand``: a migration has given it in SQL of its own.
    """

    name: str
    type: Type
    null: bool = False
    default: str | None = None
    collation: str | None = None
    sequence: str | None = None
    autoincrement: bool = False
    generated: Generated | None = None
    constraints: tuple[Constraint, ...] = ()
    foreign_key: ForeignKey | None = None
    field: str = dataclasses.field(default="", compare=False)
    spelling: Spelling | None = dataclasses.field(default=None, compare=False)
    fill: Default | None = dataclasses.field(default=None, compare=False)
    echoes: bool = dataclasses.field(default=False, compare=False)
    by_hand: bool = dataclasses.field(default=False, compare=False)
    default_by_hand: bool = dataclasses.field(default=False, compare=False)

    @property
    def field_name(self) -> str:
        """The attribute a migration file knows this column by."""
        return self.field or self.name

    @property
    def resolution(self) -> int:
        """How many parts of a second a TimestampField counts; 0 for all other fields."""
        said = self.spelling
        if said is None or said.own_type or said.kind != "peewee.TimestampField":
            return 0
        return int(dict(said.args).get("resolution", 1))

    def counts_anew(self, before: Column) -> bool:
        """Whether both are a TimestampField, and a number would mean another moment than before."""
        return bool(self.resolution and before.resolution) and self.resolution != before.resolution

    @property
    def needs_value(self) -> bool:
        """Whether rows that exist have to be given a value when this column is added to them."""
        numbered = self.type.name in ("AUTO", "BIGAUTO")
        given = self.fill is not None or self.default is not None or self.generated is not None
        said = any(constraint.sql.upper().startswith(("DEFAULT ", "GENERATED ")) for constraint in self.constraints)
        return not (self.null or given or said or numbered or self.sequence is not None)

    @property
    def same_in_all_rows(self) -> bool:
        """Whether all rows that exist get one value when this column is added to them."""
        if self.fill is not None:
            return not self.fill.called and self.fill.source != "None"
        text = (self.default or "null").lower()
        return text != "null" and "(" not in text and not text.startswith("current_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One key of an index: a column's name, or an expression's SQL text."""

    text: str
    expression: bool = False
    descending: bool = False
    collation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index. ``name`` is None where Peewee's naming rule gives it; ``where`` and ``options`` are SQL text.

    ``options``: what a server takes after the keys, ``INCLUDE (n)``, ``NULLS NOT DISTINCT``, ``COMMENT 'q'``.

    ``added``: to a table that was there, so it is called after the table, as peewee-migrate calls it.
    """

    parts: tuple[Part, ...]
    unique: bool = False
    where: str | None = None
    using: str | None = None
    options: str | None = None
    name: str | None = None
    by_hand: bool = dataclasses.field(default=False, compare=False)
    added: bool = dataclasses.field(default=False, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain columns among the keys."""
        return tuple(part.text for part in self.parts if not part.expression)

    @property
    def plain(self) -> bool:
        """Whether ``index=True`` or ``unique=True`` of a field, or a tuple in Meta.indexes, can say it."""
        simple = all(not (p.expression or p.descending or p.collation) for p in self.parts)
        return simple and self.where is self.using is self.options is self.name is None


_TWICE = (
    "another migration does it, before this one: where two branches did the same, delete the file that nobody has "
    "applied\nwhat is missing then is written by peewit create NAME"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. ``model`` is the class that stands for it; index names follow from it.

    ``assumed``: no migration has made it; it was taken from a class of the application, as that is today.
    """

    name: str
    columns: tuple[Column, ...]
    schema: str | None = None
    primary_key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    settings: tuple[str, ...] = ()
    strict: bool = False
    without_rowid: bool = False
    model: str = dataclasses.field(default="", compare=False)
    legacy_names: bool = dataclasses.field(default=True, compare=False)
    by_hand: bool = dataclasses.field(default=False, compare=False)
    assumed: bool = dataclasses.field(default=False, compare=False)

    @property
    def key(self) -> str:
        """The name that tells this table from all others of a schema."""
        return key_of(self.schema, self.name)

    def find(self, name: str) -> Column | None:
        """The column of this name, in whatever case it was written."""
        folded = name.lower()
        return next((c for c in self.columns if c.name == name), None) or next(
            (c for c in self.columns if c.name.lower() == folded), None
        )

    def column(self, name: str) -> Column:
        """The column of this name; SchemaError where there is none."""
        found = self.find(name)
        if found is None:
            raise SchemaError(f'table "{self.key}" has no column "{name}"', hint=self._known(name))
        return found

    def of_field(self, name: str) -> Column:
        """The column behind a model's attribute, or of that name; SchemaError where there is neither."""
        found = next((c for c in self.columns if c.field_name == name), None) or self.find(name)
        if found is None:
            raise SchemaError(f'table "{self.key}" has no field "{name}"', hint=self._known(name))
        return found

    def _known(self, name: str) -> str:
        told = suggestion(name, [column.field_name for column in self.columns])
        return told if told.startswith("did") else "it has " + ", ".join(f'"{c.field_name}"' for c in self.columns)

    def with_column(self, column: Column) -> Table:
        """This table with one more column at its end."""
        if self.find(column.name) is not None:
            raise SchemaError(f'table "{self.key}" already has a column "{column.name}"', hint=_TWICE)
        return replace(self, columns=(*self.columns, column))

    def replacing(self, name: str, column: Column) -> Table:
        """This table with ``column`` standing where the column ``name`` stood."""
        old = self.column(name)
        if column.name.lower() != old.name.lower() and self.find(column.name) is not None:
            raise SchemaError(f'table "{self.key}" already has a column "{column.name}"', hint=_TWICE)
        return replace(self, columns=tuple(column if c is old else c for c in self.columns))

    def without_column(self, name: str) -> Table:
        """This table without a column, and without the indexes and the key it was part of."""
        gone = self.column(name)
        return replace(
            self,
            columns=tuple(c for c in self.columns if c is not gone),
            indexes=tuple(i for i in self.indexes if gone.name not in i.columns),
            primary_key=() if gone.name in self.primary_key else self.primary_key,
        )


@dataclass(frozen=True, slots=True)
class Schema:
    """All tables, by :attr:`Table.key`. An edit returns a new value."""

    tables: Mapping[str, Table] = dataclasses.field(default_factory=dict)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __contains__(self, key: object) -> bool:
        return key in self.tables

    def __getitem__(self, key: str) -> Table:
        if key not in self.tables:
            raise SchemaError(f'there is no table "{key}"')
        return self.tables[key]

    def with_table(self, table: Table) -> Schema:
        """This schema with one more table."""
        if table.key in self.tables:
            raise SchemaError(f'there already is a table "{table.key}"', hint=_TWICE)
        return Schema({**self.tables, table.key: table})

    def without_table(self, key: str) -> Schema:
        """This schema without a table."""
        tables = dict(self.tables)
        del tables[self[key].key]
        return Schema(tables)

    def replacing(self, key: str, table: Table) -> Schema:
        """This schema with ``table`` standing where the table ``key`` stood."""
        if table.key != key and table.key in self.tables:
            raise SchemaError(f'there already is a table "{table.key}"', hint=_TWICE)
        old = self[key]
        if table.key == key:
            return Schema({**self.tables, key: table})
        return Schema({(table.key if t is old else k): (table if t is old else t) for k, t in self.tables.items()})

    def map(self, change: Callable[[Table], Table]) -> Schema:
        """This schema with every table changed by a function that keeps its name."""
        return Schema({key: change(table) for key, table in self.tables.items()})
