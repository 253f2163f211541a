"""About how long a statement will take: a part of its table is read the same way, for a moment.

Nothing is written for it. What a statement takes for a row, in terms of such a reading, was measured on tables of
several shapes and sizes; where nothing can be read, no time is told.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import ClassVar

import peewee

from peewit.compile import Effect, Execute, Statement
from peewit.dataclass import dataclass
from peewit.dialects import Dialect
from peewit.errors import PeewitError, SqlError
from peewit.reports import Step
from peewit.run.sessions.mysql_session import MysqlSession
from peewit.run.sessions.postgres_session import PostgresSession
from peewit.run.sessions.session import Session
from peewit.schema import Table
from peewit.sql import matching, significant, tokenize

FIRST, TIMES = 100, 4
"""How many rows are read at first, and how many times more the next time."""

ENOUGH = 0.04
"""Seconds of reading after which there is no other: it would take four times as long as the last."""

LEAST = 2
"""So many readings are not enough: the first ones have to fetch what the next ones find in memory."""

MOST = 0.2
"""Seconds after which none begins, and a server ends the one it is at."""


@dataclass(slots=True)
class Estimates(ABC):
    """Measures the tables of one database, each once in each way."""

    session: Session
    _measured: dict[tuple[str, str], float | None] = field(default_factory=dict)

    rewriting: ClassVar[float]
    """Readings of whole rows in which every row is written into another table."""
    updating: ClassVar[tuple[float, float]]
    """Readings, and sortings by the key, in which every row is written where it is."""
    scanning: ClassVar[float]
    """Readings in which every row is looked at."""
    indexing: ClassVar[float]
    """Sortings by the keys of an index in which it is made."""
    indexes_again: ClassVar[bool] = True
    """Whether what writes a table anew makes its indexes, too."""

    def timed(self, statement: Statement) -> Statement:
        """The statement with about how long it takes, where that can be told."""
        # How long a function takes that is called for each row, only its author knows.
        if not isinstance(statement, Execute) or statement.functions:
            return statement
        effect = statement.effect
        if effect is None or not effect.rows or not (effect.rewrites or effect.scans):
            return statement
        return replace(statement, effect=replace(effect, seconds=self._seconds(statement, effect)))

    def _seconds(self, statement: Execute, effect: Effect) -> float | None:
        table = self.session.table(effect.table)
        if table is None:
            return None
        total = 0.0
        for times, query in self._parts(statement, effect, table):
            took = self._per_row(effect.table, query, effect.rows)
            if took is None:
                return None
            total += times * took * effect.rows
        return total or None

    def _parts(self, statement: Execute, effect: Effect, table: Table) -> Iterator[tuple[float, str]]:
        """What a statement does for a row: so many times what a query does."""
        path = self.session.dialect.path(table.name, table.schema)
        whole, made = self._whole(table, path), keys_in(statement.sql, self.session.dialect)
        if effect.scans and not made:
            yield self.scanning, whole
        elif statement.sql.startswith("UPDATE "):
            read, sorted_ = self.updating
            yield read, whole
            yield sorted_, self._sorted(path, self._listed(table.primary_key or (table.columns[0].name,)))
        elif not effect.scans:
            yield self.rewriting, whole
            if self.indexes_again:
                made += [self._listed(index.columns) for index in table.indexes if index.columns]
        for keys in made:
            yield self.indexing, self._sorted(path, keys) if self._has(table, keys) else ""

    def _has(self, table: Table, keys: str) -> bool:
        """Whether a table has the columns of an index, where reading them would not tell."""
        del table, keys
        return True

    def _listed(self, columns: Sequence[str]) -> str:
        return ", ".join(map(self.session.dialect.quoted, columns))

    def _per_row(self, table: str, query: str, rows: int) -> float | None:
        """Seconds a reading takes for a row; None where it cannot be read."""
        if not query:
            return None
        known = (table, query)
        if known not in self._measured:
            self._measured[known] = self._read(query, rows)
        return self._measured[known]

    def _read(self, query: str, rows: int) -> float | None:
        """The least a reading takes for a row: what else the machine does makes it only longer."""
        some, found, spent = min(FIRST, rows), list[float](), 0.0
        try:
            with self._reading():
                while True:
                    begun = time.perf_counter()
                    self.session.ask(query.replace("{some}", str(some)).replace("{last}", str(some - 1)))
                    took = time.perf_counter() - begun
                    found.append(took / some)
                    spent += took
                    if spent > (ENOUGH if len(found) > LEAST else MOST):
                        break
                    some = min(some * TIMES, rows)
        except (peewee.DatabaseError, PeewitError):
            pass  # no such column yet, no right to read it, or it took too long: what was measured before counts
        return min(found, default=None)

    @abstractmethod
    def _whole(self, table: Table, path: str) -> str:
        """A query that reads whole rows, ``{some}`` of them."""

    @abstractmethod
    def _sorted(self, path: str, keys: str) -> str:
        """A query that sorts ``{some}`` rows by these keys."""

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """While a table is read."""
        yield


class SqliteEstimates(Estimates):
    """On SQLite: rows are copied into a table of the query's own. That an old table is dropped counts with its copy."""

    rewriting, updating, scanning, indexing = 2.8, (2.8, 0.0), 1.0, 2.2
    indexes_again = False  # each is a statement of its own

    def _has(self, table: Table, keys: str) -> bool:
        # To SQLite the name of a column that is not there is a text: https://www.sqlite.org/quirks.html#dblquote.
        return all(table.find(name) is not None for name in _names_in(keys, self.session.dialect))

    def _whole(self, table: Table, path: str) -> str:
        name = self.session.dialect.quoted(table.columns[0].name)
        copied = f"WITH peewit_some AS MATERIALIZED (SELECT * FROM {path} LIMIT {{some}}) "
        return f"{copied}SELECT (SELECT count(*) FROM peewit_some), (SELECT max({name}) FROM peewit_some)"

    def _sorted(self, path: str, keys: str) -> str:
        return f"SELECT 1 FROM (SELECT * FROM {path} LIMIT {{some}}) ORDER BY {keys} LIMIT 1 OFFSET {{last}}"


