"""How a field is written: its class, the arguments its column does not tell, its Python default."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import peewee

from peewit.models.source import (
    NoSourceError,
    gives_the_same,
    source_of_callable,
    source_of_value,
    without_driver,
)
from peewit.schema import Default, Spelling, Type
from peewit.sql import MYSQL, POSTGRES, LiteralStyle, literal

_IMPORTABLE = ("peewee", "playhouse.postgres_ext", "playhouse.sqlite_ext", "playhouse.mysql_ext")

_EXTRAS = ("formats", "resolution", "utc", "auto_round", "rounding", "dimensions", "convert_values")

_WITH_NUMBERS = r"(\w+)\((\d+(?:,\s*\d+)*)\)"
"""A type's name with its arguments behind it: what ``field_type = "VECTOR(3)"`` says."""

_DATABASES: dict[str, peewee.Database] = {
    "sqlite": peewee.SqliteDatabase(None),
    "postgres": peewee.PostgresqlDatabase(None),
    "mysql": peewee.MySQLDatabase(None),
}
"""Databases that are never connected: they render the texts of models, each in its own language."""

_STYLES = {"postgres": POSTGRES, "mysql": MYSQL}

T = TypeVar("T")


def _once_for_a_class(function: Callable[[type[peewee.Field]], T]) -> Callable[[type[peewee.Field]], T]:
    """What is the same for all fields of a class is found out once; of classes that were not seen lately, again."""
    cached: Any = lru_cache(maxsize=256)(function)
    return cached  # type: ignore[no-any-return] # a class is hashable, whatever its instances are


class _Literals(peewee.Context):
    """Writes values as literals, as a server reads them: Peewee's own know no booleans and no backslashes."""

    style: LiteralStyle

    def value(self, value: Any, converter: Any = None, add_param: bool = True) -> Any:
        """A value's literal; a node's or model's SQL."""
        if converter or (converter is None and self.state.converter):
            value = (converter or self.state.converter)(value)
        if isinstance(value, peewee.Node) or (isinstance(value, type) and issubclass(value, peewee.Model)):
            return super().value(value, False, add_param)
        # Like all SQL of models it goes through a driver, for which a % is written twice.
        return self.literal(literal(getattr(value, "value", value), self.style).replace("%", "%%"))


def context_for(dialect: str, *, neutral_types: bool = True) -> peewee.Context:
    """What renders a node's SQL for a kind of database; its values become literals."""
    database = _DATABASES[dialect]
    options: dict[str, Any] = {"field_types": {}} if neutral_types else {}
    if dialect not in _STYLES:
        return database.get_sql_context(scope=peewee.SCOPE_VALUES, value_literals=True, **options)
    context = _Literals(**{**database.get_context_options(), "scope": peewee.SCOPE_VALUES, **options})
    context.style = _STYLES[dialect]
    return context


def render(node: object, dialect: str = "sqlite") -> str:
    """A node as SQL text in a database's language, its values as literals, types in Peewee's neutral words."""
    return str(context_for(dialect).sql(node).query()[0])


def read_type(field: peewee.Field, dialect: str = "sqlite") -> Type:
    """A field's type, neutral where Peewee's own rule gives it, else the text the field makes."""
    own_rule = type(field).ddl_datatype is not peewee.Field.ddl_datatype
    if own_rule:
        # A type that is made of another one, as an array's, needs that one in the database's words.
        written: Any = field.ddl_datatype(context_for(dialect, neutral_types=dialect == "sqlite"))
        return Type("DEFAULT") if written is None else Type(render(written, dialect), raw=True)
    name, modifiers = str(field.field_type or ""), tuple(field.get_modifiers() or ())
    numbered = re.fullmatch(_WITH_NUMBERS, name)
    if numbered and not modifiers:
        return Type(numbered[1], tuple(int(number) for number in numbered[2].split(",")))
    return Type(name, modifiers)


def read_spelling(field: peewee.Field, type_: Type, dialect: str = "sqlite") -> Spelling:
    """The nearest class a migration file can import, and what it takes to make the same column of it."""
    if isinstance(field, peewee.ForeignKeyField):
        return Spelling(kind="peewee.ForeignKeyField", args=_foreign_key_args(field))
    base = _importable(type(field))
    if base is peewee.PrimaryKeyField:
        base = peewee.AutoField
    kind = f"{base.__module__}.{base.__name__}"
    args = _extra_args(field, base)
    if type(field) is base or _type_of(base, field, args, dialect) == type_:
        return Spelling(kind=kind, args=args)
    own_name = type(field).__name__
    stand_in = type(own_name, (base,), {"field_type": type_.name})
    if not type_.raw and _type_of(stand_in, field, args, dialect) == type_:
        return Spelling(kind=kind, args=args, own_name=own_name, own_type=type_.name)
    return Spelling(kind="peewee.Field", own_name=own_name, own_type=str(type_))


@_once_for_a_class
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
    for name, usual in _usual_extras(base):
        value = getattr(field, name, usual)
        if isinstance(value, bool | int | str | list | tuple) and value != usual:
            args.append((name, value))
    return tuple(args)


@_once_for_a_class
def _usual_extras(base: type[peewee.Field]) -> list[tuple[str, Any]]:
    """What of the extra arguments a class has, with the values they have where nothing is said."""
    blank = base()
    return [(name, getattr(blank, name)) for name in _EXTRAS if hasattr(blank, name)]


def _type_of(base: type[peewee.Field], field: peewee.Field, args: tuple[tuple[str, Any], ...], dialect: str) -> Type:
    named = {
        name: getattr(field, name) for name in ("max_length", "max_digits", "decimal_places") if hasattr(field, name)
    }
    accepted = {n: v for n, v in named.items() if hasattr(base(), n)}
    return read_type(base(**accepted, **dict(args)), dialect)


def read_default(field: peewee.Field) -> Default | None:
    """A field's Python default, with the value as it is stored; None where it has none."""
    value = field.default
    if value is None:
        return None
    own_way = callable(value) and _stores_in_its_own_way(field)
    if own_way and gives_the_same(value):
        value = value()
    if callable(value):
        source, imports, problem = _try(source_of_callable, value)
        if own_way and not problem:
            problem = f"what it gives is stored as {type(field).__name__} does it, which the file does not know"
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


def _stores_in_its_own_way(field: peewee.Field) -> bool:
    """Whether a class of the application stores what the field's function gives otherwise than the file's class."""
    base = _importable(type(field))
    if type(field).db_value is base.db_value:
        return False
    try:
        given = field.default()
        own, others = without_driver(field.db_value(given)), without_driver(base().db_value(given))
    except Exception:  # noqa: BLE001 - whatever a function of the application raises where it is asked too early
        return True
    return type(own) is not type(others) or (isinstance(own, _COMPARED) and own != others)


_COMPARED = (bool, bytes, datetime.date, datetime.time, decimal.Decimal, float, int, str, uuid.UUID)
"""Values of which Python tells whether they are equal; nodes, and what a driver wraps, answer with something else."""


def _try(write: Any, value: Any) -> tuple[str, tuple[str, ...], str]:
    try:
        source, imports = write(value)
    except NoSourceError as error:
        return "", (), str(error)
    return source, imports, ""
