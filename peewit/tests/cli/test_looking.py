"""The commands that tell and change nothing: show, history, diff."""

from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationManager
from peewit.telling import drift, history, show

from ..server_project import ServerProject
from .app import App


def sql(folder: Path, *statements: str) -> None:
    """Something else changes the database."""
    database = pw.SqliteDatabase(folder / "app.db")
    with database.connection_context():
        for text in statements:
            database.execute_sql(text)


@pytest.fixture
def two(app: App) -> App:
    """A project with one migration applied and one pending."""
    app("create", "first")
    app("migrate")
    app.models("email = pw.CharField(null=True)")
    app("create", "add_email")
    return app


def test_show_says_it_in_words_and_in_sql(two: App) -> None:
    """A pending migration: both ways, each in words, then in the SQL of the configured database."""
    code, out, error = two("show", "add_email")
    assert (code, error) == (0, "")
    assert out.splitlines() == [
        "002_add_email  (pending)",
        f"  {two.name}/migrations/002_add_email.py",
        "migrate",
        '  add column "email" to "person"',
        '    ALTER TABLE "person" ADD COLUMN "email" VARCHAR(255);',
        "rollback",
        '  drop column "email" of "person" and its values',
        '    ALTER TABLE "person" DROP COLUMN "email";',
    ]


def test_show_of_what_is_applied_says_when_and_who(two: App) -> None:
    """What was done with it comes first."""
    code, out, _ = two("show", "1")
    lines = out.splitlines()
    assert (code, lines[0]) == (0, "001_first  (applied)")
    assert lines[2].split("  ")[2:3] == ["applied"]
    assert "@" in lines[2]


def test_show_for_other_databases(two: App) -> None:
    """The SQL of every kind of database, without any of them."""
    _, out, _ = two("show", "2", "--dialect", "all")
    assert [line.strip() for line in out.splitlines()[4:10]] == [
        "on SQLite:",
        'ALTER TABLE "person" ADD COLUMN "email" VARCHAR(255);',
        "on PostgreSQL:",
        'ALTER TABLE "person" ADD COLUMN "email" VARCHAR(255);',
        "--   lock: ACCESS EXCLUSIVE, touches no row",
        "on MariaDB and MySQL:",
    ]
    ways = two.json("show", "2", "--dialect", "mysql")["ways"]
    assert [(way["action"], way["dialect"], way["statements"][0]) for way in ways] == [
        ("migrate", "mysql", "ALTER TABLE `person` ADD COLUMN `email` VARCHAR(255);"),
        ("rollback", "mysql", "ALTER TABLE `person` DROP COLUMN `email`;"),
    ]


def test_show_of_what_has_no_sql_of_its_own(two: App) -> None:
    """Functions are named, what a body runs by itself is told, and where there is no way back it is said."""
    (two.migrations / "003_by_hand.py").write_text(
        "irreversible = 'the letters were posted'\n\n"
        "def migrate(migrator, database, *, fake=False):\n"
        "    database.execute_sql('UPDATE person SET name = upper(name)')\n"
        "    @migrator.run\n"
        "    def post_letters():\n"
        "        raise AssertionError('it was called')\n"
    )
    code, out, error = two("show", "003")
    assert (code, error) == (0, "")
    assert out.splitlines()[2:] == [
        "migrate",
        "  call post_letters()",
        "    -- runs post_letters()",
        "    -- by itself: UPDATE person SET name = upper(name)",
        "rollback",
        "    -- it cannot be rolled back: the letters were posted",
    ]


def test_show_of_a_file_that_is_gone(two: App) -> None:
    """An applied migration of another branch is shown from the journal's copy."""
    (two.migrations / "001_first.py").unlink()
    code, out, _ = two("show", "001_first")
    assert (code, out.splitlines()[0]) == (0, "001_first  (missing)")
    assert 'create table "person" with 2 columns' in out


def test_an_unknown_name_is_suggested(two: App) -> None:
    """A name that is nearly one."""
    code, _, error = two("show", "ad_email")
    assert (code, error.splitlines()[-1]) == (2, '  did you mean "add_email"?')


def test_history_has_everything_that_was_done(two: App) -> None:
    """What was applied, rolled back and applied again; when, how long, by whom."""
    for command in ("migrate", "rollback", "migrate"):
        two(command)
    _, out, _ = two("history")
    rows = [[part.strip() for part in line.split("  ") if part.strip()] for line in out.splitlines()]
    assert [(name, action) for _, name, action, *_ in rows] == [
        ("001_first", "applied"),
        ("002_add_email", "applied"),
        ("002_add_email", "rolled back"),
        ("002_add_email", "applied"),
    ]
    entries = two.json("history", "2", "--last", "2")["entries"]
    assert [(entry["name"], entry["action"]) for entry in entries] == [
        ("002_add_email", "rollback"),
        ("002_add_email", "migrate"),
    ]
    assert all(entry["seconds"] > 0 and "@" in entry["who"] for entry in entries)


def test_history_of_nothing(app: App) -> None:
    """No database, no history, and none is made."""
    assert app("history") == (0, "nothing was applied yet\n", "")
    assert not Path("app.db").exists()


def test_history_knows_what_another_tool_has_applied(two: App) -> None:
    """Rows peewee-migrate wrote: at their time, by nobody known."""
    sql(two.folder, "INSERT INTO migratehistory (name, migrated_at) VALUES ('000_stock', '2020-01-01 10:00:00')")
    line = two("history")[1].splitlines()[0]
    assert [part for part in line.split("  ") if part.strip()] == [
        "2020-01-01 10:00:00 UTC", "000_stock", "applied", "by another tool",
    ]  # fmt: skip


