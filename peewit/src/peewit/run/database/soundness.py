"""What SQLite's own check of a file finds, ``PRAGMA quick_check`` or ``integrity_check``, and what of it is damage.

SQLite 3.40 looks for nulls in the wrong columns of a table WITHOUT ROWID whose key is not its first columns, and
finds some where there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import peewee

from peewit.sql import quote_name

_NULL = "NULL value in "
RULES = (_NULL, "CHECK constraint failed")
"""How a line begins that tells of a value that breaks a rule of its table: the file itself is whole."""


def lines_of(rows: Iterable[tuple[str]]) -> list[str]:
    """What the check found, line by line."""
    return [line for (text,) in rows for line in text.splitlines() if line != "ok" and not line.startswith("***")]


def damage(rows: Iterable[tuple[str]]) -> list[str]:
    """What of it is damage to the file."""
    return [line for line in lines_of(rows) if not line.startswith(RULES)]


def without_mistakes(lines: list[str], database: peewee.SqliteDatabase) -> list[str]:
    """The lines without nulls that are not there."""
    if not any(line.startswith(_NULL) for line in lines):
        return lines
    mistaken = set(_no_nulls(database))
    return [line for line in lines if line not in mistaken]


def _no_nulls(database: peewee.SqliteDatabase) -> Iterator[str]:
    """The lines about columns of tables WITHOUT ROWID in which there is no null."""
    columns = database.execute_sql(
        "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c "
        "WHERE t.schema = 'main' AND t.wr"
    ).fetchall()
    for table, column in columns:
        found = f"SELECT 1 FROM {quote_name(table)} WHERE {quote_name(column)} IS NULL LIMIT 1"
        if database.execute_sql(found).fetchone() is None:
            yield f"{_NULL}{table}.{column}"
