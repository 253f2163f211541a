"""What may happen to a table as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from peewit.dataclass import dataclass
from peewit.operations.references import with_table_called
from peewit.schema import Schema, Table, key_of, parts_of

if TYPE_CHECKING:
    from peewit.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """Make a table, with its indexes and constraints."""

    table: Table

    def apply(self, schema: Schema) -> Schema:
        return schema.with_table(self.table)

    def reverse(self, before: Schema) -> Iterable[Operation]:
        yield DropTable(table=self.table.key)

    def describe(self) -> str:
        count = len(self.table.columns)
        return f'create table "{self.table.key}" with {count} column{"" if count == 1 else "s"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable:
    """Drop a table and its rows. The tables that refer to it keep their rows."""

    table: str

    def apply(self, schema: Schema) -> Schema:
        return schema.without_table(self.table)

    def reverse(self, before: Schema) -> Iterable[Operation]:
        yield CreateTable(table=before[self.table])

    def describe(self) -> str:
        return f'drop table "{self.table}" and its rows'


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable:
    """Give a table another name; its rows, and all references to it, follow. ``after`` is without schema.

    ``into`` is another schema, or on MariaDB and MySQL database, that it moves to; ``""`` is the connection's own.
    """

    before: str
    after: str
    into: str | None = None

    @property
    def key(self) -> str:
        """The key of the table afterwards."""
        return key_of(self.schema, self.after)

    @property
    def schema(self) -> str | None:
        """The schema of the table afterwards."""
        return parts_of(self.before)[0] if self.into is None else self.into or None

    def apply(self, schema: Schema) -> Schema:
        old = schema[self.before]
        new = replace(old, name=self.after, schema=self.schema)
        return schema.replacing(old.key, new).map(lambda table: _refer(table, old, new))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        old = before[self.before]
        yield RenameTable(before=self.key, after=old.name, into=None if self.into is None else old.schema or "")

    def describe(self) -> str:
        if self.into is None:
            return f'rename table "{self.before}" to "{self.after}"'
        return f'move table "{self.before}" to "{self.key}"{"" if self.into else ", in the schema of the connection"}'


def _refer(table: Table, old: Table, new: Table) -> Table:
    columns = tuple(
        replace(c, foreign_key=replace(c.foreign_key, table=new.name, schema=new.schema))
        if c.foreign_key is not None and (c.foreign_key.table, c.foreign_key.schema) == (old.name, old.schema)
        else c
        for c in table.columns
    )
    rules = (with_table_called(constraint, old.key, new.key) for constraint in table.constraints)
    return replace(table, columns=columns, constraints=tuple(rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTable:
    """Set what a table is as a whole: STRICT, WITHOUT ROWID, and the settings behind its definition."""

    table: str
    strict: bool = False
    without_rowid: bool = False
    settings: tuple[str, ...] = ()

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        changed = replace(table, strict=self.strict, without_rowid=self.without_rowid, settings=self.settings)
        return schema.replacing(table.key, changed)

    def reverse(self, before: Schema) -> Iterable[Operation]:
        table = before[self.table]
        yield ChangeTable(
            table=self.table, strict=table.strict, without_rowid=table.without_rowid, settings=table.settings
        )

    def describe(self) -> str:
        marks = [*(["STRICT"] if self.strict else []), *(["WITHOUT ROWID"] if self.without_rowid else [])]
        return f'change the settings of table "{self.table}" to {", ".join([*marks, *self.settings]) or "none"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePrimaryKey:
    """Make other columns the primary key; ``()`` leaves the table without one."""

    table: str
    columns: tuple[str, ...]

    def apply(self, schema: Schema) -> Schema:
        table = schema[self.table]
        names = tuple(table.column(name).name for name in self.columns)
        return schema.replacing(table.key, replace(table, primary_key=names))

    def reverse(self, before: Schema) -> Iterable[Operation]:
        yield ChangePrimaryKey(table=self.table, columns=before[self.table].primary_key)

    def describe(self) -> str:
        names = ", ".join(f'"{name}"' for name in self.columns)
        return f'make {names or "nothing"} the primary key of "{self.table}"'
