"""A change of type keeps every value as it was, or is refused before anything is changed."""

from __future__ import annotations

from typing import Any

import peewee as pw
import pytest

from peewit import DataError
from peewit.operations import AlterColumn, CreateTable
from peewit.run.sessions import session_on
from peewit.schema import Column, Schema, Table, Type

KEY = Column(name="id", type=Type("INTEGER", raw=True))


def changed(database: pw.Database, old: str, new: str, value: str) -> Any:
    """What becomes of a value, as text, when its column becomes another type."""
    column = Column(name="v", type=Type(old, raw=True), null=True)
    table = Table(name="t", columns=(KEY, column), primary_key=("id",))
    with database.connection_context():
        session = session_on(database, 5)
        with session.transaction():
            session.run([CreateTable(table=table)], Schema())
        database.execute_sql("INSERT INTO t VALUES (1, %s)", (value,))
        after = Column(name="v", type=Type(new, raw=True), null=True)
        try:
            with session.transaction():
                session.run([AlterColumn(table="t", after=after, before=column)], Schema({"t": table}))
        finally:
            found: Any = database.execute_sql("SELECT v::text FROM t").fetchone()[0]
    return found


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("BIGINT", "DOUBLE PRECISION", "9007199254740993"),
        ("INTEGER", "REAL", "16777217"),
        ("NUMERIC", "DOUBLE PRECISION", "1.23456789012345678901"),
        ("TEXT", "REAL", "123456789.123"),
        ("TEXT", "NUMERIC(10, 2)", "1.239"),
        ("TEXT", "DATE", "2020-01-02 10:11"),
        ("TEXT", "DATE", "01/02/2020"),
        ("TEXT", "TIME", "2020-01-02 10:11"),
        ("TEXT", "TIMESTAMP", "2020-01-02 10:11+05"),
        ("TEXT", "TIMESTAMP", "now"),
        ("TEXT", "CHAR(5)", "x  "),
        ("TIMESTAMP", "TIMESTAMP(0)", "2020-01-02 10:11:12.5"),
        ("TIMESTAMPTZ", "TIMESTAMP(0)", "2020-01-02 10:11:12.5+00"),
        ("INTERVAL", "TIME", "1 day 2 hours"),
    ],
)
def test_a_value_that_would_become_another_is_refused(postgres: pw.Database, old: str, new: str, value: str) -> None:
    with pytest.raises(DataError, match="1 value does not convert"):
        changed(postgres, old, new, value)
    found: Any = postgres.execute_sql("SELECT count(*) FROM t WHERE v = %s", (value,)).fetchone()
    assert found == (1,)


@pytest.mark.parametrize(
    ("old", "new", "value", "wanted"),
    [
        ("DOUBLE PRECISION", "NUMERIC", "123456789.12345679", "123456789.12345679"),
        ("REAL", "NUMERIC", "16777216", "16777216"),
        ("REAL", "INTEGER", "16777216", "16777216"),
        ("NUMERIC(10, 5)", "DOUBLE PRECISION", "0.1", "0.1"),
        ("TEXT", "BIGINT", "9223372036854775807", "9223372036854775807"),
        ("TEXT", "DATE", "2020-01-02", "2020-01-02"),
        ("TEXT", "TIMESTAMP", "2020-01-02T10:11:12Z", "2020-01-02 10:11:12"),
        ("TEXT", "TIMESTAMPTZ", "2020-01-02 10:11:12+05", "2020-01-02 05:11:12+00"),
    ],
)
def test_a_value_that_fits_is_kept(postgres: pw.Database, old: str, new: str, value: str, wanted: str) -> None:
    with postgres.connection_context():
        postgres.execute_sql(f"ALTER DATABASE {postgres.database} SET TimeZone = 'UTC'")
    assert changed(postgres, old, new, value) == wanted
