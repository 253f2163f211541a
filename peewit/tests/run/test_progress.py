"""How far a statement is that takes long: what is heard of a run on each database while it waits."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import peewee as pw
import pytest

from peewit.reports import Event, Executing, Progress
from peewit.run.database.diverting import exceptions
from peewit.run.sessions import progress, sqlite_progress
from peewit.run.sessions.sqlite_progress import program_of, stepping, steps_of

from ..server_project import ServerProject

FIRST = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()
        age = pw.IntegerField(null=True)
        class Meta:
            table_name = "person"
    """
SLOW = "import time\n\ndef slow():\n    time.sleep({seconds})\n    return 3\n\n"
ROWS = 30_000
NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n"


def seeded(folder: Path, database: pw.Database, rows: int, body: str, head: str = "") -> ServerProject:
    """A project with a table of so many rows, and a migration that is pending."""
    project = ServerProject(folder, database)
    project.write("001_first", FIRST)
    project.manager().migrate()
    numbers = f"SELECT concat('name ', i), i % 90 FROM ({NUMBERS.format(rows=rows)}) n"
    if isinstance(database, pw.MySQLDatabase):
        numbers = f"SELECT concat('name ', seq), seq % 90 FROM seq_1_to_{rows}"
    if isinstance(database, pw.SqliteDatabase):
        numbers = numbers.replace("concat('name ', i)", "'name ' || i")
    project.sql(f"INSERT INTO person (name, age) {numbers}".replace("%", "%%" if "%s" in database.param else "%"))
    project.write("002_long", body, head=head)
    return project


def in_sqlite(folder: Path) -> pw.SqliteDatabase:
    return pw.SqliteDatabase(folder / "app.db")


def heard(project: ServerProject) -> tuple[list[Progress], list[Event]]:
    """What is heard of a run, and of that how far its statements are."""
    events: list[Event] = []
    assert project.manager(backup=False).migrate(tell=events.append).applied == ("002_long",)
    return [event for event in events if isinstance(event, Progress)], events


def rises(told: Sequence[Progress], rows: int) -> bool:
    """Whether it rises to all of the rows; the first time there may be none, where the machine is slow."""
    done = [event.done or 0 for event in told]
    return len(done) > 1 and done == sorted(done) and done[0] < done[-1] == rows


def test_a_fill_by_a_function_is_counted(tmp_path: Path) -> None:
    """On SQLite: as many rows as the function was called for, told while the statement runs."""
    body = "migrator.add_fields('person', x=pw.IntegerField(default=slow))"
    project = seeded(tmp_path, in_sqlite(tmp_path), 300, body, SLOW.format(seconds=0.006))
    told, _ = heard(project)
    assert {event[0:1] + event[2:] for event in told} == {("002_long", 300, "rows", "")}
    assert rises(told, 300)
    assert project.sql("SELECT count(*) FROM person WHERE x = 3") == [(300,)]


def test_a_fill_by_a_function_is_counted_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """Piece by piece, with the rows that are left."""
    body = "migrator.add_fields('person', x=pw.IntegerField(default=slow))"
    told, events = heard(seeded(tmp_path, database, 2500, body, SLOW.format(seconds=0.0007)))
    fills = [event for event in told if event.unit == "rows" and event.total == 2500 and event.done is not None]
    assert rises(fills, 2500)
    assert events[-1] not in told


COPY = "INSERT INTO other (id, name, age) SELECT id, name, {} FROM person"


@pytest.mark.parametrize(
    ("sql", "copied"),
    [
        ("CREATE INDEX long ON person (name, age)", None),
        ("CREATE UNIQUE INDEX long ON person (id)", None),
        ("UPDATE person SET age = age + 1", None),
        ("UPDATE person SET age = 7 WHERE more IS NULL", None),
        ("ALTER TABLE person DROP COLUMN more", None),
        (COPY.format("age"), ROWS),
        (COPY.format("CASE WHEN typeof(age) = 'text' THEN CASE WHEN age > 3 THEN 1 ELSE 2 END ELSE age END"), ROWS),
    ],
)
def test_steps_are_rows(sql: str, copied: int | None) -> None:
    """On SQLite: the steps of its machine say how many rows it is through with, closely enough."""
    connection = table_of_rows()
    program = program_of(asking(connection), sql, ())
    assert program is not None
    steps = steps_of(connection, asking(connection), program, sql, (), copied)
    with stepping(connection, steps, every=10) as done:
        connection.execute(sql)
        assert abs(done() - ROWS) < ROWS / 8


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM person WHERE age = 200",
        "UPDATE person SET age = 7 WHERE name = 'x'",
        "CREATE TABLE more (a)",
        "INSERT INTO other (name) SELECT a.name FROM person a, person b WHERE b.id < 3",
        "INSERT INTO nothing VALUES (1)",
    ],
)
def test_steps_that_say_nothing(sql: str) -> None:
    """Where a row takes few steps or many, or it is not one table, no figure is told."""
    assert program_of(asking(table_of_rows()), sql, ()) is None


