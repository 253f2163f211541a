"""Laws of renames that come in front: any operations lead to the same schema, whatever was renamed among them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from peewit.errors import SchemaError
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    CreateTable,
    DropColumn,
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
)
from peewit.operations.renames import renames_in_front
from peewit.schema import Column, Constraint, Default, ForeignKey, Index, Part, Schema, Table, Type
from peewit.sql import names_in

from .sharing import run_shard, sharded

NAMES = ("a", "b", "c", "d")
names = st.sampled_from(NAMES)


@st.composite
def columns(draw: st.DrawFn) -> Column:
    """A column, which may have a rule or lead to another table."""
    name, other = draw(names), draw(names)
    key = draw(st.none() | st.builds(ForeignKey, table=names, column=names))
    rules = draw(st.sampled_from([(), (Constraint(sql=f"CHECK ({other} > {name})"),)]))
    return Column(name=name, type=Type(draw(st.sampled_from(["INT", "TEXT"]))), foreign_key=key, constraints=rules)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table of two columns."""
    own = draw(st.lists(columns(), min_size=2, max_size=2, unique_by=lambda c: c.name))
    return Table(name=draw(names), columns=tuple(own))


indexes = st.builds(lambda name, unique: Index(parts=(Part(text=name),), unique=unique), names, st.booleans())
OPERATIONS = st.one_of(
    st.builds(CreateTable, table=tables()),
    st.builds(DropTable, table=names),
    st.builds(RenameTable, before=names, after=names),
    st.builds(RenameColumn, table=names, before=names, after=names),
    st.builds(RenameColumn, table=names, before=names, after=names),
    st.builds(AddColumn, table=names, column=columns()),
    st.builds(DropColumn, table=names, column=names),
    st.builds(AlterColumn, table=names, after=columns()),
    st.builds(FillNulls, table=names, column=names, fill=st.just(Default(value=1, source="1"))),
    st.builds(AddIndex, table=names, index=indexes),
    st.builds(AddConstraint, table=names, constraint=st.builds(lambda n: Constraint(sql=f"CHECK ({n} > 0)"), names)),
    st.builds(ChangePrimaryKey, table=names, columns=st.tuples(names)),
)
START = Schema({t: Table(name=t, columns=tuple(Column(name=c, type=Type("INT")) for c in "abc")) for t in "abc"})


def law_renames_in_front_keep_the_meaning(wished: Sequence[Operation]) -> None:
    """Those of the operations that are possible lead to the same schema with their renames in front."""
    reached, operations = START, []
    for operation in wished:
        try:
            after = operation.apply(reached)
        except SchemaError:
            continue
        same = isinstance(operation, RenameTable | RenameColumn) and operation.before == operation.after
        if same or not is_whole(after):
            continue
        reached = after
        operations.append(operation)
    front = renames_in_front(operations)
    assert not [operation for operation in front.rest if isinstance(operation, RenameTable | RenameColumn)]
    state = START
    for operation in (*front.tables, *front.columns, *front.rest):
        state = operation.apply(state)
    assert plain(state) == plain(reached)


def is_whole(schema: Schema) -> bool:
    """Whether everything that is spoken of is there: what was dropped has no name that could be followed."""
    for table in schema:
        keys = [column.foreign_key for column in table.columns if column.foreign_key is not None]
        if any(key.target not in schema or schema[key.target].find(key.column) is None for key in keys):
            return False
        rules = [*table.constraints, *(rule for column in table.columns for rule in column.constraints)]
        if any(table.find(name) is None for rule in rules for name in names_in(rule.sql) - {"check"}):
            return False
    return True


def plain(schema: Schema) -> str:
    """A schema as text, names written alike."""
    return repr(sorted(schema.tables.items())).replace('"', "").replace("\\", "")


@sharded
def test_renames_in_front_keep_the_meaning(shard: int) -> None:
    """Those of the operations that are possible lead to the same schema with their renames in front."""
    run_shard(shard, law_renames_in_front_keep_the_meaning, st.lists(OPERATIONS, min_size=12, max_size=25))
