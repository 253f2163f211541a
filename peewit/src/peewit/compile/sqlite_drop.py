"""Dropping tables of SQLite, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from peewit.compile import sqlite_guards as guards
from peewit.compile.sqlite_text import OLD
from peewit.compile.sqlite_work import Work
from peewit.compile.statements import EditSchema, Execute, SchemaRow, Statement
from peewit.dialects import SqliteDialect
from peewit.schema import Found, FoundTable
from peewit.sql import CreateTable, parse_create_table, quote_name
from peewit.sql.edit_table import with_name


def drop_table(there: FoundTable, found: Found, dialect: SqliteDialect) -> Iterator[Statement]:
    """Nothing may refer to a table that is dropped: SQLite would delete its rows one by one, and act on it."""
    table = there.table.name
    if not any(True for _ in _referring(table.lower(), found)) or not dialect.edits_schema:
        yield Execute(sql=f"DROP TABLE {quote_name(table)}")
        return
    yield from (Execute(sql=f"DROP TRIGGER {quote_name(trigger.name)}") for trigger in there.triggers)
    yield from (Execute(sql=f"DROP INDEX {quote_name(index.name)}") for index in there.indexes)
    old = OLD + table
    former = with_name(parse_create_table(there.sql), old)
    if any(column.autoincrement for column in there.table.columns):
        yield Execute(sql="DELETE FROM sqlite_sequence WHERE name = ?", params=(table,))
    rows = [SchemaRow(kind="table", name=table, new_name=old, new_table=old, sql=former.sql)]
    for index in there.autoindexes:
        number = index.rpartition("_")[2]
        rows.append(SchemaRow(kind="index", name=index, new_name=f"sqlite_autoindex_{old}_{number}", new_table=old))
    yield EditSchema(rows=tuple(rows))
    yield Execute(sql=f"DROP TABLE {quote_name(old)}")


def guards_of_drops(
    dropped: Mapping[str, FoundTable], found: Found, works: Mapping[str, Work], created: Mapping[str, object]
) -> Iterator[Statement]:
    """No row may refer to a table that goes and does not come back: as the tables are after their ``works``.

    All by their names in lower case.
    """
    for name, gone in dropped.items():
        if name in created:
            continue
        for child, columns in _referring(name, found):
            key = child.table.name.lower()
            if key in dropped:
                continue
            work = works.get(key)
            if work is None or (columns, name) in _references(work.created):
                yield guards.nothing_refers(child.table.name, columns, gone.table.name)


def _referring(name: str, found: Found) -> Iterator[tuple[FoundTable, tuple[str, ...]]]:
    """The tables and the columns by which they refer to a table, as things stand."""
    for there in found.mentioning(name):
        for columns, target in _references(parse_create_table(there.sql)):
            if target == name:
                yield there, columns


def _references(created: CreateTable) -> Iterator[tuple[tuple[str, ...], str]]:
    """The columns and the table, in lower case, of every foreign key in a definition."""
    for column in created.columns:
        for clause in column.clauses_of("references"):
            if clause.reference is not None:
                yield (column.name,), clause.reference.table.lower()
    for constraint in created.constraints:
        if constraint.reference is not None:
            yield constraint.columns, constraint.reference.table.lower()
