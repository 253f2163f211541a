"""The indexes of a model class, as Peewee makes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import peewee

from peewit.errors import DiscoveryError, SqlError
from peewit.models.spelling import render
from peewit.schema import Index, Part, Table, key_of
from peewit.sql import MYSQL_RULES, POSTGRES_RULES, SQLITE_RULES, CreateIndex, parse_create_index

Model = type[peewee.Model]

_RULES = {"postgres": POSTGRES_RULES, "mysql": MYSQL_RULES}


class Named(NamedTuple):
    """An index, and the name Peewee gives it."""

    name: str
    value: Index


def path_of(model: Model) -> str:
    """A class by its module and name."""
    return f"{model.__module__}.{model.__name__}"


def read_indexes(model: Model, dialect: str = "sqlite") -> tuple[Index, ...]:
    """The indexes ``create_table()`` makes, each once.

    Peewee makes each IF NOT EXISTS, so of several by one name the first; MySQL has no such words, and takes none twice.
    """
    named = list(_named(model, dialect))
    if dialect != "mysql":
        named = list(_first_of_each_name(named, dialect).values())
    return tuple(dict.fromkeys(index for _, index in named))


def indexes_not_made(model: Model, dialect: str = "sqlite") -> list[str]:
    """What a model's indexes promise and Peewee does not keep, because another one has the same name: a line each."""
    nodes = _index_nodes(model)
    names = {_kept_name(node._name, dialect) for node in nodes if hasattr(node, "_expressions")}
    if len(names) == len(nodes):
        return []  # as nearly always, and told without reading them once more
    named = list(_named(model, dialect))
    first = _first_of_each_name(named, dialect)
    return [
        _not_made(model, name, index)
        for name, index in named
        if not _covers(first[_kept_name(name, dialect)].value, index)
    ]


def _first_of_each_name(named: Iterable[Named], dialect: str) -> dict[str, Named]:
    first: dict[str, Named] = {}
    for one in named:
        first.setdefault(_kept_name(one.name, dialect), one)
    return first


def _kept_name(name: str, dialect: str) -> str:
    return name if dialect == "postgres" else name.lower()


def _covers(made: Index, wanted: Index) -> bool:
    """Whether nothing is lost where one index is made in the other's place: a unique one is a plain one, too."""
    return made == wanted or (made.unique and replace(made, unique=False) == wanted)


def _not_made(model: Model, name: str, index: Index) -> str:
    keys = ", ".join(part.text for part in index.parts)
    unique = "unique " if index.unique else ""
    return (
        f'the {unique}index ({keys}) of {path_of(model)} is not made: Peewee calls it "{name}", and one before it too; '
        f'give it a name: {model.__name__}.add_index({model.__name__}.index(…, name="…")), or take that one away'
    )


def _named(model: Model, dialect: str) -> Iterator[Named]:
    for node in _index_nodes(model):
        named = _read_index(model, node, dialect)
        if named is not None:
            yield named


def _index_nodes(model: Model) -> list[Any]:
    """The indexes as Peewee makes them; DiscoveryError for a column's name over which Peewee stumbles itself."""
    try:
        return list(model._meta.fields_to_index())
    except TypeError as error:
        raise DiscoveryError(
            f"Peewee itself cannot make the table of {path_of(model)}: {error}",
            hint="give the column another column_name",
        ) from error


def _read_index(model: Model, node: Any, dialect: str) -> Named | None:
    """One index of a model: plain fields directly, everything else through the SQL it makes.

    None for one that is on the table of a class this one inherits from: Peewee hands it down as it is.
    """
    if not hasattr(node, "_expressions"):
        created = _created(model, render(node, dialect), dialect)
        return None if _is_inherited(model, created) else Named(created.name, _own_index(model, created))
    automatic = _automatic_name(model, node)
    name = None if node._name == automatic else node._name
    nulls = getattr(node, "_nulls_distinct", None)
    if node._where is nulls is None and all(isinstance(part, peewee.Field) for part in node._expressions):
        parts = tuple(Part(text=field.column_name) for field in node._expressions)
        found = Index(parts=parts, unique=bool(node._unique))
    else:
        found = index_of(_created(model, render(node.using(None), dialect), dialect))
    return Named(node._name, replace(found, name=name, using=index_method(node._using)))


def index_method(using: str | None) -> str | None:
    """How an index is kept, None where it is as most are."""
    return None if using is None or using.upper() == "BTREE" else using


def _created(model: Model, text: str, dialect: str) -> CreateIndex:
    """A CREATE INDEX read; DiscoveryError for a text that is none."""
    try:
        return parse_create_index(text, _RULES.get(dialect, SQLITE_RULES))
    except SqlError as error:
        raise DiscoveryError(
            f"an index of {path_of(model)} is not understood: {error}",
            hint=f"write it as CREATE INDEX name ON {model._meta.table_name} (…); or take it out of the model and make "
            "it by migrator.sql() in a file of its own: peewit create NAME --empty",
        ) from error


def _is_inherited(model: Model, created: CreateIndex) -> bool:
    bases = [base for base in model.__mro__[1:] if issubclass(base, peewee.Model) and base is not peewee.Model]
    return not _is_on(model, created) and any(_is_on(base, created) for base in bases)


def _is_on(model: Model, created: CreateIndex) -> bool:
    meta = model._meta
    elsewhere = meta.schema and created.table_schema and created.table_schema != meta.schema
    return created.table.lower() == meta.table_name.lower() and not elsewhere


def is_of_another(model: Model, sql: str, dialect: str) -> bool:
    """Whether this CREATE INDEX of a model is one it has inherited, of another table."""
    return not _is_on(model, _created(model, sql, dialect))


def _own_index(model: Model, created: CreateIndex) -> Index:
    """The value of an index in a text of its own; DiscoveryError where it is one of another table."""
    if not _is_on(model, created):
        meta = model._meta
        raise DiscoveryError(
            f'index "{created.name}" of {path_of(model)} is on table "{key_of(created.table_schema, created.table)}", '
            f'and its model\'s table is "{key_of(meta.schema, meta.table_name)}"',
            hint="add it to the model of that table, or write it ON this one",
        )
    return index_of(created)


def _automatic_name(model: Model, node: Any) -> str | None:
    try:
        name = node._generate_name_from_fields(model, node._expressions)
    except (AttributeError, ValueError):
        return None
    truncate: Any = vars(peewee)["_truncate_constraint_name"]
    return str(truncate(name))


def index_of(created: CreateIndex) -> Index:
    """The value of a CREATE INDEX statement."""
    parts = tuple(
        Part(
            text=part.text,
            expression=not part.is_column,
            descending=part.descending,
            collation=part.collation,
        )
        for part in created.parts
    )
    return Index(
        parts=parts,
        unique=created.unique,
        where=created.where,
        using=index_method(created.using),
        options=created.options,
        name=created.name,
    )


def read_index_part(table: Table, part: object, dialect: str = "sqlite") -> Part:
    """A key given to ``add_index``: a field's or column's name, or a node of SQL."""
    if isinstance(part, str):
        return Part(text=table.of_field(part).name)
    if isinstance(part, peewee.Field):
        return Part(text=part.column_name)
    return index_of(parse_create_index(f"CREATE INDEX i ON t ({render(part, dialect)})")).parts[0]
