"""A connection that stands in for one to a server while files are replayed: no server is asked.

Its tables are those the migrations lead to, without rows, in SQLite. What a body asks of the catalogue is
answered from the schema; what it changes there is read and remembered; what cannot be understood gives nothing.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from peewit.dialects import SQLITE, Dialect
from peewit.run.replaying.sandbox import MemoryDatabase, create_schema, plain_schema
from peewit.run.replaying.stand_in_catalogue import Catalogue, missing
from peewit.schema import Schema

_OF_CATALOGUE = re.compile(r"no such table: (pg_|information_schema|mysql\.|sys\.)")
_READING = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "VALUES")
_TRANSACTIONS = ("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class StandIn:
    """What a driver's connection is to Peewee and to a file's body; ``used``: the body has sent something."""

    autocommit = True
    used = False

    def __init__(self, dialect: Dialect, home: str, schema: Callable[[], Schema], learn: Callable[[str], None]) -> None:
        """Take the schema to show, and what is told of every statement that may change it."""
        self.dialect, self._schema, self._learn = dialect, schema, learn
        self._catalogue = Catalogue(dialect, schema, home)
        self._memory: MemoryDatabase | None = None
        self._shown: Schema | None = None

    # ------------------------------------------------------------------ what a driver's connection has

    def cursor(self, *_: Any, **__: Any) -> _Cursor:
        """A cursor."""
        return _Cursor(self)

    def commit(self) -> None:
        """Nothing is kept anyway."""
        self.used = True

    def rollback(self) -> None:
        """Nothing was kept."""
        self.used = True

    def close(self) -> None:
        """Forget all rows."""
        if self._memory is not None and not self._memory.is_closed():
            self._memory.close()
        self._memory = None

    def run(self, sql: str, params: Any = None) -> Sequence[Any] | sqlite3.Cursor:
        """What a statement gives: a cursor with rows, or no rows at all."""
        self.used = True
        words = sql.split(None, 1)
        word = words[0].upper().rstrip(";") if words else ""
        if word in _TRANSACTIONS or not word:
            return ()
        if word in ("SHOW", "DESC", "DESCRIBE"):
            return self._catalogue.show(sql)
        if word not in _READING:
            self._learn(sql)
            return ()
        return self._ask(*_as_sqlite(sql, params))

    def _ask(self, sql: str, params: Any) -> Sequence[Any] | sqlite3.Cursor:
        connection = self._rows()
        try:
            return connection.execute(sql, params)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            problem = str(error)
            unknown = problem.startswith("no such table") or "no such column" in problem or "has no column" in problem
            if unknown and not _OF_CATALOGUE.match(problem):
                raise missing(problem, self.dialect.name) from error
        return self._in_other_words(sql)

    def _in_other_words(self, sql: str) -> Sequence[Any]:
        """A query only the server understands, as far as it can be said for SQLite."""
        import sqlglot
        from sqlglot.errors import SqlglotError

        try:
            said = sqlglot.transpile(sql, read=self.dialect.name, write="sqlite")[0]
            return list(self._rows().execute(said).fetchall())
        except (SqlglotError, sqlite3.Error, ValueError):
            return ()

    def methods(self) -> Mapping[str, Callable[..., Any]]:
        """Peewee's own questions to the catalogue, answered from the schema."""
        return self._catalogue.methods()

    def _rows(self) -> sqlite3.Connection:
        """The database in memory, with the tables of now."""
        schema = self._schema()
        if self._memory is None or self._shown is not schema:
            self.close()
            self._memory, self._shown = MemoryDatabase(None), schema
            self._memory.connect()
            create_schema(self._memory, plain_schema(schema), SQLITE)
            self._catalogue.fill(self._memory, schema)
        memory: Any = self._memory
        connection: sqlite3.Connection = memory.connection()
        return connection


class _Cursor:
    """What a driver's cursor is to Peewee and to a file's body."""

    def __init__(self, connection: StandIn) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self._place = 0
        self.description: Any = None
        self.rowcount, self.lastrowid, self.arraysize = -1, 0, 1

    def execute(self, sql: Any, params: Any = None) -> _Cursor:
        """Run a statement."""
        answer = self._connection.run(sql.decode() if isinstance(sql, bytes) else str(sql), params)
        self._place = 0
        if isinstance(answer, sqlite3.Cursor):
            self.description, self._rows = answer.description, answer.fetchall()
            self.rowcount = answer.rowcount if answer.description is None else len(self._rows)
            self.lastrowid = answer.lastrowid or 0
        else:
            self.description, self._rows, self.rowcount = (), list(answer), len(answer)
        return self

    def executemany(self, sql: str, many: Iterable[Any]) -> _Cursor:
        """Run a statement for each of the parameters."""
        for params in many:
            self.execute(sql, params)
        return self

    def fetchone(self) -> Any:
        """The next row, if there is one."""
        self._place += 1
        return self._rows[self._place - 1] if self._place <= len(self._rows) else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows."""
        self._place += size
        return self._rows[self._place - size : self._place]

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        rows, self._place = self._rows[self._place :], len(self._rows)
        return rows

    def close(self) -> None:
        """Nothing is open."""

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def __enter__(self) -> _Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _as_sqlite(sql: str, params: Any) -> tuple[str, Any]:
    """A statement with the parameters as SQLite takes them; ``SELECT FROM`` selects something there."""
    sql = re.sub(r"\bSELECT\s+FROM\b", "SELECT 1 FROM", sql, flags=re.IGNORECASE)
    if not params:
        return sql, ()
    if isinstance(params, Mapping):
        return re.sub(r"%\((\w+)\)s", r":\1", sql).replace("%%", "%"), {k: _value(v) for k, v in params.items()}
    return re.sub(r"%(%|s)", lambda m: "%" if m[1] == "%" else "?", sql), tuple(map(_value, params))


def _value(value: Any) -> Any:
    plain = value is None or isinstance(value, int | float | str | bytes)
    return value if plain else str(getattr(value, "adapted", value))
