"""Folders in the manner of real projects: what they lead to with us is what they led to with peewee-migrate.

Each folder is one habit. ``outcome.json`` in it was made by :mod:`stock`, with the version of peewee-migrate the
folder was written for. One folder alone: ``pytest tests/legacy -k FOLDER``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from .project import Legacy, folders, project, url_of
from .snapshot import Snapshot


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each folder on each database it is meant for."""
    if "on_sqlite" in metafunc.fixturenames:
        metafunc.parametrize("on_sqlite", folders("sqlite"), indirect=True)
    if "on_postgres" in metafunc.fixturenames:
        metafunc.parametrize("on_postgres", folders("postgres"), indirect=True)


@pytest.fixture
def on_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Legacy]:
    """A folder with a SQLite file that does not exist yet."""
    with project(request.param, "sqlite", pw.SqliteDatabase("app.db"), "sqlite:///app.db", tmp_path) as made:
        yield made


@pytest.fixture
def on_postgres(request: pytest.FixtureRequest, tmp_path: Path, postgres: pw.Database) -> Iterator[Legacy]:
    """A folder with an empty database, on each version of PostgreSQL."""
    with project(request.param, "postgres", postgres, url_of(postgres), tmp_path) as made:
        yield made


# ---------------------------------------------------------------------- what is asked of each


def leads_to_the_same(legacy: Legacy) -> None:
    legacy.migrate()
    assert different(legacy.outcome["migrated"], legacy.snapshot()) == []


def leaves_nothing_to_do(legacy: Legacy) -> None:
    legacy.migrate()
    before = legacy.world()
    findings = legacy.manager().check().findings
    created = legacy.manager().create("phantom")
    text = "" if created is None else created.read_text(encoding="utf-8")
    if created is not None:
        created.unlink()
    assert [f.message for f in findings if f.kind in ("models", "database")] == []
    assert text == ""
    assert before == legacy.world(), "a replay touched the database or the files"


def goes_back_to_the_same(legacy: Legacy) -> None:
    legacy.migrate()
    there = legacy.snapshot()
    legacy.rollback(legacy.outcome["rolled_back"])
    assert different(legacy.outcome["after_rollback"], legacy.snapshot()) == []
    if legacy.settings.get("again", True):
        legacy.manager().migrate()
        assert different(without_rows(there), without_rows(legacy.snapshot())) == []


def is_planned_without_a_trace(legacy: Legacy) -> None:
    if legacy.hooks is not None and hasattr(legacy.hooks, "prepare"):
        legacy.hooks.prepare(legacy.database)
    before = legacy.world()
    legacy.manager().plan()
    assert before == legacy.world(), "a plan touched the database or the files"


def test_sqlite_same_schema_and_rows(on_sqlite: Legacy) -> None:
    """From empty, schema, rows and history are what stock produces."""
    leads_to_the_same(on_sqlite)


def test_sqlite_no_phantom_changes(on_sqlite: Legacy) -> None:
    """Right after, check and create find nothing, and looking for it has no effect."""
    leaves_nothing_to_do(on_sqlite)


def test_sqlite_roll_back_and_again(on_sqlite: Legacy) -> None:
    """One by one back as far as stock goes it is what stock leaves, and forward again what was there."""
    goes_back_to_the_same(on_sqlite)


def test_sqlite_plan(on_sqlite: Legacy) -> None:
    """A plan has no effect."""
    is_planned_without_a_trace(on_sqlite)


def test_postgres_same_schema_and_rows(on_postgres: Legacy) -> None:
    """From empty, schema, rows and history are what stock produces."""
    leads_to_the_same(on_postgres)


def test_postgres_no_phantom_changes(on_postgres: Legacy) -> None:
    """Right after, check and create find nothing, and looking for it has no effect."""
    leaves_nothing_to_do(on_postgres)


def test_postgres_roll_back_and_again(on_postgres: Legacy) -> None:
    """One by one back as far as stock goes it is what stock leaves, and forward again what was there."""
    goes_back_to_the_same(on_postgres)


def test_postgres_plan(on_postgres: Legacy) -> None:
    """A plan has no effect."""
    is_planned_without_a_trace(on_postgres)


# ---------------------------------------------------------------------- what differs


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


# ---------------------------------------------------------------------- what differs harmlessly


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
    """Peewee changed the spelling of types SQLite treats alike: the affinity is the same."""
    return {"SMALLINT": "INTEGER", "BIGINT": "INTEGER"}.get(type_.upper(), type_.upper())


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
