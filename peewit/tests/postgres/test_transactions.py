"""One transaction for a migration on PostgreSQL, under settings of our own, with patience for others' locks."""

from __future__ import annotations

import threading
from pathlib import Path

import peewee as pw
import pytest
from playhouse.postgres_ext import PostgresqlExtDatabase

from peewit import ConfigError, LockBusyError, MigrationManager, NotAllowedError, RunError
from peewit.errors import DataError, UnsupportedChangeError

from ..server_project import ServerProject, another_writes

START = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()
        age = pw.IntegerField(null=True)
        class Meta:
            table_name = "person"
    """


@pytest.fixture
def project(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> ServerProject:
    project = ServerProject(tmp_path, postgres)
    project.write("001_initial", START, "migrator.remove_model('person')")
    project.manager().migrate()
    project.sql("INSERT INTO person (name, age) SELECT 'p' || i, i FROM generate_series(1, 5) i")
    return project


def test_a_failure_leaves_nothing(project: ServerProject) -> None:
    """What the body wrote itself, what was queued and the history go together."""
    project.write(
        "002_fails",
        """
        database.execute_sql("INSERT INTO person (name) VALUES ('new')")
        migrator.add_fields("person", city=pw.CharField(null=True))
        migrator.run(lambda: 1 / 0)
        """,
    )
    with pytest.raises(RunError, match="division by zero") as raised:
        project.manager().migrate()
    assert "nothing of this migration was kept" in str(raised.value)
    assert project.sql("SELECT count(*) FROM person") == [(5,)]
    assert project.sql("SELECT * FROM person WHERE false") == []
    assert project.sql("SELECT name FROM migratehistory") == [("001_initial",)]
    assert "city" not in [c.name for c in project.database.get_columns("person")]


def test_an_error_that_is_caught_does_not_end_the_transaction(project: ServerProject) -> None:
    """A file may try a statement and go on: through its database and through a model."""
    project.write(
        "002_probes",
        """
        try:
            database.execute_sql("SELECT plan FROM person")
        except pw.DatabaseError:
            migrator.add_fields("person", plan=pw.CharField(null=True))

        def probe():
            try:
                database.execute_sql("SELECT no_such_column FROM person")
            except pw.DatabaseError:
                migrator.orm["person"].insert(name="after").execute()

        migrator.run(probe)
        """,
    )
    project.manager().migrate()
    assert project.sql("SELECT count(*) FROM person WHERE name = 'after' AND plan IS NULL") == [(1,)]


def test_raw_sql_that_cannot_be_read_is_told_as_that(project: ServerProject) -> None:
    """The server's own words, not those about a savepoint it never made."""
    project.write("002_x", "migrator.sql('SELEC nope')")
    with pytest.raises(RunError, match="syntax error"):
        project.manager().migrate()
    assert project.sql("SELECT name FROM migratehistory") == [("001_initial",)]


def test_rows_a_policy_hides_are_not_changed_unseen(project: ServerProject) -> None:
    """A question to the rows that would not see them all fails, and nothing is changed."""
    project.write("002_score", "migrator.add_fields('person', score=pw.DoubleField(default=1.5))")
    project.manager().migrate()
    role = f"peewit_owner_{project.database.database}"
    for sql in (
        f"CREATE ROLE {role} LOGIN",
        f"GRANT ALL ON SCHEMA public TO {role}",
        *(f"ALTER TABLE {t} OWNER TO {role}" for t in ("person", "migratehistory", "migratehistory_journal")),
        "ALTER TABLE person ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE person FORCE ROW LEVEL SECURITY",
        "CREATE POLICY nobody ON person USING (false)",
    ):
        project.sql(sql)
    mine = project.database
    project.database = type(mine)(mine.database, **{**mine.connect_params, "user": role})
    project.write("003_round", "migrator.change_fields('person', score=pw.IntegerField())")
    try:
        with pytest.raises(NotAllowedError, match="row-level security"):
            project.manager().migrate()
    finally:
        project.database = mine
        for sql in (f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}", f"DROP ROLE {role}"):
            project.sql(sql)
    assert project.sql("SELECT count(*), min(score) FROM person") == [(5, 1.5)]


