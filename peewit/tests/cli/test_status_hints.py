"""What a status says of files and databases that are out of the ordinary, and what it says to type."""

import re
import sqlite3

import pytest

from .app import App
from .test_questions import on_a_terminal

FOREIGN = 'def up(op):\n    op.execute("SELECT 1")\n\n\ndef down(op):\n    pass\n'
STOCK = '''"""Peewee migrations -- 001_first.py.

Some examples (model - class or model name)::

    > Model = migrator.orm['table_name']            # Return model in current state by name
"""


def migrate(migrator, database, *, fake=False):
    pass
'''


def execute(*statements: str) -> None:
    connection = sqlite3.connect("app.db")
    for sql in statements:
        connection.execute(sql)
    connection.commit()
    connection.close()


TABLE = "CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL)"


@pytest.mark.parametrize("verbose", [(), ("-v",)])
def test_a_database_that_does_not_exist_yet(app: App, verbose: tuple[str, ...]) -> None:
    """A mistyped path is seen in the first line, and the folder where that is what is missing; nothing is made."""
    app("create", "first")
    for database, told in (
        ("typo.db", "this file does not exist yet"),
        ("nowhere/x.db", f"there is no such file, and no folder {app.folder / 'nowhere'}"),
    ):
        given = ("--database", f"sqlite:///{database}", "--directory", str(app.migrations), *verbose)
        code, out, _ = app("status", *given)
        first = out.splitlines()[0]
        assert (code, first.partition(" (")[0]) == (0, f"database {app.folder / database}")
        assert first.endswith(f"): {told}")
        assert app("plan", *given)[1].splitlines()[0] == f"database {app.folder / database}: {told}"
        assert not (app.folder / database).exists()
    app("migrate")
    assert app("status")[1].splitlines()[0].endswith(")")
    assert app("migrate")[1].startswith("nothing to do")


@pytest.mark.parametrize("verbose", [(), ("-v",)])
def test_a_relative_path_from_a_folder_inside(
    app: App, monkeypatch: pytest.MonkeyPatch, verbose: tuple[str, ...]
) -> None:
    """The database of the project is named, and no second one is suggested; nor where the project has none yet."""
    app("create", "first")
    inside = app.folder / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert app("status", *verbose)[1].splitlines()[-1] == "next: peewit migrate"
    (app.folder / "app.db").touch()
    lines = app("status", *verbose)[1].splitlines()
    assert lines[0].endswith(f"): this file does not exist yet, and {app.folder / 'app.db'} does")
    assert lines[-2:] == [
        f"a relative path is of the folder it is typed in: is {app.folder / 'app.db'} meant?",
        f"next: cd {app.folder}, and peewit status; here, peewit migrate would make another database",
    ]
    given = ("--database", "sqlite:///app.db", "--directory", str(app.migrations))
    assert app("status", *verbose, *given)[1].splitlines() == lines
    assert not (inside / "app.db").exists()


def test_a_file_that_is_gone_comes_before_what_is_pending(app: App) -> None:
    """The next step is not a migration on top of what is missing."""
    app("create", "first")
    execute(TABLE.replace("person", "other"))
    gone = app.migrations / "002_gone.py"
    app("create", "gone", "--empty")
    app("migrate")
    gone.unlink()
    app("create", "more", "--empty")
    told = app("status")[1].splitlines()
    assert told[-2:] == [
        "002_gone was applied and its file is gone",
        "next: peewit check, which says what can be done about 002_gone; peewit migrate goes on without it",
    ]


def test_tables_without_a_history_are_adopted(app: App) -> None:
    """A migration that makes them would fail: they are there. What is said to type works."""
    execute(TABLE)
    told = ["the database has tables, and no history of migrations"]
    told.append("next: peewit adopt, which takes over the tables that are there")
    assert app("status")[1].splitlines()[2:] == told
    app("create", "first")
    assert app("status")[1].splitlines()[-2:] == told
    assert app("adopt")[0] == 0
    assert app("status")[1].splitlines()[-1] == "the database is up to date"


def test_tables_of_somebody_else_are_not(app: App) -> None:
    """No model speaks of them: there is nothing to take over."""
    execute("CREATE TABLE other (n INT)")
    app.migrations.mkdir()
    assert app("status")[1].splitlines()[-2:] == ["there are no migrations yet", "next: peewit create NAME"]
    app("create", "first")
    assert app("status")[1].splitlines()[-1] == "next: peewit migrate"


