"""A disk that is full, and a database that cannot be written."""

from __future__ import annotations

import shutil

import peewee as pw
import pytest

from peewit import MigrationManager, RunError
from peewit.errors import NoRoomError

from ..reliability.disks import NoDiskError, leave, small_disk
from .project import Project

MANY = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "


def test_a_full_disk_is_told(project: Project) -> None:
    """The error names the disk and the statement, nothing was kept, and with room it goes on."""
    project.start("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
    project.sql(f"{MANY} INSERT INTO note SELECT i, 'a text of some length ' || i FROM n")
    project.write("002_change", "migrator.change_fields('note', text=pw.TextField(default='', unique=True))")
    before = project.everything()
    pages = project.rows("pragma_page_count")[0][0]
    small = pw.SqliteDatabase(str(project.path), pragmas={"max_page_count": pages + 2})

    with pytest.raises(RunError) as raised:
        MigrationManager(small, project.directory, backup=False).migrate()

    text = str(raised.value)
    assert text.startswith("migration 002_change: the disk is full: database or disk is full\nin: ")
    assert "nothing of this migration was kept" in text
    assert "make room on the disk of the database, then run it again: peewit migrate" in text
    assert project.everything() == before
    assert project.manager().migrate().applied == ("002_change",)


def test_a_full_disk_beside_a_copy_says_what_the_copy_takes(project: Project) -> None:
    """Where the copy has room and the change has not: how much it takes, and how to do without; that works."""
    project.start("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
    project.sql(f"{MANY} INSERT INTO note SELECT i, 'a text of some length ' || i FROM n")
    project.write("002_change", "migrator.change_fields('note', text=pw.BlobField(null=True))")
    pages, size = project.rows("pragma_page_count")[0][0], project.rows("pragma_page_size")[0][0]
    small = pw.SqliteDatabase(str(project.path), pragmas={"max_page_count": pages + 2})

    with pytest.raises(RunError) as raised:
        MigrationManager(small, project.directory).migrate()

    assert str(raised.value).splitlines()[-2:] == [
        "make room on the disk of the database, then run it again: peewit migrate",
        f"{pages * size:,} bytes of it went into the copy made before; to do without a copy: --no-backup",
    ]
    assert list(project.path.parent.glob("*-before-*")) == []


def test_a_body_does_not_run_where_nothing_can_be_written(project: Project) -> None:
    """It may do something outside the database, so it is refused before that."""
    done = project.path.with_name("done")
    project.start("CREATE TABLE note (id INTEGER PRIMARY KEY)")
    project.write("002_effect", f"open({str(done)!r}, 'w').close()")
    database = pw.SqliteDatabase(f"file:{project.path}?immutable=1", uri=True)

    with pytest.raises(RunError, match="the database may not be written"):
        MigrationManager(database, project.directory).migrate()

    assert not done.exists()


def test_a_full_disk_in_wal_mode_is_told_before_anything_is_read(project: Project) -> None:
    """SQLite writes an index of its log before it reads, and speaks of an I/O error only."""
    project.start("CREATE TABLE note (id INTEGER PRIMARY KEY)")
    project.write("002_change", "migrator.add_fields('note', text=pw.TextField(null=True))")
    try:
        with small_disk(project.path.parent) as disk:
            project.sql("PRAGMA journal_mode = wal")
            shutil.copy(project.path, disk / "app.db")
            database = pw.SqliteDatabase(str(disk / "app.db"))
            ballast = leave(disk, 0)
            with pytest.raises(NoRoomError, match="because its disk is full: disk I/O error") as raised:
                MigrationManager(database, project.directory).migrate()
            assert "make room on the disk of the database" in str(raised.value)
            ballast.unlink()
            assert MigrationManager(database, project.directory).migrate().applied == ("002_change",)
            database.close()
    except NoDiskError as error:
        pytest.skip(str(error))