def test_settings_are_put_back(project: ServerProject) -> None:
    """Whatever the application has set on its connection holds again afterwards."""
    project.database.connect()
    for name, value in (("lock_timeout", "7s"), ("statement_timeout", "9s"), ("TimeZone", "Europe/Oslo")):
        project.sql(f"SET {name} = '{value}'")
    project.write("002_zone", "migrator.sql(\"CREATE TABLE zone AS SELECT current_setting('TimeZone') AS zone\")")
    project.write("003_plain", 'migrator.sql("CREATE TABLE other (a int)")', head="atomic = False\n")
    project.manager().migrate()
    shown = [project.sql(f"SHOW {name}")[0][0] for name in ("lock_timeout", "statement_timeout", "TimeZone")]
    assert shown == ["7s", "9s", "Europe/Oslo"]
    assert project.sql("SELECT zone FROM zone") == [("UTC",)]
    project.database.close()


def test_a_backslash_means_itself(project: ServerProject) -> None:
    """Also where the application's connection reads texts in the old way."""
    project.database.connect()
    project.sql("SET standard_conforming_strings = off")
    project.write("002_path", r"migrator.add_fields('person', path=pw.CharField(default='C:\\new'))")
    project.write("003_plain", r"migrator.add_fields('person', at=pw.CharField(default='\\'))", head="atomic = False\n")
    project.manager().migrate()
    assert project.sql("SELECT DISTINCT path, at FROM person") == [("C:\\new", "\\")]
    assert project.sql("SHOW standard_conforming_strings") == [("off",)]
    assert project.manager().check().ok
    project.database.close()


def test_a_question_that_takes_too_long(project: ServerProject) -> None:
    """Whoever locks the history makes status wait, and no longer than the application lets a statement take."""
    mine = project.database
    options = f"{mine.connect_params.get('options', '')} -c statement_timeout=300"
    hurried = type(mine)(mine.database, **{**mine.connect_params, "options": options.strip()})
    with mine.connection_context(), mine.atomic():
        mine.execute_sql("LOCK TABLE migratehistory")
        with pytest.raises(ConfigError, match="did not answer a question in the time it is given") as raised:
            MigrationManager(hurried, project.directory).status()
    assert "statement_timeout on PostgreSQL" in str(raised.value)
    assert MigrationManager(hurried, project.directory).check().ok


def test_no_schema_to_look_in(project: ServerProject) -> None:
    """A search path that leads nowhere is a difference, and no mistake of ours."""
    project.database.connect()
    project.sql("SET search_path = ''")
    project.sql("SELECT set_config('search_path', '', false)")
    manager = MigrationManager(project.database, project.directory, schema="public")
    assert [finding.kind for finding in manager.check().findings] == ["database"]
    project.database.close()


def test_others_write_nulls_while_they_are_filled(project: ServerProject) -> None:
    """Programs of before the migration go on: what they write after a fill is filled as well, and nothing is lost."""
    project.write("002_fill", "migrator.change_fields('person', age=pw.IntegerField(default=7))")
    with another_writes(project, "person") as written:
        assert project.manager().migrate().applied == ("002_fill",)
    found = [row for row in project.sql("SELECT name, age FROM person") if row[0].startswith("w")]
    assert sorted(found) == sorted((name, 7) for name in written)


def test_the_callers_transaction_is_refused(project: ServerProject) -> None:
    """A migration needs a transaction of its own."""
    project.write("002_x", "migrator.add_fields('person', x=pw.IntegerField(null=True))")
    with project.database.atomic(), pytest.raises(UnsupportedChangeError, match="transaction is open"):
        project.manager().migrate()


def test_a_body_that_commits_is_told(project: ServerProject) -> None:
    """The transaction a body ends is ours."""
    project.write("002_commits", "database.execute_sql('COMMIT')")
    with pytest.raises(UnsupportedChangeError, match="ended the transaction"):
        project.manager().migrate()


