"""A change of type keeps every value as it was, or is refused before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import DataError
from peewit.operations import AlterColumn, CreateTable
from peewit.run.sessions.choosing import session_on
from peewit.schema import Column, Schema, Table, Type

from ..server_project import ServerProject

KEY = Column(name="id", type=Type("INTEGER", raw=True))


def changed(database: pw.Database, old: str, new: str, value: str | bytes) -> Any:
    """What becomes of a value, as text, when its column becomes another type."""
    column = Column(name="v", type=Type(old, raw=True), null=True)
    table = Table(name="t", columns=(KEY, column), primary_key=("id",))
    with database.connection_context():
        session = session_on(database, 5)
        with session.transaction():
            session.run([CreateTable(table=table)], Schema())
        database.execute_sql("INSERT INTO t VALUES (1, %s)", (value,))
        before = database.execute_sql("SELECT CAST(v AS CHAR) FROM t").fetchone()[0]
        after = Column(name="v", type=Type(new, raw=True), null=True)
        try:
            with session.transaction():
                session.run([AlterColumn(table="t", after=after, before=column)], Schema({"t": table}))
        except DataError:
            assert database.execute_sql("SELECT CAST(v AS CHAR) FROM t").fetchone()[0] == before
            raise
        found: Any = database.execute_sql("SELECT CAST(v AS CHAR) FROM t").fetchone()[0]
    return found


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("FLOAT", "BIGINT", "1e20"),
        ("BIGINT", "DOUBLE PRECISION", "9007199254740993"),
        ("BIGINT", "INTEGER", "9999999999"),
        ("INTEGER", "FLOAT", "16777217"),
        ("NUMERIC(40, 20)", "DOUBLE PRECISION", "1.23456789012345678901"),
        ("INTEGER", "VARCHAR(2)", "300"),
        ("INTEGER", "DATE", "300"),
        ("INTEGER", "TIME", "300"),
        ("INTEGER", "YEAR", "1"),
        ("INTEGER", "ENUM('a','b')", "1"),
        ("ENUM('a','b')", "INTEGER", "a"),
        ("DATE", "INTEGER", "2020-01-02"),
        ("TIME", "DATETIME", "10:11:12"),
        ("DATETIME(6)", "DATETIME", "2020-01-02 10:11:12.5"),
        ("TEXT", "FLOAT", "123456789.123"),
        ("TEXT", "NUMERIC(10, 2)", "1.239"),
        ("TEXT", "DATE", "2020-01-02 10:11:12"),
        ("TEXT", "DATETIME", "2020-01-02 10:11:12.5"),
        ("TEXT", "TIME", "7"),
        ("TEXT", "ENUM('a','b')", "1"),
        ("TEXT", "CHAR(5)", "x  "),
        ("BLOB", "TEXT", b"\xff"),
        ("BLOB", "VARCHAR(2)", "abc"),
        ("BLOB", "INTEGER", "1.5"),
        ("BLOB", "JSON", "{"),
    ],
)
def test_a_value_that_would_become_another_is_refused(
    mariadb: pw.Database, old: str, new: str, value: str | bytes
) -> None:
    with pytest.raises(DataError, match=r"1 value (does not convert|is too long)|1 values are too long"):
        changed(mariadb, old, new, value)


@pytest.mark.parametrize(
    ("old", "new", "value", "wanted"),
    [
        ("NUMERIC(10, 2)", "FLOAT", "19.99", "19.99"),
        ("DOUBLE PRECISION", "FLOAT", "0.1", "0.1"),
        ("TEXT", "INTEGER UNSIGNED", "4294967295", "4294967295"),
        ("TEXT", "DATETIME", "2020-01-02 10:11:12.000", "2020-01-02 10:11:12"),
        ("TEXT", "DATETIME(6)", "2020-01-02 10:11:12.5", "2020-01-02 10:11:12.500000"),
        ("TEXT", "ENUM('a','b')", "b", "b"),
        ("YEAR", "INTEGER", "2020", "2020"),
        ("BLOB", "VARCHAR(2)", "üö", "üö"),
        ("BLOB", "INTEGER", "12", "12"),
        ("DATE", "DATETIME", "2020-01-02", "2020-01-02 00:00:00"),
    ],
)
def test_a_value_that_fits_is_kept(mariadb: pw.Database, old: str, new: str, value: str, wanted: str) -> None:
    assert changed(mariadb, old, new, value) == wanted


def test_a_json_fill(tmp_path: Path, mariadb: pw.MySQLDatabase) -> None:
    """What Peewee makes an expression of reaches the rows as the value that is in it."""
    project = ServerProject(tmp_path, mariadb)

    def model(**fields: pw.Field) -> type[pw.Model]:
        return type("Tag", (pw.Model,), {"name": pw.CharField(), **fields})

    project.change(model(), name="first")
    project.sql("INSERT INTO tag (name) VALUES ('a')")
    project.change(model(data=pw.JSONField()), name="second", fill={"tag.data": "{'a': 1}"})
    assert project.sql("SELECT data FROM tag") == [('{"a": 1}',)]
    project.change(model(data=pw.JSONField(), more=pw.JSONField(default=list)), name="third")
    assert project.sql("SELECT more FROM tag") == [("[]",)]


def test_a_column_that_is_computed_in_another_way(tmp_path: Path, mariadb: pw.MySQLDatabase) -> None:
    """Where it is read, where it is written, or no longer: there and back, with the values it had."""
    project = ServerProject(tmp_path, mariadb)

    def model(*how: str) -> type[pw.Model]:
        given = [pw.SQL(f"GENERATED ALWAYS AS (a + 1) {kind}") for kind in how]
        computed = pw.IntegerField(null=True, index=True, constraints=given)
        return type("Tag", (pw.Model,), {"a": pw.IntegerField(), "b": computed})

    project.change(model("VIRTUAL"), name="first")
    project.sql("INSERT INTO tag (a) VALUES (1)")
    for place, how in enumerate((["STORED"], [], ["VIRTUAL"], [], ["STORED"], ["VIRTUAL"]), 2):
        project.change(model(*how), name=f"change_{place}")
        assert project.sql("SELECT a, b FROM tag") == [(1, 2)]
        assert project.manager().check().ok
    for _ in range(6):
        project.manager().rollback()
        assert project.sql("SELECT a, b FROM tag") == [(1, 2)]


def test_a_check_with_a_backslash(tmp_path: Path, mariadb: pw.MySQLDatabase) -> None:
    """A rule whose text only MariaDB reads: its column comes, stays beside another, and goes."""
    project = ServerProject(tmp_path, mariadb)

    def model(**fields: pw.Field) -> type[pw.Model]:
        rule = [pw.Check("name NOT LIKE '%%never, ''ever%%'")]
        return type("Tag", (pw.Model,), {"name": pw.CharField(constraints=rule), **fields})

    project.change(model(), name="first")
    project.change(model(email=pw.CharField(null=True)), name="second")
    project.manager().rollback()
    project.manager().migrate()
    text = project.change(type("Tag", (pw.Model,), {"email": pw.CharField(null=True)}), name="third")
    assert 'remove_fields("tag", "name")' in text
    project.manager().rollback()
    assert project.manager().check().findings[0].kind != "database"
