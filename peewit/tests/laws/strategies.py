"""Strategies: model sets with hostile names and everything ``create_tables()`` can say."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from .specs import KEYS, FieldSpec, IndexSpec, Spec, TableSpec
from .worlds import KINDS, SQLITE, WORLDS, World

FIELD_NAMES = (
    "name",
    "email",
    "naïve",
    "Upper",
    "order",
    "group",
    "uuid",
    "datetime",
    "pw",
    "migrator",
    "database",
    "decimal",
    "größe",
    "owner_id",
    "_private",
    "x" * 50,
    "model",
    "rowid",
    "check",
    "functools",
)
COLUMN_NAMES = (
    "two words",
    'say "hi"',
    "back`tick",
    "[bracket]",
    "100%",
    "select",
    "table",
    "UPPER",
    "naïve 🐦",
    "it's",
    "a,b",
    "p(q)",
    "--",
    "values",
    "_id",
)
TABLE_NAMES = (
    "person",
    "tag",
    "order",
    "Mixed Case",
    'say "hi"',
    "back`tick",
    "[bracket]",
    "100%",
    "naïve 🐦",
    "it's",
    "a,b (c)",
    "select",
    "x" * 60,
    "group",
    "class",
)
MODEL_NAMES = ("Person", "Tag", "Order", "Group", "Naïve", "pw_", "Model_1", "migrate", "uuid", "X" * 30)
REFERENCES = (None, "CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "cascade")
CHECK_NAMES = ("", "positive", 'ch "eck', "order")


def rarely(draw: st.DrawFn, one_in: int = 4) -> bool:
    """True now and then; shrinks to never."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def fresh(draw: st.DrawFn, names: tuple[str, ...], taken: set[str]) -> str:
    """A name whose lower case is not taken yet, and take it."""
    left = [name for name in names if name.lower() not in taken] or [f"{names[0]}{len(taken)}"]
    name = draw(st.sampled_from(left))
    taken.add(name.lower())
    return name


@st.composite
def model_sets(draw: st.DrawFn, world: World = SQLITE, start: int = 0, tables: int = 4) -> Spec:
    """A model set; uids begin after ``start``."""
    taken: set[str] = set()
    models: set[str] = set()
    spec: Spec = ()
    for number in range(draw(st.integers(1, tables))):
        name, model = fresh(draw, world.names(TABLE_NAMES), taken), fresh(draw, MODEL_NAMES, models)
        spec = (*spec, draw(tables_of(world, spec, start + 100 * (number + 1), name, model)))
    return repair(spec)


@st.composite
def tables_of(draw: st.DrawFn, world: World, others: Spec, uid: int, name: str, model: str) -> TableSpec:
    """A table that may refer to the others and to itself."""
    fields: list[FieldSpec] = []
    key = draw(st.sampled_from(("auto", *world.keys, "composite", "none")))
    if key in world.keys:
        fields.append(FieldSpec(uid=uid + 1, name=draw(st.sampled_from(["id", "key", "Code"])), kind=key))
    own = (uid + 1,) if fields else ()
    table = TableSpec(uid=uid, name=name, model=model, fields=tuple(fields), key=own, world=world.name)
    if not world.server:
        table = replace(table, strict=rarely(draw, 6), without_rowid=rarely(draw, 6))
    for number in range(draw(st.integers(1, 5))):
        table = replace(table, fields=(*table.fields, draw(fields_of(table, others, uid + 10 + number))))
    if key == "composite":
        table = replace(table, key=tuple(f.uid for f in table.fields if not f.generated)[:2])
    for _ in range(draw(st.integers(0, 2))):
        table = draw(with_index(table))
    if rarely(draw):
        table = draw(with_check(table))
    return table


@st.composite
def fields_of(draw: st.DrawFn, table: TableSpec, others: Spec, uid: int) -> FieldSpec:
    """A field for a table: a plain one, a foreign key, a generated one."""
    taken = {f.name.lower() for f in table.fields} | {f.column_name.lower() for f in table.fields}
    taken |= {f"{f.name.lower()}_id" for f in table.fields}
    name = fresh(draw, FIELD_NAMES, taken)
    column = fresh(draw, table.of.names(COLUMN_NAMES), taken) if rarely(draw, 3) else None
    kinds = [k for k in table.of.kinds if KINDS[k].strict or not table.strict]
    field = FieldSpec(uid=uid, name=name, column=column, kind=draw(st.sampled_from(kinds)), null=draw(st.booleans()))
    what = draw(st.sampled_from(("plain", "plain", "plain", "plain", "reference", "reference", "generated")))
    if what == "reference" and (others or table.key):
        return draw(as_reference(field, table, others))
    if what == "generated":
        bases = [f for f in table.fields if can_be_computed_from(f)]
        if bases:
            base, stored = draw(st.sampled_from(bases)), draw(st.booleans()) or table.of.stored == (True,)
            return replace(field, kind=f"{table.of.prefix}Text", null=True, generated=base.uid, stored=stored)
    return draw(with_options(field))


@st.composite
def with_options(draw: st.DrawFn, field: FieldSpec) -> FieldSpec:
    """A plain field with some of what it can say."""
    kind = KINDS[field.kind]
    world = WORLDS[kind.world]
    return replace(
        field,
        index=rarely(draw) and kind.index,
        unique=rarely(draw, 6) and kind.unique,
        default=draw(st.sampled_from(("", "", "value", "function"))),
        sql_default=rarely(draw),
        check=draw(st.sampled_from(("", "", "", *world.checks))),
        collation=draw(st.sampled_from(world.collations)) if kind.text and rarely(draw, 3) else None,
    )


