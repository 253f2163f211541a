"""The faults themselves: nothing reaches a database past them, and they strike where they are told to."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import MigrationManager

from .faults import Fault, Killing, Listening, faults_of, reads, tapped
from .migrations import SQLITE, Change, of


class Traced(pw.SqliteDatabase):
    """A database whose connections also tell what SQLite itself executes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.traced: list[str] = []
        super().__init__(*args, **kwargs)

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()
        # What a trigger does comes as a comment.
        connection.set_trace_callback(lambda sql: None if sql.startswith("--") else self.traced.append(sql))
        return connection


UNTRACED = ("EXPLAIN", "PRAGMA foreign_keys")
"""What is compiled and not executed, and what is set before the trace begins."""


@pytest.mark.parametrize("change", of(SQLITE)[::4], ids=lambda change: change.name)
def test_sqlite_executes_nothing_past_the_tap(tmp_path: Path, change: Change) -> None:
    """What SQLite says it has executed is what passed by, statement by statement."""
    change.write(tmp_path / "migrations")
    database, heard = Traced(str(tmp_path / "app.db"), pragmas={"foreign_keys": 1}), Listening()
    tapped(database, heard)
    manager = MigrationManager(database, tmp_path / "migrations")
    manager.migrate("001")
    for sql in change.start:
        database.execute_sql(sql)
    database.close()
    heard.sent.clear()
    database.traced.clear()

    manager.migrate()

    passed, traced = (
        [verb for sql in texts if not (verb := " ".join(sql.split()[:2]).rstrip(";")).startswith(UNTRACED)]
        for texts in ([sent.sql for sent in heard.sent if sent.done], database.traced)
    )
    assert passed == traced
    assert len(passed) > 20


def _ended_by(database: pw.Database, fault: Fault) -> int:
    """The signal that ended a process that makes a table in a transaction; 0 where none did."""
    child = os.fork()
    if child == 0:
        try:
            tapped(database, Killing(fault))
            with database.connection_context(), database.atomic():
                database.execute_sql("CREATE TABLE made (id INTEGER)")
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("before:2", [False]),
        ("after:2", [False]),
        ("before:3", [False]),
        ("after:3", [True]),
        ("commit:1", [False, True]),
    ],
)
def test_a_fault_strikes_where_it_is_told(postgres: pw.Database, text: str, left: list[bool]) -> None:
    """BEGIN is the first statement, CREATE the second, COMMIT the third."""
    for fault, made in zip(faults_of(text), left, strict=True):
        assert _ended_by(postgres, fault) == signal.SIGKILL
        clean = pw.PostgresqlDatabase(postgres.database, **{**postgres.connect_params, **_driver(postgres)})
        with clean.connection_context():
            assert ("made" in clean.get_tables()) is made
            clean.execute_sql("DROP TABLE IF EXISTS made")


def _driver(database: pw.Database) -> dict[str, bool]:
    return {"prefer_psycopg3": isinstance(vars(database)["_adapter"], pw.Psycopg3Adapter)}


def test_mariadb_is_killed_before_a_statement(mariadb: pw.Database) -> None:
    """The third statement would be the COMMIT; the table is there, as every change of the schema is."""
    assert _ended_by(mariadb, Fault(when="before", number=3)) == signal.SIGKILL
    with mariadb.connection_context():
        assert mariadb.get_tables() == ["made"]


def test_a_fault_that_never_comes_kills_nobody(tmp_path: Path) -> None:
    """Three statements are sent, and the fourth is waited for in vain."""
    assert _ended_by(pw.SqliteDatabase(str(tmp_path / "app.db")), Fault(when="before", number=4)) == 0


def test_what_is_no_fault_is_refused() -> None:
    """A misspelt one would kill nobody, and the test would pass."""
    with pytest.raises(ValueError, match="during:3"):
        faults_of("during:3")


@pytest.mark.parametrize(
    ("sql", "only"),
    [
        ("SELECT 1", True),
        ("PRAGMA schema_version", True),
        ('PRAGMA foreign_key_check("a")', True),
        ("PRAGMA schema_version = 4", False),
        ("SELECT pg_try_advisory_lock(%s)", False),
        ("SELECT set_config('TimeZone', 'UTC', true)", False),
        ("UPDATE a SET b = 1", False),
        ("SAVEPOINT s; ALTER TABLE a ADD b INT; RELEASE s", False),
    ],
)
def test_what_only_reads_is_known(sql: str, only: bool) -> None:
    """After it a kill is the same as one before the next statement."""
    assert reads(sql) is only
