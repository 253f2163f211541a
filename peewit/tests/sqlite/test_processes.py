"""Many at once: each migration runs exactly once, who waits goes on, who cannot wait is told by whom."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest

from peewit import LockBusyError, MigrationManager, PeewitError, UnknownTargetError
from peewit.cli import main

from .project import Project

APPLICATION = """
import sys, time
import peewee
from peewit import MigrationManager

path, folder, start = sys.argv[1:4]
uri = path.startswith("file:")
database = peewee.SqliteDatabase(path, pragmas={"foreign_keys": 1}, timeout=20, **({"uri": True} if uri else {}))
time.sleep(max(0.0, float(start) - time.time()))
report = MigrationManager(database, folder).migrate()
print(",".join(report.applied))
"""


def started(path: str, project: Project, count: int) -> list[tuple[int, str, str]]:
    """So many applications that start at the same moment: exit code, what each applied, and its errors."""
    start = str(time.time() + 1.0)
    commands = [[sys.executable, "-c", APPLICATION, path, str(project.directory), start] for _ in range(count)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for command in commands
    ]
    ended = [(process, *process.communicate(timeout=60)) for process in processes]
    return [(process.returncode, out.strip(), err) for process, out, err in ended]


def counting(project: Project) -> None:
    """Three migrations, each of which leaves a row every time it runs."""
    project.write(
        "001_start", "migrator.sql('CREATE TABLE ran (name TEXT)')\nmigrator.sql(\"INSERT INTO ran VALUES ('001')\")"
    )
    for number in ("002", "003"):
        project.write(
            f"{number}_more", f"import time\ntime.sleep(0.2)\nmigrator.sql(\"INSERT INTO ran VALUES ('{number}')\")"
        )


@pytest.mark.parametrize(
    "uri", ["", "file:{}", "file:{}?mode=rwc&cache=private"], ids=["path", "uri", "uri with settings"]
)
def test_applications_that_start_at_once(project: Project, uri: str) -> None:
    """All of them come up, and every migration has run exactly once."""
    counting(project)

    ended = started(uri.format(project.path) if uri else str(project.path), project, 4)

    assert [(code, err) for code, _, err in ended] == [(0, "")] * 4
    applied = [name for _, out, _ in ended for name in out.split(",") if name]
    assert sorted(applied) == ["001_start", "002_more", "003_more"]
    assert project.rows("ran") == [("001",), ("002",), ("003",)]
    assert sorted(path.name for path in project.path.parent.iterdir()) == ["app.db", "migrations"]


HOLDER = """
import sys, time
from peewit.run.database.lock import locked
with locked(sys.argv[1], 5.0):
    print("held", flush=True)
    time.sleep(30)
