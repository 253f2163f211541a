"""What files keep from a replay: behind ``fake``, in functions, behind the migrator's own models. It counts as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject

TAG = """
    @migrator.create_model
    class Tag(pw.Model):
        word = pw.CharField(max_length=40)
        class Meta:
            table_name = "tag"
    """


def model(**fields: pw.Field) -> type[pw.Model]:
    return type("Tag", (pw.Model,), {"word": pw.CharField(max_length=40), **fields})


def number() -> pw.Field:
    return pw.IntegerField(null=True)


def behind_fake(project: ServerProject) -> None:
    project.write(
        "002_asks",
        """
        if not fake and database.table_exists("tag"):
            if "a" not in [column.name for column in database.get_columns("tag")]:
                migrator.add_fields("tag", a=pw.IntegerField(null=True))
        """,
    )
    project.write(
        "003_returns", "if fake:\n    return\nmigrator.sql('ALTER TABLE tag ADD COLUMN b INTEGER')", "migrator.run()"
    )
    project.write("004_at_once", "if not fake:\n    database.execute_sql('ALTER TABLE tag ADD COLUMN c INTEGER')")
    project.write(
        "005_of_rows",
        """
        migrator.add_fields("tag", d=pw.IntegerField(null=True))
        if not fake:
            assert database.execute_sql("SELECT word FROM tag").fetchone()[0] == "x"
        """,
    )
    project.manager().migrate("001")
    project.sql("INSERT INTO tag (word) VALUES ('x')")
    assert project.change(model(a=number(), b=number(), c=number(), d=number())) == ""


def in_a_function(project: ServerProject) -> None:
    project.write(
        "002_function",
        """
        def add():
            \"\"\"Create what is missing.\"\"\"
            for name in "ab":
                database.execute_sql(f"ALTER TABLE tag ADD COLUMN {name} INTEGER")

        migrator.run(add)
        """,
    )
    assert project.change(model(a=number(), b=number())) == ""


def its_own_models(project: ServerProject) -> None:
    project.write(
        "002_pet",
        """
        class Pet(pw.Model):
            name = pw.CharField(max_length=9)
            class Meta:
                table_name = "pet"

        Pet._meta.database = database
        migrator.orm.add(Pet)
        migrator.sql("CREATE TABLE pet (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(9) NOT NULL)")
        migrator.run(lambda: migrator.orm["pet"].insert(id=1, name=migrator.orm.Pet.__name__).execute())
        """,
    )
    project.write("003_more", "migrator.add_fields('pet', age=pw.IntegerField(null=True))")
    assert [step.name for step in project.manager().plan().steps] == ["001_tag", "002_pet", "003_more"]
    fields = {"id": pw.IntegerField(primary_key=True), "name": pw.CharField(max_length=9), "age": number()}
    assert project.change(model(), type("Pet", (pw.Model,), fields)) == ""
    assert project.sql("SELECT name, age FROM pet") == [("Pet", None)]


HIDDEN = [behind_fake, in_a_function, its_own_models]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_on_sqlite(tmp_path: Path, sqlite: pw.Database, hidden: Callable[[ServerProject], None]) -> None:
    """After it, the replayed schema is that of the database, and of the models."""
    counts(ServerProject(tmp_path, sqlite), hidden)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_on_a_server(tmp_path: Path, database: pw.Database, hidden: Callable[[ServerProject], None]) -> None:
    """After it, the replayed schema is that of the database, and of the models."""
    counts(ServerProject(tmp_path, database), hidden)


def counts(project: ServerProject, hidden: Callable[[ServerProject], None]) -> None:
    project.write("001_tag", TAG)
    hidden(project)
    assert project.manager().check().ok
