"""MariaDB and MySQL: every change of the schema is kept at once, so each statement is whole in itself."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import peewee

from peewit.compile import Backfill, Execute, Statement, compile_on_server, hidden_renames
from peewit.dialects import MYSQL, MysqlDialect
from peewit.errors import UnsupportedChangeError
from peewit.operations import Operation, RunCode
from peewit.read.mysql import read_found
from peewit.run.lost import unless_lost
from peewit.run.run_log import Stretch
from peewit.run.server_session import ServerSession, is_code, refusal
from peewit.run.session import open_transaction
from peewit.schema import FoundOnServer, Schema

LOCK_WAIT, DEADLOCK = 1205, 1213
READING = ("SELECT", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "SET", "USE", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK")
FINGERPRINT = (
    (
        "SELECT table_name, column_name, column_type, is_nullable, column_default, extra "
        "FROM information_schema.columns WHERE table_schema = database() ORDER BY 1, ordinal_position"
    ),
    (
        "SELECT table_name, index_name, seq_in_index, column_name, non_unique "
        "FROM information_schema.statistics WHERE table_schema = database() ORDER BY 1, 2, 3"
    ),
    (
        "SELECT trigger_name, action_statement FROM information_schema.triggers "
        "WHERE trigger_schema = database() ORDER BY 1"
    ),
)
"""What a schema is told by."""

KEY_ERRORS = {
    1071,  # a key is too long
    1170,  # a text in a key, without a length
}
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
    """A MariaDB or MySQL connection that migrates."""

    database: peewee.MySQLDatabase
    dialect: MysqlDialect = MYSQL
    _step: Stretch | None = None
    _in_step: bool = False
    _asked: list[tuple[list[Operation], Schema]] = field(default_factory=list)

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
        with self.settled(), self._noticing():
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
        seconds = max(int(self.lock_timeout), 1)
        self._set(wanted, "+00:00", seconds, seconds)
        try:
            yield
        finally:
            if not self.database.is_closed():
                with unless_lost(self.database):
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

    # ------------------------------------------------------------------ what was done so far

    def run(self, operations: list[Operation], before: Schema) -> None:
        """As every server; what a function of the file asks for comes when the function's step is done."""
        if self._step is not None:
            self._asked.append((operations, before))
        else:
            ServerSession.run(self, operations, before)

    def _run_stretch(self, stretch: list[Operation], before: Schema) -> None:
        """As every server, with the intent and the end of each stretch in the journal."""
        log, text = self.log, "; ".join(operation.describe() for operation in stretch)
        if log is None:
            self._run_all(self._compile(stretch, before))
            return
        earlier = log.earlier_of(text)
        if earlier is not None and earlier.done:
            if any(isinstance(operation, RunCode) and operation.schema for operation in stretch):
                raise log.undecidable(f"{text} was done, and what it has asked for was not written down")
            log.skip(earlier)
            return
        now = self._fingerprint() if is_code(stretch) else ""
        if earlier is not None and is_code(stretch) and earlier.before != now:
            raise log.undecidable(f"{text} was begun at {earlier.before}, and the schema is now at {now}")
        begun = earlier is not None and bool(earlier.statements)
        hidden = hidden_renames(stretch, before) if begun else ""
        if hidden:
            raise log.undecidable(f"{text} was begun, and has {hidden}")
        statements = compile_on_server(stretch, before, self.found(), self.dialect, resuming=begun)
        self._step = log.begin(text, now)
        self._step.statements = earlier.statements if earlier is not None else []
        if is_code(stretch):
            with self._apart(), self.database.transaction():
                self._run_all(statements)
                self._end_step()
            asked, self._asked = self._asked, []
            for operations, after in asked:
                self.run(operations, after)
        else:
            self._run_all(statements)
            if begun:
                self._prove_resumed(stretch, before)
            self._end_step()

    def _end_step(self) -> None:
        assert self.log is not None
        assert self._step is not None
        self._step.done = True
        self.log.save()
        self._step = None

    def _prove_resumed(self, stretch: list[Operation], before: Schema) -> None:
        """After a resumed stretch nothing of it may be left to do."""
        left = [
            statement
            for statement in compile_on_server(stretch, before, self.found(), self.dialect, resuming=True)
            if isinstance(statement, Execute) and statement.sql.startswith(("ALTER", "CREATE", "DROP", "RENAME"))
        ]
        if left and self.log is not None:
            raise self.log.undecidable(f"it still asks for {left[0].sql}")

    def _fingerprint(self) -> str:
        """A short text that changes with the schema: its tables, columns, indexes and triggers."""
        rows = [row for query in FINGERPRINT for row in self._rows(query)]
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """While functions of the file run: what they write is part of their step."""
        self._in_step = True
        try:
            yield
        finally:
            self._in_step = False

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Note when a body writes by itself, in no step: a killed run cannot pass over that."""
        own = vars(self.database)
        real: Any = self.database.execute_sql
        mine = threading.get_ident()

        def execute_sql(sql: str, params: Any = None, **options: Any) -> Any:
            word = sql.split(None, 1)[0].upper() if sql.strip() else ""
            ours = self._in_step or threading.get_ident() != mine or word in READING
            if not ours and self.log is not None and not self.log.wrote and self.log.journal.path not in sql:
                self.log.wrote = sql
                self._quietly(self.log.save)
            cursor = real(sql, params, **options)
            if threading.get_ident() == mine:
                self.told(sql)
            return cursor

        own["execute_sql"] = execute_sql
        try:
            yield
        finally:
            del own["execute_sql"]

    def _quietly(self, save: Callable[[], None]) -> None:
        self._in_step, before = True, self._in_step
        try:
            save()
        finally:
            self._in_step = before

    # ------------------------------------------------------------------ executing

    def execute(self, statement: Statement) -> None:
        """Execute one statement, its intent in the journal before."""
        step = self._step
        if step is not None and self.log is not None and isinstance(statement, Execute | Backfill):
            text = statement.sql if isinstance(statement, Execute) else f"fill {statement.table}.{statement.column}"
            step.statements.append(text)
            self._quietly(self.log.save)
        ServerSession.execute(self, statement)

    def _execute(self, statement: Execute) -> None:
        self.steps.append(statement.sql)
        table = statement.effect.table if statement.effect is not None else ""
        self._patiently(lambda: self._attempt(statement), statement.sql, table)

    def _attempt(self, statement: Execute) -> bool:
        """One try; whether it was not held up: a statement that was has done nothing."""
        try:
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

    def _who_blocks(self, table: str) -> list[Any]:
        del table  # which table a lock is on, only a plugin tells
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


def refuse_key(error: peewee.DatabaseError, sql: str) -> None:
    """UnsupportedChangeError for an index or a key the server cannot hold; nothing for another error."""
    if code_of(error) in KEY_ERRORS:
        raise UnsupportedChangeError(
            f"the server cannot hold this index or key: {error.args[-1]}\nin: {sql}",
            hint="index less: CharField(max_length=…) in place of TextField, shorter or fewer columns, or the "
            "beginning of one: indexes = [SQL('CREATE INDEX name ON table (column(100))')]",
        ) from error


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
