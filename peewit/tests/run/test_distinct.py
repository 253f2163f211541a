"""A unique column whose rows would all get one value, on each server: told before anything is written, with a way out."""

import re
from pathlib import Path

import peewee as pw
import pytest

from peewit.errors import DataError
from peewit.redoing import redo_anew, to_write_anew, write_anew

from ..server_project import ServerProject


def category(**fields: pw.Field) -> type[pw.Model]:
    meta = type("Meta", (), {"table_name": "category"})
    return type("Category", (pw.Model,), {"name": pw.CharField(), **fields, "Meta": meta})


@pytest.fixture
def project(tmp_path: Path, database: pw.Database) -> ServerProject:
    """A table with two rows."""
    made = ServerProject(tmp_path, database)
    made.change(category(), name="first")
    made.sql("INSERT INTO category (name) VALUES ('a'), ('b')")
    return made


def columns(project: ServerProject) -> list[str]:
    with project.database.connection_context():
        return [column.name for column in project.database.get_columns("category")]


@pytest.mark.parametrize(("field", "expression", "own"), [
    (pw.CharField(unique=True), "'x'", "str(uuid.uuid4())"),
    (pw.CharField(unique=True, max_length=12), "'x'", "uuid.uuid4().hex[:12]"),
    (pw.IntegerField(unique=True), "3", "random.getrandbits(31)"),
    (pw.BigIntegerField(unique=True), "3", "random.getrandbits(63)"),
])  # fmt: skip
def test_what_it_says_to_type_works(project: ServerProject, field: pw.Field, expression: str, own: str) -> None:
    """Nothing was changed, and the value in the hint differs from row to row."""
    with pytest.raises(DataError) as caught:
        project.change(category(code=field), name="code", fill={"category.code": expression})
    assert (
        caught.value.message
        == 'migration 002_code: "category" cannot be made unique by code: its 2 rows would all get the same value'
    )
    assert columns(project) == ["id", "name"]
    (told,) = re.findall(r'--fill "category\.code=([^"]+)"', caught.value.hint)
    assert told == own
    manager = project.manager()
    redo_anew(manager, write_anew(manager, to_write_anew(manager), fill={"category.code": told}))
    assert project.sql("SELECT count(DISTINCT code) FROM category") == [(2,)]


def test_one_row_is_no_hindrance(project: ServerProject) -> None:
    """It has one value, and so has the column."""
    project.sql("DELETE FROM category WHERE name = 'b'")
    project.change(category(code=pw.CharField(unique=True)), name="code", fill={"category.code": "'x'"})
    assert project.sql("SELECT code FROM category") == [("x",)]


def test_nulls_are_never_the_same(project: ServerProject) -> None:
    """A unique column without a value is no question."""
    project.change(category(code=pw.CharField(unique=True, null=True)), name="code")
    assert project.sql("SELECT code FROM category") == [(None,), (None,)]


def test_a_value_beside_an_old_column_may_differ(project: ServerProject) -> None:
    """Together with a name each row is its own."""
    model = category(code=pw.CharField(default="x"))
    model._meta.indexes = ((("name", "code"), True),)
    project.change(model, name="code")
    assert project.sql("SELECT count(*) FROM category") == [(2,)]