def test_another_tools_files_are_not_said_to_be_run(app: App) -> None:
    """Files and history of playhouse.migrations: `init` and `status` both say to adopt, which does it."""
    app.migrations.mkdir()
    (app.migrations / "0001_items.py").write_text(FOREIGN)
    execute(
        TABLE,
        "CREATE TABLE schema_migration (name VARCHAR(255) NOT NULL PRIMARY KEY, applied DATETIME NOT NULL)",
        "INSERT INTO schema_migration VALUES ('0001_items', '2026-01-02 03:04:05')",
    )
    assert app("status")[1].splitlines()[2:] == [
        "  [ ] 0001_items  (written for playhouse.migrations, and is not run)",
        "the database has tables, and no history of migrations",
        "next: peewit adopt, which takes over the tables that are there",
    ]
    (app.folder / "pyproject.toml").rename(app.folder / "kept.toml")
    assert app("init")[1].splitlines()[-1] == "next: peewit adopt, which takes over the tables that are there"
    code, out, _ = app("adopt")
    assert (code, "1 taken over from the history of playhouse.migrations" in out) == (0, True)


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("def migrate(:\n", "cannot be read: invalid syntax, line 1"),
        ("def migrate():\n    x = (1\n", "cannot be read: '(' was never closed, line 2"),
    ],
)
def test_a_pending_file_that_is_no_program(app: App, text: str, noted: str) -> None:
    """It is said where the file is listed, and in JSON, before anybody tries to apply it; it is corrected first."""
    app("create", "first")
    app("migrate")
    (app.migrations / "002_bad.py").write_text(text)
    lines = ["  [ ] 002_bad  (" + noted + ")", "next: correct 002_bad, then peewit migrate"]
    assert app("status")[1].splitlines()[3:] == lines
    assert app.json("status")["notes"] == {"002_bad": noted}


def test_what_peewee_migrate_writes_above_a_file_says_nothing(app: App) -> None:
    """Its name stands there already."""
    app.migrations.mkdir()
    (app.migrations / "001_first.py").write_text(STOCK)
    assert app("status")[1].splitlines()[2:] == ["  [ ] 001_first", "next: peewit migrate"]
    assert app.json("status")["says"] == {"001_first": []}


MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00"


def test_a_moment_is_told_in_one_way(app: App) -> None:
    """With its zone, in every list; for programs as ISO 8601, also where peewee-migrate wrote it without one."""
    app("create", "first")
    app("migrate")
    app.models("age = pw.IntegerField(null=True)")
    app("create", "second")
    app("migrate")
    execute(
        "INSERT INTO person (name, age) VALUES ('a', 1)",
        "UPDATE migratehistory SET migrated_at = '2026-01-02 03:04:05'",
    )
    app("rollback")
    listed = {
        "status": [line for line in app("status")[1].splitlines() if "[x]" in line],
        "history": app("history")[1].splitlines(),
        "restore": [line for line in app("restore")[1].splitlines() if " MB " in line],
    }
    for command, lines in listed.items():
        assert [line for line in lines if not re.search(MOMENT, line)] == [], command
        assert lines, command
    (applied,) = app.json("status")["applied"]
    assert applied["at"] == "2026-01-02T03:04:05+00:00"
    ats = [entry["at"] for entry in app.json("history")["entries"] + app.json("restore")["copies"]]
    assert [at for at in ats if not re.fullmatch(ISO, at)] == []
    assert len(ats) > 3


@pytest.mark.parametrize("command", [["status"], ["history"], ["doctor"]])
def test_a_narrow_terminal(app: App, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is cut by the terminal in the middle of a word; without one every line is whole."""
    app.models("age = pw.IntegerField(null=True)", "some_long_name_of_a_field = pw.IntegerField(null=True)")
    app("create", "the_first_of_all_migrations_with_a_long_name")
    app("migrate")
    app.models("another = pw.IntegerField(null=True)")
    app("create", "more", "--no-rename")
    whole = app(*command)[1].splitlines()
    assert max(map(len, whole)) > 60
    monkeypatch.setenv("COLUMNS", "60")
    _, lines = on_a_terminal([], *command)
    shown = [line for line in lines if "/" not in line]  # a path is no text to be broken
    assert max(map(len, shown)) <= 60
    if command == ["status"]:  # by whom is told where there is room for it
        whole = [re.sub(r"( s)  \S+$", r"\1", line) for line in whole]
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(whole).split())


def test_a_line_for_each_migration(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a terminal has no room for all of it, nobody is told by whom it was applied; -v tells."""
    app("create", "a_name_of_the_usual_length_and_more")
    app("migrate")
    monkeypatch.setenv("COLUMNS", "80")
    _, lines = on_a_terminal([], "status")
    assert lines[-1] == "the database is up to date"
    assert re.fullmatch(r"  \[x\] 001_a_name_of_the_usual_length_and_more .* UTC +\d\.\d\d s", lines[-2])
    assert "@" in " ".join(on_a_terminal([], "status", "-v")[1])
    assert "@" in app("status")[1]


def test_two_branches_that_add_the_same_field(app: App) -> None:
    """One of the files goes, and what is then missing is written."""
    app("create", "first")
    app("migrate")
    app.models("vat = pw.IntegerField(null=True)")
    app("create", "add_vat")
    app("migrate")
    text = (app.migrations / "002_add_vat.py").read_text()
    (app.migrations / "002_vat.py").write_text(text)
    app.models("vat = pw.IntegerField(null=True)", "net = pw.IntegerField(null=True)")

    for command in (["check"], ["create", "net"]):
        code, _, error = app(*command)
        assert code == 2
        assert error.splitlines()[2:] == [
            (
                "  another migration does it, before this one: where two branches did the same, delete the file that "
                "nobody has applied"
            ),
            "  what is missing then is written by peewit create NAME",
        ]
    (app.migrations / "002_vat.py").unlink()
    assert (app("create", "net")[0], app("migrate")[0], app("check")[0]) == (0, 0, 0)
