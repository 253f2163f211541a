"""Each thing doctor finds on a server: made for real, told, mended by what was printed, gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee as pw
import pytest

from peewit import MigrationManager
from peewit.compile import Execute
from peewit.doctor import diagnose
from peewit.run.looking import doctor_postgres
from peewit.run.sessions.mysql_session import MysqlSession

from ..server_project import ServerProject
from .typing import found, only, severities, statements
from .typing import on_server as typed

pytestmark = pytest.mark.one_version


@contextmanager
def another(project: ServerProject) -> Iterator[pw.Database]:
    """A connection of somebody else."""
    database = project.database
    other = type(database)(database.database, **database.connect_params)
    with other.connection_context():
        yield other


# ---------------------------------------------------------------------- each server


def test_nothing_is_written(on_server: ServerProject) -> None:
    """No table, no row, no schema and no database more or less, whatever is found."""
    project = on_server
    project.write("002_more", "migrator.add_fields('book', pages=pw.IntegerField(default=1))")
    project.sql("ALTER TABLE author ADD extra INTEGER")
    everything = (
        "SELECT table_schema, table_name, column_name FROM information_schema.columns ORDER BY 1, 2, 3",
        "SELECT schema_name FROM information_schema.schemata ORDER BY 1",
        "SELECT * FROM migratehistory_journal",
    )
    own = list(everything[:2])
    marks = ("" if isinstance(project.database, pw.PostgresqlDatabase) else "WHERE table_schema = database() ",)
    own[0] = own[0].replace("ORDER", f"{marks[0]}ORDER")
    before = [project.sql(sql) for sql in (own[0], everything[2])]
    assert not diagnose(project.manager()).ok
    assert [project.sql(sql) for sql in (own[0], everything[2])] == before


def test_a_migration_that_runs(on_server: ServerProject) -> None:
    """Who holds the lock; nothing is waited for; ended by what was printed, the lock is gone."""
    project = on_server
    project.write("002_slow", "import time\nmigrator.run(lambda: time.sleep(60))")
    child = os.fork()
    if child == 0:
        database = project.database
        project.database = type(database)(database.database, **database.connect_params)
        try:
            project.manager().migrate()
        finally:
            os._exit(0)
    try:
        deadline = time.monotonic() + 30
        while not (symptoms := [s for s in found(project.manager()) if s.about == "lock"]):
            assert time.monotonic() < deadline
        started = time.monotonic()
        symptoms = found(project.manager())
        assert time.monotonic() - started < 15  # of the 60 it runs
        # On a loaded machine its transaction stands still long enough to be told as well.
        symptoms = [symptom for symptom in symptoms if symptom.about != "transactions"]
        assert [s.about for s in symptoms] == ["lock"]
        assert symptoms[0].message.startswith("a migration is running: ")
        typed(project.database, symptoms[0].repairs[-1].text)
        deadline = time.monotonic() + 30
        while severities(diagnose(project.manager()), "lock") != ["ok"]:
            assert time.monotonic() < deadline
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_tables_that_were_changed_by_hand(on_server: ServerProject) -> None:
    """What is missing and what is too much is named."""
    project = on_server
    project.sql("ALTER TABLE author ADD extra INTEGER")
    project.sql("ALTER TABLE book DROP COLUMN title")
    symptom = only(project.manager(), "tables")
    assert [line.partition(": ")[0] for line in symptom.message.splitlines()[1:]] == [
        'column "extra" of "author" should not be there',
        'column "title" of "book" is missing',
    ]
    for sql in statements(symptom):
        typed(project.database, sql)
    assert found(project.manager()) == []
    project.sql("DROP TABLE book")
    symptom = only(project.manager(), "tables")
    assert symptom.message.splitlines()[1:] == ['table "book" is missing']
    for sql in statements(symptom):
        typed(project.database, sql)
    assert found(project.manager()) == []


def test_the_applications_connection_is_left_as_it_is(on_server: ServerProject) -> None:
    """Open, in a transaction, with its settings."""
    project = on_server
    with project.database.connection_context(), project.database.transaction() as transaction:
        project.sql("INSERT INTO author (name) VALUES ('b')")
        diagnose(project.manager())
        assert project.sql("SELECT count(*) FROM author") == [(2,)]
        transaction.rollback()


def test_a_history_row_that_was_removed(on_server: ServerProject) -> None:
    """The journal has it and the database too: it is put back."""
    project = on_server
    project.sql("DELETE FROM migratehistory")
    symptom = only(project.manager(), "history")
    assert symptom.repairs[0].text == "peewit migrate 001_initial --fake"
    project.manager().migrate("001_initial", fake=True)
    assert found(project.manager()) == []


# ---------------------------------------------------------------------- PostgreSQL


@pytest.mark.parametrize("repair", [0, 1])
def test_an_invalid_index(on_postgres: ServerProject, repair: int) -> None:
    """One that was made concurrently and failed is finished, or dropped."""
    project = on_postgres
    project.sql("INSERT INTO author (name) VALUES ('a')")
    with pytest.raises(pw.PeeweeException):
        typed_directly(project, "CREATE UNIQUE INDEX CONCURRENTLY one_name ON author (name)")
    symptom = only(project.manager(), "indexes")
    assert symptom.message == 'index "one_name" of "author" is invalid'
    if repair == 0:
        project.sql("DELETE FROM author WHERE id = 2")
    typed(project.database, symptom.repairs[repair].text)
    assert [s for s in found(project.manager()) if s.about == "indexes"] == []


def typed_directly(project: ServerProject, sql: str) -> None:
    """Run a statement that may be in no transaction."""
    with another(project) as database:
        database.execute_sql(sql)


def test_rules_that_were_not_proved(on_postgres: ServerProject) -> None:
    """A foreign key and a CHECK: the rows against them are counted, and once they are mended the rules are proved."""
    project = on_postgres
    project.sql("ALTER TABLE book DROP CONSTRAINT book_author_id_fkey")
    project.sql("INSERT INTO book (author_id) VALUES (7), (8)")
    rule = "FOREIGN KEY (author_id) REFERENCES author (id)"
    project.sql(f"ALTER TABLE book ADD CONSTRAINT book_author_id_fkey {rule} NOT VALID")
    project.sql("ALTER TABLE book ADD CONSTRAINT titled CHECK (title <> 'one') NOT VALID")
    symptoms = [s for s in found(project.manager()) if s.about in ("constraints", "foreign keys")]
    assert [(s.severity, s.message) for s in symptoms] == [
        ("warning", 'foreign key "book_author_id_fkey" of "book" was not proved for old rows'),
        (
            "problem",
            '2 rows of "public"."book" refer to nothing: no "public"."author" has "id" = \'7\', for example',
        ),
        ("warning", 'rule "titled" of "book" was not proved for old rows'),
        ("problem", '1 row of "public"."book" breaks the rule "titled"'),
    ]
    key, orphans, check, broken = symptoms
    typed(project.database, orphans.repairs[1].text)
    typed(project.database, broken.repairs[0].text)
    project.sql("UPDATE book SET title = 'two' WHERE title = 'one'")
    for symptom in (key, check):
        typed(project.database, symptom.repairs[0].text)
    assert [s for s in found(project.manager()) if s.about == "constraints"] == []
    assert project.sql("SELECT count(*) FROM book WHERE author_id IS NULL") == [(2,)]


def test_an_online_rule_that_was_not_proved(on_postgres: ServerProject) -> None:
    """A NOT NULL that a killed online migration left as a rule becomes what it was to be."""
    project = on_postgres
    project.sql("ALTER TABLE author ALTER name DROP NOT NULL")
    project.sql("ALTER TABLE author ADD CONSTRAINT peewit_name_not_null CHECK (name IS NOT NULL) NOT VALID")
    symptom = only(project.manager(), "constraints")
    for repair in symptom.repairs:
        typed(project.database, repair.text)
    assert found(project.manager()) == []


def test_idle_sessions(on_postgres: ServerProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds locks on our tables and does nothing is named, and ended."""
    project = on_postgres
    monkeypatch.setattr(doctor_postgres, "IDLE", 0)
    with another(project) as other:
        other.begin()
        other.execute_sql("LOCK TABLE book IN ACCESS EXCLUSIVE MODE")
        symptom = only(project.manager(), "transactions")
        assert "in a transaction with locks on book" in symptom.message
        typed(project.database, symptom.repairs[0].text)
        time.sleep(0.2)
        assert found(project.manager()) == []


