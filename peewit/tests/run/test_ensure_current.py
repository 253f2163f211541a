"""What an application calls at its start: up to date or refused, with one look where nothing is to be done."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import ConfigError, MigrationManager, NewerDatabaseError, OutOfDateError

FILE = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE {name} (id INTEGER)")

def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE {name}")
"""


@pytest.fixture
def manager(tmp_path: Path) -> MigrationManager:
    """Two migrations, none of them applied."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("001_first", "002_more"):
        (folder / f"{name}.py").write_text(FILE.format(name=name[4:]))
    return MigrationManager(pw.SqliteDatabase(tmp_path / "app.db"), folder)


def test_what_is_pending_is_applied(manager: MigrationManager) -> None:
    """Once; the next start has nothing to do."""
    assert manager.ensure_current().applied == ("001_first", "002_more")
    assert manager.ensure_current() == ((), (), (), ())


def test_what_is_pending_is_refused(manager: MigrationManager) -> None:
    """For applications that leave migrating to somebody else: named, in their order, and nothing is made."""
    with pytest.raises(OutOfDateError, match="001_first, 002_more pending") as raised:
        manager.ensure_current(on_pending="fail")

    assert raised.value.pending == ("001_first", "002_more")
    assert "peewit migrate" in raised.value.hint
    assert not manager.target.exists()
    manager.migrate()
    assert manager.ensure_current(on_pending="fail").applied == ()


def test_a_newer_database_is_used_and_told_once(manager: MigrationManager, caplog: pytest.LogCaptureFixture) -> None:
    """An older program runs on, and its log says why something may be odd."""
    manager.migrate()
    manager.folder.file("002_more").unlink()

    with caplog.at_level(logging.WARNING, logger="peewit"):
        reports = [manager.ensure_current(), manager.ensure_current()]

    assert [report.newer for report in reports] == [("002_more",)] * 2
    assert [record.getMessage() for record in caplog.records] == [
        f"the database {manager.target.name} has what this version of the application does not know: 002_more"
    ]


def test_a_newer_database_is_refused(manager: MigrationManager) -> None:
    """Before anything pending is applied."""
    manager.migrate("001")
    manager.folder.file("001_first").unlink()

    with pytest.raises(NewerDatabaseError, match="001_first") as raised:
        manager.ensure_current(on_newer="fail")

    assert raised.value.newer == ("001_first",)
    assert manager.status().pending == ("002_more",)


@pytest.mark.parametrize("wrong", [{"on_pending": "run"}, {"on_newer": "migrate"}])
def test_a_word_that_means_nothing_is_refused(manager: MigrationManager, wrong: dict[str, Any]) -> None:
    """A typing error is not taken for one of the two."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        manager.ensure_current(**wrong)


def test_with_nothing_pending_no_file_is_run_and_nothing_is_locked(manager: MigrationManager, tmp_path: Path) -> None:
    """A start needs no right to write: the folder's files may even be broken, and somebody may hold the file."""
    manager.migrate()
    manager.folder.file("001_first").write_text("this is no Python")
    holder = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    assert manager.ensure_current(on_newer="fail") == ((), (), (), ())

    holder.close()


def test_a_start_loads_little(manager: MigrationManager, tmp_path: Path) -> None:
    """Of peewit only what asks the two questions, and nothing that draws, parses or migrates."""
    manager.migrate()
    program = (
        "import sys, peewee; known = set(sys.modules); from peewit import MigrationManager; "
        f"MigrationManager(peewee.SqliteDatabase({str(tmp_path / 'app.db')!r}), "
        f"{str(manager.folder.path)!r}).ensure_current(); "
        "print(*sorted(name for name in set(sys.modules) - known if '.' in name or name in "
        "('click', 'rich', 'sqlglot', 'peewee_migrate')))"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert told == [
        "peewit.errors",
        "peewit.files",
        "peewit.files.names",
        "peewit.folder",
        "peewit.ledger",
        "peewit.manager",
        "peewit.outcome",
        "peewit.run",
        "peewit.run.database",
        "peewit.run.database.target",
        "peewit.run.records",
        "peewit.run.records.history",
        "peewit.run.records.own_table",
        "peewit.run.records.standing",
        "peewit.sparing",
    ]
