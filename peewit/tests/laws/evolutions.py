"""Evolutions: from one model set to the next by edits, with the answers ``create`` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from .specs import FieldSpec, Spec, TableSpec
from .strategies import (
    COLUMN_NAMES,
    FIELD_NAMES,
    MODEL_NAMES,
    REFERENCES,
    TABLE_NAMES,
    fields_of,
    fresh,
    model_sets,
    rarely,
    repair,
    tables_of,
    with_check,
    with_index,
    with_options,
)
from .worlds import KINDS, SQLITE, World


@dataclass(frozen=True)
class Evolution:
    """Two model sets; ``renames`` and ``fill`` answer what ``create`` asks about the way between them."""

    before: Spec
    after: Spec
    renames: dict[str, str]
    fill: dict[str, str]


@st.composite
def evolutions(draw: st.DrawFn, world: World = SQLITE, edits: int = 6) -> Evolution:
    """A model set and what becomes of it: edited, or replaced by an unrelated one."""
    before = draw(model_sets(world))
    if rarely(draw, 8):
        return answered(before, draw(model_sets(world, start=1000)), fills=True)
    after = before
    for number in range(draw(st.integers(1, edits))):
        after = repair(draw(edited(after, before, 2000 + 100 * number)))
    return answered(before, after, fills=not rarely(draw, 6))


def answered(before: Spec, after: Spec, *, fills: bool) -> Evolution:
    """The evolution with its answers: what has the same uid under another name was renamed."""
    old = {table.uid: table for table in before}
    renames: dict[str, str] = {}
    fill: dict[str, str] = {}
    for table in after:
        was = old.get(table.uid)
        if was is None:
            continue
        if was.name != table.name:
            renames[was.name] = table.name
        for field in table.fields:
            former = was.field(field.uid)
            if former is not None and former.name != field.name and former.column_name != field.column_name:
                renames[f"{was.name}.{known_as(former)}"] = field.name
            needs = not field.has_value if former is None else former.null and not field.null
            if needs and fills and field.kind in KINDS and not (former is not None and field.default):
                key = f"{was.name}.{known_as(former or field)}"
                fill[key] = repr(_plain(field))
    return Evolution(before, after, renames, fill)


def known_as(field: FieldSpec) -> str:
    """What an answer calls a field: its name, or its column where files cannot write the name."""
    return field.column_name if field.name in ("pw", "migrator") else field.name


def _plain(field: FieldSpec) -> object:
    """A literal a file may hold for a column of this kind, as it is stored."""
    return KINDS[field.kind].values[0]


# ---------------------------------------------------------------------- edits

Edit = Callable[[st.DrawFn, Spec, Spec, int], Spec]


@st.composite
def edited(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """The model set after one edit."""
    edit = draw(st.sampled_from(EDITS))
    return edit(draw, spec, before, uid) if spec else spec


def _swap(spec: Spec, table: TableSpec) -> Spec:
    return tuple(table if t.uid == table.uid else t for t in spec)


def _pick(draw: st.DrawFn, spec: Spec) -> TableSpec:
    return draw(st.sampled_from(spec))


def _change_field(
    draw: st.DrawFn,
    spec: Spec,
    wanted: Callable[[TableSpec, FieldSpec], bool],
    change: Callable[[FieldSpec], FieldSpec],
) -> Spec:
    """Change one of the fields that qualify."""
    choices = [(t, f) for t in spec for f in t.fields if wanted(t, f)]
    if not choices:
        return spec
    table, field = draw(st.sampled_from(choices))
    fields = tuple(change(f) if f is field else f for f in table.fields)
    return _swap(spec, replace(table, fields=fields))


def _is_plain(table: TableSpec, field: FieldSpec) -> bool:
    return field.kind in KINDS and not field.generated and field.uid not in table.key


def _not_key(table: TableSpec, field: FieldSpec) -> bool:
    return field.uid not in table.key


def _field_names(before: Spec, spec: Spec) -> set[str]:
    fields = [f for t in (*before, *spec) for f in t.fields]
    return {f.name.lower() for f in fields} | {f.column_name.lower() for f in fields}


def add_field(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A new field under a new name."""
    table = _pick(draw, spec)
    others = spec[: spec.index(table)]
    field = draw(fields_of(table, others, uid))
    taken = _field_names(before, spec)
    if field.name.lower() in taken or field.column_name.lower() in taken:
        field = replace(field, name=fresh(draw, (*FIELD_NAMES, f"new{uid}"), taken), column=None)
    if table.without_rowid or not field.generated:
        field = replace(field, stored=False)
    elif len(table.of.stored) == 1:
        field = replace(field, stored=table.of.stored[0])
    return _swap(spec, replace(table, fields=(*table.fields, field)))


