"""Rowids and counters: what others remember of a row is still that row after a change."""

from __future__ import annotations

import pytest

from .project import Project

REBUILD = "migrator.change_fields('t', name=pw.BlobField())"


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE t (name TEXT)",
        "CREATE TABLE t (code TEXT PRIMARY KEY, name TEXT)",
        "CREATE TABLE t (code INT PRIMARY KEY, name TEXT)",
        "CREATE TABLE t (code INTEGER PRIMARY KEY DESC, name TEXT)",
        "CREATE TABLE t (rowid TEXT, name TEXT)",
        "CREATE TABLE t (rowid TEXT, _rowid_ TEXT, name TEXT)",
    ],
)
def test_hidden_rowids_are_kept(any_project: Project, table: str) -> None:
    """A table without INTEGER PRIMARY KEY keeps the rowids of its rows, gaps included."""
    any_project.start(table)
    any_project.sql("INSERT INTO t (oid, name) VALUES (5, 'a'), (9, 'b'), (700, 'c')")

    any_project.change(REBUILD)

    assert any_project.sql("SELECT oid FROM t ORDER BY oid") == [(5,), (9,), (700,)]
    assert any_project.problems() == []


def test_a_table_that_hides_its_rowid_is_copied_all_the_same(any_project: Project) -> None:
    """Where columns have taken all three names of the rowid, the rows are copied without it."""
    any_project.start("CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT, name TEXT)")
    any_project.sql("INSERT INTO t VALUES ('a', 'b', 'c', 'd')")

    any_project.change(REBUILD)

    assert any_project.sql("SELECT rowid, _rowid_, oid, name FROM t") == [("a", "b", "c", b"d")]


def test_the_counter_goes_on_after_the_newest_row_was_deleted(any_project: Project) -> None:
    """AUTOINCREMENT never gives a number twice, also after a rebuild."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
    any_project.sql("INSERT INTO t (name) VALUES ('a'), ('b'), ('c')")
    any_project.sql("DELETE FROM t WHERE id = 3")

    any_project.change(REBUILD)
    any_project.sql("INSERT INTO t (name) VALUES ('d')")

    assert any_project.sql("SELECT id FROM t") == [(1,), (2,), (4,)]
    assert any_project.rows("sqlite_sequence") == [("t", 4)]


def test_the_counter_of_an_emptied_table_goes_on(any_project: Project) -> None:
    """All rows deleted, the table rebuilt: the next number is still the next."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
    any_project.sql("INSERT INTO t (name) VALUES ('a'), ('b')")
    any_project.sql("DELETE FROM t")

    any_project.change(REBUILD)
    any_project.sql("INSERT INTO t (name) VALUES ('c')")

    assert any_project.sql("SELECT id FROM t") == [(3,)]


def test_the_counter_follows_a_renamed_table(any_project: Project) -> None:
    """A table that is renamed and rebuilt in one migration takes its counter along."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
    any_project.sql("INSERT INTO t (name) VALUES ('a'), ('b')")
    any_project.sql("DELETE FROM t WHERE id = 2")

    any_project.change(f"{REBUILD}\nmigrator.rename_table('t', 'u')")
    any_project.sql("INSERT INTO u (name) VALUES ('c')")

    assert any_project.sql("SELECT id FROM u") == [(1,), (3,)]
    assert any_project.rows("sqlite_sequence") == [("u", 3)]


def test_a_table_becomes_autoincrement(any_project: Project) -> None:
    """The counter starts behind the highest number there is, and nothing else is left behind."""
    any_project.evolve("class T(pw.Model):\n    name = pw.TextField()")
    any_project.sql("INSERT INTO t (id, name) VALUES (8, 'a')")

    any_project.evolve("class T(pw.Model):\n    id = AutoIncrementField()\n    name = pw.TextField()")
    any_project.sql("INSERT INTO t (name) VALUES ('b')")
    any_project.sql("DELETE FROM t WHERE id = 9")
    any_project.sql("INSERT INTO t (name) VALUES ('c')")

    assert any_project.sql("SELECT id FROM t") == [(8,), (10,)]
    assert any_project.rows("sqlite_sequence") == [("t", 10)]


@pytest.mark.parametrize(
    ("renames", "rows"),
    [({}, [(1, "a"), (2, "b")]), ({"t.id": "rowid"}, [(5, "a"), (9, "b")])],
    ids=["anew", "renamed"],
)
def test_the_rowid_becomes_a_field(any_project: Project, renames: dict[str, str], rows: list[object]) -> None:
    """``RowIDField`` of playhouse comes to a table that is there, and goes again."""
    plain = "class T(pw.Model):\n    name = pw.TextField()"
    any_project.evolve(plain)
    any_project.sql("INSERT INTO t (id, name) VALUES (5, 'a'), (9, 'b')")

    any_project.evolve("class T(pw.Model):\n    rowid = RowIDField()\n    name = pw.TextField()", renames=renames)

    assert any_project.sql("SELECT rowid, name FROM t") == rows
    assert any_project.manager().create("again") is None
    assert any_project.manager().check().ok
    any_project.evolve(plain, renames={"t.rowid": "id"})
    assert any_project.sql("SELECT id, name FROM t") == rows


@pytest.mark.parametrize("child", ["", "CREATE TABLE c (t INT REFERENCES t (id))"], ids=["alone", "referred to"])
def test_a_dropped_table_leaves_no_counter(any_project: Project, child: str) -> None:
    """A table that is dropped and made again counts from one."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)", *filter(None, [child]))
    any_project.sql("INSERT INTO t (name) VALUES ('a'), ('b')")

    any_project.change("migrator.remove_model('t')")

    assert any_project.rows("sqlite_sequence") == []


def test_rows_without_a_rowid_are_kept(any_project: Project) -> None:
    """WITHOUT ROWID goes and comes, and the rows stay."""
    any_project.start("CREATE TABLE t (code TEXT NOT NULL PRIMARY KEY, name TEXT)")
    any_project.sql("INSERT INTO t VALUES ('x', 'a'), ('y', 'b')")

    any_project.change(
        "migrator.change_table('t', without_rowid=True)",
        rollback="migrator.change_table('t', without_rowid=False)",
    )
    without = any_project.text("t")
    any_project.manager().rollback()

    assert without.endswith("WITHOUT ROWID")
    assert not any_project.text("t").endswith("ROWID")
    assert any_project.rows("t") == [("x", "a"), ("y", "b")]
