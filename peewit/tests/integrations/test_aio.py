"""ensure_current for asyncio, on the asynchronous databases of playhouse and on plain ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import peewee
import pytest
from playhouse.pwasyncio import AsyncMySQLDatabase, AsyncPostgresqlDatabase, AsyncSqliteDatabase

from peewit import ConfigError, MigrationManager, NewerDatabaseError, OutOfDateError
from peewit.cli import main
from peewit.integrations.aio import ensure_current
from peewit.run.database.plain import plain_of

NAMES = ("001_books", "002_pages")


def on_loop(database: Any, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Do it on a loop of its own; the pool is closed afterwards."""

    async def run() -> Any:
        try:
            return await work()
        finally:
            await database.close_pool()

    return asyncio.run(run())


async def migrate_and_look(manager: MigrationManager) -> list[Any]:
    """Bring it up to date with a row in between, look, and ask once more."""
    database: Any = manager.given
    (later := manager.folder.file("002_pages")).rename(later.with_suffix(".later"))
    assert (await ensure_current(manager)).applied == ("001_books",)
    await database.aexecute_sql("INSERT INTO book (title) VALUES ('Emma')")
    later.with_suffix(".later").rename(later)
    with pytest.raises(OutOfDateError, match="002_pages"):
        await ensure_current(manager, on_pending="fail")
    assert (await ensure_current(manager)).applied == ("002_pages",)
    assert (await ensure_current(manager, on_pending="fail")).applied == ()
    rows = await database.aexecute_sql("SELECT title, pages FROM book")
    return [tuple(row) for row in rows.fetchall()]


def test_sqlite(migrations: Path, tmp_path: Path) -> None:
    """A file, with the pragmas of the application."""
    database = AsyncSqliteDatabase(str(tmp_path / "library.db"), pragmas={"journal_mode": "wal"})
    manager = MigrationManager(database, migrations)
    assert on_loop(database, lambda: migrate_and_look(manager)) == [("Emma", 100)]
    with peewee.SqliteDatabase(tmp_path / "library.db") as plain:
        assert plain.journal_mode == "wal"


@pytest.mark.one_version
def test_postgres(migrations: Path, postgres: peewee.Database) -> None:
    """Through asyncpg for the question, through psycopg for the migration."""
    signs_in = {key: postgres.connect_params[key] for key in ("user", "host")}
    database = AsyncPostgresqlDatabase(postgres.database, **signs_in, command_timeout=10)
    manager = MigrationManager(database, migrations)
    assert on_loop(database, lambda: migrate_and_look(manager)) == [("Emma", 100)]


def test_mariadb(migrations: Path, mariadb: peewee.Database) -> None:
    """Through aiomysql for the question, through pymysql for the migration."""
    known = {
        key: value for key, value in mariadb.connect_params.items() if key in ("user", "host", "port", "unix_socket")
    }
    database = AsyncMySQLDatabase(mariadb.database, **known, pool_recycle=3600)
    manager = MigrationManager(database, migrations)
    assert on_loop(database, lambda: migrate_and_look(manager)) == [("Emma", 100)]


def test_a_plain_database_is_migrated_beside_the_loop(migrations: Path, tmp_path: Path) -> None:
    """The loop turns while a migration runs."""
    (migrations / "003_slow.py").write_text(
        "import time\n\n\ndef migrate(migrator, database, *, fake=False):\n    migrator.run(time.sleep, 0.3)\n"
    )
    manager = MigrationManager(peewee.SqliteDatabase(tmp_path / "library.db"), migrations)
    turns = 0

    async def work() -> tuple[str, ...]:
        nonlocal turns
        started = asyncio.create_task(ensure_current(manager))
        while not started.done():
            await asyncio.sleep(0.01)
            turns += 1
        return (await started).applied

    assert asyncio.run(work()) == (*NAMES, "003_slow")
    assert turns > 10


def test_a_newer_database_is_told_or_refused(migrations: Path, tmp_path: Path) -> None:
    """As without asyncio."""
    database = AsyncSqliteDatabase(str(tmp_path / "library.db"))
    manager = MigrationManager(database, migrations)

    async def work() -> tuple[str, ...]:
        await ensure_current(manager)
        manager.folder.file("002_pages").unlink()
        with pytest.raises(NewerDatabaseError):
            await ensure_current(manager, on_newer="fail")
        return (await ensure_current(manager)).newer

    assert on_loop(database, work) == ("002_pages",)


def test_the_command_line_takes_an_asynchronous_database(
    migrations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the models that are bound to it are its own."""
    (tmp_path / "aio_library.py").write_text(
        "import peewee as pw\n"
        "from playhouse.pwasyncio import AsyncSqliteDatabase\n\n"
        "database = AsyncSqliteDatabase('library.db')\n\n\n"
        "class Book(pw.Model):\n"
        "    title = pw.CharField()\n"
        "    pages = pw.IntegerField(default=100)\n\n"
        "    class Meta:\n"
        "        database = database\n"
    )
    (migrations / "003_nothing.py").write_text(
        "def migrate(migrator, database, *, fake=False):\n    from aio_library import Book\n    assert Book\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    settings = ("--database", "aio_library:database", "--models", "aio_library")
    assert [main([command, *settings]) for command in ("status", "migrate", "check")] == [0, 0, 0]
    assert "models, migrations and database agree" in capsys.readouterr().out


def test_what_the_application_taught_sqlite_is_known(tmp_path: Path) -> None:
    """Functions and collations are there while a migration runs."""
    database = AsyncSqliteDatabase(str(tmp_path / "library.db"))
    database.register_function(lambda text: text[::-1], "backwards", 1)
    plain = plain_of(database)
    with plain:
        assert plain.execute_sql("SELECT backwards('abc')").fetchone() == ("cba",)


def test_a_database_in_memory_is_refused(migrations: Path) -> None:
    """No other connection reaches it."""
    database = AsyncSqliteDatabase(":memory:")
    with pytest.raises(ConfigError, match="in memory"):
        MigrationManager(database, migrations)


def test_an_option_only_asyncpg_knows_is_refused_by_name() -> None:
    """It may say where the database is, so it is not left out in silence."""
    database = AsyncPostgresqlDatabase("library", user="ann", ssl=True)
    with pytest.raises(ConfigError, match='"ssl"') as told:
        plain_of(database)
    assert "give the manager a URL" in str(told.value)


def test_a_connection_string_stays_what_it_is() -> None:
    """Psycopg reads it as asyncpg does."""
    database = AsyncPostgresqlDatabase("postgresql://ann@db.example/library")
    assert plain_of(database).database == "postgresql://ann@db.example/library"
