"""What may happen to an index or to a constraint of a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from peewit.dataclass import dataclass
from peewit.errors import SchemaError
from peewit.operations.matching import find_constraint, find_index, has_index
from peewit.schema import Constraint, Index, Schema

if TYPE_CHECKING:
    from peewit.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIndex:
    """Make an index. One that does the same job is left as it is, unless this one is to have another name."""

    table: str
    index: Index

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        for name in self.index.columns:
            table.column(name)
        if has_index(table.indexes, self.index):
            return schema
        return schema.replacing(table.key, replace(table, indexes=(*table.indexes, self.index)))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        if not has_index(before[self.table].indexes, self.index):
            yield DropIndex(table=self.table, index=self.index)

    def describe(self) -> str:
        unique = "a unique index" if self.index.unique else "an index"
        return f'add {unique} on {_keys(self.index)} to "{self.table}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex:
    """Drop the index that has this name, else the one that does this job."""

    table: str
    index: Index

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        gone = find_index(table, self.index)
        if gone is None:
            return schema
        return schema.replacing(table.key, replace(table, indexes=tuple(i for i in table.indexes if i is not gone)))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        gone = find_index(before[self.table], self.index)
        if gone is not None:
            yield AddIndex(table=self.table, index=gone)

    def describe(self) -> str:
        name = f'index "{self.index.name}"' if self.index.name else f"the index on {_keys(self.index)}"
        return f'drop {name} of "{self.table}"'


def _keys(index: Index) -> str:
    return ", ".join(part.text if part.expression else f'"{part.text}"' for part in index.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConstraint:
    """Add a constraint to a table: a CHECK, a UNIQUE, a FOREIGN KEY of several columns."""

    table: str
    constraint: Constraint

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        return schema.replacing(table.key, replace(table, constraints=(*table.constraints, self.constraint)))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        yield DropConstraint(table=self.table, constraint=self.constraint)

    def describe(self) -> str:
        return f'add {self.constraint.sql} to "{self.table}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint:
    """Drop the constraint that has this name, else the one that says this."""

    table: str
    constraint: Constraint

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        gone = find_constraint(table, self.constraint)
        if gone is None:
            wanted = self.constraint.name or self.constraint.sql
            raise SchemaError(f'table "{self.table}" has no constraint "{wanted}"')
        kept = tuple(c for c in table.constraints if c is not gone)
        return schema.replacing(table.key, replace(table, constraints=kept))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        gone = find_constraint(before[self.table], self.constraint)
        if gone is not None:
            yield AddConstraint(table=self.table, constraint=gone)

    def describe(self) -> str:
        return f'drop {self.constraint.name or self.constraint.sql} of "{self.table}"'
