"""The database that is migrated: where it is, whether it is there, opening it, locking it.

Part of every application's start, so it imports nothing but Peewee.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import peewee

from peewit.errors import (
    UNCHANGED,
    ConfigError,
    LockBusyError,
    NoRoomError,
    PeewitError,
    unreadable,
    without_passwords,
)

if TYPE_CHECKING:
    from peewit.reports import Waiting
    from peewit.run.database.holding import Holding

LOCKS = ("auto", "session", "lease")
"""What holds the lock on a server: the session, or a row with a term; ``auto`` finds out which is right."""

LOCKED, AGAIN = "database is locked", 0.05
"""SQLite's words for a lock, and the seconds until connecting is tried again: it does not wait for all itself."""

WAL_INDEX = 32768
"""The bytes SQLite has to write beside a file in WAL mode before it reads: https://www.sqlite.org/walformat.html."""


def database_of(database: Any) -> peewee.Database:
    """The Peewee database behind a database, an initialised proxy of one, or a URL; ConfigError for all else."""
    if isinstance(database, str):
        return _supported(_from_url(database))
    found = database.obj if isinstance(database, peewee.Proxy) else database
    if found is None:
        raise ConfigError("the database is a proxy that was not initialised", hint="call its initialize() first")
    return _supported(found)


def is_async(database: peewee.Database) -> bool:
    """Whether it is one of ``playhouse.pwasyncio``, which is not imported for the question."""
    return any(kind.__module__ == "playhouse.pwasyncio" for kind in type(database).__mro__)


def migratable(database: peewee.Database) -> peewee.Database:
    """What can be migrated: the database itself, or the plain one beside an asynchronous one."""
    if not is_async(database):
        return database
    from peewit.run.database.plain import plain_of

    return plain_of(database)


ANSWERS = 10
"""Seconds a PostgreSQL server that is given as a URL has to answer in, where neither URL nor environment say."""


def _supported(database: Any) -> peewee.Database:
    if isinstance(database, peewee.SqliteDatabase):
        if any(kind.__name__ == "SqliteQueueDatabase" for kind in type(database).__mro__):
            raise ConfigError(
                "a SqliteQueueDatabase writes in another thread, so nothing can be migrated through it",
                hint="migrate through a SqliteDatabase of the same file, before the queue is started",
            )
        return database
    if isinstance(database, peewee.PostgresqlDatabase | peewee.MySQLDatabase):
        return database
    if isinstance(database, peewee.Database):
        raise ConfigError(
            f"{type(database).__name__} is not supported: peewit works on SQLite, PostgreSQL, MariaDB and MySQL"
        )
    raise ConfigError(f"{database!r} is not a Peewee database")


def _from_url(url: str) -> Any:
    """A database by URL; a plain SQLite path needs nothing but Peewee itself."""
    path = url.removeprefix("sqlite:///")
    if path != url and "?" not in path and "%" not in path:
        return peewee.SqliteDatabase(path or ":memory:")
    from playhouse.db_url import connect

    from peewit.run.database.opening import refuse_url

    refuse_url(url)
    try:
        database = connect(url)
    except (RuntimeError, ValueError, peewee.ImproperlyConfigured) as error:
        cause = error if without_passwords(str(error)) == str(error) else None
        raise ConfigError(f"the database URL cannot be used: {error}") from cause
    if isinstance(database, peewee.PostgresqlDatabase) and "PGCONNECT_TIMEOUT" not in os.environ:
        database.connect_params.setdefault("connect_timeout", ANSWERS)  # else libpq waits for ever
    return database


def name_of(database: peewee.Database) -> str:
    """What a server's database is called; where it is given as a URL or a DSN, only what is no secret."""
    text = os.fspath(database.database or "")
    if "://" in text:
        return text.partition("://")[2].rpartition("@")[2].partition("?")[0]
    if "=" not in text:
        return text
    from shlex import split

    try:
        pairs = dict(part.partition("=")[::2] for part in split(text))
    except ValueError:
        return "of a DSN that cannot be read"
    return "/".join(filter(None, (pairs.get("host"), pairs.get("dbname")))) or "of a DSN"


def _path_in(uri: str) -> str:
    """The path a SQLite URI names; empty for a database in memory: https://www.sqlite.org/uri.html."""
    from urllib.parse import parse_qs, unquote, urlsplit

    parts = urlsplit(uri)
    settings = parse_qs(parts.query)
    in_memory = settings.get("mode") == ["memory"] or settings.get("vfs") == ["memdb"]
    return "" if in_memory else unquote(parts.path)


