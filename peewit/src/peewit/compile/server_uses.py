"""What the indexes and rules of a live table speak of: by that they are found again, and hold a column."""

from __future__ import annotations

from dataclasses import replace

from peewit.compile.server_work import Work
from peewit.errors import UnsupportedChangeError
from peewit.operations import (
    constraint_shape,
    index_shape,
)
from peewit.schema import Constraint, FoundIndex, Index, Table
from peewit.sql import check_expression, names_in


def using(index: Index) -> str:
    """The method of an index as CREATE INDEX takes it."""
    return f"USING {index.using} " if index.using else ""


def plain_shape(work: Work, index: Index) -> Index:
    """An index over columns as the server keeps its names: equal shapes do the same job."""
    shape = index_shape(index)
    parts = tuple(
        replace(part, text=work.dialect.cut(old.text), collation=None)
        for part, old in zip(shape.parts, index.parts, strict=True)
    )
    return replace(shape, parts=parts, options=None)


def text_of(index: Index) -> str:
    """All texts of SQL in an index."""
    return " ".join([*(part.text for part in index.parts if part.expression), index.where or "", index.options or ""])


def used_by(work: Work, name: str | None, text: str) -> frozenset[str]:
    """The columns a constraint or an index uses: the server tells, else those its text may speak of."""
    used = work.found.uses.get(name or "")
    if used is not None:
        return used
    words = names_in(text, work.dialect.rules)
    return frozenset(c.name for c in work.found.table.columns if c.name.lower() in words)


def columns_of(work: Work, constraint: Constraint) -> frozenset[str]:
    """The columns a constraint speaks of; what it refers to in another table is not meant."""
    text = check_expression(constraint.sql) or constraint.sql
    if text.upper().startswith("FOREIGN KEY"):
        text = text.partition("REFERENCES")[0]
    return used_by(work, constraint.name, text)


def belongs_to(table: Table, work: Work, constraint: Constraint, column: str) -> bool:
    """Whether a constraint came with the column: the migrations know it as the column's own, or it is a CHECK of it."""
    known = table.find(column)
    if known is None:
        return False
    if check_expression(constraint.sql) is None:
        return constraint_shape(constraint) in map(constraint_shape, known.constraints)
    others = {c.name for c in work.found.table.columns} - {column}
    shapes = [constraint_shape(c) for c in table.constraints]
    return not others & columns_of(work, constraint) and constraint_shape(constraint) not in shapes


def refuse_unmanaged(work: Work, index: FoundIndex, column: str) -> None:
    """An index over more than the dropped column, with a condition of its own, is not dropped in passing."""
    if len(index.index.parts) > 1 and index.index.where is not None:
        raise still_used(work, column, f'index "{index.name}"')


def still_used(work: Work, column: str, by: str) -> UnsupportedChangeError:
    """A column cannot go while something that stays speaks of it."""
    return UnsupportedChangeError(
        f'column "{work.name_now(column)}" of "{work.key}" cannot be dropped: {by} uses it', hint=f"drop {by} first"
    )
