"""The copy of a SQLite file that is made before a migration copies or drops anything."""

import contextlib
import functools
import os
import re
import shutil
import sqlite3
import stat
from pathlib import Path

import peewee
import pytest

from peewit import BackupError, MigrationManager, PeewitError
from peewit.reports import Report
from peewit.run.sessions.backup import copies_of

FILE = """
import peewee as pw

def migrate(migrator, database, *, fake=False):
    {body}

def rollback(migrator, database, *, fake=False):
    {back}
"""


def all_of(path: Path, question: str) -> list[tuple[object, ...]]:
    """What a copy answers."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


TIME = r"-\d{8}T\d{6}Z(-\d)?$"


class Project:
    """A database file beside a folder of migrations written as text."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "app.db"
        self.folder = folder / "migrations"
        self.folder.mkdir()
        self.database = peewee.SqliteDatabase(self.path)

    def add(self, name: str, body: str, back: str = "pass") -> None:
        """Write one migration."""
        (self.folder / f"{name}.py").write_text(FILE.format(body=body, back=back))

    def migrate(self, *, backup: bool = True) -> Report:
        """Apply what is pending."""
        return MigrationManager(self.database, self.folder, backup=backup).migrate()

    def rollback(self) -> Report:
        """Undo the newest migration."""
        return MigrationManager(self.database, self.folder).rollback()

    def sql(self, *statements: str) -> None:
        """Run statements, and keep what they did."""
        with self.database.connection_context():
            for statement in statements:
                self.database.execute_sql(statement)

    def copies(self) -> list[str]:
        """What the copies say they were made before, without the database's name and without their time."""
        names = [path.name.removeprefix("app.db-before-") for path in self.path.parent.glob("app.db-before-*")]
        assert [name for name in names if not re.search(TIME, name)] == []
        return sorted(re.sub(TIME, "", name) for name in names)

    def copy(self, event: str) -> Path:
        """The only copy that was made before an event."""
        (found,) = self.path.parent.glob(f"app.db-before-{event}-2*")
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A table with two rows."""
    project = Project(tmp_path)
    project.add("001_begin", "migrator.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)')")
    project.migrate()
    with project.database.connection_context():
        project.database.execute_sql("INSERT INTO t (a, b) VALUES ('x', 'y'), (NULL, 'z')")
    return project


def test_a_rebuild_is_preceded_by_a_copy(project: Project) -> None:
    """The copy holds the rows and the schema as they were, under the migration's name."""
    project.add("002_retype", "migrator.change_fields('t', a=pw.IntegerField(null=True), b=pw.BlobField(null=True))")
    with project.database.connection_context():
        project.database.execute_sql("UPDATE t SET a = '5' WHERE a = 'x'")
    project.migrate()
    assert project.copies() == ["002_retype"]
    copy = sqlite3.connect(project.copy("002_retype"))
    assert copy.execute("SELECT a, b FROM t ORDER BY id").fetchall() == [("5", "y"), (None, "z")]
    assert "a TEXT" in copy.execute("SELECT sql FROM sqlite_master WHERE name = 't'").fetchone()[0]
    copy.close()


def test_a_dropped_column_and_a_dropped_table_are_preceded_by_a_copy(project: Project) -> None:
    """What is dropped can be had back from the copy."""
    project.add("002_drop_column", "migrator.remove_fields('t', 'b')")
    project.add("003_drop_table", "migrator.remove_model('t')")
    project.migrate()
    assert project.copies() == ["002_drop_column", "003_drop_table"]


def test_a_change_that_loses_nothing_makes_no_copy(project: Project) -> None:
    """A new column and an edit of the description touch no value."""
    project.add("002_add", "migrator.add_fields('t', c=pw.TextField(null=True)); migrator.add_not_null('t', 'b')")
    project.migrate()
    assert project.copies() == []


def test_a_database_without_rows_makes_no_copy(tmp_path: Path) -> None:
    """A new database has nothing to lose."""
    project = Project(tmp_path)
    project.add("001_begin", "migrator.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)')")
    project.add("002_drop", "migrator.remove_model('t')")
    project.migrate()
    assert project.copies() == []


