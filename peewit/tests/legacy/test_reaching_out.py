"""Files that go past their migrator: through models, databases and connections of their own, and outside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationManager
from peewit.errors import MigrationFileError, RunError, UnsupportedChangeError
from peewit.read.discovery import same_place
from peewit.run.replaying.outside import looks_around

APP = """
import peewee as pw
db = pw.SqliteDatabase({path!r}, pragmas={{"foreign_keys": 1}}, timeout=1)

class Setting(pw.Model):
    name = pw.TextField()
    class Meta:
        database = db
        table_name = "setting"
"""
FIRST = """
import peewee as pw

def migrate(migrator, database, **kwargs):
    @migrator.create_model
    class Setting(pw.Model):
        name = pw.TextField()
        class Meta:
            table_name = "setting"

def rollback(migrator, database, **kwargs):
    migrator.remove_model("setting")
"""


class App:
    """A folder of migrations, and a manager with a database object of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "app.db"
        self.directory = folder / "migrations"
        self.directory.mkdir()
        (folder / "reaching_app.py").write_text(APP.format(path=str(self.path)))
        self.database: pw.Database = pw.SqliteDatabase(str(self.path), timeout=1)
        self.write("001_first", FIRST)

    def write(self, name: str, text: str) -> None:
        (self.directory / f"{name}.py").write_text(text)

    def body(self, name: str, *lines: str) -> None:
        """A file whose migrate() is these lines."""
        self.write(name, "\n    ".join(["def migrate(migrator, database, **kwargs):", *lines, ""]))

    def manager(self) -> MigrationManager:
        return MigrationManager(self.database, self.directory)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with nullcontext() if not self.database.is_closed() else self.database.connection_context():
            return list(self.database.execute_sql(sql).fetchall())


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """The application, importable as ``reaching_app``."""
    sys.path.insert(0, str(tmp_path))
    yield App(tmp_path)
    sys.path.remove(str(tmp_path))
    sys.modules.pop("reaching_app", None)


def everything(app: App) -> list[object]:
    files = sorted(path for path in app.folder.iterdir() if path.name != "__pycache__")
    return [app.rows("SELECT * FROM sqlite_master"), app.rows("SELECT * FROM setting"), files]


LIVE = ("from reaching_app import Setting", "Setting.create(name='a')")
SECOND = (
    "import sqlite3",
    "other = sqlite3.connect(database.database, timeout=1)",
    "other.execute(\"INSERT INTO setting (name) VALUES ('a')\")",
    "other.commit()",
    "other.close()",
)
DROPPED = ("from reaching_app import db", "db.execute_sql('DROP TABLE setting')", "db.execute_sql('COMMIT')")


@pytest.mark.parametrize("lines", [LIVE, SECOND], ids=["the application's models", "a connection of its own"])
def test_what_a_file_writes_past_its_migrator_is_written_once(app: App, lines: tuple[str, ...]) -> None:
    """Through whichever object a file writes: a run writes it, and neither a plan nor a replay does."""
    app.manager().migrate()
    app.body("002_rows", *lines, "migrator.sql(\"INSERT INTO setting (name) VALUES ('b')\")")
    before = everything(app)
    assert [step.name for step in app.manager().plan().steps] == ["002_rows"]
    assert everything(app) == before
    app.manager().migrate()
    assert app.rows("SELECT name FROM setting ORDER BY id") == [("a",), ("b",)]
    before = everything(app)
    app.body("003_more", "migrator.sql('CREATE TABLE made (a)')")
    app.manager().plan()
    app.manager().check()
    assert everything(app) == before


def test_what_the_models_of_the_application_wrote_goes_with_the_migration(app: App) -> None:
    """A file that fails after it has written through the application's own models has written nothing."""
    app.manager().migrate()
    app.body("002_rows", *LIVE, "1 / 0")
    with pytest.raises(RunError, match="ZeroDivisionError"):
        app.manager().migrate()
    assert app.rows("SELECT * FROM setting") == []


