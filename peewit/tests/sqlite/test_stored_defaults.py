"""DEFAULT is stored data: rows older than an ADD COLUMN read their value from the table's description.

https://www.sqlite.org/lang_altertable.html#altertabaddcol
"""

from __future__ import annotations

import pytest

from peewit import DataError

from .project import Project


def given(project: Project) -> None:
    """Two rows older than the column ``level``, which is added with DEFAULT 7."""
    project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    project.sql("INSERT INTO t (name) VALUES ('a'), ('b')")
    project.change("migrator.add_fields('t', level=pw.IntegerField(constraints=[pw.SQL('DEFAULT 7')]))")


def test_rows_older_than_the_column_read_its_default(any_project: Project) -> None:
    """A new column with a DEFAULT shows it in rows that were there before."""
    given(any_project)

    assert any_project.rows("t") == [(1, "a", 7), (2, "b", 7)]


@pytest.mark.parametrize("default", ["constraints=[pw.SQL('DEFAULT 9')]", "constraints=[]", "null=True"])
def test_changing_the_default_leaves_old_rows_alone(any_project: Project, default: str) -> None:
    """Rows keep their 7 when the DEFAULT becomes 9, or goes, or goes together with NOT NULL."""
    given(any_project)

    any_project.change(f"migrator.change_fields('t', level=pw.IntegerField({default}))", "003_default")

    assert any_project.rows("t") == [(1, "a", 7), (2, "b", 7)]
    assert any_project.problems() == []


def test_rolling_a_default_back_leaves_rows_alone(any_project: Project) -> None:
    """Rows that were written under the new DEFAULT keep their value when the old one returns."""
    given(any_project)
    any_project.change(
        "migrator.change_fields('t', level=pw.IntegerField(constraints=[pw.SQL('DEFAULT 9')]))",
        "003_default",
        "migrator.change_fields('t', level=pw.IntegerField(constraints=[pw.SQL('DEFAULT 7')]))",
    )
    any_project.sql("INSERT INTO t (name) VALUES ('c')")

    any_project.manager().rollback()
    any_project.sql("INSERT INTO t (name) VALUES ('d')")

    assert any_project.rows("t") == [(1, "a", 7), (2, "b", 7), (3, "c", 9), (4, "d", 7)]


def test_a_default_put_on_a_nullable_column_does_not_fill_it(any_project: Project) -> None:
    """Nulls of a column added without DEFAULT stay null when it is given one."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    any_project.sql("INSERT INTO t DEFAULT VALUES")
    any_project.change("migrator.add_fields('t', level=pw.IntegerField(null=True))")

    any_project.change(
        "migrator.change_fields('t', level=pw.IntegerField(null=True, constraints=[pw.SQL('DEFAULT 5')]))",
        "003_default",
    )
    any_project.sql("INSERT INTO t DEFAULT VALUES")

    assert any_project.rows("t") == [(1, None), (2, 5)]


def test_other_changes_of_the_column_keep_its_default(any_project: Project) -> None:
    """Old rows read the same after an edit of nullability, of length and of a CHECK."""
    given(any_project)

    any_project.change(
        """
        migrator.change_fields('t', level=pw.BigIntegerField(null=True, constraints=[pw.SQL('DEFAULT 7')]))
        migrator.add_constraint('t', 'positive', pw.Check('level > 0'))
        migrator.change_fields('t', name=pw.CharField(max_length=40))
        """,
        "003_other",
    )

    assert any_project.rows("t") == [(1, "a", 7), (2, "b", 7)]


def test_rebuilding_for_another_reason_keeps_the_values(any_project: Project) -> None:
    """A rebuild that another column asked for copies the value old rows only seem to have."""
    given(any_project)

    any_project.change("migrator.change_fields('t', name=pw.BlobField())", "003_rebuild")

    assert any_project.sql("SELECT id, level, typeof(level) FROM t") == [(1, 7, "integer"), (2, 7, "integer")]


def test_a_default_and_a_column_in_one_migration(any_project: Project) -> None:
    """Old rows get the added column's DEFAULT also where another change rides along."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    any_project.sql("INSERT INTO t (name) VALUES ('a')")

    any_project.change(
        """
        migrator.add_fields('t', level=pw.IntegerField(constraints=[pw.SQL('DEFAULT 7')]))
        migrator.change_fields('t', name=pw.TextField(null=True))
        """
    )

    assert any_project.rows("t") == [(1, "a", 7)]


def test_a_check_on_an_added_column_counts_for_rows_that_exist(any_project: Project) -> None:
    """A DEFAULT that does not meet the new column's own CHECK is refused, whatever rides along."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    any_project.sql("INSERT INTO t (name) VALUES ('a')")
    before = any_project.everything()

    with pytest.raises(Exception, match="level"):
        any_project.change(
            """
            migrator.add_fields('t', level=pw.IntegerField(
                constraints=[pw.SQL('DEFAULT 0'), pw.Check('level > 0')]))
            migrator.change_fields('t', name=pw.TextField(null=True))
            """
        )

    assert any_project.everything() == before


REPLACES = "class T(pw.Model):\n    n = pw.IntegerField(constraints=[pw.SQL('ON CONFLICT REPLACE DEFAULT 3')])\n"
REFUSES = "class T(pw.Model):\n    n = pw.IntegerField()\n"


def test_what_a_not_null_does_with_nulls_comes_and_goes_with_its_default(any_project: Project) -> None:
    """It was left behind by the rollback, so that the same migration could not be run again; check found drift."""
    any_project.evolve(REFUSES)
    before = any_project.text("t")
    any_project.evolve(REPLACES)
    assert '"n" INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 3' in any_project.text("t")
    any_project.sql("INSERT INTO t (n) VALUES (NULL)")
    assert any_project.rows("t") == [(1, 3)]
    assert any_project.manager().check().ok
    assert any_project.manager().create("again") is None

    any_project.manager().rollback()
    assert any_project.text("t") == before
    any_project.manager().migrate()
    any_project.evolve(REPLACES.replace("REPLACE ", "IGNORE "))
    assert '"n" INTEGER NOT NULL ON CONFLICT IGNORE DEFAULT 3' in any_project.text("t")
    assert any_project.manager().check().ok
    assert any_project.rows("t") == [(1, 3)]


def test_a_column_made_with_it_is_the_same_as_one_that_got_it(any_project: Project) -> None:
    any_project.evolve(REPLACES)
    assert '"n" INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 3' in any_project.text("t")
    assert any_project.manager().check().ok
    any_project.evolve(REFUSES)
    assert '"n" INTEGER NOT NULL)' in any_project.text("t")
    any_project.manager().rollback()
    assert '"n" INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 3' in any_project.text("t")


@pytest.mark.parametrize("action", ["REPLACE", "IGNORE"])
def test_rows_without_a_value_are_not_given_one_by_it_in_passing(any_project: Project, action: str) -> None:
    """A copy of the rows would put the DEFAULT where they are null, or leave them out, and nobody asked for that."""
    any_project.evolve("class T(pw.Model):\n    n = pw.IntegerField(null=True)\n")
    any_project.sql("INSERT INTO t (n) VALUES (NULL)")
    with pytest.raises(DataError, match="null in 1 row"):
        any_project.evolve(REPLACES.replace("REPLACE ", f"{action} "))
    assert any_project.rows("t") == [(1, None)]
