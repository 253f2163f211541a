"""A process killed at any statement loses nothing: the file is whole, and running again finishes the job."""

from __future__ import annotations

import os
import sys

import pytest

from ..reliability.faults import Fault, Killing, tapped
from .project import FROZEN, OFF, ON, Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process kills itself with SIGKILL")

START = (
    "CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, age INT)",
    "CREATE INDEX author_age ON author (age)",
    "CREATE TABLE book (id INTEGER PRIMARY KEY, author INT REFERENCES author ON DELETE CASCADE, title TEXT)",
    "CREATE TABLE log (what TEXT)",
)
TRIGGER = "CREATE TRIGGER noted AFTER DELETE ON book BEGIN INSERT INTO log VALUES (old.title); END"
CHANGE = """
    migrator.change_fields('author', name=pw.TextField(default=lambda: 'nobody'))
    migrator.change_fields('author', age=pw.TextField(null=True))
    migrator.add_fields('book', pages=pw.IntegerField(default=1))
    migrator.change_fields('book', title=pw.CharField(max_length=90, null=True))
    migrator.run(lambda: database.execute_sql("INSERT INTO log VALUES ('ran')"))
    migrator.rename_table('book', 'volume')
    """
SEED = 500
"""So many rows that the new tables do not fit into SQLite's page cache at once."""


def given(project: Project, journal: str) -> None:
    """Two tables with rows, the change not yet applied, and pages so few that SQLite has to write early."""
    project.start(*START)
    project.sql(TRIGGER)
    project.sql(f"PRAGMA journal_mode = {journal}")
    numbers = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SEED})"
    project.sql(f"{numbers} INSERT INTO author SELECT i, iif(i % 2, NULL, 'n' || i), i FROM n")
    project.sql(f"{numbers} INSERT INTO book SELECT i, i, 'title ' || i FROM n")
    project.write("002_change", CHANGE)
    project.database._pragmas.append(("cache_size", 2))


def killed_at(project: Project, number: int) -> bool:
    """Migrate in a child process that kills itself before statement ``number``; False if it was done before that."""
    child = os.fork()
    if child == 0:
        try:
            project.database.close()
            tapped(project.database, Killing(Fault(when="before", number=number)))
            project.manager().migrate()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


STEP = 1 if int(os.environ.get("PEEWIT_LAWS", "0")) > 200 else 23


@pytest.mark.parametrize(("journal", "number"), [("delete", 3), ("wal", 7)])
@pytest.mark.parametrize("setting", [ON, OFF, FROZEN])
def test_killed_at_many_statements(
    tmp_path_factory: pytest.TempPathFactory, setting: str, journal: str, number: int
) -> None:
    """After each kill the rows are there, the file is whole, nobody is locked out, and the next run finishes.

    The scoreboard does it at every statement of many migrations; here it is under every setting.
    """
    number, killed = 1 if STEP == 1 else number, True
    while killed:
        project = Project(tmp_path_factory.mktemp("killed"), setting)
        given(project, journal)
        before = project.everything()

        killed = killed_at(project, number)
        if project.sql("SELECT name FROM migratehistory") == [("001_start",)]:
            assert project.everything() == before, number
        assert project.problems() == []
        project.manager(lock_timeout=0.0).migrate()

        assert project.manager().status().up_to_date
        assert project.sql("SELECT count(*), count(name), sum(age) FROM author") == [
            (SEED, SEED, SEED * (SEED + 1) / 2)
        ]
        assert project.sql("SELECT count(*), min(pages), max(title) FROM volume") == [(SEED, 1, "title 99")]
        assert project.rows("log") == [("ran",)]
        assert project.problems() == []
        assert sorted(name for name in project.texts() if "peewit" in name) == []
        number += STEP
    assert number > 60