def test_a_replay_leaves_no_trace_outside(app: App) -> None:
    """Files, processes and other databases are out of a replay's reach; what else the file does counts."""
    mark = app.folder / "mark"
    app.body(
        "002_outside",
        "import os, subprocess",
        f"open({str(mark)!r}, 'a').write('x')",
        f"subprocess.run(['touch', {str(mark)!r} + '2'], check=True)",
        "migrator.sql('CREATE TABLE made (a TEXT)')",
    )
    app.manager().migrate()
    assert (mark.read_text(), mark.with_name("mark2").exists()) == ("x", True)
    mark.with_name("mark2").unlink()
    assert app.manager().check().ok
    app.body("003_next", "migrator.sql('ALTER TABLE made ADD COLUMN b TEXT')")
    app.manager().plan()
    assert (mark.read_text(), mark.with_name("mark2").exists()) == ("x", False)


def test_rows_a_replay_does_not_have(app: App) -> None:
    """A body that counts on rows is replayed without what needs them, and create says what that was."""
    app.manager().migrate()
    app.database.execute_sql("INSERT INTO setting (name) VALUES ('en')")
    app.body(
        "002_language",
        "name = database.execute_sql('SELECT name FROM setting').fetchone()[0]",
        "migrator.sql('CREATE TABLE language (code TEXT)')",
        "migrator.run(lambda: database.execute_sql('INSERT INTO language VALUES (?)', (name,)))",
    )
    app.manager().migrate()
    assert app.rows("SELECT * FROM language") == [("en",)]
    manager = app.manager()
    assert manager.check().ok
    assert manager.unread[0].startswith("002_language: line 2 was passed over: TypeError")


def test_a_body_that_fails_by_itself_is_told(app: App) -> None:
    """Only what needs rows, or reaches outside, is passed over: a mistake is a mistake."""
    app.body("002_wrong", "x = 1", "migrator.add_feilds('setting')")
    with pytest.raises(MigrationFileError, match=r"did you mean \"add_fields\"\? \(line 3\)"):
        app.manager().check()


def test_a_body_cannot_end_the_transaction_through_another_object(app: App) -> None:
    """The application's own object is on our connection while a file runs, so it is noticed there too."""
    app.manager().migrate()
    app.body("002_ends", *DROPPED)
    with pytest.raises(Exception, match="ended the transaction"):
        app.manager().migrate()


def test_a_body_that_commits_and_rolls_back(app: App) -> None:
    """As it did in its own transaction, and all of it goes with the migration where that fails later."""
    commits_and_rolls_back(app)


def test_a_body_that_commits_and_rolls_back_on_postgres(app: App, postgres: pw.PostgresqlDatabase) -> None:
    """A statement that failed does not end the transaction either."""
    app.database = postgres
    commits_and_rolls_back(app)


def commits_and_rolls_back(app: App) -> None:
    app.manager().migrate()
    lines = (
        "database.execute_sql(\"INSERT INTO setting (name) VALUES ('kept')\")",
        "database.commit()",
        "database.execute_sql(\"INSERT INTO setting (name) VALUES ('gone')\")",
        "try:",
        "    database.execute_sql('SELECT missing FROM setting')",
        "except Exception:",
        "    database.rollback()",
        "migrator.sql(\"INSERT INTO setting (name) VALUES ('last')\")",
    )
    app.body("002_fails", *lines, "migrator.run(lambda: 1 / 0)")
    with pytest.raises(RunError, match="ZeroDivisionError"):
        app.manager().migrate()
    assert app.rows("SELECT name FROM setting") == []
    app.body("002_fails", *lines)
    app.manager().migrate()
    assert app.rows("SELECT name FROM setting ORDER BY id") == [("kept",), ("last",)]


REACHING = {
    "a database it makes itself": ("pw.SqliteDatabase({path!r}).execute_sql('DELETE FROM setting')",),
    "a module imported behind another": (
        "import json, reaching_app",
        "reaching_app.other.execute_sql('DELETE FROM setting')",
    ),
    "an import behind a semicolon": (
        "import re; import reaching_app",
        "reaching_app.other.execute_sql('DELETE FROM setting')",
    ),
    "a database no model is bound to": ("import reaching_app", "reaching_app.other.execute_sql('DELETE FROM setting')"),
    "a URL": (
        "from playhouse.db_url import connect",
        "connect('sqlite:///' + {path!r}).execute_sql('DELETE FROM setting')",
    ),
}