def test_it_can_be_left_out(project: Project) -> None:
    """``backup=False`` makes none."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    project.migrate(backup=False)
    assert project.copies() == []


def test_the_newest_five_are_kept(project: Project) -> None:
    """Older copies make room."""
    for number in range(2, 9):
        project.add(f"{number:03}_retype", f"migrator.change_fields('t', a=pw.CharField({number}, null=True))")
        project.add(f"{number:03}_swap", f"migrator.add_fields('t', n{number}=pw.IntegerField(default=1))")
        project.migrate()
    assert project.copies() == ["004_swap", "005_swap", "006_swap", "007_swap", "008_swap"]


def test_what_has_another_name_is_no_copy_of_ours(project: Project) -> None:
    """A copy somebody has made, a folder, what a killed process left: none makes room, or takes a copy's place."""
    theirs = project.path.with_name("app.db-before-the-holidays")
    shutil.copy(project.path, theirs)
    os.utime(theirs, (0, 0))
    project.path.with_name("app.db-before-folder-20260131T170000Z").mkdir()
    project.path.with_name("app.db-before-001_x-20260131T170000Z.part-journal").touch()
    for name, column in (("002_drop_a", "a"), ("003_drop_b", "b")):
        project.add(name, f"migrator.remove_fields('t', '{column}')")
        MigrationManager(project.database, project.folder, keep_backups=1).migrate()
    assert theirs.exists()
    assert [re.sub(TIME, "", path.name) for path in copies_of(str(project.path))] == ["app.db-before-003_drop_b"]


def test_a_copy_that_was_stopped_leaves_no_part(project: Project) -> None:
    """Ctrl-C while the file is copied."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    sent: list[sqlite3.Connection] = []

    class Stopping(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **_: object) -> None:
            sent.append(target)
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sqlite3.connect", functools.partial(sqlite3.connect, factory=Stopping))
        with pytest.raises(KeyboardInterrupt):
            project.migrate()
    assert len(sent) == 1
    assert list(project.path.parent.glob("app.db-before-*")) == []
    project.migrate()
    assert project.copies() == ["002_drop"]


def test_a_run_removes_none_of_the_copies_it_has_made(project: Project) -> None:
    """However many they are, forward and back: the first one has what was there before the run."""
    for number in range(2, 9):
        project.add(
            f"{number:03}_more",
            f"migrator.add_fields('t', n{number}=pw.IntegerField(default={number}))",
            f"migrator.remove_fields('t', 'n{number}')",
        )
    project.sql("UPDATE t SET b = 'before the run'")
    applied = [step.backup for step in project.migrate().steps]
    assert project.copies() == [f"{number:03}_more" for number in range(2, 9)]
    assert applied[0] is not None
    assert all_of(applied[0], "SELECT b FROM t") == [("before the run",)] * 2

    undone = MigrationManager(project.database, project.folder).rollback("001")
    assert project.copies() == [f"rollback-of-{number:03}_more" for number in range(2, 9)]
    assert undone.steps[0].backup is not None
    assert all_of(undone.steps[0].backup, "SELECT n2, n8 FROM t") == [(2, 8)] * 2
    assert sorted(removed for step in undone.steps for removed in step.removed) == sorted(filter(None, applied))


def test_a_redo_removes_neither_of_its_copies(project: Project) -> None:
    """Undoing and doing again is one run."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')", "migrator.add_fields('t', b=pw.TextField(default='n'))")
    project.migrate()
    project.sql("UPDATE t SET a = 'now'")
    project.add("003_drop", "migrator.remove_fields('t', 'a')", "migrator.add_fields('t', a=pw.TextField(default='n'))")
    manager = MigrationManager(project.database, project.folder, keep_backups=1)
    (step,) = manager.migrate().steps
    assert [old.name[:22] for old in step.removed] == ["app.db-before-002_drop"]
    undone, done = manager.redo().steps
    assert [Path(str(each.backup)).is_file() for each in (undone, done)] == [True, True]
    assert [*undone.removed, *done.removed] == [step.backup]


