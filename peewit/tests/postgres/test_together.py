"""A new PostgreSQL database: the first migrations are made together, unless something would be called otherwise."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from ..killing import killed_at
from ..server_project import ServerProject

FIRST = """
class Author(pw.Model):
    name = pw.CharField(index=True)
    class Meta:
        table_name = "author"
migrator.create_model(Author)
class Book(pw.Model):
    author = pw.ForeignKeyField(Author, on_delete="CASCADE")
    class Meta:
        table_name = "book"
migrator.create_model(Book)
"""


@pytest.fixture
def project(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> ServerProject:
    """Eleven migrations that only add, and a twelfth that renames."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_first", FIRST)
    for number in range(2, 12):
        project.write(f"{number:03}_more", f"migrator.add_fields('book', x{number}=pw.IntegerField(default={number}))")
    project.write("012_rename", "migrator.rename_table('author', 'writer')")
    return project


def counted(project: ServerProject) -> list[int]:
    return [number for (number,) in project.sql("SELECT count(*) FROM migratehistory")]


def test_what_only_adds_is_made_together(project: ServerProject) -> None:
    """Up to the rename, after which the key's constraint is called as it was before."""
    report = project.manager().migrate()
    assert [step.together for step in report.steps] == [11] * 11 + [0]
    names = {name for (name,) in project.sql("SELECT conname FROM pg_constraint WHERE contype IN ('p', 'f')")}
    assert {"author_pkey", "book_author_id_fkey"} <= names
    columns = project.sql(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'book' ORDER BY ordinal_position"
    )
    assert [name for (name,) in columns] == ["id", "author_id", *(f"x{number}" for number in range(2, 12))]
    assert project.manager().migrate().applied == ()


def test_after_rows_it_goes_on_together(project: ServerProject) -> None:
    """A function writes rows, and what follows, up to a rename, is made of them at once."""
    (project.directory / "012_rename.py").unlink()
    project.write("002_more", "migrator.sql(\"INSERT INTO author (name) VALUES ('ann'), ('bob')\")")
    project.write("003_more", "migrator.sql('INSERT INTO book (author_id) VALUES (1), (2)')")
    for number in range(12, 15):
        project.write(f"{number:03}_more", f"migrator.add_fields('author', y{number}=pw.CharField(default='{number}'))")

    report = project.manager().migrate()

    assert [step.together for step in report.steps] == [0, 0, 0, *[11] * 11]
    assert project.sql("SELECT id, author_id, x4, x11 FROM book ORDER BY id") == [(1, 1, 4, 11), (2, 2, 4, 11)]
    assert project.sql("SELECT name, y12, y14 FROM author ORDER BY id") == [("ann", "12", "14"), ("bob", "12", "14")]
    assert counted(project) == [14]
    assert project.manager().check().findings == ()


def test_hundreds_are_noted_one_by_one(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """In their order, each with its text."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_first", FIRST)
    for number in range(2, 120):
        project.write(f"{number:03}_more", f"migrator.add_fields('book', x{number}=pw.IntegerField(default={number}))")

    assert len(project.manager().migrate().applied) == 119

    names = project.manager().folder.names()
    assert [name for (name,) in project.sql("SELECT name FROM migratehistory ORDER BY id")] == names
    noted = project.sql("SELECT name, source FROM migratehistory_journal ORDER BY id")
    assert [(name, bytes(source)) for name, source in noted] == [
        (name, (project.directory / f"{name}.py").read_bytes()) for name in names
    ]


def test_a_table_of_somebody_else_is_none_of_a_new_database(project: ServerProject) -> None:
    """In any schema; then each is run for itself."""
    project.sql("CREATE SCHEMA theirs")
    project.sql("CREATE TABLE theirs.x (y INT)")
    try:
        assert {step.together for step in project.manager().migrate().steps} == {0}
    finally:
        project.sql("DROP SCHEMA theirs CASCADE")


def test_killed_anywhere_it_is_a_new_database_still(project: ServerProject) -> None:
    """One transaction: all of them are there, or none is, and the next start goes on."""
    (project.directory / "012_rename.py").unlink()
    for number in range(0, 200, 13):
        project.database.close()
        killed = killed_at(number, project.database, project.manager().migrate)
        there = project.sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")[0][0]
        assert there == 0 or counted(project) == [11], number
        project.manager().migrate()
        assert counted(project) == [11], number
        project.sql("DROP SCHEMA public CASCADE")
        project.sql("CREATE SCHEMA public")
        if not killed:
            return
    raise AssertionError("it never came to its end")
