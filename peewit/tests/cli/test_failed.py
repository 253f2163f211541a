"""A migration that failed and left nothing is known the morning after: that it failed, when, by whom, and with what."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import PeewitError
from peewit.cli import main

from ..server_project import ServerProject, url_of
from .person import on_a_terminal

ITEM = """
    @migrator.create_model
    class Item(pw.Model):
        name = pw.CharField()
        class Meta:
            table_name = "item"
    """
NO_ITEM = 'migrator.remove_model("item")'
NO_TABLE = 'migrator.sql("INSERT INTO nowhere VALUES (1)")'


def flags_of(project: ServerProject) -> list[str]:
    return ["--database", url_of(project.database), "--directory", str(project.directory)]


@pytest.fixture(params=["sqlite", "server"])
def project(request: pytest.FixtureRequest, tmp_path: Path, database: pw.Database) -> ServerProject:
    """A table that is applied, with two rows, and a migration that fails and was tried."""
    if request.param == "sqlite":
        if not isinstance(database, pw.PostgresqlDatabase):
            pytest.skip("SQLite is the same beside every server: it is tried beside PostgreSQL")
        return tried(tmp_path, in_sqlite(tmp_path))
    return tried(tmp_path, database)


def in_sqlite(folder: Path) -> pw.SqliteDatabase:
    return pw.SqliteDatabase(folder / "app.db")


def with_items(folder: Path, database: pw.Database) -> ServerProject:
    """A table that is applied."""
    project = ServerProject(folder, database)
    project.write("001_item", ITEM, NO_ITEM)
    project.manager().migrate()
    return project


def tried(folder: Path, database: pw.Database) -> ServerProject:
    """A table that is applied, with two rows, and a migration that fails and was tried."""
    project = with_items(folder, database)
    project.sql("INSERT INTO item (name) VALUES ('a'), ('b')")
    project.write("002_bad", NO_TABLE)
    fails(project)
    return project


def fails(project: ServerProject) -> None:
    with pytest.raises(PeewitError) as raised:
        project.manager().migrate()
    assert raised.value.state == "nothing of this migration was kept: there is nothing of it to roll back"


def printed(project: ServerProject, capsys: pytest.CaptureFixture[str], *command: str) -> str:
    capsys.readouterr()
    main([*command, *flags_of(project)])
    return capsys.readouterr().out


def failed_names(project: ServerProject) -> list[str]:
    return [run.name for run in project.manager().status().failed]


def noted(project: ServerProject) -> list[Any]:
    return project.sql("SELECT name FROM migratehistory_journal WHERE action = 'failed'")


pytestmark = pytest.mark.one_version


def test_status_and_doctor_say_it(project: ServerProject, capsys: pytest.CaptureFixture[str]) -> None:
    """By whom, when, and with what; and what to type. Nothing is half done, so nothing is refused for it."""
    (run,) = project.manager().status().failed
    lines = printed(project, capsys, "status").splitlines()
    assert f"({os.getpid()})" in run.who
    assert "nowhere" in run.why
    assert lines[-3:] == [
        f"002_bad failed ({run.who}, {run.at[:19]} UTC), and nothing of it was kept",
        f"  it failed with: {run.why}",
        "next: peewit migrate, when the cause is mended",
    ]
    told = json.loads(printed(project, capsys, "status", "--json"))
    assert [(one["name"], one["who"], one["why"]) for one in told["failed"]] == [("002_bad", run.who, run.why)]
    assert (told["interrupted"], told["pending"]) == ([], ["002_bad"])
    diagnosis = printed(project, capsys, "doctor")
    assert f"warning  {lines[-3]}\n         {lines[-2].strip()}\n" in diagnosis
    assert "no migration was interrupted" in diagnosis
    assert "journal and history agree" in diagnosis
    assert "002_bad" not in printed(project, capsys, "history")
    assert [finding.kind for finding in project.manager().check().findings] == ["files"]
    project.write("002_bad", "pass")
    assert [step.name for step in project.manager().plan().steps] == ["002_bad"]


def test_one_row_however_often(project: ServerProject) -> None:
    """The newest failure counts."""
    project.write("002_bad", NO_TABLE.replace("nowhere", "elsewhere"))
    fails(project)
    (run,) = project.manager().status().failed
    assert "elsewhere" in run.why
    assert len(noted(project)) == 1


def test_it_is_over_when_it_is_applied(project: ServerProject) -> None:
    """Also after it is rolled back again."""
    project.write("002_bad", "pass")
    project.manager().migrate()
    assert failed_names(project) == []
    project.manager().rollback()
    assert project.manager().status().pending == ("002_bad",)
    assert failed_names(project) == []


def test_it_is_over_when_its_file_is_gone(project: ServerProject) -> None:
    """Nobody will apply it; a start asks and does nothing."""
    (project.directory / "002_bad.py").unlink()
    assert failed_names(project) == []
    assert project.manager().status().up_to_date
    assert project.manager().ensure_current().applied == ()


def test_a_start_after_it_asks_one_question(project: ServerProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that is left costs nothing, and takes no lock."""
    (project.directory / "002_bad.py").unlink()
    asked: list[str] = []
    kind = type(project.database)
    real = kind.execute_sql

    def heard(self: Any, sql: str, *rest: Any, **options: Any) -> Any:
        asked.append(sql)
        return real(self, sql, *rest, **options)

    monkeypatch.setattr(kind, "execute_sql", heard)
    project.manager().ensure_current()
    assert len(asked) == 1
    assert asked[0].startswith("SELECT name")


