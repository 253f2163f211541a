"""Descriptions of model sets: frozen values that print themselves, and the real model classes made of them.

Tables and fields carry a ``uid``: what has the same uid before and after is the same thing under
perhaps another name, so the answers to ``create``'s questions can be computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import peewee as pw
from playhouse.sqlite_ext import AutoIncrementField

from .worlds import KINDS, WORLDS, World

Model = type[pw.Model]
KEYS = frozenset(kind for world in WORLDS.values() for kind in world.keys)
"""The kinds of fields that are a primary key by themselves."""


class _Terse:
    """Prints only what is not said by default."""

    def __repr__(self) -> str:
        told = [f for f in fields(self) if getattr(self, f.name) != f.default]  # type: ignore[arg-type]  # only dataclasses inherit it
        return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in told)})"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(repr(self))


@dataclass(frozen=True, kw_only=True, repr=False)
class FieldSpec(_Terse):
    """One field. ``target`` is the uid of the table a foreign key refers to, ``to`` of its field (0: the key)."""

    uid: int
    name: str
    kind: str
    column: str | None = None
    null: bool = False
    index: bool = False
    unique: bool = False
    default: str = ""
    sql_default: bool = False
    check: str = ""
    collation: str | None = None
    target: int = 0
    to: int = 0
    on_delete: str | None = None
    generated: int = 0
    stored: bool = False

    @property
    def column_name(self) -> str:
        """The column Peewee gives the field."""
        if self.column is not None:
            return self.column
        return f"{self.name}_id" if self.target and not self.name.endswith("_id") else self.name

    @property
    def has_value(self) -> bool:
        """Whether rows that exist get a value without being asked."""
        return self.null or bool(self.default) or self.sql_default or bool(self.generated)


@dataclass(frozen=True, kw_only=True, repr=False)
class IndexSpec(_Terse):
    """An index over fields, by uid. ``style``: how it is declared, from ``Meta.indexes`` to raw SQL."""

    fields: tuple[int, ...]
    style: str = "meta"
    unique: bool = False
    name: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class TableSpec(_Terse):
    """One table. ``key``: uids of the primary key's fields; ``checks``: uid of a field and a name or ``""``."""

    uid: int
    name: str
    model: str
    fields: tuple[FieldSpec, ...]
    key: tuple[int, ...] = ()
    indexes: tuple[IndexSpec, ...] = ()
    checks: tuple[tuple[int, str], ...] = ()
    strict: bool = False
    without_rowid: bool = False
    world: str = "sqlite"

    @property
    def of(self) -> World:
        """The kind of database it is for."""
        return WORLDS[self.world]

    def field(self, uid: int) -> FieldSpec | None:
        """The field of this uid."""
        return next((f for f in self.fields if f.uid == uid), None)


Spec = tuple[TableSpec, ...]
"""A model set; what a foreign key refers to stands before what refers."""


def quoted(name: str, table: TableSpec | None = None) -> str:
    """A name in SQL: SQLite's, or that of a table's own world."""
    return (table.of if table else WORLDS["sqlite"]).quoted(name)


def make_models(spec: Spec, database: pw.Database | None = None) -> list[Model]:
    """The model classes of a spec."""
    made: dict[int, Model] = {}
    for table in spec:
        made[table.uid] = _make_model(spec, table, made, database)
    return list(made.values())


def _make_model(spec: Spec, table: TableSpec, made: dict[int, Model], database: pw.Database | None) -> Model:
    options: dict[str, Any] = {"table_name": table.name, "database": database}
    if len(table.key) > 1:
        options["primary_key"] = pw.CompositeKey(*(f.name for f in _named(table, table.key)))
    elif not table.key:
        options["primary_key"] = False
    if table.strict:
        options["strict_tables"] = True
    if table.without_rowid:
        options["without_rowid"] = True
    if table.checks:
        options["constraints"] = [_table_check(table, uid, name) for uid, name in table.checks]
    plain = [(tuple(f.name for f in _named(table, i.fields)), i.unique) for i in table.indexes if i.style == "meta"]
    if plain:
        options["indexes"] = plain
    attributes: dict[str, Any] = {f.name: _make_field(spec, table, f, made) for f in table.fields}
    attributes["Meta"] = type("Meta", (), options)
    model: Model = type(table.model, (pw.Model,), attributes)
    for index in table.indexes:
        if index.style != "meta":
            model.add_index(_make_index(model, table, index))
    return model


