"""Where the project memory is kept: one Peewee database, chosen when this module is imported.

Importing opens nothing and creates nothing. The folder of a SQLite file is made at the first connection, so
that looking at a fresh checkout leaves no trace in it.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from peewee import Database, OperationalError, SqliteDatabase

from synth_codeai.errors import ConfigurationError

VARIABLE = "SYNTH_CODEAI_DATABASE"
DEFAULT_PATH = Path(".synth-codeai", "pk.db")
BUSY_SECONDS = 30.0
RETRY_SECONDS = 0.02
PRAGMAS = {"foreign_keys": 1, "journal_mode": "wal"}


class MemoryFile(SqliteDatabase):
    """A SQLite file that many processes may open at once, also while it does not exist yet."""

    def _connect(self) -> sqlite3.Connection:
        self._make_folder()
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]  # absent from the stubs
            except sqlite3.OperationalError as error:
                # Two connections that switch a new file to WAL at the same moment: one is told that the file
                # is locked without waiting for its timeout. https://www.sqlite.org/wal.html
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                return connection

    def _make_folder(self) -> None:
        folder = Path(self.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OperationalError(f"cannot create the folder {folder}: {error.strerror}") from error


def open_database(setting: str | None) -> Database:
    """Return the database that `setting` names, not yet connected.

    `setting` is a path, a URL, or nothing for the default file under the working directory. Raises
    ConfigurationError where it names no database that outlives the process.
    """
    if not setting:
        return _file(DEFAULT_PATH)
    if "://" in setting:
        return _at_url(setting)
    return _file(Path(setting))


def _file(path: Path, **options: Any) -> MemoryFile:
    if path.name == ":memory:":
        raise ConfigurationError(f"{VARIABLE} names an in-memory database, which no later start could read")
    try:
        full = path.expanduser().absolute()
    except RuntimeError as error:
        raise ConfigurationError(f"{VARIABLE} is {path}, and there is no such home directory") from error
    return MemoryFile(str(full), pragmas=PRAGMAS, **{"timeout": BUSY_SECONDS, **options})


def _at_url(url: str) -> Database:
    """Read `url` as playhouse.db_url does; its messages are not used, because they repeat the password."""
    from playhouse import db_url  # noqa: PLC0415  # imports every driver it can find: only where there is a URL

    scheme = urlsplit(url).scheme
    if scheme not in db_url.schemes:
        raise ConfigurationError(f"{VARIABLE} is a URL with the unknown scheme {scheme!r}")
    try:
        if scheme == "sqlite":
            return _file_at(db_url.parse(url))
        at_server: Database = db_url.connect(url, unquote_user=True, unquote_password=True)
    except ValueError as error:
        example = "sqlite:///path" if scheme == "sqlite" else f"{scheme}://user@host/name"
        raise ConfigurationError(f"{VARIABLE} is a URL that names no database; write {example}") from error
    return at_server


def _file_at(options: dict[str, Any]) -> MemoryFile:
    """Return the file of a sqlite URL, which is opened with the other `options` the URL has."""
    if "host" in options:
        raise ValueError("two slashes instead of three: the path reads as a host")
    return _file(Path(options.pop("database")), **options)


database = open_database(os.environ.get(VARIABLE))
