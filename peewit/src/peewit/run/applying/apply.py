"""Running one migration: its body, then what it queued, in one transaction with its history row."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import peewee

from peewit.dataclass import dataclass
from peewit.errors import UNCHANGED, LockBusyError, PeewitError, UnsupportedChangeError
from peewit.files.checksum import checksum
from peewit.files.loader import Body, Migration, call
from peewit.files.migrator import Recorder
from peewit.operations import Operation, RunSql
from peewit.outcome import Losing, Step
from peewit.run.applying.advice import of_foreign
from peewit.run.database.diverting import databases_around, in_one_transaction
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.records.standing import UNDONE
from peewit.run.records.there import MARK, there_before
from peewit.run.replaying.outside import looks_around
from peewit.run.replaying.replay import Replay, replay_file, understanding
from peewit.run.sessions.session import Session, unheard
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.run.sessions.swallowing import ours
from peewit.schema import Schema

if TYPE_CHECKING:
    from peewit.events import Event
    from peewit.run.records.run_log import RunLog
    from peewit.run.sessions.backup import Backup

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
                hint=of_foreign(migration.name, migration.foreign),
            )
        step, after = self._run(migration, migration.migrate, before, "migrate")
        self._prepared = True
        return step, replay_file(migration, before, self.real) if after is None else after

    def backward(self, migration: Migration, before: Schema) -> Step:
        """Roll a migration back."""
        from peewit.run.replaying.way_back import refuse_one_way

        refuse_one_way(migration)
        return self._run(migration, migration.rollback, before, "rollback")[0]

    def mark(self, migration: Migration, action: str) -> None:
        """Write or remove the history row only."""
        from peewit.run.applying.interrupted import close

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
        there: tuple[str, ...] = ()
        asked = partial(_asked, migration, body, before, self.session.database)
        try:
            if not self.session.transactional:
                from peewit.run.database.privileges import refuse_lacking

                refuse_lacking(self.session.database, asked, self.history, self.journal)
            with self.session.transaction(atomic=migration.atomic):
                if not late:
                    self._make_sure(migration, action)
                self.session.log = self._log(migration, action)
                with self._together(migration, heard.append if kind == "sqlite" else recorder.executed):
                    call(body, recorder, self.session.database, fake=False)
                    recorder.flush()
                    self.session.refuse_ended()
                finished = True
                if late:
                    self._make_sure(migration, action)
                seconds = time.perf_counter() - started
                there = self._there_before(recorder, action)
                with nullcontext() if self._in_transaction(migration) else self.session.short_transaction(), ours():
                    self._note(migration, action, seconds, there)
        except BaseException as error:
            from peewit.run.applying.failing import Failing

            failing = Failing(self.session, self.history, self.journal, migration, action, copies, asked, finished)
            told = failing.end(error)
            if told is error:
                raise
            raise told from error
        step = Step(
            name=migration.name,
            operations=tuple(recorder.recorded),
            statements=tuple(self.session.statements),
            seconds=seconds,
            backup=copies[0] if copies else None,
            removed=self._make_room(copies),
            there=there,
            without_body=body is None,
        )
        if self.tell is not None:
            self.tell(step)
        raw = heard or any(isinstance(operation, RunSql) for operation in recorder.recorded)
        return step, None if raw and kind == "sqlite" else recorder.state

    def _log(self, migration: Migration, action: str) -> RunLog | None:
        """Where a run is written down that is not one transaction."""
        if self._in_transaction(migration):
            return None
        from peewit.run.applying.interrupted import log_of

        return log_of(self.journal, migration, action)

    def _there_before(self, recorder: Recorder, action: str) -> tuple[str, ...]:
        """The tables that were there before the migration that was to make them, as far as this run knows."""
        session = self.session
        if action != "migrate" or (session.log is not None and session.log.resumed):
            return ()
        return there_before(recorder.recorded, session.steps, session.dialect)

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
        from peewit.events import Begun, Executing, Progress, Waiting

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

    def _make_sure(self, migration: Migration, action: str) -> None:
        """The history as it is now that nobody else can write: locks on files do not hold everywhere."""
        with ours():
            self.prepare()
            done = self.history.has(migration.name)
        if done is (action == "migrate"):
            raise LockBusyError(
                f"another process has done this migration ({action}) in the meantime", hint="look at it: peewit status"
            )

    def _in_transaction(self, migration: Migration) -> bool:
        return migration.atomic and self.session.transactional

    def prepare(self) -> None:
        """Our own tables, which may not be there yet; they are once a run has kept them."""
        if self._prepared:
            return
        self.history.prepare()
        self.journal.prepare()

    def _note(self, migration: Migration, action: str, seconds: float, there: Sequence[str] = ()) -> None:
        steps = [f"{MARK}{', '.join(there)}", *self.session.steps] if there else self.session.steps
        if action in UNDONE:
            self.history.remove(migration.name)
        else:
            self.history.add(migration.name, datetime.datetime.now(datetime.UTC))
        if self.session.log is not None:
            entry = self.session.log.entry
            if self.session.log.edited:
                self.session.log.refuse_left()
                self.journal.became(entry.number, migration.source, checksum(migration.source))
            self.journal.finish(entry.number, action, seconds=seconds, steps=steps)
            return
        self.journal.add(
            migration.name,
            action,
            source=migration.source,
            checksum=checksum(migration.source),
            seconds=seconds,
            steps=steps,
        )


def _asked(migration: Migration, body: Body | None, before: Schema, database: peewee.Database) -> list[Operation]:
    """What a migration will ask for, as far as that can be known beforehand."""
    replay = Replay(before, database)
    try:
        replay.run(body, migration)
    except PeewitError:
        return []  # it needs rows, or fails: then the server's own refusal is told
    return replay.recorded
