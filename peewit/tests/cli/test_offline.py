"""A script for somebody else to run leads to the same database as `migrate`, and stops where it does not fit."""

import datetime
import sqlite3
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit.cli.looking import past_line
from peewit.errors import UnsupportedChangeError
from peewit.offline import script
from peewit.telling import drift, history

from ..server_project import ServerProject
from .app import App

FIRST = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(null=True)
        class Meta:
            table_name = "person"

    @migrator.create_model
    class Pet(pw.Model):
        owner = pw.ForeignKeyField(Person, on_delete="CASCADE")
        class Meta:
            table_name = "pet"
    """
SECOND = """
    migrator.sql("UPDATE person SET name = '100%% \\\\ o''clock' WHERE name IS NULL".replace("%%", PER_CENT))
    migrator.change_fields("person", name=pw.CharField(50))
    migrator.add_fields("pet", age=pw.IntegerField(default=3), born=pw.DateField(null=True, index=True))
    """


def begun(folder: Path, database: pw.Database | None = None) -> ServerProject:
    """One migration, applied; to a file, if nothing else is said."""
    project = ServerProject(folder, database or pw.SqliteDatabase(folder / "app.db"))
    project.write("001_first", FIRST)
    project.manager().migrate()
    return project


def seeded(folder: Path, database: pw.Database) -> ServerProject:
    """Two migrations, the first applied, with rows."""
    project = begun(folder, database)
    project.sql("INSERT INTO person (id, name) VALUES (1, 'a'), (2, NULL)")
    project.sql("INSERT INTO pet (id, owner_id) VALUES (1, 1)")
    mark = "%" if isinstance(database, pw.SqliteDatabase) else "%%"
    project.write("002_second", SECOND, head=f"PER_CENT = {mark!r}\n")
    return project


def run_by_another(project: ServerProject, text: str) -> None:
    """What a client does that stops at the first error."""
    database: Any = project.database
    with database.connection_context():
        connection = database.connection()
        if isinstance(database, pw.SqliteDatabase):
            connection.executescript(text)
            return
        cursor = connection.cursor()
        if isinstance(database, pw.PostgresqlDatabase):
            connection.autocommit = True
            cursor.execute(text)
            return
        for line in text.split(";\n"):
            if line.strip():
                cursor.execute(line)
        connection.commit()


def check_same(project: ServerProject) -> None:
    manager = project.manager()
    text = script(manager).text
    run_by_another(project, text)
    assert manager.status().pending == ()
    assert drift(manager).differences == ()
    (entry,) = [entry for entry in history(manager) if entry.name == "002_second"]
    today = datetime.datetime.now(datetime.UTC).date()
    assert abs(datetime.date.fromisoformat(entry.at[:10]) - today).days <= 1
    assert past_line(entry).partition("applied")[2].strip().startswith("by a script of peewit sql")
    assert bool(entry.who) is not isinstance(project.database, pw.SqliteDatabase)
    (name,) = [row[0] for row in project.sql("SELECT name FROM person WHERE id = 2")]
    assert name == "100% \\ o'clock".replace("\\", "" if isinstance(project.database, pw.MySQLDatabase) else "\\")
    assert [tuple(row) for row in project.sql("SELECT id, owner_id, age, born FROM pet")] == [(1, 1, 3, None)]
    with pytest.raises(Exception, match=r"(?i)peewit_has_to_hold|check"):  # the driver's own
        run_by_another(project, text)


def test_a_script_in_sqlite(tmp_path: Path) -> None:
    """Rows are kept, the history has the row, a second run is stopped."""
    check_same(seeded(tmp_path, pw.SqliteDatabase(tmp_path / "app.db", pragmas={"foreign_keys": 1})))


def test_a_script_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    check_same(seeded(tmp_path, database))


def test_a_script_stops_on_rows_that_do_not_fit(tmp_path: Path) -> None:
    """Nothing of the migration is kept."""
    project = begun(tmp_path)
    project.sql("INSERT INTO person (name) VALUES (NULL)")
    project.write("002_strict", 'migrator.change_fields("person", name=pw.CharField())')
    with pytest.raises(sqlite3.IntegrityError):
        run_by_another(project, script(project.manager()).text)
    assert project.manager().status().pending == ("002_strict",)
    assert project.sql("SELECT name FROM person") == [(None,)]


def test_a_range_without_any_database(app: App) -> None:
    """What follows a migration, for a kind of database that is not there."""
    app("create", "first")
    app.models("email = pw.CharField(null=True)")
    app("create", "add_email")
    code, out, error = app("sql", "--after", "1", "--dialect", "postgres")
    assert (code, error) == (0, "")
    lines = out.splitlines()
    assert lines[0].endswith("psql -v ON_ERROR_STOP=1 -d DATABASE -f SCRIPT.sql")
    assert lines[5:7] == ["-- 002_add_email", '--   add column "email" to "person"']
    assert 'ALTER TABLE "person" ADD COLUMN "email" VARCHAR(255);' in lines
    assert not Path("app.db").exists()
    assert app.json("sql", "1", "--after", "zero")["names"] == ["001_first"]


def test_nothing_to_write(app: App) -> None:
    """Standard output stays empty: it may be a file."""
    app.migrations.mkdir()
    assert app("sql") == (0, "", "nothing to write: nothing is pending\n")


BODIES = [
    ("    migrator.run(post)\n", "it calls post(), a Python function"),
    ("    database.execute_sql('DELETE FROM person')\n", "its body asks the database by itself: DELETE FROM person"),
    (
        "    migrator.add_fields('person', key=pw.CharField(default=lambda: uuid.uuid4().hex))\n",
        "it fills rows with lambda: uuid.uuid4().hex",
    ),
]


@pytest.mark.parametrize(("body", "reason"), BODIES)
def test_what_only_python_can_do_is_refused_by_name(app: App, body: str, reason: str) -> None:
    """The migration, and what of it cannot be written down, with the way out; nothing on standard output."""
    app("create", "first")
    app("migrate")
    (app.migrations / "002_more.py").write_text(
        "import uuid\nimport peewee as pw\n\ndef post():\n    raise AssertionError('it was called')\n\n"
        f"def migrate(migrator, database, *, fake=False):\n{body}"
    )
    code, out, error = app("sql")
    assert (code, out) == (2, "")
    assert error.splitlines() == [
        "error: a script cannot do everything that 002_more does:",
        f"    002_more: {reason}",
        "  nothing was written",
        "  apply it by peewit migrate 002_more; a script of what comes after it: peewit sql --after 002_more",
    ]


RENAMED = """
    migrator.rename_field("person", "name", "title")
    migrator.rename_table("pet", "animal")
    """
CHANGED = """
    migrator.drop_index("person", "title")
    migrator.change_fields("person", title=pw.CharField(40, null=True))
    migrator.drop_index("animal", "owner")
    """
NAMED = FIRST.replace("name = pw.CharField(null=True)", "name = pw.CharField(null=True, index=True)")


def check_names(project: ServerProject) -> None:
    """A chain on an empty database: names that were given before a rename are still those that are dropped after it."""
    project.write("001_first", NAMED)
    project.write("002_rename", RENAMED)
    project.write("003_change", CHANGED)
    run_by_another(project, script(project.manager(), after="zero").text)
    assert project.manager().status().pending == ()
    assert drift(project.manager()).differences == ()


def test_names_are_followed_in_sqlite(tmp_path: Path) -> None:
    """An index keeps its name when its column and its table get others."""
    check_names(ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db")))


def test_names_are_followed_on_postgres(tmp_path: Path, postgres: pw.Database) -> None:
    """The same in PostgreSQL."""
    check_names(ServerProject(tmp_path, postgres))


def test_a_name_only_the_database_knows_is_no_guess(tmp_path: Path, mariadb: pw.Database) -> None:
    """MariaDB numbers its foreign keys by itself: what drops one is refused by name."""
    project = ServerProject(tmp_path, mariadb)
    project.write("001_first", FIRST)
    project.write(
        "002_cascade",
        'migrator.change_fields("pet", owner=pw.ForeignKeyField(migrator.orm["person"], on_delete="SET NULL", null=True))',
    )
    with pytest.raises(UnsupportedChangeError, match="002_cascade: only the database knows the name of what it drops"):
        script(project.manager(), after="zero")


def test_a_database_that_is_asked_says_what_it_calls_things(tmp_path: Path, database: pw.Database) -> None:
    """Foreign keys, rules and indexes under the names each server has given them, in a script of what is pending."""
    project = ServerProject(tmp_path, database)
    project.write(
        "001_first",
        NAMED.replace("null=True, index=True", "index=True, constraints=[pw.Check(\"name <> 'x'\")]"),
    )
    project.manager().migrate()
    project.sql("INSERT INTO person (id, name) VALUES (1, 'a')")
    project.sql("INSERT INTO pet (owner_id) VALUES (1)")
    project.write(
        "002_change",
        """
        migrator.change_fields("pet", owner=pw.ForeignKeyField(migrator.orm["person"], on_delete="SET NULL", null=True))
        migrator.change_fields("person", name=pw.CharField(99, index=True))
        """,
    )
    run_by_another(project, script(project.manager()).text)
    assert project.manager().status().pending == ()
    assert drift(project.manager()).differences == ()
    assert [tuple(row) for row in project.sql("SELECT owner_id FROM pet")] == [(1,)]


def test_what_hangs_on_a_table_is_not_lost(tmp_path: Path) -> None:
    """A trigger somebody made by hand: the script of what is pending keeps it, that of a range stops before it."""
    project = begun(tmp_path)
    project.sql("CREATE TRIGGER mine AFTER INSERT ON person BEGIN SELECT 1; END")
    project.write("002_strict", 'migrator.change_fields("person", name=pw.CharField())')
    with pytest.raises(sqlite3.IntegrityError):
        run_by_another(project, script(project.manager(), after="001_first").text)
    project.database.close()
    assert project.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'") == [("mine",)]
    run_by_another(project, script(project.manager()).text)
    assert project.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'") == [("mine",)]
    assert project.manager().status().pending == ()
