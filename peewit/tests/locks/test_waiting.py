"""Who waits for the lock: as long as its holder moves; then it says who that is."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationManager
from peewit.doctor import diagnose
from peewit.errors import ConfigError, LockBusyError
from peewit.run.database.holding import LONGER
from peewit.run.database.lock import locked
from peewit.run.records.who import who

from .application import Application, ended

NAMED = rf"@{re.escape(socket.gethostname())} \({{pid}}\)"


@pytest.fixture(params=["session", "lease"])
def lock(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def application(tmp_path: Path, database: pw.Database) -> Application:
    return Application(database=database, folder=tmp_path, term=30.0)


@pytest.fixture
def file(tmp_path: Path) -> Application:
    return Application(database=pw.SqliteDatabase(str(tmp_path / "app.db")), folder=tmp_path)


def a_chain_is_waited_for(application: Application, lock: str) -> None:
    application.write_held()
    for number in range(3, 11):
        application.write(
            f"{number:03}_x",
            f"migrator.run(lambda: time.sleep(0.6))\nmigrator.sql('CREATE TABLE t{number} (id INTEGER)')",
        )
    with application.holding(lock=lock) as first:
        second = application.start(lock=lock, lock_timeout=4)
        application.mark.unlink()
        assert ended(first).code == 0
        assert (ended(second).code, second.returncode) == (0, 0)


@pytest.mark.one_version
def test_a_chain_is_waited_for(application: Application, lock: str) -> None:
    """Migrations that take longer together than a start would wait for one of them."""
    a_chain_is_waited_for(application, lock)


def test_a_chain_is_waited_for_on_a_file(file: Application) -> None:
    """The same on SQLite, where the lock's file says what its holder is at."""
    a_chain_is_waited_for(file, "auto")


def a_stopped_holder_is_named(application: Application, lock: str) -> None:
    application.write_held()
    with application.holding(lock=lock) as first:
        os.kill(first.pid, signal.SIGSTOP)
        second = application.run(lock=lock, lock_timeout=0.6)
    assert second.code == 3
    assert "another process is migrating" in second.error
    assert re.search(NAMED.format(pid=first.pid), second.error), second.error
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", second.error), second.error
    assert "nothing of it moved for 0.6 seconds" in second.error


@pytest.mark.one_version
def test_a_stopped_holder_is_named(application: Application, lock: str) -> None:
    """Who stands still is waited for until the time is over: then it is said who, on which machine, since when."""
    a_stopped_holder_is_named(application, lock)


def test_a_stopped_holder_of_a_file_is_named(file: Application) -> None:
    """The same on SQLite, and at which migration it stands."""
    a_stopped_holder_is_named(file, "auto")
    assert "migrate 002_held" in file.folder.joinpath("app.db-migrating").read_text()


@pytest.mark.one_version
def test_a_killed_holder_whose_statement_runs_on(application: Application) -> None:
    """The server goes on with it, and so keeps its session and the lock: that is said, and doctor has what ends it."""
    in_postgres = isinstance(application.database, pw.PostgresqlDatabase)
    # MariaDB looks every five seconds of one sleep whether anybody waits for it.
    sleep = "SELECT pg_sleep(seconds) FROM pace" if in_postgres else "DO (SELECT SUM(SLEEP(seconds)) FROM pace)"
    application.write(
        "001_start",
        "migrator.sql('CREATE TABLE ran (name VARCHAR(20))')\n"
        "migrator.sql('CREATE TABLE pace (seconds INTEGER)')\n"
        f"migrator.sql('INSERT INTO pace VALUES {', '.join(['(1)'] * 100)}')",
    )
    application.write("002_long", f"pathlib.Path({str(application.mark)!r}).touch()\nmigrator.sql({sleep!r})")
    with application.holding() as first:
        time.sleep(0.5)
    second = application.run(lock_timeout=1.0)
    assert second.code == 3
    assert f"({first.pid})" in second.error
    assert second.error.splitlines()[2:] == [
        "its process is gone; the server ends its session when its statement is over",
        f"nothing of it moved for 1 second; {LONGER}",
    ]
    told = diagnose(MigrationManager(application.database, application.migrations)).symptoms
    assert told[0].meaning.startswith("its process is gone; ")
    application.sql(told[0].repairs[-1].text)
    application.sql("UPDATE pace SET seconds = 0")
    assert application.run(lock_timeout=5.0).code != 3


