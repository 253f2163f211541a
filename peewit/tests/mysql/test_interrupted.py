"""Runs that were interrupted on MariaDB: decided by the tables they were changing, else reported; nothing is guessed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from click.testing import CliRunner

from peewit import DriftError, RunError
from peewit.cli.status import peewit
from peewit.compile import Execute
from peewit.doctor import diagnose
from peewit.run.sessions.mysql_session import MysqlSession

from ..killing import killed_in
from ..server_project import ServerProject

START = """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField()
        age = pw.IntegerField(null=True)
        born = pw.IntegerField(null=True)
        class Meta:
            table_name = "author"

    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField(null=True)
        class Meta:
            table_name = "book"
    """
TWO = """
    migrator.add_fields("author", city=pw.CharField(null=True))
    migrator.add_fields("book", pages=pw.IntegerField(null=True))
    """
BACK = "migrator.remove_fields('book', 'pages')\nmigrator.remove_fields('author', 'city')"
SWAP = """
    migrator.rename_field("author", "age", "kept")
    migrator.rename_field("author", "born", "age")
    migrator.rename_field("author", "kept", "born")
    """


@pytest.fixture
def project(tmp_path: Path, mariadb: pw.MySQLDatabase) -> ServerProject:
    project = ServerProject(tmp_path, mariadb)
    project.write("001_initial", START)
    project.manager().migrate()
    project.sql("INSERT INTO author (name, age, born) VALUES ('a', 7, 1950)")
    return project


def killed_after(project: ServerProject, wanted: str, *, back: bool = False, early: bool = False) -> None:
    """Kill a run right after the first statement with these words, or right before it; its intent is written down."""

    def once(session: MysqlSession, statement: Execute) -> bool:
        done = early or attempt(session, statement)
        if wanted in statement.sql:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    attempt = MysqlSession._attempt
    project.database.close()

    def run() -> None:
        MysqlSession._attempt = once  # type: ignore[method-assign]  # of this child process, which ends there
        if back:
            project.manager().rollback()
        else:
            project.manager().migrate()

    assert killed_in(run)


def columns(project: ServerProject, table: str) -> list[str]:
    """What the columns of a table are called."""
    return [row[0] for row in project.sql(f"SHOW COLUMNS FROM {table}")]


def test_a_table_changed_by_hand_is_reported(project: ServerProject) -> None:
    """It is neither as before the statement nor as after it: the error has the SQL, both fingerprints, and the lines."""
    project.write("002_two", TWO, BACK)
    killed_after(project, "`city`")
    project.sql("ALTER TABLE author ADD nick INT")
    with pytest.raises(RunError, match="neither as before") as raised:
        project.manager().migrate()
    text = str(raised.value)
    assert "begun: ALTER TABLE `author` ADD COLUMN `city`" in text
    assert "`author` before it: " in text
    assert "+   `nick` int(11) DEFAULT NULL," in text
    assert "peewit migrate 002_two --fake" in text
    assert "pages" not in columns(project, "book")
    project.sql("ALTER TABLE author DROP nick")
    assert project.manager().migrate().applied == ("002_two",)
    assert project.manager().check().ok


def test_a_table_changed_by_hand_before_the_statement_was_done_is_reported(project: ServerProject) -> None:
    """Also where it would be compiled to nothing: somebody has begun to finish it by hand."""
    project.write("002_two", TWO, BACK)
    killed_after(project, "`city`", early=True)
    project.sql("ALTER TABLE author ADD city VARCHAR(9)")
    with pytest.raises(RunError, match="somebody else has changed them"):
        project.manager().migrate()


def test_columns_that_changed_places_are_decided_by_the_table(project: ServerProject) -> None:
    """Names alone do not show it; the table's whole description does."""
    project.write("002_swap", SWAP)
    killed_after(project, "RENAME COLUMN")
    assert project.sql("SELECT age, born FROM author") == [(1950, 7)]
    project.manager().migrate()
    assert project.sql("SELECT age, born FROM author") == [(1950, 7)]
    assert project.manager().check().ok


