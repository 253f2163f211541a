"""The one place that executes statements: on the application's own connection, inside one transaction.

What all databases share is here; each has a session of its own beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import peewee

from peewit.compile import EditSchema, Execute, Guard, Statement
from peewit.dialects import Dialect
from peewit.errors import DataError, UnsupportedChangeError
from peewit.operations import Operation
from peewit.run.run_log import RunLog
from peewit.schema import Schema


@dataclass(slots=True)
class Session(ABC):
    """A connection that migrates. ``calls=False``: functions of migration files are passed over.

    ``steps`` are the statements that were executed, in order, as text. ``before_loss`` is called once in a
    migration, before the first statement that copies or drops a table or drops a column. ``log`` is where a
    run writes down what it does, where it cannot be undone.
    """

    database: peewee.Database
    dialect: Dialect
    calls: bool = True
    steps: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    before_loss: Callable[[], object] | None = None
    log: RunLog | None = None

    transactional: ClassVar[bool] = True
    """Whether a change of the schema is undone with its transaction."""

    @abstractmethod
    def transaction(self, *, atomic: bool = True) -> AbstractContextManager[None]:
        """One migration: everything in it is kept, or nothing is, as far as the database allows."""

    @abstractmethod
    def short_transaction(self) -> AbstractContextManager[object]:
        """A transaction for a few rows of our own."""

    @abstractmethod
    def refuse_ended(self) -> None:
        """UnsupportedChangeError where the body has ended the transaction it runs in."""

    @abstractmethod
    def run(self, operations: list[Operation], before: Schema) -> None:
        """Compile and execute operations, each stretch on the database as the one before left it."""

    def _protect(self) -> None:
        protect, self.before_loss = self.before_loss, None
        if protect is not None:
            protect()

    def _guard(self, guard: Guard) -> None:
        rows = self._rows(guard.sql)
        if not rows:
            return
        count = self._rows(guard.count)[0][0]
        shown = ", ".join(dict.fromkeys(repr(row[0] if len(row) == 1 else row) for row in rows))
        problem = guard.problem.replace("{count}", str(count))
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


def endangers(statement: Statement) -> bool:
    """Whether rows or values would be gone if a statement did something else than it should."""
    match statement:
        case Execute(sql=sql, as_many_as=copied):
            return copied is not None or sql.startswith("DROP TABLE") or " DROP COLUMN " in sql
        case EditSchema(rows=rows):
            return len(rows) > 1
        case _:
            return False