@pytest.mark.parametrize("way", REACHING)
def test_no_way_leads_to_the_real_database(app: App, way: str) -> None:
    """Whatever a body gets hold of, plan, check and create leave the rows as they are."""
    text = (app.folder / "reaching_app.py").read_text()
    (app.folder / "reaching_app.py").write_text(
        text + f"\nother = pw.SqliteDatabase({str(app.path)!r})\nother.connect()\n"
    )
    app.manager().migrate()
    app.database.execute_sql("INSERT INTO setting (name) VALUES ('kept')")
    app.database.close()
    app.body("002_reaches", "import peewee as pw", *(line.format(path=str(app.path)) for line in REACHING[way]))
    app.manager().plan()
    app.manager().check()
    MigrationManager(app.database, app.directory, models=()).state(["001_first", "002_reaches"])
    assert app.rows("SELECT name FROM setting") == [("kept",)]


def test_no_way_leads_to_a_server(app: App, postgres: pw.PostgresqlDatabase) -> None:
    """A connection a body opens by itself, through Peewee or its driver, is refused while it is replayed."""
    app.database = postgres
    app.manager().migrate()
    postgres.execute_sql("INSERT INTO setting (name) VALUES ('kept')")
    options = {**postgres.connect_params}
    app.body(
        "002_reaches",
        "import peewee as pw",
        f"other = pw.PostgresqlDatabase({postgres.database!r}, **{options!r})",
        "other.execute_sql('DELETE FROM setting')",
    )
    app.manager().plan()
    app.manager().check()
    assert app.rows("SELECT name FROM setting") == [("kept",)]


@pytest.mark.parametrize(
    "sql",
    [
        "-- a note\nALTER TABLE setting ADD COLUMN more TEXT",
        "/* a note */ ALTER TABLE setting ADD COLUMN more TEXT",
        "ALTER\n  TABLE setting ADD COLUMN more TEXT",
    ],
)
def test_sql_behind_a_comment_counts(app: App, postgres: pw.PostgresqlDatabase, sql: str) -> None:
    """On SQLite and on a server it is read as what it is."""
    for database in (app.database, postgres):
        app.database = database
        app.body("002_more", f"migrator.sql({sql!r})")
        app.manager().migrate()
        assert app.manager().check().ok
        assert "more" in [c.name for table in app.manager().state(["001_first", "002_more"]) for c in table.columns]
        assert app.manager().unread == ()


def test_sql_that_cannot_be_read_is_told(app: App, postgres: pw.PostgresqlDatabase) -> None:
    """A block of code on a server, a function SQLite in memory does not know."""
    for database, sql in (
        (app.database, "CREATE TABLE t (a CHECK (unknown_function(a)))"),
        (postgres, "DO $$ BEGIN ALTER TABLE setting ADD COLUMN x INT; END $$"),
    ):
        app.database = database
        app.body("002_more", f"migrator.sql({sql!r})")
        manager = app.manager()
        manager.state(["001_first", "002_more"])
        assert [line.split(": ")[1] for line in manager.unread] == ["this SQL could not be read"]


def test_a_mistake_in_a_body_that_looks_is_told(app: App) -> None:
    """What needs rows is passed over, statement by statement; a wrong word is a mistake all the same."""
    first = "first = database.execute_sql('SELECT name FROM setting').fetchone()[0]"
    app.body(
        "002_blocks",
        "with database.atomic():",
        f"    {first}",
        "    migrator.add_fields('setting', lang=__import__('peewee').CharField(null=True, default=first))",
        "    migrator.sql('CREATE TABLE extra (a TEXT)')",
    )
    manager = app.manager()
    state = manager.state(["001_first", "002_blocks"])
    assert "extra" in state
    assert [line.partition(":")[2][:27] for line in manager.unread] == [
        " line 3 was passed over: Ty",
        " line 4 was passed over: Un",
    ]
    for wrong in ("migratr.add_fields('setting')", "migrator.add_feilds('setting')"):
        app.body("002_blocks", first, wrong)
        with pytest.raises(MigrationFileError, match="cannot be replayed"):
            app.manager().state(["001_first", "002_blocks"])


