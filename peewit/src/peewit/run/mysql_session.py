"""MariaDB and MySQL: every change of the schema is kept at once, so each statement is whole in itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import peewee

from peewit.compile import Backfill, Execute
from peewit.dialects import MYSQL, MysqlDialect
from peewit.errors import DataError, LockBusyError
from peewit.read.mysql import read_found
from peewit.run.server_session import ServerSession, refusal
from peewit.run.session import open_transaction
from peewit.schema import FoundOnServer

LOCK_WAIT, DEADLOCK = 1205, 1213
DATA_ERRORS = {
    1048,  # a column cannot be null
    1062,  # duplicate entry
    1138,  # invalid use of NULL
    1264,  # out of range
    1265,  # data truncated
    1292,  # truncated incorrect value
    1364,  # no default value
    1366,  # incorrect value
    1406,  # data too long
    1451,  # a parent row cannot be deleted
    1452,  # a child row cannot be added
    3140,  # invalid JSON
    3819,  # CHECK is violated, MySQL
    4025,  # CHECK is violated, MariaDB
}


@dataclass(slots=True)
class MysqlSession(ServerSession):
    """A MariaDB or MySQL connection that migrates; ``patience`` is how many seconds it waits for others' locks."""

    database: peewee.MySQLDatabase
    dialect: MysqlDialect = MYSQL
    patience: float = 60.0

    transactional: ClassVar[bool] = False

    def found(self) -> FoundOnServer:
        return read_found(self._rows, self.dialect)

    @contextmanager
    def transaction(self, *, atomic: bool = True) -> Iterator[None]:
        """One migration under settings of its own: strict, whatever the server's default is."""
        del atomic
        if self.database.in_transaction():
            raise open_transaction()
        self.steps, self.statements = [], []
        with self.settled():
            yield

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Strict mode, UTC, and patience with others; afterwards as it was."""
        mode, zone, waits, row_waits, version = self._rows(
            "SELECT @@sql_mode, @@time_zone, @@lock_wait_timeout, @@innodb_lock_wait_timeout, version()"
        )[0]
        self.dialect = replace(
            self.dialect,
            mariadb="mariadb" in str(version).lower(),
            literals=replace(self.dialect.literals, backslash_escapes="NO_BACKSLASH_ESCAPES" not in mode),
        )
        wanted = ",".join(dict.fromkeys([*filter(None, mode.split(",")), "STRICT_ALL_TABLES"]))
        seconds = max(int(self.patience), 1)
        self._set(wanted, "+00:00", seconds, seconds)
        try:
            yield
        finally:
            if not self.database.is_closed():
                self._set(mode, zone, waits, row_waits)

    def _set(self, mode: str, zone: str, waits: int, row_waits: int) -> None:
        self.sql(
            "SET SESSION sql_mode = %s, time_zone = %s, lock_wait_timeout = %s, innodb_lock_wait_timeout = %s",
            (mode, zone, waits, row_waits),
        )

    def short_transaction(self) -> AbstractContextManager[object]:
        transaction: AbstractContextManager[object] = self.database.transaction()
        return transaction

    def refuse_ended(self) -> None:
        """Nothing to refuse: no transaction is open around a body."""

    # ------------------------------------------------------------------ executing

    def _execute(self, statement: Execute) -> None:
        self.steps.append(statement.sql)
        try:
            self.sql(statement.sql, statement.params)
        except peewee.DatabaseError as error:
            code = code_of(error)
            if code in (LOCK_WAIT, DEADLOCK):
                raise LockBusyError(
                    f"others hold locks that this migration needs, for more than {self.patience:g} seconds: "
                    f"{statement.sql}",
                    hint="try again when they are done, or raise lock_timeout",
                ) from error
            if code in DATA_ERRORS:
                self._explain(statement, error)
                raise self._told(statement, error) from error
            raise

    def _told(self, statement: Execute, error: peewee.DatabaseError) -> DataError:
        told = refusal(error, statement)
        assert isinstance(told, DataError)
        return told

    # ------------------------------------------------------------------ filling rows

    def _write_values(self, fill: Backfill, keys: list[str], values: list[tuple[tuple[Any, ...], Any]]) -> None:
        """One UPDATE for all of them, joined with a list of their keys."""
        column = self.dialect.quoted(fill.column)
        names = [f"k{number}" for number in range(len(keys))]
        first = ", ".join([*(f"%s AS {name}" for name in names), "%s AS v"])
        rest = f" UNION ALL SELECT {', '.join(['%s'] * (len(keys) + 1))}"
        joined = " AND ".join(f"t.{key} = v.{name}" for key, name in zip(keys, names, strict=True))
        sets = "".join(f", t.{self.dialect.quoted(name)} = t.{self.dialect.quoted(name)}" for name in fill.kept)
        target, to, on, also = (text.replace("%", "%%") for text in (fill.table, column, joined, sets))
        sql = (
            f"UPDATE {target} AS t JOIN (SELECT {first}{rest * (len(values) - 1)}) AS v ON {on} SET t.{to} = v.v{also}"
        )
        self.sql(sql, tuple(part for key, value in values for part in (*key, value)))


def code_of(error: BaseException) -> int:
    """The server's number of an error, whichever driver it came through."""
    for candidate in (error, *error.args, error.__cause__, error.__context__):
        if isinstance(candidate, int):
            return candidate
        number = getattr(candidate, "errno", None)
        arguments = getattr(candidate, "args", ())
        if isinstance(number, int):
            return number
        if arguments and isinstance(arguments[0], int):
            return int(arguments[0])
    return 0
