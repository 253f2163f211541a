"""``migrator.orm``: the models as the migrations know them, built only when a file asks for one.

It gives the class the file itself wrote where it wrote one, so that its custom fields live; else a model
built from the replayed schema. A class that was handed out is updated when its table changes, never
replaced. Inside a function that runs later, the models show the schema at that function's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import peewee

from peewit.errors import SchemaError, suggestion
from peewit.models import add_deferred, build_model
from peewit.models.build import build_field
from peewit.schema import Column, Schema, Table

Model = type[peewee.Model]

_OF_A_DICT = ("get", "items", "keys", "values")
"""What it had when it was a dictionary, by table: until peewee-migrate 1.6."""


class Orm:
    """The models of a migration: by table (``orm["person"]``), by class name (``orm.Person``), or all.

    ``asked``: the file has asked for one, or whether there is one; or spoken of one by another name than its key.
    """

    def __init__(
        self, schema: Callable[[], Schema], database: peewee.Database | None, waiting: Mapping[str, Model]
    ) -> None:
        """Take the schema to show, and the classes a file has written and nobody has read yet, by table."""
        self.asked = False
        self._schema = schema
        self._waiting = waiting
        self._database = database
        self._models: dict[str, Model] = {}
        self._tables: dict[str, Table] = {}
        self._fields: dict[tuple[str, Column], peewee.Field] = {}
        self._former: dict[str, tuple[str, ...]] = {}
        self._given: dict[str, frozenset[str]] = {}
        self._aliases: dict[str, Model] = {}

    def __getitem__(self, key: str) -> Model:
        self.asked = True
        written = self._waiting.get(key) or next((m for m in self._waiting.values() if m.__name__ == key), None)
        if written is not None or key in self._aliases:
            return written or self._aliases[key]
        return self.of_table(self.find(key))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except SchemaError as error:
            if name in _OF_A_DICT:
                return getattr({table.name: self.of_table(table) for table in self._schema()}, name)
            raise AttributeError(str(error)) from error

    def __setitem__(self, key: str, model: Model) -> None:
        """As when it was a dictionary: another name for a model."""
        self._aliases[key] = model

    def add(self, model: Model) -> None:
        """As in peewee-migrate: know a class by its name and its table from now on, whatever makes that."""
        self._aliases[model.__name__] = self._aliases[str(model._meta.table_name)] = model

    def meant(self, key: str) -> Model | None:
        """The class a file has given this name itself, where no table goes by it."""
        return self._aliases[key] if key in self._aliases and self._find(key) is None else None

    def __iter__(self) -> Iterator[Model]:
        self.asked = True
        return iter([self.of_table(table) for table in self._schema()])

    def __contains__(self, key: str) -> bool:
        self.asked = True
        return self._find(key) is not None

    def find(self, key: str) -> Table:
        """The table of this class name or table name; SchemaError where there is none."""
        table = self._find(key)
        if table is None:
            raise SchemaError(
                f'there is no model or table "{key}"', hint=suggestion(key, sorted(self._schema().tables))
            )
        return table

    def _find(self, key: str) -> Table | None:
        schema = self._schema()
        if key in schema:
            return schema[key]
        self.asked = True  # which one it is depends on all others
        named = [table for table in schema if table.model == key] or [t for t in schema if t.name == key][:1]
        return named[-1] if named else None

    def of_table(self, table: Table) -> Model:
        """The model of a table, as the table is now."""
        model = self._models.get(table.key)
        if model is None:
            schema = self._schema()
            model = build_model(schema, table, self._database, self._lookup)
            self.take(table, model)
            add_deferred(schema, table, model, self._lookup)
        elif self._tables[table.key] != table:
            self.update(table.key, table)
        return model

    def _lookup(self, key: str) -> Model:
        return self.of_table(self._schema()[key])

    def take(self, table: Table, model: Model) -> None:
        """Take a class a file wrote, or one that was built, as the model of a table."""
        self._models[table.key] = model
        self._tables[table.key] = table
        self._given[table.key] = frozenset(model._meta.columns)
        for column in table.columns:
            field = model._meta.columns.get(column.name)
            if field is not None:
                self._fields[(table.key, column)] = field

    def handed_out(self, key: str) -> Model | None:
        """The model of a table if there is one already."""
        return self._models.get(key)

    def remember(self, key: str, column: Column, field: peewee.Field) -> None:
        """Keep the field a file gave for a column, with whatever its class does to values."""
        self._fields[(key, column)] = field

    def rename(self, before: str, table: Table) -> None:
        """A table has another name: its model follows."""
        model = self._models.pop(before, None)
        if model is not None:
            self._tables.pop(before)
            self._given.pop(before)
            _set_name(model, table)
            self._former[table.key] = (before, *self._former.pop(before, ()))
            self.take(table, model)

    def edited_by_hand(self) -> Iterator[tuple[Table, Model]]:
        """The tables whose models have other columns than were given to them: a file has edited their ``_meta``."""
        for key, table in list(self._tables.items()):
            if set(self._models[key]._meta.columns) != self._given[key]:
                yield table, self._models[key]

    def given(self, key: str) -> frozenset[str]:
        """The columns a model had when it was handed out, or last brought to its table."""
        return self._given[key]

    def show(self, schema: Schema) -> None:
        """Bring every model that was handed out to the state of a schema."""
        for key, model in list(self._models.items()):
            name = next((name for name in (key, *self._former.get(key, ())) if name in schema), None)
            if name is None:
                continue
            _set_name(model, schema[name])
            if self._tables[key] != schema[name]:
                self.update(key, schema[name])

    def update(self, key: str, table: Table) -> None:
        """Bring one model's fields to what its table has now."""
        model, known = self._models[key], self._tables[key]
        for column in known.columns:
            if column not in table.columns:
                _remove_field(model, column)
        self._tables[key] = table
        for column in table.columns:
            if column not in known.columns:
                field = self._fields.get((key, column)) or build_field(self._schema(), table, column, self._lookup)
                _add_field(model, column, field)
        _set_key(model, table)
        self._given[key] = frozenset(model._meta.columns)


def _set_name(model: Model, table: Table) -> None:
    meta: Any = model._meta
    meta.schema = table.schema
    meta.set_table_name(table.name)


def _add_field(model: Model, column: Column, field: peewee.Field) -> None:
    field.column_name = column.name
    model._meta.add_field(column.field_name, field)


def _set_key(model: Model, table: Table) -> None:
    """Make the model's key the table's: what refers to the model takes its type from there."""
    meta: Any = model._meta
    fields = [meta.columns[name] for name in table.primary_key if name in meta.columns]
    if len(fields) > 1:
        meta.set_primary_key("__composite_key__", peewee.CompositeKey(*(field.name for field in fields)))
    elif fields and meta.primary_key is not fields[0]:
        fields[0].primary_key = True
        meta.set_primary_key(fields[0].name, fields[0])
    elif not fields:
        meta.primary_key, meta.composite_key, meta.auto_increment = False, False, False


def _remove_field(model: Model, column: Column) -> None:
    field: Any = model._meta.columns.get(column.name)
    if field is None:
        return
    model._meta.remove_field(field.name)
    for name in (field.name, getattr(field, "object_id_name", None)):
        if name is not None and name in vars(model):
            delattr(model, name)
