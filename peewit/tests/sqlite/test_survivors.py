"""What nobody asked to change is there afterwards, character by character, whichever way a table takes."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from .project import Project

EDITS = "migrator.change_fields('t', name=pw.TextField(null=True))"
REBUILDS = "migrator.change_fields('t', name=pw.BlobField())"
DROPS = "migrator.remove_fields('t', 'spare')"
ADDS = "migrator.add_fields('t', more=pw.TextField(default='m'))"
WAYS = pytest.mark.parametrize("change", [EDITS, REBUILDS, DROPS, ADDS], ids=["edit", "rebuild", "drop", "add"])

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INT, spare INT)"

HANGERS_ON = (
    "CREATE INDEX plain ON t (n)",
    "CREATE INDEX partial ON t (n) WHERE n > 1",
    "CREATE INDEX expressions ON t (n + 1, abs(n))",
    "CREATE INDEX descending ON t (n DESC, id ASC)",
    'CREATE UNIQUE INDEX "collated" on "t" ("n" collate NOCASE) -- mine',
    "CREATE TRIGGER writes AFTER INSERT ON t BEGIN UPDATE t SET n = 5 WHERE id = new.id; END",
    (
        "CREATE TRIGGER guards BEFORE UPDATE OF n ON t FOR EACH ROW WHEN new.n < old.n\n"
        "BEGIN SELECT RAISE(ABORT, 'must; not -- shrink'); END"
    ),
    "CREATE VIEW seen AS SELECT id, n FROM t WHERE n > 0",
    "CREATE TRIGGER through_the_view INSTEAD OF INSERT ON seen BEGIN INSERT INTO t (name) VALUES ('v'); END",
    "CREATE TABLE elsewhere (a)",
    "CREATE TRIGGER from_elsewhere AFTER INSERT ON elsewhere BEGIN INSERT INTO t (name) VALUES (new.a); END",
)


@WAYS
def test_what_hangs_on_a_table_survives(any_project: Project, change: str) -> None:
    """Indexes, triggers and views that no model knows keep their names and their text."""
    any_project.start(TABLE)
    for statement in HANGERS_ON:
        any_project.sql(statement)
    any_project.sql("INSERT INTO t (name, n) VALUES ('a', 2)")
    before = any_project.texts()

    any_project.change(change)

    after = any_project.texts()
    assert after.pop("t") != before.pop("t")
    assert after == before
    assert any_project.problems() == []


TABLES = {
    "strict": "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, spare INT) STRICT",
    "without rowid": "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT NOT NULL, spare INT) WITHOUT ROWID",
    "both": "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT NOT NULL, spare INT) without rowid , strict",
    "autoincrement": "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, spare INT)",
    "generated": (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, spare INT,"
        " v TEXT GENERATED ALWAYS AS (id || '!') VIRTUAL, s INT AS (id * 2) STORED)"
    ),
    "checks": (
        "CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id > 0), name TEXT NOT NULL, spare INT,"
        " CONSTRAINT small CHECK (id < 100), CHECK (id <> 13))"
    ),
    "collations": (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, spare INT, k TEXT COLLATE NOCASE UNIQUE)"
    ),
    "conflict clauses": (
        "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, name TEXT NOT NULL ON CONFLICT FAIL,"
        " spare INT, k INT, UNIQUE (k) ON CONFLICT IGNORE)"
    ),
    "odd spelling": (
        "CREATE TABLE [t] ( -- all of them\n  `id` integer /* the key, of course */ primary key,\n"
        "\t'name' TeXt noT  NULL, spare INT,\n\n  \"n\" unsigned big int(10, 2) DEFAULT ( 1 + 1 ) -- last, (really)\n)"
    ),
    "no types": "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, spare INT, a, b DEFAULT 'x,y (z')",
}


def described(text: str) -> list[str]:
    """What a CREATE TABLE says, word by word and without its name, which SQLite quotes when it renames."""
    return text.partition("(")[2].split()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_a_definition_survives_an_edit_and_its_way_back(any_project: Project, table: str) -> None:
    """NOT NULL goes and comes back, and every other character is where it was."""
    any_project.start(table)
    any_project.sql("INSERT INTO t (id, name) VALUES (1, 'a'), (2, 'b')")
    rows = any_project.rows("t")

    any_project.change("migrator.drop_not_null('t', 'name')", rollback="migrator.add_not_null('t', 'name')")
    loosened = any_project.text("t")
    any_project.manager().rollback()

    assert described(loosened) == described(table.replace(" NOT NULL ON CONFLICT FAIL", "").replace(NULLS[table], ""))
    assert described(any_project.text("t")) == described(table.replace(NULLS[table], " NOT NULL"))
    assert any_project.rows("t") == rows
    assert any_project.problems() == []


NULLS = {table: " noT  NULL" if "noT  NULL" in table else " NOT NULL" for table in TABLES.values()}


@pytest.mark.parametrize("change", [REBUILDS.replace("BlobField", "IntegerField"), DROPS], ids=["rebuild", "drop"])
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_a_definition_survives_a_rebuild(any_project: Project, table: str, change: str) -> None:
    """What a rebuild was not asked to change stays in the text, and every row with it."""
    any_project.start(table)
    any_project.sql("INSERT INTO t (id, name) VALUES (1, '3'), (2, '4')")
    columns = [name for (name,) in any_project.sql("SELECT name FROM pragma_table_xinfo('t')")]
    kept = ", ".join(f'"{name}"' for name in columns if name not in ("name", "spare"))
    rows = any_project.sql(f"SELECT {kept} FROM t")

    any_project.change(change)

    expected = table.replace("name TEXT", "name INTEGER").replace("'name' TeXt", "'name' INTEGER")
    expected = expected.replace(" ON CONFLICT FAIL", "")  # the new field does not say it, as it would a CHECK
    if change == DROPS:
        expected = table.replace(", spare INT", "").replace(" spare INT,", "")
    assert described(any_project.text("t")) == described(expected)
    assert any_project.sql(f"SELECT {kept} FROM t") == rows
    assert any_project.problems() == []


@WAYS
def test_triggers_work_again_after_a_change(any_project: Project, change: str) -> None:
    """A trigger does not fire while its table is changed, and fires afterwards."""
    any_project.start(TABLE, "CREATE TABLE log (what)")
    any_project.sql("INSERT INTO t (name) VALUES ('1')")
    for event in ("INSERT", "UPDATE", "DELETE"):
        any_project.sql(f"CREATE TRIGGER on_{event} AFTER {event} ON t BEGIN INSERT INTO log VALUES ('{event}'); END")

    any_project.change(change)
    during = any_project.rows("log")
    any_project.sql("UPDATE t SET n = 3")

    assert during == []
    assert any_project.rows("log") == [("UPDATE",)]


def test_a_trigger_that_forbids_updates_does_not_forbid_a_new_column(any_project: Project) -> None:
    """Rows that are final can be given a column all the same, with a value in it."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO t (name) VALUES ('a')")
    any_project.sql("CREATE TRIGGER fixed BEFORE UPDATE ON t BEGIN SELECT RAISE(ABORT, 'rows are final'); END")

    any_project.change("migrator.add_fields('t', more=pw.TextField(default='m', null=True))")

    assert any_project.rows("t") == [(1, "a", None, None, "m")]


