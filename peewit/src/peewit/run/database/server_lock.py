"""One migrator at a time on a server: a lock of its session, so it is gone when its holder is.

It is polled, never waited for: a statement that waits would hold up the server's own housekeeping. Where a session
is nobody's own, or a lock is known to one node only, a lease takes its place: see :mod:`peewit.run.database.lease`.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import peewee

from peewit.errors import LockBusyError
from peewit.run.database.forks import kept_from_children
from peewit.run.database.holding import LONGER, Holding, in_seconds, wait
from peewit.run.database.lease import Lease, held_lease
from peewit.run.database.lost import unless_lost
from peewit.run.database.target import name_of
from peewit.run.records.own_table import OwnTable
from peewit.run.records.who import is_gone, who

POLL = 0.1
"""Seconds between two tries."""

GONE = "its process is gone; the server ends its session when its statement is over"
"""Of a holder that was killed while the server is still at work for it."""
SHORT = "%Y%m%dT%H%M%SZ"
"""A moment, in UTC, where there is little room."""

LONGEST_NAME = 63
"""Bytes of an application's name that PostgreSQL keeps."""

_held: dict[tuple[str, str, str, str], tuple[int, int]] = {}
"""The locks this process holds, and the thread of each: to a server the same session may take one twice.

With the process, because a fork takes these notes along and not the locks.
"""

_OF_POSTGRES = """
SELECT a.pid, a.query_start, a.state_change, a.application_name, a.usename || '@' || coalesce(host(a.client_addr),
  'local'), to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
WHERE l.locktype = 'advisory' AND l.granted
  AND ((l.classid::bigint << 32) | l.objid::bigint) = %s
"""

_OF_MYSQL = "SELECT * FROM information_schema.processlist WHERE id = IS_USED_LOCK(%s)"
_STANDS_STILL = ("TIME", "TIME_MS", "MEMORY_USED", "MAX_MEMORY_USED")
"""What of a connection changes also while nothing is done."""


@contextmanager
def locked_on_server(
    database: peewee.Database,
    name: str,
    timeout: float,
    *,
    mode: str = "auto",
    table: str = "migratehistory",
    schema: str | None = None,
    waiting: Callable[[str], None] = lambda _: None,
) -> Iterator[Holding]:
    """Hold the lock of a database's migrations; LockBusyError when its holder did nothing for ``timeout`` seconds.

    ``mode`` is ``session``, ``lease``, or ``auto``: a lease where a session's lock would not hold. ``table`` and
    ``schema`` are those of the history, beside which the lease has its row. ``waiting`` is told who has the lock, where
    that takes long.
    """
    held = _noted(database, name)
    if _held.get(held) == (os.getpid(), threading.get_ident()):
        raise LockBusyError(
            f"this process is migrating {name_of(database)} already",
            hint="a migration must not start another one: does it import an application that migrates when imported?",
        )
    lock = _lock_of(database, name, mode, table, schema)
    try:
        lock.open()
        if not wait(lock.take, lock.look, timeout, POLL, lambda: waiting(lock.holder())):
            holder = lock.holder()
            gone = f"{GONE}\n" if is_gone(holder) else ""
            raise LockBusyError(
                f"another process is migrating {name_of(database)}: {holder}",
                hint=f"{gone}nothing of it moved for {in_seconds(timeout)}; {LONGER}",
            )
        _held[held] = (os.getpid(), threading.get_ident())
        try:
            connection = database.connection()  # a child may be forked by another thread, which has one of its own
            with kept_from_children(lambda: (connection, *lock.connections())):
                yield lock
        finally:
            _held.pop(held, None)
    finally:
        lock.close()


def _noted(database: peewee.Database, name: str) -> tuple[str, str, str, str]:
    """What this process notes a lock by."""
    return (type(database).__name__, str(database.database), repr(sorted(database.connect_params.items())), name)


def holder_of(database: peewee.Database, name: str, table: str, schema: str | None) -> str:
    """Who else migrates on a server at this moment; empty where nobody does. Nothing is waited for."""
    if _held.get(_noted(database, name)) == (os.getpid(), threading.get_ident()):
        return ""
    leased = held_lease(database, table, schema)
    if leased is not None:
        return leased[0]
    lock = _session_lock(database, name, table, schema)
    return lock.holder() if lock.is_held() else ""


def _session_lock(database: peewee.Database, name: str, table: str, schema: str | None) -> SessionLock:
    if isinstance(database, peewee.PostgresqlDatabase):
        return PostgresLock(database, name)
    return MysqlLock(database, name, OwnTable(database, f"{table}_journal", schema).path)


def _lock_of(database: peewee.Database, name: str, mode: str, table: str, schema: str | None) -> SessionLock | Lease:
    """The lock that holds on this server."""
    lock = _session_lock(database, name, table, schema)
    if isinstance(database, peewee.PostgresqlDatabase):
        pooled = mode != "session" and behind_pooler(database)
        leased = mode == "lease" or pooled
    else:
        pooled = False
        leased = mode == "lease" or (mode == "auto" and on_galera(database))
    return Lease(database, table, schema, pooled=pooled) if leased else lock


def behind_pooler(database: peewee.Database) -> bool:
    """Whether what PostgreSQL's driver was told at the connection's start is not the process that answers now."""
    info = getattr(database.connection(), "info", None)
    told = getattr(info, "backend_pid", 0)
    return bool(told) and told != database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]


def on_galera(database: peewee.Database) -> bool:
    """Whether the server is a node of a Galera cluster, where GET_LOCK is known to this node only."""
    rows = database.execute_sql(
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_provider')"
    ).fetchall()
    found = {str(name).lower(): str(value).lower() for name, value in rows}
    return found.get("wsrep_on") in ("on", "1") and found.get("wsrep_provider", "none") not in ("", "none")