"""


@pytest.fixture
def holder(project: Project) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the project's database."""
    counting(project)
    command = [sys.executable, "-c", HOLDER, str(project.path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_a_busy_lock_names_its_holder(project: Project, holder: subprocess.Popen[str]) -> None:
    """Who does not get the lock in time learns who has it, and nothing has happened."""
    with pytest.raises(LockBusyError) as raised:
        project.manager(lock_timeout=0.1).migrate()

    assert f"({holder.pid})" in str(raised.value)
    assert "the database is unchanged" in str(raised.value)
    assert not project.path.exists() or project.texts() == {}


def test_a_busy_lock_is_exit_code_3(
    project: Project, holder: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line says the same, with an exit code of its own."""
    code = main(
        [
            "migrate",
            "--database",
            f"sqlite:///{project.path}",
            "--directory",
            str(project.directory),
            "--lock-timeout",
            "0.1",
        ]
    )

    assert code == 3
    assert f"({holder.pid})" in capsys.readouterr().err


def test_a_killed_holder_blocks_nobody(project: Project, holder: subprocess.Popen[str]) -> None:
    """The file of a process that is gone is no lock."""
    holder.kill()
    holder.wait()

    report = project.manager(lock_timeout=0.0).migrate()

    assert report.applied == ("001_start", "002_more", "003_more")
    assert sorted(path.name for path in project.path.parent.iterdir()) == ["app.db", "migrations"]


@pytest.mark.usefixtures("holder")
def test_looking_needs_no_lock(project: Project) -> None:
    """Status, plan and check answer while somebody migrates."""
    manager = project.manager(lock_timeout=0.0)

    assert len(manager.status().pending) == 3
    assert len(manager.plan().steps) == 3
    assert len(manager.check().findings) == 3


def test_the_lock_is_gone_after_a_failure(project: Project) -> None:
    """A migration that fails leaves no lock file behind."""
    project.write("001_bad", "1 / 0")

    with pytest.raises(Exception, match="ZeroDivisionError"):
        project.manager().migrate()

    assert [path.name for path in project.path.parent.iterdir() if "migrating" in path.name] == []


def test_a_migration_that_migrates_is_refused_at_once(project: Project) -> None:
    """A file that imports an application which migrates on import does not wait for itself."""
    project.write(
        "001_nested",
        "from peewit import MigrationManager\n"
        f"MigrationManager(database.__class__({str(project.path)!r}), {str(project.directory)!r}).migrate()",
    )

    with pytest.raises(LockBusyError, match="already"):
        project.manager().migrate()


@pytest.mark.parametrize("name", ["file:{}", "file://{}?cache=private", "file:{}?mode=rw"])
def test_a_lock_by_a_uri(project: Project, holder: subprocess.Popen[str], name: str) -> None:
    """A database opened by URI is locked like one opened by its path."""
    project.sql("SELECT 1")
    database = pw.SqliteDatabase(name.format(project.path), uri=True)

    with pytest.raises(LockBusyError, match=str(holder.pid)):
        MigrationManager(database, project.directory, lock_timeout=0.0).migrate()


def test_what_somebody_else_applied_meanwhile_is_not_run_again(project: Project) -> None:
    """Where locks on files do not hold, the history is looked at again before each migration."""
    counting(project)
    project.manager().migrate("001")
    seen = "INSERT INTO migratehistory (name, migrated_at) VALUES ('003_more', '2026-01-01')"
    project.write("002_more", f"migrator.sql({seen!r})")

    with pytest.raises(LockBusyError, match="003_more"):
        project.manager().migrate()

    assert project.rows("ran") == [("001",)]
    assert project.manager().status().up_to_date


def test_a_lock_file_that_cannot_be_made(project: Project) -> None:
    """Where no file can be put beside the database, the error says what is needed and nothing has happened."""
    counting(project)
    project.path.with_name("app.db-migrating").mkdir()

    with pytest.raises(PeewitError, match="lock file"):
        project.manager().migrate()

    assert project.texts() == {}


def test_a_lock_by_a_link(project: Project) -> None:
    """Two names of one file are one database: the lock is the same."""
    counting(project)
    project.manager().migrate("001")
    link = project.path.with_name("link.db")
    link.symlink_to(project.path)
    command = [sys.executable, "-c", HOLDER, str(link)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(LockBusyError):
            project.manager(lock_timeout=0.0).migrate()
        process.kill()


def read_only(project: Project) -> pw.SqliteDatabase:
    """The same database, opened in a way that cannot write."""
    return pw.SqliteDatabase(f"file:{project.path}?mode=ro", uri=True)


def test_a_database_that_cannot_be_written(project: Project) -> None:
    """Status, plan and check work; migrate refuses in its own words and leaves nothing behind."""
    counting(project)
    project.manager().migrate("001")
    before = project.everything()
    manager = MigrationManager(read_only(project), project.directory)

    assert [entry.name for entry in manager.status().applied] == ["001_start"]
    assert [step.name for step in manager.plan().steps] == ["002_more", "003_more"]
    assert len(manager.check().findings) == 2
    with pytest.raises(Exception, match=r"read.?only") as raised:
        manager.migrate()

    assert type(raised.value).__module__ == "peewit.errors"
    assert project.everything() == before
    assert sorted(path.name for path in project.path.parent.iterdir()) == ["app.db", "migrations"]


def test_looking_at_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    """Status, plan, check and rollback of a database that is not there leave it so."""
    project = Project(tmp_path)
    counting(project)
    manager = project.manager()

    manager.status()
    manager.plan()
    manager.check()
    with pytest.raises(UnknownTargetError, match="nothing to roll back"):
        manager.rollback()
    for command in ("status", "plan", "check"):
        main([command, "--database", f"sqlite:///{project.path}", "--directory", str(project.directory)])

    assert [path.name for path in tmp_path.iterdir()] == ["migrations"]


def test_an_unknown_target_does_not_make_the_file_either(project: Project) -> None:
    """A misspelt target is refused before anything is opened."""
    counting(project)

    with pytest.raises(UnknownTargetError, match="nonsense"):
        project.manager().migrate("nonsense")

    assert [path.name for path in project.path.parent.iterdir()] == ["migrations"]