class PostgresEstimates(Estimates):
    """On PostgreSQL: rows are written as text."""

    rewriting, updating, scanning, indexing = 2.3, (1.6, 4.0), 0.3, 2.3

    def _whole(self, table: Table, path: str) -> str:
        del table
        return f"SELECT max(length(peewit_some::text)) FROM (SELECT * FROM {path} LIMIT {{some}}) peewit_some"

    def _sorted(self, path: str, keys: str) -> str:
        some = f"(SELECT * FROM {path} LIMIT {{some}}) peewit_some"
        return f"SELECT count(*) FROM (SELECT 1 FROM {some} ORDER BY {keys} OFFSET 0) peewit_sorted"

    @contextmanager
    def _reading(self) -> Iterator[None]:
        if self.session.database.in_transaction():
            raise PeewitError("a transaction is open on this connection")
        with self.session.database.transaction():
            self.session.ask(
                f"SELECT set_config('statement_timeout', '{MOST * 1000:.0f}ms', true), "
                "set_config('transaction_read_only', 'on', true)"
            )
            yield


class MysqlEstimates(Estimates):
    """On MariaDB and MySQL: rows are put into one text each."""

    rewriting, updating, scanning, indexing = 1.7, (4.0, 0.0), 0.8, 2.6

    def _whole(self, table: Table, path: str) -> str:
        names = ", ".join(self.session.dialect.quoted(column.name) for column in table.columns)
        some = f"(SELECT * FROM {path} LIMIT {{some}}) peewit_some"
        return f"{self._within()}SELECT max(length(concat_ws('', {names}))) FROM {some}"

    def _sorted(self, path: str, keys: str) -> str:
        names = self._listed(_names_in(keys, self.session.dialect))
        some = f"(SELECT {names} FROM {path} LIMIT {{some}}) peewit_some"
        return f"{self._within()}SELECT {names} FROM {some} ORDER BY {names} LIMIT 1 OFFSET {{last}}"

    def _within(self) -> str:
        mariadb = getattr(self.session.dialect, "mariadb", False)
        return f"SET STATEMENT max_statement_time = {MOST}, lock_wait_timeout = 1 FOR " if mariadb else ""


def timed(steps: Iterable[Step], session: Session) -> list[Step]:
    """Steps that are planned, with about how long their statements will take on a session's database."""
    if isinstance(session, PostgresSession):
        estimates: Estimates = PostgresEstimates(session)
    else:
        estimates = MysqlEstimates(session) if isinstance(session, MysqlSession) else SqliteEstimates(session)
    return [step._replace(statements=tuple(map(estimates.timed, step.statements))) for step in steps]


def keys_in(sql: str, dialect: Dialect) -> list[str]:
    """The keys of the indexes a statement makes, as they are written."""
    try:
        tokens = significant(tokenize(sql, dialect.rules))
    except SqlError:
        return []
    found = []
    for place, token in enumerate(tokens):
        if token.is_word("index") and tokens[place - 1].is_word("create", "unique", "add", "fulltext", "spatial"):
            opens = next((n for n in range(place, len(tokens)) if tokens[n].is_op("(")), None)
            if opens is not None:
                found.append(sql[tokens[opens].end : tokens[matching(tokens, opens)].start])
    return found


def _names_in(keys: str, dialect: Dialect) -> list[str]:
    """The quoted names in the keys of an index: how many characters count, and in which direction, are none."""
    return list(dict.fromkeys(token.value for token in tokenize(keys, dialect.rules) if token.kind == "name"))