def test_raw_sql_that_changes_a_table_is_decided_by_it(project: ServerProject) -> None:
    """What was done is not run again; what does not show is reported with the statement."""
    project.write("002_raw", "migrator.sql('ALTER TABLE author ADD city INT')\nmigrator.sql('TRUNCATE TABLE book')")
    killed_after(project, "city")
    project.sql("INSERT INTO book (title) VALUES ('b')")
    killed_after(project, "TRUNCATE")
    project.sql("INSERT INTO book (title) VALUES ('c')")
    with pytest.raises(RunError, match="begun, and not known to be done: TRUNCATE TABLE book"):
        project.manager().migrate()
    assert project.sql("SELECT title FROM book") == [("c",)]


def test_what_sets_up_the_connection_is_set_up_again(project: ServerProject) -> None:
    """A run that goes on has a new connection, on which nothing is set."""
    project.write(
        "002_set",
        """
        migrator.sql("SET @wanted = 5")
        migrator.sql("ALTER TABLE author ADD city INT")
        migrator.sql("UPDATE author SET age = @wanted")
        """,
    )
    killed_after(project, "city")
    project.manager().migrate()
    assert project.sql("SELECT age FROM author") == [(5,)]


def test_rows_of_a_table_that_no_transaction_undoes_are_reported(project: ServerProject) -> None:
    """They stay when the run is killed, so the statement is not run twice."""
    project.sql("CREATE TABLE memo (a INT) ENGINE=MyISAM")
    project.write("002_memo", "migrator.sql('INSERT INTO memo VALUES (1)')")
    killed_after(project, "memo")
    with pytest.raises(RunError, match="INSERT INTO memo"):
        project.manager().migrate()
    assert project.sql("SELECT count(*) FROM memo") == [(1,)]


def test_a_function_that_changes_a_table_is_reported(project: ServerProject) -> None:
    """The server commits what came before the change, so the function cannot run twice."""
    project.write(
        "002_function",
        """
        def change():
            database.execute_sql("INSERT INTO book (title) VALUES ('b')")
            database.execute_sql("ALTER TABLE book ADD pages INT")
            raise KeyError("oh no")
        migrator.run(change)
        """,
    )
    with pytest.raises(RunError, match="oh no"):
        project.manager().migrate()
    with pytest.raises(RunError, match="had written by itself: ALTER TABLE book"):
        project.manager().migrate()
    assert project.sql("SELECT count(*) FROM book") == [(1,)]


def test_status_check_and_plan_tell_what_is_half_done(project: ServerProject) -> None:
    """With how far it came, and what to type; in JSON too."""
    project.write("002_two", TWO, BACK)
    killed_after(project, "`city`")
    status = project.manager().status()
    assert not status.up_to_date
    (half,) = status.interrupted
    assert (half.name, half.action, half.done, half.next) == ("002_two", "migrate", 0, "peewit migrate")
    assert half.statement.startswith("ALTER TABLE `author` ADD COLUMN `city`")
    findings = project.manager().check().findings
    assert [f.hint for f in findings if "interrupted" in f.message] == ["go on: peewit migrate"]
    with pytest.raises(RunError, match="was interrupted"):
        project.manager().plan()
    settings = dict(project.database.connect_params)
    url = f"mysql://{settings['user']}@{settings.get('host', '')}:{settings.get('port', 3306)}/{project.database.database}"
    flags = ["--database", url, "--directory", str(project.directory)]
    if "unix_socket" not in settings:
        shown = CliRunner().invoke(peewit, ["status", *flags]).output
        assert "[~] 002_two" in shown
        assert "002_two is half done: its migrate was interrupted" in shown
        assert "next: peewit migrate, which goes on where it stopped" in shown
        told = json.loads(CliRunner().invoke(peewit, ["status", "--json", *flags]).output)
        assert told["interrupted"][0]["name"] == "002_two"
    project.manager().migrate()
    assert project.manager().status().interrupted == ()


def test_the_other_way_is_refused_until_it_is_finished(project: ServerProject) -> None:
    """A rollback of what is half applied, a migrate of what is half undone: also where nothing is pending."""
    project.write("002_two", TWO, BACK)
    killed_after(project, "`city`")
    with pytest.raises(RunError, match="now a rollback is asked for") as raised:
        project.manager().rollback()
    assert "peewit migrate, which goes on" in raised.value.hint
    project.manager().migrate()
    killed_after(project, "DROP COLUMN", back=True)
    with pytest.raises(RunError, match="now a migrate is asked for") as raised:
        project.manager().migrate()
    assert "peewit rollback, which goes on" in raised.value.hint
    assert "peewit migrate 002_two --fake" in raised.value.hint
    assert project.manager().rollback().rolled_back == ("002_two",)
    assert columns(project, "book") == ["id", "title"]
    assert project.manager().check().findings[0].message == "002_two is not applied"


