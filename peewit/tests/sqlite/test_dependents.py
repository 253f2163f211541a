"""Views and triggers: what would break is refused by name, what was broken before is nobody's fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from peewit import PeewitError, UnsupportedChangeError

from .project import FROZEN, Project

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)"


@pytest.mark.parametrize("drop", ["migrator.remove_fields('t', 'b')", "migrator.remove_model('t')"])
def test_a_view_that_would_break_is_refused_by_name(any_project: Project, drop: str) -> None:
    """A view that reads what goes stops the migration, and nothing is changed."""
    any_project.start(TABLE, "CREATE VIEW report AS SELECT id, b FROM t")
    any_project.sql("INSERT INTO t VALUES (1, 'x', 'y')")
    before = any_project.everything()

    with pytest.raises(UnsupportedChangeError, match='view "report"') as raised:
        any_project.change(drop)

    assert "nothing of this migration was kept" in str(raised.value)
    assert any_project.everything() == before


def test_a_trigger_that_would_break_is_refused_by_name(any_project: Project) -> None:
    """A trigger that writes what goes stops the migration, and nothing is changed."""
    any_project.start(TABLE, "CREATE TABLE log (what)")
    any_project.sql("CREATE TRIGGER noted AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (new.b); END")
    before = any_project.everything()

    with pytest.raises(UnsupportedChangeError, match='"noted"'):
        any_project.change("migrator.remove_fields('t', 'b')")

    assert any_project.everything() == before


def test_a_trigger_of_another_table_is_refused_by_name(any_project: Project) -> None:
    """A trigger elsewhere that writes into the changed table counts as well."""
    any_project.start(TABLE, "CREATE TABLE log (what)")
    any_project.sql("CREATE TRIGGER copied AFTER INSERT ON log BEGIN INSERT INTO t (b) VALUES (new.what); END")
    before = any_project.everything()

    with pytest.raises(UnsupportedChangeError, match='"copied"'):
        any_project.change("migrator.remove_fields('t', 'b')")

    assert any_project.everything() == before


def test_a_view_that_is_made_anew_in_the_same_migration_is_fine(any_project: Project) -> None:
    """Dropping the view first and making it again is all it takes."""
    any_project.start(TABLE, "CREATE VIEW report AS SELECT id, b FROM t")
    any_project.sql("INSERT INTO t VALUES (1, 'x', 'y')")

    any_project.change(
        """
        migrator.sql("DROP VIEW report")
        migrator.remove_fields('t', 'b')
        migrator.sql("CREATE VIEW report AS SELECT id, a FROM t")
        """
    )

    assert any_project.rows("report") == [(1, "x")]


def test_a_rename_is_followed_by_views_and_triggers(any_project: Project) -> None:
    """A renamed table and a renamed column are renamed inside views and triggers too."""
    any_project.start(TABLE, "CREATE TABLE log (what)", "CREATE VIEW report AS SELECT b FROM t")
    any_project.sql("CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.b); END")

    any_project.change("migrator.rename_field('t', 'b', 'c')\nmigrator.rename_table('t', 'u')")
    any_project.sql("INSERT INTO u (c) VALUES ('x')")

    assert any_project.rows("report") == [("x",)]
    assert any_project.rows("log") == [("x",)]


BROKEN = "CREATE VIEW stale AS SELECT missing FROM gone"

CHANGES = {
    "edit": "migrator.change_fields('t', a=pw.TextField())",
    "rebuild": "migrator.change_fields('t', a=pw.BlobField(null=True))",
    "add": "migrator.add_fields('t', c=pw.TextField(null=True))",
    "drop": "migrator.remove_fields('t', 'b')",
    "drop the table": "migrator.remove_model('t')",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_view_that_was_broken_before_blocks_nothing(any_project: Project, change: str) -> None:
    """A stale view elsewhere is left as it is, and the migration runs."""
    any_project.start(TABLE)
    any_project.sql(BROKEN)

    any_project.change(change)

    assert any_project.text("stale") == BROKEN


@pytest.mark.parametrize("rename", ["migrator.rename_field('t', 'a', 'c')", "migrator.rename_table('t', 'u')"])
def test_a_stale_view_stops_no_rename(project: Project, rename: str) -> None:
    """SQLite itself renames nothing while any view cannot be read; the views that can follow the rename."""
    project.start(TABLE)
    project.sql(BROKEN)
    project.sql("CREATE VIEW fresh AS SELECT a FROM t")

    project.change(rename)

    assert project.text("stale") == BROKEN
    assert len(project.rows("fresh")) == len(project.rows("u" if "u" in project.texts() else "t"))


@pytest.mark.parametrize("rename", ["migrator.rename_field('t', 'a', 'c')", "migrator.rename_table('t', 'u')"])
def test_where_the_description_cannot_be_edited_a_stale_view_is_named(tmp_path: Path, rename: str) -> None:
    """There SQLite cannot be told to pass it over: the error names the view and nothing is changed."""
    project = Project(tmp_path, FROZEN)
    project.start(TABLE)
    project.sql(BROKEN)
    before = project.everything()

    with pytest.raises(PeewitError, match="stale"):
        project.change(rename)

    assert project.everything() == before


def test_a_trigger_that_was_broken_before_blocks_nothing(any_project: Project) -> None:
    """A trigger that never worked is kept through a rebuild of its table."""
    any_project.start(TABLE)
    any_project.sql("CREATE TRIGGER stale AFTER UPDATE ON t BEGIN DELETE FROM gone; END")

    any_project.change(CHANGES["rebuild"])

    assert [name for name in any_project.texts() if name == "stale"] == ["stale"]


def test_a_function_of_the_application_in_a_trigger(any_project: Project) -> None:
    """A trigger may call what the application registers on its database."""
    any_project.database.register_function(str.upper, "shout", 1)
    any_project.start(TABLE)
    any_project.sql("CREATE TRIGGER loud AFTER INSERT ON t BEGIN UPDATE t SET a = shout(new.b); END")

    any_project.change(CHANGES["rebuild"])
    any_project.database.execute_sql("INSERT INTO t (b) VALUES ('x')")

    assert any_project.rows("t") == [(1, "X", "x")]
    any_project.database.close()
