"""A database in a plain form that can be kept as JSON: its tables with everything of theirs, and all rows.

Only the standard library is used and nothing of Peewee: the same text runs beside every old version. What asks
the database is given as a function that takes SQL and returns rows.
"""

from __future__ import annotations

import datetime
import decimal
import json
import re
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

Query = Callable[[str], Sequence[Sequence[Any]]]
Snapshot = dict[str, Any]

MASKED = "…"
"""What stands for a value that is another one in every run."""


def snapshot(query: Query, kind: str, history: str = "migratehistory", volatile: Collection[str] = ()) -> Snapshot:
    """Describe a database. ``history`` is its history table, ``volatile`` names columns (``table.column``)."""
    read = {"sqlite": _sqlite, "postgres": _postgres}[kind]
    found = read(query)
    tables = {name: table for name, table in found["tables"].items() if not _is_history(name, history)}
    for name, table in tables.items():
        table["rows"] = _rows(query, name, table, volatile)
    names = query(f"SELECT name FROM {_quoted(history)} ORDER BY id") if _has(found, history) else []
    return {**found, "tables": dict(sorted(tables.items())), "history": [name for (name,) in names]}


def as_text(value: object) -> str:
    """JSON that a person can read and a diff can follow: one line for each column, index and row."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    # What holds only plain values stands on one line.
    inner = re.compile(r"[\[{]\s*((?:\"(?:[^\"\\]|\\.)*\"|[^\[\]{}\"])*?)\s*[\]}]")
    for _ in range(2):
        text = inner.sub(
            lambda m: m[0][0] + re.sub(r"\s*\n\s*", " ", m[1]) + m[0][-1] if len(m[0]) < 400 else m[0], text
        )
        inner = re.compile(r"\{\s*((?:\"(?:[^\"\\]|\\.)*\"|\[[^\[\]{}]*\]|[^\[\]{}\"])*?)\s*\}")
    return text + "\n"


def _quoted(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split(".", 1))


def _is_history(name: str, history: str) -> bool:
    """The history table, and peewit's own beside it."""
    return name.startswith(history)


def _has(found: Snapshot, name: str) -> bool:
    return name in found["tables"]


def _rows(query: Query, name: str, table: dict[str, Any], volatile: Collection[str]) -> list[list[Any]]:
    columns = [column["name"] for column in table["columns"]]
    listed = ", ".join(_quoted_part(column) for column in columns)
    rows = [
        [
            MASKED if f"{name}.{column}" in volatile and value is not None else _plain(value)
            for column, value in zip(columns, row, strict=True)
        ]
        for row in query(f"SELECT {listed} FROM {_quoted(name)}")
    ]
    return sorted(rows, key=lambda row: [(str(type(value)), str(value)) for value in row])


