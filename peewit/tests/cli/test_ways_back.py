"""What is known of a rollback before it begins: which migration has no way back, and what to type instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest

from peewit import IrreversibleError, PeewitError
from peewit.cli import main

from ..server_project import ServerProject, url_of
from .app import App

TABLE = """
    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField()
        class Meta:
            table_name = "book"
    """
ADD = 'migrator.add_fields("book", {0}=pw.CharField(null=True))'
DROP = 'migrator.remove_fields("book", "{0}")'
ONE_WAY = "def migrate(migrator, database, *, fake=False):\n    {}\n"
BACK = "\n\ndef rollback(migrator, database, *, fake=False):\n    {}\n"

Typed = Callable[..., tuple[int, str, str]]


def in_sqlite(folder: Path) -> pw.SqliteDatabase:
    return pw.SqliteDatabase(folder / "app.db")


def columns(project: ServerProject) -> list[str]:
    with project.database.connection_context():
        return [column.name for column in project.database.get_columns("book")]


def four(folder: Path, database: pw.Database) -> ServerProject:
    """Four migrations, applied; of the second nobody has written a way back."""
    project = ServerProject(folder, database)
    project.write("001_book", TABLE, 'migrator.remove_model("book")')
    one_way(project).write_text("import peewee as pw\n\n\n" + ONE_WAY.format(ADD.format("two")))
    for number, name in ((3, "three"), (4, "four")):
        project.write(f"00{number}_{name}", ADD.format(name), DROP.format(name))
    project.manager().migrate()
    return project


def one_way(project: ServerProject) -> Path:
    return project.directory / "002_two.py"


@pytest.fixture
def project(tmp_path: Path) -> ServerProject:
    """The four, in SQLite."""
    return four(tmp_path, in_sqlite(tmp_path))


@pytest.fixture
def peewit(project: ServerProject, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The command line of the project."""

    def typed(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        flags = ["--database", url_of(project.database), "--directory", str(project.directory)]
        code = main([*arguments, *flags])
        out, error = capsys.readouterr()
        return code, out, error

    return typed


ALL = ["id", "title", "two", "three", "four"]


def refused_before_the_first(project: ServerProject) -> None:
    """Nothing is undone on the way to one that cannot be; as far as it, everything can."""
    with pytest.raises(IrreversibleError) as raised:
        project.manager().rollback("zero")
    assert str(raised.value).splitlines() == [
        "migration 002_two has no rollback function",
        "the database is unchanged",
        "roll back only what was applied after it: peewit rollback 002_two",
        f"write one in {one_way(project)}, and change nothing else there",
        "or only remove it from the history: peewit rollback --fake",
    ]
    assert columns(project) == ALL
    assert project.manager().rollback("002_two").rolled_back == ("004_four", "003_three")
    assert columns(project) == ["id", "title", "two"]
    with pytest.raises(IrreversibleError) as raised:
        project.manager().rollback()
    assert str(raised.value).splitlines()[2].startswith("write one in ")


def test_refused_in_sqlite(project: ServerProject) -> None:
    """Before the first is undone."""
    refused_before_the_first(project)


@pytest.mark.one_version
def test_refused_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    refused_before_the_first(four(tmp_path, database))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"irreversible = 'gone'\n\n{ONE_WAY.format('pass')}{BACK.format('pass')}", "cannot be rolled back: gone"),
        ("def migrate(:", "cannot be read: "),
    ],
)
def test_whatever_stands_in_the_way_is_told_first(project: ServerProject, text: str, said: str) -> None:
    """One that says it has no way back, and one that was applied by another tool and cannot be read."""
    project.sql("DELETE FROM migratehistory_journal")
    one_way(project).write_text(text)
    with pytest.raises(PeewitError) as raised:
        project.manager().rollback("001_book")
    assert said in str(raised.value)
    assert "the database is unchanged\nroll back only what was applied after it: peewit rollback 002_two" in str(
        raised.value
    )
    assert columns(project) == ALL


def test_what_shows_only_when_it_is_run_stops_there(project: ServerProject, peewit: Typed) -> None:
    """What was undone by then is told, and that the one that failed is as it was."""
    project.write("003_three", ADD.format("three"), DROP.format("three") + "\nmigrator.run(lambda: 1 / 0)")
    peewit("accept", "003_three")
    code, _, error = peewit("rollback", "002_two")
    assert (code, error.splitlines()[1:3]) == (
        2,
        ["  this migration is still applied, as before", "  rolled back before it: 004_four"],
    )
    assert columns(project) == ["id", "title", "two", "three"]


