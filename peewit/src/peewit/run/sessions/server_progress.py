"""How far a statement on a server is: asked on a connection beside the one that waits for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee

from peewit.compile import Execute
from peewit.run.database.beside import close_beside, connect_beside
from peewit.run.database.diverting import exceptions
from peewit.run.sessions.progress import Look, Measured

_UNREACHABLE = (peewee.PeeweeException, OSError)

_LONG = re.compile(
    r"\s*(?:CREATE\s+(?:UNIQUE\s+)?INDEX|CREATE\s+MATERIALIZED|ALTER|UPDATE|INSERT|DELETE|SELECT|WITH|REINDEX|CLUSTER"
    r"|VACUUM|OPTIMIZE|COPY|REFRESH|LOAD)\b",
    re.IGNORECASE,
)

Ask = Callable[..., list[Any]]
Question = Callable[[Ask], Measured | None]
"""Asks for the figures, and gives what they say; None where they say nothing."""


def may_take_long(statement: Execute) -> bool:
    """Whether a statement goes through rows, as far as can be told."""
    effect = statement.effect
    return _LONG.match(statement.sql) is not None if effect is None else effect.rewrites or effect.scans


def table_of(statement: Execute) -> Measured | None:
    """All that is known of a statement of whose progress the server tells nothing: about how many rows there are."""
    rows = 0 if statement.effect is None else statement.effect.rows
    return Measured(None, rows, "rows") if rows else None


@contextmanager
def looking(database: peewee.Database, question: Question | None, statement: Execute) -> Iterator[Look]:
    """What looks at a statement by a ``question``, on a connection beside; where that cannot be asked, the table."""
    if question is None:
        yield lambda: table_of(statement)
        return
    try:
        connection = connect_beside(database)
    except _UNREACHABLE:  # the run goes on without: there may be no connection left for us
        yield lambda: table_of(statement)
        return

    def ask(sql: str, *params: Any) -> list[Any]:
        with exceptions:
            cursor = connection.cursor()
            cursor.execute(sql, params)
            return list(cursor.fetchall())

    broken = False

    def look() -> Measured | None:
        nonlocal broken
        try:
            found = None if broken else question(ask)
        except _UNREACHABLE:
            broken, found = True, None
        return found or table_of(statement)

    try:
        yield look
    finally:
        close_beside(database, connection)


_OF_INDEX = """
SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total FROM pg_stat_progress_create_index WHERE pid = %s
UNION ALL
SELECT phase, heap_blks_scanned, heap_blks_total, NULL, NULL FROM pg_stat_progress_cluster WHERE pid = %s
"""
_OF_COPY = """
UNION ALL
SELECT '', bytes_processed, bytes_total, NULL, NULL FROM pg_stat_progress_copy WHERE pid = %s
"""


def on_postgres(process: int, version: tuple[int, ...]) -> Question | None:
    """What PostgreSQL tells of a process: https://www.postgresql.org/docs/current/progress-reporting.html."""
    if version < (12,):
        return None
    sql, asked = (_OF_INDEX + _OF_COPY, 3) if version >= (14,) else (_OF_INDEX, 2)

    def question(ask: Ask) -> Measured | None:
        for phase, done, total, rows_done, rows_total in ask(sql, *[process] * asked):
            if "tuples in tree" in phase:
                return _counted(rows_done, rows_total, "rows", phase)
            if not phase:
                return _counted(done, total, "bytes", "")
            return _counted(done if "scanning" in phase else 0, total if "scanning" in phase else 0, "blocks", phase)
        return None

    return question


def _counted(done: int | None, total: int | None, unit: str, phase: str) -> Measured:
    return Measured(done, total, unit, phase) if total else Measured(None, None, "", phase)


def on_mariadb(connection: int, sql: str) -> Question:
    """What MariaDB tells of a connection: https://mariadb.com/kb/en/progress-reporting/."""

    def question(ask: Ask) -> Measured | None:
        # With its text, because a proxy gives connections numbers of its own.
        rows = ask(
            "SELECT stage, max_stage, progress, state FROM information_schema.processlist "
            "WHERE id = %s AND left(info, 60) = left(%s, 60)",
            connection,
            sql,
        )
        for stage, stages, percent, state in rows:
            if stages:
                return Measured(int(percent), 100, "%", f"{state}, {stage} of {stages}" if stages > 1 else str(state))
        return None

    return question
