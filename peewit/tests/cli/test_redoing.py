"""The editing loop: the newest migration undone and done again, with its file as it is or written anew."""

import os
import signal
import subprocess
from pathlib import Path

import peewee as pw
import pytest

from peewit.telling import drift, history

from ..killing import killed_in
from ..server_project import ServerProject
from .app import App


@pytest.fixture
def two(app: App) -> App:
    """A project with two migrations applied."""
    app("create", "first")
    app.models("age = pw.IntegerField(null=True)")
    app("create", "add_age")
    app("migrate")
    return app


def file(app: App) -> Path:
    """The newest migration's file."""
    return app.migrations / "002_add_age.py"


def test_redo_applies_the_file_as_it_is_now(two: App) -> None:
    """What is undone is what was applied; what is applied is the edited text."""
    text = file(two).read_text()
    file(two).write_text(text.replace("IntegerField", "CharField"))
    code, out, error = two("redo")
    assert (code, [line.partition(" (")[0] for line in out.splitlines()], error) == (
        0,
        ["redoing 002_add_age", "rolled back 002_add_age", "applied 002_add_age"],
        "",
    )
    assert two.json("diff")["ok"]
    assert two.json("redo")["applied"] == ["002_add_age"]
    assert [entry["action"] for entry in two.json("history", "--last", "2")["entries"]] == ["rollback", "migrate"]


def test_redo_tells_what_it_destroys(two: App) -> None:
    """Values that go with the column are counted first."""
    database = pw.SqliteDatabase(two.folder / "app.db")
    with database.connection_context():
        database.execute_sql("INSERT INTO person (name, age) VALUES ('a', 1), ('b', 2)")
    assert two("redo")[1].splitlines()[:2] == [
        "redoing 002_add_age",
        '002_add_age drops "person"."age" and its 2 values',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def migrate(migrator, database): return 1 / 0", "ZeroDivisionError"),
        ("def migrate(", "cannot be read"),
        ("def migrate(migrator, database): migrator.rename_field('person', 'nope', 'x')", "nope"),
    ],
)
def test_a_file_that_could_not_be_applied_again_is_refused_first(two: App, text: str, said: str) -> None:
    """Nothing is undone for it."""
    file(two).write_text(text)
    code, out, error = two("redo")
    assert (code, out) == (2, "")
    assert said in error
    assert "the database is unchanged" in error
    assert [entry["name"] for entry in two.json("status")["applied"]] == ["001_first", "002_add_age"]


def test_a_file_that_fails_when_it_is_applied_says_that_it_was_rolled_back(two: App) -> None:
    """What only the database finds out comes after the rollback."""
    file(two).write_text(file(two).read_text().replace('"""Undo', '"""Undo').replace(
        '    migrator.add_fields(', '    migrator.run(lambda: 1 / 0)\n    migrator.add_fields('
    ))  # fmt: skip
    code, _, error = two("redo")
    assert code == 2
    assert "\n  rolled back before it: 002_add_age\n" in error
    assert two.json("status")["pending"] == ["002_add_age"]


def test_redo_of_nothing(app: App) -> None:
    """Without a database, or with nothing applied, there is nothing to do again."""
    app.migrations.mkdir()
    code, _, error = app("redo")
    assert (code, error.splitlines()[0]) == (2, "error: there is nothing to roll back: the database does not exist")


def test_redo_of_a_file_that_is_gone(two: App) -> None:
    """It could be undone, and not be applied again."""
    file(two).unlink()
    code, _, error = two("redo")
    assert (code, error.splitlines()[0]) == (
        2,
        "error: migration 002_add_age cannot be applied again: its file is gone",
    )


def test_redo_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """What was applied is undone, what the file says now is applied, on every server."""
    project = ServerProject(tmp_path, database)
    table = """
        @migrator.create_model
        class Person(pw.Model):
            {} = pw.CharField()
            class Meta:
                table_name = "person"
        """
    project.write("001_first", table.format("name"), 'migrator.remove_model("person")')
    project.manager().migrate()
    project.write("001_first", table.format("title"), 'migrator.remove_model("person")')

    done = project.manager().redo()

    assert (done.rolled_back, done.applied) == (("001_first",), ("001_first",))
    assert project.sql("SELECT title FROM person") == []
    assert drift(project.manager()).differences == ()
    assert [entry.action for entry in history(project.manager())] == ["migrate", "rollback", "migrate"]


def test_anew_follows_the_models(two: App) -> None:
    """The file is written anew under its name, and takes the place of what was applied."""
    two.models("years = pw.IntegerField(null=True)")
    code, out, error = two("redo", "--anew")
    assert (code, error) == (0, "")
    assert [line.rpartition(" (")[0] or line for line in out.splitlines()] == [
        "redoing 002_add_age",
        f"written anew: {two.name}/migrations/002_add_age.py",
        '  add column "years" to "person"',
        "rolled back 002_add_age",
        "applied 002_add_age",
    ]
    assert two("check") == (0, "models, migrations and database agree\n", "")


def test_anew_with_nothing_left_to_do(two: App) -> None:
    """Where the models are back to what they were, the file goes, and so does what it did."""
    two.models()
    code, out, _ = two("redo", "--anew")
    assert (code, out.splitlines()[1]) == (
        0,
        "removed the file of 002_add_age: without it the migrations say what the models say",
    )
    assert not file(two).exists()
    assert two("check")[0] == 0


