"""One migrator at a time where a lock of the session does not hold: a row with a term, and a token that only grows.

Behind a transaction pooler a session is nobody's own; on a Galera cluster a lock is known to one node only. So
the lock is a row, taken by one conditional UPDATE, for a term by the server's clock that a thread of the holder
keeps extending on a connection of its own. A holder that was stopped longer than that is taken over: its session
is ended where the server allows it, and the token it finds at its next write is not its own any more.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from typing import Any

import peewee

from peewit.errors import LockLostError, PeewitError
from peewit.run.database.beside import close_beside, connect_beside
from peewit.run.database.codes import DEADLOCK, LOCK_WAIT, code_of
from peewit.run.database.diverting import exceptions
from peewit.run.database.holding import Holding, Send
from peewit.run.database.target import name_of
from peewit.run.records.own_table import OwnTable
from peewit.run.records.who import who

LEASE = 30.0
"""Seconds a lease is valid without being extended."""

_UNREACHABLE = (peewee.PeeweeException, OSError)

_UTC = {True: "(clock_timestamp() AT TIME ZONE 'UTC')", False: "UTC_TIMESTAMP(6)"}
_LATER = {True: "{} + make_interval(secs => {})", False: "{} + INTERVAL {} SECOND"}
_ENDING = {
    True: (
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND ((classid::bigint << 32) | objid::bigint) = %s"
    ),
    False: "SELECT IS_USED_LOCK(CONCAT('peewit:lease:', %s))",
}


def held_lease(database: peewee.Database, table: str, schema: str | None) -> tuple[str, str] | None:
    """Who has a lease that has not run out, and until when, by the server's clock (UTC); None where nobody has."""
    row = OwnTable(database, f"{table}_lease", schema)
    if not row.is_there():
        return None
    sql = f"SELECT holder, since, doing, valid_until, valid_until > {_UTC[row.postgres]} FROM {row.path} WHERE id = 1"
    for holder, since, doing, until, valid in database.execute_sql(sql).fetchall():
        if valid:
            return _in_words(holder, since, doing), f"{until:%Y-%m-%d %H:%M:%S}"
    return None


def _in_words(holder: str, since: Any, doing: str) -> str:
    return f"{holder} since {since:%Y-%m-%d %H:%M:%S} UTC" + (f", at {doing}" if doing else "")


