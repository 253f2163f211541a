"""One migrator at a time on a server: a lock of its session, so it is gone when its holder is.

It is polled, never waited for: a statement that waits would hold up the server's own housekeeping.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee

from peewit.errors import LockBusyError
from peewit.run.lost import unless_lost
from peewit.run.target import name_of

POLL = 0.1
"""Seconds between two tries."""

_held: dict[tuple[str, str, str, str], tuple[int, int]] = {}
"""The locks this process holds, and the thread of each: to a server the same session may take one twice.

With the process, because a fork takes these notes along and not the locks.
"""

_HOLDER_POSTGRES = """
SELECT a.usename || '@' || coalesce(host(a.client_addr), 'local') || ' (server process ' || a.pid || ') since '
  || to_char(coalesce(a.xact_start, a.backend_start), 'YYYY-MM-DD HH24:MI:SS')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
WHERE l.locktype = 'advisory' AND l.granted
  AND ((l.classid::bigint << 32) | l.objid::bigint) = %s
"""

_HOLDER_MYSQL = """
SELECT CONCAT(user, '@', host, ' (connection ', id, ')')
FROM information_schema.processlist WHERE id = IS_USED_LOCK(%s)
"""


@contextmanager
def locked_on_server(database: peewee.Database, name: str, timeout: float) -> Iterator[None]:
    """Hold the lock of a database's migrations; LockBusyError when ``timeout`` seconds were not enough."""
    held = (type(database).__name__, str(database.database), repr(sorted(database.connect_params.items())), name)
    if _held.get(held) == (os.getpid(), threading.get_ident()):
        raise LockBusyError(
            f"this process is migrating {name_of(database)} already",
            hint="a migration must not start another one: does it import an application that migrates when imported?",
        )
    kind = _Postgres(database, name) if isinstance(database, peewee.PostgresqlDatabase) else _Mysql(database, name)
    deadline = time.monotonic() + timeout
    while not kind.take():
        if time.monotonic() >= deadline:
            raise LockBusyError(
                f"another process is migrating {name_of(database)}: {kind.holder()}",
                hint=f"waited {timeout:g} seconds; try again when it is done, or raise lock_timeout",
            )
        time.sleep(POLL)
    _held[held] = (os.getpid(), threading.get_ident())
    try:
        yield
    finally:
        _held.pop(held, None)
        if not database.is_closed():
            with unless_lost(database):
                kind.release()


class _Postgres:
    def __init__(self, database: peewee.Database, name: str) -> None:
        self._database = database
        digest = hashlib.sha256(f"peewit:{name}".encode()).digest()
        self.key = int.from_bytes(digest[:8], "big", signed=True)

    def take(self) -> bool:
        return bool(_one(self._database, "SELECT pg_try_advisory_lock(%s)", self.key))

    def release(self) -> None:
        _one(self._database, "SELECT pg_advisory_unlock(%s)", self.key)

    def holder(self) -> str:
        return str(_one(self._database, _HOLDER_POSTGRES, self.key) or "it has just ended")


class _Mysql:
    def __init__(self, database: peewee.Database, name: str) -> None:
        self._database = database
        digest = hashlib.sha256(f"{database.database}:{name}".encode()).hexdigest()
        self.key = f"peewit:{digest[:48]}"  # 64 characters are all there may be

    def take(self) -> bool:
        return bool(_one(self._database, "SELECT GET_LOCK(%s, 0)", self.key))

    def release(self) -> None:
        _one(self._database, "SELECT RELEASE_LOCK(%s)", self.key)

    def holder(self) -> str:
        return str(_one(self._database, _HOLDER_MYSQL, self.key) or "it has just ended")


def _one(database: peewee.Database, sql: str, value: Any) -> Any:
    row = database.execute_sql(sql, (value,)).fetchone()
    return row[0] if row else None


def key_of(database: peewee.Database, name: str) -> int | str:
    """What the server knows the lock of a database's migrations by."""
    if isinstance(database, peewee.PostgresqlDatabase):
        return _Postgres(database, name).key
    return _Mysql(database, name).key
