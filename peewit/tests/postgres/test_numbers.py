"""Columns that count go on where they were, whichever way they count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import DataError

from ..server_project import ServerProject

KINDS: dict[str, Any] = {
    "serial": pw.AutoField,
    "bigserial": pw.BigAutoField,
    "identity": pw.IdentityField,
    "always": lambda: pw.IdentityField(generate_always=True),
}


def author(kind: Any) -> type[pw.Model]:
    """A model with this field for its key."""

    class Author(pw.Model):
        id = kind()
        name = pw.CharField(null=True)

    return Author


@pytest.mark.parametrize("old", KINDS)
@pytest.mark.parametrize("new", KINDS)
def test_the_next_number_is_the_one_it_would_have_been(
    postgres: pw.Database, tmp_path: Path, old: str, new: str
) -> None:
    """Also the number of a row that was deleted is not given out again, forward and back."""
    project = ServerProject(tmp_path, postgres)
    project.change(author(KINDS[old]), name="start")
    project.sql("INSERT INTO author (name) VALUES ('a'), ('b'), ('c')")
    project.sql("DELETE FROM author WHERE id > 1")

    project.change(author(KINDS[new]))
    assert project.sql("INSERT INTO author (name) VALUES ('d') RETURNING id") == [(4,)]
    if old != new:
        project.manager().rollback()
    assert project.sql("INSERT INTO author (name) VALUES ('e') RETURNING id") == [(5,)]
    assert project.sql("SELECT pg_get_serial_sequence('author', 'id')") == [("public.author_id_seq",)]


def test_a_key_of_text_counts_again_after_a_rollback(postgres: pw.Database, tmp_path: Path) -> None:
    """The largest number is asked for once it is one: as text, 9 is more than 10."""
    project = ServerProject(tmp_path, postgres)
    project.change(author(pw.AutoField), name="start")
    project.sql("INSERT INTO author (id) VALUES (9), (10)")
    project.change(author(lambda: pw.CharField(primary_key=True)))
    project.manager().rollback()
    assert project.sql("INSERT INTO author (name) VALUES ('c') RETURNING id") == [(11,)]


def test_a_reference_to_an_identity_does_not_count_itself(postgres: pw.Database, tmp_path: Path) -> None:
    def models(kind: Any) -> tuple[type[pw.Model], type[pw.Model]]:
        parent = author(kind)

        class Book(pw.Model):
            author = pw.ForeignKeyField(parent)

        return parent, Book

    project = ServerProject(tmp_path, postgres)
    project.change(*models(pw.AutoField), name="start")
    project.change(*models(pw.IdentityField))
    asked = "SELECT is_identity FROM information_schema.columns WHERE table_name = 'book' AND column_name = 'author_id'"
    assert project.sql(asked) == [("NO",)]
    assert project.manager().create("again") is None


@pytest.mark.parametrize("old", [None, "first"])
def test_a_sequence_a_field_names_is_made_and_goes_on(postgres: pw.Database, tmp_path: Path, old: str | None) -> None:
    project = ServerProject(tmp_path, postgres)
    project.change(author(lambda: pw.IntegerField(primary_key=True, sequence=old)), name="start")
    project.sql("INSERT INTO author (id) VALUES (3), (7)")

    class Author(pw.Model):
        id = pw.IntegerField(primary_key=True, sequence="second")
        name = pw.CharField(null=True)
        place = pw.IntegerField(null=True, sequence="third")

    project.change(Author)
    assert project.sql("INSERT INTO author (name) VALUES ('c') RETURNING id") == [(8,)]
    assert project.sql("SELECT count(place) FROM author") == [(3,)]
    project.manager().rollback()
    project.manager().migrate()
    assert project.manager().create("again") is None


def test_numbers_that_an_inexact_type_cannot_hold(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """Too large and too small is asked of the rows, not found out by an error of the question itself."""
    project = ServerProject(tmp_path, postgres)

    def model(field: pw.Field) -> type[pw.Model]:
        return type("Tag", (pw.Model,), {"size": field})

    project.change(model(pw.DoubleField()), name="first")
    project.models = (model(pw.FloatField()),)
    for value in ("1e300", "1e-300"):
        project.sql(f"INSERT INTO tag (size) VALUES ({value})")
        if not list(project.directory.glob("*_second.py")):
            project.manager().create("second")
        with pytest.raises(DataError, match='"size" of "tag" cannot become REAL: 1 value'):
            project.manager().migrate()
        project.sql("DELETE FROM tag")
    project.sql("INSERT INTO tag (size) VALUES ('NaN'), (0), (0.5)")
    project.manager().migrate()
    assert [row[0] for row in project.sql("SELECT size FROM tag ORDER BY size")][:2] == [0.0, 0.5]


def test_an_identity_in_words_comes_and_goes_with_a_column_that_is_there(
    tmp_path: Path, postgres: pw.PostgresqlDatabase
) -> None:
    """It was sent as a constraint, which the server takes for a syntax error."""

    def model(*words: str) -> type[pw.Model]:
        return type("Thing", (pw.Model,), {"v": pw.IntegerField(constraints=[pw.SQL(word) for word in words])})

    project = ServerProject(tmp_path, postgres)
    project.change(model(), name="start")
    project.sql("INSERT INTO thing (v) VALUES (7)")
    kind = "SELECT is_identity, identity_generation FROM information_schema.columns WHERE column_name = 'v'"
    kind += " AND table_name = 'thing'"
    project.change(model("GENERATED BY DEFAULT AS IDENTITY"))
    assert project.sql(kind) == [("YES", "BY DEFAULT")]
    project.sql("INSERT INTO thing DEFAULT VALUES")
    assert project.sql("SELECT v FROM thing ORDER BY v") == [(7,), (8,)]
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.change(model("GENERATED ALWAYS AS IDENTITY"), name="always")
    assert project.sql(kind) == [("YES", "ALWAYS")]
    project.manager().rollback(count=2)
    assert project.sql(kind) == [("NO", None)]
    assert project.sql("SELECT v FROM thing ORDER BY v") == [(7,), (8,)]


def sequences(project: ServerProject) -> list[str]:
    """The sequences there are, without those of the history."""
    names = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname NOT LIKE 'migratehistory%%' ORDER BY 1"
    return [name for (name,) in project.sql(names)]


def test_a_sequence_goes_with_the_last_field_that_names_it(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """It was left behind by a rollback, and when its column went; a table took it away from another one's column."""

    def model(name: str, **fields: pw.Field) -> type[pw.Model]:
        return type(name, (pw.Model,), {"v": pw.CharField(null=True), **fields})

    def number() -> pw.Field:
        return pw.IntegerField(null=True, sequence="numbers")

    project = ServerProject(tmp_path, postgres)
    plain = model("A", n=pw.IntegerField(null=True))
    project.change(plain, name="start")
    project.sql("INSERT INTO a (n) VALUES (4)")
    project.change(model("A", n=number()), name="counts")
    project.sql("INSERT INTO a (v) VALUES ('x')")
    assert project.sql("SELECT n FROM a ORDER BY n") == [(4,), (5,)]
    assert sequences(project) == ["a_id_seq", "numbers"]
    project.manager().rollback()
    assert sequences(project) == ["a_id_seq"]
    project.manager().migrate()

    project.change(model("A", n=number(), m=number()), model("B", n=number()), name="shared", renames={})
    project.change(model("A", m=number()), name="one", renames={})  # without B
    assert sequences(project) == ["a_id_seq", "numbers"]
    project.sql("INSERT INTO a (v) VALUES ('y')")
    project.manager().rollback()
    assert sequences(project) == ["a_id_seq", "b_id_seq", "numbers"]
    project.manager().rollback()
    assert sequences(project) == ["a_id_seq", "numbers"]
    project.manager().migrate()
    project.change(model("A"), name="none", renames={})
    assert sequences(project) == ["a_id_seq"]
    project.manager().rollback()
    assert sequences(project) == ["a_id_seq", "numbers"]
