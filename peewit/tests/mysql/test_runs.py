"""MariaDB keeps every change at once: what a run writes down, and how a killed one goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import LockBusyError, RunError
from peewit.errors import NOTHING_KEPT, DataError, UnsupportedChangeError

from ..reliability.faults import Fault, Killing, Tap, tapped
from ..server_project import ServerProject, another_writes

START = """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField()
        age = pw.IntegerField(null=True, index=True)
        class Meta:
            table_name = "author"

    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, on_delete="CASCADE")
        title = pw.CharField(null=True)
        note = pw.CharField(null=True, index=True)
        class Meta:
            table_name = "book"

    @migrator.create_model
    class Log(pw.Model):
        what = pw.CharField()
        class Meta:
            table_name = "log"
    """
CHANGE = """
    migrator.change_fields("author", id=pw.BigAutoField())
    migrator.add_fields("book", key=pw.UUIDField(default=uuid.uuid4, unique=True), pages=pw.IntegerField(default=1))
    migrator.change_fields("book", title=pw.CharField(max_length=90, default="x"))
    migrator.remove_fields("book", "note")
    migrator.run(lambda: database.execute_sql("INSERT INTO log (what) VALUES ('ran')"))
    migrator.rename_table("book", "volume")
    migrator.rename_field("author", "name", "full_name")
    migrator.add_index("author", "full_name", "age", unique=True)
    """
ROWS = 1200
"""More than are filled at once."""


@pytest.fixture
def project(tmp_path: Path, mariadb: pw.MySQLDatabase) -> ServerProject:
    project = ServerProject(tmp_path, mariadb)
    project.write("001_initial", START)
    project.manager().migrate()
    return project


def seed(project: ServerProject) -> None:
    authors = ", ".join(f"('n{i}', {i})" for i in range(1, 50))
    books = ", ".join(f"({i % 49 + 1}, {'NULL' if i % 2 else repr(f't{i}')})" for i in range(ROWS))
    project.sql(f"INSERT INTO author (name, age) VALUES {authors}")
    project.sql(f"INSERT INTO book (author_id, title) VALUES {books}")


def killed_at(project: ServerProject, number: int) -> bool:
    """Migrate in a child process that kills itself before statement ``number``; False if it was done before that."""
    child = os.fork()
    if child == 0:
        try:
            tapped(project.database, Killing(Fault(when="before", number=number)))
            project.manager().migrate()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


STEP = 9 if int(os.environ.get("PEEWIT_LAWS", "0")) > 200 else 26


@pytest.mark.parametrize("part", range(1, 10) if STEP == 9 else [1])
def test_a_run_killed_anywhere_goes_on(project: ServerProject, part: int) -> None:
    """Every row is there, nothing ran twice, and the tables are what the files say."""
    project.write("002_change", CHANGE)
    for number in range(part, 300, STEP):
        for table in ("volume", "book", "log", "author", "migratehistory", "migratehistory_journal"):
            project.sql(f"DROP TABLE IF EXISTS {table}")
        project.manager().migrate("001")
        seed(project)
        project.database.close()
        killed = killed_at(project, number)
        project.manager().migrate()
        counts = "SELECT count(*), count(DISTINCT `key`), sum(pages), sum(title = 'x') FROM volume"
        assert project.sql(counts) == [(ROWS, ROWS, ROWS, ROWS // 2)]
        assert project.sql("SELECT what FROM log") == [("ran",)]
        assert project.manager().check().ok
        assert [row[0] for row in project.sql("SELECT name FROM migratehistory")] == ["001_initial", "002_change"]
        if not killed:
            assert number > 60
            return
    pytest.fail("it was killed at every statement")


class KillingAtChange(Tap):
    """Sends SIGKILL to its own process before or after the first ALTER TABLE."""

    def __init__(self, when: str) -> None:
        self.when = when

    def before(self, sql: str, params: Any) -> None:
        self._strike("before", sql)

    def after(self, sql: str, params: Any) -> None:
        self._strike("after", sql)

    def _strike(self, when: str, sql: str) -> None:
        if when == self.when and sql.startswith("ALTER TABLE"):
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "change",
    [
        "migrator.change_fields('book', author=pw.IntegerField(column_name='author_id'))",
        "migrator.change_fields('book', author=pw.ForeignKeyField(migrator.orm['author'], on_delete='RESTRICT'))",
        "migrator.change_fields('author', age=pw.IntegerField(null=True, constraints=[pw.Check('age > 0')]))",
    ],
)
def test_rules_that_were_not_yet_changed_are_changed(project: ServerProject, change: str, when: str) -> None:
    """The column itself looks as it is to be from the beginning: its foreign key and its CHECK tell."""
    project.write("002_change", change)
    project.database.close()
    child = os.fork()
    if child == 0:
        try:
            tapped(project.database, KillingAtChange(when))
            project.manager().migrate()
        finally:
            os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])

    project.manager().migrate()

    assert project.manager().check().ok


def test_a_body_that_wrote_by_itself_is_not_run_twice(project: ServerProject) -> None:
    """What it did is not known: a person has to look, and is told how to go on."""
    project.write(
        "002_writes",
        """
        database.execute_sql("INSERT INTO log (what) VALUES ('written')")
        migrator.add_fields("author", city=pw.CharField(null=True))
        migrator.run(lambda: 1 / 0)
        """,
    )
    with pytest.raises(RunError, match="division by zero"):
        project.manager().migrate()
    with pytest.raises(RunError, match="INSERT INTO log") as raised:
        project.manager().migrate()
    assert "--fake" in raised.value.hint
    assert project.sql("SELECT count(*) FROM log") == [(1,)]
    assert project.manager().migrate(fake=True).applied == ("002_writes",)


def test_a_failure_says_what_was_kept_and_goes_on_from_there(project: ServerProject) -> None:
    """The first statement is kept; with the cause mended the rest follows."""
    project.sql("INSERT INTO author (name, age) VALUES ('a', 1), ('a', 1)")
    project.write(
        "002_fails",
        """
        migrator.add_fields("book", pages=pw.IntegerField(default=1))
        migrator.run(lambda: None)
        migrator.add_index("author", "name", unique=True)
        """,
    )
    with pytest.raises(DataError, match="cannot be made unique") as raised:
        project.manager().migrate()
    assert "and not finished" not in str(raised.value)
    assert "what came before it in this migration was kept" in str(raised.value)
    assert "pages" in [c.name for c in project.database.get_columns("book")]
    project.sql("UPDATE author SET name = 'b' WHERE id = 2")
    assert project.manager().migrate().applied == ("002_fails",)
    assert project.manager().check().ok


FAILING = """
    migrator.add_fields('book', pages=pw.IntegerField(default=1))
    migrator.run(lambda: database.execute_sql("INSERT INTO log (what) VALUES ('once')"))
    migrator.add_index('author', 'name', unique=True)
    """


@pytest.fixture
def failed(project: ServerProject) -> ServerProject:
    """A migration of which the last statement failed: a column and a function came before it."""
    project.sql("INSERT INTO author (name, age) VALUES ('a', 1), ('a', 1)")
    project.write("002_x", FAILING)
    with pytest.raises(DataError):
        project.manager().migrate()
    return project


def test_what_failed_is_mended_in_the_file(failed: ServerProject) -> None:
    """What was done stands there as it was, and is not done twice; the journal keeps the text that was finished."""
    failed.write("002_x", FAILING.replace("unique=True", "unique=False"))
    assert failed.manager().migrate().applied == ("002_x",)
    assert failed.sql("SELECT count(*) FROM log") == [(1,)]
    assert failed.manager().status().edited == ()
    assert failed.manager().check().ok


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("pages=pw.IntegerField(default=1)", "sheets=pw.IntegerField(default=1)", 'now says \'add column "sheets"'),
        ("pages=pw.IntegerField(default=1)", "pages=pw.IntegerField(default=2)", "begun as it was before"),
        ("'once'", "'twice'", "call <lambda>"),
        ("migrator.add_index", "return\n    migrator.add_index", ""),
        ("migrator.run", "return\n    migrator.run", "no longer says 'call <lambda>"),
    ],
)
def test_what_was_done_is_not_edited(failed: ServerProject, old: str, new: str, told: str) -> None:
    """Another column, another value, another function, or what was done left out: refused, and told how to go on."""
    failed.write("002_x", FAILING.replace("unique=True", "unique=False").replace(old, new))
    if not told:
        assert failed.manager().migrate().applied == ("002_x",)
        return
    with pytest.raises(RunError) as raised:
        failed.manager().migrate()
    assert told in raised.value.message
    assert "put that back into the file as it was, then peewit migrate goes on" in raised.value.hint
    failed.write("002_x", FAILING.replace("unique=True", "unique=False"))
    assert failed.manager().migrate().applied == ("002_x",)


def test_a_function_that_was_done_is_told_from_one_whose_helpers_changed(project: ServerProject) -> None:
    """What stands around the two functions of a file is part of what its functions do."""
    project.sql("INSERT INTO author (name) VALUES ('a'), ('a')")
    head = "WHAT = 'once'\n"
    text = FAILING.replace("'once')", "'\" + WHAT + \"')")
    project.write("002_x", text, head=head)
    with pytest.raises(DataError):
        project.manager().migrate()
    project.write("002_x", text.replace("unique=True", "unique=False"), head="WHAT = 'twice'\n")
    with pytest.raises(RunError, match="begun as it was before"):
        project.manager().migrate()


def test_a_refused_first_statement_leaves_nothing_to_put_back(project: ServerProject) -> None:
    """The server has done nothing: the file is edited and begins as new."""
    project.sql("INSERT INTO author (name) VALUES ('a'), ('a')")
    project.write("002_x", "migrator.add_index('author', 'name', unique=True)")
    with pytest.raises(DataError) as raised:
        project.manager().migrate()
    assert raised.value.state == NOTHING_KEPT
    assert project.manager().status().interrupted == ()
    project.write("002_x", "migrator.add_fields('book', pages=pw.IntegerField(null=True))")
    assert project.manager().migrate().applied == ("002_x",)


@pytest.mark.parametrize("sql", ["ALTER TABLE author ADD COLUMN a INT, ADD COLUMN name INT", "UPDATE author SET b = 1"])
def test_a_refused_raw_statement_leaves_nothing_to_put_back(project: ServerProject, sql: str) -> None:
    """Whether it changes tables or rows."""
    project.write("002_x", f"migrator.sql({sql!r})")
    with pytest.raises(RunError):
        project.manager().migrate()
    assert project.manager().status().interrupted == ()
    project.write("002_x", "migrator.sql('ALTER TABLE author ADD COLUMN a INT')")
    assert project.manager().migrate().applied == ("002_x",)


def test_rows_that_stay_written_are_not_called_undone(project: ServerProject) -> None:
    """MyISAM keeps the rows a statement wrote before it failed: it is not run again by itself."""
    project.write(
        "002_x",
        """
        migrator.sql("CREATE TABLE kept (id INT PRIMARY KEY) ENGINE=MyISAM")
        migrator.sql("INSERT INTO kept VALUES (1), (2), (1)")
        """,
    )
    with pytest.raises(DataError, match="Duplicate"):
        project.manager().migrate()
    assert project.sql("SELECT count(*) FROM kept") == [(2,)]
    with pytest.raises(RunError, match="begun, and not known to be done: INSERT INTO kept"):
        project.manager().migrate()


def test_a_function_that_rolls_back_and_goes_on_is_noted(project: ServerProject) -> None:
    """What it writes after that is kept at once, so a failure later does not let it run again."""
    project.write(
        "002_x",
        """
        def write():
            database.execute_sql("INSERT INTO log (what) VALUES ('undone')")
            database.rollback()
            database.execute_sql("INSERT INTO log (what) VALUES ('kept')")
            raise ValueError("later")

        migrator.run(write)
        """,
    )
    with pytest.raises(RunError, match="later"):
        project.manager().migrate()
    assert project.sql("SELECT what FROM log") == [("kept",)]
    with pytest.raises(RunError, match="had written by itself: INSERT INTO log"):
        project.manager().migrate()
    assert project.sql("SELECT what FROM log") == [("kept",)]


def test_a_transaction_left_open_is_rolled_back(project: ServerProject) -> None:
    """What was done in it is not called kept, and the next run does it."""
    project.write("002_x", "migrator.sql('START TRANSACTION')\nmigrator.sql(\"INSERT INTO log (what) VALUES ('x')\")")
    with pytest.raises(UnsupportedChangeError, match="began a transaction and did not end it"):
        project.manager().migrate()
    assert not project.database.is_closed() or project.sql("SELECT count(*) FROM log") == [(0,)]
    project.write("002_x", "migrator.sql(\"INSERT INTO log (what) VALUES ('x')\")")
    assert project.manager().migrate().applied == ("002_x",)
    assert project.sql("SELECT count(*) FROM log") == [(1,)]


def test_settings_are_strict_and_put_back(project: ServerProject) -> None:
    """A server or an application that is not strict does not make a migration cut or invent values."""
    project.database.connect()
    project.sql("SET SESSION sql_mode = '', time_zone = '+02:00'")
    project.sql("INSERT INTO author (name) VALUES ('a long name')")
    project.write("002_short", "migrator.change_fields('author', name=pw.CharField(max_length=5))")
    with pytest.raises(DataError, match="too long"):
        project.manager().migrate()
    assert project.sql("SELECT @@sql_mode, @@time_zone") == [("", "+02:00")]
    assert project.sql("SELECT name FROM author") == [("a long name",)]
    project.database.close()


def test_a_key_of_a_new_table_that_had_to_wait_comes_with_the_rest(project: ServerProject) -> None:
    """It leads to a table that changes, so it comes last; the run ended between the two, and went on."""
    project.write(
        "002_loans",
        """
        @migrator.create_model
        class Loan(pw.Model):
            book = pw.ForeignKeyField(migrator.orm["book"], on_delete="CASCADE")
            class Meta:
                table_name = "loan"
        migrator.add_fields("book", pages=pw.IntegerField(null=True))
        """,
        "migrator.remove_model('loan'); migrator.remove_fields('book', 'pages')",
    )
    mine = project.database
    other = type(mine)(mine.database, **mine.connect_params)
    with other.connection_context(), other.atomic():
        other.execute_sql("SELECT * FROM book").fetchall()
        with pytest.raises(LockBusyError):
            project.manager(lock_timeout=0.0).migrate()
    assert mine.table_exists("loan")
    assert mine.get_foreign_keys("loan") == []
    project.database.close()

    project.manager().migrate()

    assert [(key.column, key.dest_table) for key in mine.get_foreign_keys("loan")] == [("book_id", "book")]
    assert project.manager().check().ok


SLOW = {
    "max_statement_time": "migrator.sql('CREATE TABLE slow AS SELECT SLEEP(1) AS a')",
    "wait_timeout": "import time; migrator.run(lambda: time.sleep(1.5))",
}
"""What takes longer than a session is set to."""


@pytest.mark.parametrize(
    "setting",
    [
        "completion_type = CHAIN",
        "sql_safe_updates = 1",
        "sql_quote_show_create = 0",
        "alter_algorithm = INSTANT",
        "sql_mode = 'EMPTY_STRING_IS_NULL'",
        "max_statement_time = 0.5",
        "wait_timeout = 1",
    ],
)
def test_a_session_set_to_other_ways_is_migrated_all_the_same(project: ServerProject, setting: str) -> None:
    """What the application, or the server's configuration, has set for its sessions: it holds again afterwards."""
    project.sql("INSERT INTO author (name, age) VALUES ('a', NULL), ('b', 2)")
    project.database.connect()
    project.sql(f"SET SESSION {setting}")
    name = setting.partition(" = ")[0]
    before = project.sql(f"SELECT @@{name}")
    project.write(
        "002_fill",
        f"""
        migrator.change_fields("author", age=pw.IntegerField(default=1, constraints=[pw.Check("age > 0")]))
        migrator.add_fields("author", key=pw.UUIDField(default=uuid.uuid4), word=pw.CharField(default=""))
        migrator.run(lambda: database.execute_sql("INSERT INTO log (what) VALUES ('ran')"))
        {SLOW.get(name, "")}
        """,
        """
        migrator.remove_fields("author", "key", "word")
        migrator.change_fields("author", age=pw.IntegerField(null=True))
        migrator.sql("DROP TABLE IF EXISTS slow")
        """,
    )
    assert project.manager().migrate().applied == ("002_fill",)
    assert project.sql(f"SELECT @@{name}") == before
    project.manager().rollback()
    project.manager().migrate()
    project.database.close()
    assert project.sql("SELECT name, age, word FROM author ORDER BY id") == [("a", 1, ""), ("b", 2, "")]
    assert project.sql("SELECT count(*) FROM log") == [(2,)]


