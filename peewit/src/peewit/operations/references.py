"""Which tables a table's foreign keys lead to, those of its columns and those written as a constraint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peewit.schema import Constraint, Table, key_of, parts_of
from peewit.sql.foreign_keys import read_key, with_table, with_target


def parents(table: Table, *, deferred: bool = True) -> Iterator[str]:
    """The keys of the tables it refers to; without those of a DeferredForeignKey where these are not wanted."""
    for column in table.columns:
        key = column.foreign_key
        if key is not None and (deferred or not key.deferred):
            yield key.target
    for constraint in table.constraints:
        text = read_key(constraint.sql)
        if text is not None:
            yield key_of(text.schema, text.table)


def with_table_called(constraint: Constraint, table: str, after: str) -> Constraint:
    """A constraint where a table gets another key: a foreign key may lead to it."""
    schema, name = parts_of(table)
    into, new = parts_of(after)
    return replace(constraint, sql=with_table(constraint.sql, name, schema, new, into))


def with_column_called(constraint: Constraint, table: str, before: str, after: str) -> Constraint:
    """A constraint where a column of a table, by its key, is called otherwise: a foreign key may lead to it."""
    schema, name = parts_of(table)
    return replace(constraint, sql=with_target(constraint.sql, name, schema, before, after))