def test_anew_of_what_is_not_applied_yet(two: App) -> None:
    """A pending file is written anew, and applied."""
    two("rollback")
    two.models("years = pw.IntegerField(null=True)")
    assert two.json("redo", "--anew") == {
        "version": 1, "kind": "redo", "rolled_back": [], "applied": ["002_add_age"], "backups": {}, "removed": [],
        "destroyed": [],
    }  # fmt: skip


def test_anew_keeps_the_old_file_where_the_new_one_cannot_be_written(two: App) -> None:
    """A module that cannot be imported: nothing is lost, nothing is undone, no file is left behind."""
    before = file(two).read_text()
    two.models("years = pw.NoSuchField()")
    assert two("redo", "--anew")[0] == 2
    assert file(two).read_text() == before
    assert sorted(path.name for path in two.migrations.iterdir() if path.is_file()) == ["001_first.py", file(two).name]
    two.models()
    assert len(two.json("status")["applied"]) == 2


def test_anew_killed_while_the_file_is_written(two: App) -> None:
    """Until the new one is whole the old one is there: for who looks meanwhile, and for who types it again."""
    before = file(two).read_text()
    two.models("years = pw.IntegerField(null=True)")

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        os.fsync = die
        two("redo", "--anew")

    assert killed_in(run)
    assert file(two).read_text() == before
    assert "gone" not in two("status")[1]
    assert two("redo", "--anew")[0] == 0
    assert two("check") == (0, "models, migrations and database agree\n", "")
    assert sorted(path.name for path in two.migrations.iterdir() if path.is_file()) == ["001_first.py", file(two).name]


def test_anew_keeps_the_values_for_rows(two: App) -> None:
    """One value is told after the other: those told before still hold, and another one takes their place."""
    database = pw.SqliteDatabase(two.folder / "app.db")
    with database.connection_context():
        database.execute_sql("INSERT INTO person (name, age) VALUES ('a', NULL)")
    two.models("age = pw.IntegerField()", "mail = pw.TextField()", "token = pw.CharField()")
    two("create", "more")
    assert two("redo", "--anew", "--fill", "person.mail='?'")[0] == 2
    assert two("redo", "--anew", "--fill", "person.token=uuid.uuid4().hex")[0] == 2
    assert two("redo", "--anew", "--fill", "person.age=7", "--fill", "person.mail='!'")[0] == 0

    assert two("redo", "--anew")[0] == 0
    with database.connection_context():
        ((name, age, mail, token),) = database.execute_sql("SELECT name, age, mail, token FROM person").fetchall()
    assert (name, age, mail, len(token)) == ("a", 7, "!", 32)


ONE_WAY = "def migrate(migrator, database, **_):\n    migrator.sql('ALTER TABLE person ADD mood')\n"


def test_what_has_no_way_back_is_not_done_again(two: App) -> None:
    """Nothing is said to be done, and the file is left alone; with a way back written, it works."""
    path = two.migrations / "003_mood.py"
    path.write_text(ONE_WAY)
    two("migrate")
    code, out, error = two("redo")
    assert (code, out, error.splitlines()[0]) == (2, "", "error: migration 003_mood has no rollback function")
    code, out, error = two("redo", "--anew")
    assert (code, out, error.splitlines()) == (
        2,
        "",
        [
            "error: migration 003_mood, as it was applied, has no rollback function",
            "  the database is unchanged",
            "  peewit rollback says what can be done; after that, peewit redo --anew",
        ],
    )
    assert path.read_text() == ONE_WAY
    path.write_text(
        f"{ONE_WAY}\n\ndef rollback(migrator, database, **_):\n    migrator.sql('ALTER TABLE person DROP mood')\n"
    )
    assert (two("redo")[0], two("rollback")[0], two("redo", "--anew")[0]) == (0, 0, 0)


def test_anew_of_what_others_came_after(two: App) -> None:
    """The highest number is not always the newest: the command that makes it so is named, and works."""
    (two.migrations / "001_late.py").write_text(ONE_WAY)
    two("migrate")
    code, _, error = two("redo", "--anew")
    assert (code, error.splitlines()[-1]) == (2, "  that cannot be undone: 001_late has no rollback function")
    (two.migrations / "001_late.py").write_text(f"{ONE_WAY}\n\ndef rollback(migrator, database, **_):\n    pass\n")
    assert two("redo", "--anew")[2].splitlines()[-1] == "  undo that first: peewit rollback"
    assert two("rollback")[0] == 0


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    person = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


def test_anew_is_refused_for_what_others_may_have(two: App) -> None:
    """A file that a git remote knows is left alone, unless it is told to go."""
    git(two.folder, "init", "--quiet", "--bare", "remote.git")
    git(two.folder, "init", "--quiet")
    git(two.folder, "add", two.name)
    git(two.folder, "commit", "--quiet", "-m", "one")
    git(two.folder, "remote", "add", "origin", str(two.folder / "remote.git"))
    two.models("years = pw.IntegerField(null=True)")
    text = file(two).read_text()
    git(two.folder, "push", "--quiet", "origin", "HEAD:main")

    code, _, error = two("redo", "--anew")

    assert (code, error.splitlines()[0]) == (
        2,
        "error: migration 002_add_age is known to a git remote: others may have applied it",
    )
    assert file(two).read_text() == text
    assert two("redo", "--anew", "--shared")[0] == 0
