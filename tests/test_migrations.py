"""The application's own migrations: they make what the models say, keep the rows, and can be undone."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from synth_codeai.database.connection import MemoryFile
from tests.conftest import MODELS, manager_of
from tests.program import migration_names

DATA_MIGRATION = "007_name_sessions_after_command"
BEFORE_IT = "006_add_display_name_to_session_model"
THEN = "2025-01-02 03:04:05"
TIMES = {"created_at": THEN, "updated_at": THEN}
SESSION = {**TIMES, "start_time": THEN, "program_version": "1", "machine_info": "{}"}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """A database file that does not exist yet."""
    file = MemoryFile(str(tmp_path / "memory.db"), pragmas={"foreign_keys": 1})
    yield file
    file.close()


def described(file: Path) -> dict[str, object]:
    """Return tables, columns, indexes and foreign keys of a database, without the history of migrations."""
    connection = sqlite3.connect(file)
    try:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'migratehistory%'"
        )
        return {name: dict(_aspects(connection, name)) for (name,) in names.fetchall()}
    finally:
        connection.close()


def _aspects(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, object]]:
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    yield "columns", sorted(column[1:] for column in columns)
    keys = connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
    yield "foreign keys", sorted(key[2:] for key in keys)
    indexes = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?", (table,)
    )
    yield "indexes", sorted(str(sql) for (sql,) in indexes)


def insert(file: SqliteDatabase, table: str, **values: object) -> None:
    """Write a row as an older program did, whose models are gone."""
    marks = ", ".join("?" * len(values))
    file.execute_sql(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def test_migrations_make_what_the_models_say(empty: SqliteDatabase, tmp_path: Path) -> None:
    """The migrated database is the one that the models themselves would create."""
    manager_of(empty).migrate()
    created = SqliteDatabase(str(tmp_path / "created.db"))
    with created.bind_ctx(MODELS), created.connection_context():
        created.create_tables(MODELS)
    assert described(Path(empty.database)) == described(tmp_path / "created.db")


def test_nothing_is_left_to_create(empty: SqliteDatabase) -> None:
    """Models, files, history and database agree."""
    manager = manager_of(empty)
    manager.migrate()
    with empty.bind_ctx(MODELS):
        assert manager.create("nothing") is None
        assert manager.check().ok
    assert manager.status().up_to_date


def test_every_migration_can_be_undone(empty: SqliteDatabase) -> None:
    """Step by step down to nothing and up again, the database is the same at each step."""
    manager = manager_of(empty)
    file = Path(empty.database)
    seen = []
    for name in migration_names():
        manager.migrate(name)
        seen.append(described(file))
    for expected in [*reversed(seen[:-1]), {}]:
        manager.rollback()
        assert described(file) == expected
    manager.migrate()
    assert described(file) == seen[-1]


def test_rows_stay_through_the_round(empty: SqliteDatabase) -> None:
    """Rows written at the start are there at the end, with the defaults that came later."""
    manager = manager_of(empty)
    manager.migrate("001")
    insert(empty, "session", **SESSION, command_line="assistant  -m  x")
    insert(empty, "key_fact", **TIMES, content="kept")
    manager.migrate()
    assert empty.execute_sql("SELECT status, display_name FROM session").fetchall() == [
        ("pending", "assistant -m x")
    ]
    assert empty.execute_sql("SELECT content, session_id FROM key_fact").fetchall() == [("kept", None)]
    manager.rollback("001")
    assert empty.execute_sql("SELECT command_line FROM session").fetchall() == [("assistant  -m  x",)]
    assert empty.execute_sql("SELECT content FROM key_fact").fetchall() == [("kept",)]


def test_sessions_are_named_after_their_command_and_back(empty: SqliteDatabase) -> None:
    """The data migration names what has no name, and undoing it takes back only the names it gave."""
    manager = manager_of(empty)
    manager.migrate(BEFORE_IT)
    long = "assistant " * 10
    rows = [("run  it\nnow", None), ("run", "mine"), ("", None), (long, None)]
    for command, name in rows:
        insert(empty, "session", **SESSION, status="pending", command_line=command, display_name=name)
    query = "SELECT display_name, updated_at FROM session ORDER BY id"
    manager.migrate(DATA_MIGRATION)
    names = ["run it now", "mine", None, long[:60]]
    assert empty.execute_sql(query).fetchall() == [(name, THEN) for name in names]
    manager.rollback()
    assert empty.execute_sql(query).fetchall() == [(name, THEN) for _, name in rows]