def test_the_name_of_the_connection_is_put_back(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """While the lock is held the connection says who has it; afterwards it has the application's name again."""
    application = Application(database=postgres, folder=tmp_path)
    application.write(
        "001_x", "migrator.sql(\"CREATE TABLE shown AS SELECT current_setting('application_name') AS n\")"
    )
    asked = "SELECT current_setting('application_name')"
    with postgres.connection_context():
        postgres.execute_sql("SET application_name = 'shop'")
        MigrationManager(postgres, application.migrations).migrate()
        assert postgres.execute_sql(asked).fetchone() == ("shop",)
        (name,) = postgres.execute_sql("SELECT n FROM shown").fetchone()
    assert name.startswith("peewit ")
    assert who().rpartition(" ")[2] in name
    assert len(name) <= 63


def test_a_kind_of_lock_that_there_is_not(file: Application) -> None:
    """Said at once, with those there are."""
    with pytest.raises(ConfigError, match="auto, session, lease, not 'row'"):
        MigrationManager(file.database, file.migrations, lock="row")


# ---------------------------------------------------------------------- the file beside a SQLite database


def test_a_child_does_not_keep_the_lock(file: Application) -> None:
    """What a migration forked outlives its killed holder, and blocks nobody."""
    file.write("001_start", "database.execute_sql('CREATE TABLE ran (name VARCHAR(20))')")
    pid = file.folder / "child"
    file.write(
        "002_forks",
        f"""
        mark = pathlib.Path({str(file.mark)!r})
        if not mark.exists():
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            pathlib.Path({str(pid)!r}).write_text(str(child))
            mark.touch()
            time.sleep(60)
        """,
    )
    with file.holding() as first:
        first.kill()
        first.wait()
        try:
            os.kill(int(pid.read_text()), 0)
            second = file.run(lock_timeout=0)
        finally:
            os.kill(int(pid.read_text()), signal.SIGKILL)
    assert (second.code, second.applied) == (0, ("002_forks",)), second.error


def test_the_end_of_a_child_does_not_end_the_lock(file: Application) -> None:
    """A child that comes back out of the block leaves its parent's lock and file where they are."""
    path = str(file.folder / "app.db")
    with locked(path, 1.0):
        child = os.fork()
        if child == 0:
            os._exit(_left(path))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        assert Path(f"{path}-migrating").exists()
    assert not Path(f"{path}-migrating").exists()


def _left(path: str) -> int:
    """What a child is told that wants the lock itself."""
    try:
        with locked(path, 0.0):
            return 0
    except LockBusyError:
        return 3


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_no_link_is_followed(file: Application, link: Callable[[Path, Path], None]) -> None:
    """What stands in the lock file's place and leads elsewhere is refused, and what it leads to is untouched."""
    file.write("001_x", "pass")
    other = file.folder / "other"
    other.write_text("precious")
    link(file.folder / "app.db-migrating", other)
    with pytest.raises(ConfigError, match="it is a link"):
        MigrationManager(file.database, file.migrations).migrate()
    assert other.read_text() == "precious"


def test_a_file_of_a_killed_holder_says_nothing_of_the_next(file: Application) -> None:
    """A file that was left behind is taken over, with its owner and permissions, and gone afterwards."""
    file.write("001_x", f"pathlib.Path({str(file.mark)!r}).write_text(open(database.database + '-migrating').read())")
    left = file.folder / "app.db-migrating"
    left.write_text(
        "somebody@else (1) since long ago, at a very long name of a migration that was killed in the middle\n"
    )
    MigrationManager(file.database, file.migrations).migrate()
    assert not left.exists()
    assert file.mark.read_text().startswith(who())
    assert "somebody" not in file.mark.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_leaves_the_lock_to_the_owner_of_the_database(file: Application) -> None:
    """The lock file has the database's owner, group and permissions, whatever the mask is."""
    file.write_held()
    file.sql("CREATE TABLE t (id INTEGER)")
    path = file.folder / "app.db"
    os.chown(path, 65534, 65534)
    path.chmod(0o660)
    with file.holding():
        found = path.with_name("app.db-migrating").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (65534, 65534, 0o660)


def test_the_command_line_takes_the_kind_of_lock(file: Application) -> None:
    """By a flag, by the environment, by pyproject.toml; what there is not is refused."""
    file.write("001_x", "pass")
    (file.folder / "pyproject.toml").write_text('[tool.peewit]\ndatabase = "sqlite:///app.db"\nlock = "lease"\n')

    def status(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
        import sys

        command = [sys.executable, "-m", "peewit", "status", *flags]
        return subprocess.run(
            command, cwd=file.folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )

    assert status().returncode == 0
    assert status("--lock", "session").returncode == 0
    for found in (status("--lock", "x"), status(PEEWIT_LOCK="x")):
        assert found.returncode == 2
        assert "lock has to be one of" in found.stderr
