"""The journal beside the history: the source of every applied file, its checksum, who ran it, how long it took.

The history table wins over the journal: stock may have changed it without telling.
"""

from __future__ import annotations

import datetime
import getpass
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peewit.sql import quote_path

if TYPE_CHECKING:
    import peewee


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one applied migration. ``seconds`` is how long it took."""

    name: str
    source: bytes
    checksum: str
    at: str
    seconds: float
    who: str


class Journal:
    """Reads and writes ``<history table>_journal``."""

    def __init__(self, database: peewee.Database, table: str, schema: str | None) -> None:
        self._database = database
        self._path = quote_path(schema, f"{table}_journal", quote=database.quote[0])
        self._name = f"{table}_journal"

    def prepare(self) -> None:
        """Make the table if it is not there."""
        self._database.execute_sql(
            f"CREATE TABLE IF NOT EXISTS {self._path} ("
            "id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, action VARCHAR(20) NOT NULL, "
            "at VARCHAR(40) NOT NULL, seconds REAL NOT NULL, who VARCHAR(255) NOT NULL, "
            "checksum VARCHAR(64) NOT NULL, source BLOB NOT NULL, steps TEXT NOT NULL)"
        )

    def add(
        self, name: str, action: str, *, source: bytes, checksum: str, seconds: float, steps: Sequence[str]
    ) -> None:
        """Note what was done with a migration: ``migrate``, ``rollback``, ``fake`` or ``accept``."""
        self._database.execute_sql(
            f"INSERT INTO {self._path} (name, action, at, seconds, who, checksum, source, steps) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (name, action, _now(), seconds, who(), checksum, source, json.dumps(list(steps))),
        )

    def entries(self) -> dict[str, Entry]:
        """The newest entry of each migration that was applied and not rolled back since."""
        import peewee

        try:
            rows = self._database.execute_sql(
                f"SELECT name, action, at, seconds, who, checksum, source FROM {self._path} ORDER BY id"
            ).fetchall()
        except (peewee.OperationalError, peewee.ProgrammingError):
            if self._exists():
                raise
            return {}
        found: dict[str, Entry] = {}
        for name, action, at, seconds, by, digest, source in rows:
            if action == "rollback":
                found.pop(name, None)
                continue
            found[name] = Entry(name=name, source=bytes(source), checksum=digest, at=at, seconds=seconds, who=by)
        return found

    def _exists(self) -> bool:
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
        return self._database.execute_sql(query, (self._name,)).fetchone() is not None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(sep=" ", timespec="milliseconds")


def who() -> str:
    """The person and the machine, as ``name@host (pid)``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return f"{name}@{socket.gethostname()} ({os.getpid()})"
