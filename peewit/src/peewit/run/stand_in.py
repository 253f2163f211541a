"""A connection that stands in for one to a server while files are replayed: no server is asked.

Its tables are those the migrations lead to, without rows, in SQLite. What a body asks of the catalogue is
answered from the schema; what it changes there is read and remembered; what cannot be understood gives nothing.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import peewee

from peewit.dialects import SQLITE, Dialect
from peewit.operations.index_names import automatic_names
from peewit.run.sandbox import MemoryDatabase, create_schema, plain_schema
from peewit.schema import Column, Index, Schema, Table

_WRITTEN = {
    "postgres": {
        "AUTO": "integer",
        "BIGAUTO": "bigint",
        "BLOB": "bytea",
        "BOOL": "boolean",
        "CHAR": "character",
        "DATETIME": "timestamp without time zone",
        "DECIMAL": "numeric",
        "DOUBLE": "double precision",
        "FLOAT": "real",
        "INT": "integer",
        "TIME": "time without time zone",
        "TIMESTAMPTZ": "timestamp with time zone",
        "VARCHAR": "character varying",
    },
    "mysql": {
        "AUTO": "int",
        "BIGAUTO": "bigint",
        "BOOL": "tinyint",
        "INT": "int",
        "UUID": "varchar",
        "UUIDB": "varbinary",
    },
}
"""How the catalogue writes a type, where that is not Peewee's own word in lower case."""

_CATALOGUE = (
    "CREATE TABLE information_schema.tables (table_catalog, table_schema, table_name, table_type)",
    (
        "CREATE TABLE information_schema.columns (table_catalog, table_schema, table_name, column_name, "
        "ordinal_position, column_default, is_nullable, data_type, character_maximum_length, numeric_precision, "
        "numeric_scale, udt_name, column_type, column_key, extra)"
    ),
    "CREATE TABLE information_schema.schemata (catalog_name, schema_name)",
    (
        "CREATE TABLE information_schema.table_constraints (constraint_schema, constraint_name, table_schema, "
        "table_name, constraint_type)"
    ),
    (
        "CREATE TABLE information_schema.key_column_usage (constraint_schema, constraint_name, table_schema, "
        "table_name, column_name, ordinal_position)"
    ),
    (
        "CREATE TABLE information_schema.statistics (table_schema, table_name, index_name, column_name, "
        "seq_in_index, non_unique)"
    ),
    "CREATE TABLE pg_catalog.pg_tables (schemaname, tablename)",
    "CREATE TABLE pg_catalog.pg_indexes (schemaname, tablename, indexname, indexdef)",
    "CREATE TABLE pg_catalog.pg_class (relname, relkind)",
)
_OF_CATALOGUE = re.compile(r"no such table: (pg_|information_schema|mysql\.|sys\.)")
_READING = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "VALUES")
_TRANSACTIONS = ("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_SHOWN = re.compile(
    r"(?:SHOW\s+(?:FULL\s+)?(?P<what>TABLES|COLUMNS|FIELDS|INDEX|INDEXES|KEYS)(?:\s+(?:FROM|IN)\s+`?(?P<table>[\w$]+)`?)?"
    r"|(?:DESCRIBE|DESC)\s+`?(?P<described>[\w$]+)`?)(?:\s+(?:LIKE|WHERE\s+\w+\s*=)\s+'(?P<like>[^']*)')?",
    re.IGNORECASE,
)


