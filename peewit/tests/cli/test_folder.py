"""A folder of migrations that is not there, or is none: said, and never taken for one with nothing in it."""

import logging

import peewee as pw
import pytest

from peewit import ConfigError, MigrationManager

from .app import App
from .test_status_hints import execute

BY_FILES = [["migrate"], ["plan"], ["check"], ["rollback"], ["redo"], ["sql"], ["show", "1"], ["accept", "1"]]


@pytest.mark.parametrize("command", BY_FILES)
def test_a_folder_that_is_not_there(app: App, command: list[str]) -> None:
    """A slip of the pen is no success: what to type instead is said."""
    app("create", "first")
    app("migrate")
    code, out, error = app(*command, "--directory", "nowhere")
    assert (code, out) == (2, "")
    assert error.splitlines() == [
        "error: there is no folder nowhere",
        "  the database is unchanged",
        "  name the one that has the migrations: --directory, or directory in [tool.peewit], which peewit init writes",
        "  the first migration makes it: peewit create NAME",
    ]


def test_create_makes_it(app: App) -> None:
    """That is how a project gets its folder."""
    assert app("create", "first", "--directory", "new/place")[0] == 0
    assert (app.folder / "new" / "place" / "001_first.py").is_file()


def test_status_of_a_new_project(app: App) -> None:
    """Nothing was ever applied: a folder that is not there yet is nothing to fail for."""
    code, out, error = app("status", "--exit-code")
    assert (code, error) == (0, "")
    assert out.splitlines()[2:] == [
        f"there is no folder {app.name}/migrations yet",
        "next: peewit create NAME, which makes it",
    ]


def test_status_of_a_database_with_a_history(app: App) -> None:
    """That all files are gone at once is one mistake, told once."""
    app("create", "first")
    app("migrate")
    code, out, error = app("status", "--directory", "nowhere")
    assert (code, out) == (2, "")
    assert error.splitlines()[0] == "error: there is no folder nowhere, and the database has 1 migration applied"


def test_a_file_in_its_place(app: App) -> None:
    """It is named as what it is."""
    (app.folder / "file.py").touch()
    for command in ("status", "migrate", "check", "create more"):
        code, out, error = app(*command.split(), "--directory", "file.py")
        assert (code, out) == (2, "")
        assert error.splitlines()[0] == "error: the migrations folder file.py is a file, not a folder"


def test_an_application_starts_before_its_first_migration(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """The library takes a folder that is not there for one with nothing in it, as long as nothing was applied.

    It may be the wrong one: a start warns of it, once.
    """
    manager = MigrationManager(pw.SqliteDatabase("new.db"), app.migrations)
    with caplog.at_level(logging.WARNING, logger="peewit"):
        assert (manager.migrate().applied, manager.ensure_current().applied) == ((), ())
        assert manager.ensure_current().applied == ()
    assert [record.message for record in caplog.records] == [
        f"there is no folder {app.migrations} (from {app.folder}), so nothing is applied to the database {app.folder / 'new.db'}"
    ]
    app("create", "first")
    assert manager.migrate().applied == ("001_first",)


@pytest.mark.parametrize("there", [True, False])
def test_a_test_that_migrates_from_a_folder_that_is_not_there(
    app: App, caplog: pytest.LogCaptureFixture, there: bool
) -> None:
    """It would go on without a table, so it is warned as a start is; whether the database is there or not."""
    if there:
        execute("CREATE TABLE other (id INTEGER)")
    with caplog.at_level(logging.WARNING, logger="peewit"):
        assert MigrationManager("sqlite:///app.db", "migratoins").migrate().applied == ()
    (record,) = caplog.records
    assert record.message.startswith("there is no folder migratoins (from ")


def test_an_application_that_was_installed_without_its_migrations(app: App) -> None:
    """It would start on a database nobody compares with it: said at the start."""
    app("create", "first")
    app("migrate")
    database = pw.SqliteDatabase("app.db")
    for start in (MigrationManager(database, "nowhere").migrate, MigrationManager(database, "nowhere").ensure_current):
        with pytest.raises(ConfigError, match="there is no folder nowhere, and the database has 1 migration applied"):
            start()
    # Files that are gone, from a folder that is there, are those of another branch.
    (app.folder / "empty").mkdir()
    assert MigrationManager(database, "empty").migrate().applied == ()


BROKEN = """
import logging

import peewee as pw

class Broken(pw.SqliteDatabase):
    def _connect(self):
        raise KeyError("password=secret")

database = Broken("app.db")
"""


def test_what_nobody_foresaw_is_told_in_full(app: App) -> None:
    """With exit code 2: 1 would say that something is pending. And no password in it."""
    app("create", "first")
    app("migrate")
    (app.folder / app.name / "broken.py").write_text(BROKEN)
    code, out, error = app("status", "--exit-code", "--database", f"{app.name}.broken:database")
    assert (code, out) == (2, "")
    assert error.startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'password=***" in error
    assert error.endswith("this should not happen: it is a mistake of peewit, or of a driver\n")