def test_the_copy_has_the_files_permissions(project: Project) -> None:
    """A copy is no easier to read than the database."""
    project.path.chmod(0o600)
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    project.migrate()
    assert stat.S_IMODE(project.copy("002_drop").stat().st_mode) == 0o600


def test_a_copy_that_cannot_be_made_stops_the_migration(project: Project) -> None:
    """Without the copy nothing is changed, and the error says how to go on."""
    name = f"002_{'long_' * 45}name"
    project.add(name, "migrator.remove_fields('t', 'b')")
    with pytest.raises(BackupError, match="backup=False"):
        project.migrate()
    with project.database.connection_context():
        assert project.database.execute_sql("SELECT b FROM t ORDER BY id").fetchall() == [("y",), ("z",)]


def test_a_round_of_rollback_and_migrate_keeps_the_copy_with_the_values(project: Project) -> None:
    """No copy is written over: the values that were dropped are still in the first one."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')", "migrator.add_fields('t', b=pw.TextField(null=True))")
    (step,) = project.migrate().steps
    project.rollback()
    project.migrate()
    assert project.copies() == ["002_drop"]
    assert step.backup == project.copy("002_drop")
    copy = sqlite3.connect(step.backup)
    assert copy.execute("SELECT b FROM t ORDER BY id").fetchall() == [("y",), ("z",)]
    copy.close()


def test_two_copies_of_one_second_are_two(project: Project) -> None:
    """A name that is taken is never given again."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')", "migrator.add_fields('t', b=pw.TextField(null=True))")
    for _ in range(3):
        project.sql("UPDATE t SET b = 'anew'")
        project.migrate()
        project.rollback()
    assert project.copies() == ["002_drop"] * 3


def test_a_rollback_says_so_in_the_name_of_its_copy(project: Project) -> None:
    """What the migration added is dropped with its values: the copy is of the state with it."""
    project.add("002_more", "migrator.add_fields('t', c=pw.TextField(null=True))", "migrator.remove_fields('t', 'c')")
    project.migrate()
    project.sql("UPDATE t SET c = 'new'")
    (step,) = project.rollback().steps
    assert project.copies() == ["rollback-of-002_more"]
    assert step.backup == project.copy("rollback-of-002_more")


NOTHING_LOST = {
    "an empty table": ("CREATE TABLE e (a)", "migrator.remove_model('e')"),
    "a column of nulls": ("ALTER TABLE t ADD COLUMN e TEXT", "migrator.remove_fields('t', 'e')"),
    "an empty table that is rebuilt": ("CREATE TABLE e (a TEXT)", "migrator.change_fields('e', a=pw.IntegerField())"),
    "an empty table by SQL": ("CREATE TABLE e (a)", "migrator.sql('drop table e')"),
    "no such table": ("CREATE TABLE e (a)", "migrator.sql('DROP TABLE IF EXISTS nowhere')"),
    "what only speaks of it": ("CREATE TABLE e (a)", "migrator.sql('SELECT 1 AS \"drop\"')"),
    "an index": ("CREATE INDEX i ON t (a)", "migrator.sql('DROP INDEX i')"),
}


@pytest.mark.parametrize("name", NOTHING_LOST)
def test_what_holds_nothing_is_dropped_without_a_copy(project: Project, name: str) -> None:
    """Rows elsewhere in the database are no reason for a copy."""
    before, change = NOTHING_LOST[name]
    project.add("002_before", f"migrator.sql('{before}')")
    project.add("003_change", change)
    assert [step.backup for step in project.migrate().steps] == [None, None]
    assert project.copies() == []


SOMETHING_LOST = {
    "a table by SQL": "migrator.sql('drop table \"t\"')",
    "a table by SQL with a comment": "migrator.sql('-- it goes\\n  DROP TABLE IF EXISTS main.t;')",
    "a column by SQL": "migrator.sql('ALTER TABLE t DROP b')",
    "after a rename": "migrator.rename_table('t', 'u'); migrator.remove_fields('u', 'b')",
    "after it was emptied": "migrator.sql('DELETE FROM t'); migrator.remove_model('t')",
    "after the values were removed": "migrator.sql('UPDATE t SET b = NULL'); migrator.remove_fields('t', 'b')",
}