def test_a_lock_is_waited_for_in_small_steps_and_its_holder_named(project: ServerProject) -> None:
    """Others hold the table: tried again, given up in the end, with who it was; nothing is changed."""
    project.write("002_x", "migrator.add_fields('person', x=pw.IntegerField(null=True))")
    other = type(project.database)(project.database.database, **project.database.connect_params)
    with other.connection_context(), other.atomic():
        other.execute_sql("SELECT * FROM person FOR UPDATE")
        with pytest.raises(LockBusyError, match="others hold locks") as raised:
            project.manager(lock_timeout=0.5).migrate()
        assert "server process" in str(raised.value)
    assert raised.value.exit_code == 3
    assert project.manager().migrate().applied == ("002_x",)


@pytest.mark.one_version
@pytest.mark.parametrize(
    ("body", "at"),
    [
        ("migrator.add_fields('person', city=pw.CharField(null=True))", "in: reading the catalogue"),
        ("migrator.add_not_null('person', 'age')", "in: reading the catalogue"),
        ("migrator.sql('CREATE TABLE pet (owner INT REFERENCES person (id))')", "in: CREATE TABLE pet"),
        (
            """
            @migrator.create_model
            class Pet(pw.Model):
                owner = pw.ForeignKeyField(migrator.orm["person"])
            """,
            "in: reading the catalogue",
        ),
    ],
)
def test_a_locked_table_has_a_holder_wherever_it_is_met(project: ServerProject, body: str, at: str) -> None:
    """Somebody has the table for himself and does nothing: he is named, with the table, and not who only reads."""
    reader, other = (
        type(project.database)(project.database.database, **project.database.connect_params) for _ in range(2)
    )
    project.sql("CREATE INDEX lower_name ON person (lower(name)) WHERE age > 0")
    project.sql("CREATE TABLE idle (id INT)")
    project.write("002_x", body)
    with reader.connection_context(), reader.atomic(), other.connection_context(), other.atomic():
        reader.execute_sql("SELECT * FROM idle").fetchall()
        other.execute_sql("LOCK TABLE person")
        (pid,) = other.execute_sql("SELECT pg_backend_pid()").fetchone()
        with pytest.raises(LockBusyError, match="others hold locks") as raised:
            project.manager(lock_timeout=0.5).migrate()
    assert at in raised.value.message
    assert raised.value.hint.startswith("held by ")
    assert raised.value.hint.count("server process") == 1
    assert f"(server process {pid}, idle in transaction since " in raised.value.hint
    assert "which has locked person; try again when it is done" in raised.value.hint


def test_a_lock_that_is_let_go_in_time_costs_nothing(project: ServerProject) -> None:
    """The migration goes on by itself when the other one is done."""
    project.write("002_x", "migrator.add_fields('person', x=pw.IntegerField(null=True))")
    other = type(project.database)(project.database.database, **project.database.connect_params)
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with other.connection_context(), other.atomic():
            other.execute_sql("LOCK TABLE person IN ACCESS EXCLUSIVE MODE")
            held.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    threading.Timer(3.0, leave.set).start()
    assert project.manager(lock_timeout=30).migrate().applied == ("002_x",)
    thread.join()


def test_only_one_migrates_at_a_time(project: ServerProject) -> None:
    """A second one waits its time, then says who is at work."""
    other = ServerProject.__new__(ServerProject)
    other.directory, other.models = project.directory, ()
    other.database = type(project.database)(project.database.database, **project.database.connect_params)
    project.write("002_x", "migrator.add_fields('person', x=pw.IntegerField(null=True))")
    with project.manager().target.connected(), project.manager().target.locked():
        found: list[BaseException] = []

        def second() -> None:
            try:
                other.manager(lock_timeout=0.3).migrate()
            except LockBusyError as error:
                found.append(error)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(20)
        assert "another process is migrating" in str(found[0])
        assert "server process" in str(found[0])


