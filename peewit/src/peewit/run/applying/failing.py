"""What is done and told after a migration failed: loaded when one does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import peewee

from peewit.dataclass import dataclass
from peewit.errors import UNCHANGED, ConnectionLostError, LockBusyError, PeewitError, RunError, SchemaError, SqlError
from peewit.files.checksum import checksum
from peewit.files.loader import Migration
from peewit.operations import Operation, changes_schema
from peewit.run.applying.interrupted import stands
from peewit.run.database.lost import is_gone, lost_connection, stopped_before
from peewit.run.database.privileges import lacking, refused
from peewit.run.database.room import disk_is_full, room_for
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.records.run_log import read_log, ways_out
from peewit.run.replaying.replay import line_of
from peewit.run.replaying.wording import said
from peewit.run.sessions.session import Session
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.run.sessions.swallowing import ours

_FROM_THE_NEXT_FILE = (
    "what migrator.sql(…) makes is known to operations from the next file on: let one file make it and the next use "
    "it, or make it by an operation"
)

_MISREAD = re.compile(r"syntax|placeholder|not all arguments", re.IGNORECASE)
"""What drivers say of SQL that has no place for a value where they look for one."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A run of a migration that does not end: ``migrate`` or ``rollback``.

    ``copies`` are those it made before something would have been lost, ``asked`` gives the operations of its file.
    ``finished``: the file was through, and only keeping what it did failed.
    """

    session: Session
    history: History
    journal: Journal
    migration: Migration
    action: str
    copies: Sequence[Path]
    asked: Callable[[], Sequence[Operation]]
    finished: bool

    def end(self, error: BaseException) -> BaseException:
        """Tidy up after it; what to raise: the error, with what is known of it, or what is told in its place."""
        if isinstance(error, PeewitError):
            error.state = self._state(error.state)
            if isinstance(error, SchemaError | SqlError):
                error.hint = error.hint or "peewit check compares the database with what the migrations say"
            self._settle(error)
            error.message = f"migration {self.migration.name}: {error.message}{line_of(self.migration, error)}"
            if isinstance(error, SchemaError) and self._changes_in_sql():
                error.hint = f"{error.hint}\n{_FROM_THE_NEXT_FILE}".strip()
            return error
        told = error
        if isinstance(error, Exception):
            told = stopped_before(error) or self._told(error)
            if self.copies and isinstance(told, PeewitError) and disk_is_full(error):
                told.hint += f"\n{room_for(self.copies[0])}"
        self._settle(told)
        return told

    # ------------------------------------------------------------------ what is left of it

    def _settle(self, error: BaseException) -> None:
        """What it leaves behind says why, or is taken back where nothing was done."""
        self._discard()
        why = self._in_short(error) if isinstance(error, PeewitError) else ""
        self.session.settle(why)
        if self.action == "migrate" and isinstance(error, PeewitError) and error.state in ("", UNCHANGED):
            self._remember(error, why)

    def _remember(self, error: PeewitError, why: str) -> None:
        """Note that a migration failed and left nothing; where that cannot be written, it is not.

        On SQLite a lock that others hold would be in the way of this as well.
        """
        session, migration = self.session, self.migration
        if session.ended or (isinstance(session, SqliteSession) and isinstance(error, LockBusyError)):
            return
        with suppress(PeewitError, peewee.PeeweeException, sqlite3.Error):
            if not session.at_rest or migration.name in self.history.names():
                return
            with session.short_transaction(), ours():
                if session.transactional:
                    self.journal.prepare()
                self.journal.failed(migration.name, why, checksum=checksum(migration.source))

    def _discard(self) -> None:
        """Nothing was lost, nothing is kept of it: else every failing start would leave a copy behind.

        Where something may have been kept, or nobody can tell, the copy stays.
        """
        database = self.session.database
        if not self.copies or not self.migration.atomic or self.session.ended or database.is_closed():
            return
        with suppress(peewee.PeeweeException):
            if (self.migration.name in self.history.names()) is not (self.action == "migrate"):
                for copy in self.copies:
                    copy.unlink(missing_ok=True)

    def _in_short(self, error: PeewitError) -> str:
        """What it failed with, in one line, without the migration's name."""
        first, head = error.message.splitlines()[0], f"migration {self.migration.name}"
        return first.removeprefix(head).removeprefix(" failed").removeprefix(": ")

    # ------------------------------------------------------------------ what is told of it

    def _told(self, error: Exception) -> PeewitError:
        """What to tell of what Python or a driver raised."""
        name = self.migration.name
        taken = self.session.holding.lost()
        if taken is not None:
            taken.state = self._after_loss() if self.finished else self._state(taken.state)
            taken.message = f"migration {name}: {taken.message}"
            return taken
        if isinstance(error, peewee.OperationalError | sqlite3.OperationalError) and str(error) == "database is locked":
            return LockBusyError(
                f"migration {name}: the database is locked by another connection that reads or writes it",
                state=self._state(UNCHANGED),
                hint="try again when it is done, or wait longer: SqliteDatabase(…, timeout=60), and no shorter "
                "--lock-timeout",
            )
        if isinstance(error, peewee.OperationalError) and "readonly database" in str(error):
            return RunError(
                f"migration {name}: the database may not be written: {error}",
                name=name,
                state=self._state(UNCHANGED),
                hint="look at the permissions of its file and of its folder",
            )
        lost = lost_connection(error, self.session.database)
        if lost is not None:
            if isinstance(lost, ConnectionLostError):
                lost.state = self._after_loss()
                lost.hint = lost.hint.replace("peewit migrate", f"peewit {self.action}")
            lost.message = f"migration {name}: {lost.message}"
            return lost
        return self._not_allowed(error) or self._failed(error)

    def _not_allowed(self, error: Exception) -> PeewitError | None:
        """A server's refusal, with what the user lacks; what was done before it stays where nothing undoes it."""
        if refused(error) is None:
            return None
        found = refused(error, lacking(self.session.database, self.asked(), self.history, self.journal))
        assert found is not None
        last = f"\nin: {self.session.steps[-1]}" if self.session.steps else ""
        found.message = f"migration {self.migration.name}: {found.message}{line_of(self.migration, error)}{last}"
        found.state = self._state(UNCHANGED)
        return found

    def _failed(self, error: Exception) -> PeewitError:
        """The file's own error, or the database's, with the statement it is about."""
        migration, at = self.migration, line_of(self.migration, error)
        of_database = isinstance(error, peewee.DatabaseError) and not self.finished
        last = f"\nin: {self.session.steps[-1]}" if self.session.steps and of_database else ""
        if disk_is_full(error):
            return RunError(
                f"migration {migration.name}: the disk is full: {error}{at}{last}",
                name=migration.name,
                state=self._state(UNCHANGED),
                hint="make room on the disk of the database, then run it again: peewit migrate",
            )
        return RunError(
            f"migration {migration.name} failed: {said(error)}{at}{last}",
            name=migration.name,
            state=self._state(UNCHANGED),
            hint=f"{self._of_values(error)}see {migration.path}{self._other_ways()}",
        )

    def _changes_in_sql(self) -> bool:
        """Whether the file seems to change tables in SQL of its own."""
        text = self.migration.source.decode(errors="replace")
        return ".sql(" in text and changes_schema(text)

    def _of_values(self, error: Exception) -> str:
        """What to write where the SQL of a file has its values as another kind of database takes them."""
        wrong, right = ("%s", "?") if self.session.dialect.name == "sqlite" else ("?", "%s")
        last = self.session.steps[-1] if self.session.steps else ""
        if wrong not in last or not _MISREAD.search(str(error)):
            return ""
        return f"a value stands as {right} in the SQL of this database, not as {wrong}\n"

    def _other_ways(self) -> str:
        """Of a run that has kept something: who tells how it is ended by hand; where it has failed again, how."""
        log = self.session.log
        if log is None or not log.touched:
            return ""
        if log.resumed:
            return f"\nor, if it cannot be finished, {ways_out(log.entry)}"
        other = "rollback" if log.entry.action == "migrate" else "migrate"
        return f"\nwhere its cause cannot be mended, peewit {other} says how the run is ended by hand"

    def _after_loss(self) -> str:
        """What can be said of the database when the answer to a statement never came."""
        if self.migration.atomic and self.session.transactional:
            return f"it is not known whether migration {self.migration.name} was kept: all of it, or nothing"
        log = self.session.log
        if log is None:
            return ConnectionLostError.default_state
        begun = log.open
        if begun is None:
            return f"what was done of migration {self.migration.name} until then was kept ({log.kept})"
        return (
            f"it is not known whether this was done: {begun.sql or begun.text}\n"
            "what came before it in this migration was kept"
        )

    def _state(self, state: str) -> str:
        """Where the database stands: what was done stays, where nothing undoes it."""
        log = self.session.log
        if log is None or state not in ("", UNCHANGED):
            return state
        with suppress(peewee.PeeweeException):  # where it cannot be read any more, what is known of it counts
            if not (self.session.database.is_closed() or is_gone(self.session.database)):
                if log.entry.number not in {entry.number for entry in self.journal.unfinished()}:
                    return "another process has ended what this one had begun: peewit status says how far it came"
                log = read_log(self.journal, log.entry)  # what was rolled back is not in it
        return stands(log) if log.touched else UNCHANGED
