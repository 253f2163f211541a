"""What the system does not let a user read: one clear error and exit code 2, never a traceback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .app import App

SETPRIV = shutil.which("setpriv")
WITHOUT = "-dac_override,-dac_read_search"
"""What lets root read and write whatever the permissions say."""

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or (os.geteuid() == 0 and SETPRIV is None),
    reason="permissions are nothing to root, and there is no setpriv to give that up with",
)

EVERYTHING = ["status", "migrate", "plan", "check", "create more", "sql", "adopt"]

Run = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def run(app: App) -> Iterator[Run]:
    """A project with one migration applied and one pending, and the command line as somebody permissions are for."""
    app("create", "first")
    app("migrate")
    app("create", "second", "--empty")
    drop = [str(SETPRIV), f"--bounding-set={WITHOUT}", f"--inh-caps={WITHOUT}"] if os.geteuid() == 0 else []

    def typed(command: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [*drop, sys.executable, "-m", "peewit", *command.split()],
            capture_output=True,
            text=True,
            check=False,
            cwd=app.folder,
        )
        return done.returncode, done.stdout, done.stderr

    changed: list[Path] = [app.migrations, app.migrations / "002_second.py", app.folder / "pyproject.toml"]
    yield typed
    for path in changed:
        path.chmod(0o755)


def refused(answer: tuple[int, str, str], said: str) -> None:
    """Exit code 2, nothing but the error, which says what and what to look at."""
    code, out, error = answer
    assert (code, out) == (2, "")
    assert error.startswith(f"error: {said} cannot be read: Permission denied\n")
    assert "whose it is says: ls -l" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("command", EVERYTHING)
def test_a_file_that_may_not_be_read(app: App, run: Run, command: str) -> None:
    """The pending migration is named, whichever command comes upon it."""
    path = app.migrations / "002_second.py"
    path.chmod(0)
    refused(run(command), f"migration {path}")


@pytest.mark.parametrize("command", EVERYTHING)
def test_a_folder_that_may_not_be_read(app: App, run: Run, command: str) -> None:
    """An empty list would mean that nothing is pending."""
    app.migrations.chmod(0)
    refused(run(command), f"the migrations folder {app.migrations}")


def test_a_folder_that_may_be_listed_only(app: App, run: Run) -> None:
    """The names are there, and no file can be asked for."""
    app.migrations.chmod(0o600)
    for command in ("status", "migrate", "check"):
        code, out, error = run(command)
        assert (code, out, "cannot be read: Permission denied" in error, "Traceback" in error) == (2, "", True, False)


def test_settings_that_may_not_be_read(app: App, run: Run) -> None:
    """They are not taken for none."""
    (app.folder / "pyproject.toml").chmod(0)
    for command in ("status", "init"):
        refused(run(command), f"the settings in {app.folder / 'pyproject.toml'}")


@pytest.mark.parametrize("command", ["status", "status --exit-code", "migrate", "check", "doctor"])
def test_a_database_of_another_user(app: App, run: Run, command: str) -> None:
    """What the database says is not known: that is no 0, and not the 1 of something pending."""
    path = app.folder / "app.db"
    path.chmod(0)
    code, out, error = run(command)
    assert (code, out, error.startswith(f"error: the database {path} cannot be opened")) == (2, "", True)
    assert "may" in error
    assert "Traceback" not in error


def test_a_database_in_a_folder_of_another_user(app: App, run: Run) -> None:
    """It is not taken for one that is not there yet."""
    folder = app.folder / "closed"
    folder.mkdir(mode=0)
    try:
        for command in ("status", "migrate", "plan"):
            code, out, error = run(f"{command} --database sqlite:///closed/app.db")
            assert (code, out) == (2, "")
            assert error.startswith(f"error: the database {folder / 'app.db'} cannot be read: Permission denied\n")
    finally:
        folder.chmod(0o755)


def test_a_folder_that_may_not_be_written(app: App, run: Run) -> None:
    """The folder is named; nothing stands there that would have to go."""
    app.folder.chmod(0o555)
    try:
        code, _, error = run("migrate")
    finally:
        app.folder.chmod(0o755)
    assert (code, error.splitlines()[1:]) == (
        2,
        [
            "  the database is unchanged",
            f"  migrating needs to write into the folder of the database, {app.folder}",
        ],
    )
