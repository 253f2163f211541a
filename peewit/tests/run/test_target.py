"""What can be migrated, and what is refused with the reason."""

import socket
from pathlib import Path

import peewee
import pytest
from playhouse.sqliteq import SqliteQueueDatabase

from peewit import ConfigError, MigrationManager
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