@pytest.mark.parametrize("field", ["IntegerField(default=4)", "TextField(default='4')"], ids=["edit", "rebuild"])
def test_a_trigger_sees_what_is_put_into_empty_places(any_project: Project, field: str) -> None:
    """A trigger that keeps a copy of a column keeps it right when nulls are filled, whichever way it goes."""
    any_project.start(TABLE, "CREATE TABLE copy (id, spare)")
    any_project.sql("INSERT INTO t (name) VALUES ('a')")
    any_project.sql(
        "CREATE TRIGGER c AFTER UPDATE OF spare ON t BEGIN INSERT INTO copy VALUES (new.id, new.spare); END"
    )

    any_project.change(f"migrator.change_fields('t', spare=pw.{field})")

    assert any_project.sql("SELECT id, CAST(spare AS INT) FROM copy") == [(1, 4)]


@pytest.mark.parametrize(
    "pragma", ["auto_vacuum = full", "auto_vacuum = incremental", "encoding = 'UTF-16'", "page_size = 512"]
)
def test_files_of_every_kind(any_project: Project, pragma: str) -> None:
    """How the file itself is laid out makes no difference: rows, children and indexes are whole afterwards."""
    with closing(sqlite3.connect(any_project.path)) as connection:
        connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE other (a)")
    any_project.start(TABLE, "CREATE TABLE c (t INT REFERENCES t ON DELETE CASCADE)", "CREATE INDEX i ON t (n DESC)")
    any_project.sql("INSERT INTO t (name) VALUES ('größe ☃')")
    any_project.sql("INSERT INTO c VALUES (1)")

    any_project.change(f"{REBUILDS}\n{ADDS}")
    any_project.change(f"{DROPS}\nmigrator.change_fields('t', name=pw.TextField(null=True))", "003_more")

    assert any_project.rows("t") == [(1, "größe ☃", None, "m")]
    assert any_project.rows("c") == [(1,)]
    assert any_project.problems() == []