class Target:
    """A database, opened and locked only while it is needed.

    ``lock`` is one of :data:`LOCKS`; ``table`` and ``schema`` are those of the history, whose lock it is. ``holding``
    is the lock while it is held.
    """

    holding: Holding | None = None

    def __init__(
        self, database: peewee.Database, lock_timeout: float, table: str, schema: str | None, lock: str
    ) -> None:
        if lock not in LOCKS:
            raise ConfigError(f"lock has to be one of {', '.join(LOCKS)}, not {lock!r}")
        self.database = database
        self._lock_timeout = lock_timeout
        self._table, self._schema, self._lock = table, schema, lock
        self.lock_name = f"{schema or ''}.{table}"

    @property
    def path(self) -> str | None:
        """The database's file; None for one in memory or on a server."""
        if not isinstance(self.database, peewee.SqliteDatabase):
            return None
        path = os.fspath(self.database.database or "")
        if path.startswith("file:") and self.database.connect_params.get("uri"):
            path = _path_in(path)
        return None if not path or path == ":memory:" else path

    @property
    def name(self) -> str:
        """What a person knows the database by: a file's whole path, else its name. Never a password."""
        if not isinstance(self.database, peewee.SqliteDatabase):
            return name_of(self.database)
        return ":memory:" if self.path is None else os.path.abspath(self.path)

    def server(self) -> str:
        """What the database is, with its version; on a server while it is connected."""
        if isinstance(self.database, peewee.SqliteDatabase):
            from sqlite3 import sqlite_version

            return f"SQLite {sqlite_version}"
        if isinstance(self.database, peewee.PostgresqlDatabase):
            number = int(getattr(self.database, "server_version", 0) or 0)
            return f"PostgreSQL {number // 10000}.{number % 10000}"
        told = str(self.database.execute_sql("SELECT version()").fetchone()[0])
        return f"{'MariaDB' if 'MariaDB' in told else 'MySQL'} {told.partition('-')[0]}"

    def exists(self) -> bool:
        """Whether there is something to look at."""
        path = self.path
        if path is None or os.path.exists(path):
            return True
        try:
            os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise unreadable("the database", self.name, error) from error
        return True

    @contextmanager
    def connected(self) -> Iterator[None]:
        """An open connection: the application's if it has one, else one that is closed again."""
        with self._opened(), self._unprepared(), self._no_longer():
            try:
                yield
            except PeewitError:
                self._forget_lost()
                raise
            except (peewee.DatabaseError, peewee.InterfaceError) as error:
                told = self._told(error)
                self._forget_lost()
                if told is None:
                    raise
                raise told from error

    @contextmanager
    def _opened(self) -> Iterator[None]:
        if not self.database.is_closed():
            yield
            return
        path = self.path
        if path is not None and os.path.exists(path) and not os.access(os.path.dirname(path) or ".", os.W_OK):
            from peewit.run.database.read_only import closed_for_us, lent

            try:
                closed = closed_for_us(path)
            except OSError as error:
                raise unreadable("the database", self.name, error) from error
            if isinstance(self.database, peewee.SqliteDatabase) and closed:
                with lent(self.database, path):
                    yield
                return
        self._connect()
        try:
            yield
        finally:
            if not self.database.is_closed():
                self.database.close()

    @contextmanager
    def _unprepared(self) -> Iterator[None]:
        """What psycopg 3 prepares for one process of the server, another one behind a pooler does not know."""
        connection: Any = self.database.connection()
        if not hasattr(connection, "prepare_threshold"):
            yield
            return
        threshold, connection.prepare_threshold = connection.prepare_threshold, None
        try:
            yield
        finally:
            connection.prepare_threshold = threshold

    @contextmanager
    def _no_longer(self) -> Iterator[None]:
        """SQLite waits for other writers no longer than for another migrator, whatever the application waits."""
        database = self.database
        if not isinstance(database, peewee.SqliteDatabase) or database.timeout <= self._lock_timeout:
            yield
            return
        (former,) = database.execute_sql("PRAGMA busy_timeout").fetchone()
        database.execute_sql(f"PRAGMA busy_timeout = {min(former, int(self._lock_timeout * 1000))}")
        try:
            yield
        finally:
            if not database.is_closed():
                database.execute_sql(f"PRAGMA busy_timeout = {former}")

    def _forget_lost(self) -> None:
        """Close a connection that broke off, also the application's: its next use of the database opens another."""
        from peewit.run.database.lost import is_gone

        if is_gone(self.database) and not self.database.in_transaction():
            self.database.close()

    def _connect(self) -> None:
        if self.database.deferred:
            raise ConfigError("the database has no name yet", hint="call its init() first")
        waits = self.database.timeout if isinstance(self.database, peewee.SqliteDatabase) else 0.0
        deadline = time.monotonic() + min(waits, self._lock_timeout)
        while not self._connects(deadline):
            time.sleep(AGAIN)

    def _connects(self, deadline: float) -> bool:
        """Connect; False where a setting made at connecting, as journal_mode, met a lock, and it is not too late."""
        try:
            self.database.connect()
        except (peewee.PeeweeException, TypeError, ValueError) as error:  # TypeError: an unknown setting
            if isinstance(error, peewee.OperationalError) and str(error) == LOCKED:
                if time.monotonic() < deadline:
                    return False
                raise self._unusable(error) from error
            told = self._without_secrets(str(error).strip())
            cause = error if told == str(error).strip() else None  # nor does a traceback show what it repeats
            from peewit.run.database.opening import hint_of

            hint = hint_of(self.database, self.path, self.name, error)
            raise ConfigError(f"the database {self.name} cannot be opened: {told}", hint=hint) from cause
        return True

    def _without_secrets(self, text: str) -> str:
        """What a driver says of a connection, without the parts of a DSN that it repeats, nor any known password."""
        given = os.fspath(self.database.database or "")
        if "=" in given or "://" in given:
            text = re.sub(r'".*"', '"…"', text, flags=re.DOTALL)
        for name, value in self.database.connect_params.items():
            if "pass" in name and isinstance(value, str) and len(value) > 3:
                text = text.replace(value, "***")
        return without_passwords(text)

    def _told(self, error: peewee.DatabaseError | peewee.InterfaceError) -> PeewitError | None:
        """What an error means that no migration is to blame for; None for another one."""
        if not isinstance(self.database, peewee.SqliteDatabase):
            from peewit.run.database.lost import lost_connection
            from peewit.run.database.privileges import lacking_to_look, refused, timed_out
            from peewit.run.records.history import History
            from peewit.run.records.journal import Journal

            own = (self.database, self._table, self._schema)
            return (
                lost_connection(error, self.database)
                or timed_out(error)
                or refused(error, lacking_to_look(error, History(*own), Journal(*own)))
            )
        if isinstance(error, peewee.IntegrityError | peewee.InterfaceError):
            return None
        return self._unusable(error)

    def _unusable(self, error: peewee.DatabaseError) -> PeewitError:
        """What only the database itself can refuse: it is no database, it is damaged, it is locked."""
        if str(error) == LOCKED:
            return LockBusyError(
                f"the database {self.name} is locked by another process", hint="try again when it is done"
            )
        if "readonly database" in str(error):
            return ConfigError(
                f"the database {self.name} may not be written: {error}",
                state=UNCHANGED,
                hint="look at the permissions of its file and of its folder; in WAL mode reading needs them as well",
            )
        if "disk I/O error" in str(error) and self._is_full():
            return NoRoomError(
                f"the database {self.name} cannot be used, because its disk is full: {error}",
                state=UNCHANGED,
                hint="make room on the disk of the database; in WAL mode reading needs some as well",
            )
        from peewit.run.database.opening import WRONG_FILE

        return ConfigError(
            f"the database {self.name} cannot be used: {error}",
            state=UNCHANGED,
            hint=WRONG_FILE,
        )

    def _is_full(self) -> bool:
        """Whether the disk has no room for what SQLite keeps beside a file in WAL mode."""
        from shutil import disk_usage

        return self.path is not None and disk_usage(os.path.dirname(os.path.realpath(self.path))).free < WAL_INDEX

    def migrator(self) -> str:
        """Who else migrates this database at this moment; empty where nobody does. While it is connected."""
        if not isinstance(self.database, peewee.SqliteDatabase):
            from peewit.run.database.server_lock import holder_of

            return holder_of(self.database, self.lock_name, self._table, self._schema)
        from peewit.run.database.lock import holder_of as holder_of_file

        return "" if self.path is None else holder_of_file(self.path)

    @contextmanager
    def locked(self, tell: Callable[[Waiting], None] | None = None) -> Iterator[Holding]:
        """The only migrator of this database; LockBusyError while another one is at work, which ``tell`` hears of."""
        with self._locked(tell) as holding:
            self.holding = holding
            try:
                yield holding
            finally:
                self.holding = None

    def _locked(self, tell: Callable[[Waiting], None] | None) -> AbstractContextManager[Holding]:
        def waiting(holder: str) -> None:
            from peewit.reports import Waiting

            if tell is not None:
                tell(Waiting(holder, self._lock_timeout))

        if not isinstance(self.database, peewee.SqliteDatabase):
            from peewit.run.database.server_lock import locked_on_server

            return locked_on_server(
                self.database,
                self.lock_name,
                self._lock_timeout,
                mode=self._lock,
                table=self._table,
                schema=self._schema,
                waiting=waiting,
            )
        from peewit.run.database.holding import Holding
        from peewit.run.database.lock import locked

        path = self.path
        return nullcontext(Holding()) if path is None else locked(path, self._lock_timeout, waiting)
