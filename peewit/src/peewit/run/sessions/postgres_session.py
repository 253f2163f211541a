"""PostgreSQL: one transaction for a migration, a savepoint for each statement, patience with those who hold locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import field, replace
from typing import Any, TypeVar

import peewee

from peewit.compile import Backfill, Execute, Guard, Statement
from peewit.dataclass import dataclass
from peewit.dialects import POSTGRES, PostgresDialect
from peewit.errors import DataError, PeewitError, RunError, UnsupportedChangeError
from peewit.operations import AddIndex, DropIndex, Operation, RunCode, RunSql
from peewit.operations.replay import tables_of
from peewit.read.postgres import read_found
from peewit.run.database.codes import sqlstate_of
from peewit.run.database.lost import unless_lost
from peewit.run.records.run_log import RunLog
from peewit.run.sessions.prepared import UNKNOWN_STATEMENT, Prepared
from peewit.run.sessions.server_progress import Question, on_postgres
from peewit.run.sessions.server_session import ServerSession, refusal
from peewit.run.sessions.session import open_transaction
from peewit.run.sessions.swallowing import savepoints
from peewit.schema import FoundOnServer, Schema, parts_of
from peewit.sql import names_in

T = TypeVar("T")

IDLE = 0
"""The transaction status of a connection that is in none."""

LOCK_NOT_AVAILABLE, DEPENDENT_OBJECTS, NOT_SUPPORTED = "55P03", "2BP01", "0A000"
NO_SAVEPOINT, IN_TRANSACTION, NULLS = "3B001", "25001", "23502"
DATA_ERRORS = ("22", "23")
"""The classes of errors that are about values and rules for them."""


_LOCKS = """
SELECT l.pid, bool_or(l.mode = 'AccessExclusiveLock'),
  bool_or(l.relation IN (SELECT to_regclass(path) FROM unnest(%s::text[]) AS given (path))),
  bool_or(lower(c.relname) = ANY(%s)),
  coalesce('the prepared transaction ' || p.gid || ' of ' || p.owner, coalesce(a.usename, '') || '@'
    || coalesce(host(a.client_addr), 'local') || ' (server process ' || l.pid || ', ' || coalesce(a.state, '')
    || coalesce(' since ' || to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), '') || ')')
  || ', which has locked ' || string_agg(DISTINCT quote_ident(c.relname), ', ')
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_namespace n ON n.oid = c.relnamespace
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND l.virtualtransaction = '-1/' || p.transaction
WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY l.pid, l.virtualtransaction, p.gid, p.owner, a.usename, a.client_addr, a.state, a.state_change
ORDER BY l.pid
"""
"""Who else has locks on tables: whether one is his alone, on one of these tables, on one of these names; in words."""


@dataclass(slots=True)
class PostgresSession(ServerSession):
    """A PostgreSQL connection that migrates."""

    database: peewee.PostgresqlDatabase
    dialect: PostgresDialect = POSTGRES
    online: bool = False
    _atomic: bool = True
    _later: list[Execute] = field(default_factory=list)
    _prepared: Prepared | None = None
    _repeats: bool = False

    def _read(self) -> FoundOnServer:
        return read_found(self._ask, self.dialect)

    def _ask(self, sql: str, params: tuple[Any, ...]) -> list[Any]:
        """A question to the catalogue; where it may be asked again if need be, it is prepared."""
        if (
            not self._repeats
            or self.holding.pooled
            or not hasattr(self.database.connection(), "get_transaction_status")
        ):
            return self._rows(sql, params)
        self._prepared = self._prepared or Prepared(self._rows)
        return self._prepared.rows(sql, params)

    # ------------------------------------------------------------------ transactions

    @contextmanager
    def transaction(self, *, atomic: bool = True) -> Iterator[None]:
        """One migration: everything in it is kept, or nothing is.

        Where it is not ``atomic``, code and raw SQL run in no transaction, indexes are made and dropped
        concurrently, and all else in transactions of its own.
        """
        if self.database.in_transaction() or self._status() != IDLE:
            raise open_transaction()
        self.steps, self.statements = [], []
        self._connection = self.database.connection()
        self._atomic = atomic
        self.dialect = replace(
            self.dialect, version=self._version(), concurrently=not atomic, online=self.online and atomic
        )
        if atomic:
            with self.database.transaction(), savepoints(self.database, self._tell):
                self.holding.begin(self.sql)
                self._settle(local=True)
                self._later = []
                yield
                self.holding.fence(self.sql)
            self._afterwards()
            return
        if self.holding.pooled:
            raise _not_pooled()
        before = self._settings()
        self._settle(local=False)
        try:
            with self._ending_what_is_open():
                yield
        finally:
            if not self.database.is_closed():
                with unless_lost(self.database):
                    self._put_back(before)

    def _tell(self, sql: str) -> None:
        self.told(sql)

    @contextmanager
    def joined(self, other: peewee.Database) -> Iterator[None]:
        """As every session; what fails on the other object does not end the transaction either."""
        with ServerSession.joined(self, other), savepoints(other, self._tell) if self._atomic else nullcontext():
            yield

    def _in_transaction(self) -> bool:
        return self._status() != IDLE

    def _afterwards(self) -> None:
        """What waited until the migration is kept: each by itself, so that no lock is held for long."""
        for place, statement in enumerate(self._later):
            try:
                with self.database.transaction():
                    self.holding.begin(self.sql)
                    self._settle(local=True)
                    self._execute(statement)
                    self.holding.fence(self.sql)
            except (PeewitError, peewee.DatabaseError, peewee.InterfaceError) as error:
                left = "; ".join(waiting.sql for waiting in self._later[place:])
                raise RunError(
                    f"it is applied, and what was to come afterwards failed: {error}",
                    name="",
                    state="the migration is kept; its new rules hold for new rows and are not proved for old ones",
                    hint=f"correct the rows, then run: {left}",
                ) from error

    def execute(self, statement: Statement) -> None:
        """Execute one statement, or keep it for afterwards."""
        if isinstance(statement, Execute) and statement.afterwards:
            self._next(statement)
            self._later.append(statement)
            return
        ServerSession.execute(self, statement)

    def _kept_at_once(self) -> bool:
        return self._status() == IDLE

    def refuse_ended(self) -> None:
        self._refuse_open()
        if self._atomic and self._status() == IDLE:
            self.sql("BEGIN")  # what is rolled back now
            raise UnsupportedChangeError(
                "the migration ended the transaction it runs in: by COMMIT or ROLLBACK",
                state="what it did until then may have been kept: peewit check compares the database with the files",
                hint="leave that out of the file, or let it run without a transaction: atomic = False",
            )

    def _status(self) -> int:
        connection = self.database.connection()
        status = getattr(connection, "get_transaction_status", None)
        return int(status() if status is not None else connection.pgconn.transaction_status)

    def _version(self) -> tuple[int, ...]:
        number = int(getattr(self.database, "server_version", 0) or 0)
        return (number // 10000, number % 10000)

    _GUARDED = (
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "TimeZone",
        "row_security",
        "standard_conforming_strings",
    )

    def _settle(self, *, local: bool) -> None:
        """Settings every migration runs under, whatever the server's or the application's are."""
        milliseconds = int(self.lock_timeout * 1000)
        # Rows a policy hides are changed all the same: a question that would not see them fails instead.
        # A backslash in a text means itself, as our literals are written.
        values = (f"{milliseconds}ms", "0", "0", "UTC", "off", "on")
        pairs = ", ".join(
            f"set_config('{name}', '{value}', {str(local).lower()})"
            for name, value in zip(self._GUARDED, values, strict=True)
        )
        self.sql(f"SELECT {pairs}")

    def _settings(self) -> list[str]:
        names = ", ".join(f"current_setting('{name}')" for name in self._GUARDED)
        return list(self._rows(f"SELECT {names}")[0])

    def _put_back(self, values: list[str]) -> None:
        for name, value in zip(self._GUARDED, values, strict=True):
            self._rows("SELECT set_config(%s, %s, false)", (name, value))

    # ------------------------------------------------------------------ executing

    def _compile(self, stretch: Sequence[Operation], before: Schema, *, resuming: bool = False) -> list[Statement]:
        def compiled() -> list[Statement]:
            return ServerSession._compile(self, stretch, before, resuming=resuming)

        # What is asked of the catalogue may need a transaction of its own.
        with nullcontext() if self._status() != IDLE else self.database.transaction():
            tables = {key for operation in stretch for key in tables_of(operation)}
            return self._when_free(compiled, "reading the catalogue", tables)

    def _when_free(self, ask: Callable[[], T], what: str, tables: Iterable[str] = ()) -> T:
        """What a question gives, once nobody's lock stands in its way."""
        given: list[T] = []

        def attempt() -> bool:
            self.sql("SAVEPOINT peewit_question")
            self._repeats = True
            try:
                given.append(ask())
            except peewee.OperationalError as error:
                if sqlstate_of(error) not in (LOCK_NOT_AVAILABLE, UNKNOWN_STATEMENT):
                    raise
                self.sql("ROLLBACK TO SAVEPOINT peewit_question")
                self._prepared = None
                return False
            finally:
                self._repeats = False
            self.sql("RELEASE SAVEPOINT peewit_question")
            return True

        self._patiently(attempt, what, tables, reading=True)
        return given[0]

    # ------------------------------------------------------------------ what was done so far, where no transaction is

    def _run_stretch(self, stretch: list[Operation], before: Schema) -> None:
        """As every server; in a file that runs in no transaction, each stretch in one of its own, with its mark."""
        log = self.log
        if log is None:
            ServerSession._run_stretch(self, stretch, before)
        elif isinstance(stretch[0], RunSql | RunCode):
            self._run_code(log, stretch[0], lambda: self._run_all(self._compile(stretch, before)))
        else:
            with self._speaking():
                self._run_logged(log, stretch, before)

    def _run_logged(self, log: RunLog, stretch: list[Operation], before: Schema) -> None:
        step = log.step(stretch)
        if step.done:
            return
        # An index that is made concurrently is a stretch of its own: what stands there shows what is left to do.
        if step.marks and not isinstance(stretch[0], AddIndex | DropIndex):
            raise log.undecidable(f"begun, and not known to be done: {step.marks[-1].sql}")
        statements = self._compile(stretch, before, resuming=bool(step.marks))
        if step.marks and isinstance(stretch[0], DropIndex):  # another index over the same columns is not meant
            statements = [s for s in statements if isinstance(s, Execute) and s.sql in {m.sql for m in step.marks}]
        if not any(map(_is_concurrent, statements)):
            with self.short_transaction():
                self._run_all(statements)
                step.close("; ".join(s.sql for s in statements if isinstance(s, Execute)))
            return
        for statement in statements:
            if not isinstance(statement, Execute):
                self.execute(statement)
                continue
            with self._intended(step, step.begin(statement.sql), lambda: False) as mark:
                self.execute(statement)
            step.finish(mark, ends=False)
        step.close()

    def _execute(self, statement: Execute) -> None:
        self.steps.append(statement.sql)
        if self._kept_at_once():
            self._make_sure()
            try:
                self._send(statement)
            except peewee.DatabaseError as error:
                with self.database.transaction():
                    self._explain(statement, error)
                raise self._told(statement, error, sqlstate_of(error)) from error
            return
        tables = [] if statement.effect is None else [statement.effect.table]
        self._patiently(lambda: self._attempt(statement), statement.sql, tables)

    def _attempt(self, statement: Execute) -> bool:
        """One try, in a savepoint; whether it was not held up."""
        try:
            self._send(statement, before="SAVEPOINT peewit_step; ", after="; RELEASE SAVEPOINT peewit_step")
        except peewee.DatabaseError as error:
            state = sqlstate_of(error)
            try:
                self.sql("ROLLBACK TO SAVEPOINT peewit_step")
            except peewee.DatabaseError as missing:
                if sqlstate_of(missing) != NO_SAVEPOINT:
                    raise
                raise error from None  # the server could not read the text, and ran nothing of it
            if state == LOCK_NOT_AVAILABLE:
                return False
            self._explain(statement, error)
            raise self._told(statement, error, state) from error
        return True

    def _send(self, statement: Execute, before: str = "", after: str = "") -> None:
        if statement.params:
            if before:
                self.sql(before.rstrip("; "))
            with self._watched(statement):
                self.sql(statement.sql, statement.params)
            if after:
                self.sql(after.lstrip("; "))
        else:
            with self._watched(statement):
                self.sql(f"{before}{statement.sql}{after}")

    def _question(self, statement: Execute) -> Question | None:
        del statement
        process = getattr(getattr(self.database.connection(), "info", None), "backend_pid", 0)
        return on_postgres(process, self._version()) if process else None

    def _told(self, statement: Execute, error: peewee.DatabaseError, state: str) -> Exception:
        if state in (DEPENDENT_OBJECTS, NOT_SUPPORTED):
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            return UnsupportedChangeError(
                "; ".join(line for line in lines if not line.startswith("HINT")),
                hint="drop or change what depends on it in the same migration, with migrator.sql(…)",
            )
        if state == IN_TRANSACTION:
            return UnsupportedChangeError(
                f"{str(error).strip().splitlines()[0]}\nin: {statement.sql}",
                hint="let the file run without a transaction: atomic = False",
            )
        if state[:2] in DATA_ERRORS:
            return refusal(error, statement, statement.converting if state.startswith(DATA_ERRORS[0]) else ())
        return error

    def _is_of_nulls(self, error: DataError) -> bool:
        return error.__cause__ is not None and sqlstate_of(error.__cause__) == NULLS

    def _hold_off_writers(self, statement: Execute) -> None:
        if statement.effect is not None and not self._kept_at_once():
            schema, name = parts_of(statement.effect.table)
            table = self.dialect.path(name, schema)
            self._execute(Execute(sql=f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE", effect=statement.effect))

    def _guard(self, guard: Guard) -> None:
        if self._status() == IDLE:
            ServerSession._guard(self, guard)
        else:
            self._when_free(lambda: ServerSession._guard(self, guard), guard.sql)

    def _count(self, sql: str) -> int:
        if self._status() == IDLE:
            return ServerSession._count(self, sql)
        return self._when_free(lambda: ServerSession._count(self, sql), sql)

    def _ask_guard(self, guard: Guard) -> None:
        self.sql("SAVEPOINT peewit_step")
        try:
            self._guard(guard)
        except (peewee.DatabaseError, DataError):
            self.sql("ROLLBACK TO SAVEPOINT peewit_step")
            raise

    def _who_blocks(self, what: str, tables: Iterable[str], *, reading: bool) -> list[Any]:
        """Whoever has a lock on these tables; else on those the statement names; else who has locked one for himself.

        What only reads is held up by that kind of lock alone.
        """
        paths = [self.dialect.path(name, schema) for schema, name in map(parts_of, tables)]
        rows = self._rows(_LOCKS, (paths, [*names_in(what, self.dialect.rules)]))
        strong = [row for row in rows if row[1]]
        rows = strong if reading else rows
        found = [row for row in rows if row[2]] or [row for row in rows if row[3]] or strong
        return [(words,) for words in dict.fromkeys(row[4] for row in found)]

    # ------------------------------------------------------------------ filling rows

    def _keys_of(self, fill: Backfill) -> list[str]:
        return [self.dialect.quoted(key) for key in fill.keys] or ["ctid"]

    def _write_values(self, fill: Backfill, keys: list[str], values: list[tuple[tuple[Any, ...], Any]]) -> None:
        """One UPDATE for all of them, its values in parameters of the column's own type."""
        column = self.dialect.quoted(fill.column)
        names = [f"k{number}" for number in range(len(keys))]
        typed = ", ".join(f"%s::{type_}" for type_ in (*(fill.types[:-1] or ("tid",)), fill.types[-1]))
        plain = ", ".join(["%s"] * (len(keys) + 1))
        marks = ", ".join([f"({typed})", *[f"({plain})"] * (len(values) - 1)])
        joined = " AND ".join(f"t.{key} = v.{name}" for key, name in zip(keys, names, strict=True))
        target, to, on = (text.replace("%", "%%") for text in (fill.table, column, joined))
        sql = (
            f"UPDATE {target} AS t SET {to} = v.value "
            f"FROM (VALUES {marks}) AS v ({', '.join([*names, 'value'])}) WHERE {on}"
        )
        self.sql(sql, tuple(part for key, value in values for part in (*key, value)))


def _not_pooled() -> UnsupportedChangeError:
    return UnsupportedChangeError(
        "it runs in no transaction (atomic = False), and a connection pooler is in between: its statements, and the "
        "settings it needs, would go to connections that others use as well",
        hint="migrate on the server itself: --database with its own host and port; or, where the pooler gives each "
        "client a connection of its own (pool_mode = session), say so: --lock session",
    )


def _is_concurrent(statement: Statement) -> bool:
    """Whether a statement must not be part of a transaction."""
    return isinstance(statement, Execute) and " INDEX CONCURRENTLY " in statement.sql
