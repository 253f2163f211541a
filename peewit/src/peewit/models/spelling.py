"""How a field is written: its class, the arguments its column does not tell, its Python default."""

from __future__ import annotations

import re
from typing import Any

import peewee

from peewit.models.source import NoSourceError, source_of_callable, source_of_value
from peewit.schema import Default, Spelling, Type

_IMPORTABLE = ("peewee", "playhouse.postgres_ext", "playhouse.sqlite_ext", "playhouse.mysql_ext")

_EXTRAS = ("formats", "resolution", "utc", "auto_round", "rounding", "dimensions", "convert_values")

_WITH_NUMBERS = re.compile(r"(\w+)\((\d+(?:,\s*\d+)*)\)")
"""A type's name with its arguments behind it: what ``field_type = "VECTOR(3)"`` says."""

_NEUTRAL = peewee.SqliteDatabase(None)
"""A database that is never connected: it renders the texts of models."""


def render(node: object, **options: Any) -> str:
    """A node as SQL text with its values as literals, types in Peewee's neutral words, names in ``"``."""
    context = _NEUTRAL.get_sql_context(scope=peewee.SCOPE_VALUES, field_types={}, value_literals=True, **options)
    return str(context.sql(node).query()[0])


def read_type(field: peewee.Field) -> Type:
    """A field's type, neutral where Peewee's own rule gives it, else the text the field makes."""
    own_rule = type(field).ddl_datatype is not peewee.Field.ddl_datatype
    if own_rule:
        return Type(render(field.ddl_datatype(_NEUTRAL.get_sql_context(field_types={}))), raw=True)
    name, modifiers = str(field.field_type or ""), tuple(field.get_modifiers() or ())
    written = _WITH_NUMBERS.fullmatch(name)
    if written and not modifiers:
        return Type(written[1], tuple(int(number) for number in written[2].split(",")))
    return Type(name, modifiers)


def read_spelling(field: peewee.Field, type_: Type) -> Spelling:
    """The nearest class a migration file can import, and what it takes to make the same column of it."""
    if isinstance(field, peewee.ForeignKeyField):
        return Spelling(kind="peewee.ForeignKeyField", args=_foreign_key_args(field))
    base = _importable(type(field))
    if base is peewee.PrimaryKeyField:
        base = peewee.AutoField
    kind = f"{base.__module__}.{base.__name__}"
    args = _extra_args(field, base)
    if type(field) is base or _type_of(base, field, args) == type_:
        return Spelling(kind=kind, args=args)
    own_name = type(field).__name__
    stand_in = type(own_name, (base,), {"field_type": type_.name})
    if not type_.raw and _type_of(stand_in, field, args) == type_:
        return Spelling(kind=kind, args=args, own_name=own_name, own_type=type_.name)
    return Spelling(kind="peewee.Field", own_name=own_name, own_type=str(type_))


def _importable(kind: type[peewee.Field]) -> type[peewee.Field]:
    """The nearest class to an application's own that a migration file can import."""
    return next(c for c in kind.__mro__ if c.__module__ in _IMPORTABLE and issubclass(c, peewee.Field))


def _foreign_key_args(field: peewee.ForeignKeyField) -> tuple[tuple[str, Any], ...]:
    args: list[tuple[str, Any]] = []
    if field.object_id_name not in (field.column_name, f"{field.column_name}_id"):
        args.append(("object_id_name", field.object_id_name))
    if not field.lazy_load:
        args.append(("lazy_load", False))
    return tuple(args)


def _extra_args(field: peewee.Field, base: type[peewee.Field]) -> tuple[tuple[str, Any], ...]:
    args: list[tuple[str, Any]] = []
    inner = vars(field).get("_ArrayField__field")
    if inner is not None:
        args.append(("field_class", _importable(type(inner))))
        kwargs = {"max_length": inner.max_length} if isinstance(inner, peewee.CharField) else {}
        kwargs |= dict(_extra_args(inner, type(inner)))
        if kwargs:
            args.append(("field_kwargs", kwargs))
    if isinstance(field, peewee.IdentityField) and "ALWAYS" in field.field_type:
        args.append(("generate_always", True))
    blank = base()
    for name in _EXTRAS:
        value = getattr(field, name, None)
        if isinstance(value, bool | int | str | list | tuple) and value != getattr(blank, name, value):
            args.append((name, value))
    return tuple(args)


def _type_of(base: type[peewee.Field], field: peewee.Field, args: tuple[tuple[str, Any], ...]) -> Type:
    named = {
        name: getattr(field, name) for name in ("max_length", "max_digits", "decimal_places") if hasattr(field, name)
    }
    accepted = {n: v for n, v in named.items() if hasattr(base(), n)}
    return read_type(base(**accepted, **dict(args)))


def read_default(field: peewee.Field) -> Default | None:
    """A field's Python default, with the value as it is stored; None where it has none."""
    value = field.default
    if value is None:
        return None
    if callable(value):
        source, imports, problem = _try(source_of_callable, value)
        return Default(
            source=source,
            imports=imports,
            called=True,
            value=lambda: field.db_value(value()),
            problem=problem,
        )
    stored = field.db_value(value)
    own = type(field).__module__ not in _IMPORTABLE
    source, imports, problem = _try(source_of_value, stored if own else value)
    if problem and not own:
        source, imports, problem = _try(source_of_value, stored)
    return Default(source=source, imports=imports, value=stored, problem=problem)


def _try(write: Any, value: Any) -> tuple[str, tuple[str, ...], str]:
    try:
        source, imports = write(value)
    except NoSourceError as error:
        return "", (), str(error)
    return source, imports, ""