def test_diff_finds_nothing_where_only_files_are_pending(two: App) -> None:
    """Pending migrations and models are no drift; tables of others are named."""
    sql(two.folder, "CREATE TABLE visits (n INT)")
    code, out, error = two("diff")
    assert (code, error) == (0, "")
    assert out.splitlines() == [
        f"database {two.folder / 'app.db'}",
        "in no migration, and left alone: visits",
        "the database is what the applied migrations say",
    ]


def test_diff_finds_what_was_done_by_hand(two: App) -> None:
    """A difference is exit code 1, with the SQL that undoes it."""
    sql(two.folder, "ALTER TABLE person ADD COLUMN age INT")
    code, out, error = two("diff")
    assert (code, error) == (1, "")
    assert out.splitlines()[1:6] == [
        '  column "age" of "person" should not be there: INT NULL',
        "no migration did that: the database was changed by something else",
        "to keep it: put it into the models too, peewit create NAME, and peewit migrate --fake",
        "to undo it:",
        '  ALTER TABLE "person" DROP COLUMN "age";',
    ]
    told = two.json("diff")
    assert (told["ok"], told["sql"]) == (False, ['ALTER TABLE "person" DROP COLUMN "age";'])
    sql(two.folder, told["sql"][0])
    assert two("diff")[0] == 0


def test_what_was_only_marked_as_applied_is_no_change_of_somebody(app: App) -> None:
    """A table that was adopted unseen: nobody has changed it, and what would be destroyed is counted."""
    sql(
        app.folder,
        "CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, fax TEXT)",
        "INSERT INTO person (name, fax) VALUES ('a', '1'), ('b', '2'), ('c', NULL)",
    )
    assert app("adopt", "--no-verify")[0] == 0
    code, out, error = app("diff")
    assert (code, error) == (1, "")
    assert out.splitlines()[2:] == [
        "001_initial was only marked as applied, never run: the database may have been like that before",
        "to keep it: put it into the models too, peewit create NAME, and peewit migrate --fake",
        'to undo it; this destroys 2 values: column "fax" of "person":',
        '  ALTER TABLE "person" DROP COLUMN "fax";',
    ]
    assert app.json("diff")["destroys"] == [{"name": "", "table": "person", "column": "fax", "values": 2}]
    _, out, _ = app("doctor")
    assert "no migration did that" not in out
    told = [line.strip() for line in out.splitlines()]
    place = told.index("001_initial was only marked as applied, never run: the database may have been like that before")
    assert told[place + 1 : place + 5] == [
        "to keep it: put it into the models too, then this, and peewit migrate --fake:",
        "$ peewit create NAME",
        "to undo it; this destroys 2 values:",
        'sql> ALTER TABLE "person" DROP COLUMN "fax";',
    ]
    assert "no migration did that" not in app("check")[1]
    app.models("fax = pw.TextField(null=True)")
    for command in (("create", "fax"), ("migrate", "--fake")):
        assert app(*command)[0] == 0
    assert app("diff")[0] == 0


def test_it_tells_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """History, show and drift on every server."""
    project = ServerProject(tmp_path, database)
    project.write(
        "001_first",
        """
        @migrator.create_model
        class Person(pw.Model):
            name = pw.CharField(null=True)
            class Meta:
                table_name = "person"
        """,
        'migrator.remove_model("person")',
    )
    project.write("002_note", 'migrator.add_fields("person", note=pw.TextField(null=True))')
    manager: MigrationManager = project.manager()
    manager.migrate("001")
    project.sql("ALTER TABLE person ADD COLUMN age INTEGER")

    found, second = drift(manager), show(manager, "2")

    assert [entry.name for entry in history(manager)] == ["001_first"]
    assert (second.standing, [op.describe() for op in second.ways[0].operations]) == (
        "pending",
        ['add column "note" to "person"'],
    )
    assert [line for line in found.differences if '"age" of "person" should not be there' in line]
    assert (len(found.differences), len(found.sql)) == (1, 1)
    project.sql(found.sql[0].rstrip(";"))
    assert drift(manager).differences == ()


def test_a_row_that_was_only_removed(app: App) -> None:
    """Nothing was undone, and everything that looks at it says so."""
    app("create", "first")
    app("migrate")
    app.models("age = pw.IntegerField(null=True)")
    app("create", "age")
    app("migrate")

    assert app("rollback", "--fake") == (
        0, "002_age is removed from the history: nothing of it was undone\n", "",
    )  # fmt: skip
    why = "002_age was only removed from the history: to say that it is applied, peewit migrate 002_age --fake"
    code, out, _ = app("diff")
    assert (code, out.splitlines()[1:3]) == (1, ['  column "age" of "person" should not be there: INTEGER NULL', why])
    assert "to keep it" not in out
    assert (app.json("diff")["keepable"], app.json("diff")["reasons"]) == (False, [why])
    assert f"  {why}\n" in app("check")[1]
    assert why in app("doctor")[1]
    assert "002_age    only removed from the history            " in app("history")[1]

    assert app("migrate", "002", "--fake") == (0, "002_age is marked as applied: nothing of it was run\n", "")
    assert app("check")[0] == 0


def test_diff_has_the_sql_for_an_index(app: App) -> None:
    """One that is too much, and one that is gone: what takes it back does."""
    app.models("age = pw.IntegerField(null=True, index=True)")
    app("create", "first")
    app("migrate")
    database = pw.SqliteDatabase(app.folder / "app.db")
    with database.connection_context():
        database.execute_sql("CREATE INDEX by_hand ON person (name, age)")
        database.execute_sql("DROP INDEX person_age")

    told = app.json("diff")

    assert told["sql"] == ['DROP INDEX "by_hand";', 'CREATE INDEX "person_age" ON "person" ("age");']
    with database.connection_context():
        for sql in told["sql"]:
            database.execute_sql(sql)
    assert app.json("diff")["ok"]