def test_a_rollback_on_a_terminal_says_what_it_undoes(project: ServerProject) -> None:
    """The tired operator means the migration that has just failed."""
    (run,) = project.manager().status().failed
    code, lines = on_a_terminal(["n"], "rollback", *flags_of(project))
    assert (code, lines) == (
        1,
        [
            f"002_bad {run.how}: there is nothing of it to roll back",
            "what this undoes was applied before: 001_item",
            f"in {project.manager().target.name} this destroys",
            '  001_item drops table "item" and its 2 rows',
            "nothing was undone",
        ],
    )


def test_it_is_asked_where_nothing_is_destroyed(project: ServerProject) -> None:
    """Where the target is named it is not; and nobody is asked who is not there."""
    project.sql("DELETE FROM item")
    assert on_a_terminal(["n"], "rollback", *flags_of(project))[1][1:] == [
        "what this undoes was applied before: 001_item",
        "nothing was undone",
    ]
    code, lines = on_a_terminal([], "rollback", "zero", *flags_of(project))
    assert (code, "001_item" in lines[-1]) == (0, True)


def test_a_first_migration_that_fails(tmp_path: Path, database: pw.Database) -> None:
    """There was no journal yet."""
    project = ServerProject(tmp_path, database)
    project.write("001_bad", NO_TABLE)
    fails(project)
    assert failed_names(project) == ["001_bad"]
    project.write("001_bad", ITEM, NO_ITEM)
    assert project.manager().migrate().applied == ("001_bad",)
    assert failed_names(project) == []


def test_what_cannot_be_noted_hides_no_error(tmp_path: Path) -> None:
    """The first error is the one that is told."""
    project = with_items(tmp_path, in_sqlite(tmp_path))
    project.sql("CREATE TRIGGER full BEFORE INSERT ON migratehistory_journal BEGIN SELECT RAISE(ABORT, 'no room'); END")
    project.write("002_bad", NO_TABLE)
    with pytest.raises(PeewitError, match="nowhere") as raised:
        project.manager().migrate()
    assert "no room" not in str(raised.value)
    assert failed_names(project) == []


def test_no_password_is_kept(project: ServerProject) -> None:
    """Whatever a file says when it fails."""
    project.write("002_bad", "raise ValueError('postgresql://ann:s3cret@host/db')")
    fails(project)
    assert "s3cret" not in str(project.sql("SELECT steps FROM migratehistory_journal"))
    assert "***" in project.manager().status().failed[0].why


# ---------------------------------------------------------------------- while somebody is at it


SLOW = "import time\ntime.sleep(60)"


@contextmanager
def at_work(project: ServerProject) -> Iterator[int]:
    """Another process that migrates."""
    project.database.close()
    process = multiprocessing.get_context("fork").Process(target=lambda: project.manager().migrate())
    process.start()
    try:
        deadline = time.monotonic() + 30
        while not project.manager().status().migrator:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process.pid or 0
    finally:
        process.kill()
        process.join()


def test_a_status_says_who_migrates(project: ServerProject, capsys: pytest.CaptureFixture[str]) -> None:
    """As `doctor` does: it is no time to type `peewit migrate`. What failed before is being tried again."""
    project.write("002_bad", SLOW)
    with at_work(project) as process:
        out = printed(project, capsys, "status")
        told = json.loads(printed(project, capsys, "status", "--json"))
    assert f"({process})" in told["migrator"]
    assert "failed" not in out
    assert "next: peewit status, again, when it is done" in out
    assert f"({process})" in out


def test_the_short_way_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves both to the whole command."""
    from peewit.cli import short

    project = tried(tmp_path, in_sqlite(tmp_path))
    monkeypatch.chdir(project.directory.parent)
    command = ["status", "--database", "sqlite:///app.db", "--directory", "migrations"]
    assert short.status(command) is None
    connection = sqlite3.connect("app.db")
    connection.execute("DELETE FROM migratehistory_journal WHERE action = 'failed'")
    connection.commit()
    connection.close()
    assert short.status(command) == 0
    project.write("002_bad", SLOW)
    with at_work(project):
        assert short.status(command) is None
