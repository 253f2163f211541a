"""The one place that executes statements: on the application's own connection, inside one transaction.

What all databases share is here; each has a session of its own beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import peewee

from peewit.compile import Guard, Statement
from peewit.dialects import Dialect
from peewit.errors import DataError, UnsupportedChangeError
from peewit.operations import DropColumn, DropTable, Operation
from peewit.run.counting import counted
from peewit.run.diverting import diverted, state_of
from peewit.run.losses import losses
from peewit.run.run_log import RunLog
from peewit.schema import Schema, Table


def unheard(_: str) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Session(ABC):
    """A connection that migrates. ``calls=False``: functions of migration files are passed over.

    ``steps`` are the statements that were executed, in order, as text. ``before_loss`` is called
    before the first write of each stretch that copies or drops something, with the questions whether anything
    is at stake, until it says that it has protected it. ``log`` is where a run writes down what it does, where
    it cannot be undone. ``told`` hears of the statements a file runs by itself, past its migrator, ``heed`` of
    every statement that comes next, ``losing`` of what is about to be destroyed: table, column, count.
    """

    database: peewee.Database
    dialect: Dialect
    calls: bool = True
    steps: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    before_loss: Callable[[Sequence[str]], bool] | None = None
    log: RunLog | None = None
    told: Callable[[str], None] = unheard
    heed: Callable[[Statement], None] | None = None
    losing: Callable[[str, str | None, int], None] | None = None

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
        with diverted(other, state_of(self.database)):
            yield

    @abstractmethod
    def refuse_ended(self) -> None:
        """UnsupportedChangeError where the body has ended the transaction it runs in."""

    @abstractmethod
    def run(self, operations: list[Operation], before: Schema) -> None:
        """Compile and execute operations, each stretch on the database as the one before left it."""

    def _protect(self, questions: Sequence[str]) -> None:
        if questions and self.before_loss is not None and self.before_loss(questions):
            self.before_loss = None

    def _announce(self, segment: Sequence[Operation]) -> None:
        """Tell what the operations up to the next code are about to destroy, if anybody wants to know."""
        if self.losing is None or not any(isinstance(operation, DropTable | DropColumn) for operation in segment):
            return
        for loss in losses(segment, self._there(), self.dialect):
            count = self._count(loss.count)
            if count:
                self.losing(loss.table, loss.column, count)

    @abstractmethod
    def _there(self) -> Callable[[str], Table | None]:
        """The tables as the database has them, by their keys."""

    def _count(self, sql: str) -> int:
        return int(self._rows(sql)[0][0])

    def _next(self, statement: Statement) -> None:
        """Note a statement that is executed next."""
        if self.heed is not None:
            self.heed(statement)
        self.statements.append(statement)

    def _guard(self, guard: Guard) -> None:
        rows = self._rows(guard.sql)
        if not rows:
            return
        count = self._rows(guard.count)[0][0]
        shown = ", ".join(dict.fromkeys(repr(row[0] if len(row) == 1 else row) for row in rows))
        problem = counted(guard.problem, count)
        raise DataError(problem if shown == "1" else f"{problem}, for example {shown}", hint=guard.hint)

    @abstractmethod
    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        """What a query gives."""


def open_transaction() -> UnsupportedChangeError:
    """The caller has a transaction open on this connection."""
    return UnsupportedChangeError(
        "a transaction is open on this connection, and a migration needs one of its own",
        hint="commit or roll back before migrating",
    )