def test_what_a_replay_imports_first_is_forgotten(app: App) -> None:
    """A module that makes its tables when it is imported does so where it counts, not in a replay."""
    path = app.folder / "reaching_app.py"
    path.write_text(path.read_text() + "\ndb.create_tables([Setting])\nprint('made')\n")
    app.write("001_first", FIRST.replace('table_name = "setting"', 'table_name = "other"'))
    app.body("002_uses", "from reaching_app import Setting", "migrator.run(lambda: Setting.select().count())")
    app.manager().check()
    assert "reaching_app" not in sys.modules
    assert not app.path.exists()


def test_two_threads_replay(app: App) -> None:
    """Each has its own connection in memory, and the object is as it was afterwards."""
    app.body("002_looks", "assert database.get_columns('setting') == [] or database.get_tables()")
    app.manager().migrate("001")
    before = set(vars(app.database))
    with ThreadPoolExecutor(4) as threads:
        states = list(threads.map(lambda _: app.manager().state(["001_first", "002_looks"]), range(20)))
    assert all(state == states[0] for state in states)
    assert set(vars(app.database)) == before


def test_a_rollback_cannot_forget_what_the_migrator_did(app: App) -> None:
    """It would be noted as applied and not be there: refused, and nothing is kept."""
    app.body(
        "002_forgets",
        "migrator.sql('CREATE TABLE extra (a TEXT)')",
        "migrator.run()",
        "database.rollback()",
    )
    with pytest.raises(UnsupportedChangeError, match="rolls back what its migrator has done"):
        app.manager().migrate()
    assert app.manager().status().pending == ("002_forgets",)
    assert "extra" not in app.database.get_tables()


def test_a_commit_inside_a_block(app: App) -> None:
    """It keeps nothing by itself, and ends nothing."""
    app.body(
        "002_commits",
        "with database.atomic():",
        "    database.execute_sql(\"INSERT INTO setting (name) VALUES ('a')\")",
        "    database.commit()",
        "    database.execute_sql(\"INSERT INTO setting (name) VALUES ('b')\")",
    )
    app.write("001_first", FIRST)
    app.manager().migrate("001")
    app.manager().migrate()
    assert app.rows("SELECT name FROM setting") == [("a",), ("b",)]


def test_functions_that_only_use_models_are_not_called_in_a_replay(app: App) -> None:
    """``create_table`` is a word of models too: only what is asked of the migrator is."""
    archive = str(app.folder / "archive.db")
    app.body(
        "002_archive",
        "import peewee as pw",
        f"archive = pw.SqliteDatabase({archive!r})",
        "class Old(pw.Model):",
        "    name = pw.TextField()",
        "    class Meta:",
        "        database = archive",
        "@migrator.run",
        "def fill():",
        "    Old.create_table()",
        "    Old.create(name='x')",
    )
    app.manager().migrate()
    for _ in range(2):
        app.manager().check()
    assert pw.SqliteDatabase(archive).execute_sql("SELECT count(*) FROM old").fetchone() == (1,)


def test_another_server_is_another_database() -> None:
    """A name alone does not make two objects one: what is written to the archive must not land in the main one."""
    main = pw.PostgresqlDatabase("shop", host="localhost", user="a")
    assert same_place(main, pw.PostgresqlDatabase("shop", host="127.0.0.1", user="b"))
    assert not same_place(main, pw.PostgresqlDatabase("shop", host="archive", user="a"))
    assert not same_place(main, pw.PostgresqlDatabase("shop", host="localhost", port=5433, user="a"))
    assert not same_place(main, pw.PostgresqlDatabase("other", host="localhost", user="a"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_module_in_the_line_before_its_import_is_seen(end: str) -> None:
    """Also where what is imported is called like a module that can do nothing."""
    lines = ("def migrate(migrator, database):", "    from reaching_app \\", "        import json", "")
    assert looks_around(end.join(lines).encode())
    assert not looks_around(
        end.join(lines).replace("reaching_app \\", "json import loads").replace("import json", "pass").encode()
    )
