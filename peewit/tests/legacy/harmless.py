"""Two snapshots compared, without what is known to differ and to do no harm; each exception says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .snapshot import Snapshot


def different(expected: Snapshot, found: Snapshot) -> list[str]:
    """What is in one and not in the other: ``-`` is missing, ``+`` too much."""
    wanted, there = list(_lines(same(expected))), list(_lines(same(found)))
    return [f"- {line}" for line in wanted if line not in there] + [f"+ {line}" for line in there if line not in wanted]


def _lines(found: Snapshot) -> Iterator[str]:
    for name, table in found["tables"].items():
        yield f"table {name}: {', '.join(c['name'] for c in table['columns'])}"
        for kind, entries in table.items():
            for entry in entries:
                yield f"{name} {kind}: {entry}"
            yield f"{name} {kind}: {len(entries)}"
    for kind in sorted(set(found) - {"tables"}):
        yield f"{kind}: {found[kind]}"


def same(found: Snapshot) -> Snapshot:
    """A snapshot without what may differ."""
    tables = {name: _table(table, found["tables"]) for name, table in found["tables"].items()}
    return {**found, "tables": tables}


def _table(table: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    return {
        **table,
        "columns": [{**c, "type": _type(c["type"]), "default": _default(c["default"])} for c in table["columns"]],
        # Versions name indexes each in their own way, and files drop them by their columns.
        "indexes": sorted(({**i, "name": ""} for i in table["indexes"]), key=str),
        "foreign_keys": [_key(key, tables) for key in table["foreign_keys"]],
    }


def _type(type_: str) -> str:
    """Peewee spells some types of SQLite otherwise than it did: numbers stay numbers, JSON is text there."""
    return {"SMALLINT": "INTEGER", "BIGINT": "INTEGER", "JSON": "TEXT"}.get(type_, type_)


def _default(default: str | None) -> str | None:
    """A sequence keeps the name it was made with, or follows its table: nobody uses that name."""
    return default and re.sub(r"nextval\('.*'::regclass\)", "nextval", default)


def _key(key: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    """A reference that names no column is one to the primary key."""
    if key["to_columns"] == [None] and key["to"] in tables:
        return {**key, "to_columns": [c["name"] for c in tables[key["to"]]["columns"] if c["pk"]]}
    return key


def without_rows(found: Snapshot) -> Snapshot:
    """What is left when rows are not looked at: a migration run twice may bring its rows twice."""
    return {**found, "tables": {name: {**table, "rows": []} for name, table in found["tables"].items()}}


def without_key_indexes(found: Snapshot) -> Snapshot:
    """Without the indexes of foreign keys: with Peewee 2 a key that was added got none, and today's models ask for it."""

    def table(table: dict[str, Any]) -> dict[str, Any]:
        keys = [key["columns"] for key in table["foreign_keys"]]
        return {**table, "indexes": [index for index in table["indexes"] if index["columns"] not in keys]}

    return {**found, "tables": {name: table(entry) for name, entry in found["tables"].items()}}