class Lease(Holding):
    """The row ``<history table>_lease`` of a database, taken through a connection of its own."""

    def __init__(self, database: peewee.Database, table: str, schema: str | None, *, pooled: bool) -> None:
        super().__init__()
        self.pooled = pooled
        self._database: Any = database
        self._postgres = isinstance(database, peewee.PostgresqlDatabase)
        self._path = OwnTable(database, f"{table}_lease", schema).path
        self._now = _UTC[self._postgres]
        self._term = _LATER[self._postgres].format(self._now, LEASE)
        self._beside: Any = None
        self._mutex = threading.Lock()
        self._over = threading.Event()
        self._heart: threading.Thread | None = None
        self._seen: tuple[tuple[int, int], float] = ((-1, -1), 0.0)
        self._token = 0
        self._trouble = ""
        # A lock only the session that migrates has: by it a stale one is known for certain, and ended.
        self._session = secrets.randbits(62) + 1

    # ------------------------------------------------------------------ taking it

    def open(self) -> None:
        """Connect, and make the row if it is not there."""
        self._beside = connect_beside(self._database)
        if self._rows() is None:
            self._make()
        if not self._rows():
            again = "ON CONFLICT DO NOTHING" if self._postgres else "ON DUPLICATE KEY UPDATE id = id"
            self._send(
                f"INSERT INTO {self._path} (id, token, holder, since, valid_until, session, beat, steps, doing) "
                f"VALUES (1, 0, '', {self._now}, {self._now}, 0, 0, 0, '') {again}"
            )

    def _make(self) -> None:
        moment = "TIMESTAMP" if self._postgres else "DATETIME(6)"
        try:
            self._send(
                f"CREATE TABLE IF NOT EXISTS {self._path} (id INTEGER NOT NULL PRIMARY KEY, token BIGINT NOT NULL, "
                f"holder VARCHAR(255) NOT NULL, since {moment} NOT NULL, valid_until {moment} NOT NULL, "
                "session BIGINT NOT NULL, beat BIGINT NOT NULL, steps BIGINT NOT NULL, doing VARCHAR(255) NOT NULL)"
            )
        except peewee.DatabaseError:
            if self._rows() is None:  # where two make it at once, PostgreSQL tells one of them that the name is taken
                raise

    def _rows(self) -> list[Any] | None:
        """The row, if it is there; None where not even the table is."""
        try:
            return self._ask(f"SELECT id FROM {self._path}")
        except peewee.DatabaseError:
            return None

    def take(self) -> bool:
        """Take the lease if it has run out; whether it is ours now."""
        rows = self._ask(f"SELECT token, beat, session, valid_until <= {self._now} FROM {self._path} WHERE id = 1")
        token, beat, session, over = rows[0]
        if self._seen[0] != (token, beat):
            self._seen = ((token, beat), time.monotonic())
        if not over or (session and not self._may_be_gone()) or (session and self._ends(session)):
            return False
        if not self._claim(token, beat):
            return False
        self._token = token + 1
        self._begin()
        return True

    def _claim(self, token: int, beat: int) -> bool:
        free = f"(SELECT id FROM {self._path} WHERE id = 1 FOR UPDATE SKIP LOCKED)" if self._postgres else "1"
        try:
            taken = self._send(
                f"UPDATE {self._path} SET token = token + 1, beat = beat + 1, steps = 0, doing = '', holder = %s, "
                f"since = {self._now}, valid_until = {self._term}, session = %s "
                f"WHERE id = {free} AND token = %s AND beat = %s AND valid_until <= {self._now}",
                (who()[:255], self._session, token, beat),
            )
        except peewee.OperationalError as error:
            if code_of(error) not in (LOCK_WAIT, DEADLOCK):
                raise
            return False  # another node of the cluster was faster
        return taken == 1

    def _may_be_gone(self) -> bool:
        """On a Galera cluster an ALTER TABLE holds up the heartbeat too: only who stands still after that is gone."""
        return self._postgres or time.monotonic() - self._seen[1] >= LEASE / 3

    def _ends(self, session: int) -> bool:
        """End the session of a holder whose lease ran out; whether there was one, which may not be gone yet.

        The server refuses that for another user's: then the token alone keeps that one from writing.
        """
        try:
            rows = self._ask(_ENDING[self._postgres], (session,))
            if not self._postgres and rows[0][0] is not None:
                self._send(f"KILL {int(rows[0][0])}")
            return bool(rows and rows[0][0])
        except peewee.DatabaseError as error:
            self._trouble = f"the stale session could not be ended: {error}"
            return False

    def _begin(self) -> None:
        if not self._postgres:
            self._mark("SELECT GET_LOCK(CONCAT('peewit:lease:', %s), 0)")
        elif not self.pooled:
            self._mark("SELECT pg_try_advisory_lock(%s)")
        self._heart = threading.Thread(target=self._beat, name="peewit lease", daemon=True)
        self._heart.start()

    def _mark(self, sql: str) -> None:
        self._database.execute_sql(sql, (self._session,)).fetchone()

    # ------------------------------------------------------------------ keeping it

    def _beat(self) -> None:
        """Extend the lease until it is given back, or lost. A heartbeat that fails is tried again, soon."""
        pause = LEASE / 3
        while not self._over.wait(pause):
            pause = LEASE / 3
            try:
                with self._mutex:
                    if self._send(*self._extension()) != 1:
                        return
            except _UNREACHABLE as error:
                # Told with the loss of the lease, if it comes to that: until then it can still be extended.
                self._trouble = f"it could not be extended: {str(error).strip()}"
                pause = LEASE / 10
                self._reconnect()

    def _extension(self) -> tuple[str, tuple[Any, ...]]:
        # The heart may come after the connection that migrates, with what was true before.
        moved = "doing = CASE WHEN steps > %s THEN doing ELSE %s END, steps = greatest(steps, %s)"
        values = f"beat = beat + 1, {moved}, valid_until = {self._term}"
        sql = f"UPDATE {self._path} SET {values} WHERE id = 1 AND token = %s"
        return sql, (self.steps, self.doing[:255], self.steps, self._token)

    def begin(self, send: Send) -> None:
        """Under whatever isolation the application has, the lease is looked at as it is, not as it was."""
        if self._postgres:
            send("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            if self.pooled:
                send("SELECT pg_try_advisory_xact_lock(%s)", (self._session,))

    def fence(self, send: Send) -> None:
        """Extend the lease on the connection that migrates: in a transaction, nobody takes it until that ends."""
        if send(*self._extension()).rowcount != 1:
            raise self.lost() or self._loss("", "")

    def lost(self) -> PeewitError | None:
        """After a failure: that another one has taken over, if so."""
        try:
            with self._mutex:
                token, holder, since = self._ask(f"SELECT token, holder, since FROM {self._path} WHERE id = 1")[0]
        except peewee.PeeweeException:
            return None  # what failed before tells more
        return None if token == self._token else self._loss(holder, since)

    def _loss(self, holder: str, since: Any) -> PeewitError:
        by = f": {holder} has taken over, since {since:%Y-%m-%d %H:%M:%S} UTC" if holder else ""
        trouble = f"\n{self._trouble}" if self._trouble else ""
        return LockLostError(
            f"this process has lost the lease of the migrations of {name_of(self._database)}{by}{trouble}",
            hint=f"it was stopped, or did not reach the server, for more than {LEASE:g} seconds. The other one goes on "
            "from there; look what it has done: peewit status, and if something is left: peewit migrate",
        )

    # ------------------------------------------------------------------ giving it back

    def close(self) -> None:
        """Give the lease back, as far as it is ours, and let the connection go."""
        self._over.set()
        if self._heart is not None:
            self._heart.join(LEASE)
        try:
            if self._token:
                ended = f"UPDATE {self._path} SET valid_until = {self._now}, session = 0 WHERE id = 1 AND token = %s"
                self._send(ended, (self._token,))
                self._unmark()
        except peewee.PeeweeException as error:
            self._trouble = str(error)  # a connection that is gone: the lease ends by itself when its term is over
        finally:
            self._disconnect()

    def _unmark(self) -> None:
        if self._database.is_closed():
            return
        if not self._postgres:
            self._mark("SELECT RELEASE_LOCK(CONCAT('peewit:lease:', %s))")
        elif not self.pooled:
            self._mark("SELECT pg_advisory_unlock(%s)")

    # ------------------------------------------------------------------ for those who wait

    def look(self) -> object:
        """How far the holder is: not that it lives, but that it moves."""
        return self._ask(f"SELECT token, steps, doing FROM {self._path} WHERE id = 1")[0]

    def holder(self) -> str:
        """Who has it, since when, and what it is at."""
        holder, since, doing = self._ask(f"SELECT holder, since, doing FROM {self._path} WHERE id = 1")[0]
        return _in_words(holder, since, doing)

    # ------------------------------------------------------------------ the connection beside

    def connections(self) -> Sequence[Any]:
        """The one beside the one that migrates."""
        return (self._beside,)

    def _reconnect(self) -> None:
        self._disconnect()
        try:
            self._beside = connect_beside(self._database)
        except _UNREACHABLE as error:
            self._trouble = f"it could not be extended: {str(error).strip()}"

    def _disconnect(self) -> None:
        beside, self._beside = self._beside, None
        if beside is not None:
            try:
                close_beside(self._database, beside)
            except peewee.PeeweeException as error:
                self._trouble = str(error)  # it was gone already

    def _cursor(self, sql: str, params: tuple[Any, ...]) -> Any:
        if self._beside is None:
            raise peewee.InterfaceError("there is no connection to the server")
        with exceptions:
            cursor = self._beside.cursor()
            cursor.execute(sql, params or None)
        return cursor

    def _ask(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        return list(self._cursor(sql, params).fetchall())

    def _send(self, sql: str, params: tuple[Any, ...] = ()) -> int:
        return int(self._cursor(sql, params).rowcount)
