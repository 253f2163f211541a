"""What may happen to a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, replace
from typing import TYPE_CHECKING

from peewit.dataclass import dataclass
from peewit.operations.indexes import AddIndex
from peewit.operations.references import with_column_called
from peewit.operations.tables import ChangePrimaryKey
from peewit.schema import Column, Constraint, Default, ForeignKey, Index, Part, Schema, Table
from peewit.schema.words import changes_in_words, in_words
from peewit.sql import rename

if TYPE_CHECKING:
    from peewit.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn:
    """Add a column. Rows that exist get its ``fill``; without one it has to be nullable or defaulted."""

    table: str
    column: Column

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        if table.assumed and table.find(self.column.name) is not None:
            return schema.replacing(table.key, table.replacing(self.column.name, self.column))
        return schema.replacing(table.key, table.with_column(self.column))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        yield DropColumn(table=self.table, column=self.column.name)

    def describe(self) -> str:
        return f'add column "{self.column.name}" to "{self.table}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn:
    """Drop a column, its values, and the indexes it was part of."""

    table: str
    column: str

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        if table.assumed and table.find(self.column) is None:
            return schema
        return schema.replacing(table.key, table.without_column(self.column))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        table = before[self.table]
        column = table.column(self.column)
        yield AddColumn(table=self.table, column=column)
        if column.name in table.primary_key:
            yield ChangePrimaryKey(table=self.table, columns=table.primary_key)
        for index in table.indexes:
            if column.name in index.columns:
                yield AddIndex(table=self.table, index=index)

    def describe(self) -> str:
        return f'drop column "{self.column}" of "{self.table}" and its values'


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn:
    """Give a column another name; values, indexes, keys and references follow. ``field``: its new attribute."""

    table: str
    before: str
    after: str
    field: str = ""

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        old = table.column(self.before)
        renamed = table.replacing(old.name, replace(old, name=self.after, field=self.field or self.after))
        renamed = _rename_inside(renamed, old.name, self.after)
        return schema.replacing(table.key, renamed).map(lambda t: _refer(t, table, old.name, self.after))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        old = before[self.table].column(self.before)
        yield RenameColumn(table=self.table, before=self.after, after=old.name, field=old.field_name)

    def describe(self) -> str:
        return f'rename column "{self.before}" of "{self.table}" to "{self.after}"'


def without_references(schema: Schema, key: str) -> Iterable[AlterColumn]:
    """What frees a table of the foreign keys of others, for a drop that cascades: their values stay."""
    for other in schema:
        for column in other.columns:
            if column.foreign_key is not None and column.foreign_key.target == key != other.key:
                yield AlterColumn(table=other.key, after=replace(column, foreign_key=None), before=column)


def _rename_inside(table: Table, old: str, new: str) -> Table:
    return replace(
        table,
        columns=tuple(rename_in_column(column, old, new) for column in table.columns),
        primary_key=tuple(new if name == old else name for name in table.primary_key),
        indexes=tuple(rename_in_index(index, old, new) for index in table.indexes),
        constraints=tuple(rename_in_constraint(c, old, new) for c in table.constraints),
    )


def rename_in_column(column: Column, old: str, new: str) -> Column:
    """A column whose rules and expression speak of another one that is renamed."""
    generated = column.generated
    if generated is not None:
        generated = replace(generated, expression=rename(generated.expression, old, new))
    constraints = tuple(rename_in_constraint(c, old, new) for c in column.constraints)
    return replace(column, constraints=constraints, generated=generated)


def rename_in_constraint(constraint: Constraint, old: str, new: str) -> Constraint:
    """A constraint that speaks of a column that is renamed."""
    return replace(constraint, sql=rename(constraint.sql, old, new))


def rename_in_index(index: Index, old: str, new: str) -> Index:
    """An index over a column that is renamed, or whose texts speak of it."""
    parts = tuple(_rename_in_part(part, old, new) for part in index.parts)
    where = None if index.where is None else rename(index.where, old, new)
    options = None if index.options is None else rename(index.options, old, new)
    return replace(index, parts=parts, where=where, options=options)


def _rename_in_part(part: Part, old: str, new: str) -> Part:
    if part.expression:
        return replace(part, text=rename(part.text, old, new))
    return replace(part, text=new) if part.text.lower() == old.lower() else part


def _refer(table: Table, target: Table, old: str, new: str) -> Table:
    columns = tuple(_refer_column(column, target, old, new) for column in table.columns)
    rules = (with_column_called(constraint, target.key, old, new) for constraint in table.constraints)
    return replace(table, columns=columns, constraints=tuple(rules))


def _refer_column(column: Column, target: Table, old: str, new: str) -> Column:
    key: ForeignKey | None = column.foreign_key
    if key is None or (key.table, key.schema, key.column) != (target.name, target.schema, old):
        return column
    return replace(column, foreign_key=replace(key, column=new))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumn:
    """Make a column what ``after`` says: type, nullability, DEFAULT, collation, checks, foreign key.

    ``before`` is what it was, where that is known: for people, so that they read what changes, and for values whose
    meaning only the field tells, as that of a TimestampField's number.
    """

    table: str
    after: Column
    before: Column | None = field(default=None, compare=False, repr=False)

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        return schema.replacing(table.key, table.replacing(self.after.name, self.after))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        yield AlterColumn(table=self.table, after=before[self.table].column(self.after.name), before=self.after)

    def describe(self) -> str:
        changes = "" if self.before is None else changes_in_words(self.before, self.after)
        what = f": {changes}" if changes else f" to {in_words(self.after)}"
        return f'change column "{self.after.name}" of "{self.table}"{what}'


@dataclass(frozen=True, slots=True, kw_only=True)
class FillNulls:
    """Put a value where a column is null. The schema stays as it is."""

    table: str
    column: str
    fill: Default

    def apply(self, schema: Schema) -> Schema:
        schema[self.table].column(self.column)
        return schema

    def reverse(self, before: Schema) -> Iterable[Operation]:
        return ()

    def describe(self) -> str:
        return f'fill the nulls of column "{self.column}" of "{self.table}" with {self.fill.source}'
