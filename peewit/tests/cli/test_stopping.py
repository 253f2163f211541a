"""Ctrl-C and SIGTERM: what runs is cancelled or finished, the lock is let go, and the last lines say where it stands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject, url_of

FIRST = """
    @migrator.create_model
    class Log(pw.Model):
        what = pw.CharField()
        class Meta:
            table_name = "log"
    """
MARK = """
    import pathlib
    migrator.add_fields("log", more=pw.IntegerField(null=True))
    migrator.run(lambda: pathlib.Path(r"{mark}").touch())
    """
COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """What a shell starts in its background ignores Ctrl-C, and so would everything that is started here."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def stopped(
    project: ServerProject, slow: str, number: int, *, times: int = 1, flags: Sequence[str] = ()
) -> tuple[int, str, float]:
    """Migrate in a process of its own, and send it a signal while it is at something slow: code, errors, seconds.

    With ``flags``, what it printed is in place of its errors.
    """
    mark = project.directory.parent / "begun"
    project.write("001_first", FIRST)
    project.write("002_slow", MARK.format(mark=mark) + slow)
    project.write("003_never", "migrator.add_fields('log', never=pw.IntegerField(null=True))")
    command = [sys.executable, "-m", "peewit", "migrate", "--database", url_of(project.database)]
    process = subprocess.Popen(
        [*command, "--directory", str(project.directory), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=project.directory.parent,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PEEWIT", "MAKE"))},
    )
    while not mark.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    time.sleep(0.3)
    begun = time.monotonic()
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.2)
    try:
        printed, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, printed if flags else errors, time.monotonic() - begun


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("slow", [f'migrator.sql("{COUNT}")', "migrator.run(lambda: __import__('time').sleep(50))"])
def test_stopped_in_sqlite(tmp_path: Path, slow: str, number: signal.Signals) -> None:
    """Nothing of the migration is kept, what was done before it is, and the next run finds no lock."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))

    code, errors, seconds = stopped(project, slow, number)

    assert code == 128 + number
    assert errors.splitlines() == [
        f"stopped by {number.name}",
        "  nothing of 002_slow was kept",
        "  the database has 1 applied, 2 pending",
        "  next: peewit status",
    ]
    assert seconds < 20
    assert [column.name for column in project.database.get_columns("log")] == ["id", "what"]
    project.write("002_slow", "migrator.add_fields('log', more=pw.IntegerField(null=True))")
    assert project.manager(lock_timeout=0.0).migrate().applied == ("002_slow", "003_never")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.db", "begun", "migrations"]


def test_a_rollback_that_is_stopped_leaves_what_was_applied(tmp_path: Path) -> None:
    """All of it: that nothing was kept would say that it is gone."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    mark = tmp_path / "begun"
    back = f"import pathlib, time\npathlib.Path(r'{mark}').touch()\ntime.sleep(50)"
    project.write("001_first", FIRST, back)
    project.manager().migrate()
    flags = ["--database", url_of(project.database), "--directory", str(project.directory)]
    process = subprocess.Popen([sys.executable, "-m", "peewit", "rollback", *flags], stderr=subprocess.PIPE, text=True)
    while not mark.exists():
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=60)[1].splitlines() == [
        "stopped by SIGTERM",
        "  001_first is still applied, as before",
        "  the database has 1 applied, nothing is pending",
        "  next: peewit status",
    ]


def test_stopped_in_json(tmp_path: Path) -> None:
    """A program is told as well where the database stands."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    code, printed, _ = stopped(project, f'migrator.sql("{COUNT}")', signal.SIGTERM, flags=["--json"])
    told = json.loads(printed)
    assert (code, told["exit_code"], told["kind"]) == (143, 143, "error")
    assert (told["error"], told["applied"], told["hint"]) == (
        "stopped by SIGTERM",
        ["001_first"],
        "next: peewit status",
    )
    assert told["state"] == "nothing of 002_slow was kept\nthe database has 1 applied, 2 pending"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_on_postgres(tmp_path: Path, postgres: pw.Database, number: signal.Signals) -> None:
    """The server's statement is cancelled, too: it does not go on by itself."""
    project = ServerProject(tmp_path, postgres)

    code, errors, seconds = stopped(project, 'migrator.sql("SELECT pg_sleep(50)")', number)

    assert (code, errors.splitlines()[:2]) == (
        128 + number,
        [f"stopped by {number.name}", "  nothing of 002_slow was kept"],
    )
    assert seconds < 20
    active = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%pg_sleep(50)%%'"
    )
    assert project.sql(f"{active} AND pid <> pg_backend_pid()") == [(0,)]
    assert project.manager().status().pending == ("002_slow", "003_never")


def test_stopped_on_mariadb(tmp_path: Path, mariadb: pw.Database) -> None:
    """The statement that runs is finished, and the run goes on from there the next time."""
    project = ServerProject(tmp_path, mariadb)
    slow = 'migrator.sql("DO SLEEP(2)")\n    migrator.add_fields("log", last=pw.IntegerField(null=True))'

    code, errors, _ = stopped(project, slow, signal.SIGTERM)

    assert code == 128 + signal.SIGTERM
    assert "stopping when the statement that runs now is done" in errors
    assert "002_slow was begun: what it has done so far is kept" in errors
    assert [column.name for column in project.database.get_columns("log")] == ["id", "what", "more"]
    assert project.manager().migrate().applied == ("002_slow", "003_never")
    assert project.manager().check().ok


def test_stopped_at_once_on_mariadb(tmp_path: Path, mariadb: pw.Database) -> None:
    """Who asks twice does not wait for a statement that takes long."""
    project = ServerProject(tmp_path, mariadb)

    code, errors, seconds = stopped(project, 'migrator.sql("DO SLEEP(50)")', signal.SIGINT, times=2)

    assert (code, seconds < 20) == (128 + signal.SIGINT, True), errors


def test_stopped_while_it_waits_for_the_lock(tmp_path: Path) -> None:
    """Nothing was begun, and the holder is not disturbed."""
    from peewit.run.database.lock import locked

    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    project.write("001_first", FIRST)
    with locked(str(tmp_path / "app.db"), 1.0):
        process = subprocess.Popen(
            [sys.executable, "-v", "-m", "peewit", "migrate", "--database", url_of(project.database)],
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        assert process.stderr is not None
        for line in process.stderr:  # what it loads, one after the other
            if line.startswith("import 'peewit.run.database.lock'"):
                break
        time.sleep(0.5)
        process.terminate()
        _, errors = process.communicate(timeout=20)
    told = [line for line in errors.splitlines() if line in ("stopped by SIGTERM", "  nothing was begun")]
    assert (process.returncode, told) == (143, ["stopped by SIGTERM", "  nothing was begun"])


SLOW = """
import os, sys, time

sys.path.remove({folder!r})
os.kill(os.getpid(), {number})
time.sleep(20)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_stopped_while_the_modules_load(tmp_path: Path, number: signal.Signals, flags: tuple[str, ...]) -> None:
    """One line and the signal's exit code, as for a command that has begun: here a library takes long to load."""
    (tmp_path / "click.py").write_text(SLOW.format(folder=str(tmp_path), number=int(number)))
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", "peewit", "migrate", *flags],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path.home(),
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (done.returncode, done.stderr) == (128 + number, "interrupted\n")
    assert bool(done.stdout) is bool(flags)
    if flags:
        found = json.loads(done.stdout)
        assert (found["kind"], found["error"], found["exit_code"]) == ("error", "interrupted", 128 + number)
