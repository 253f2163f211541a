"""A file that runs in no transaction is kept piece by piece: killed anywhere, it goes on, or says why it cannot."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from peewit import PeewitError, RunError
from peewit.reports import Event, Executing

from ..killing import killed_at
from .project import Project

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process kills itself with SIGKILL")

EVERY = 1 if int(os.environ.get("PEEWIT_LAWS", "0")) > 200 else 7
"""Each place where it writes, or some of them."""

NOT_ATOMIC = "atomic = False\n"
CHANGE = """
    migrator.add_fields("person", pages=pw.IntegerField(default=1))
    migrator.sql("PRAGMA foreign_keys = OFF")
    migrator.sql("UPDATE person SET age = age + 1")
    migrator.sql("VACUUM")
    migrator.change_fields("person", age=pw.TextField(null=True))
    migrator.run(lambda: database.execute_sql("SELECT count(*) FROM person"))
    migrator.sql("INSERT INTO log SELECT count(*) FROM person")
    migrator.rename_table("person", "human")
    """


FILL = """
    def fill():
        {opened}:
            database.execute_sql("UPDATE person SET age = age + 1")
    migrator.add_fields("person", pages=pw.IntegerField(default=1))
    migrator.run(fill)
    """


def given(folder: Any) -> Project:
    """Two tables, one with three rows."""
    project = Project(folder)
    project.start("CREATE TABLE person (id INTEGER PRIMARY KEY, age INT)", "CREATE TABLE log (what TEXT)")
    project.sql("INSERT INTO person (age) VALUES (1), (2), (3)")
    return project


def test_killed_anywhere_it_goes_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is lost, nothing runs twice, and what sets up the connection is set up again."""
    number, killed = 0, True
    while killed:
        project = given(tmp_path_factory.mktemp("killed"))
        project.write("002_change", CHANGE, head=NOT_ATOMIC)
        killed = killed_at(number, project.database, project.manager().migrate)
        project.manager().migrate()
        assert project.sql("SELECT sum(age), sum(pages), count(*) FROM human") == [(9, 3, 3)], number
        assert project.rows("log") == [("3",)], number
        assert project.manager().status().up_to_date
        left = "SELECT count(*) FROM migratehistory_journal WHERE action LIKE 'begin%'"
        assert project.sql(left) == [(0,)], number
        number += EVERY
    assert number > 20


@pytest.mark.parametrize("opened", ["if True", "with database.atomic()"])
def test_a_function_that_wrote_is_reported(tmp_path_factory: pytest.TempPathFactory, opened: str) -> None:
    """In no transaction, how far it came is not known; what its own transaction undid was not begun."""
    number, killed, reported = 0, True, 0
    while killed:
        project = given(tmp_path_factory.mktemp("killed"))
        project.write("002_change", FILL.format(opened=opened), head=NOT_ATOMIC)
        killed = killed_at(number, project.database, project.manager().migrate)
        number += 5
        half = project.manager().status().interrupted
        if half and half[0].statement.startswith("UPDATE person"):
            reported += 1
            assert (half[0].name, half[0].action, half[0].done) == ("002_change", "migrate", 1)
            with pytest.raises(RunError, match=r"call fill\(\) had written by itself: UPDATE person") as raised:
                project.manager().migrate()
            assert "peewit migrate 002_change --fake" in raised.value.hint
            project.manager().migrate(fake=True)
        else:
            project.manager().migrate()
        assert project.sql("SELECT sum(age) FROM person") in ([(9,)], [(6,)] if reported else [(9,)])
        assert project.manager().status().up_to_date
    assert reported


def test_a_body_that_wrote_by_itself_is_reported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It would do it again: a person has to look."""
    project = given(tmp_path_factory.mktemp("killed"))
    project.write(
        "002_change",
        "database.execute_sql('UPDATE person SET age = age + 1')\nmigrator.sql('SELECT absent FROM person')",
        head=NOT_ATOMIC,
    )
    with pytest.raises(RunError, match="no such column") as raised:
        project.manager().migrate()
    assert "nothing of this migration was kept" not in str(raised.value)
    with pytest.raises(RunError, match="UPDATE person SET age"):
        project.manager().migrate()
    assert project.sql("SELECT sum(age) FROM person") == [(9,)]
    assert project.manager().rollback(fake=True).rolled_back == ("002_change",)
    assert project.manager().status().interrupted == ()


def test_a_failure_is_mended_and_goes_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A statement that failed has done nothing, so it is run again; what came before it is not."""
    project = given(tmp_path_factory.mktemp("killed"))
    project.write(
        "002_change",
        "migrator.sql('UPDATE person SET age = age + 1')\nmigrator.sql('INSERT INTO later VALUES (1)')",
        head=NOT_ATOMIC,
    )
    with pytest.raises(RunError, match="no such table: later") as raised:
        project.manager().migrate()
    assert "was kept (1); when the cause is mended, run it again" in str(raised.value)
    project.sql("CREATE TABLE later (a INT)")
    assert project.manager().migrate().applied == ("002_change",)
    assert project.sql("SELECT sum(age) FROM person") == [(9,)]


@pytest.mark.parametrize(("last", "told"), [("", "did not end it"), ("raise ValueError('oops')", "oops")])
def test_a_transaction_left_open_is_rolled_back(tmp_path: Path, last: str, told: str) -> None:
    """What was done in it is not called kept, and the connection is free again."""
    project = given(tmp_path)
    body = """
        migrator.sql("INSERT INTO log VALUES ('kept')")
        migrator()
        database.begin()
        migrator.sql("INSERT INTO log VALUES ('undone')")
        migrator()
        {}
        """
    project.write("002_open", body.format(last), head=NOT_ATOMIC)
    with pytest.raises(PeewitError, match=told) as raised:
        project.manager().migrate()
    assert "kept (1)" in raised.value.state
    assert not project.database.in_transaction()
    assert project.rows("log") == [("kept",)]
    project.write("002_open", body.format("database.commit()"), head=NOT_ATOMIC)
    assert project.manager().migrate().applied == ("002_open",)
    assert project.rows("log") == [("kept",), ("undone",)]


def test_a_run_that_is_stopped_before_a_statement_goes_on(tmp_path: Path) -> None:
    """A statement of which it could not be told whether it was done was not sent: nobody has to look."""
    project = given(tmp_path)
    project.write("002_open", "migrator.sql(\"INSERT INTO log SELECT 'x' AS system\")", head=NOT_ATOMIC)

    def stop(event: Event) -> None:
        if isinstance(event, Executing):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.manager().migrate(tell=stop)
    assert project.manager().status().interrupted == ()
    assert project.manager().migrate().applied == ("002_open",)
