"""What a rebuild proves before it is kept, and that a copy which is not what was copied is noticed."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from peewit import NoRoomError, PeewitError
from peewit.compile import Copying, Statement
from peewit.reports import Event, Executing

from .project import FROZEN, ON, Project

WIDE = ", ".join(f"c{number} TEXT" for number in range(130))
REBUILD = "migrator.change_fields('t', a=pw.IntegerField(null=True))"


@pytest.fixture(params=[ON, FROZEN])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """Values of every type SQLite has, in columns of other types, in a wide table that counts on."""
    project = Project(tmp_path, request.param)
    project.start(f"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b, {WIDE})")
    values = ("1", "1.0", "'1'", "x'31'", "NULL", "9223372036854775807", "'a' || char(0) || 'b'", "CAST(x'ff' AS TEXT)")
    for number, value in enumerate(values):
        project.sql(f"INSERT INTO t (a, b, c0, c129) VALUES ('{number}', {value}, {value}, 'last')")
    project.sql("INSERT INTO t (id) VALUES (1000)")
    project.sql("DELETE FROM t WHERE id = 1000")
    return project


TYPES = "SELECT typeof(b), hex(b), typeof(c0), hex(c0), c129 FROM t ORDER BY id"


def change(project: Project, **settings: Any) -> None:
    project.write("002_change", REBUILD)
    project.manager(**settings).migrate()


def test_a_rebuild_proves_every_value(project: Project) -> None:
    """The full proof finds nothing to say against a copy that is right, whatever the values are."""
    before = project.sql(TYPES)

    change(project, proof="full")

    assert project.sql(TYPES) == before
    assert project.sql("SELECT typeof(a) FROM t") == [("integer",)] * 8
    assert project.sql("SELECT seq FROM sqlite_sequence WHERE name = 't'") == [(1000,)]


def test_a_table_in_which_sqlite_sees_nulls_that_are_not_there(tmp_path: Path) -> None:
    """WITHOUT ROWID, by a key that is not its first columns: the full proof was not met, whatever the rows."""
    project = Project(tmp_path)
    columns = "a TEXT NOT NULL, b INTEGER NOT NULL, c INTEGER, d INTEGER NOT NULL"
    project.start(f"CREATE TABLE t ({columns}, PRIMARY KEY (a, d)) WITHOUT ROWID")
    project.sql("INSERT INTO t VALUES ('x', 1, 2, 3)")
    project.write("002_change", "migrator.change_fields('t', b=pw.TextField())")
    project.manager(proof="full").migrate()
    assert project.sql("SELECT b FROM t") == [("1",)]


DAMAGE = {
    "a value": "UPDATE peewit_new_t SET c129 = 'other' WHERE id = 3",
    "a type": "UPDATE peewit_new_t SET b = 1.0 WHERE id = 1",
    "two rows": "UPDATE peewit_new_t SET b = iif(id = 1, 1.0, 1) WHERE id < 3",
    "a null": "UPDATE peewit_new_t SET c129 = NULL WHERE id = 8",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_copy_that_is_not_what_was_copied_is_noticed(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept. The damage is done by the test itself, between the copy and its proof."""
    from peewit.run.sessions import sqlite_session

    before = project.sql(TYPES)
    proved = sqlite_session.refuse_changed

    def damaged_first(connection: Any, copying: Copying) -> None:
        connection.execute(DAMAGE[name])
        proved(connection, copying)

    monkeypatch.setattr(sqlite_session, "refuse_changed", damaged_first)
    with pytest.raises(PeewitError, match="is not what was copied"):
        change(project, proof="full")
    assert project.sql(TYPES) == before


@pytest.mark.parametrize("proof", ["basic", "full"])
def test_a_counter_that_is_lost_is_noticed(project: Project, proof: str) -> None:
    """AUTOINCREMENT that would count from the start again, without ``proof="full"`` as well."""

    def forget(event: Event) -> None:
        if isinstance(event, Executing) and _drops_old(event.statement):
            project.database.execute_sql("DELETE FROM sqlite_sequence")

    before = project.sql(TYPES)
    project.write("002_change", REBUILD)
    with pytest.raises(PeewitError, match="counter"):
        project.manager(proof=proof).migrate(tell=forget)
    assert project.sql(TYPES) == before


def _drops_old(statement: Statement) -> bool:
    return getattr(statement, "sql", "").startswith(("CREATE INDEX", "DROP TABLE"))


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_table_there_is_no_room_for_twice(project: Project, journal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before the copy begins, with what is needed and what is free."""
    project.sql(f"PRAGMA journal_mode = {journal}")
    project.sql(
        "INSERT INTO t (b) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "SELECT zeroblob(4000) FROM n"
    )
    before = project.sql(TYPES)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 100_000, 100_000))

    with pytest.raises(
        NoRoomError, match=r'copy table "t": about [\d,]+ bytes are needed and 100,000 are free'
    ) as raised:
        change(project, backup=False)

    assert "nothing of this migration was kept" in str(raised.value)
    assert project.sql(TYPES) == before


def test_a_small_table_in_a_large_file_needs_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the table that is copied, where SQLite can tell its size."""
    project = Project(tmp_path)
    project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)", "CREATE TABLE big (b)")
    project.sql("INSERT INTO big VALUES (zeroblob(1000000))")
    project.sql("INSERT INTO t (a) VALUES ('1')")
    if not project.sql("SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'"):
        pytest.skip("this SQLite cannot tell the size of a table")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 100_000, 100_000))

    change(project, backup=False)

    assert project.sql("SELECT a FROM t") == [(1,)]
