"""MariaDB and MySQL: what a run writes down of each statement, and how a killed one goes on.

The server keeps every change of the schema at once, each whole or not at all. So a statement that was begun is decided
by the tables it speaks of: they are as before it, or as it makes them. Rows are changed in one transaction with their
mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any

import peewee

from peewit.compile import Backfill, Execute, Statement, compile_on_server, hidden_renames
from peewit.dataclass import dataclass
from peewit.dialects import MYSQL, MysqlDialect
from peewit.operations import Operation, RunCode, RunSql
from peewit.run.database.codes import LOCK_WAIT, code_of
from peewit.run.records.run_log import Mark, RunLog, Step
from peewit.run.sessions.mysql_tables import (
    Tables,
    fingerprints,
    in_words,
    tables_of,
    triggers_of,
    without_triggers,
)
from peewit.run.sessions.raw_sql import Nature, may_swap, nature, shows
from peewit.run.sessions.server_session import ServerSession
from peewit.run.sessions.session import begun_by_code
from peewit.schema import Schema

_TABLES_THAT_KEEP = """
SELECT count(*) FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'
"""


def never_tried(database: Any, dialect: MysqlDialect, before: Tables, sql: str) -> dict[str, str] | None:
    """There is no place to try a statement out."""
    del database, dialect, before, sql
    return None


@dataclass(slots=True)
class MysqlSteps(ServerSession):
    """A session whose statements are written down one by one."""

    database: peewee.MySQLDatabase
    dialect: MysqlDialect = MYSQL
    tried: Callable[[peewee.MySQLDatabase, MysqlDialect, Tables, str], dict[str, str] | None] = never_tried
    _step: Step | None = None
    _undoes_rows: bool | None = None
    _asked: list[tuple[list[Operation], Schema]] = field(default_factory=list)

    def run(self, operations: list[Operation], before: Schema) -> None:
        """As every server; what a function of the file asks for comes when the function's step is done."""
        if self._function is not None:
            self._asked.append((operations, before))
        else:
            ServerSession.run(self, operations, before)

    def _run_stretch(self, stretch: list[Operation], before: Schema) -> None:
        log = self.log
        if log is None:
            self._run_all(self._compile(stretch, before))
        elif isinstance(stretch[0], RunCode):
            self._run_function(log, stretch[0], lambda: self._run_all(self._compile(stretch, before)))
        elif isinstance(stretch[0], RunSql):
            self._run_sql(log, stretch[0], lambda: self._run_all(self._compile(stretch, before)))
        else:
            with self._speaking():
                self._run_operations(log, stretch, before)

    # ------------------------------------------------------------------ operations

    def _run_operations(self, log: RunLog, stretch: list[Operation], before: Schema) -> None:
        """The statements of a stretch, each with its marks; of a killed run's, what the tables show to be left."""
        step = log.step(stretch)
        if step.done:
            return
        resuming = self._is_begun(log, step)
        if step.done:
            return
        hidden = hidden_renames(stretch, before) if resuming else ""
        if hidden:
            raise log.undecidable(f"{step.text} was begun, and has {hidden}")
        statements = compile_on_server(stretch, before, self.found(), self.dialect, resuming=resuming)
        executed = [statement for statement in statements if isinstance(statement, Execute | Backfill)]
        step.last = executed[-1] if executed and not resuming else None
        self._step = step
        try:
            self._run_all(statements)
        finally:
            self._step = None
        if resuming:
            self._prove_resumed(log, stretch, before)
        if not step.done:
            step.close()

    def _is_begun(self, log: RunLog, step: Step) -> bool:
        """Whether a killed run has done something of a step; RunError where somebody has changed its tables since."""
        begun = step.begun
        if begun is None or not shows(begun.sql, self.dialect) or begun.before is None:
            return bool(step.marks)
        done = self._is_done(log, begun)
        if done is False:
            step.withdraw(begun)
        elif done:
            step.finish(begun, fingerprints(self._tables(begun.sql)), ends=begun.ends)
        return bool(step.marks)

    def _is_done(self, log: RunLog, mark: Mark) -> bool | None:
        """Whether a begun statement was done, by its tables; None where that cannot be tried out."""
        before, now = mark.before or {}, self._tables(mark.sql)
        if now == before and not may_swap(mark.sql, self.dialect):
            return False
        with self._speaking():
            after = self.tried(self.database, self.dialect, before, mark.sql)
        if after is None:
            return None
        if now == before and after == without_triggers(before):
            raise log.undecidable(f"two of the same kind change places, so it looks alike before and after: {mark.sql}")
        if now == before:
            return False
        dropped = mark.sql.split(None, 1)[0].upper() == "DROP"  # the triggers of a table go with it
        if after == without_triggers(now) and (dropped or triggers_of(before) == triggers_of(now)):
            return True
        raise log.undecidable(
            "the tables are neither as before the statement that was begun nor as it makes them: somebody else has "
            f"changed them\nbegun: {mark.sql}\n{in_words(before, now)}",
            f"undo what somebody else has changed, then peewit {log.entry.action} goes on",
        )

    def _prove_resumed(self, log: RunLog, stretch: list[Operation], before: Schema) -> None:
        """After a resumed stretch nothing of it may be left to do."""
        left = [
            statement
            for statement in compile_on_server(stretch, before, self.found(), self.dialect, resuming=True)
            if isinstance(statement, Execute) and statement.sql.startswith(("ALTER", "CREATE", "DROP", "RENAME"))
        ]
        if left:
            raise log.undecidable(f"it still asks for {left[0].sql}")

    def execute(self, statement: Statement) -> None:
        """Execute one statement, its intent in the journal before, and that it is done after."""
        step = self._step
        if step is None or not isinstance(statement, Execute | Backfill):
            ServerSession.execute(self, statement)
            return
        filling = isinstance(statement, Backfill)
        text = f"fill {statement.table}.{statement.column}" if isinstance(statement, Backfill) else statement.sql
        seen = not filling and shows(text, self.dialect)
        with self._begun(step, text, seen=seen, partly=filling, ends=statement is step.last) as mark:
            ServerSession.execute(self, statement)
        step.finish(mark, fingerprints(self._tables(text)) if seen else None, ends=statement is step.last)

    @contextmanager
    def _begun(self, step: Step, sql: str, *, seen: bool, ends: bool, partly: bool = False) -> Iterator[Mark]:
        """While a statement runs its intent stands in the journal, and stays there where it may have done something.

        ``seen``: the tables it speaks of show whether it did. ``partly``: a part of it is kept when it fails.
        """
        self._undoes_rows = None  # it may make a table of another engine
        before = self._tables(sql) if seen else None

        def did_nothing() -> bool:
            return not partly and (self._tables(sql) == before if seen else self._undone_by_failing(sql))

        with self._intended(step, step.begin(sql, before, ends=ends), did_nothing) as mark:
            yield mark

    def _undone_by_failing(self, sql: str) -> bool:
        """As every database; but in the tables of some engines the first rows stay written."""
        kept = nature(sql, self.dialect) is Nature.WHOLE and not self._rows_are_undone()
        return not kept and ServerSession._undone_by_failing(self, sql)

    def _tables(self, sql: str) -> dict[str, str]:
        """The tables a statement speaks of, once nobody's lock stands in the way of looking."""
        found: list[dict[str, str]] = []

        def attempt() -> bool:
            try:
                found.append(tables_of(sql, self._rows, self.dialect))
            except peewee.DatabaseError as error:
                if code_of(error) != LOCK_WAIT:
                    raise
                return False
            return True

        self._patiently(attempt, sql)
        return found[0]

    # ------------------------------------------------------------------ code of the file

    def _run_sql(self, log: RunLog, operation: RunSql, run: Callable[[], None]) -> None:
        """A raw statement: rows in one transaction with the mark; of a change of the schema, its tables tell."""
        kind = nature(operation.sql, self.dialect)
        shown = kind is Nature.ALONE and shows(operation.sql, self.dialect)
        if not shown:
            if kind is Nature.WHOLE and not self._rows_are_undone():
                kind = Nature.ALONE
            self._run_raw(log, operation, kind, run)
            return
        step = log.step([operation])
        if step.begun is not None and not step.done:
            self._decide(log, step, step.begun)
        if not step.done:
            with self._begun(step, operation.sql, seen=True, ends=True) as mark:
                run()
            step.finish(mark, fingerprints(self._tables(operation.sql)), ends=True)

    def _decide(self, log: RunLog, step: Step, begun: Mark) -> None:
        """A raw statement that was begun: done, or not; RunError where its tables do not tell."""
        done = self._is_done(log, begun) if begun.before is not None else None
        if done is None:
            told = f"\n{in_words(begun.before, self._tables(begun.sql))}" if begun.before is not None else ""
            raise log.undecidable(f"{begun_by_code(begun)}{told}")
        if done:
            step.finish(begun, fingerprints(self._tables(begun.sql)), ends=True)
        else:
            step.withdraw(begun)

    def _run_function(self, log: RunLog, operation: RunCode, run: Callable[[], None]) -> None:
        """A function in one transaction with its mark, then what it has asked for."""
        step = log.step([operation])
        self._undoes_rows = None  # what came before may have made a table of another engine
        if step.done and step.marks[-1].asked:
            raise log.undecidable(f"{step.text} was done, and what it has asked for was not written down")
        if step.done:
            return
        if step.begun is not None:
            raise log.undecidable(begun_by_code(step.begun))
        mark = None if self._rows_are_undone() else step.begin()
        with self.short_transaction():
            mark = mark or step.begin()
            with self._calling(log, step):
                run()
            asked, self._asked = self._asked, []
            step.finish(mark, ends=True, asked=bool(asked))
        with log.within(step):
            for operations, after in asked:
                self.run(operations, after)
        if asked:
            step.settle(mark)

    def _before_write(self, sql: str) -> None:
        if nature(sql, self.dialect) is Nature.WHOLE:
            self._make_sure()
        else:
            self._refuse_another()
            self.holding.fence(self.sql)  # it keeps what came before it in its transaction

    def _note(self, log: RunLog, sql: str) -> None:
        """In a function only what ends its transaction, and what comes after: all else is undone with its mark."""
        if self._function is None or self._ended_by_code or nature(sql, self.dialect) is not Nature.WHOLE:
            ServerSession._note(self, log, sql)

    def _rows_are_undone(self) -> bool:
        """Whether a transaction undoes what is written to any table of the database."""
        if self._undoes_rows is None:
            self._undoes_rows = not self._rows(_TABLES_THAT_KEEP)[0][0]
        return self._undoes_rows