class StandIn:
    """What a driver's connection is to Peewee and to a file's body."""

    autocommit = True

    def __init__(self, dialect: Dialect, schema: Callable[[], Schema], learn: Callable[[str], None]) -> None:
        """Take the schema to show, and what is told of every statement that may change it."""
        self.dialect, self._schema, self._learn = dialect, schema, learn
        self._memory: MemoryDatabase | None = None
        self._shown: Schema | None = None

    # ------------------------------------------------------------------ what a driver's connection has

    def cursor(self, *_: Any, **__: Any) -> _Cursor:
        """A cursor."""
        return _Cursor(self)

    def commit(self) -> None:
        """Nothing is kept anyway."""

    def rollback(self) -> None:
        """Nothing was kept."""

    def close(self) -> None:
        """Forget all rows."""
        if self._memory is not None and not self._memory.is_closed():
            self._memory.close()
        self._memory = None

    def run(self, sql: str, params: Any = None) -> Sequence[Any] | sqlite3.Cursor:
        """What a statement gives: a cursor with rows, or no rows at all."""
        words = sql.split(None, 1)
        word = words[0].upper().rstrip(";") if words else ""
        if word in _TRANSACTIONS or not word:
            return ()
        if word in ("SHOW", "DESC", "DESCRIBE"):
            return self._show(sql)
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
            missing = problem.startswith("no such table") or "no such column" in problem or "has no column" in problem
            if missing and not _OF_CATALOGUE.match(problem):
                raise _missing(problem, self.dialect.name) from error
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

    # ------------------------------------------------------------------ the tables

    def _rows(self) -> sqlite3.Connection:
        """The database in memory, with the tables of now."""
        schema = self._schema()
        if self._memory is None or self._shown is not schema:
            self.close()
            self._memory, self._shown = MemoryDatabase(None), schema
            self._memory.connect()
            self._fill(self._memory, schema)
        memory: Any = self._memory
        connection: sqlite3.Connection = memory.connection()
        return connection

    def _fill(self, memory: Any, schema: Schema) -> None:
        create_schema(memory, plain_schema(schema), SQLITE)
        home = "public" if self.dialect.name == "postgres" else "main"
        for name, value in (
            ("current_schema", home),
            ("current_database", "database"),
            ("database", home),
            ("version", self.dialect.name),
        ):
            memory.connection().create_function(name, 0, lambda value=value: value)
        names = {table.name for table in schema}
        memory.connection().create_function(
            "to_regclass", 1, lambda name: name if name and name.split(".")[-1] in names else None
        )
        memory.execute_sql("ATTACH ':memory:' AS information_schema")
        memory.execute_sql("ATTACH ':memory:' AS pg_catalog")
        for statement in _CATALOGUE:
            memory.execute_sql(statement)
        for table in schema:
            self._describe(memory, table, table.schema or home)

    def _describe(self, memory: Any, table: Table, home: str) -> None:
        def note(place: str, *values: Any) -> None:
            memory.execute_sql(f"INSERT INTO {place} VALUES ({', '.join('?' * len(values))})", values)

        note("information_schema.tables", "database", home, table.name, "BASE TABLE")
        note("pg_catalog.pg_tables", home, table.name)
        note("pg_catalog.pg_class", table.name, "r")
        for place, column in enumerate(table.columns, 1):
            kind, sizes = self._written(column), column.type.args
            length = sizes[0] if sizes and kind.startswith(("char", "varchar")) else None
            precision = (*sizes, None, None)[:2] if length is None else (None, None)
            null = "YES" if column.null else "NO"
            key = "PRI" if column.name in table.primary_key else ""
            spelled = self.dialect.spell(column.type).lower()
            note(
                "information_schema.columns",
                *("database", home, table.name, column.name, place, column.default, null, kind),
                *(length, *precision, kind, spelled, key, ""),
            )
        for index in table.indexes:
            name = _name(table, index)
            unique = "UNIQUE " if index.unique else ""
            text = f"CREATE {unique}INDEX {name} ON {table.name} ({', '.join(part.text for part in index.parts)})"
            note("pg_catalog.pg_indexes", home, table.name, name, text)
            note("pg_catalog.pg_class", name, "i")
            for place, part in enumerate(index.parts, 1):
                note("information_schema.statistics", home, table.name, name, part.text, place, int(not index.unique))
        self._constraints(table, home, note)

    def _constraints(self, table: Table, home: str, note: Callable[..., None]) -> None:
        kinds = [(f"{table.name}_pkey", "PRIMARY KEY", table.primary_key)] if table.primary_key else []
        kinds += [(_name(table, index), "UNIQUE", index.columns) for index in table.indexes if index.unique]
        kinds += [
            (c.foreign_key.name or f"{table.name}_{c.name}_fkey", "FOREIGN KEY", (c.name,))
            for c in table.columns
            if c.foreign_key is not None
        ]
        kinds += [(c.name, "CHECK", ()) for c in table.constraints if c.name is not None]
        for name, kind, columns in kinds:
            note("information_schema.table_constraints", home, name, home, table.name, kind)
            for place, column in enumerate(columns, 1):
                note("information_schema.key_column_usage", home, name, home, table.name, column, place)

    def _written(self, column: Column) -> str:
        return _WRITTEN[self.dialect.name].get(column.type.name, column.type.name.lower())

    # ------------------------------------------------------------------ what Peewee asks of the catalogue

    def methods(self) -> Mapping[str, Callable[..., Any]]:
        """Peewee's own questions, answered from the schema."""
        return {
            "get_tables": lambda schema=None: sorted(t.name for t in self._schema() if t.schema == _plain(schema)),
            "get_columns": self._columns,
            "get_indexes": self._indexes,
            "get_primary_keys": lambda table, schema=None: list(self._key(table, schema)),
            "get_foreign_keys": self._foreign_keys,
            "get_views": lambda *_, **__: [],
            "sequence_exists": lambda *_, **__: False,
        }

    def _table(self, name: str, schema: str | None) -> Table | None:
        return next((t for t in self._schema() if t.name == name and t.schema == _plain(schema)), None)

    def _key(self, table: str, schema: str | None) -> tuple[str, ...]:
        found = self._table(table, schema)
        return found.primary_key if found is not None else ()

    def _columns(self, table: str, schema: str | None = None) -> list[Any]:
        found = self._table(table, schema)
        return [
            peewee.ColumnMetadata(
                c.name, self._written(c), c.null, c.name in self._key(table, schema), table, c.default
            )
            for c in (found.columns if found is not None else ())
        ]

    def _indexes(self, table: str, schema: str | None = None) -> list[Any]:
        found = self._table(table, schema)
        if found is None:
            return []
        return [peewee.IndexMetadata(_name(found, i), "", list(i.columns), i.unique, table) for i in found.indexes]

    def _foreign_keys(self, table: str, schema: str | None = None) -> list[Any]:
        found = self._table(table, schema)
        return [
            peewee.ForeignKeyMetadata(c.name, c.foreign_key.table, c.foreign_key.column, table, c.foreign_key.name)
            for c in (found.columns if found is not None else ())
            if c.foreign_key is not None
        ]

    def _show(self, sql: str) -> Sequence[Any]:
        """MySQL's SHOW and DESCRIBE, as far as files use them: names first, in the order the server has."""
        match = _SHOWN.match(sql.strip())
        if match is None:
            return ()
        like = match["like"]
        if (match["what"] or "").upper() == "TABLES":
            return [(t.name,) for t in self._schema() if like in (None, t.name)]
        name = match["table"] or match["described"] or ""
        table = self._table(name, None)
        if table is None:
            raise _missing(f"no such table: {name}", self.dialect.name)
        if (match["what"] or "COLUMNS").upper() in ("COLUMNS", "FIELDS"):
            return [
                (c.name, self.dialect.spell(c.type).lower(), "YES" if c.null else "NO", "", c.default, "")
                for c in table.columns
                if like in (None, c.name)
            ]
        return [
            (name, int(not index.unique), _name(table, index), place, part.text)
            for index in table.indexes
            for place, part in enumerate(index.parts, 1)
            if like in (None, _name(table, index))
        ]


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


def _plain(schema: str | None) -> str | None:
    return None if schema in (None, "public", "main") else schema


def _name(table: Table, index: Index) -> str:
    return index.name or next(automatic_names(table, index))


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


def _missing(problem: str, dialect: str) -> peewee.DatabaseError:
    """What the server's driver says where a table or column is not there."""
    column = dialect == "mysql" and "column" in problem
    return (peewee.OperationalError if column else peewee.ProgrammingError)(problem)