def test_a_nested_start_is_refused_at_once(project: ServerProject) -> None:
    """A migration that migrates would hold its own lock twice and wait for its own transaction."""
    project.write(
        "002_nested",
        f"""
        from peewit import MigrationManager
        MigrationManager(database, {str(project.directory)!r}).migrate()
        """,
    )
    with pytest.raises(LockBusyError, match="this process is migrating"):
        project.manager().migrate()


def test_indexes_of_a_migration_without_transaction_are_made_concurrently(project: ServerProject) -> None:
    """And one that an earlier failure left invalid is replaced."""
    project.sql("INSERT INTO person (name, age) VALUES ('p1', 1)")
    project.write(
        "002_index",
        "migrator.add_index('person', 'name', unique=True)",
        "migrator.drop_index('person', 'name')",
        head="atomic = False\n",
    )
    with pytest.raises(DataError, match="1 value stands in more than one row") as raised:
        project.manager().migrate()
    assert "invalid: the next run replaces it" in str(raised.value)
    assert "nothing of this migration was kept" not in str(raised.value)
    invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    assert project.sql(invalid) == [(1,)]
    project.sql("DELETE FROM person WHERE id > 5")
    report = project.manager().migrate()
    assert any("CONCURRENTLY" in getattr(s, "sql", "") for s in report.steps[0].statements)
    assert project.sql(invalid) == [(0,)]
    assert project.sql("SELECT count(*) FROM pg_indexes WHERE indexname = 'person_name'") == [(1,)]
    project.manager().rollback()
    assert project.sql("SELECT count(*) FROM pg_indexes WHERE indexname = 'person_name'") == [(0,)]


def test_what_cannot_run_in_a_transaction_is_told_with_the_way_out(project: ServerProject) -> None:
    """The file says that it runs in none."""
    project.write("002_x", "migrator.sql('CREATE INDEX CONCURRENTLY i ON person (name)')")
    with pytest.raises(UnsupportedChangeError, match="CONCURRENTLY") as raised:
        project.manager().migrate()
    assert "atomic = False" in raised.value.hint
    project.write("002_x", "migrator.sql('CREATE INDEX CONCURRENTLY i ON person (name)')", head="atomic = False\n")
    assert project.manager().migrate().applied == ("002_x",)


def test_online_looks_at_old_rows_after_the_migration(project: ServerProject) -> None:
    """NOT NULL and CHECK hold for new rows with the migration; old rows are read under a weaker lock."""
    project.write(
        "002_rules",
        "migrator.change_fields('person', age=pw.IntegerField(constraints=[pw.Check('age > 0')]))",
        "migrator.change_fields('person', age=pw.IntegerField(null=True))",
    )
    texts = [getattr(s, "sql", "") for s in project.manager(online=True).plan().steps[0].statements]
    assert any("NOT VALID" in text for text in texts)
    assert sum("VALIDATE CONSTRAINT" in text for text in texts) == 2
    project.sql("INSERT INTO person (name) VALUES ('nobody')")
    with pytest.raises(DataError, match="null in 1 row"):
        project.manager(online=True).migrate()
    project.sql("DELETE FROM person WHERE age IS NULL")
    project.manager(online=True).migrate()
    assert project.sql("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [(0,)]
    assert project.sql("SELECT attnotnull FROM pg_attribute WHERE attname = 'age'") == [(True,)]
    assert project.manager().check().ok
    project.manager().rollback()
    checks = "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid = 'person'::regclass"
    assert project.sql(checks) == [(0,)]


@pytest.mark.one_version
def test_a_database_with_cursors_of_its_own(project: ServerProject) -> None:
    """The body of a file may read and write rows through playhouse's PostgresqlExtDatabase as well."""
    given = project.database
    project.database = PostgresqlExtDatabase(given.database, **given.connect_params)
    project.write(
        "002_more",
        """
        def more():
            people = migrator.orm["person"]
            people.create(name="new", age=people.select().count())
        migrator.run(more)
        """,
    )

    assert project.manager().migrate().applied == ("002_more",)
    assert project.sql("SELECT age FROM person WHERE name = 'new'") == [(5,)]
