"""Taking over a database whose history another tool, or nobody, has kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import peewee as pw
import pytest
from peewee_migrate import Router as Stock
from playhouse.migrations import Runner

from peewit import ConfigError, DriftError, MigrationManager, UnsupportedChangeError
from peewit.cli import main
from peewit.doctor import diagnose
from peewit.moving import adopt, adopting, mended_by_adopting

UP = """
from peewee import *

def up(migrator, db):
    db.execute_sql('CREATE TABLE "person" ("id" INTEGER NOT NULL PRIMARY KEY, "name" VARCHAR(40) NOT NULL)')
    db.execute_sql('CREATE INDEX "person_name" ON "person" ("name")')

def down(migrator, db):
    db.execute_sql('DROP TABLE "person"')
"""
FILES = {
    "001_person": (
        """
    @migrator.create_model
    class Person(pw.Model):
        id = pw.AutoField()
        name = pw.CharField(max_length=40, index=True)
        class Meta:
            table_name = "person"
    """,
        "migrator.remove_model('person')",
    ),
    "002_age": (
        "migrator.add_fields('person', age=pw.IntegerField(null=True))",
        "migrator.remove_fields('person', 'age')",
    ),
    "003_rows": ("migrator.sql(\"UPDATE person SET name = 'x'\")", "pass"),
}


def person(age: bool = False) -> type[pw.Model]:
    fields: dict[str, object] = {"name": pw.CharField(max_length=40, index=True)}
    if age:
        fields["age"] = pw.IntegerField(null=True)
    return type("Person", (pw.Model,), {**fields, "Meta": type("Meta", (), {"table_name": "person"})})


class Project:
    """A database, and a folder of migrations that may be empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = folder / "migrations"
        self.directory.mkdir()
        self.database = pw.SqliteDatabase(str(folder / "app.db"))

    def manager(self, *models: type[pw.Model]) -> MigrationManager:
        return MigrationManager(self.database, self.directory, models=models)

    def write(self, *names: str) -> None:
        for name in names:
            body, back = FILES[name]
            (self.directory / f"{name}.py").write_text(
                "import peewee as pw\n\ndef migrate(migrator, database, *, fake=False):\n    "
                f"{body.strip()}\n\ndef rollback(migrator, database, *, fake=False):\n    {back}\n"
            )

    def make(self, *models: type[pw.Model]) -> None:
        """What an application does that keeps no history."""
        with self.database.connection_context():
            for model in models:
                model._meta.database = self.database
            self.database.create_tables(models)
            self.database.execute_sql("INSERT INTO person (name) VALUES ('Ann')")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.database.connection_context():
            return list(self.database.execute_sql(sql).fetchall())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_database_without_a_history(project: Project) -> None:
    """The models say what it is: an initial migration is written, and marked as applied without running it."""
    project.make(person())
    found = adopt(project.manager(person()))
    assert (found.created, found.marked) == (project.directory / "001_initial.py", ("001_initial",))
    assert project.rows("SELECT name FROM person") == [("Ann",)]
    assert project.manager(person()).check().ok
    assert project.manager(person(age=True)).create("add_age") is not None
    project.manager().migrate()
    assert project.rows("SELECT name, age FROM person") == [("Ann", None)]


def test_a_database_that_is_not_what_the_models_say(project: Project) -> None:
    """Every difference is shown, and nothing is written, neither file nor history."""
    project.make(person())
    with pytest.raises(DriftError, match='column "age" of "person" is missing'):
        adopt(project.manager(person(age=True)))
    assert list(project.directory.iterdir()) == []
    assert project.rows("SELECT name FROM sqlite_master WHERE type = 'table'") == [("person",)]


def test_unasked_it_is_taken_as_it_is(project: Project) -> None:
    """``verify=False`` is the developer's word against the database's."""
    project.make(person())
    assert adopt(project.manager(person(age=True)), "start", verify=False).marked == ("001_start",)


def test_files_that_the_database_has_already(project: Project) -> None:
    """An application that made its tables by itself: as many files are marked as it has, and the rest is pending."""
    project.write("001_person", "002_age")
    project.make(person())
    assert adopt(project.manager()).marked == ("001_person",)
    assert project.manager().status().pending == ("002_age",)
    project.manager().migrate()
    assert project.rows("SELECT name, age FROM person") == [("Ann", None)]


def test_a_file_that_only_drops_is_not_taken_for_granted(project: Project) -> None:
    """A table that a migration drops, and is there, tells that it was not applied."""
    project.write("001_person")
    (project.directory / "002_less.py").write_text(
        "def migrate(migrator, database):\n    migrator.remove_model('person')\n"
    )
    (project.directory / "003_pet.py").write_text(
        "import peewee as pw\n\ndef migrate(migrator, database):\n"
        "    @migrator.create_model\n    class Pet(pw.Model):\n        id = pw.AutoField()\n"
    )
    project.make(person())
    assert adopt(project.manager()).marked == ("001_person",)


def test_files_the_database_never_was(project: Project) -> None:
    """A database that is at no point what the files say: the nearest one is shown with its differences."""
    project.write("001_person", "002_age")
    with project.database.connection_context():
        project.database.execute_sql("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)")
    with pytest.raises(DriftError, match=r"after 001_person:(.|\n)*column \"name\" of \"person\" is"):
        adopt(project.manager())
    assert project.manager().status().pending == ("001_person", "002_age")


