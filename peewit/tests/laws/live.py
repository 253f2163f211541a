"""A live SQLite file seen from outside: its schema by PRAGMAs and texts, its rows, and rows to put in."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw

from peewit.dialects import SQLITE
from peewit.read import QUERY, read_found
from peewit.sql import canonical

from .kinds import KINDS, Stored
from .specs import FieldSpec, Model, Spec, TableSpec, quoted

KEY_VALUES: dict[str, tuple[Stored, ...]] = {
    "char": ("", "a", "O'Brien", 'k"k', "ünï", "12"),
    "uuid": tuple(f"{n:032x}" for n in (1, 2, 2**120, 10**31)),
    "int": (0, 1, -1, 2, 10**12, -(2**63)),
    "auto": (1, 2, 5, 1000, 10**10),
    "autoincrement": (1, 2, 7, 50),
}


def opened(path: Path | str) -> sqlite3.Connection:
    """A connection of our own, which sees what anybody would see."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = 1")
    return connection


def ours(name: str) -> bool:
    """Whether a table is neither SQLite's nor the history."""
    return not name.startswith(("sqlite_", "migratehistory"))


def tables_in(connection: sqlite3.Connection) -> list[str]:
    """The tables of the application."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows if ours(name)]


# ---------------------------------------------------------------------- schema


def schema_of(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    """The schema: what the PRAGMAs say, and the canonical form of the texts, table by table."""
    found = read_found(connection.execute(QUERY).fetchall())
    described = {}
    for name in tables_in(connection):
        canonical_form = SQLITE.canonical(found.tables[name].table)
        described[name] = {
            "columns": _columns(connection, name),
            "keys": _foreign_keys(connection, name),
            "indexes": _indexes(connection, name),
            "settings": _settings(connection, name),
            "canonical": canonical_form,
        }
    return described


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute(f"PRAGMA table_xinfo({quoted(table)})")
    return {
        name: (kind.upper(), notnull, None if default is None else canonical(default), key, hidden)
        for _, name, kind, notnull, default, key, hidden in rows
    }


def _foreign_keys(connection: sqlite3.Connection, table: str) -> Counter[tuple[Any, ...]]:
    rows = connection.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall()
    return Counter((target.lower(), column, to, up, down) for _, _, target, column, to, up, down, _ in rows)


def _indexes(connection: sqlite3.Connection, table: str) -> set[tuple[Any, ...]]:
    found = set()
    for _, name, unique, origin, partial in connection.execute(f"PRAGMA index_list({quoted(table)})").fetchall():
        parts = connection.execute(f"PRAGMA index_xinfo({quoted(name)})").fetchall()
        keys = tuple((column, down, collation) for _, _, column, down, collation, key in parts if key)
        where = _where(connection, name) if partial else ""
        found.add((unique, origin == "pk", keys, where))
    return found


def _where(connection: sqlite3.Connection, index: str) -> str:
    (text,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,)).fetchone()
    return canonical(text[text.index(" WHERE ") + 7 :])


def _settings(connection: sqlite3.Connection, table: str) -> tuple[Any, ...]:
    row = connection.execute("SELECT wr, strict FROM pragma_table_list(?) WHERE schema = 'main'", (table,)).fetchone()
    return tuple(row)


def made_by_peewee(models: Sequence[Model]) -> dict[str, dict[str, Any]] | None:
    """The schema ``create_tables()`` makes of the models; None where it cannot, or leaves an index out."""
    database = pw.SqliteDatabase(":memory:", pragmas={"foreign_keys": 1})
    with database.bind_ctx(models, bind_refs=False, bind_backrefs=False):
        try:
            database.create_tables(models)
        except (pw.DatabaseError, ValueError):
            return None
        connection = database.connection()
        rows = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        if rows.fetchone()[0] != sum(len(model._meta.fields_to_index()) for model in models):
            return None
        schema = schema_of(connection)
        database.close()
    return schema


def problems(connection: sqlite3.Connection) -> list[Any]:
    """What SQLite finds wrong with the file."""
    integrity = [row for row in connection.execute("PRAGMA integrity_check") if row != ("ok",)]
    return integrity + connection.execute("PRAGMA foreign_key_check").fetchall()


def everything(path: Path) -> list[str]:
    """All a file holds, as statements: two files with the same list are the same to everybody."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        master = [repr(row) for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")]
        rows = [
            f"{name}: {row!r}"
            for name in _all_tables(connection)
            for row in connection.execute(f"SELECT * FROM {quoted(name)}")
            if "failed" not in row  # the note that a migration failed
        ]
    return master + rows


def _all_tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


# ---------------------------------------------------------------------- rows


def insert_rows(connection: sqlite3.Connection, spec: Spec, seed: int) -> None:
    """Put rows into every table; a row the constraints refuse stays out."""
    random = Random(seed)
    for table in spec:
        for number in range(random.choice((0, 1, 3, 3, 6))):
            values = {f.column_name: _value(connection, spec, table, f, random, number) for f in table.fields}
            generated = {f.column_name for f in table.fields if f.generated}
            left = {f.column_name for f in table.fields if f.sql_default and random.random() < 0.3}
            columns = [name for name in values if name not in generated | left]
            marks = ", ".join("?" for _ in columns)
            text = f"INSERT INTO {quoted(table.name)} ({', '.join(map(quoted, columns))}) VALUES ({marks})"
            if not columns:
                text = f"INSERT INTO {quoted(table.name)} DEFAULT VALUES"
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute(text, [values[name] for name in columns])


def _value(
    connection: sqlite3.Connection,
    spec: Spec,
    table: TableSpec,
    field: FieldSpec,
    random: Random,
    number: int,
) -> Stored:
    if field.null and random.random() < 0.3:
        return None
    if field.target:
        return _reference(connection, spec, table, field, random)
    if field.kind in KEY_VALUES:
        values = KEY_VALUES[field.kind]
        return values[number % len(values)]
    return random.choice(KINDS[field.kind].values)


def _reference(
    connection: sqlite3.Connection, spec: Spec, table: TableSpec, field: FieldSpec, random: Random
) -> Stored:
    target = next(t for t in (*spec, table) if t.uid == field.target)
    refers = target.field(field.to or target.key[0])
    assert refers is not None, field
    query = f"SELECT {quoted(refers.column_name)} FROM {quoted(target.name)}"
    there = [value for (value,) in connection.execute(query) if value is not None]
    return random.choice(there) if there else None


def rows_of(connection: sqlite3.Connection, table: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
    """The rows of a table, each value with its type."""
    parts = [part for name in columns for part in (f"typeof({quoted(name)})", quoted(name))]
    rows: list[tuple[Any, ...]] = connection.execute(
        f"SELECT {', '.join(parts) or '1'} FROM {quoted(table)}"
    ).fetchall()
    return rows
