"""What the sessions of PostgreSQL and of MariaDB or MySQL share: compiling, guarding, filling rows in ranges."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import field, replace
from typing import Any, assert_never

import peewee

from peewit.compile import (
    Backfill,
    Call,
    Conversion,
    EditSchema,
    Execute,
    Guard,
    Statement,
    compile_on_server,
    segments,
    server_stretches,
    with_kept_names,
)
from peewit.dataclass import dataclass
from peewit.dialects import ServerDialect
from peewit.errors import ConnectionLostError, DataError, LockBusyError, UnsupportedChangeError
from peewit.operations import Operation
from peewit.operations.replay import replay
from peewit.run.database.diverting import exceptions
from peewit.run.database.holding import LONGER, PATIENT, in_seconds
from peewit.run.database.lost import HINT
from peewit.run.sessions.progress import Pace, watched
from peewit.run.sessions.server_progress import Question, looking, may_take_long
from peewit.run.sessions.session import Session
from peewit.schema import FoundOnServer, Schema, Table, parts_of

ROWS_AT_ONCE = 1000
"""How many rows one statement fills, where a function gives each its value."""

FILL = "UPDATE "
"""How a statement of ours begins that fills a column."""

FILLED_AGAIN = 20
"""How many times more a column is filled while others write nulls into it."""


def never(_: Table) -> bool:
    """No table is known to be what a migration would make."""
    return False


@dataclass(slots=True)
class ServerSession(Session):
    """A connection to a server that migrates.

    ``patience`` is how many seconds a statement may wait for others' locks in all, ``lock_timeout`` how many
    at once.
    """

    dialect: ServerDialect
    equal: Callable[[Table], bool] = never
    patience: float = 60.0
    lock_timeout: float = 2.0
    _connection: object = None
    _fills: list[Execute | Backfill] = field(default_factory=list)

    def found(self) -> FoundOnServer:
        """The database as it is now."""
        return replace(self._read(), equal=self.equal)

    def _there(self) -> Callable[[str], Table | None]:
        found = self.found()

        def table(key: str) -> Table | None:
            entry = found.table(key)
            return None if entry is None else entry.table

        return table

    def rows_of(self, table: str, most: int) -> int:
        """How many rows a table has, counted no further than one above ``most``; none where it is not there."""
        if self.found().table(table) is None:
            return 0
        schema, name = parts_of(table)
        few = f"SELECT 1 FROM {self.dialect.path(name, schema)} LIMIT {most + 1}"
        return self._count(f"SELECT count(*) FROM ({few}) AS peewit_few")

    @abstractmethod
    def _read(self) -> FoundOnServer:
        """What the catalogue says, when it is asked."""

    def run(self, operations: list[Operation], before: Schema) -> None:
        """Compile and execute operations, each stretch on the database as the one before left it."""
        kept, before = with_kept_names(operations, before, self.dialect)
        for segment in segments(kept):
            self._announce(segment)
            for stretch in server_stretches(segment, self.dialect):
                self._run_stretch(stretch, before)
                before = replay(before, stretch)

    def _run_stretch(self, stretch: list[Operation], before: Schema) -> None:
        self._run_all(self._compile(stretch, before))

    def _compile(self, stretch: Sequence[Operation], before: Schema, *, resuming: bool = False) -> list[Statement]:
        return compile_on_server(stretch, before, self.found(), self.dialect, resuming=resuming)

    def _run_all(self, statements: list[Statement]) -> None:
        self._fills = []
        for statement in statements:
            self.execute(statement)
            if isinstance(statement, Backfill) or (isinstance(statement, Execute) and statement.sql.startswith(FILL)):
                self._fills.append(statement)
            elif isinstance(statement, Execute) and statement.sql.startswith("ALTER"):
                self._fills = []

    def _execute_filled(self, statement: Execute) -> None:
        """Execute what needs its columns filled: where others wrote new nulls meanwhile, these are filled as well."""
        for left in reversed(range(FILLED_AGAIN + 1 if self._fills else 1)):
            try:
                self._execute(statement)
            except DataError as error:
                if not left or not self._is_of_nulls(error):
                    raise
                self._hold_off_writers(statement)
                for fill in self._fills:
                    if isinstance(fill, Backfill):
                        self._backfill(fill)
                    else:
                        self._execute(fill)
            else:
                return

    @abstractmethod
    def _is_of_nulls(self, error: DataError) -> bool:
        """Whether a statement was refused because a column has nulls."""

    @abstractmethod
    def _hold_off_writers(self, statement: Execute) -> None:
        """Let nobody write to a statement's table until the transaction is over, where there is one."""

    def execute(self, statement: Statement) -> None:
        """Execute one statement, and note it."""
        self._next(statement)
        match statement:
            case Execute():
                self._execute_filled(statement)
            case Guard():
                self._guard(statement)
            case Backfill():
                self._backfill(statement)
            case Call(name=name, function=function, schema=schema):
                self.steps.append(f"-- {name}()")
                if self.calls or schema:
                    function()
            case EditSchema():
                raise AssertionError("only SQLite's own description is edited")
            case _:
                assert_never(statement)

    @abstractmethod
    def _execute(self, statement: Execute) -> None:
        """Run one statement, and tell why where the rows or others are against it."""

    def _watched(self, statement: Execute) -> AbstractContextManager[None]:
        """While a statement runs, tell how far it is, if anybody wants to know."""
        if self.progress is None or not may_take_long(statement):
            return nullcontext()
        question = None if self.holding.pooled else self._question(statement)
        return watched(self.progress, lambda: looking(self.database, question, statement))

    @abstractmethod
    def _question(self, statement: Execute) -> Question | None:
        """What asks the server how far a statement of this connection is; None where it does not tell."""

    @contextmanager
    def short_transaction(self) -> Iterator[None]:
        """A transaction for a few rows of our own, kept only under the lock."""
        with self.database.transaction():
            yield
            self.holding.fence(self.sql)

    @abstractmethod
    def _kept_at_once(self) -> bool:
        """Whether what is written now is kept whatever comes after it."""

    def _make_sure(self) -> None:
        """LockLostError where a write would be kept at once, and the lock is no longer ours."""
        if self._kept_at_once():
            self._refuse_another()
            self.holding.fence(self.sql)

    def _refuse_another(self) -> None:
        """ConnectionLostError where the database object has connected anew: the lock went with the old connection."""
        if self._connection not in (None, self.database.connection()):
            raise ConnectionLostError(
                "the connection to the server was lost, and the application connected anew: without the lock", hint=HINT
            )

    def _before_write(self, sql: str) -> None:
        Session._before_write(self, sql)
        self._make_sure()

    def _patiently(
        self, attempt: Callable[[], bool], what: str, tables: Iterable[str] = (), *, reading: bool = False
    ) -> None:
        """Try until it was not held up by others' locks: between two tries those who queued up behind it go on.

        ``tables`` are those it is about, as far as is known; only ``reading``, others may read and write them as well.
        """
        began, pause, waiting = time.monotonic(), 0.1, self.waiting
        while not attempt():
            waited = time.monotonic() - began
            if waiting is not None and PATIENT <= waited < self.patience:
                waiting(self._blockers(what, tables, reading=reading), self.patience)
                waiting = None
            if waited >= self.patience:
                so_long = in_seconds(self.patience)
                raise LockBusyError(
                    f"others hold locks that this migration needs, for more than {so_long}\nin: {what}",
                    hint=f"{self._blockers(what, tables, reading=reading)}; {LONGER}",
                )
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _blockers(self, what: str, tables: Iterable[str], *, reading: bool) -> str:
        """Who holds locks, as far as the server tells."""
        try:
            rows = self._who_blocks(what, tables, reading=reading)
        except peewee.DatabaseError as error:
            return f"the server does not tell who: {str(error).splitlines()[0]}"
        return "held by " + "; ".join(str(row[0]) for row in rows) if rows else "nobody holds them by now"

    @abstractmethod
    def _who_blocks(self, what: str, tables: Iterable[str], *, reading: bool) -> list[Any]:
        """A row of text for each connection that stands in the way."""

    # ------------------------------------------------------------------ the connection

    def sql(self, sql: str, params: tuple[Any, ...] = ()) -> Any:
        """A statement as it stands: without parameters a ``%`` means itself."""
        given = tuple(map(self._stored, params))
        with exceptions:
            cursor = self.database.cursor()
            cursor.execute(sql, given or None)
        return cursor

    def _stored(self, value: Any) -> Any:
        """A value as the driver takes it: of an expression what is in it, or what it comes to."""
        if not isinstance(value, peewee.Node):
            return value
        sql, params = self.database.get_sql_context().sql(value).query()
        if len(params) == 1:
            return params[0]  # the column gives it its type
        with exceptions:
            cursor = self.database.cursor()
            cursor.execute(f"SELECT {sql}", params or None)
            return cursor.fetchone()[0]

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        cursor = self.sql(sql, params)
        return list(cursor.fetchall()) if cursor.description is not None else []

    def _explain(self, statement: Execute, error: peewee.DatabaseError) -> None:
        """DataError where a guard finds the rows that are against a statement; nothing where none does."""
        for guard in statement.explained:
            # It may speak of a column that was to come with this statement.
            with suppress(peewee.DatabaseError):
                try:
                    self._ask_guard(guard)
                except DataError as found:
                    raise found from error

    def _ask_guard(self, guard: Guard) -> None:
        self._guard(guard)

    # ------------------------------------------------------------------ filling rows

    def _backfill(self, fill: Backfill) -> None:
        """Call the function for every row, in ranges of the key: never more rows in memory than one range."""
        self.steps.append(f"-- fill {fill.table}.{fill.column} with {fill.fill.source}, row by row")
        keys = self._keys_of(fill)
        quoted = self.dialect.quoted(fill.column)
        listed = ", ".join(keys)
        last: tuple[Any, ...] | None = None
        pace, done = Pace(self.progress, "rows"), 0
        while True:
            head = f"SELECT {listed} FROM {fill.table} WHERE {quoted} IS NULL"
            tail = f"ORDER BY {listed} LIMIT {ROWS_AT_ONCE}"
            if last is None:
                rows = self._rows(f"{head} {tail}")
            else:
                marks = ", ".join(["%s"] * len(keys))
                listed_after = listed.replace("%", "%%")
                rows = self._rows(
                    f"{head.replace('%', '%%')} AND ({listed_after}) > ({marks}) {tail.replace('%', '%%')}", last
                )
            if not rows:
                pace.end(done)
                return
            values = [(tuple(row), fill.fill.value()) for row in rows]
            self.holding.step()
            self._make_sure()
            self._write_values(fill, keys, values)
            done += len(rows)
            pace.at(done, lambda: self._count(f"SELECT count(*) FROM {fill.table} WHERE {quoted} IS NULL"))
            last = tuple(rows[-1])

    def _keys_of(self, fill: Backfill) -> list[str]:
        if fill.keys:
            return [self.dialect.quoted(key) for key in fill.keys]
        raise UnsupportedChangeError(
            f"the rows of {fill.table} cannot be told from each other: it has no primary key, "
            f'so "{fill.column}" cannot be filled row by row',
            hint="give the table a primary key first, or fill with one value for all rows",
        )

    @abstractmethod
    def _write_values(self, fill: Backfill, keys: list[str], values: list[tuple[tuple[Any, ...], Any]]) -> None:
        """Write one value for each key."""


def refusal(error: peewee.DatabaseError, statement: Execute, converting: Sequence[Conversion] = ()) -> DataError:
    """Rows that do not fit, in the server's own words; where those name no column, ``converting`` does."""
    text = str(error).strip().splitlines()
    if not text:
        return DataError(f"the rows do not fit: {statement.sql}")
    which = " or ".join(conversion.problem for conversion in converting)
    hints = dict.fromkeys(conversion.hint for conversion in converting)
    return DataError(f"{which}: {text[0]}" if which else f"{text[0]}\nin: {statement.sql}", hint="\n".join(hints))
