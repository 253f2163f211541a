"""What hangs on tables and is not ours: whether every view and trigger still works."""

from __future__ import annotations

import peewee

from peewit.sql import quote_name


def broken_dependents(database: peewee.SqliteDatabase) -> dict[str, str]:
    """The views and triggers that cannot be compiled, as ``{"view \\"v\\"": error}``. Nothing is executed."""
    rows = database.execute_sql(
        "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('view', 'trigger')"
    ).fetchall()
    broken: dict[str, str] = {}
    for kind, name, _ in rows:
        if kind == "view":
            _try(database, f"EXPLAIN SELECT * FROM {quote_name(name)}", f'view "{name}"', broken)
    for table in dict.fromkeys(table for kind, _, table in rows if kind == "trigger"):
        for sql in _writes(database, table):
            _try(database, sql, f'a trigger on "{table}"', broken)
    return broken


def _writes(database: peewee.SqliteDatabase, table: str) -> list[str]:
    """Statements that make SQLite compile every trigger of a table."""
    columns = [
        quote_name(name)
        for name, hidden in database.execute_sql("SELECT name, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
        if not hidden
    ]
    name = quote_name(table)
    sets = ", ".join(f"{column} = {column}" for column in columns)
    return [
        f"EXPLAIN INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('NULL' for _ in columns)})",
        f"EXPLAIN UPDATE {name} SET {sets}",
        f"EXPLAIN DELETE FROM {name}",
    ]


def _try(database: peewee.SqliteDatabase, sql: str, subject: str, broken: dict[str, str]) -> None:
    try:
        database.execute_sql(sql)
    except peewee.DatabaseError as error:
        broken.setdefault(subject, str(error))
