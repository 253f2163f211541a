"""The copy of a SQLite file that is made before a migration copies or drops anything."""

import sqlite3
import stat
from pathlib import Path

import peewee
import pytest

from peewit import BackupError, MigrationManager

FILE = "import peewee as pw\n\ndef migrate(migrator, database, *, fake=False):\n    {body}\n"


class Project:
    """A database file beside a folder of migrations written as text."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "app.db"
        self.folder = folder / "migrations"
        self.folder.mkdir()
        self.database = peewee.SqliteDatabase(self.path)

    def add(self, name: str, body: str) -> None:
        """Write one migration."""
        (self.folder / f"{name}.py").write_text(FILE.format(body=body))

    def migrate(self, *, backup: bool = True) -> None:
        """Apply what is pending."""
        MigrationManager(self.database, self.folder, backup=backup).migrate()

    def copies(self) -> list[str]:
        """The names of the copies, without the database's own."""
        return sorted(p.name.removeprefix("app.db-before-") for p in self.path.parent.glob("app.db-before-*"))


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
    copy = sqlite3.connect(f"{project.path}-before-002_retype")
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


def test_the_newest_three_are_kept(project: Project) -> None:
    """Older copies make room."""
    for number in range(2, 7):
        project.add(f"{number:03}_retype", f"migrator.change_fields('t', a=pw.CharField({number}, null=True))")
        project.add(f"{number:03}_swap", f"migrator.add_fields('t', n{number}=pw.IntegerField(default=1))")
    project.migrate()
    assert project.copies() == ["004_swap", "005_swap", "006_swap"]


def test_the_copy_has_the_files_permissions(project: Project) -> None:
    """A copy is no easier to read than the database."""
    project.path.chmod(0o600)
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    project.migrate()
    assert stat.S_IMODE(Path(f"{project.path}-before-002_drop").stat().st_mode) == 0o600


def test_a_copy_that_cannot_be_made_stops_the_migration(project: Project) -> None:
    """Without the copy nothing is changed, and the error says how to go on."""
    project.add("002_drop", "migrator.remove_fields('t', 'b')")
    (project.path.parent / "app.db-before-002_drop.part").mkdir()
    with pytest.raises(BackupError, match="002_drop"):
        project.migrate()
    with project.database.connection_context():
        assert project.database.execute_sql("SELECT b FROM t ORDER BY id").fetchall() == [("y",), ("z",)]
