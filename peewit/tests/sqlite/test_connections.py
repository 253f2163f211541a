"""Other connections, the application's own settings, and transactions that are open already."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import peewee as pw
import pytest

from peewit import LockBusyError, MigrationManager, PeewitError, RunError, UnsupportedChangeError

from .project import OFF, ON, Project

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INT)"
EDIT = "migrator.change_fields('t', name=pw.TextField(null=True))"
REBUILD = "migrator.change_fields('t', name=pw.BlobField())"
WAYS = pytest.mark.parametrize("change", [EDIT, REBUILD], ids=["edit", "rebuild"])


@pytest.fixture
def other(project: Project) -> Iterator[sqlite3.Connection]:
    """A connection of somebody else to a database with one table and three rows."""
    project.start(TABLE)
    project.sql("INSERT INTO t (name) VALUES ('a'), ('b'), ('c')")
    with closing(sqlite3.connect(project.path, isolation_level=None, timeout=0.2)) as connection:
        yield connection


@WAYS
def test_a_reader_in_wal_mode_sees_the_old_state_until_it_ends(
    project: Project, other: sqlite3.Connection, change: str
) -> None:
    """Somebody who reads during the migration finishes in peace and then sees the new table."""
    other.execute("PRAGMA journal_mode = wal")
    other.execute("BEGIN")
    before = other.execute("SELECT name FROM t").fetchall()

    project.change(change)
    during = other.execute("SELECT name, typeof(name) FROM t").fetchall()
    other.execute("COMMIT")
    after = other.execute("SELECT typeof(name) FROM t").fetchall()

    assert before == [("a",), ("b",), ("c",)]
    assert during == [("a", "text"), ("b", "text"), ("c", "text")]
    assert after == [("blob",) if change == REBUILD else ("text",)] * 3
    assert project.problems() == []


@WAYS
def test_a_reader_that_does_not_end_stops_the_migration_cleanly(
    project: Project, other: sqlite3.Connection, change: str
) -> None:
    """With a rollback journal a reader blocks the commit: the error says so, nothing is kept, the next try works."""
    project.database.timeout = 0.2
    project.database.close()
    other.execute("BEGIN")
    other.execute("SELECT name FROM t").fetchone()
    before = project.everything()

    with pytest.raises(LockBusyError, match="locked by another connection"):
        project.change(change)
    same = project.everything() == before
    other.execute("COMMIT")
    project.manager().migrate()

    assert same
    assert project.manager().status().up_to_date
    assert project.problems() == []


def test_a_writer_that_does_not_end_is_waited_for_and_then_told(project: Project, other: sqlite3.Connection) -> None:
    """Somebody who writes holds a migration up for the database's timeout; the error says what to do."""
    project.database.timeout = 0.2
    project.database.close()
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(LockBusyError, match="timeout") as raised:
        project.change(REBUILD)
    other.execute("ROLLBACK")

    assert "nothing of this migration was kept" in str(raised.value)
    assert project.manager().migrate().applied == ("002_change",)


@WAYS
def test_prepared_statements_of_others_see_the_new_table(
    project: Project, other: sqlite3.Connection, change: str
) -> None:
    """A statement another connection compiled before goes by the new description afterwards."""
    insert = "INSERT INTO t (name) VALUES (?)"
    other.execute(insert, ("d",))

    project.change(change)
    if change == EDIT:
        other.execute(insert, (None,))
    else:
        other.execute(insert, ("e",))

    assert project.sql("SELECT count(*) FROM t") == [(5,)]
    assert project.problems() == []


def test_a_failed_migration_leaves_no_stale_description_behind(project: Project, other: sqlite3.Connection) -> None:
    """After a rollback the connection looks again: what others do next to the schema is not missed.

    An index somebody else makes at that moment has to get its entries from the application's next insert.
    """
    project.database.connect()
    with pytest.raises(RunError):
        project.change(f"{EDIT}\nmigrator.run(lambda: 1 / 0)")

    other.execute("CREATE INDEX i ON t (name)")
    project.database.execute_sql("INSERT INTO t (name) VALUES ('z')")

    assert project.problems() == []
    assert project.sql("SELECT count(*) FROM t WHERE name = 'z'") == [(1,)]


def begin_by_atomic(project: Project) -> None:
    """Migrate inside an atomic block."""
    with project.database.atomic():
        project.manager().migrate()


def begin_by_hand(project: Project) -> None:
    """Migrate where the application manages transactions itself and has begun one."""
    with project.database.manual_commit():
        project.database.begin()
        project.manager().migrate()


def begin_by_statement(project: Project) -> None:
    """Migrate behind Peewee's back, after a BEGIN of one's own."""
    project.database.execute_sql("BEGIN")
    project.manager().migrate()


@pytest.mark.parametrize("migrate", [begin_by_atomic, begin_by_hand, begin_by_statement])
def test_an_open_transaction_is_refused(project: Project, migrate: Callable[[Project], None]) -> None:
    """A migration does not ride in the caller's transaction: it says so and changes nothing."""
    project.start(TABLE)
    project.write("002_change", REBUILD)
    before = project.everything()
    project.database.connect()

    with pytest.raises(UnsupportedChangeError, match="transaction") as raised:
        migrate(project)

    project.database.close()
    assert "commit or roll back" in str(raised.value)
    assert project.everything() == before


