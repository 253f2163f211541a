"""The declared SQLite dialect against SQLite and Peewee themselves."""

import sqlite3

import peewee
import pytest

from peewit.dialects import SQLITE, affinity
from peewit.schema import Type

PEEWEE_TYPES = sorted(peewee.SqliteDatabase(None)._field_types.items())


@pytest.mark.parametrize(("name", "spelled"), PEEWEE_TYPES)
def test_types_are_spelled_as_peewee_spells_them(name: str, spelled: str) -> None:
    """The table of types is Peewee's own."""
    assert SQLITE.spell(Type(name)) == spelled


DECLARED = [
    *["INT", "INTEGER", "TINYINT", "BIGINT", "UNSIGNED BIG INT", "POINT", "CHARINT", "FLOATING POINT"],
    *["CHARACTER(20)", "VARCHAR(255)", "NCHAR(55)", "TEXT", "CLOB", "STRING"],
    *["BLOB", "", "REAL", "DOUBLE PRECISION", "FLOAT", "NUMERIC", "DECIMAL(10, 5)", "BOOLEAN", "DATE", "DATETIME"],
]


@pytest.mark.parametrize("declared", DECLARED)
def test_affinity_is_what_sqlite_does(declared: str) -> None:
    """A column of each type stores '1', '1.5' and 'x' as SQLite's rules say for its affinity."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (c {declared})")
    stored = []
    for value in ("1", "1.5", 1, 1.0):
        connection.execute("INSERT INTO t VALUES (?)", (value,))
        stored.append(connection.execute("SELECT typeof(c) FROM t ORDER BY rowid DESC").fetchone()[0])
    expected = {
        "integer": ["integer", "real", "integer", "integer"],
        "numeric": ["integer", "real", "integer", "integer"],
        "real": ["real", "real", "real", "real"],
        "text": ["text", "text", "text", "text"],
        "blob": ["text", "text", "integer", "real"],
    }
    assert expected[affinity(declared).value] == stored
    connection.close()