def table_of_rows() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, more TEXT)")
    connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age TEXT CHECK (age < 'x'))")
    connection.execute(f"INSERT INTO person (name, age) SELECT 'name ' || i, i % 90 FROM ({NUMBERS.format(rows=ROWS)})")
    return connection


def asking(connection: sqlite3.Connection) -> sqlite_progress.Ask:
    def ask(sql: str, params: Sequence[object] = ()) -> list[object]:
        with exceptions:
            return connection.execute(sql, params).fetchall()

    return ask


def test_a_rebuild_is_heard_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite: rows of all rows, rising, and the last time all of them."""
    project = seeded(tmp_path, in_sqlite(tmp_path), 150_000, "migrator.change_fields('person', age=pw.TextField())")
    project.sql("UPDATE person SET age = 1 WHERE age IS NULL")
    monkeypatch.setattr(sqlite_progress, "SMALL", 0)
    monkeypatch.setattr(progress, "PATIENCE", 0.001)
    monkeypatch.setattr(progress, "EVERY", 0.005)
    told, _ = heard(project)
    assert rises([event for event in told if event.total == 150_000], 150_000)


def test_a_statement_that_is_quick_is_not_told_of(tmp_path: Path, database: pw.Database) -> None:
    """Nobody wants to know what takes less than a second."""
    told, _ = heard(seeded(tmp_path, database, 20, "migrator.add_index('person', 'name')"))
    assert told == []


def test_what_hears_may_stop_the_run(tmp_path: Path) -> None:
    """Nothing of it is kept, and what was raised is what went wrong."""
    body = "migrator.add_fields('person', x=pw.IntegerField(default=slow))"
    project = seeded(tmp_path, in_sqlite(tmp_path), 250, body, SLOW.format(seconds=0.006))

    def refuse(event: Event) -> None:
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.manager(backup=False).migrate(tell=refuse)
    assert [column.name for column in project.database.get_columns("person")] == ["id", "name", "age"]
    assert project.manager().status().pending == ("002_long",)


def test_ctrl_c_is_heard_while_steps_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes in a long statement ends the run: no counting swallows it."""
    body = "migrator.sql('CREATE INDEX long ON person (name, age)')"
    project = seeded(tmp_path, in_sqlite(tmp_path), 200_000, body)
    monkeypatch.setattr(sqlite_progress, "SMALL", 0)
    monkeypatch.setattr(sqlite_progress, "EVERY", 1)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt(event: Event) -> None:
        if isinstance(event, Executing):
            threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT)).start()

    def run() -> None:
        project.manager(backup=False).migrate(tell=interrupt)
        time.sleep(1)  # where it was quicker than the signal

    try:
        with pytest.raises(KeyboardInterrupt):
            run()
    finally:
        signal.signal(signal.SIGINT, former)
    assert project.manager().status().pending == ("002_long",)
    assert project.database.get_indexes("person") == []


def test_what_postgresql_tells_of_an_index(
    tmp_path: Path, postgres: pw.PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its phases, each with what it counts; looked at on a connection beside, of which nothing is left."""
    monkeypatch.setattr(progress, "PATIENCE", 0.001)
    monkeypatch.setattr(progress, "EVERY", 0.002)
    project = seeded(tmp_path, postgres, 120_000, "migrator.add_index('person', 'name', 'age')")
    told, _ = heard(project)
    phases = {event.phase: event.unit for event in told}
    assert phases["building index: scanning table"] == "blocks"
    assert all(event.done is None or event.total is not None for event in told)
    (connections,) = project.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")[0]
    assert connections == 1


def test_what_postgresql_does_not_tell(
    tmp_path: Path, postgres: pw.PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is written anew: only how large it is."""
    monkeypatch.setattr(progress, "PATIENCE", 0.001)
    project = seeded(tmp_path, postgres, 50_000, "migrator.change_fields('person', age=pw.BigIntegerField(null=True))")
    project.sql("ANALYZE person")
    told, _ = heard(project)
    assert told[0] == Progress("002_long", None, 50_000, "rows")


def test_without_another_connection_the_run_goes_on(
    tmp_path: Path, postgres: pw.PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that has none left for us tells nothing, and nothing else is different."""
    monkeypatch.setattr(progress, "PATIENCE", 0.001)
    project = seeded(tmp_path, postgres, 20_000, "migrator.add_index('person', 'name', 'age')")
    project.database.connect()
    given = project.database.connect_params["user"]
    project.database.connect_params["user"] = "nobody_here"
    try:
        told, _ = heard(project)
    finally:
        project.database.connect_params["user"] = given
        project.database.close()
    assert all(event.phase == "" for event in told)


def test_what_mariadb_tells_of_a_table(
    tmp_path: Path, mariadb: pw.MySQLDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stages, each in percent."""
    monkeypatch.setattr(progress, "PATIENCE", 0.001)
    monkeypatch.setattr(progress, "EVERY", 0.002)
    body = "migrator.change_fields('person', age=pw.BigIntegerField(null=True))"
    told, _ = heard(seeded(tmp_path, mariadb, 250_000, body))
    stages = [event for event in told if event.phase == "copy to tmp table, 1 of 2"]
    assert stages
    assert {(event.total, event.unit) for event in stages} == {(100, "%")}
