"""What may be done to a name: each change as models before and after, for a table, column, index or constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import peewee as pw

from peewit.compile.server_text import undoubled

from ..evolve import Model, model
from ..laws.worlds import World


@dataclass(frozen=True, kw_only=True)
class Change:
    """Models before and after; the rows put in between; and which column of before is which of after."""

    before: list[Model] = field(default_factory=list)
    after: list[Model] = field(default_factory=list)
    renames: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    kept: list[tuple[tuple[str, str], tuple[str, str]]] = field(default_factory=list)

    def __add__(self, other: Change) -> Change:
        return Change(
            before=self.before + other.before,
            after=self.after + other.after,
            renames=self.renames | other.renames,
            fill=self.fill | other.fill,
            rows=self.rows + other.rows,
            kept=self.kept + other.kept,
        )


Made = Callable[[World, str, int], Change]
"""A change of this name; the number makes everything else about it its own."""

VALUE = 'O\'Brien "%s" `x` \\ {0} ; -- é'


def _plain(number: int) -> str:
    return f"plain{number}"


def _class(number: int) -> str:
    return f"Plain{number}"


def _table(number: int, name: str, /, **fields: Any) -> Model:
    return model(_class(number), name, id=pw.IntegerField(primary_key=True), **fields)


def _other() -> pw.Field:
    return pw.CharField(max_length=100, null=True)


# ---------------------------------------------------------------------- columns


def _column(name: str, kind: type[pw.Field] = pw.CharField, **options: Any) -> pw.Field:
    if kind is pw.CharField:
        options.setdefault("max_length", 100)
    return kind(column_name=name, **{"null": True, **options})


def _create_column(world: World, name: str, n: int) -> Change:
    del world
    return Change(after=[_table(n, _plain(n), one=_column(name, index=True), other=_other())])


def _add_column(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, other=_other())],
        after=[_table(n, t, other=_other(), one=_column(name, null=False, default=name.replace("\0", "")[:90]))],
        rows=[(t, {"id": 1, "other": VALUE})],
        kept=[((t, "other"), (t, "other"))],
    )


def _drop_column(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, one=_column(name, unique=True), other=_other())],
        after=[_table(n, t, other=_other())],
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((t, "other"), (t, "other"))],
    )


def _rename_column_to(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, first=_other(), other=_other())],
        after=[_table(n, t, one=_column(name), other=_other())],
        renames={f"{t}.first": name},
        rows=[(t, {"id": 1, "first": VALUE, "other": VALUE})],
        kept=[((t, "first"), (t, name)), ((t, "other"), (t, "other"))],
    )


def _rename_column_from(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, one=_column(name, index=True), other=_other())],
        after=[_table(n, t, first=_other(), other=_other())],
        renames={f"{t}.{name}": "first"},
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((t, name), (t, "first")), ((t, "other"), (t, "other"))],
    )


def _tighten_column(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, one=_column(name, index=True), other=_other())],
        after=[_table(n, t, one=_column(name, index=True, null=False), other=_other())],
        fill={f"{t}.{name}": "'filled: % {} \\' \"'"},
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE}), (t, {"id": 2, "other": VALUE})],
        kept=[((t, "other"), (t, "other"))],
    )


def _change_type(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, one=_column(name, pw.IntegerField), other=_other())],
        after=[_table(n, t, one=_column(name), other=_other())],
        rows=[(t, {"id": 1, name: 42, "other": VALUE})],
        kept=[((t, "other"), (t, "other"))],
    )


def _default(world: World, name: str, n: int) -> Change:
    t = _plain(n)
    default = pw.SQL(f"DEFAULT {_text(name[:80], world)}")
    return Change(
        before=[_table(n, t, one=_column(name), other=_other())],
        after=[_table(n, t, one=_column(name, constraints=[default]), other=_other())],
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((t, name), (t, name)), ((t, "other"), (t, "other"))],
    )


def _text(text: str, world: World) -> str:
    doubled = text.replace("\\", "\\\\") if world.name == "mariadb" else text
    escaped = doubled if world.name == "sqlite" else doubled.replace("%", "%%")
    return "'" + escaped.replace("'", "''") + "'"


def _quoted(name: str, world: World) -> str:
    """A name in a text of SQL in a model: for the driver of a server, every ``%`` is written twice."""
    return world.quoted(name) if world.name == "sqlite" else world.quoted(undoubled(name)).replace("%", "%%")


# ---------------------------------------------------------------------- indexes and constraints


def _create_index(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    unique = {"indexes": ((("one", "other"), True),)}
    before = _table(n, t, one=_column(name), other=_other())
    fields: dict[str, Any] = {"id": pw.IntegerField(primary_key=True), "one": _column(name, index=True)}
    return Change(
        before=[before],
        after=[model(_class(n), t, meta=unique, other=_other(), **fields)],
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((t, name), (t, name)), ((t, "other"), (t, "other"))],
    )


def _name_index(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    before, after = (_table(n, t, one=_other(), other=_other()) for _ in range(2))
    after.add_index(pw.ModelIndex(after, [after._meta.fields["one"]], unique=bool(n % 2), name=f"{name}{n}"))
    return Change(
        before=[before],
        after=[after],
        rows=[(t, {"id": 1, "one": VALUE, "other": VALUE})],
        kept=[((t, "one"), (t, "one"))],
    )


def _check(world: World, name: str, n: int) -> Change:
    t = _plain(n)
    column = _quoted(name, world)
    check = pw.SQL(f"CHECK ({column} <> {_text(name[:80], world)})")
    fields: dict[str, Any] = {"id": pw.IntegerField(primary_key=True)}
    return Change(
        before=[model(_class(n), t, one=_column(name), other=_other(), **fields)],
        after=[
            model(_class(n), t, meta={"constraints": [check]}, one=_column(name), other=_other(), **fields),
        ],
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((t, name), (t, name)), ((t, "other"), (t, "other"))],
    )


def _name_constraint(world: World, name: str, n: int) -> Change:
    t = _plain(n)
    check = pw.SQL(f"CONSTRAINT {_quoted(name, world)} CHECK (other <> 'forbidden')")
    fields: dict[str, Any] = {"id": pw.IntegerField(primary_key=True)}
    return Change(
        before=[model(_class(n), t, other=_other(), **fields)],
        after=[model(_class(n), t, meta={"constraints": [check]}, other=_other(), **fields)],
        rows=[(t, {"id": 1, "other": VALUE})],
        kept=[((t, "other"), (t, "other"))],
    )


# ---------------------------------------------------------------------- tables


def _create_table(world: World, name: str, n: int) -> Change:
    del world
    return Change(after=[_table(n, name, one=_column(name, index=True), other=_other())])


def _drop_table(world: World, name: str, n: int) -> Change:
    del world
    return Change(
        before=[_table(n, name, one=_column(name, unique=True), other=_other())],
        rows=[(name, {"id": 1, name: VALUE, "other": VALUE})],
    )


def _rename_table_to(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, t, one=_column(name, index=True), other=_other())],
        after=[_table(n, name, one=_column(name, index=True), other=_other())],
        renames={t: name},
        rows=[(t, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((t, name), (name, name)), ((t, "other"), (name, "other"))],
    )


def _rename_table_from(world: World, name: str, n: int) -> Change:
    del world
    t = _plain(n)
    return Change(
        before=[_table(n, name, one=_column(name, unique=True), other=_other())],
        after=[_table(n, t, one=_column(name, unique=True), other=_other())],
        renames={name: t},
        rows=[(name, {"id": 1, name: VALUE, "other": VALUE})],
        kept=[((name, name), (t, name)), ((name, "other"), (t, "other"))],
    )


def _change_table(world: World, name: str, n: int) -> Change:
    """A column goes, one comes, one is filled and one changes its type: SQLite has to copy the rows."""
    del world
    return Change(
        before=[_table(n, name, one=_column(name, pw.IntegerField), gone=_other(), tight=_other(), other=_other())],
        after=[
            _table(
                n,
                name,
                one=_column(name),
                tight=pw.CharField(max_length=100),
                other=_other(),
                come=pw.IntegerField(default=7),
            )
        ],
        fill={f"{name}.tight": "'% {}'"},
        rows=[(name, {"id": 1, name: 42, "gone": VALUE, "other": VALUE})],
        kept=[((name, "other"), (name, "other"))],
    )


def _reference(parent: Model, name: str) -> pw.ForeignKeyField:
    return pw.ForeignKeyField(
        parent, column_name=name, object_id_name="ref_key", null=True, on_delete="CASCADE", backref="+"
    )


def _foreign_key(world: World, name: str, n: int) -> Change:
    """A column that refers to a table comes, and later goes."""
    del world
    t = _plain(n)

    def parent() -> Model:
        return model(
            f"Parent{n}", name, key=pw.CharField(max_length=100, column_name=name, primary_key=True), other=_other()
        )

    two = parent()
    reference = _reference(two, name)
    return Change(
        before=[parent(), _table(n, t, other=_other())],
        after=[two, _table(n, t, other=_other(), ref=reference)],
        rows=[(name, {name: VALUE, "other": VALUE}), (t, {"id": 1, "other": VALUE})],
        kept=[((name, name), (name, name)), ((name, "other"), (name, "other")), ((t, "other"), (t, "other"))],
    )


def _change_parent(world: World, name: str, n: int) -> Change:
    """A table that rows refer to is changed, and renamed."""
    del world
    t = _plain(n)

    def both(table: str, **options: Any) -> list[Model]:
        key = pw.CharField(max_length=100, column_name=name, primary_key=True)
        parent = model(f"Parent{n}", table, key=key, other=pw.CharField(max_length=100, **options))
        return [parent, _table(n, t, ref=_reference(parent, name))]

    return Change(
        before=both(name, null=True),
        after=both(f"renamed{n}", default="x"),
        renames={name: f"renamed{n}"},
        rows=[(name, {name: VALUE, "other": VALUE}), (t, {"id": 1, name: VALUE})],
        kept=[
            ((name, name), (f"renamed{n}", name)),
            ((t, name), (t, name)),
            ((name, "other"), (f"renamed{n}", "other")),
        ],
    )


CHANGES: dict[str, Made] = {
    "create a table with a column": _create_column,
    "add a column": _add_column,
    "drop a column": _drop_column,
    "rename a column to": _rename_column_to,
    "rename a column from": _rename_column_from,
    "tighten a column": _tighten_column,
    "change a column's type": _change_type,
    "change a default": _default,
    "add indexes": _create_index,
    "name an index": _name_index,
    "add a check": _check,
    "name a check": _name_constraint,
    "create a table": _create_table,
    "drop a table": _drop_table,
    "rename a table to": _rename_table_to,
    "rename a table from": _rename_table_from,
    "change a table": _change_table,
    "add a foreign key": _foreign_key,
    "change what a foreign key refers to": _change_parent,
}
"""Each is undone and done again, so it stands for its opposite as well."""
