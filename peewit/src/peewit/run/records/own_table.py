"""What the history and the journal share: a table of ours, which may not be there yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from peewit.run.records.standing import BEGUN

_TYPES: dict[type[peewee.Database], dict[str, str]] = {
    peewee.SqliteDatabase: {"key": "INTEGER NOT NULL PRIMARY KEY", "time": "DATETIME", "bytes": "BLOB", "long": "TEXT"},
    peewee.PostgresqlDatabase: {
        "key": "SERIAL NOT NULL PRIMARY KEY",
        "time": "TIMESTAMP",
        "bytes": "BYTEA",
        "long": "TEXT",
    },
    peewee.MySQLDatabase: {
        "key": "INTEGER AUTO_INCREMENT NOT NULL PRIMARY KEY",
        "time": "DATETIME",
        "bytes": "LONGBLOB",
        "long": "LONGTEXT",
    },
}


ROWS_AT_ONCE = 100
"""Rows of one INSERT: a SQLite of other days takes 999 values in all."""

MAY_NOT = 1142
"""MariaDB's and MySQL's number for a table this user may not read."""


class OwnTable:
    """One table of peewit's in the application's database."""

    def __init__(self, database: peewee.Database, table: str, schema: str | None) -> None:
        self.database = database
        self.name, self.schema = _plain(table, database), schema and _plain(schema, database)
        self._mark = database.param
        self.postgres = isinstance(database, peewee.PostgresqlDatabase)
        self.path = self.beside("")

    def beside(self, suffix: str) -> str:
        """The path of the table that is called like this one, with a suffix."""
        parts = (self.schema, f"{self.name}{suffix}")
        path = ".".join(_quoted(part, self.database.quote) for part in parts if part)
        return path if self.database.param == "?" else path.replace("%", "%%")

    @property
    def quoted(self) -> str:
        """The table's name without its schema."""
        return _quoted(self.name, self.database.quote)

    @property
    def _begun(self) -> str:
        """Which rows of the journal belong to runs that are not finished: on SQLite in words its index answers."""
        like = "GLOB '{}*'" if isinstance(self.database, peewee.SqliteDatabase) else "LIKE '{}%%'"
        return f"action {like.format(BEGUN)}"

    def select(self, columns: str, which: str = "ORDER BY id") -> list[Any]:
        """These columns of all rows, oldest first, or of others; none where there is no table yet."""
        try:
            return self._select(columns, which)
        except (peewee.OperationalError, peewee.ProgrammingError) as error:
            if MAY_NOT in error.args:  # what a user may not read, MariaDB does not list
                raise
            if not self.is_there():
                return []
        return self._select(columns, which)  # another process may have made it between the two questions

    def _select(self, columns: str, which: str) -> list[Any]:
        return list(self.database.execute_sql(f"SELECT {columns} FROM {self.path} {which}").fetchall())

    def _insert_all(self, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Many rows, in few statements: a server is asked and answers once for each of these."""
        row = f"({', '.join([self._mark] * len(rows[0]))})"
        for place in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[place : place + ROWS_AT_ONCE]
            marks = ", ".join([row] * len(some))
            self.database.execute_sql(
                f"INSERT INTO {self.path} ({columns}) VALUES {marks}", [value for row in some for value in row]
            )

    def _types(self) -> dict[str, str]:
        """The types of our columns that every database calls by a name of its own."""
        return _TYPES[next(kind for kind in _TYPES if isinstance(self.database, kind))]

    def is_there(self) -> bool:
        """Whether the table has been made."""
        names = [name.lower() for name in self.database.get_tables(schema=self.schema)]
        return self.name.lower() in names


def _plain(name: str, database: peewee.Database) -> str:
    """A name as the database has it: for the drivers of servers a ``%`` may be written twice."""
    doubled = database.param != "?" and "%" not in name.replace("%%", "")
    return name.replace("%%", "%") if doubled else name


def _quoted(name: str, marks: str) -> str:
    """A name between its database's two marks: at every start, so without the tokenizer's package."""
    return marks[0] + name.replace(marks[1], marks[1] * 2) + marks[1]