class SessionLock(Holding):
    """A lock of the session that migrates."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__()
        self._database = database
        self._taken = False

    def open(self) -> None:
        """Nothing to prepare."""

    @abstractmethod
    def take(self) -> bool:
        """Try once; whether it is ours now."""

    @abstractmethod
    def is_held(self) -> bool:
        """Whether anybody has it."""

    @abstractmethod
    def look(self) -> object:
        """How far the holder is."""

    @abstractmethod
    def holder(self) -> str:
        """Who has it, since when."""

    @abstractmethod
    def _release(self) -> None:
        """Let it go."""

    def close(self) -> None:
        """Let it go, if it is ours: a connection that is gone has taken it along."""
        if self._taken and not self._database.is_closed():
            with unless_lost(self._database):
                self._release()

    def connections(self) -> Sequence[Any]:
        """Connections beside the one that migrates: none."""
        return ()

    def _row(self, sql: str, *params: Any) -> Any:
        return self._database.execute_sql(sql, params).fetchone()


class PostgresLock(SessionLock):
    """``pg_try_advisory_lock``; while it is held the connection has a name that says who we are."""

    def __init__(self, database: peewee.Database, name: str) -> None:
        super().__init__(database)
        digest = hashlib.sha256(f"peewit:{name}".encode()).digest()
        self.key = int.from_bytes(digest[:8], "big", signed=True)
        self._former = ""

    def take(self) -> bool:
        asked = "SELECT pg_try_advisory_lock(%s), current_setting('application_name')"
        self._taken, self._former = self._row(asked, self.key)
        if self._taken:
            self._row("SELECT set_config('application_name', %s, false)", _as_name(who(), time.gmtime()))
        return self._taken

    def _release(self) -> None:
        given = "SELECT set_config('application_name', %s, false), pg_advisory_unlock(%s)"
        self._row(given, self._former, self.key)

    def is_held(self) -> bool:
        return self._row(_OF_POSTGRES, self.key) is not None

    def look(self) -> object:
        return self._row(_OF_POSTGRES, self.key)

    def holder(self) -> str:
        row = self._row(_OF_POSTGRES, self.key)
        if row is None:
            return "it has just ended"
        pid, _, _, name, user, since = row
        # The name is there for everyone to read; the rest only for the same user.
        known, _, named_since = name.removeprefix("peewit ").rpartition(" since ")
        shown = f"{known} since {_as_told(named_since)}" if known else f"{user} since {since} UTC"
        return f"{shown} (server process {pid})"


def _as_name(holder: str, since: time.struct_time) -> str:
    """Who holds the lock, since when: where that is too long, the end of the host's name and the process."""
    name, _, process = holder.encode("ascii", "replace").decode().rpartition(" ")
    head, tail = "peewit ", f" {process} since {time.strftime(SHORT, since)}"
    room = LONGEST_NAME - len(head) - len(tail)
    return head + (name if len(name) <= room else name.partition("@")[2][-room:]) + tail


def _as_told(since: str) -> str:
    """A moment as a name has it, in the words of all others."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.strptime(since, SHORT))
    except ValueError:  # another version's
        return since


class MysqlLock(SessionLock):
    """``GET_LOCK``; who holds it stands in the journal's open entry, ``journal``."""

    def __init__(self, database: peewee.Database, name: str, journal: str) -> None:
        super().__init__(database)
        digest = hashlib.sha256(f"{database.database}:{name}".encode()).hexdigest()
        self.key = f"peewit:{digest[:48]}"  # 64 characters are all there may be
        self._journal = journal

    def take(self) -> bool:
        self._taken = bool(self._row("SELECT GET_LOCK(%s, 0)", self.key)[0])
        return self._taken

    def _release(self) -> None:
        self._row("SELECT RELEASE_LOCK(%s)", self.key)

    def is_held(self) -> bool:
        return self._row("SELECT IS_USED_LOCK(%s)", self.key)[0] is not None

    def _connection(self) -> dict[str, Any] | None:
        cursor = self._database.execute_sql(_OF_MYSQL, (self.key,))
        row = cursor.fetchone()
        return None if row is None else dict(zip((c[0].upper() for c in cursor.description), row, strict=True))

    def look(self) -> object:
        found = self._connection() or {}
        return {name: value for name, value in found.items() if name not in _STANDS_STILL}

    def holder(self) -> str:
        number = self._row("SELECT IS_USED_LOCK(%s)", self.key)[0]
        if number is None:
            return "it has just ended"
        for holder, at in self._open_entry(f"%, connection {number}"):
            return f"{holder} since {at[:19]} UTC"
        found = self._connection()  # who may not see others' connections does not find it
        return f"{found['USER']}@{found['HOST']} (connection {number})" if found else f"connection {number}"

    def _open_entry(self, pattern: str) -> list[Any]:
        """Who began what is not finished on a connection, and when."""
        open_ones = f"SELECT who, at FROM {self._journal} WHERE action LIKE 'begin %%' AND who LIKE %s"
        try:
            return list(self._database.execute_sql(f"{open_ones} ORDER BY id DESC LIMIT 1", (pattern,)).fetchall())
        except peewee.ProgrammingError:
            return []  # there is no journal yet


def key_of(database: peewee.Database, name: str) -> int | str:
    """What the server knows the lock of a session by."""
    if isinstance(database, peewee.PostgresqlDatabase):
        return PostgresLock(database, name).key
    return MysqlLock(database, name, "").key