def _quoted_part(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return str(value)
    if isinstance(value, decimal.Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return "0x" + bytes(value).hex()
    return value


def _one_line(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip().rstrip(";")


# ---------------------------------------------------------------------- SQLite


def _sqlite(query: Query) -> Snapshot:
    kinds = {row[1]: row[2] for row in query("PRAGMA table_list") if row[0] == "main"}
    entries = query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
    tables = {
        name: _sqlite_table(query, name, sql)
        for type_, name, _, sql in entries
        if type_ == "table" and not name.startswith("sqlite_") and kinds.get(name) != "shadow"
    }
    return {
        "tables": tables,
        "views": {name: _one_line(sql) for type_, name, _, sql in entries if type_ == "view"},
        "triggers": {name: _one_line(sql) for type_, name, _, sql in entries if type_ == "trigger"},
    }


def _sqlite_table(query: Query, name: str, sql: str) -> dict[str, Any]:
    columns = [
        {"name": column, "type": type_, "null": not notnull, "default": default, "pk": key}
        for _, column, type_, notnull, default, key, hidden in query(f"PRAGMA table_xinfo({_quoted_part(name)})")
        if hidden != 1
    ]
    return {
        "columns": columns,
        "indexes": _sqlite_indexes(query, name),
        "foreign_keys": _sqlite_keys(query, name),
        "checks": _checks(sql),
    }


def _sqlite_indexes(query: Query, table: str) -> list[dict[str, Any]]:
    found = []
    for row in query(f"PRAGMA index_list({_quoted_part(table)})"):
        name, unique, origin, partial = row[1], bool(row[2]), row[3], row[4]
        if origin == "pk":
            continue
        sql = "".join(sql or "" for (sql,) in query(f"SELECT sql FROM sqlite_master WHERE name = '{name}'"))
        parts = [
            (column or "(expression)") + (" DESC" if desc else "") + ("" if coll == "BINARY" else f" COLLATE {coll}")
            for _, _, column, desc, coll, key in query(f"PRAGMA index_xinfo({_quoted_part(name)})")
            if key
        ]
        where = _one_line(re.split(r"\bWHERE\b", sql, flags=re.IGNORECASE)[-1]) if partial else None
        found.append({"name": name, "columns": parts, "unique": unique, "where": where})
    return sorted(found, key=lambda index: (index["columns"], index["name"]))


def _sqlite_keys(query: Query, table: str) -> list[dict[str, Any]]:
    keys: dict[int, dict[str, Any]] = {}
    for number, _, to, column, to_column, on_update, on_delete, _ in query(
        f"PRAGMA foreign_key_list({_quoted_part(table)})"
    ):
        key = keys.setdefault(
            number, {"columns": [], "to": to, "to_columns": [], "on_delete": on_delete, "on_update": on_update}
        )
        key["columns"].append(column)
        key["to_columns"].append(to_column)
    return sorted(keys.values(), key=lambda key: (key["columns"], key["to"]))


def _checks(sql: str) -> list[str]:
    """The CHECK conditions of a CREATE TABLE, by counting parentheses outside of strings."""
    found = []
    for match in re.finditer(r"\bCHECK\s*\(", sql, flags=re.IGNORECASE):
        depth, at, quote = 1, match.end(), ""
        while depth and at < len(sql):
            char = sql[at]
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"`":
                quote = char
            else:
                depth += (char == "(") - (char == ")")
            at += 1
        found.append(_one_line(sql[match.end() : at - 1]))
    return sorted(found)


# ---------------------------------------------------------------------- PostgreSQL

_OWN = "nspname <> 'information_schema' AND left(nspname, 3) <> 'pg_'"
_NAME = "CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END"


def _postgres(query: Query) -> Snapshot:
    names = query(
        f"SELECT c.oid, {_NAME} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ('r', 'p') AND {_OWN} ORDER BY 2"
    )
    views = query(
        f"SELECT {_NAME}, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ('v', 'm') AND {_OWN} ORDER BY 1"
    )
    triggers = query("SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
    enums = query(
        "SELECT t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_type t "
        "JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY 1 ORDER BY 1"
    )
    sequences = query(
        f"SELECT {_NAME}, s.seqstart, s.seqincrement FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid "
        f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OWN} "
        "AND (s.seqstart <> 1 OR s.seqincrement <> 1) ORDER BY 1"
    )
    return {
        "tables": {name: _postgres_table(query, oid) for oid, name in names},
        "views": {name: _one_line(sql) for name, sql in views},
        "triggers": {name: _one_line(sql) for name, sql in triggers},
        "enums": {name: labels for name, labels in enums},  # noqa: C416  rows, not pairs
        "sequences": {name: [start, step] for name, start, step in sequences},
    }


def _postgres_table(query: Query, oid: int) -> dict[str, Any]:
    keys = [n for (n,) in query(f"SELECT unnest(indkey) FROM pg_index WHERE indrelid = {oid} AND indisprimary")]
    columns = [
        {
            "name": name,
            "type": type_,
            "null": not notnull,
            "default": default,
            "pk": keys.index(number) + 1 if number in keys else 0,
        }
        for number, name, type_, notnull, default in query(
            "SELECT a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
            "pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a "
            "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
            f"WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        )
    ]
    checks = query(
        f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = {oid} AND contype = 'c' ORDER BY 1"
    )
    return {
        "columns": columns,
        "indexes": _postgres_indexes(query, oid),
        "foreign_keys": _postgres_keys(query, oid),
        "checks": [text for (text,) in checks],
    }


def _postgres_indexes(query: Query, oid: int) -> list[dict[str, Any]]:
    found = [
        {"name": name, "columns": list(parts), "unique": unique, "where": where, "using": using}
        for name, parts, unique, where, using in query(
            "SELECT c.relname, ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) "
            "FROM generate_series(1, i.indnkeyatts) k ORDER BY k), i.indisunique, "
            "pg_get_expr(i.indpred, i.indrelid), m.amname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            f"JOIN pg_am m ON m.oid = c.relam WHERE i.indrelid = {oid} AND NOT i.indisprimary"
        )
    ]
    return sorted(found, key=lambda index: (index["columns"], index["name"]))


def _postgres_keys(query: Query, oid: int) -> list[dict[str, Any]]:
    words = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}

    def columns(of: str, key: str) -> str:
        return (
            f"ARRAY(SELECT a.attname::text FROM unnest({key}) WITH ORDINALITY u(num, place) "
            f"JOIN pg_attribute a ON a.attrelid = {of} AND a.attnum = u.num ORDER BY u.place)"
        )

    found = [
        {
            "columns": list(own),
            "to": to,
            "to_columns": list(others),
            "on_delete": words[on_delete],
            "on_update": words[on_update],
        }
        for own, to, others, on_delete, on_update in query(
            f"SELECT {columns('k.conrelid', 'k.conkey')}, {_NAME}, {columns('k.confrelid', 'k.confkey')}, "
            "k.confdeltype::text, k.confupdtype::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid "
            f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.conrelid = {oid} AND k.contype = 'f'"
        )
    ]
    return sorted(found, key=lambda key: (key["columns"], key["to"]))
