"""What is asked before a table of MariaDB or MySQL is changed, of its rows and of what speaks of it.

Nothing is undone afterwards, so it is all asked before the first write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from peewit.compile import mysql_types as types
from peewit.compile import server_guards as guards
from peewit.compile.mysql_fills import by_default, constant, row_keys, spellings
from peewit.compile.server_text import own_text
from peewit.compile.server_work import Alteration, Stretch, Work
from peewit.compile.statements import Guard
from peewit.dialects import MysqlDialect
from peewit.errors import UnsupportedChangeError
from peewit.schema import Column, Constraint, Table
from peewit.sql import check_expression, names_in
from peewit.sql.constraints import unique_columns


def refuse_views(stretch: Stretch, table: str, column: str | None, what: str) -> None:
    """UnsupportedChangeError where a view speaks of a table or column that goes: the server would let it stand."""
    for found in stretch.found.views():
        words = names_in(found.sql, stretch.dialect.rules)
        own = found.mode.lower() == table.lower()  # a trigger of this very table, which goes where it goes
        if column is None:
            breaks = table.lower() in words and not own
        else:
            breaks = column.lower() in words and (own or table.lower() in words)
        if breaks:
            kind = "trigger" if found.mode else "view"
            subject = f'table "{table}"' if column is None else f'column "{column}" of "{table}"'
            raise UnsupportedChangeError(
                f'{subject} cannot be {what}: {kind} "{found.name}" would no longer work',
                hint=f"drop the {kind} in the same migration, with migrator.sql(…), and make it anew afterwards",
            )


def refuse_deferrable(table: Table, column: Column) -> None:
    """UnsupportedChangeError for a foreign key that is to be checked at the end of a transaction."""
    key = column.foreign_key
    if key is not None and key.deferrable is not None and "NOT" not in key.deferrable.upper():
        raise UnsupportedChangeError(
            f'the foreign key "{column.name}" of "{table.key}" cannot be deferrable on MariaDB or MySQL',
            hint="leave deferrable=… out",
        )


def refuse_broken_views(work: Work, stretch: Stretch, dialect: MysqlDialect) -> None:
    """A dropped column that a view or a trigger speaks of; a trigger that would run for every filled row."""
    for fill in work.fills:
        if fill.new and not by_default(fill, dialect):
            for trigger in work.found.triggers:
                if trigger.mode == "UPDATE":
                    raise UnsupportedChangeError(
                        f'the new column "{fill.column}" of "{work.key}" cannot be filled row by row: '
                        f'trigger "{trigger.name}" would run for each',
                        hint="drop the trigger in the same migration, with migrator.sql(…), and make it anew "
                        "afterwards",
                    )
    for name in work.dropped:
        table = work.found.table.name if work.called is None else work.called.table
        refuse_views(stretch, table, work.name_now(name), "dropped")


def guards_of(work: Work, stretch: Stretch, dialect: MysqlDialect) -> Iterator[Guard]:
    """Everything that is asked of the rows: nothing is undone afterwards."""
    work.constants = dict(_constants(work, dialect))
    for column in work.added.values():
        refuse_deferrable(work.table, column)
        if column.needs_value and column.fill is None:
            yield guards.no_rows(work, column.name)
        for constraint in column.constraints:  # the server does not look whether the new value meets it
            yield from _of_constraint(work, constraint, dialect)
    for fill in work.fills:
        if fill.value.called and not row_keys(work, fill, dialect):
            yield guards.told_apart(work, fill.column, new=fill.new)
    for alteration in work.altered.values():
        refuse_deferrable(work.table, alteration.after)
        yield from _of_alteration(work, alteration, dialect)
    for constraint in (*work.add_constraints, *(Constraint(sql=sql) for sql in work.own_checks.values())):
        yield from _of_constraint(work, constraint, dialect)
    for index in work.add_indexes:
        if (one_value := guards.one_value(work, index)) is not None:
            yield one_value
        elif index.unique and index.columns and _are_there(work, dialect, index.columns):
            yield guards.no_duplicates(work, index.columns)
    if work.primary_key and _are_there(work, dialect, work.primary_key):
        yield guards.no_duplicates(work, work.primary_key)
    for new in work.add_keys:
        parent = stretch.found.table(new.key.target)
        there = parent is not None and any(c.name == new.key.column for c in parent.table.columns)
        if _are_there(work, dialect, (new.column,)) and there and new.key.target not in stretch.created:
            path = dialect.path(new.key.table, new.key.schema)
            yield guards.no_orphans(work, new.column, new.key, stretch.table_now(new.key.target, path))


def fits_characters(work: Work, columns: Collection[str], charset: str, dialect: MysqlDialect) -> Iterator[Guard]:
    """The values of columns that get other characters have to be written in these."""
    if charset in ("", "utf8mb4"):
        return
    for column in work.found.table.columns:
        if column.name in columns:
            name = dialect.quoted(column.name)
            there, back = f"CONVERT({name} USING utf8mb4)", f"CONVERT(CONVERT({name} USING {charset}) USING utf8mb4)"
            yield guards.converts(work, column, f"CHARACTER SET {charset}", f"{back} <> {there} COLLATE utf8mb4_bin")


def _of_alteration(work: Work, alteration: Alteration, dialect: MysqlDialect) -> Iterator[Guard]:
    live = alteration.live
    if live.null and not alteration.after.null and work.fill_of(alteration.after.name) is None:
        yield guards.no_nulls(work, live.name)
    old, new = spellings(alteration, dialect)
    meant = alteration.meant
    was, becomes = alteration.before.type.name, alteration.after.type.name
    of_bytes = types.family(str(live.type)) == "bytes"
    if becomes == "UUID" != was and not of_bytes:
        asked = guards.converts(work, live, "UUID", f"{dialect.quoted(live.name)} NOT REGEXP '{_UUID}'")
        yield replace(asked, hint="write each as 32 digits without strokes first, as Peewee does, or clear it")
    if old == new and meant is None:
        return
    old = str(live.type)
    length = types.shorter(old, new)
    if length is not None:
        yield guards.not_longer(work, live.name, length, new)
    condition = types.damaged(dialect.quoted(live.name), old, new)
    is_no_value = {was, becomes} == {"UUID", "UUIDB"} or (becomes == "UUIDB" and not of_bytes)
    if is_no_value or meant is not None:
        condition = f"{dialect.quoted(live.name)} IS NOT NULL"  # the server would read one as it reads the other
    if condition:
        asked = guards.converts(work, live, new, condition)
        if meant is not None:
            by_hand = "change the column and its values by hand, then: peewit migrate --fake"
            asked = replace(asked, hint=f"{asked.hint}; or {by_hand}")
        yield asked


_UUID = "^[0-9a-fA-F]{32}$"
"""A UUID as Peewee writes it: one with strokes it reads, and finds by no value."""


def _of_constraint(work: Work, constraint: Constraint, dialect: MysqlDialect) -> Iterator[Guard]:
    expression = check_expression(constraint.sql)
    unique = unique_columns(own_text(constraint.sql, work.table, dialect), dialect.rules)
    if unique and _are_there(work, dialect, unique):
        yield guards.no_duplicates(work, unique)
    new = {name.lower() for name in work.added if name not in work.constants}
    if expression is not None and not new & names_in(expression, dialect.rules):
        yield guards.meets(work, own_text(expression, work.table, dialect))


def _are_there(work: Work, dialect: MysqlDialect, columns: tuple[str, ...]) -> bool:
    """Whether the rows can be asked for their values in these columns, before anything is written."""
    there = {c.name for c in work.found.table.columns} - set(work.dropped) - set(work.added)
    return all(name in work.constants or dialect.cut(name) in there for name in columns)


def _constants(work: Work, dialect: MysqlDialect) -> Iterator[tuple[str, str]]:
    """The new columns that come with one value for all rows, that of their fill or that of their DEFAULT."""
    for column in work.added.values():
        fill = work.fill_of(column.name)
        text = None if fill is None else constant(fill.value, dialect)
        text = column.default if text is None else text
        if text is not None and "(" not in text:
            yield column.name, text