def test_a_half_done_run_is_ended_by_hand(project: ServerProject) -> None:
    """Undone by hand, or put back by hand: the history says so, and nothing is open any more."""
    project.write("002_two", TWO, BACK)
    killed_after(project, "`city`")
    project.sql("ALTER TABLE author DROP city")
    assert project.manager().rollback(fake=True).rolled_back == ("002_two",)
    assert project.manager().status().interrupted == ()
    assert [entry.name for entry in project.manager().status().applied] == ["001_initial"]
    project.manager().migrate()
    killed_after(project, "DROP COLUMN", back=True)
    project.sql("ALTER TABLE book ADD pages INT NULL")
    assert project.manager().migrate("002_two", fake=True).applied == ("002_two",)
    status = project.manager().status()
    assert (status.interrupted, status.up_to_date) == ((), True)
    assert project.manager().rollback().rolled_back == ("002_two",)


def test_a_half_done_run_whose_file_is_gone(project: ServerProject) -> None:
    """Nothing else runs before it; by its name it is finished from the journal's copy."""
    project.write("002_two", TWO, BACK)
    killed_after(project, "`city`")
    (project.directory / "002_two.py").unlink()
    project.write("003_other", "migrator.add_fields('book', x=pw.IntegerField(null=True))")
    for _ in range(2):
        with pytest.raises(RunError, match="its file is gone") as raised:
            project.manager().migrate()
        (project.directory / "003_other.py").unlink(missing_ok=True)
    assert "peewit migrate 002_two" in raised.value.hint
    assert project.manager().migrate("002_two").applied == ("002_two",)
    assert columns(project, "book") == ["id", "title", "pages"]
    assert project.manager().rollback().rolled_back == ("002_two",)


def test_a_log_of_an_older_version_is_understood(project: ServerProject) -> None:
    """What it says is done is passed over; what it says is begun is looked at."""
    project.write("002_two", "migrator.sql('UPDATE author SET age = 8')\n" + TWO.replace("\n    ", "\n").strip())
    killed_after(project, "UPDATE author", early=True)
    project.sql("DELETE FROM migratehistory_journal WHERE action LIKE 'begin #%%'")
    text = "add column"
    log: dict[str, Any] = {
        "wrote": "",
        "stretches": [
            {"text": "run UPDATE author SET age = 8", "before": "0" * 16, "statements": ["UPDATE…"], "done": True},
            {"text": text, "before": "", "statements": ["ALTER TABLE `author` ADD COLUMN `city`…"], "done": False},
        ],
    }
    project.sql("UPDATE migratehistory_journal SET steps = %s WHERE action = 'begin migrate'", json.dumps(log))
    with pytest.raises(RunError, match="it began 'add column' where it now says") as raised:
        project.manager().migrate()
    log["stretches"][1]["text"] = str(raised.value).partition("where it now says '")[2].partition("'\n")[0]
    project.sql("UPDATE migratehistory_journal SET steps = %s WHERE action = 'begin migrate'", json.dumps(log))
    project.sql("ALTER TABLE author ADD city VARCHAR(255)")
    assert project.manager().migrate().applied == ("002_two",)
    assert project.sql("SELECT age FROM author") == [(7,)]
    assert columns(project, "book") == ["id", "title", "pages"]


def test_like_tables_that_change_places_are_not_changed_back(project: ServerProject) -> None:
    """Before and after look alike, so it cannot be told whether they did: a person looks at the rows."""
    project.sql("CREATE TABLE one (id INT)")
    project.sql("CREATE TABLE two (id INT)")
    project.sql("INSERT INTO one VALUES (1)")
    project.write("002_swap", "migrator.sql('RENAME TABLE one TO three, two TO one, three TO two')")
    killed_after(project, "RENAME TABLE one")
    with pytest.raises(RunError, match="looks alike before and after"):
        project.manager().migrate()
    assert project.sql("SELECT count(*) FROM two") == [(1,)]


