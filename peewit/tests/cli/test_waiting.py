"""Who waits for others says so: once, for whom, since when and how long; and keeps to the time it was given."""

import contextlib
import fcntl
import json
import os
import pty
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest

from peewit import LockBusyError
from peewit.reports import Event, Waiting
from peewit.run.database.lock import locked

from ..server_project import ServerProject
from .app import App

HOLDER = "ann@laptop (77) since 2026-11-27 02:54:22 UTC"


@pytest.fixture
def pending(app: App) -> App:
    """A project with a pending migration that writes nothing by itself."""
    app("create", "first")
    app("migrate")
    app("create", "second", "--empty")
    return app


@contextlib.contextmanager
def another_migrates(app: App) -> Iterator[None]:
    """The lock file is held, and says by whom."""
    path = app.folder / "app.db-migrating"
    path.write_text(f"{HOLDER}\n")
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def another_writes() -> Iterator[None]:
    """A program that is no migrator has the database."""
    connection = sqlite3.connect("app.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


def test_who_holds_the_lock_says_how_far_it_is(tmp_path: Path) -> None:
    """In words: at which step of what."""
    path = str(tmp_path / "app.db")
    with locked(path, 1.0) as lock:
        lock.tell("migrate 006_slow")
        assert Path(f"{path}-migrating").read_text().endswith(" UTC, at step 1 of migrate 006_slow\n")


def test_a_waiting_migrator_says_for_whom(pending: App) -> None:
    """One line on standard error, also where nobody looks; the error afterwards names the flag."""
    with another_migrates(pending):
        code, out, error = pending("migrate", "--lock-timeout", "1.5")
    told, *rest = error.splitlines()
    assert (code, out) == (3, "")
    assert told == (
        "waiting for ann@laptop (77), who migrates since 2026-11-27 02:54:22 UTC: up to 1.5 s, as long as nothing of it moves"
    )
    assert rest[0].startswith("error: another process is migrating")
    assert "or wait longer: --lock-timeout SECONDS" in rest[-1]


def test_a_short_wait_and_a_quiet_one_say_nothing(pending: App) -> None:
    """A second is no wait; and with -q there are only errors."""
    with another_migrates(pending):
        assert pending("migrate", "--lock-timeout", "0.3")[2].startswith("error: ")
        assert pending("migrate", "--lock-timeout", "1.2", "-q")[2].startswith("error: ")


def test_json_stays_json(pending: App) -> None:
    """The line is a note on standard error."""
    with another_migrates(pending):
        code, out, error = pending("migrate", "--lock-timeout", "1.2", "--json")
    assert (code, json.loads(out)["kind"], error.startswith("waiting for ann@laptop (77)")) == (3, "error", True)


def test_a_terminal_counts_the_seconds(pending: App) -> None:
    """Below the line that stays there is one that moves."""
    above, below = pty.openpty()
    with another_migrates(pending):
        process = subprocess.Popen(
            [sys.executable, "-m", "peewit", "migrate", "--lock-timeout", "4"],
            cwd=pending.folder,
            stderr=below,
            stdout=subprocess.DEVNULL,
        )
        os.close(below)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(above, 1024):
                shown += part
    os.close(above)
    assert process.wait() == 3
    text = shown.decode()
    assert text.count("waiting for ann@laptop (77), who migrates") == 1
    assert "waiting  2 s" in text
    assert "waiting  3 s" in text


@pytest.mark.parametrize("seconds", ["0.2", "2"])
def test_the_time_is_kept_with_a_writer_that_is_no_migrator(pending: App, seconds: str) -> None:
    """The flag counts, whatever the application's own patience is; the state is not told as doubtful."""
    file = pending.migrations / "002_second.py"
    file.write_text(f"{file.read_text()}\nimport {pending.name}.models\n")
    with another_writes():
        began = time.monotonic()
        code, out, error = pending("migrate", "--lock-timeout", seconds)
        took = time.monotonic() - began
    assert (code, out) == (3, "")
    assert float(seconds) <= took < float(seconds) + 1
    assert "nothing of this migration was kept: " in error
    assert "of its own" not in error
    assert ("waits for locks, another connection, which writes to the database: up to 2 s" in error) is (seconds == "2")
    assert pending("migrate")[0] == 0


def test_reading_keeps_the_time_too(pending: App) -> None:
    """A program that has locked the file as a whole is not waited for any longer."""
    connection = sqlite3.connect("app.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    code, _, error = pending("status", "--lock-timeout", "0.3")
    assert time.monotonic() - began < 2
    connection.close()
    assert (code, "is locked by another process" in error) == (3, True)


OWN = """
import sqlite3

import holder

def migrate(migrator, database, *, fake=False):
    connection = sqlite3.connect({path!r}, timeout=0.1)
    connection.execute("INSERT INTO person (name) VALUES ('own')")
    connection.commit()
    connection.close()
    holder.connection.execute("BEGIN IMMEDIATE")
    database.execute_sql("DELETE FROM person")
"""


def test_what_a_file_wrote_by_itself_is_told(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it did write through a connection of its own, and failed after that, the state says so."""
    app("create", "first")
    app("migrate")
    (app.folder / "holder.py").write_text(
        "import sqlite3\nconnection = sqlite3.connect('app.db', isolation_level=None)\n"
    )
    (app.migrations / "002_own.py").write_text(OWN.format(path=str(app.folder / "app.db")))
    monkeypatch.syspath_prepend(app.folder)
    code, _, error = app("migrate", "--lock-timeout", "0.3")
    sys.modules.pop("holder").connection.close()
    assert code == 3
    assert "but for what the migration wrote through a connection of its own" in error


def test_locks_of_a_table_are_told_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """Who is in the way is told while it is waited for, not only when that is given up."""
    project = ServerProject(tmp_path, database)
    project.write("001_first", "migrator.sql('CREATE TABLE person (id INT PRIMARY KEY)')", "pass")
    project.manager().migrate()
    project.write("002_age", "migrator.sql('ALTER TABLE person ADD COLUMN age INT')", "pass")
    other: pw.Database = type(database)(database.database, **database.connect_params)
    heard: list[Event] = []
    with other.connection_context(), other.atomic():
        other.execute_sql("SELECT * FROM person").fetchall()
        with pytest.raises(LockBusyError, match="others hold locks"):
            project.manager(lock_timeout=3.0).migrate(tell=heard.append)
    (waiting,) = [event for event in heard if isinstance(event, Waiting)]
    assert (waiting.name, waiting.patience) == ("002_age", 3.0)
    assert waiting.holder