def fails_as_before(project: ServerProject) -> None:
    """A rollback that fails leaves all of its migration; so does that half of a redo."""
    project.write("001_book", TABLE, "raise ValueError('no')")
    project.manager().migrate()
    for run in (project.manager().rollback, project.manager().redo):
        with pytest.raises(PeewitError) as raised:
            run()
        assert raised.value.state == "this migration is still applied, as before"
    assert columns(project) == ["id", "title"]


def test_a_failed_rollback_in_sqlite(tmp_path: Path) -> None:
    """Nothing of it was kept would mean that the migration is gone."""
    fails_as_before(ServerProject(tmp_path, in_sqlite(tmp_path)))


@pytest.mark.one_version
def test_a_failed_rollback_on_postgres(tmp_path: Path, postgres: pw.Database) -> None:
    """The same, by its transaction."""
    fails_as_before(ServerProject(tmp_path, postgres))


# ---------------------------------------------------------------------- a way back that is written afterwards


def written_afterwards(project: ServerProject) -> None:
    """What the refusal says to do is enough: the file is not edited for anybody, and is rolled back by its new text."""
    one_way(project).write_text(one_way(project).read_text() + BACK.format(DROP.format("two")))
    project.write("005_five", ADD.format("five"), DROP.format("five"))
    assert project.manager().status().edited == ()
    assert project.manager().migrate().applied == ("005_five",)
    assert len(project.manager().rollback("zero").rolled_back) == 5
    assert not project.database.table_exists("book")


def test_written_afterwards_in_sqlite(project: ServerProject) -> None:
    """The copy in the journal has none."""
    written_afterwards(project)


@pytest.mark.one_version
def test_written_afterwards_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    written_afterwards(four(tmp_path, database))


def test_no_reason_any_more_is_a_way_back_too(project: ServerProject) -> None:
    """Who takes the reason away, and has written a rollback, means that there is one."""
    project.manager().rollback("001_book", fake=True)
    head = "import peewee as pw\n\n\n"
    forward = ONE_WAY.format(ADD.format("two"))
    one_way(project).write_text(f"{head}irreversible = 'not yet'\n{forward}")
    project.manager().migrate(fake=True, verify=False)
    project.manager().rollback("002_two")
    with pytest.raises(IrreversibleError, match="cannot be rolled back: not yet"):
        project.manager().rollback()
    one_way(project).write_text(f"{head}{forward}{BACK.format(DROP.format('two'))}")
    assert project.manager().rollback().rolled_back == ("002_two",)


@pytest.mark.parametrize(
    "more",
    ["import sys\n" + BACK.format("pass"), BACK.format("pass") + "\n\nmigrate = rollback\n"],
    ids=["an import", "another name"],
)
def test_more_than_a_way_back_is_an_edit(project: ServerProject, peewit: Typed, more: str) -> None:
    """Then the text that was applied counts, and check and rollback say what can be done, which works."""
    one_way(project).write_text(one_way(project).read_text() + more)
    assert "peewit rollback" not in peewit("check")[1]
    assert peewit("rollback", "002_two")[0] == 0
    code, _, error = peewit("rollback")
    assert (code, error.splitlines()[2:]) == (
        2,
        [
            "  its file was edited: put back the text that was applied, and only add one to it",
            "  or, where the database is what the file says now, and it has one: peewit accept 002_two, then peewit rollback",
            "  or only remove it from the history: peewit rollback --fake",
        ],
    )
    if "import" in more:
        assert (peewit("accept", "002_two")[0], peewit("rollback")[0]) == (0, 0)


# ---------------------------------------------------------------------- hints


def test_a_hint_says_what_else_is_undone(project: ServerProject, peewit: Typed) -> None:
    """The last of all is undone alone; an earlier one with those after it."""
    project.write("003_three", ADD.format("tres"), DROP.format("tres"))
    drops = "which undoes 004_four too and drops the tables and values they added, then peewit migrate"
    assert f"to apply the new text: peewit rollback 002_two, {drops}" in peewit("check")[1]
    assert "undoes 004_four too" in json.dumps(json.loads(peewit("doctor", "--json")[1]))
    code, _, error = peewit("accept", "003_three")
    assert (code, "  apply the new text: peewit rollback 002_two (undoes 004_four too), then" in error) == (2, True)
    (project.directory / "003_three.py").unlink()
    undo = "or undo it, with the values it added: peewit rollback 002_two (undoes 004_four too)"
    assert undo in peewit("check")[1]
    project.write("004_four", ADD.format("cuatro"), DROP.format("cuatro"))
    assert (
        "peewit rollback, which undoes what was applied and drops the tables and values it added" in peewit("check")[1]
    )


