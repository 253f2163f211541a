"""From a Peewee model class to a :class:`~peewit.schema.Table`: the one reader of models.

The models of the application and the frozen models of migration files pass through here alike, so that
nothing can be seen on one side and missed on the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import peewee

from peewit.errors import DiscoveryError, SqlError
from peewit.models.clauses import apply_clauses
from peewit.models.indexes import path_of, read_indexes
from peewit.models.spelling import context_for, read_default, read_spelling, read_type, render
from peewit.schema import Column, Constraint, ForeignKey, Schema, Table
from peewit.sql import (
    parse_create_table,
    significant,
    tokenize,
)

Model = type[peewee.Model]


def read_models(models: Iterable[Model], dialect: str = "sqlite") -> Schema:
    """The schema the models describe; DiscoveryError where two of them describe one table.

    ``dialect`` is the kind of database whose language their texts of SQL are written in.
    """
    tables: dict[str, Table] = {}
    owners: dict[str, Model] = {}
    for model in models:
        table = read_model(model, dialect)
        if table.key in tables:
            first = owners[table.key]
            raise DiscoveryError(
                f'two models describe table "{table.key}": {path_of(first)} and {path_of(model)}',
                hint="give one of them its own Meta.table_name, or add it to ignore",
            )
        tables[table.key], owners[table.key] = table, model
    return Schema(tables)


def read_model(model: Model, dialect: str = "sqlite") -> Table:
    """One model's table as ``create_table()`` would make it."""
    meta = model._meta
    columns = tuple(read_column(field, dialect) for field in meta.sorted_fields)
    return Table(
        name=meta.table_name,
        schema=meta.schema,
        columns=columns,
        primary_key=_primary_key(meta),
        indexes=read_indexes(model, dialect),
        constraints=tuple(_named_constraint(render(node, dialect)) for node in meta.constraints or ()),
        settings=_settings(meta.table_settings),
        strict=bool(meta.strict_tables),
        without_rowid=bool(meta.without_rowid),
        model=model.__name__,
        legacy_names=bool(meta.legacy_table_names),
    )


def _primary_key(meta: Any) -> tuple[str, ...]:
    """The columns of the key. A field called ``id`` takes the place of the key Peewee adds by itself: there is none."""
    fields = [field for field in meta.get_primary_keys() if meta.fields.get(field.name) is field]
    return tuple(field.column_name for field in fields)


def _settings(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def read_column(field: peewee.Field, dialect: str = "sqlite") -> Column:
    """One field's column."""
    if isinstance(field, peewee.DeferredForeignKey):
        raise DiscoveryError(
            f'{path_of(field.model)}.{field.name} refers to a model "{field.rel_model_name}" that was never defined',
            hint="import the module that defines it",
        )
    type_ = read_type(field, dialect)
    column = Column(
        name=field.column_name,
        type=type_,
        null=bool(field.null),
        collation=field.collation,
        sequence=field.sequence,
        foreign_key=_read_foreign_key(field),
        field=field.name,
        spelling=read_spelling(field, type_, dialect),
        fill=read_default(field),
    )
    if type(field).ddl is not peewee.Field.ddl:
        return _from_own_ddl(column, field, dialect)
    texts = [render(node, dialect) for node in field.constraints or ()]
    if dialect == "sqlite" and texts and not (field.null or field.primary_key) and _is_of_not_null(texts[0]):
        texts[0] = f"NOT NULL {texts[0]}"
    return _with_constraints(column, texts, dialect)


def _is_of_not_null(text: str) -> bool:
    """Whether a text goes on where Peewee has just written NOT NULL: ``ON CONFLICT REPLACE DEFAULT 3``."""
    words = significant(tokenize(text))
    return len(words) > 2 and words[0].is_word("ON") and words[1].is_word("CONFLICT")


def _read_foreign_key(field: peewee.Field) -> ForeignKey | None:
    if not isinstance(field, peewee.ForeignKeyField):
        return None
    target = field.rel_model._meta
    return ForeignKey(
        table=target.table_name,
        schema=target.schema,
        column=field.rel_field.column_name,
        on_delete=field.on_delete,
        on_update=field.on_update,
        deferrable=field.deferrable,
        name=field.constraint_name,
        deferred=bool(field.deferred),
    )


def _from_own_ddl(column: Column, field: peewee.Field, dialect: str) -> Column:
    """A field that writes its own definition: what it wrote is read back."""
    text = render(field.ddl(context_for(dialect)), dialect)
    try:
        definition = parse_create_table(f"CREATE TABLE t ({text})").columns[0]
    except SqlError:
        return replace(column, constraints=(Constraint(sql=text),))
    return apply_clauses(replace(column, null=True), definition.clauses)


def _with_constraints(column: Column, texts: list[str], dialect: str) -> Column:
    for text in texts:
        if dialect == "sqlite" and text.strip().upper() == "AUTOINCREMENT":
            column = replace(column, autoincrement=True)  # what follows PRIMARY KEY, and stands for nothing by itself
            continue
        try:
            clauses = parse_create_table(f"CREATE TABLE t (c INTEGER {text})").columns[0].clauses
        except SqlError:
            clauses = ()
        if clauses and all(clause.kind != "other" for clause in clauses):
            column = apply_clauses(column, clauses)
        elif dialect != "sqlite" and (default := _free_default(text)):
            column = replace(column, default=default)
        else:
            column = replace(column, constraints=(*column.constraints, Constraint(sql=text)))
    return column


def _free_default(text: str) -> str | None:
    """The expression of a DEFAULT, which on a server needs no brackets; None where more than that is said."""
    words = significant(tokenize(text))
    if len(words) < 2 or not words[0].is_word("DEFAULT"):
        return None
    depth = 0
    for token in words[1:]:
        depth += token.is_op("(") - token.is_op(")")
        if not depth and token.is_word("NOT", "NULL", "CHECK", "UNIQUE", "COLLATE", "ON", "COMMENT", "REFERENCES"):
            return None
    return text[words[1].start :].strip()


def _named_constraint(text: str) -> Constraint:
    """A constraint's name and text: ``CONSTRAINT "n" CHECK (…)`` → the CHECK, called ``n``."""
    tokens = significant(tokenize(text))
    if len(tokens) > 2 and tokens[0].is_word("CONSTRAINT"):
        return Constraint(sql=text[tokens[2].start :].strip(), name=tokens[1].value)
    return Constraint(sql=text.strip())


def read_constraint(node: object, name: str | None = None, dialect: str = "sqlite") -> Constraint:
    """A constraint given to a migration: a node or text, and the name it goes by."""
    constraint = _named_constraint(node if isinstance(node, str) else render(node, dialect))
    return replace(constraint, name=name or constraint.name)