@pytest.mark.parametrize("asked", [{"target": "001"}, {"target": "zero"}, {"count": 1}])
def test_what_was_asked_for_is_asked_for_again(project: ServerProject, asked: dict[str, Any]) -> None:
    """The same rollback typed again goes on where it was killed, and to where it was to go."""
    project.write("002_two", TWO, BACK)
    project.manager().migrate()
    killed_after(project, "DROP COLUMN `pages`", back=True)

    project.manager().rollback(**asked)

    left = [] if asked == {"target": "zero"} else ["001_initial"]
    assert [entry.name for entry in project.manager().status().applied] == left
    if left:
        assert columns(project, "author") == ["id", "name", "age", "born"]
        assert columns(project, "book") == ["id", "title"]


def test_how_many_were_left_is_not_guessed(project: ServerProject) -> None:
    """Two were to be undone and one is half undone: whether another was undone before it, nobody knows."""
    project.write("002_two", TWO, BACK)
    project.manager().migrate()
    killed_after(project, "DROP COLUMN `pages`", back=True)
    with pytest.raises(RunError, match="something else is asked for") as raised:
        project.manager().rollback(count=2)
    assert "finish it first, without a target or a count" in raised.value.hint
    assert [entry.name for entry in project.manager().status().applied] == ["001_initial", "002_two"]


BY_HAND = """
    migrator.add_fields("author", city=pw.CharField(null=True))
    migrator.sql("DO SLEEP(1)")
    migrator.add_fields("book", pages=pw.IntegerField(null=True))
    """


def killed_in_raw_sql(project: ServerProject) -> None:
    """A process is killed while a statement runs of which nothing shows whether it was done."""
    project.write("002_slow", BY_HAND, BACK)
    project.database.close()
    real = MysqlSession._rows

    def run() -> None:
        def sent(self: MysqlSession, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
            if "SLEEP" in sql:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(self, sql, params)

        MysqlSession._rows = sent  # type: ignore[method-assign]  # of this child process, which ends there
        heard = MysqlSession.sql

        def told(self: MysqlSession, sql: str, params: tuple[Any, ...] = ()) -> Any:
            if "SLEEP" in sql:
                os.kill(os.getpid(), signal.SIGKILL)
            return heard(self, sql, params)

        MysqlSession.sql = told  # type: ignore[method-assign]  # of this child process, which ends there
        project.manager().migrate()

    assert killed_in(run)


def test_what_is_said_to_type_works_where_nothing_shows(project: ServerProject) -> None:
    """No circle: `status` sends to `doctor`, and what that says ends it; `--fake` says what is missing, too."""
    killed_in_raw_sql(project)
    manager = project.manager()
    (run,) = manager.status().interrupted
    assert run.next == "peewit doctor"
    (symptom,) = [s for s in diagnose(manager).symptoms if s.about == "interrupted"]
    assert "nothing shows whether it was done" in symptom.meaning
    assert [repair.text for repair in symptom.repairs] == ["peewit migrate 002_slow --fake", "peewit rollback --fake"]
    (finding,) = [f for f in manager.check().findings if "002_slow" in f.message]
    assert finding.hint == "it does not go on by itself: peewit doctor says what to do"
    with pytest.raises(RunError) as raised:
        manager.migrate()
    assert "peewit migrate 002_slow --fake" in raised.value.hint
    with pytest.raises(DriftError) as drifted:
        manager.migrate("002_slow", fake=True)
    assert drifted.value.hint == (
        "do by hand what is missing, and type the same again; to write the history all the same: --no-verify"
    )
    project.sql("ALTER TABLE book ADD COLUMN pages INTEGER")
    assert manager.migrate("002_slow", fake=True).applied == ("002_slow",)
    assert manager.status().up_to_date


def test_a_rollback_of_it_says_the_same(project: ServerProject) -> None:
    """It is refused, and not with the advice to go on."""
    killed_in_raw_sql(project)
    with pytest.raises(RunError) as raised:
        project.manager().rollback()
    assert "which goes on where it stopped" not in raised.value.hint
    assert "peewit rollback --fake" in raised.value.hint
    project.sql("ALTER TABLE author DROP COLUMN city")
    project.manager().rollback(fake=True)
    assert project.manager().status().interrupted == ()