@pytest.mark.parametrize("name", SOMETHING_LOST)
def test_what_holds_something_is_dropped_with_a_copy(project: Project, name: str) -> None:
    """What counts is what the database held before the migration began."""
    project.add("002_change", SOMETHING_LOST[name])
    project.migrate()
    copy = sqlite3.connect(project.copy("002_change"))
    assert copy.execute("SELECT b FROM t ORDER BY id").fetchall() == [("y",), ("z",)]
    copy.close()


def test_a_migration_that_locks_readers_out_first_is_stopped(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can look at what the database held, so nothing is dropped, and the error says what to do."""
    monkeypatch.setattr("peewit.run.sessions.backup.PATIENCE", 0.1)
    project.sql("PRAGMA journal_mode = delete", "PRAGMA cache_spill = 0")
    big = "INSERT INTO t (a) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT zeroblob(400) FROM n"
    project.add(
        "002_big",
        f"database.execute_sql('PRAGMA cache_size = 5'); database.execute_sql({big!r}); migrator.remove_fields('t', 'b')",
    )
    with pytest.raises(BackupError, match="split it in two"):
        project.migrate()
    with project.database.connection_context():
        assert project.database.execute_sql("SELECT b FROM t ORDER BY id").fetchall() == [("y",), ("z",)]


def test_a_migration_that_fails_leaves_no_copy(project: Project) -> None:
    """Nothing was lost: a program that fails at every start does not fill the disk."""
    project.add("002_fail", "migrator.remove_fields('t', 'b'); migrator.sql('SELECT nonsense')")
    with pytest.raises(PeewitError):
        project.migrate()
    assert project.copies() == []


def test_a_failing_migration_takes_no_older_copy_with_it(project: Project) -> None:
    """Copies make room for a new one when what it was made for is kept."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    MigrationManager(project.database, project.folder, keep_backups=1).migrate()
    project.add("003_fail", "migrator.remove_fields('t', 'a'); migrator.sql('SELECT nonsense')")
    with pytest.raises(PeewitError):
        MigrationManager(project.database, project.folder, keep_backups=1).migrate()
    assert project.copies() == ["002_drop"]


def test_what_may_have_been_kept_keeps_its_copy(project: Project) -> None:
    """A body that commits by itself and is refused for it has lost what it dropped."""
    project.add("002_drop", "migrator.remove_fields('t', 'b'); migrator.run(); database.execute_sql('COMMIT')")
    with pytest.raises(PeewitError, match="ended the transaction"):
        project.migrate()
    copy = sqlite3.connect(project.copy("002_drop"))
    assert copy.execute("SELECT b FROM t ORDER BY id").fetchall() == [("y",), ("z",)]
    copy.close()


def test_a_run_stopped_just_after_it_was_kept_keeps_its_copy(project: Project) -> None:
    """Ctrl-C in the moment after COMMIT: the rows are gone, so the copy has to stay."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    commit = project.database.commit

    def commit_and_stop() -> None:
        commit()
        with project.database.connection_context() if project.database.is_closed() else contextlib.nullcontext():
            done = project.database.execute_sql("SELECT 1 FROM migratehistory WHERE name = '002_drop'").fetchone()
        if done:
            raise KeyboardInterrupt

    project.database.commit = commit_and_stop  # type: ignore[method-assign]  # stops where a signal could
    with pytest.raises(KeyboardInterrupt):
        project.migrate()
    del project.database.commit
    assert project.copies() == ["002_drop"]


def test_sql_that_only_speaks_of_dropping(project: Project) -> None:
    """One word and a comment are no DROP."""
    project.add("002_analyze", "migrator.sql('ANALYZE -- after the drop')")
    assert project.migrate().applied == ("002_analyze",)
