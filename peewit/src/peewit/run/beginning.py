"""What a new database can begin with: migrations that do nothing but lead to a schema, and that schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace

import peewee

from peewit.dataclass import dataclass
from peewit.errors import PeewitError
from peewit.files.loader import load
from peewit.operations import (
    AddColumn,
    AddIndex,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
)
from peewit.operations.index_names import automatic_names
from peewit.run.replay import Replay
from peewit.schema import Index, Schema, Table

_LEAVES_NO_NAME = (AddColumn, AddIndex, CreateTable, DropColumn, DropIndex, DropTable, FillNulls)
"""What gives names on PostgreSQL by how things are called at the end. Keys, sequences and rules keep theirs."""


@dataclass(slots=True)
class Beginning:
    """The schema some migrations lead to, one after the other.

    An index keeps the name it was given when its table or one of its columns gets another. So names are followed:
    ``named`` is the ``state`` with the name of every index.
    """

    database: peewee.Database
    state: Schema = field(default_factory=Schema)
    named: Schema = field(default_factory=Schema)

    def take(self, name: str, source: bytes, path: str) -> bool:
        """Take one more file in, if it does nothing but lead to a schema: whether it does."""
        run = Replay(self.state, self.database)
        try:
            migration = load(name, source, path)
            after = run.run(migration.migrate, migration)
        except PeewitError:
            return False  # when it is run, it says why
        named = self._named_after(run.recorded) if run.is_all_of(migration) else None
        if named is None:
            return False
        self.state, self.named = after, named
        return True

    def _named_after(self, operations: Sequence[Operation]) -> Schema | None:
        """The schema after the operations; None where it is not certain what all would be called."""
        postgres = isinstance(self.database, peewee.PostgresqlDatabase)
        if postgres and not all(isinstance(operation, _LEAVES_NO_NAME) for operation in operations):
            return None
        return _Names(self.named, found_has_model=postgres).after(operations)


@dataclass(slots=True)
class _Names:
    """The names of indexes through one migration.

    An index without a name gets one by its table, which is made in this migration and has a model, or was found in the
    database, and on SQLite has none.
    """

    schema: Schema
    found_has_model: bool
    _created: set[str] = field(default_factory=set)
    _indexed: set[str] = field(default_factory=set)
    _given: list[str] = field(default_factory=list)

    def after(self, operations: Sequence[Operation]) -> Schema | None:
        """The schema after the operations; None where it is not certain what its indexes would be called."""
        gives = any(isinstance(operation, AddIndex | CreateTable) for operation in operations)
        taken = {name for table in self.schema for name in _taken(table)} if gives else set()
        for operation in operations:
            if isinstance(operation, RenameTable | RenameColumn):
                key = operation.before if isinstance(operation, RenameTable) else operation.table
                if key in self._indexed:
                    return None  # renames may come first
                self._created.clear()
            self.schema = self._named(operation).apply(self.schema)
        return self.schema if taken.isdisjoint(self._given) and len(set(self._given)) == len(self._given) else None

    def _named(self, operation: Operation) -> Operation:
        match operation:
            case CreateTable(table=table):
                self._created.add(table.key)
                self._indexed.update([table.key] if table.indexes else ())
                self._given.append(table.name.lower())
                indexes = tuple(self._with_name(table, index) for index in table.indexes)
                return replace(operation, table=replace(table, indexes=indexes))
            case AddIndex(table=key, index=index):
                self._indexed.add(key)
                table = self.schema[key]
                known = self.found_has_model or key in self._created
                table = table if known else replace(table, model="")
                return replace(operation, index=self._with_name(table, index))
            case _:
                return operation

    def _with_name(self, table: Table, index: Index) -> Index:
        name = index.name or next(automatic_names(table, index))
        self._given.append(name.lower())
        return replace(index, name=name)


def _taken(table: Table) -> Iterable[str]:
    """What the table and its indexes are called, lower case: SQLite has one list of names for both."""
    yield table.name.lower()
    yield from (index.name.lower() for index in table.indexes if index.name)
