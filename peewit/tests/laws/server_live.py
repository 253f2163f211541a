"""A live server seen from outside: a database as its catalogue describes it, its rows, and rows to put in."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import peewee as pw

from .specs import FieldSpec, Model, Spec, TableSpec, quoted
from .worlds import KINDS, MARIADB, POSTGRES, World

Described = dict[str, dict[str, Any]]
KEY_VALUES: dict[str, tuple[Any, ...]] = {
    "char": ("", "a", "O'Brien", 'k"k', "ünï", "12"),
    "uuid": tuple(f"{n:08x}-0000-0000-0000-000000000000" for n in (1, 2, 2**31)),
    "int": (0, 1, -1, 2, 10**9, -(2**31)),
    "auto": (1, 2, 5, 1000),
    "bigauto": (1, 2, 2**40),
    "identity": (1, 2, 7, 50),
}


class Live:
    """A connection of our own, which sees what anybody would see."""

    def __init__(self, database: pw.Database) -> None:
        self.database = database
        self.world: World = POSTGRES if isinstance(database, pw.PostgresqlDatabase) else MARIADB
        self.path = POSTGRES.quoted if self.world is POSTGRES else MARIADB.quoted

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement that has no parameters: a ``%`` means itself."""
        cursor = self.database.cursor()
        cursor.execute(sql, None)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def empty(self) -> None:
        """Drop everything."""
        if self.world is POSTGRES:
            self.ask("DROP SCHEMA public CASCADE")
            self.ask("CREATE SCHEMA public")
        else:
            name = self.database.database
            self.ask(f"DROP DATABASE {name}")
            self.ask(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
            self.ask(f"USE {name}")

    def tables(self) -> list[str]:
        """The tables of the application."""
        schema = "'public'" if self.world is POSTGRES else "database()"
        rows = self.ask(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {schema} ORDER BY 1")
        return [name for (name,) in rows if not name.startswith("migratehistory")]

    def schema(self) -> Described:
        """Every table as the server describes it, without what models leave to it: names, orders."""
        describe = _postgres_table if self.world is POSTGRES else _mariadb_table
        return {name: describe(self, name) for name in self.tables()}

    def left_overs(self) -> list[str]:
        """What belongs to no table of the application any more."""
        if self.world is MARIADB:
            return []
        rows = self.ask(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace "
            "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))"
        )
        return [name for (name,) in rows]

    def everything(self) -> tuple[Described, dict[str, list[str]]]:
        """All there is: equal before and after where nothing may change."""
        schema = self.schema()
        return schema, {t: sorted(map(repr, self.rows(t, d["columns"]))) for t, d in schema.items()}

    def rows(self, table: str, columns: Iterable[str]) -> list[tuple[Any, ...]]:
        """The rows of a table: on PostgreSQL every value as its text."""
        cast = "::text" if self.world is POSTGRES else ""
        listed = ", ".join(f"{self.path(name)}{cast}" for name in columns) or "1"
        return self.ask(f"SELECT {listed} FROM {self.path(table)}")


def made_by_peewee(live: Live, models: Sequence[Model]) -> Described | None:
    """What ``create_tables()`` makes of the models in the empty database; None where it cannot, or skips an index."""
    live.empty()
    try:
        live.database.create_tables(models)
    except (pw.DatabaseError, ValueError):
        return None
    wanted = sum(len(model._meta.fields_to_index()) for model in models)
    if live.world is POSTGRES:
        made = live.ask(
            "SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary"
        )
        if len(made) != wanted:
            return None
    return live.schema()


# ---------------------------------------------------------------------- PostgreSQL


def _postgres_table(live: Live, name: str) -> dict[str, Any]:
    oid = f"{_text(live.path(name))}::regclass"
    return {
        "columns": dict(
            live.ask(
                "SELECT attname, json_build_array(format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, "
                "regexp_replace(pg_get_expr(adbin, adrelid), 'nextval.*', 'nextval'), attcollation::regcollation)::text "
                "FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
                f"WHERE attrelid = {oid} AND attnum > 0 AND NOT attisdropped"
            )
        ),
        "constraints": Counter(
            live.ask(
                "SELECT contype::text, pg_get_constraintdef(oid) FROM pg_constraint "
                f"WHERE conrelid = {oid} AND contype <> 'n'"
            )
        ),
        "indexes": {
            (unique, primary, valid, sql.partition(" USING ")[2])
            for unique, primary, valid, sql in live.ask(
                "SELECT indisunique, indisprimary, indisvalid, pg_get_indexdef(indexrelid) "
                f"FROM pg_index WHERE indrelid = {oid}"
            )
        },
        "options": live.ask(f"SELECT reloptions::text, relpersistence::text FROM pg_class WHERE oid = {oid}"),
        "sequences": Counter(
            live.ask(
                "SELECT a.attname, format_type(s.seqtypid, NULL) FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid "
                "JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
                f"WHERE d.refobjid = {oid} AND d.deptype IN ('a', 'i')"
            )
        ),
    }


# ---------------------------------------------------------------------- MariaDB


def _mariadb_table(live: Live, name: str) -> dict[str, Any]:
    text = _text(name.replace("\\", "\\\\"))
    here = f"table_schema = database() AND table_name = {text}"
    return {
        "columns": {
            row[0]: row[1:]
            for row in live.ask(
                "SELECT column_name, column_type, is_nullable, column_default, collation_name, extra, "
                f"generation_expression FROM information_schema.columns WHERE {here}"
            )
        },
        "constraints": Counter(
            live.ask(
                "SELECT check_clause FROM information_schema.check_constraints "
                f"WHERE constraint_schema = database() AND table_name = {text}"
            )
        ),
        "keys": Counter(
            live.ask(
                "SELECT group_concat(k.column_name ORDER BY k.ordinal_position), k.referenced_table_name, "
                "group_concat(k.referenced_column_name ORDER BY k.ordinal_position), "
                "replace(r.delete_rule, 'NO ACTION', 'RESTRICT') FROM information_schema.key_column_usage k "
                "JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema "
                "AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name "
                f"WHERE k.{here.replace(' AND ', ' AND k.')} AND k.referenced_table_name IS NOT NULL "
                "GROUP BY k.constraint_name"
            )
        ),
        "indexes": {
            row[1:]
            for row in live.ask(
                "SELECT index_name, index_name = 'PRIMARY', non_unique, index_type, "
                "group_concat(concat(column_name, ' ', ifnull(sub_part, ''), ' ', ifnull(collation, '')) ORDER BY seq_in_index) "
                f"FROM information_schema.statistics WHERE {here} GROUP BY index_name"
            )
        },
        "options": live.ask(f"SELECT engine, table_collation FROM information_schema.tables WHERE {here}"),
    }


# ---------------------------------------------------------------------- rows


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literal(value: Any, world: World) -> str:
    """A value in SQL."""
    match value:
        case None:
            return "NULL"
        case bytes() if world is POSTGRES:
            return f"'\\x{value.hex()}'"
        case bytes():
            return f"x'{value.hex()}'"
        case str() if world is MARIADB:
            return _text(value.replace("\\", "\\\\"))
        case str():
            return _text(value)
        case float() if value in (float("inf"), float("-inf")):
            return f"'{value}'"
        case _:
            return str(value)


def insert_rows(live: Live, spec: Spec, seed: int) -> int:
    """Put rows into every table; a row the constraints refuse stays out. How many are in."""
    random, count = Random(seed), 0
    for table in spec:
        for number in range(random.choice((0, 1, 3, 3, 6))):
            values = {f.column_name: _value(live, spec, table, f, random, number) for f in table.fields}
            generated = {f.column_name for f in table.fields if f.generated}
            left = {f.column_name for f in table.fields if f.sql_default and random.random() < 0.3}
            columns = [name for name in values if name not in generated | left]
            text = f"({', '.join(map(live.path, columns))}) VALUES ({', '.join(values[name] for name in columns)})"
            if not columns:
                text = "DEFAULT VALUES" if live.world is POSTGRES else "() VALUES ()"
            with contextlib.suppress(pw.IntegrityError, pw.DataError), exceptions:
                live.ask(f"INSERT INTO {live.path(table.name)} {text}")
                count += 1
    return count


exceptions: Any = vars(pw)["__exception_wrapper__"]


def _value(live: Live, spec: Spec, table: TableSpec, field: FieldSpec, random: Random, number: int) -> str:
    if field.null and random.random() < 0.3:
        return "NULL"
    if field.target:
        return _reference(live, spec, table, field, random)
    if field.kind in KEY_VALUES:
        values = KEY_VALUES[field.kind]
        return literal(values[number % len(values)], live.world)
    return literal(random.choice(KINDS[field.kind].values), live.world)


def _reference(live: Live, spec: Spec, table: TableSpec, field: FieldSpec, random: Random) -> str:
    target = next(t for t in (*spec, table) if t.uid == field.target)
    refers = target.field(field.to or target.key[0])
    assert refers is not None, field
    column, path = quoted(refers.column_name, table), quoted(target.name, table)
    count = live.ask(f"SELECT count({column}) FROM {path}")[0][0]
    if not count:
        return "NULL"
    some = f"SELECT {column} FROM {path} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET {random.randrange(count)}"
    return f"(SELECT * FROM ({some}) AS chosen)"


_MIDNIGHT = re.compile(r"( 00:00:00)?(\+00(:00)?)?$")
_LENIENT: tuple[Callable[[str], Any], ...] = (
    lambda text: Fraction(text.strip()),
    lambda text: json.dumps(json.loads(text), sort_keys=True),
)


def plain(value: Any) -> Any:
    """A value whatever the type it is stored as: a number, a text of it, a moment with or without its midnight."""
    if isinstance(value, bytes):
        value = value.decode(errors="surrogateescape")
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, datetime.timedelta) and str(value)[1:2] == ":":
        value = f"0{value}"  # how a time of day is read by the driver, and written in a text
    if value is None or isinstance(value, int | decimal.Decimal):
        return None if value is None else Fraction(value)
    text = {"true": "1", "false": "0"}.get(str(value), str(value))
    if text.startswith("\\x") and len(text) % 2 == 0:
        with contextlib.suppress(ValueError):
            text = bytes.fromhex(text[2:]).decode(errors="surrogateescape")
    for read in _LENIENT:
        with contextlib.suppress(ValueError, ZeroDivisionError):
            return read(text)
    if re.match(r"\d{4}-\d\d-\d\d", text):
        text = _MIDNIGHT.sub("", text)
    return text