def _named(table: TableSpec, uids: Sequence[int]) -> Iterator[FieldSpec]:
    for uid in uids:
        field = table.field(uid)
        assert field is not None, (table, uid)
        yield field


def _table_check(table: TableSpec, uid: int, name: str) -> Any:
    (field,) = _named(table, [uid])
    return pw.Check(check_of(field, table), name=name or None)


def check_of(field: FieldSpec, table: TableSpec) -> str:
    """A CHECK that holds for every value of the field's kind."""
    return KINDS[field.kind].check.format(c=quoted(field.column_name, table))


def _make_field(spec: Spec, table: TableSpec, field: FieldSpec, made: dict[int, Model]) -> pw.Field:
    options: dict[str, Any] = {"null": field.null}
    if field.column is not None:
        options["column_name"] = field.column
    if field.unique:
        options["unique"] = True
    if table.key == (field.uid,):
        options["primary_key"] = True
    if field.kind in KEYS and "primary_key" in options:
        return _make_key(field, options)
    if field.target:
        return _make_reference(spec, table, field, made, options)
    kind = KINDS.get(field.kind, KINDS[f"{table.of.prefix}Int"])
    if field.index:
        options["index"] = True
    if field.default:
        options["default"] = kind.default if field.default == "value" else kind.function
    if field.collation:
        options["collation"] = field.collation
    constraints: list[Any] = [pw.SQL(f"DEFAULT {kind.sql_default}")] if field.sql_default else []
    if field.check:
        constraints.append(pw.Check(check_of(field, table), name=None if field.check == "plain" else field.check))
    if field.generated:
        (base,) = _named(table, [field.generated])
        stored = "STORED" if field.stored else "VIRTUAL"
        computed = table.of.computed.format(c=quoted(base.column_name, table))
        text = f"GENERATED ALWAYS AS ({computed}) {stored}"
        constraints.append(pw.SQL(text))
    if constraints:
        options["constraints"] = constraints
    return kind.make(**options)


def _make_reference(
    spec: Spec, table: TableSpec, field: FieldSpec, made: dict[int, Model], options: dict[str, Any]
) -> pw.Field:
    if field.to:
        target = next(t for t in spec if t.uid == field.target)
        options["field"] = next(_named(target, [field.to])).name
    if field.on_delete:
        options["on_delete"] = field.on_delete
    model: Any = "self" if field.target == table.uid else made[field.target]
    return pw.ForeignKeyField(model, backref=f"back_{field.uid}", **options)


def _make_key(field: FieldSpec, options: dict[str, Any]) -> pw.Field:
    options.pop("unique", None)
    match field.kind:
        case "auto":
            return pw.AutoField(**options)
        case "bigauto":
            return pw.BigAutoField(**options)
        case "identity":
            return pw.IdentityField(**options)
        case "autoincrement":
            counting: pw.Field = AutoIncrementField(**options)
            return counting
        case "char":
            return pw.CharField(max_length=40, **options)
        case "uuid":
            return pw.UUIDField(**options)
        case _:
            return pw.IntegerField(**options)


def _make_index(model: Model, table: TableSpec, index: IndexSpec) -> Any:
    specs = list(_named(table, index.fields))
    fields = [model._meta.fields[f.name] for f in specs]
    name: dict[str, Any] = {"name": index.name} if index.name else {}
    match index.style:
        case "where":
            where = pw.SQL(f"{quoted(specs[0].column_name, table)} IS NOT NULL")
            return pw.ModelIndex(model, fields, unique=index.unique, where=where, **name)
        case "descending":
            return pw.ModelIndex(model, [fields[0].desc(), *fields[1:]], unique=index.unique, **name)
        case "expression":
            parts = [pw.fn.lower(fields[0]), *fields[1:]]
            return pw.ModelIndex(model, parts, unique=index.unique, name=index.name or f"x{table.uid}_{specs[0].uid}")
        case "collate":
            node = pw.NodeList((fields[0], pw.SQL(f"COLLATE {table.of.collations[0]}")))
            return pw.ModelIndex(model, [node, *fields[1:]], unique=index.unique, name=index.name or f"n{specs[0].uid}")
        case "hash":
            return pw.ModelIndex(model, fields[:1], using="HASH", **name)
        case _:
            columns = ", ".join(quoted(f.column_name, table) for f in specs)
            unique = "UNIQUE " if index.unique else ""
            named = quoted(index.name or f"r{table.uid}_{specs[0].uid}", table)
            return pw.SQL(f"CREATE {unique}INDEX {named} ON {quoted(table.name, table)} ({columns})")
