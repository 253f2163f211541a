"""What hangs on tables and is not ours: whether every view and trigger still works."""

from __future__ import annotations

from itertools import count
from typing import Any

import peewee

from peewit.sql import quote_name

_number = count()


def broken_dependents(database: peewee.SqliteDatabase) -> dict[str, str]:
    """The views, and the tables with triggers, that no longer compile: what is wrong, by name. Nothing is executed."""
    rows = database.execute_sql(
        "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('view', 'trigger')"
    ).fetchall()
    broken: dict[str, str] = {}
    for kind, name, _ in rows:
        error = why_not(database, f"SELECT * FROM {quote_name(name)}") if kind == "view" else ""
        if error:
            broken[f"view {name}"] = f'view "{name}" would no longer work: {error}'
    for table in dict.fromkeys(table for kind, _, table in rows if kind == "trigger"):
        error = next(filter(None, (why_not(database, sql) for sql in _writes(database, table))), "")
        if error:
            broken[f"trigger {table}"] = f"{_subject(rows, table)} would no longer work: {error}"
    return broken


def why_not(database: peewee.SqliteDatabase, sql: str) -> str:
    """What SQLite says where a statement cannot be compiled; empty where it can.

    The comment makes it a statement of its own: the driver keeps the compiled ones, and EXPLAIN alone does
    not notice that the schema has changed since.
    """
    try:
        database.execute_sql(f"EXPLAIN {sql} -- {next(_number)}")
    except peewee.DatabaseError as error:
        return str(error)
    return ""


def _subject(rows: list[Any], table: str) -> str:
    names = [f'"{name}"' for kind, name, on in rows if kind == "trigger" and on == table]
    trigger = f"trigger {names[0]}" if len(names) == 1 else f"one of the triggers {', '.join(names)}"
    return f'{trigger} on "{table}"'


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
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('NULL' for _ in columns)})",
        f"UPDATE {name} SET {sets}",
        f"DELETE FROM {name}",
    ]