def test_who_is_at_work_and_has_locks(on_postgres: ServerProject) -> None:
    """What has just stopped a migration is named, also while it runs; nothing has to be mended, and it can be ended."""
    project = on_postgres
    with another(project) as other:
        other.begin()
        other.execute_sql("SELECT * FROM book")
        process = other.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
        time.sleep(doctor_postgres.BUSY + 0.2)
        (symptom,) = [s for s in diagnose(project.manager()).symptoms if s.about == "transactions"]
        assert symptom.severity == "note"
        assert f"server process {process}, idle in transaction) has locks on book since " in symptom.message
        typed(project.database, symptom.repairs[1].text)
        time.sleep(0.2)
        (fine,) = [s for s in diagnose(project.manager()).symptoms if s.about == "transactions"]
        assert fine.message == "nobody holds locks on these tables"


def test_prepared_transactions(on_postgres: ServerProject) -> None:
    """One that nobody has decided about outlives its session: it is named with both ways out."""
    project = on_postgres
    if project.sql("SHOW max_prepared_transactions") == [("0",)]:
        pytest.skip("the server prepares no transactions")
    with another(project) as other:
        other.begin()
        other.execute_sql("UPDATE author SET name = 'b'")
        other.execute_sql("PREPARE TRANSACTION 'it''s left'")
    symptom = only(project.manager(), "transactions")
    assert "with locks on author" in symptom.message
    typed(project.database, symptom.repairs[1].text)
    assert found(project.manager()) == []


