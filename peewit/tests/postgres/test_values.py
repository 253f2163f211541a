"""A change of type keeps every value as it was, or is refused before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse.postgres_ext import IntervalField

from peewit import DataError
from peewit.operations import AlterColumn, CreateTable
from peewit.run.sessions.choosing import session_on
from peewit.schema import Column, Schema, Table, Type

from ..server_project import ServerProject

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


CORRECT, NO_CAST = "correct or clear them first", r"""ALTER TABLE "t" ALTER COLUMN "v" TYPE"""


@pytest.mark.parametrize(
    ("old", "new", "value", "told", "hint"),
    [
        ("BIGINT", "INTEGER", "1099511627776", "1 value does not convert, for example 1099511627776", CORRECT),
        ("INTEGER", "SMALLINT", "70000", "1 value does not convert, for example 70000", CORRECT),
        ("NUMERIC", "BIGINT", "1e20", "for example 100000000000000000000", CORRECT),
        ("INTEGER", "NUMERIC(4, 2)", "7000", "1 value does not convert, for example 7000", CORRECT),
        ("INTEGER", "VARCHAR(2)", "7000", "1 value does not convert, for example 7000", CORRECT),
        ("TEXT", "DATE", "2020-13-01", "1 value does not convert, for example '2020-13-01'", CORRECT),
        ("TEXT", "TIMESTAMP", "2020-04-31 10:00", "1 value does not convert", CORRECT),
        ("TEXT", "DATE", "2021-02-29", "2021-02-29", CORRECT),
        ("BIGINT", "TIMESTAMP", "1577934245", "1577934245", NO_CAST),
        ("TIMESTAMP", "BIGINT", "2020-01-02 03:04:05", "2020", NO_CAST),
        ("BYTEA", "UUID", "\\x0102", "1 value does not convert, for example b'\\x01\\x02'", CORRECT),
    ],
)
def test_a_value_that_the_server_refuses_is_told_with_its_column(
    postgres: pw.Database, old: str, new: str, value: str, told: str, hint: str
) -> None:
    """The server's own words name no column; each message says what to do."""
    with pytest.raises(DataError) as error:
        changed(postgres, old, new, value)
    assert f'column "v" of "t" cannot become {new}: ' in error.value.message
    assert told in error.value.message
    assert hint in error.value.hint


def test_of_several_columns_that_change_the_server_names_none(postgres: pw.Database) -> None:
    """Where no question finds the value, each column is told that it may be of."""
    columns = [Column(name=name, type=Type("TEXT", raw=True), null=True) for name in ("a", "b")]
    table = Table(name="t", columns=(KEY, *columns), primary_key=("id",))
    session = session_on(postgres, 5)
    with postgres.connection_context():
        with session.transaction():
            session.run([CreateTable(table=table)], Schema())
        postgres.execute_sql("INSERT INTO t VALUES (1, '2020-01-02', '2021-02-29')")
        changes = [
            AlterColumn(table="t", after=Column(name=c.name, type=Type("DATE", raw=True), null=True), before=c)
            for c in columns
        ]
        with pytest.raises(DataError) as error, session.transaction():
            session.run(changes, Schema({"t": table}))
    assert 'column "b" of "t" cannot become DATE' in error.value.message
    assert "2021-02-29" in error.value.message


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
        ("TEXT", "DATE", "2020-2-29", "2020-02-29"),
        ("TEXT", "TIME", "24:00", "24:00:00"),
        ("BYTEA", "UUID", "\\x12345678123456781234567812345678", "12345678-1234-5678-1234-567812345678"),
        ("UUID", "BYTEA", "12345678-1234-5678-1234-567812345678", "\\x12345678123456781234567812345678"),
    ],
)
def test_a_value_that_fits_is_kept(postgres: pw.Database, old: str, new: str, value: str, wanted: str) -> None:
    with postgres.connection_context():
        postgres.execute_sql(f"ALTER DATABASE {postgres.database} SET TimeZone = 'UTC'")
    assert changed(postgres, old, new, value) == wanted


MOMENTS = {
    "a day": (pw.DateField, "'2024-03-05'"),
    "a time": (pw.TimeField, "'10:11:12'"),
    "a moment": (pw.DateTimeField, "'2024-03-05 10:11:12'"),
    "a span": (IntervalField, "'2 days'"),
}
APART = [
    ("a day", "a time"),
    ("a time", "a day"),
    ("a time", "a moment"),
    ("a moment", "a time"),
    ("a moment", "a span"),
]


@pytest.mark.parametrize(("old", "new"), APART)
def test_where_no_cast_leads_only_nulls_go(tmp_path: Path, postgres: pw.Database, old: str, new: str) -> None:
    """There and back, also where the server has no cast one way; a value is refused and stays."""
    project = ServerProject(tmp_path, postgres)

    def model(kind: str) -> type[pw.Model]:
        return type("Event", (pw.Model,), {"at": MOMENTS[kind][0](null=True)})

    project.change(model(old), name="start")
    project.sql(f"INSERT INTO event (at) VALUES (NULL), ({MOMENTS[old][1]})")
    begun = project.sql("SELECT id, at FROM event")
    project.models = (model(new),)
    project.manager().create("other")
    with pytest.raises(DataError, match='column "at" of "event" cannot become'):
        project.manager().migrate()
    assert project.sql("SELECT id, at FROM event") == begun
    project.sql("DELETE FROM event WHERE at IS NOT NULL")
    project.manager().migrate()
    project.manager().rollback()
    assert project.sql("SELECT id, at FROM event") == [(1, None)]
