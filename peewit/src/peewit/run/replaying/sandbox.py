"""Private SQLite databases in memory: where files are replayed, planned and proved without a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import peewee

from peewit.compile import Execute, compile_stretch
from peewit.dialects import SqliteDialect
from peewit.operations import CreateTable
from peewit.read import QUERY
from peewit.schema import NOTHING, Column, Schema, Type


class MemoryDatabase(peewee.SqliteDatabase):
    """A database in memory that fills itself when it is first looked at.

    It has the functions and collations of the application's own database, and knows nothing else of it.
    """

    private = True

    def __init__(self, like: peewee.Database | None, fill: Callable[[MemoryDatabase], None] | None = None) -> None:
        super().__init__(":memory:", pragmas={"foreign_keys": 1}, thread_safe=False)
        self._fill = fill
        if isinstance(like, peewee.SqliteDatabase):
            for name in ("_aggregates", "_collations", "_functions", "_window_functions", "_extensions"):
                setattr(self, name, getattr(like, name).copy())

    def connect(self, reuse_if_open: bool = False) -> bool:
        """Open, and fill, the database."""
        opened = bool(super().connect(reuse_if_open=reuse_if_open))
        if opened and self._fill is not None:
            self._fill(self)
        return opened


class Lazy:
    """A connection to a database in memory, opened, and the database filled, when it is first used."""

    def __init__(self, memory: MemoryDatabase) -> None:
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        memory: Any = self._memory
        return getattr(memory.connection(), name)

    def close(self) -> None:
        """Keep it open: what was done there is read back."""

    def methods(self) -> dict[str, Callable[..., Any]]:
        """A body may begin, commit and roll back what is not begun: in a run it is in a transaction, here in none."""

        def where(statement: str, *, begun: bool) -> Callable[..., None]:
            def method(*_: Any, **__: Any) -> None:
                if self.in_transaction is begun:
                    self.execute(statement)

            return method

        return {
            "begin": where("BEGIN", begun=False),
            "commit": where("COMMIT", begun=True),
            "rollback": where("ROLLBACK", begun=True),
        }


def create_schema(database: peewee.Database, schema: Schema, dialect: SqliteDialect) -> None:
    """Make the tables of a schema in an empty database."""
    operations = [CreateTable(table=table) for table in schema]
    for statement in compile_stretch(operations, NOTHING, dialect):
        if isinstance(statement, Execute):
            database.execute_sql(statement.sql)


def plain_schema(schema: Schema) -> Schema:
    """A server's schema as far as SQLite can stand in for it: names, types and keys, and no texts of SQL."""

    def column(column: Column) -> Column:
        known = column.type.name.replace(" ", "").isalnum()
        return replace(
            column,
            type=column.type if known else Type("DEFAULT"),
            default=None,
            collation=None,
            sequence=None,
            generated=None,
            constraints=(),
            foreign_key=None,
        )

    tables = [
        replace(
            table,
            schema=None,
            columns=tuple(map(column, table.columns)),
            indexes=tuple(i for i in table.indexes if i.plain),
            constraints=(),
            settings=(),
        )
        for table in schema
    ]
    return Schema({table.key: table for table in tables})


def copy_schema(source: Any, target: Any) -> None:
    """Make what a live SQLite database has, without its rows: tables first, then what hangs on them."""
    rows: list[Any] = source.execute_sql(QUERY).fetchall()
    order = {"table": 1, "index": 2, "view": 3, "trigger": 4}
    target.execute_sql("PRAGMA foreign_keys = 0")
    made: set[str] = set()
    # A virtual table makes its shadow tables itself, so it comes before all tables.
    for kind, name, table, sql in sorted(rows, key=lambda row: 0 if _is_virtual(row) else order[row[0]]):
        if sql is None or name.startswith("sqlite_") or name in made:
            continue
        target.execute_sql(sql)
        if _is_virtual((kind, name, table, sql)):
            made = {row[0] for row in target.execute_sql("SELECT name FROM sqlite_master").fetchall()}
    target.execute_sql("PRAGMA foreign_keys = 1")


def _is_virtual(row: Any) -> bool:
    kind, _, _, sql = row
    return kind == "table" and sql is not None and "VIRTUAL" in sql[:40].upper().split()