PRAGMAS = ("foreign_keys", "legacy_alter_table", "writable_schema", "recursive_triggers", "defer_foreign_keys")


def pragmas(project: Project) -> list[int]:
    """What is set on the application's connection."""
    return [project.database.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS]


@pytest.mark.parametrize("legacy", [0, 1])
@pytest.mark.parametrize("fails", [False, True], ids=["runs", "fails"])
def test_the_connections_settings_are_as_before(any_project: Project, fails: bool, legacy: int) -> None:
    """Foreign keys, the old ALTER TABLE and writable_schema are put back, also after a failure."""
    any_project.start(TABLE)
    any_project.database.connect()
    any_project.database.execute_sql(f"PRAGMA legacy_alter_table = {legacy}")
    before = pragmas(any_project)

    any_project.write("002_change", f"{REBUILD}\nmigrator.rename_table('t', 'u')" + ("\n1 / 0" if fails else ""))
    if fails:
        with pytest.raises(PeewitError):
            any_project.manager().migrate()
    else:
        any_project.manager().migrate()

    assert pragmas(any_project) == before
    assert before[:2] == [int(any_project.setting != OFF), legacy]


def test_an_open_connection_stays_open_and_a_closed_one_is_closed(project: Project) -> None:
    """The manager uses the application's connection if there is one and leaves it as it was."""
    project.start(TABLE)
    closed = project.database.is_closed()
    project.database.connect()
    project.change(REBUILD)

    assert closed
    assert not project.database.is_closed()


@pytest.mark.parametrize("setting", [ON, OFF])
def test_attached_databases_are_left_alone(tmp_path: Path, setting: str) -> None:
    """A table of the same name in an attached file is not touched."""
    project = Project(tmp_path, setting)
    project.start(TABLE)
    project.sql("INSERT INTO t (name) VALUES ('mine')")
    with closing(sqlite3.connect(tmp_path / "other.db", isolation_level=None)) as connection:
        connection.execute(TABLE)
        connection.execute("INSERT INTO t (name) VALUES ('theirs')")
    project.database.attach(str(tmp_path / "other.db"), "other")

    project.change(
        f"{REBUILD}\nmigrator.add_fields('t', m=pw.IntegerField(default=2))\nmigrator.rename_table('t', 'u')"
    )

    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        assert connection.execute("SELECT sql FROM sqlite_master").fetchall() == [(TABLE,)]
        assert connection.execute("SELECT * FROM t").fetchall() == [(1, "theirs", None)]
    assert project.rows("u") == [(1, b"mine", None, 2)]
    project.database.close()


MAIN = """
class Author(pw.Model):
    name = pw.CharField({field})
    class Meta:
        schema = "main"
        table_name = "{table}"
"""


def test_a_schema_called_main_is_the_database_itself(project: Project) -> None:
    """Models that write Meta.schema = "main" are created, changed, renamed and rolled back like others."""
    project.evolve(MAIN.format(field="null=True", table="author"))["Author"].create(name="a")
    project.evolve(MAIN.format(field="index=True", table="writer"), renames={"main.author": "main.writer"})
    project.evolve(MAIN.format(field="index=True, collation='NOCASE'", table="writer"))
    findings = project.manager().check().findings
    unchanged = project.manager().create("nothing")
    project.manager().rollback(count=2)

    assert findings == ()
    assert unchanged is None
    assert project.rows("author") == [(1, "a")]
    assert project.problems() == []


def test_a_reference_with_a_schema_is_refused_by_name(project: Project) -> None:
    """SQLite takes no schema behind REFERENCES, so create_tables() fails: create says so and writes nothing."""
    project.define(MAIN.format(field="", table="author") + "class Book(pw.Model):\n    by = pw.ForeignKeyField(Author)")

    with pytest.raises(PeewitError, match="Book"):
        project.manager().create("start")

    assert not project.directory.exists()


def test_a_model_of_an_attached_database_is_refused(project: Project) -> None:
    """Only the main database is migrated: a model of another one is not put into it by mistake."""
    project.define("class T(pw.Model):\n    class Meta:\n        schema = 'other'")

    with pytest.raises(PeewitError, match="other"):
        project.manager().create("start")

    assert not project.directory.exists()


def test_a_database_in_memory(tmp_path: Path) -> None:
    """Tests of an application migrate a database in memory: no lock file, no snapshot, the rows stay."""
    database = pw.SqliteDatabase(":memory:", pragmas={"foreign_keys": 1})
    project = Project(tmp_path)
    project.write("001_start", f"migrator.sql({TABLE!r})")
    manager = MigrationManager(database, project.directory)
    database.connect()
    manager.migrate()
    database.execute_sql("INSERT INTO t (name) VALUES ('a')")
    project.write("002_change", REBUILD)
    manager.migrate()

    assert database.execute_sql("SELECT * FROM t").fetchall() == [(1, b"a", None)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["migrations"]
    database.close()
