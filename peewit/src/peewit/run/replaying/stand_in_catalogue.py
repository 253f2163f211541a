"""The catalogue of a server that is only stood in for: its tables, Peewee's questions, SHOW and DESCRIBE."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import peewee

from peewit.dialects import Dialect
from peewit.operations.index_names import automatic_names
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
_SHOWN = re.compile(
    r"(?:SHOW\s+(?:FULL\s+)?(?P<what>TABLES|COLUMNS|FIELDS|INDEX|INDEXES|KEYS)(?:\s+(?:FROM|IN)\s+`?(?P<table>[\w$]+)`?)?"
    r"|(?:DESCRIBE|DESC)\s+`?(?P<described>[\w$]+)`?)(?:\s+(?:LIKE|WHERE\s+\w+\s*=)\s+'(?P<like>[^']*)')?",
    re.IGNORECASE,
)


class Catalogue:
    """Answers from a schema. ``home`` is where tables are that name no schema, as the server calls it."""

    def __init__(self, dialect: Dialect, schema: Callable[[], Schema], home: str) -> None:
        """Take what answers for the schema of now."""
        self._dialect, self._schema, self._home = dialect, schema, home

    def fill(self, memory: Any, schema: Schema) -> None:
        """Make the catalogue's tables and functions in a database in memory."""
        home = self._home
        for name, value in (
            ("current_schema", home),
            ("current_database", "database"),
            ("database", home),
            ("version", self._dialect.name),
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
            spelled = self._dialect.spell(column.type).lower()
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
        return _WRITTEN[self._dialect.name].get(column.type.name, column.type.name.lower())

    # ------------------------------------------------------------------ what Peewee asks of the catalogue

    def methods(self) -> Mapping[str, Callable[..., Any]]:
        """Peewee's own questions, answered from the schema."""
        return {
            "get_tables": lambda schema=None: sorted(t.name for t in self._schema() if t.schema == self._plain(schema)),
            "get_columns": self._columns,
            "get_indexes": self._indexes,
            "get_primary_keys": lambda table, schema=None: list(self._key(table, schema)),
            "get_foreign_keys": self._foreign_keys,
            "get_views": lambda *_, **__: [],
            "sequence_exists": lambda *_, **__: False,
        }

    def _plain(self, schema: str | None) -> str | None:
        return None if schema == self._home else schema

    def _table(self, name: str, schema: str | None) -> Table | None:
        return next((t for t in self._schema() if t.name == name and t.schema == self._plain(schema)), None)

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

    def show(self, sql: str) -> Sequence[Any]:
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
            raise missing(f"no such table: {name}", self._dialect.name)
        if (match["what"] or "COLUMNS").upper() in ("COLUMNS", "FIELDS"):
            return [
                (c.name, self._dialect.spell(c.type).lower(), "YES" if c.null else "NO", "", c.default, "")
                for c in table.columns
                if like in (None, c.name)
            ]
        return [
            (name, int(not index.unique), _name(table, index), place, part.text)
            for index in table.indexes
            for place, part in enumerate(index.parts, 1)
            if like in (None, _name(table, index))
        ]


def _name(table: Table, index: Index) -> str:
    return index.name or next(automatic_names(table, index))


def missing(problem: str, dialect: str) -> peewee.DatabaseError:
    """What the server's driver says where a table or column is not there."""
    column = dialect == "mysql" and "column" in problem
    return (peewee.OperationalError if column else peewee.ProgrammingError)(problem)
