"""When two texts mean the same: indexes, constraints and defaults compared by what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from peewit.schema import Constraint, Index, Part, Table
from peewit.sql import canonical


def index_shape(index: Index) -> Index:
    """An index with its name gone and its texts in canonical form: equal shapes do the same job."""
    parts = tuple(_part_shape(part) for part in index.parts)
    where = None if index.where is None else canonical(index.where)
    using = None if index.using is None or index.using.upper() == "BTREE" else index.using.upper()
    options = None if index.options is None else canonical(index.options)
    return replace(index, parts=parts, where=where, using=using, options=options, name=None)


def _part_shape(part: Part) -> Part:
    text = canonical(part.text) if part.expression else part.text.lower()
    collation = None if part.collation is None else part.collation.lower()
    return replace(part, text=text, collation=collation)


def constraint_shape(constraint: Constraint) -> str:
    """A constraint's meaning: its text in canonical form, whatever its name."""
    return canonical(constraint.sql)


def find_index(table: Table, wanted: Index) -> Index | None:
    """The table's index that has the wanted one's name, else its shape."""
    if wanted.name is not None:
        named = next((i for i in table.indexes if i.name == wanted.name), None)
        if named is not None:
            return named
    shape = index_shape(wanted)
    return next((i for i in table.indexes if index_shape(i) == shape), None)


def has_index(indexes: Sequence[Index], wanted: Index) -> bool:
    """Whether an index need not be made: one that does its job is there, and has its name where it has one."""
    same = [index for index in indexes if index_shape(index) == index_shape(wanted)]
    if wanted.name is None:
        return bool(same)
    return any(index.name is not None and index.name.lower() == wanted.name.lower() for index in same)


def find_constraint(table: Table, wanted: Constraint) -> Constraint | None:
    """The table's constraint that has the wanted one's name, else its meaning."""
    if wanted.name is not None:
        named = next((c for c in table.constraints if c.name == wanted.name), None)
        if named is not None:
            return named
    if not wanted.sql:
        return None
    shape = constraint_shape(wanted)
    return next((c for c in table.constraints if constraint_shape(c) == shape), None)