@st.composite
def as_reference(draw: st.DrawFn, field: FieldSpec, table: TableSpec, others: Spec) -> FieldSpec:
    """The field as a foreign key: to a table's key, or to a unique field of it."""
    choices = [(t.uid, 0) for t in (*others, table) if len(t.key) == 1]
    made = others if table.of.server else (*others, table)  # a server makes the index it needs after the table
    choices += [(t.uid, f.uid) for t in made for f in t.fields if can_be_referred_to(t, f)]
    if not choices:
        return draw(with_options(field))
    target, to = draw(st.sampled_from(choices))
    on_delete = draw(st.sampled_from(REFERENCES))
    null = field.null or on_delete == "SET NULL"
    return replace(
        field, kind="reference", target=target, to=to, on_delete=on_delete, null=null, unique=rarely(draw, 8)
    )


def can_be_computed_from(field: FieldSpec) -> bool:
    """Whether a generated column may put the field's value into a text: no bytes."""
    if field.kind not in KINDS or field.generated:
        return False
    kind = KINDS[field.kind]
    return kind.text if WORLDS[kind.world].server else field.kind not in ("Blob", "Point")


def can_be_referred_to(table: TableSpec, field: FieldSpec) -> bool:
    """Whether a foreign key may name this field instead of the key."""
    return field.unique and not field.target and not field.generated and field.uid not in table.key


@st.composite
def with_index(draw: st.DrawFn, table: TableSpec) -> TableSpec:
    """The table with one more index of its Meta, or added to its class."""
    usable = [f.uid for f in table.fields if f.kind not in KINDS or KINDS[f.kind].index]
    if not usable:
        return table
    fields = tuple(draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2, unique=True)))
    style = draw(st.sampled_from(table.of.styles))
    name = draw(st.sampled_from(("", "", f"named_{table.uid}", f'i "x" {table.uid}'))) if style != "meta" else ""
    index = IndexSpec(fields=fields, style=style, unique=rarely(draw, 6), name=name)
    return replace(table, indexes=(*table.indexes, index))


@st.composite
def with_check(draw: st.DrawFn, table: TableSpec) -> TableSpec:
    """The table with one more CHECK of its Meta."""
    plain = [f.uid for f in table.fields if f.kind in KINDS and not f.generated]
    if not plain:
        return table
    check = (draw(st.sampled_from(plain)), draw(st.sampled_from(CHECK_NAMES)))
    return replace(table, checks=(*table.checks, check))


def repair(spec: Spec) -> Spec:
    """The model set without what cannot stand: references to nothing, a STRICT table with a DATE."""
    done: Spec = ()
    for table in spec:
        done = (*done, _repair_table(table, done))
    return done


def _repair_table(table: TableSpec, others: Spec) -> TableSpec:
    table = replace(table, fields=tuple(f for f in table.fields if _stands(f, table, others)))
    uids = {f.uid for f in table.fields}
    key = tuple(uid for uid in table.key if uid in uids)
    fields = tuple(_repair_field(f, key, table.of) for f in table.fields)
    table = replace(table, fields=fields, key=key)
    kinds = {f.kind for f in table.fields}
    names: set[str] = set()
    indexes = []
    for index in table.indexes:
        if set(index.fields) <= uids and _is_possible(index, table) and (not index.name or index.name not in names):
            names.add(index.name)
            indexes.append(index)
    checks = {name or uid: (uid, name) for uid, name in table.checks if uid in uids}
    strict = table.strict and all(_is_strict(f, table, others) for f in table.fields)
    without_rowid = table.without_rowid and bool(key) and "autoincrement" not in kinds
    return replace(
        table,
        indexes=tuple(indexes),
        checks=tuple(checks.values()),
        strict=strict,
        without_rowid=without_rowid,
    )


def _is_strict(field: FieldSpec, table: TableSpec, others: Spec) -> bool:
    """Whether a STRICT table takes the type of the field."""
    while field.target:
        target = next(t for t in (*others, table) if t.uid == field.target)
        found = target.field(field.to or target.key[0])
        assert found is not None, field
        field = found
    return KINDS[field.kind].strict if field.kind in KINDS else field.kind != "char"


def _stands(field: FieldSpec, table: TableSpec, others: Spec) -> bool:
    if field.generated:
        base = table.field(field.generated)
        return base is not None and can_be_computed_from(base)
    if not field.target:
        return True
    target = next((t for t in (*others, table) if t.uid == field.target), None)
    if target is None:
        return False
    if not field.to:
        return len(target.key) == 1 and target.key != (field.uid,)
    refers = target.field(field.to)
    return refers is not None and can_be_referred_to(target, refers)


def _is_possible(index: IndexSpec, table: TableSpec) -> bool:
    """Whether a server makes this index: of text where text is asked for, of nothing without a limit or an order."""
    if not table.of.server:
        return True
    fields = [f for f in table.fields if f.uid in index.fields]
    texts = [f for f in fields if f.kind in KINDS and KINDS[f.kind].text and f.uid == index.fields[0]]
    kinds = [KINDS[f.kind] for f in fields if f.kind in KINDS]
    return all(kind.index for kind in kinds) and (index.style not in ("expression", "collate") or bool(texts))


def _repair_field(field: FieldSpec, key: tuple[int, ...], world: World) -> FieldSpec:
    if field.uid in key:
        field = replace(field, null=False, index=False, unique=False)
    if field.kind in KEYS and key != (field.uid,):
        plain = {"char": "Char255", "uuid": "Uuid", "bigauto": "BigInt"}.get(field.kind, "Int")
        field = replace(field, kind=world.prefix + plain)
    if field.on_delete == "SET NULL" and not field.null:
        field = replace(field, on_delete=None)
    if world.server and field.kind in KINDS:
        kind = KINDS[field.kind]
        field = replace(field, index=field.index and kind.index, unique=field.unique and kind.unique)
    return field