def test_a_backfill_leaves_alone_what_changes_by_itself(project: ServerProject) -> None:
    """ON UPDATE CURRENT_TIMESTAMP is for the application's writes."""
    project.sql("ALTER TABLE author ADD seen TIMESTAMP NOT NULL DEFAULT '2020-01-01' ON UPDATE CURRENT_TIMESTAMP")
    project.sql("INSERT INTO author (name, age) VALUES ('a', NULL), ('b', 1)")
    project.write(
        "002_fill",
        """
        migrator.add_fields("author", key=pw.UUIDField(default=uuid.uuid4))
        migrator.change_fields("author", age=pw.IntegerField(default=7))
        """,
    )
    project.manager().migrate()
    assert project.sql("SELECT age, date(seen) = '2020-01-01' FROM author ORDER BY id") == [(7, 1), (1, 1)]
    assert project.sql("SELECT count(DISTINCT `key`) FROM author") == [(2,)]


def test_values_of_a_function_that_do_not_fit_are_told(project: ServerProject) -> None:
    """They are known only when they are written: what was done before is kept, and told."""
    project.sql("INSERT INTO author (name) VALUES ('a'), ('b')")
    project.write("002_fill", "migrator.add_fields('author', code=pw.IntegerField(default=lambda: 3, unique=True))")
    with pytest.raises(DataError, match="Duplicate entry '3'") as raised:
        project.manager().migrate()
    assert "this was begun, and not finished: fill `author`.code" in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        "migrator.remove_fields('author', 'age')",
        "migrator.rename_field('author', 'age', 'years')",
        "migrator.rename_table('author', 'writer')",
    ],
)
def test_a_view_that_would_break_is_named(project: ServerProject, change: str) -> None:
    """The server would let it stand, broken: refused before anything is done."""
    project.sql("CREATE VIEW old_authors AS SELECT id, age FROM author WHERE age > 60")
    project.write("002_x", change)
    with pytest.raises(UnsupportedChangeError, match="old_authors"):
        project.manager().migrate()
    assert project.sql("SELECT count(*) FROM old_authors") == [(0,)]


