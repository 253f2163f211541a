"""From a :class:`~peewit.schema.Table` to a live Peewee model, built only when a migration file asks for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import peewee

from peewit.models.apart import apart
from peewit.models.fields import (
    KEY_FIELDS,
    CheckText,
    FieldCall,
    ModelOf,
    SqlText,
    by_flag,
    field_call,
    flags_of,
    implied_method,
)
from peewit.schema import Column, Constraint, Default, Index, Schema, Table

Model = type[peewee.Model]
Lookup = Callable[[str], Model]
"""Gives the model of a table by its key."""


def build_model(schema: Schema, table: Table, database: peewee.Database | None, lookup: Lookup) -> Model:
    """A model class for a table. ``lookup`` gives the models its foreign keys refer to.

    Deferred foreign keys, and those of a cycle, come later, by :func:`add_deferred`: their models may
    refer to this one.
    """
    attributes: dict[str, Any] = {
        c.field_name: build_field(schema, table, c, lookup) for c in table.columns if not _comes_later(schema, table, c)
    }
    names = {column.name: column.field_name for column in table.columns}
    options: dict[str, Any] = {
        "table_name": table.name,
        "schema": table.schema,
        "database": database,
        "legacy_table_names": table.legacy_names,
        "strict_tables": table.strict or None,
        "without_rowid": table.without_rowid,
        "table_settings": list(table.settings) or None,
        "constraints": [_constraint(c) for c in table.constraints] or None,
    }
    if len(table.primary_key) > 1:
        options["primary_key"] = peewee.CompositeKey(*(names[name] for name in table.primary_key))
    elif not table.primary_key:
        options["primary_key"] = False
    attributes["Meta"] = type("Meta", (), options)
    with apart():
        model: Model = type(table.model or table.name.title(), (peewee.Model,), attributes)
    for index in table.indexes:
        if not by_flag(table, index):
            model.add_index(_index(model, table, index))
    return model


def _comes_later(schema: Schema, table: Table, column: Column) -> bool:
    key = column.foreign_key
    return key is not None and (key.deferred or table.key in _reached(schema, key.target, table.key))


def _reached(schema: Schema, start: str, own: str) -> set[str]:
    """The tables foreign keys lead to from a table, itself left out: a reference to ``own`` is no cycle."""
    found: set[str] = set()
    waiting = [start] if start != own else []
    while waiting:
        table = schema.tables.get(waiting.pop())
        keys = [c.foreign_key for c in table.columns if c.foreign_key is not None] if table else []
        fresh = {key.target for key in keys if not key.deferred} - found
        found |= fresh
        waiting += fresh
    return found


def add_deferred(schema: Schema, table: Table, model: Model, lookup: Lookup) -> None:
    """Give a model the foreign keys that could not be made with it."""
    for column in table.columns:
        if _comes_later(schema, table, column):
            model._meta.add_field(column.field_name, build_field(schema, table, column, lookup))


def build_field(schema: Schema, table: Table, column: Column, lookup: Lookup) -> peewee.Field:
    """The field of one column."""
    flags = flags_of(table, column)
    call = field_call(schema, table, column, flags)
    if call.kind.endswith(KEY_FIELDS) and not flags.primary_key:
        # On its way to or from being the key: Peewee takes one key only.
        call = replace(call, kind="peewee.IntegerField")
    return _call(call, lookup)


def _call(call: FieldCall, lookup: Lookup) -> peewee.Field:
    kind = import_path(call.kind)
    if call.kind == "peewee.DeferredForeignKey":
        kind = peewee.ForeignKeyField
    elif call.own_name:
        kind = type(call.own_name, (kind,), {"field_type": call.own_type})
    positional = [_value(value, lookup) for value in call.positional]
    keywords = {name: _value(value, lookup) for name, value in call.keywords}
    field: peewee.Field = kind(*positional, **keywords)
    return field


def import_path(path: str) -> Any:
    """What a dotted path names."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def _value(value: Any, lookup: Lookup) -> Any:
    match value:
        case SqlText(text):
            return peewee.SQL(text)
        case CheckText(expression, name):
            return peewee.Check(expression, name=name)
        case ModelOf(table, itself=itself):
            return "self" if itself else lookup(table)
        case Default(called=True, value=function):
            return function
        case Default(value=stored):
            return stored
        case list():
            return [_value(item, lookup) for item in value]
        case _:
            return value


def _constraint(constraint: Constraint) -> Any:
    if constraint.name is None:
        return peewee.SQL(constraint.sql)
    return peewee.NodeList((peewee.SQL("CONSTRAINT"), peewee.Entity(constraint.name), peewee.SQL(constraint.sql)))


def _index(model: Model, table: Table, index: Index) -> Any:
    parts = [_part(model, part) for part in index.parts]
    where = None if index.where is None else peewee.SQL(index.where)
    name: dict[str, Any] = {} if index.name is None else {"name": index.name}
    using = index.using or ("BTREE" if implied_method(table, index) else None)
    return peewee.ModelIndex(model, parts, unique=index.unique, where=where, using=using, **name)


def _part(model: Model, part: Any) -> Any:
    node = peewee.SQL(part.text) if part.expression else model._meta.columns[part.text]
    if part.collation is not None:
        node = peewee.NodeList((node, peewee.SQL(f"COLLATE {part.collation}")))
    return node.desc() if part.descending and hasattr(node, "desc") else node
