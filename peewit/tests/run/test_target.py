"""What can be migrated, and what is refused with the reason."""

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import peewee
import pytest
from playhouse.sqliteq import SqliteQueueDatabase

from peewit import ConfigError, LockBusyError, MigrationManager
from peewit.run.database import target


def test_a_queue_database_is_refused(tmp_path: Path) -> None:
    """Its writes happen in another thread: a migration cannot be one transaction."""
    database = SqliteQueueDatabase(tmp_path / "app.db", autostart=False)
    with pytest.raises(ConfigError, match="SqliteQueueDatabase"):
        MigrationManager(database, tmp_path)


def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    """What is not supported is said, and by its name."""

    class OtherDatabase(peewee.Database):
        """A database nobody knows."""

    with pytest.raises(ConfigError, match="OtherDatabase is not supported"):
        MigrationManager(OtherDatabase("app"), tmp_path)


def test_a_proxy_has_to_be_initialised(tmp_path: Path) -> None:
    """A proxy without a database is told what it lacks; one with a database is as good as that."""
    proxy = peewee.DatabaseProxy()
    with pytest.raises(ConfigError, match="initialize"):
        MigrationManager(proxy, tmp_path)
    proxy.initialize(peewee.SqliteDatabase(tmp_path / "app.db"))
    assert MigrationManager(proxy, tmp_path).status().up_to_date


def test_a_database_without_a_name_is_told(tmp_path: Path) -> None:
    """A deferred database needs its init() before it is migrated."""
    (tmp_path / "001_x.py").write_text("")
    with pytest.raises(ConfigError, match="init"):
        MigrationManager(peewee.SqliteDatabase(None), tmp_path).migrate()


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It takes the connection, and says nothing: after a while the error says so."""
    monkeypatch.setattr(target, "ANSWERS", 2)
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        manager = MigrationManager(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/app", tmp_path)
        with pytest.raises(ConfigError, match=r"cannot be opened: .*timeout") as caught:
            manager.status()
    assert caught.value.hint == "does the server run, and on this host and port?"


Locked = tuple[MigrationManager, Callable[[], None]]
"""A manager, and what gives it the lock it waits for."""


@pytest.fixture
def locked_at_connecting(tmp_path: Path) -> Iterator[Locked]:
    """Its connection sets a journal mode that the file, which another process has locked, has not."""
    database = peewee.SqliteDatabase(tmp_path / "app.db", timeout=0.5, pragmas={"journal_mode": "delete"})
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA journal_mode = wal")
        other.execute("BEGIN EXCLUSIVE")
        yield MigrationManager(database, tmp_path), lambda: other.execute("COMMIT") and other.close()


def test_a_lock_met_at_connecting_is_told_as_one(locked_at_connecting: Locked) -> None:
    """Nothing is wrong with the file or its folder, and who asks knows that trying again helps."""
    manager, _ = locked_at_connecting
    for ask in (manager.status, manager.migrate, manager.ensure_current):
        with pytest.raises(LockBusyError, match="locked by another process"):
            ask()


def test_a_lock_met_at_connecting_is_waited_for(locked_at_connecting: Locked) -> None:
    """As long as the application waits for locks; SQLite itself refuses to change the journal mode at once."""
    manager, unlock = locked_at_connecting
    timer = threading.Timer(0.2, unlock)
    timer.start()
    assert manager.ensure_current().applied == ()
    timer.join()