def drop_field(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A field goes, and with it what used it."""
    choices = [(t, f) for t in spec for f in t.fields if _not_key(t, f) and len(t.fields) > 1]
    if not choices:
        return spec
    table, field = draw(st.sampled_from(choices))
    return _swap(spec, replace(table, fields=tuple(f for f in table.fields if f is not field)))


def rename_field(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A field, its column, or both get another name."""
    taken = _field_names(before, spec)
    how = draw(st.sampled_from(("field", "column", "both", "case")))
    world = spec[0].of

    def change(field: FieldSpec) -> FieldSpec:
        match how:
            case "field":
                return replace(field, name=fresh(draw, FIELD_NAMES, taken), column=field.column_name)
            case "column":
                return replace(field, column=fresh(draw, world.names(COLUMN_NAMES), taken))
            case "case":
                return replace(field, column=field.column_name.swapcase())
            case _:
                return replace(field, name=fresh(draw, FIELD_NAMES, taken), column=None)

    return _change_field(draw, spec, lambda _, __: True, change)


def change_kind(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A field of another type, into which most values convert."""

    def change(field: FieldSpec) -> FieldSpec:
        kind = draw(st.sampled_from(KINDS[field.kind].becomes))
        same = KINDS[kind].sql_default == KINDS[field.kind].sql_default
        return replace(field, kind=kind, default="", sql_default=field.sql_default and same, check="", collation=None)

    def wanted(table: TableSpec, field: FieldSpec) -> bool:
        checked = {uid for uid, _ in table.checks}
        return _is_plain(table, field) and bool(KINDS[field.kind].becomes) and field.uid not in checked

    return _change_field(draw, spec, wanted, change)


def change_options(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """Any of a plain field's options, drawn anew."""
    return _change_field(draw, spec, _is_plain, lambda field: draw(with_options(field)))


def toggle_null(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """Null becomes not null, or the other way round."""
    return _change_field(draw, spec, _is_plain, lambda field: replace(field, null=not field.null))


def toggle_default(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """The database's DEFAULT comes or goes."""
    return _change_field(draw, spec, _is_plain, lambda field: replace(field, sql_default=not field.sql_default))


def toggle_index(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A field's own index comes or goes, or it becomes unique."""
    which = "unique" if rarely(draw, 3) else "index"

    def change(field: FieldSpec) -> FieldSpec:
        return replace(field, unique=not field.unique) if which == "unique" else replace(field, index=not field.index)

    return _change_field(draw, spec, _is_plain, change)


def toggle_check(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A field's CHECK comes, goes or gets a name."""
    check = draw(st.sampled_from(("", "plain", "named_check" if "order" in spec[0].of.checks else "plain")))
    return _change_field(draw, spec, _is_plain, lambda field: replace(field, check=check))


def change_reference(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A foreign key with another rule, another nullability, or none at all."""
    how = draw(st.sampled_from(("rule", "null", "plain")))
    rule = draw(st.sampled_from(REFERENCES))

    def change(field: FieldSpec) -> FieldSpec:
        match how:
            case "rule":
                return replace(field, on_delete=rule)
            case "null":
                return replace(field, null=not field.null)
            case _:
                return replace(
                    field, kind=f"{spec[0].of.prefix}Int", target=0, to=0, on_delete=None, column=field.column_name
                )

    return _change_field(draw, spec, lambda _, field: bool(field.target), change)


def change_collation(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A text field with another collation."""
    collation = draw(st.sampled_from((None, *spec[0].of.collations)))

    def wanted(table: TableSpec, field: FieldSpec) -> bool:
        return _is_plain(table, field) and KINDS[field.kind].text

    return _change_field(draw, spec, wanted, lambda field: replace(field, collation=collation))


def change_generated(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A generated column, stored or not."""
    ways = spec[0].of.stored
    return _change_field(
        draw, spec, lambda _, f: bool(f.generated), lambda f: replace(f, stored=ways == (True,) or not f.stored)
    )


def change_indexes(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """An index of the table comes or goes."""
    table = _pick(draw, spec)
    if table.indexes and not rarely(draw, 2):
        return _swap(spec, replace(table, indexes=table.indexes[1:]))
    return _swap(spec, draw(with_index(table)))


def change_checks(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A CHECK of the table comes or goes."""
    table = _pick(draw, spec)
    if table.checks and not rarely(draw, 2):
        return _swap(spec, replace(table, checks=table.checks[1:]))
    return _swap(spec, draw(with_check(table)))


def change_table(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """STRICT or WITHOUT ROWID comes or goes."""
    table = _pick(draw, spec)
    if table.of.server:
        return spec
    if draw(st.booleans()):
        return _swap(spec, replace(table, strict=not table.strict))
    return _swap(spec, replace(table, without_rowid=not table.without_rowid))


def change_key(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """Another primary key: a mark more or less, another pair of columns, none."""
    table = _pick(draw, spec)
    if len(table.key) == 1:
        kinds = table.of.other_key
        fields = tuple(replace(f, kind=kinds.get(f.kind, f.kind)) if f.uid in table.key else f for f in table.fields)
        return _swap(spec, replace(table, fields=fields))
    usable = [f.uid for f in table.fields if not f.generated and not f.null]
    if len(usable) < 2:
        return spec
    key = tuple(draw(st.lists(st.sampled_from(usable), min_size=2, max_size=2, unique=True)))
    return _swap(spec, replace(table, key=draw(st.sampled_from(((), key)))))


def add_table(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A new table."""
    world = (*spec, *before)[0].of
    name = fresh(draw, world.names(TABLE_NAMES), {t.name.lower() for t in (*before, *spec)})
    model = fresh(draw, MODEL_NAMES, {t.model.lower() for t in (*before, *spec)})
    return (*spec, draw(tables_of(world, spec, uid, name, model)))


def drop_table(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A table goes, and with it the foreign keys to it."""
    if len(spec) < 2:
        return spec
    gone = _pick(draw, spec)
    return tuple(t for t in spec if t is not gone)


def rename_table(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """A table or its model gets another name."""
    table = _pick(draw, spec)
    names = table.of.names(TABLE_NAMES)
    match draw(st.sampled_from(("table", "model", "case", "both"))):
        case "table":
            name = fresh(draw, names, {t.name.lower() for t in (*before, *spec)})
            return _swap(spec, replace(table, name=name))
        case "model":
            model = fresh(draw, MODEL_NAMES, {t.model.lower() for t in (*before, *spec)})
            return _swap(spec, replace(table, model=model))
        case "case":
            return _swap(spec, replace(table, name=table.name.swapcase()))
        case _:
            name = fresh(draw, names, {t.name.lower() for t in (*before, *spec)})
            model = fresh(draw, MODEL_NAMES, {t.model.lower() for t in (*before, *spec)})
            return _swap(spec, replace(table, name=name, model=model))


def reorder(draw: st.DrawFn, spec: Spec, before: Spec, uid: int) -> Spec:
    """The fields in another order, which is no change."""
    table = _pick(draw, spec)
    return _swap(spec, replace(table, fields=(*table.fields[1:], *table.fields[:1])))


EDITS: tuple[Edit, ...] = (
    add_field,
    add_field,
    drop_field,
    rename_field,
    rename_field,
    change_kind,
    change_kind,
    change_options,
    toggle_null,
    toggle_default,
    toggle_index,
    toggle_check,
    change_reference,
    change_collation,
    change_generated,
    change_indexes,
    change_checks,
    change_table,
    change_key,
    add_table,
    drop_table,
    rename_table,
    reorder,
)
"""What may happen to a model set; what happens more often in life stands twice."""
