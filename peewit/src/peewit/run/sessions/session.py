"""The one place that executes statements: on the application's own connection, inside one transaction.

What all databases share is here; each has a session of its own beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar

import peewee

from peewit.compile import Guard, Statement
from peewit.dataclass import dataclass
from peewit.dialects import Dialect
from peewit.errors import DataError, LockLostError, PeewitError, UnsupportedChangeError
from peewit.operations import DropColumn, DropTable, Operation, RunCode, RunSql
from peewit.run.database.diverting import diverted, exceptions, state_of
from peewit.run.database.holding import Holding
from peewit.run.database.lost import is_gone, unless_lost
from peewit.run.records.run_log import BODY, Mark, RunLog, Step, read_log
from peewit.run.sessions.counting import counted, shown_value
from peewit.run.sessions.losses import Former, losses
from peewit.run.sessions.noticing import noticed
from peewit.run.sessions.raw_sql import Nature, nature, reads, undone_by_failing
from peewit.schema import Schema, Table

if TYPE_CHECKING:
    from peewit.run.sessions.progress import Tell


def unheard(_: str) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Session(ABC):
    """A connection that migrates. ``calls=False``: functions of migration files are passed over.

    ``steps`` are the statements that were executed, in order, as text. ``before_loss`` is called
    before the first write of each stretch that copies or drops something, with the questions whether anything
    is at stake, until it says that it has protected it. ``log`` is where a run writes down what it does, where
    it cannot be undone. ``told`` hears of the statements a file runs by itself, past its migrator, ``heed`` of
    every statement that comes next, ``losing`` of what is about to be destroyed: table, column, count, ``waiting`` of
    who is in the way, and for how long that is borne, ``progress`` of how far a statement is that takes long.
    ``holding`` is the lock it migrates under.
    """

    database: peewee.Database
    dialect: Dialect
    calls: bool = True
    steps: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    before_loss: Callable[[Sequence[str]], bool] | None = None
    log: RunLog | None = None
    told: Callable[[str], None] = unheard
    holding: Holding = field(default_factory=Holding)
    heed: Callable[[Statement], None] | None = None
    losing: Callable[[str, str | None, int], None] | None = None
    waiting: Callable[[str, float], None] | None = None
    progress: Tell | None = None
    ended: bool = False
    _ended_by_code: bool = False
    _speaks: bool = False
    _function: Step | None = None
    _noted: tuple[object, ...] | None = None

    transactional: ClassVar[bool] = True
    """Whether a change of the schema is undone with its transaction."""

    @abstractmethod
    def transaction(self, *, atomic: bool = True) -> AbstractContextManager[None]:
        """One migration: everything in it is kept, or nothing is, as far as the database allows."""

    @abstractmethod
    def short_transaction(self) -> AbstractContextManager[object]:
        """A transaction for a few rows of our own."""

    @contextmanager
    def joined(self, other: peewee.Database) -> Iterator[None]:
        """Let another object for the same database use this connection: on one of its own it would wait for us."""
        with diverted(other, state_of(self.database)), self.listening(other):
            yield

    @contextmanager
    def _ending_what_is_open(self) -> Iterator[None]:
        """Around a body that runs in no transaction: one it has begun and not ended does not outlive it."""
        try:
            yield
        except BaseException:
            with unless_lost(self.database):
                self._roll_back()
            raise

    def _roll_back(self) -> None:
        """Undo what is open on the connection, whoever has begun it."""
        if self.database.is_closed() or not self._in_transaction():
            return
        while self.database.in_transaction():
            self.database.pop_transaction()
        with exceptions:
            self.database.connection().rollback()

    def _refuse_open(self) -> None:
        """UnsupportedChangeError where a body that runs in no transaction has left one open."""
        if self.log is not None and self._in_transaction():
            raise UnsupportedChangeError(
                "the migration began a transaction and did not end it: what it did in it is rolled back",
                hint="end it where it is begun: with database.atomic(): …",
            )

    @abstractmethod
    def refuse_ended(self) -> None:
        """UnsupportedChangeError where the body has ended the transaction it runs in."""

    @abstractmethod
    def run(self, operations: list[Operation], before: Schema) -> None:
        """Compile and execute operations, each stretch on the database as the one before left it."""

    # ------------------------------------------------------------------ what a file does by itself

    def listening(self, database: peewee.Database) -> AbstractContextManager[None]:
        """Hear what a file does by itself, through this object: a run that is killed cannot pass over that."""
        return nullcontext() if self.log is None else noticed(database, self._hear, self._heard)

    def _hear(self, sql: str) -> None:
        if self.log is None or self._is_ours(sql):
            return
        if sql.lstrip()[:8].upper() == "ROLLBACK":
            self._noted = None  # what was written down in what is undone is gone with it
            self._ended_by_code = True
        elif not reads(sql, self.dialect):
            self._before_write(sql)
            self._note(self.log, sql)

    def _note(self, log: RunLog, sql: str) -> None:
        """Write down that code of the file writes by itself: before it does, in the transaction it does it in."""
        transactions = tuple(state_of(self.database)["transactions"][:1])
        if self._noted in (transactions, ()):
            return
        step = self._function
        if step is None:
            log.write(Mark(step=BODY, sql=sql, wrote=True))
        else:
            step.begin(sql, wrote=True)
        self._noted = transactions if transactions or not self._in_transaction() else None

    def _before_write(self, sql: str) -> None:
        """Before the file writes by itself: LockLostError where the lock it does so under is no longer ours."""
        del sql
        self.holding.step()

    def _heard(self, sql: str) -> None:
        if not self._is_ours(sql):
            self.told(sql)

    def _is_ours(self, sql: str) -> bool:
        return self._speaks or (self.log is not None and self.log.journal.path in sql)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """While the session itself sends statements: those are no news."""
        before, self._speaks = self._speaks, True
        try:
            yield
        finally:
            self._speaks = before

    @contextmanager
    def _calling(self, log: RunLog, step: Step) -> Iterator[None]:
        """While a function of the file runs: what it does is part of its step."""
        before = (self._speaks, self._function, self._noted)
        self._speaks, self._function, self._noted, self._ended_by_code = False, step, None, False
        try:
            with log.within(step):
                yield
        finally:
            self._speaks, self._function, self._noted = before

    @abstractmethod
    def _in_transaction(self) -> bool:
        """Whether a transaction is open on the connection, whoever has opened it."""

    # ------------------------------------------------------------------ code of a file, in a run that is written down

    def _run_code(self, log: RunLog, operation: RunSql | RunCode, run: Callable[[], None]) -> None:
        """Raw SQL, as its words say; a function in no transaction, and what it writes is written down."""
        if isinstance(operation, RunSql):
            self._run_raw(log, operation, nature(operation.sql, self.dialect), run)
            return
        step = log.step([operation])
        if step.done:
            return
        if step.begun is not None:
            raise log.undecidable(begun_by_code(step.begun))
        with self._calling(log, step):
            run()
        step.close()

    def _run_raw(self, log: RunLog, operation: RunSql, kind: Nature, run: Callable[[], None]) -> None:
        """A raw statement in one transaction with its mark, where that can be."""
        step = log.step([operation])
        if kind is Nature.CONNECTION:
            run()
            return
        if step.done:
            return
        if step.begun is not None and kind is not Nature.AGAIN:
            raise log.undecidable(begun_by_code(step.begun))
        if kind is Nature.WHOLE:
            with nullcontext() if self._in_transaction() else self.short_transaction():
                run()
                step.close(operation.sql)
        else:
            self._run_alone(step, operation, run)

    def _run_alone(self, step: Step, operation: RunSql, run: Callable[[], None]) -> None:
        """A statement that no transaction takes: its intent, then the statement, then that it is done."""
        with self._intended(step, step.begin(operation.sql), lambda: self._undone_by_failing(operation.sql)) as mark:
            run()
        step.finish(mark, ends=True)

    def _undone_by_failing(self, sql: str) -> bool:
        """Whether a statement that fails has certainly done nothing."""
        return undone_by_failing(sql, self.dialect)

    @contextmanager
    def _intended(self, step: Step, mark: Mark, did_nothing: Callable[[], bool]) -> Iterator[Mark]:
        """While a statement runs. What was never sent, or was refused and ``did_nothing``, is taken back."""
        sent = len(self.statements)
        try:
            yield mark
        except BaseException as error:
            # Where the connection or the lock is gone the mark stays: what became of the statement is not known.
            with suppress(PeewitError, peewee.DatabaseError, peewee.InterfaceError):
                refused = isinstance(error, Exception) and not isinstance(error, LockLostError)
                if len(self.statements) == sent or (refused and did_nothing()):
                    self._before_write(mark.sql)
                    step.withdraw(mark)
            raise

    def settle(self, why: str) -> None:
        """After a run that did not end: it is open no longer where nothing was done, else ``why`` it failed is noted.

        Where the lock or the connection is gone, nothing more may be written: then it counts as interrupted.
        """
        log = self.log
        if log is None or self.database.is_closed() or is_gone(self.database):
            return
        with suppress(PeewitError, peewee.DatabaseError, peewee.InterfaceError):
            self._before_write(f"UPDATE {log.journal.path}")
            with self.short_transaction():
                still_open = log.entry.number in {entry.number for entry in log.journal.unfinished()}
                if still_open and not read_log(log.journal, log.entry).begun:
                    log.journal.strike(log.entry.number)
                elif still_open and why:
                    log.journal.fail(log.entry.number, why)

    @property
    def at_rest(self) -> bool:
        """Whether a transaction of its own can be begun on the connection: it is there, and none is open."""
        database = self.database
        return not (database.is_closed() or is_gone(database) or database.in_transaction() or self._in_transaction())

    def _protect(self, questions: Sequence[str]) -> None:
        if questions and self.before_loss is not None and self.before_loss(questions):
            self.before_loss = None

    def _announce(self, segment: Sequence[Operation]) -> None:
        """Tell what the operations up to the next code are about to destroy, if anybody wants to know."""
        if self.losing is None or not any(isinstance(operation, DropTable | DropColumn) for operation in segment):
            return
        for table, column, count in self.lost(segment):
            self.losing(table, column, count)

    def lost(
        self, operations: Sequence[Operation], former: Former | None = None
    ) -> Iterator[tuple[str, str | None, int]]:
        """What operations would destroy: table, column, how many rows or values; ``former`` as for ``losses``."""
        for loss in losses(operations, self._there(), self.dialect, former):
            count = self._count(loss.count)
            if count:
                yield loss.table, loss.column, count

    @abstractmethod
    def _there(self) -> Callable[[str], Table | None]:
        """The tables as the database has them, by their keys."""

    def table(self, key: str) -> Table | None:
        """A table as the database has it."""
        return self._there()(key)

    def ask(self, sql: str) -> list[Any]:
        """What a query gives."""
        return self._rows(sql)

    def _count(self, sql: str) -> int:
        return int(self._rows(sql)[0][0])

    def _next(self, statement: Statement) -> None:
        """Note a statement that is executed next."""
        if self.heed is not None:
            self.heed(statement)
        self.holding.step()
        self.statements.append(statement)

    def _guard(self, guard: Guard) -> None:
        rows = self._rows(guard.sql)
        if not rows:
            return
        count = self._rows(guard.count)[0][0]
        shown = ", ".join(dict.fromkeys(shown_value(row[0] if len(row) == 1 else tuple(row)) for row in rows))
        problem = counted(guard.problem, count)
        told = problem if shown == "1" else f"{problem}, for example {shown}"
        raise DataError(told, hint=guard.hint, field=guard.field, new=guard.new, distinct=guard.distinct)

    @abstractmethod
    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        """What a query gives."""


def open_transaction() -> UnsupportedChangeError:
    """The caller has a transaction open on this connection."""
    return UnsupportedChangeError(
        "a transaction is open on this connection, and a migration needs one of its own",
        hint="commit or roll back before migrating",
    )


def begun_by_code(mark: Mark) -> str:
    """A statement of a file that was begun, and may be done, half done, or not."""
    return (
        f"{mark.text} had written by itself: {mark.sql}"
        if mark.wrote
        else f"begun, and not known to be done: {mark.sql}"
    )
