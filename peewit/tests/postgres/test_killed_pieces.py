"""A file that runs in no transaction, killed anywhere on PostgreSQL: it goes on where it stopped."""

from __future__ import annotations

import os
from pathlib import Path

import peewee as pw
import pytest

from peewit import PeewitError, RunError
from peewit.errors import NOTHING_KEPT

from ..killing import killed_at
from ..server_project import ServerProject

EVERY = 1 if int(os.environ.get("PEEWIT_LAWS", "0")) > 200 else 13
"""Each place where it writes, or some of them."""

START = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()
        age = pw.IntegerField(null=True, index=True)
        class Meta:
            table_name = "person"
    """
CHANGE = """
    migrator.add_fields("person", key=pw.UUIDField(default=uuid.uuid4), pages=pw.IntegerField(default=1))
    migrator.add_index("person", "name", unique=True)
    migrator.drop_index("person", "age")
    migrator.sql("SET application_name = 'peewit'")
    migrator.sql("UPDATE person SET age = age + 1")
    migrator.run(lambda: database.execute_sql("SELECT 1"))
    migrator.sql("VACUUM person")
    migrator.rename_table("person", "human")
    """


@pytest.mark.one_version
def test_killed_anywhere_it_goes_on(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """Nothing is lost, nothing runs twice, no index is left invalid."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_initial", START)
    project.write("002_change", CHANGE, head="atomic = False\n")
    number, killed = 0, True
    while killed:
        for table in ("person", "human", "migratehistory", "migratehistory_journal"):
            project.sql(f"DROP TABLE IF EXISTS {table}")
        project.manager().migrate("001")
        project.sql("INSERT INTO person (name, age) SELECT 'p' || i, i FROM generate_series(1, 3) i")
        postgres.close()
        killed = killed_at(number, project.database, project.manager().migrate)
        project.manager().migrate()
        found = "SELECT sum(age), sum(pages), count(DISTINCT key) FROM human"
        assert project.sql(found) == [(9, 3, 3)], number
        valid = "SELECT indexname FROM pg_indexes WHERE tablename = 'human' ORDER BY 1"
        assert project.sql(valid) == [("person_name",), ("person_pkey",)], number
        assert project.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
        assert project.manager().status().up_to_date
        number += EVERY
    assert number > 20


@pytest.mark.one_version
def test_a_function_that_wrote_is_reported(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """In no transaction, how far it came is not known; it is not run twice."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_initial", START)
    project.write(
        "002_fill",
        """
        def fill():
            database.execute_sql("INSERT INTO person (name) VALUES ('x')")
            database.execute_sql("SELECT 1 / 0")
        migrator.run(fill)
        """,
        head="atomic = False\n",
    )
    project.manager().migrate("001")
    with pytest.raises(RunError, match="division by zero") as raised:
        project.manager().migrate()
    assert "it had written by itself, and that was kept: INSERT INTO person" in str(raised.value)
    with pytest.raises(RunError, match=r"call fill\(\) had written by itself: INSERT INTO person"):
        project.manager().migrate()
    assert project.sql("SELECT count(*) FROM person") == [(1,)]


OPEN = """
    database.execute_sql("BEGIN")
    migrator.sql("INSERT INTO person (name) VALUES ('a')")
    {}
    """


@pytest.mark.one_version
@pytest.mark.parametrize(
    ("last", "told"), [("", "did not end it"), ("migrator.sql('SELECT 1 / 0')", "division by zero")]
)
def test_a_transaction_left_open_is_rolled_back(
    tmp_path: Path, postgres: pw.PostgresqlDatabase, last: str, told: str
) -> None:
    """Nothing done in it is called kept; the connection and its lock are free again, and its settings as they were."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_initial", START)
    project.manager().migrate()
    project.write("002_open", OPEN.format(last), head="atomic = False\n")
    postgres.connect(reuse_if_open=True)
    settings = project.sql("SELECT current_setting('lock_timeout'), current_setting('TimeZone')")
    with pytest.raises(PeewitError, match=told) as raised:
        project.manager().migrate()
    assert raised.value.state == NOTHING_KEPT
    assert project.sql("SELECT count(*) FROM person") == [(0,)]
    assert project.sql("SELECT current_setting('lock_timeout'), current_setting('TimeZone')") == settings
    ours = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    assert project.sql(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {ours}") == [(0,)]


@pytest.mark.one_version
def test_a_half_done_rollback_is_seen_at_the_next_start(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """Nothing is pending, and still an application does not go on as if nothing were the matter; nor is it accepted."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_initial", START)
    back = "migrator.sql('DROP INDEX CONCURRENTLY person_age')\nmigrator.sql('SELECT 1 / 0')"
    project.write("002_back", "pass", back, head="atomic = False\n")
    project.manager().migrate()
    with pytest.raises(PeewitError, match="division by zero"):
        project.manager().rollback()
    with pytest.raises(RunError, match=r"rollback of 002_back failed .*\nit failed with: division by zero"):
        project.manager().ensure_current()
    with pytest.raises(RunError, match="its text is still needed"):
        project.manager().accept("002_back")
    assert [half.name for half in project.manager().status().interrupted] == ["002_back"]


@pytest.mark.one_version
def test_a_start_harms_no_transaction_of_the_application(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """Where a history was made by another tool there is no journal to ask."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_initial", START)
    project.manager().migrate()
    project.sql("DROP TABLE migratehistory_journal")
    postgres.connect(reuse_if_open=True)
    postgres.execute_sql("BEGIN")
    postgres.execute_sql("INSERT INTO person (name) VALUES ('kept')")
    assert project.manager().ensure_current().applied == ()
    postgres.execute_sql("COMMIT")
    assert project.sql("SELECT name FROM person") == [("kept",)]
