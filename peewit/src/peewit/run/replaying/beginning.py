"""What a new database can begin with: migrations that do nothing but lead to a schema, and that schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

import peewee

from peewit.dataclass import dataclass
from peewit.errors import PeewitError
from peewit.files.loader import load
from peewit.files.recording import Anyone
from peewit.files.texts import Texts
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
from peewit.run.replaying.replay import Replay
from peewit.schema import Index, Schema, Table

_LEAVES_NO_NAME = (AddColumn, AddIndex, CreateTable, DropColumn, DropIndex, DropTable, FillNulls)
"""What gives names on PostgreSQL by how things are called at the end. Keys, sequences and rules keep theirs."""


@dataclass(slots=True)
class Beginning:
    """The schema some migrations lead to, one after the other.

    An index keeps the name it was given when its table or one of its columns gets another. So names are followed:
    ``named`` is the ``state`` with the name of every index, as far as it is known, and ``operations`` lead to it.
    ``plain``: of operations, only those that give names by how things are called at the end.
    """

    database: peewee.Database
    state: Schema = field(default_factory=Schema)
    named: Schema = field(default_factory=Schema)
    plain: bool = False
    operations: list[Operation] = field(default_factory=list)
    _anyone: Anyone | None = None
    _known: dict[str, tuple[Table, frozenset[str]]] = field(default_factory=dict)

    def take_all(self, texts: Texts, first: int = 0) -> int:
        """Take in, from the ``first`` on, what does nothing but lead to a schema; the place of what does more."""
        place = first
        while place < len(texts.names) and self.take(*texts.at(place)):
            place += 1
        return place

    def take(self, name: str, source: bytes, path: str) -> bool:
        """Take one more file in, if it does nothing but lead to a schema: whether it does."""
        self._anyone = self._anyone or Anyone(self.database)
        run = Replay(self.state, self.database, self._anyone)
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
        if (postgres or self.plain) and not all(isinstance(operation, _LEAVES_NO_NAME) for operation in operations):
            return None
        names = _Names(self.named, postgres, self._known)
        named = names.after(operations)
        self.operations += [] if named is None else names.done
        return named


@dataclass(slots=True)
class _Names:
    """The names of indexes through one migration.

    An index without a name gets one by its table, which is made in this migration and has a model, or was found in the
    database, and on SQLite has none. ``known`` are the names of each table that were asked for before, ``done`` the
    operations with the names they give.
    """

    schema: Schema
    found_has_model: bool
    known: dict[str, tuple[Table, frozenset[str]]]
    done: list[Operation] = field(default_factory=list)
    _created: set[str] = field(default_factory=set)
    _indexed: set[str] = field(default_factory=set)
    _given: list[str] = field(default_factory=list)

    def after(self, operations: Sequence[Operation]) -> Schema | None:
        """The schema after the operations; None where it is not certain what its indexes would be called."""
        before = self.schema
        for operation in operations:
            if isinstance(operation, RenameTable | RenameColumn):
                key = operation.before if isinstance(operation, RenameTable) else operation.table
                if key in self._indexed:
                    return None  # renames may come first
                self._created.clear()
            self.done.append(self._named(operation))
            self.schema = self.done[-1].apply(self.schema)
        given = set(self._given)
        taken = (self._taken(key, table) for key, table in before.tables.items()) if given else ()
        free = len(given) == len(self._given) and all(names.isdisjoint(given) for names in taken)
        return self.schema if free else None

    def _taken(self, key: str, table: Table) -> frozenset[str]:
        """What a table and its indexes are called, lower case: SQLite has one list of names for both."""
        known = self.known.get(key)
        if known is None or known[0] is not table:
            names = (table.name, *(index.name for index in table.indexes if index.name))
            known = self.known[key] = table, frozenset(map(str.lower, names))
        return known[1]

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