def test_a_database_that_takes_no_writes(on_postgres: ServerProject) -> None:
    """Everything is looked at, migrate is refused at once, and what is printed opens it."""
    project = on_postgres
    name = project.database.database
    typed(project.database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    project.write("002_more", "migrator.sql('CREATE TABLE more (a int)')")
    symptoms = {s.about: s for s in found(project.manager())}
    assert set(symptoms) == {"server", "files"}
    project.database.close()
    typed(project.database, symptoms["server"].repairs[0].text)
    assert only(project.manager(), "files").message == "1 migration is not applied: 002_more"


# ---------------------------------------------------------------------- MariaDB


def test_rows_written_without_foreign_key_checks(on_mariadb: ServerProject) -> None:
    """They are counted, and mended by what is printed."""
    project = on_mariadb
    with another(project) as other:
        other.execute_sql("SET foreign_key_checks = 0")
        other.execute_sql("INSERT INTO book (author_id) VALUES (7), (8)")
    symptom = only(project.manager(), "foreign keys")
    assert symptom.message.startswith("2 rows of `book` refer to nothing: no ")
    for repair in symptom.repairs:
        typed(project.database, repair.text)
    assert found(project.manager()) == []


def test_databases_of_trials_that_were_killed(on_mariadb: ServerProject) -> None:
    """One that nobody is at may go."""
    project = on_mariadb
    dead = "peewit_trial_1_bbbb_0"
    project.sql(f"CREATE DATABASE {dead}")
    try:
        mine = [s for s in diagnose(project.manager()).symptoms if f'"{dead}"' in s.message]
        assert [s.message for s in mine] == [f'database "{dead}" is left over from a create or check that was killed']
        typed(project.database, mine[0].repairs[0].text)
        assert [s for s in diagnose(project.manager()).symptoms if dead in s.message] == []
    finally:
        project.sql(f"DROP DATABASE IF EXISTS {dead}")


class Watched(pw.MySQLDatabase):
    """Somebody looks before and after each statement of a trial that makes a database, goes to it, or drops it."""

    look: Callable[[], None]

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if not sql.startswith(("CREATE DATABASE", "USE", "DROP DATABASE")):
            return super().execute_sql(sql, params)
        self.look()
        cursor = super().execute_sql(sql, params)
        self.look()
        return cursor


def test_a_trial_of_somebody_else_is_not_left_over(on_mariadb: ServerProject) -> None:
    """From its first statement to its last, on one server with us: its database is not to be dropped."""
    project = on_mariadb
    seen: list[list[str]] = []

    def look() -> None:
        mark = f"peewit_trial_{os.getpid()}_"
        there = project.sql("SELECT schema_name FROM information_schema.schemata")
        told = diagnose(project.manager()).symptoms
        assert [symptom.message for symptom in told if mark in symptom.message] == []
        seen.append([name for (name,) in there if name.startswith(mark)])

    class Extra(pw.Model):
        class Meta:
            table_name = "extra"
            database = Watched(project.database.database, **project.database.connect_params)

    Extra._meta.database.look = look
    manager = MigrationManager(Extra._meta.database, project.directory, models=[Extra], ignore=["author", "book"])
    assert manager.create("extra") is not None
    assert [len(names) for names in seen] == [0, 1, 1, 1, 1, 1, 1, 0]


def test_tables_without_transactions(on_mariadb: ServerProject) -> None:
    """A table of ours on another engine is written anew."""
    project = on_mariadb
    project.write("002_log", "migrator.sql('CREATE TABLE log (a int) ENGINE = MyISAM')")
    project.manager().migrate()
    symptom = only(project.manager(), "engine")
    assert symptom.message == 'table "log" uses the engine MyISAM'
    typed(project.database, symptom.repairs[0].text)
    assert found(project.manager()) == []


def test_connections_that_are_not_strict(on_mariadb: ServerProject) -> None:
    """The application's own setting is what counts."""
    project = on_mariadb
    database = project.database
    lax = {**database.connect_params, "sql_mode": "NO_ENGINE_SUBSTITUTION"}
    project.database = type(database)(database.database, **lax)
    symptom = only(project.manager(), "sql_mode")
    assert "sql_mode is 'NO_ENGINE_SUBSTITUTION'" in symptom.message
    assert symptom.repairs[0].text == 'MySQLDatabase(…, sql_mode="STRICT_TRANS_TABLES")'
    project.database = type(database)(database.database, **{**lax, "sql_mode": "STRICT_TRANS_TABLES"})
    assert found(project.manager()) == []


CHANGE = """
    migrator.add_fields("author", age=pw.IntegerField(default=1))
    migrator.run(lambda: None)
    migrator.add_fields("book", pages=pw.IntegerField(default=1))
    """


def test_a_migration_that_was_interrupted(on_mariadb: ServerProject) -> None:
    """How far it came, and what to type; when that is done nothing is found."""
    project = on_mariadb
    project.write("002_change", CHANGE)
    child = os.fork()
    if child == 0:
        database = project.database
        project.database = type(database)(database.database, **database.connect_params)
        execute = MysqlSession._execute

        def killed(session: MysqlSession, statement: Execute) -> None:
            execute(session, statement)
            if "pages" in session.steps[-1]:
                os.kill(os.getpid(), signal.SIGKILL)

        MysqlSession._execute = killed  # type: ignore[method-assign]  # of this child process, which ends there
        project.manager().migrate()
        os._exit(1)
    os.waitpid(child, 0)
    deadline = time.monotonic() + 10
    while not (symptoms := [s for s in found(project.manager()) if s.about == "interrupted"]):
        assert time.monotonic() < deadline
    (symptom,) = symptoms
    assert symptom.message.startswith("migrate of 002_change was interrupted: begun at 20")
    lines = symptom.meaning.splitlines()
    assert lines[0] == 'done: add column "age" to "author"'
    assert lines[2].startswith(
        'begun, and not known to be finished: add column "pages" to "book", the last statement: ALTER'
    )
    assert symptom.repairs[0].text == "peewit migrate"
    project.manager().migrate()
    assert found(project.manager()) == []


def test_a_migration_that_wrote_by_itself_and_was_interrupted(on_mariadb: ServerProject) -> None:
    """It cannot be told what of it was done: what to type when it was finished by hand."""
    project = on_mariadb
    project.write("002_change", "database.execute_sql('CREATE TABLE own (a int)')\n" + "raise RuntimeError('x')")
    with pytest.raises(Exception, match="RuntimeError"):
        project.manager().migrate()
    symptom = only(project.manager(), "interrupted")
    assert "it had written by itself, so a run is not repeated: CREATE TABLE own" in symptom.meaning
    assert symptom.repairs[0].text == "peewit migrate 002_change --fake"
    project.manager().migrate("002_change", fake=True)
    assert found(project.manager()) == []


def test_several_at_once(on_server: ServerProject) -> None:
    """Doctors do not stand in each other's way."""
    project = on_server
    told: list[bool] = []

    def look() -> None:
        told.append(found(project.manager()) == [])

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [True] * 3