def test_a_rollback_that_is_not_possible_is_not_offered(project: ServerProject, peewit: Typed) -> None:
    """The first file was edited, and the second has no way back."""
    project.write("001_book", TABLE.replace("title", "name"), 'migrator.remove_model("book")')
    project.write("005_five", "pass")
    stuck = "the new text cannot be applied: 002_two has no rollback function"
    for said in (peewit("check")[1], peewit("migrate")[2]):
        assert stuck in said
        assert "peewit rollback" not in said
    assert "peewit rollback" not in peewit("doctor")[1]
    assert "put the old one back" in peewit("accept", "001_book")[2]
    (project.directory / "001_book.py").unlink()
    error = peewit("check")[2]
    assert ("it cannot be undone: 002_two has no rollback function" in error, "rollback 0" in error) == (True, False)


def test_many_that_are_undone_too_are_counted(project: ServerProject, peewit: Typed) -> None:
    """The line stays one that can be read."""
    one_way(project).write_text(one_way(project).read_text() + BACK.format(DROP.format("two")))
    for number in (5, 6):
        project.write(f"00{number}_more", "pass")
    project.manager().migrate()
    project.write("001_book", TABLE.replace("title", "name"), 'migrator.remove_model("book")')
    assert "peewit rollback zero, which undoes 002_two, 003_three and 3 more too and drops" in peewit("check")[1]


# ---------------------------------------------------------------------- accept, zero


def test_a_pending_file_is_not_accepted(project: ServerProject, peewit: Typed) -> None:
    """It is there, and nothing of it was applied."""
    project.write("009_nine", "pass")
    code, out, error = peewit("accept", "9")
    assert (code, out, error.splitlines()) == (
        2,
        "",
        [
            "error: migration 009_nine is pending: nothing of it was applied, so there is nothing to accept",
            "  the database is unchanged",
            "  its file is applied as it is now: peewit migrate",
        ],
    )
    assert 'no migration is called "17"' in peewit("accept", "17")[2]


def test_a_pending_file_of_a_database_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made for the question."""
    project = ServerProject(tmp_path, in_sqlite(tmp_path))
    project.write("001_one", "pass")
    flags = ["--database", url_of(project.database), "--directory", str(project.directory)]
    assert main(["accept", "1", *flags]) == 2
    assert "migration 001_one is pending" in capsys.readouterr().err
    assert not (tmp_path / "app.db").exists()


def test_nothing_to_accept(project: ServerProject, peewit: Typed) -> None:
    """A file that is what was applied."""
    unchanged = "nothing to accept: the file of 003_three is as it was applied\n"
    past, status = peewit("history"), peewit("status")
    assert peewit("accept", "3") == (0, unchanged, "")
    assert json.loads(peewit("accept", "3", "--json")[1])["changed"] is False
    assert (peewit("history"), peewit("status")) == (past, status)
    path = project.directory / "003_three.py"
    path.write_text(path.read_text() + "\nedited = True\n")
    assert json.loads(peewit("accept", "3", "--json")[1])["changed"] is True
    assert peewit("accept", "3") == (0, unchanged, "")


def test_a_way_back_to_one_of_two_files(project: ServerProject, peewit: Typed) -> None:
    """A number that a pending file has as well may mean either; to a pending file there is no way back."""
    project.write("003_town", "pass")
    assert peewit("rollback", "3")[0::2] == (
        2,
        'error: "3" may mean 003_three, 003_town\n  the database is unchanged\n  give more of the name\n',
    )
    assert peewit("rollback", "003_town")[2].startswith("error: migration 003_town is pending: nothing of it was ")
    assert peewit("rollback", "003_thr")[0] == 0


@pytest.mark.parametrize("command", ["migrate", "plan"])
def test_zero_is_a_way_back(project: ServerProject, peewit: Typed, command: str) -> None:
    """Forward there is nothing to do for it."""
    project.write("005_five", "pass")
    code, _, error = peewit(command, "zero")
    assert (code, error.splitlines()[-1]) == (2, "  to undo all of them: peewit rollback zero")


def test_adopt_names_the_file_as_it_is_typed(app: App) -> None:
    """As create does: from here, not from the root of the disk."""
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql("CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL)")
    out = app("adopt")[1]
    assert f"created {app.name}/migrations/001_initial.py, from the models\n" in out
