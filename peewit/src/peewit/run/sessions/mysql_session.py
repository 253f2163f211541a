"""MariaDB and MySQL: every change of the schema is kept at once, so each statement is whole in itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import peewee

from peewit.compile import Backfill, Execute
from peewit.dataclass import dataclass
from peewit.errors import DataError, UnsupportedChangeError
from peewit.read.mysql import read_found
from peewit.run.database.codes import DEADLOCK, LOCK_WAIT, code_of
from peewit.run.database.lost import unless_lost
from peewit.run.sessions.mysql_steps import MysqlSteps
from peewit.run.sessions.server_progress import Question, on_mariadb
from peewit.run.sessions.server_session import refusal
from peewit.run.sessions.session import open_transaction
from peewit.schema import FoundOnServer

IN_TRANSACTION = 1
"""The bit of the server's status that says so."""

KEY_ERRORS = {
    1071,  # a key is too long
    1170,  # a text in a key, without a length
}
NULLS = {1048, 1138, 1265}
"""A column cannot be null; invalid use of NULL; what ALTER TABLE calls a truncated value."""

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


MODES = ("STRICT_ALL_TABLES", "NO_AUTO_VALUE_ON_ZERO")
"""No value is cut, and a 0 stays one in a column that begins to count."""

SETTLED: Mapping[str, str | float] = {
    "max_statement_time": 0,  # MariaDB; MySQL's max_execution_time is for SELECT alone
    "wait_timeout": 28800,
    "idle_transaction_timeout": 0,
    "idle_write_transaction_timeout": 0,
    "idle_readonly_transaction_timeout": 0,
    "completion_type": "NO_CHAIN",
    "sql_safe_updates": 0,
    "sql_quote_show_create": 1,
    "alter_algorithm": "DEFAULT",
}
"""What a statement of ours means, and how long it may take, in every session: as far as the server has the setting."""


@dataclass(slots=True)
class MysqlSession(MysqlSteps):
    """A MariaDB or MySQL connection that migrates."""

    database: peewee.MySQLDatabase

    transactional: ClassVar[bool] = False

    def _read(self) -> FoundOnServer:
        return read_found(self._rows, self.dialect)

    @contextmanager
    def transaction(self, *, atomic: bool = True) -> Iterator[None]:
        """One migration under settings of its own: strict, whatever the server's default is."""
        del atomic
        if self.database.in_transaction():
            raise open_transaction()
        self.steps, self.statements = [], []
        self._connection = self.database.connection()
        with self.settled(), self._ending_what_is_open():
            yield

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Settings every migration runs under, whatever the server's or the application's are; afterwards as it was."""
        mode, version = self._rows("SELECT @@sql_mode, version()")[0]
        self.dialect = replace(
            self.dialect,
            mariadb="mariadb" in str(version).lower(),
            literals=replace(self.dialect.literals, backslash_escapes="NO_BACKSLASH_ESCAPES" not in mode),
        )
        modes = [each for each in mode.split(",") if each and each != "EMPTY_STRING_IS_NULL"]
        seconds = max(int(self.lock_timeout), 1)
        wanted = {
            "sql_mode": ",".join(dict.fromkeys([*modes, *MODES])),
            "time_zone": "+00:00",
            "lock_wait_timeout": seconds,
            "innodb_lock_wait_timeout": seconds,
            **SETTLED,
        }
        listed = ", ".join(["%s"] * len(wanted))
        rows = self._rows(f"SHOW SESSION VARIABLES WHERE variable_name IN ({listed})", tuple(wanted))
        before = {name.lower(): _value(value) for name, value in rows}
        self._set({name: value for name, value in wanted.items() if name in before})
        try:
            yield
        finally:
            if not self.database.is_closed():
                with unless_lost(self.database):
                    self._set(before)

    def _set(self, values: Mapping[str, str | float]) -> None:
        changes = ", ".join(f"{name} = %s" for name in values)
        self.sql(f"SET SESSION {changes}", tuple(values.values()))

    def _kept_at_once(self) -> bool:
        return not self._in_transaction()

    def _in_transaction(self) -> bool:
        connection = self.database.connection()
        told = getattr(connection, "server_status", getattr(connection, "in_transaction", 0))
        return self.database.in_transaction() or bool(int(told) & IN_TRANSACTION)

    def refuse_ended(self) -> None:
        """No transaction is open around a body, and none may stay open."""
        self._refuse_open()

    # ------------------------------------------------------------------ executing

    def _execute(self, statement: Execute) -> None:
        self.steps.append(statement.sql)
        self._patiently(lambda: self._attempt(statement), statement.sql)

    def _attempt(self, statement: Execute) -> bool:
        """One try; whether it was not held up: a statement that was has done nothing."""
        self._make_sure()
        try:
            with self._watched(statement):
                self.sql(statement.sql, statement.params)
        except peewee.DatabaseError as error:
            code = code_of(error)
            if code == LOCK_WAIT or (code == DEADLOCK and not self.database.in_transaction()):
                return False
            if code in DATA_ERRORS:
                self._explain(statement, error)
                raise refusal(error, statement) from error
            refuse_key(error, statement.sql)
            raise
        return True

    def _is_of_nulls(self, error: DataError) -> bool:
        return code_of(error) in NULLS

    def _hold_off_writers(self, statement: Execute) -> None:
        """There is no transaction that could hold a lock."""

    def _question(self, statement: Execute) -> Question | None:
        connection = self.database.connection()
        number = getattr(connection, "thread_id", getattr(connection, "connection_id", None))
        number = number() if callable(number) else number
        return on_mariadb(number, statement.sql) if self.dialect.mariadb and number else None

    def _who_blocks(self, what: str, tables: Iterable[str], *, reading: bool) -> list[Any]:
        del what, tables, reading  # which table a lock is on, only a plugin tells
        return self._rows(
            "SELECT CONCAT(p.user, '@', p.host, ' (connection ', p.id, ', in a transaction since ', t.trx_started, ')')"
            " FROM information_schema.innodb_trx t "
            "JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id "
            "WHERE p.id <> connection_id()"
        )

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
        try:
            self.sql(sql, tuple(part for key, value in values for part in (*key, value)))
        except peewee.DatabaseError as error:
            if code_of(error) in DATA_ERRORS:
                raise refusal(error, Execute(sql=self.steps[-1].removeprefix("-- "))) from error
            raise


def _value(text: str) -> str | float:
    """What a session variable is set to, from what SHOW VARIABLES says: numbers are taken as numbers only."""
    if text in ("ON", "OFF"):
        return int(text == "ON")
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return text


def refuse_key(error: peewee.DatabaseError, sql: str) -> None:
    """UnsupportedChangeError for an index or a key the server cannot hold; nothing for another error."""
    if code_of(error) in KEY_ERRORS:
        raise UnsupportedChangeError(
            f"the server cannot hold this index or key: {error.args[-1]}\nin: {sql}",
            hint="index less: CharField(max_length=…) in place of TextField, shorter or fewer columns, or the "
            "beginning of one: indexes = [SQL('CREATE INDEX name ON table (column(100))')]",
        ) from error
