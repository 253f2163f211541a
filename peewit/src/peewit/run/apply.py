"""Running one migration: its body, then what it queued, in one transaction with its history row."""

from __future__ import annotations

import datetime
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import peewee

from peewit.dataclass import dataclass
from peewit.errors import (
    UNCHANGED,
    ConnectionLostError,
    LockBusyError,
    PeewitError,
    RunError,
    UnsupportedChangeError,
)
from peewit.files.checksum import checksum
from peewit.files.loader import Body, Migration, call
from peewit.files.migrator import Recorder
from peewit.operations import Operation, RunSql
from peewit.reports import Begun, Event, Executing, Losing, Progress, Step, Waiting
from peewit.run.diverting import databases_around, in_one_transaction
from peewit.run.history import History
from peewit.run.interrupted import close, log_of, stands
from peewit.run.journal import Journal
from peewit.run.lost import is_gone, lost_connection, stopped_before
from peewit.run.outside import looks_around
from peewit.run.replay import Replay, line_of, replay_file, understanding
from peewit.run.room import disk_is_full, room_for
from peewit.run.run_log import read_log, ways_out
from peewit.run.session import Session, unheard
from peewit.run.sqlite_session import SqliteSession
from peewit.run.swallowing import ours
from peewit.run.way_back import refuse_one_way
from peewit.run.wording import said
from peewit.schema import Schema

if TYPE_CHECKING:
    from peewit.run.backup import Backup

_ENDING = re.compile(rb"\.(?:begin|commit|rollback)\(")
"""What a file does that may end a transaction."""