def test_the_history_of_peewee_migrate_is_used_as_it_is(project: Project) -> None:
    """Nothing is converted: what stock has applied is applied."""
    project.write("001_person", "002_age", "003_rows")
    Stock(project.database, project.directory).run()
    before = project.rows("SELECT * FROM migratehistory")
    assert adopt(project.manager()).known == tuple(FILES)
    assert project.rows("SELECT * FROM migratehistory") == before
    assert project.manager(person(age=True)).check().ok


def test_the_history_of_playhouse(project: Project) -> None:
    """Names are carried over, files are left as they are, and the models become an initial migration after them."""
    (project.directory / "0001_person.py").write_text(UP)
    Runner(project.database, str(project.directory)).up()
    found = adopt(project.manager(person()))
    assert found.carried == ("0001_person",)
    assert found.foreign == (("0001_person", "playhouse.migrations"),)
    assert found.marked == ("0002_initial",)
    assert project.manager(person()).check().ok
    assert adopt(project.manager(person())).known == ("0001_person", "0002_initial")


def test_a_file_of_another_tool_is_not_run(project: Project) -> None:
    """It is pending, and said to be another tool's."""
    (project.directory / "0001_person.py").write_text(UP)
    with pytest.raises(UnsupportedChangeError, match=r"written for playhouse\.migrations"):
        project.manager().migrate()
    assert project.manager().status().pending == ("0001_person",)


@pytest.mark.parametrize("made", [False, True])
def test_nothing_to_adopt(project: Project, made: bool) -> None:
    """A database that is missing or empty is made by migrate, not adopted."""
    if made:
        project.rows("SELECT 1")
    with pytest.raises(ConfigError, match="adopt"):
        adopt(project.manager(person()))


def test_what_is_typed(project: Project) -> None:
    """The command says what was taken over and what to type next."""
    project.make(person())
    project.write("001_person")
    with project.database.connection_context():
        project.database.execute_sql("CREATE TABLE other (a)")
    command = [sys.executable, "-m", "peewit", "adopt", "--database", f"sqlite:///{project.database.database}"]
    done = subprocess.run(
        [*command, "--directory", str(project.directory)],
        capture_output=True,
        text=True,
        cwd=project.folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == (
        "1 marked as applied: the database has it already\n"
        "  [x] 001_person\n"
        "left alone, in no model: other\n"
        "next: peewit check compares everything; peewit status shows where it stands\n"
    )


# ---------------------------------------------------------------------- marking as applied


def test_a_migration_is_marked_where_the_database_has_it(project: Project) -> None:
    """``--fake`` asks the live schema first."""
    project.write("001_person", "002_age")
    project.make(person(age=True))
    assert project.manager().migrate(fake=True).applied == ("001_person", "002_age")


def test_a_migration_is_not_marked_where_the_database_has_it_not(project: Project) -> None:
    """The difference is shown, and no row is written; unless the developer insists."""
    project.write("001_person", "002_age")
    project.make(person())
    with pytest.raises(DriftError, match='column "age" of "person" is missing'):
        project.manager().migrate(fake=True)
    assert project.manager().status().applied == ()
    assert project.manager().migrate(fake=True, verify=False).applied == ("001_person", "002_age")


def test_what_other_tables_are_does_not_matter(project: Project) -> None:
    """Only the tables the migration changes are compared."""
    project.write("001_person")
    project.manager().migrate()
    with project.database.connection_context():
        project.database.execute_sql("ALTER TABLE person ADD COLUMN by_hand TEXT")
        project.database.execute_sql("CREATE TABLE pet (id INTEGER NOT NULL PRIMARY KEY)")
    (project.directory / "002_pet.py").write_text(
        "import peewee as pw\n\ndef migrate(migrator, database):\n"
        "    @migrator.create_model\n    class Pet(pw.Model):\n        id = pw.AutoField()\n"
    )
    assert project.manager().migrate(fake=True).applied == ("002_pet",)


def test_what_looks_at_tables_without_a_history_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Applying the files over them, or making a first one, is not the way."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    database = pw.SqliteDatabase("app.db")

    class Person(pw.Model):
        name = pw.CharField()

        class Meta:
            table_name = "person"

    with database.bind_ctx([Person]):
        database.create_tables([Person])
    manager = MigrationManager(database, "migrations", models=(Person,))
    for wrong in (False, True):
        said = adopting(manager, manager.check()).findings
        assert said
        assert {finding.hint for finding in said} == {
            "the database has tables, and no history of migrations: peewit adopt takes them over"
        }
        repairs = [repair.text for s in mended_by_adopting(manager, diagnose(manager)).symptoms for repair in s.repairs]
        assert set(repairs) == {"peewit adopt"}
        if not wrong:
            manager.create("first")
    assert main(["check", "--database", "sqlite:///app.db", "--directory", "migrations"]) == 1
    assert "  the database has tables, and no history of migrations: peewit adopt takes them over\n" in (
        capsys.readouterr().out
    )
    adopt(manager)
    assert adopting(manager, manager.check()).ok