def test_a_trigger_that_would_break_is_named(project: ServerProject) -> None:
    """It speaks of the column that goes."""
    project.sql("CREATE TRIGGER noted BEFORE UPDATE ON author FOR EACH ROW SET NEW.age = OLD.age + 1")
    project.write("002_x", "migrator.remove_fields('author', 'age')")
    with pytest.raises(UnsupportedChangeError, match="noted"):
        project.manager().migrate()


def test_others_locks_are_waited_for_and_named(project: ServerProject) -> None:
    """Tried again, given up in the end, with who it may be; nothing is changed."""
    project.write("002_x", "migrator.add_fields('author', x=pw.IntegerField(null=True))")
    other = pw.MySQLDatabase(project.database.database, **project.database.connect_params)
    with other.connection_context(), other.atomic():
        other.execute_sql("INSERT INTO author (name) VALUES ('open')")
        with pytest.raises(LockBusyError, match="others hold locks") as raised:
            project.manager(lock_timeout=1).migrate()
        assert "connection" in raised.value.hint
    assert project.manager().migrate().applied == ("002_x",)


def test_others_write_nulls_while_they_are_filled(project: ServerProject) -> None:
    """Programs of before the migration go on: what they write after a fill is filled as well, and nothing is lost."""
    project.write("002_fill", "migrator.change_fields('author', age=pw.IntegerField(default=7))")
    with another_writes(project, "author", pause=0.02) as written:
        assert project.manager().migrate().applied == ("002_fill",)
    found = [row for row in project.sql("SELECT name, age FROM author") if row[0].startswith("w")]
    assert sorted(found) == sorted((name, 7) for name in written)


def test_only_one_migrates_at_a_time(project: ServerProject) -> None:
    """The second is told who is at work."""
    project.write("002_x", "migrator.add_fields('author', x=pw.IntegerField(null=True))")
    other = pw.MySQLDatabase(project.database.database, **project.database.connect_params)
    from peewit.run.database.server_lock import locked_on_server

    with other.connection_context(), locked_on_server(other, ".migratehistory", 1):
        child = os.fork()
        if child == 0:
            code = 9
            try:
                project.manager(lock_timeout=0.3).migrate()
            except LockBusyError as error:
                code = 3 if "connection" in str(error) else 8
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