@dataclass(slots=True)
class Runner:
    """Runs migrations on one connection, each in a transaction of its own.

    ``backup`` makes copies before a migration copies or drops something; ``made`` are those of this run, which it
    never removes. ``tell`` hears what happens.
    """

    session: Session
    history: History
    journal: Journal
    real: peewee.Database | None
    backup: Backup | None = None
    tell: Callable[[Event], None] | None = None
    made: list[Path] = field(default_factory=list)
    _prepared: bool = False
    _ran: bool = False

    def forward(self, migration: Migration, before: Schema) -> tuple[Step, Schema]:
        """Apply a migration; what was done, and the schema it leads to."""
        if migration.foreign:
            raise UnsupportedChangeError(
                f"migration {migration.name} is written for {migration.foreign}, and peewit does not run it",
                hint=f"apply it with {migration.foreign}, then take its history over: peewit adopt\n"
                "on an empty database, where a later migration makes the same, mark it as applied: "
                f"peewit migrate {migration.name} --fake",
            )
        step, after = self._run(migration, migration.migrate, before, "migrate")
        self._prepared = True
        return step, replay_file(migration, before, self.real) if after is None else after

    def backward(self, migration: Migration, before: Schema) -> Step:
        """Roll a migration back."""
        refuse_one_way(migration)
        return self._run(migration, migration.rollback, before, "rollback")[0]

    def mark(self, migration: Migration, action: str) -> None:
        """Write or remove the history row only."""
        self.session.holding.tell(f"{action} {migration.name}")
        with self.session.transaction():
            self.prepare()
            self.session.log = None
            close(self.journal, migration.name)
            if action == "fake" and migration.name in self.history.names():
                self.history.remove(migration.name)  # its rollback was interrupted: it is applied all the same
            self._note(migration, action, 0.0)

    def _run(self, migration: Migration, body: Body | None, before: Schema, action: str) -> tuple[Step, Schema | None]:
        try:
            return self._attempt(migration, body, before, action)
        except LockBusyError as error:
            # Nobody but the file itself can be waiting for what we hold: it writes through a connection of its own.
            session = self.session
            at_fault = self._ran and error.__cause__ and looks_around(migration.source)
            if not (isinstance(session, SqliteSession) and at_fault):
                raise
            session.late, before_it = True, session.data_version()
            try:
                return self._attempt(migration, body, before, action)
            except PeewitError as second:
                if second.state in ("", UNCHANGED) and session.data_version() != before_it:
                    second.state = f"{UNCHANGED}, but for what the migration wrote through a connection of its own"
                raise
            finally:
                session.late = False

    def _attempt(
        self, migration: Migration, body: Body | None, before: Schema, action: str
    ) -> tuple[Step, Schema | None]:
        started = time.perf_counter()
        self.session.holding.tell(f"{action} {migration.name}")
        kind = self.session.dialect.name
        heard: list[str] = []
        recorder = self._recorder(migration, before)
        copies: list[Path] = []
        self._watch(migration, action, copies)
        self.session.log = None
        late = isinstance(self.session, SqliteSession) and self.session.late
        finished = self._ran = False
        asked = partial(_asked, migration, body, before, self.session.database)
        try:
            if not self.session.transactional:
                from peewit.run.privileges import refuse_lacking

                refuse_lacking(self.session.database, asked, self.history, self.journal)
            with self.session.transaction(atomic=migration.atomic):
                if not late:
                    self._make_sure(migration, action)
                atomic = self._in_transaction(migration)
                self.session.log = None if atomic else log_of(self.journal, migration, action)
                with self._together(migration, heard.append if kind == "sqlite" else recorder.executed):
                    call(body, recorder, self.session.database, fake=False)
                    recorder.flush()
                    self.session.refuse_ended()
                finished = True
                if late:
                    self._make_sure(migration, action)
                seconds = time.perf_counter() - started
                with nullcontext() if self._in_transaction(migration) else self.session.short_transaction(), ours():
                    self._note(migration, action, seconds)
        except PeewitError as error:
            error.state = self._state(error.state)
            self._settle(error, copies, migration, action)
            error.message = f"migration {migration.name}: {error.message}{line_of(migration, error)}"
            raise
        except Exception as error:
            told = stopped_before(error) or self._failed(migration, error, asked, finished=finished)
            if copies and isinstance(told, PeewitError) and disk_is_full(error):
                told.hint += f"\n{room_for(copies[0])}"
            self._settle(told, copies, migration, action)
            raise told from error
        except BaseException as stopped:
            self._settle(stopped, copies, migration, action)
            raise
        step = Step(
            name=migration.name,
            operations=tuple(recorder.recorded),
            statements=tuple(self.session.statements),
            seconds=seconds,
            backup=copies[0] if copies else None,
            removed=self._make_room(copies),
        )
        if self.tell is not None:
            self.tell(step)
        raw = heard or any(isinstance(operation, RunSql) for operation in recorder.recorded)
        return step, None if raw and kind == "sqlite" else recorder.state

    def _recorder(self, migration: Migration, before: Schema) -> Recorder:
        """What the file is given as its migrator."""
        kind = self.session.dialect.name
        return Recorder(
            self.session.database,
            before,
            self.session.run,
            dialect=kind,
            understand=understanding(kind),
            echoes=migration.echoes,
        )

    @contextmanager
    def _together(self, migration: Migration, told: Callable[[str], None]) -> Iterator[None]:
        """The application's other objects for this database use the connection that migrates, while a file runs.

        ``told`` hears of what the file does past its migrator; on SQLite only that it does.
        """
        session, self._ran = self.session, True
        ends = session.transactional and migration.atomic and _ENDING.search(migration.source) is not None
        session.told = told
        with ExitStack() as stack:
            stack.callback(setattr, session, "told", unheard)
            stack.enter_context(session.listening(session.database))
            if ends:
                session.database.cursor().execute("SAVEPOINT peewit_begin")
                stack.enter_context(in_one_transaction(session.database, lambda: len(session.statements)))
            around = looks_around(migration.source)
            if isinstance(session, SqliteSession):
                session.distrusted = around or b"writable_schema" in migration.source
            if around:
                from peewit.read.discovery import same_place
            for other in databases_around(migration.source) if around else ():
                joins = other is not session.database and same_place(other, session.database)
                if joins and other.database != ":memory:":  # each of those is one of its own
                    stack.enter_context(session.joined(other))
                    if ends:
                        stack.enter_context(in_one_transaction(other, lambda: len(session.statements)))
            yield

    def _watch(self, migration: Migration, action: str, copies: list[Path]) -> None:
        """What the session tells of a migration before it does something, and whom."""
        name, session, tell = migration.name, self.session, self.tell
        session.before_loss = self._protection(name if action == "migrate" else f"rollback-of-{name}", copies)
        if tell is None:
            return
        session.heed = lambda statement: tell(Executing(name, statement))
        session.losing = lambda table, column, count: tell(Losing(name, table, column, count))
        session.waiting = lambda holder, patience: tell(Waiting(holder, patience, name))
        session.progress = lambda measured: tell(Progress(name, *measured))
        tell(Begun(name, action, self._in_transaction(migration)))

    def _protection(self, event: str, copies: list[Path]) -> Callable[[Sequence[str]], bool] | None:
        """What makes the copy before something is lost, once, and notes it in ``copies``."""
        backup = self.backup
        if backup is None:
            return None

        def protect(questions: Sequence[str]) -> bool:
            copy = backup.protect(event, questions, self.session.progress)
            copies.extend([] if copy is None else [copy])
            return copy is not None

        return protect

    def _make_room(self, copies: list[Path]) -> tuple[Path, ...]:
        """The older copies that were removed, because new ones are kept."""
        self.made.extend(copies)
        return self.backup.settle(self.made) if copies and self.backup is not None else ()

    def _settle(self, error: BaseException, copies: list[Path], migration: Migration, action: str) -> None:
        """After a run that did not end: what it leaves behind says why, or is taken back where nothing was done."""
        self._discard(copies, migration, action)
        why = _in_short(error, migration) if isinstance(error, PeewitError) else ""
        self.session.settle(why)
        if action == "migrate" and isinstance(error, PeewitError) and error.state in ("", UNCHANGED):
            self._remember(migration, error, why)

    def _remember(self, migration: Migration, error: PeewitError, why: str) -> None:
        """Note that a migration failed and left nothing; where that cannot be written, it is not.

        On SQLite a lock that others hold would be in the way of this as well.
        """
        session = self.session
        if session.ended or (isinstance(session, SqliteSession) and isinstance(error, LockBusyError)):
            return
        with suppress(PeewitError, peewee.PeeweeException, sqlite3.Error):
            if not session.at_rest or migration.name in self.history.names():
                return
            with session.short_transaction(), ours():
                if session.transactional:
                    self.journal.prepare()
                self.journal.failed(migration.name, why, checksum=checksum(migration.source))

    def _discard(self, copies: list[Path], migration: Migration, action: str) -> None:
        """Nothing was lost, nothing is kept of it: else every failing start would leave a copy behind.

        Where something may have been kept, or nobody can tell, the copy stays.
        """
        if not copies or not migration.atomic or self.session.ended or self.session.database.is_closed():
            return
        with suppress(peewee.PeeweeException):
            if (migration.name in self.history.names()) is not (action == "migrate"):
                for copy in copies:
                    copy.unlink(missing_ok=True)

    def _make_sure(self, migration: Migration, action: str) -> None:
        """The history as it is now that nobody else can write: locks on files do not hold everywhere."""
        with ours():
            self.prepare()
            done = self.history.has(migration.name)
        if done is (action == "migrate"):
            raise LockBusyError(
                f"another process has done this migration ({action}) in the meantime", hint="look at it: peewit status"
            )

    def _not_allowed(
        self, migration: Migration, error: Exception, asked: Callable[[], Sequence[Operation]]
    ) -> PeewitError | None:
        """A server's refusal, with what the user lacks; what was done before it stays where nothing undoes it."""
        from peewit.run.privileges import lacking, refused

        if refused(error) is None:
            return None
        found = refused(error, lacking(self.session.database, asked(), self.history, self.journal))
        assert found is not None
        last = f"\nin: {self.session.steps[-1]}" if self.session.steps else ""
        found.message = f"migration {migration.name}: {found.message}{line_of(migration, error)}{last}"
        found.state = self._state(UNCHANGED)
        return found

    def _failed(
        self, migration: Migration, error: Exception, asked: Callable[[], Sequence[Operation]], *, finished: bool
    ) -> PeewitError:
        """What to tell of a failure; ``finished`` where the file was through, and only keeping it failed.

        ``asked`` gives the operations of the file.
        """
        taken = self.session.holding.lost()
        if taken is not None:
            taken.state = self._after_loss(migration) if finished else self._state(taken.state)
            taken.message = f"migration {migration.name}: {taken.message}"
            return taken
        if isinstance(error, peewee.OperationalError | sqlite3.OperationalError) and str(error) == "database is locked":
            return LockBusyError(
                f"migration {migration.name}: the database is locked by another connection that reads or writes it",
                state=self._state(UNCHANGED),
                hint="try again when it is done, or wait longer: SqliteDatabase(…, timeout=60), and no shorter "
                "--lock-timeout",
            )
        if isinstance(error, peewee.OperationalError) and "readonly database" in str(error):
            return RunError(
                f"migration {migration.name}: the database may not be written: {error}",
                name=migration.name,
                state=self._state(UNCHANGED),
                hint="look at the permissions of its file and of its folder",
            )
        lost = lost_connection(error, self.session.database)
        if lost is not None:
            lost.state = self._after_loss(migration) if isinstance(lost, ConnectionLostError) else lost.state
            lost.message = f"migration {migration.name}: {lost.message}"
            return lost
        not_allowed = self._not_allowed(migration, error, asked)
        if not_allowed is not None:
            return not_allowed
        at = line_of(migration, error)
        of_database = isinstance(error, peewee.DatabaseError) and not finished
        last = self.session.steps[-1] if self.session.steps and of_database else ""
        if disk_is_full(error):
            return RunError(
                f"migration {migration.name}: the disk is full: {error}{at}" + (f"\nin: {last}" if last else ""),
                name=migration.name,
                state=self._state(UNCHANGED),
                hint="make room on the disk of the database, then run it again: peewit migrate",
            )
        return RunError(
            f"migration {migration.name} failed: {said(error)}{at}" + (f"\nin: {last}" if last else ""),
            name=migration.name,
            state=self._state(UNCHANGED),
            hint=f"see {migration.path}{self._other_ways()}",
        )

    def _other_ways(self) -> str:
        """Of a run that has kept something: who tells how it is ended by hand; where it has failed again, how."""
        log = self.session.log
        if log is None or not log.touched:
            return ""
        if log.resumed:
            return f"\nor, if it cannot be finished, {ways_out(log.entry)}"
        other = "rollback" if log.entry.action == "migrate" else "migrate"
        return f"\nwhere its cause cannot be mended, peewit {other} says how the run is ended by hand"

    def _after_loss(self, migration: Migration) -> str:
        """What can be said of the database when the answer to a statement never came."""
        if self._in_transaction(migration):
            return f"it is not known whether migration {migration.name} was kept: all of it, or nothing"
        log = self.session.log
        if log is None:
            return ConnectionLostError.default_state
        begun = log.open
        if begun is None:
            return f"what was done of migration {migration.name} until then was kept ({log.kept})"
        return (
            f"it is not known whether this was done: {begun.sql or begun.text}\n"
            "what came before it in this migration was kept"
        )

    def _state(self, state: str) -> str:
        """Where the database stands after a failure: what was done stays, where nothing undoes it."""
        log = self.session.log
        if log is None or state not in ("", UNCHANGED):
            return state
        with suppress(peewee.PeeweeException):  # where it cannot be read any more, what is known of it counts
            if not (self.session.database.is_closed() or is_gone(self.session.database)):
                if log.entry.number not in {entry.number for entry in self.journal.unfinished()}:
                    return "another process has ended what this one had begun: peewit status says how far it came"
                log = read_log(self.journal, log.entry)  # what was rolled back is not in it
        return stands(log) if log.touched else UNCHANGED

    def _in_transaction(self, migration: Migration) -> bool:
        return migration.atomic and self.session.transactional

    def prepare(self) -> None:
        """Our own tables, which may not be there yet; they are once a run has kept them."""
        if self._prepared:
            return
        self.history.prepare()
        self.journal.prepare()

    def _note(self, migration: Migration, action: str, seconds: float) -> None:
        if action == "rollback":
            self.history.remove(migration.name)
        else:
            self.history.add(migration.name, datetime.datetime.now(datetime.UTC))
        if self.session.log is not None:
            entry = self.session.log.entry
            if self.session.log.edited:
                self.session.log.refuse_left()
                self.journal.became(entry.number, migration.source, checksum(migration.source))
            self.journal.finish(entry.number, action, seconds=seconds, steps=self.session.steps)
            return
        self.journal.add(
            migration.name,
            action,
            source=migration.source,
            checksum=checksum(migration.source),
            seconds=seconds,
            steps=self.session.steps,
        )


def _in_short(error: PeewitError, migration: Migration) -> str:
    """What a run failed with, in one line, without the migration's name."""
    first = error.message.splitlines()[0]
    head = f"migration {migration.name}"
    return first.removeprefix(head).removeprefix(" failed").removeprefix(": ")


def _asked(migration: Migration, body: Body | None, before: Schema, database: peewee.Database) -> list[Operation]:
    """What a migration will ask for, as far as that can be known beforehand."""
    replay = Replay(before, database)
    try:
        replay.run(body, migration)
    except PeewitError:
        return []  # it needs rows, or fails: then the server's own refusal is told
    return replay.recorded
