"""What is asked of the rows of a PostgreSQL table before it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peewit.compile import postgres_meanings as meanings
from peewit.compile import postgres_types as types
from peewit.compile import server_guards as guards
from peewit.compile.postgres_fills import counts
from peewit.compile.server_text import own_text
from peewit.compile.server_work import Alteration, Work
from peewit.compile.statements import Conversion, Guard, of_new
from peewit.dialects import PostgresDialect
from peewit.sql import check_expression


def spellings(alteration: Alteration, dialect: PostgresDialect) -> tuple[str, str]:
    """The types of a column, before and after, as an existing column takes them."""
    before, after = alteration.before.type, alteration.after.type
    return types.plain_spelling(before, dialect), types.plain_spelling(after, dialect)


def guards_of(work: Work, dialect: PostgresDialect) -> Iterator[Guard]:
    """What the server itself would not refuse, or only when half of it is done."""
    for column in work.added.values():
        if column.needs_value and not column.autoincrement and column.fill is None and not counts(column):
            yield guards.no_rows(work, column.name)
    for index in work.add_indexes:
        if (one_value := guards.one_value(work, index)) is not None:
            yield one_value
    for alteration in work.altered.values():
        yield from _of_type(work, alteration, dialect)


def _of_type(work: Work, alteration: Alteration, dialect: PostgresDialect) -> Iterator[Guard]:
    old, new = spellings(alteration, dialect)
    meant = alteration.meant
    if old == new and meant is None:
        return
    live = alteration.live
    length = types.shorter(old, new)
    if length is not None and types.family(old) == "text":
        yield guards.not_longer(work, live.name, length, new)
    column = dialect.quoted(live.name)
    condition = types.damaged(column, old, new) if meant is None else meanings.damaged(column, meant, old, new)
    if condition:
        yield guards.converts(work, live, new, condition)


def differing_of(work: Work) -> Iterator[Guard]:
    """What a unique index of new columns refuses: they can be asked for once they are there."""
    for index in work.add_indexes:
        new = [work.added[name] for name in index.columns if name in work.added]
        if index.unique and new:
            yield of_new(guards.no_duplicates(work, index.columns, index.where), work.key, new[0])


def conversion_of(work: Work, alteration: Alteration, dialect: PostgresDialect) -> Conversion:
    """What is told of a column whose values the server does not convert."""
    old, new = spellings(alteration, dialect)
    hint = "correct or clear them first"
    if types.by_text_alone(old, new) and alteration.meant is None:
        action = f"ALTER COLUMN {dialect.quoted(alteration.live.name)} TYPE {new} USING …"
        hint = (
            f"there is no cast from {old} to {new}: say how by migrator.sql('ALTER TABLE {work.path} {action}') in a "
            "file of its own: peewit create NAME --empty"
        )
    return Conversion(problem=f'column "{alteration.live.name}" of "{work.key}" cannot become {new}', hint=hint)


def _refused_of(work: Work, dialect: PostgresDialect) -> Iterator[Guard]:
    for alteration in work.altered.values():
        old, new = spellings(alteration, dialect)
        if old == new or alteration.meant is not None:
            continue
        refused = types.refused(dialect.quoted(alteration.live.name), old, new, dialect.version)
        if refused:
            hint = conversion_of(work, alteration, dialect).hint
            yield replace(guards.converts(work, alteration.live, new, refused), hint=hint)


def enforced_of(work: Work, dialect: PostgresDialect) -> Iterator[Guard]:
    """What the server refuses by itself: asked only to explain why it did."""
    yield from _refused_of(work, dialect)
    for alteration in work.altered.values():
        if alteration.live.null and not alteration.after.null and work.fill_of(alteration.after.name) is None:
            yield guards.no_nulls(work, alteration.live.name)
    for constraint in work.add_constraints:
        expression = check_expression(constraint.sql)
        if expression is not None:
            yield guards.meets(work, own_text(expression, work.table, dialect))
    for index in work.add_indexes:
        if index.unique and all(work.live(name) is not None for name in index.columns) and index.columns:
            yield guards.no_duplicates(work, index.columns, index.where)
    if work.primary_key and all(work.live(name) is not None for name in work.primary_key):
        yield guards.no_duplicates(work, work.primary_key)
    for new in work.add_keys:
        if work.live(new.column) is not None and new.key.column:
            yield guards.no_orphans(work, new.column, new.key, dialect.path(new.key.table, new.key.schema))
