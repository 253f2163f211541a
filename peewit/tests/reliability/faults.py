"""A fault at any statement: what a database object sends is told to a tap, at the one door all of it goes through.

Everything, BEGIN and COMMIT, savepoints, PRAGMAs, history and journal, is sent by ``execute`` of a cursor of the
driver. So the database object of the process that is to suffer gets cursors of ours; peewit is not touched.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from dataclasses import dataclass
from typing import Any

import peewee as pw

READING = re.compile(
    r"\s*(?:SELECT|SHOW|EXPLAIN|DESC|(?:PREPARE|EXECUTE)\s+peewit_|PRAGMA\s+\w+\s*(?:\(|$))", re.IGNORECASE
)
"""Statements that change nothing, not even a setting; a SELECT that does is told by :func:`reads`.

What peewit prepares are questions to the catalogue: they stay with the connection, and no database has them.
"""


class Tap:
    """Hears of every statement of one database object. One that does nothing."""

    def before(self, sql: str, params: Any) -> None:
        """A statement is about to be sent."""

    def after(self, sql: str, params: Any) -> None:
        """The database has answered that it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where a process kills itself: ``before`` or ``after`` the ``number``-th statement, or the number-th COMMIT."""

    when: str
    number: int
    commits: bool = False

    def __str__(self) -> str:
        return f"{self.when}:{'commit:' if self.commits else ''}{self.number}"


def faults_of(text: str) -> tuple[Fault, ...]:
    """The faults ``before:N``, ``after:N`` and ``commit:N`` stand for; the last is both sides of a COMMIT."""
    when, _, number = text.partition(":")
    if when == "commit":
        return tuple(Fault(when=side, number=int(number), commits=True) for side in ("before", "after"))
    if when not in ("before", "after"):
        raise ValueError(f"a fault is before:N, after:N or commit:N, not {text!r}")
    return (Fault(when=when, number=int(number)),)


class Killing(Tap):
    """Sends SIGKILL to its own process at the fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._sent = 0

    def before(self, sql: str, params: Any) -> None:
        if not self.fault.commits or sql.strip(" ;\n").upper() == "COMMIT":
            self._sent += 1
            self._strike("before")

    def after(self, sql: str, params: Any) -> None:
        if not self.fault.commits or sql.strip(" ;\n").upper() == "COMMIT":
            self._strike("after")

    def _strike(self, when: str) -> None:
        if when == self.fault.when and self._sent == self.fault.number:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Sent:
    """A statement that was sent; ``done`` when the database had answered, and with no error."""

    sql: str
    params: Any
    done: bool = False


class Listening(Tap):
    """Keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []

    def before(self, sql: str, params: Any) -> None:
        self.sent.append(Sent(sql, params))

    def after(self, sql: str, params: Any) -> None:
        self.sent[-1].done = True

    def faults(self) -> list[Fault]:
        """Every boundary of the statements there were, once: after a question it is the same as before the next."""
        found = []
        for number, sent in enumerate(self.sent, 1):
            found.append(Fault(when="before", number=number))
            if sent.done and not reads(sent.sql):
                found.append(Fault(when="after", number=number))
        return found


def reads(sql: str) -> bool:
    """Whether a statement only reads: a kill after it is the same as one before the next."""
    calls = ("set_config(", "_lock(", "GET_LOCK", "RELEASE_LOCK", "nextval(", "setval(")
    return READING.match(sql) is not None and not any(call in sql for call in calls)


def tapped(database: pw.Database, tap: Tap) -> None:
    """Let every statement of a database object pass by a tap; before it is connected."""
    assert database.is_closed()
    if isinstance(database, pw.SqliteDatabase):
        database.connect_params["factory"] = _sqlite(tap)
    elif isinstance(database, pw.MySQLDatabase):
        from pymysql.cursors import Cursor

        database.connect_params["cursorclass"] = _passing(Cursor, tap)
    else:
        database.connect_params["cursor_factory"] = _passing(_postgres_cursor(database), tap)


def _postgres_cursor(database: pw.Database) -> type:
    if isinstance(vars(database)["_adapter"], pw.Psycopg3Adapter):
        import psycopg

        return psycopg.Cursor
    import psycopg2.extensions

    found: type = psycopg2.extensions.cursor
    return found


def _sqlite(tap: Tap) -> type[sqlite3.Connection]:
    passing = _passing(sqlite3.Cursor, tap)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = passing) -> Any:
            return super().cursor(factory)

    return Connection


def _passing(kind: type, tap: Tap) -> type:
    """A driver's cursor whose statements pass by a tap."""

    class Cursor(kind):  # type: ignore[misc]  # which class it is, is known only here
        def execute(self, query: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
            tap.before(query, params)
            given = (query,) if params is None else (query, params)
            answer = super().execute(*given, *args, **kwargs)
            tap.after(query, params)
            return answer

        def executemany(self, query: Any, params: Any, *args: Any, **kwargs: Any) -> Any:
            tap.before(query, params)
            answer = super().executemany(query, params, *args, **kwargs)
            tap.after(query, params)
            return answer

    return Cursor
