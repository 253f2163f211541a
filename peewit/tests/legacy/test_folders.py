"""Folders in the manner of real projects: what they lead to with us is what they led to with peewee-migrate.

Each folder is one habit. ``outcome.json`` in it was made by :mod:`stock`, with the version of peewee-migrate the
folder was written for. One folder alone: ``pytest tests/legacy -k FOLDER``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest

from peewit import PeewitError

from .harmless import different, without_key_indexes, without_rows
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
    agree(legacy, legacy.outcome["migrated"], legacy.snapshot())


def leaves_nothing_to_do(legacy: Legacy) -> None:
    legacy.migrate()
    before = legacy.world()
    findings = legacy.manager().check().findings
    created = legacy.manager().create("phantom", renames={})
    text = "" if created is None else created.read_text(encoding="utf-8")
    if created is not None:
        created.unlink()
    if not legacy.settings.get("hides"):  # then nobody can know what the file did
        phantoms = [f.message for f in findings if f.kind in ("models", "database")]
        assert not phantoms, "\n".join(phantoms)
        assert text == ""
    assert before == legacy.world(), "a replay touched the database or the files"


def goes_back_to_the_same(legacy: Legacy) -> None:
    legacy.migrate()
    there = legacy.snapshot()
    legacy.rollback(legacy.outcome["rolled_back"])
    agree(legacy, legacy.outcome["after_rollback"], legacy.snapshot())
    if legacy.settings.get("refuses"):
        with pytest.raises(PeewitError):
            legacy.manager().rollback()
        agree(legacy, legacy.outcome["after_rollback"], legacy.snapshot())
    if legacy.settings.get("again", True):
        legacy.manager().migrate()
        agree(legacy, without_rows(there), without_rows(legacy.snapshot()))


def agree(legacy: Legacy, expected: Snapshot, found: Snapshot) -> None:
    if "peewee 2." in legacy.outcome["by"]:
        expected, found = without_key_indexes(expected), without_key_indexes(found)
    lines = different(expected, found)
    assert not lines, "\n".join(lines)


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


@pytest.mark.one_version
def test_postgres_no_phantom_changes(on_postgres: Legacy) -> None:
    """Right after, check and create find nothing, and looking for it has no effect."""
    leaves_nothing_to_do(on_postgres)


@pytest.mark.one_version
def test_postgres_roll_back_and_again(on_postgres: Legacy) -> None:
    """One by one back as far as stock goes it is what stock leaves, and forward again what was there."""
    goes_back_to_the_same(on_postgres)


@pytest.mark.one_version
def test_postgres_plan(on_postgres: Legacy) -> None:
    """A plan has no effect."""
    is_planned_without_a_trace(on_postgres)
