"""What the text of a SQLite CREATE TABLE is made of: values that say where each piece stands.

Made by `peewit.sql.create_table`, edited by `peewit.sql.edit_table`. All positions are character
offsets into `CreateTable.sql`. https://www.sqlite.org/lang_createtable.html
"""

from dataclasses import field
from typing import Literal

from peewit.dataclass import dataclass
from peewit.errors import SqlError
from peewit.sql.tokens import Span, fold_case

ClauseKind = Literal[
    "primary key",
    "not null",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "other",
]
ConstraintKind = Literal["primary key", "unique", "check", "foreign key", "other"]
OptionKind = Literal["strict", "without rowid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What follows REFERENCES; equal when it means the same, wherever it stands."""

    table: str
    columns: tuple[str, ...] = ()
    """Empty for the primary key of `table`."""
    on_delete: str | None = None
    """As "SET NULL", upper-case."""
    on_update: str | None = None
    match: str | None = None
    deferrable: str | None = None
    """"INITIALLY DEFERRED", "INITIALLY IMMEDIATE" or "" when deferrable; None when not."""
    span: Span = field(compare=False)
    """From REFERENCES to the end of its last action."""
    table_span: Span = field(compare=False)
    column_spans: tuple[Span, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One constraint or property of a column; which fields are filled follows from `kind`."""

    kind: ClauseKind
    name: str | None
    """The name after CONSTRAINT."""
    span: Span
    """The whole clause, `CONSTRAINT name` included."""
    body: str | None = None
    """Of a check or generated: the expression without its parentheses. Of a default: the value as
    written. Of a collate: the collation's name."""
    body_span: Span | None = None
    reference: Reference | None = None
    autoincrement: bool = False
    descending: bool = False
    stored: bool = False
    conflict: str | None = None
    """Of a not null or unique: what ON CONFLICT says, upper-case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDef:
    """One column definition, without the comma and the comments around it."""

    name: str
    span: Span
    name_span: Span
    type_text: str
    """As written; empty when there is no type."""
    type_span: Span
    """Empty, right after the name, when there is no type."""
    clauses: tuple[Clause, ...]

    def clauses_of(self, kind: ClauseKind) -> tuple[Clause, ...]:
        """The clauses of one kind, in order."""
        return tuple(clause for clause in self.clauses if clause.kind == kind)

    def clause(self, kind: ClauseKind) -> Clause | None:
        """The clause of one kind that counts: SQLite takes the last default and collation."""
        found = self.clauses_of(kind)
        return found[-1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableConstraint:
    """One constraint after the columns."""

    kind: ConstraintKind
    name: str | None
    span: Span
    columns: tuple[str, ...] = ()
    """Of a primary key, unique or foreign key: names only, without COLLATE and DESC."""
    column_spans: tuple[Span, ...] = ()
    list_span: Span | None = None
    """What stands between the parentheses around `columns`."""
    body: str | None = None
    """The expression of a check."""
    body_span: Span | None = None
    reference: Reference | None = None
    autoincrement: bool = False
    conflict: str | None = None
    """Of a primary key or unique: what ON CONFLICT says, upper-case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOption:
    """STRICT or WITHOUT ROWID, after the closing parenthesis."""

    kind: OptionKind
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """One CREATE TABLE statement: its text, and where everything stands in it."""

    sql: str
    schema: str | None
    name: str
    name_span: Span
    temporary: bool
    columns: tuple[ColumnDef, ...]
    constraints: tuple[TableConstraint, ...]
    body_span: Span
    """What stands between the parentheses."""
    options: tuple[TableOption, ...]
    options_span: Span
    """From behind the closing parenthesis to the end of the last option."""

    @property
    def strict(self) -> bool:
        """Whether the table is STRICT."""
        return any(option.kind == "strict" for option in self.options)

    @property
    def without_rowid(self) -> bool:
        """Whether the table is WITHOUT ROWID."""
        return any(option.kind == "without rowid" for option in self.options)

    def find_column(self, name: str) -> ColumnDef | None:
        """The column of this name in any case, or None."""
        folded = fold_case(name)
        return next((column for column in self.columns if fold_case(column.name) == folded), None)

    def column(self, name: str) -> ColumnDef:
        """The column of this name in any case; `SqlError` when there is none."""
        column = self.find_column(name)
        if column is None:
            raise SqlError(f"table {self.name!r} has no column {name!r}")
        return column

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's columns; empty without one."""
        for constraint in self.constraints:
            if constraint.kind == "primary key":
                return constraint.columns
        return tuple(column.name for column in self.columns if column.clause("primary key"))
