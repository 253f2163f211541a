"""Bodies: what a migration file does by itself, in which order, and what is left when it fails."""

from __future__ import annotations

import peewee as pw
import pytest

from peewit import MigrationFileError, PeewitError, RunError

from .project import Project

TABLE = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INT)"


def given(project: Project) -> None:
    """A table with two rows."""
    project.start(TABLE)
    project.sql("INSERT INTO person (name, age) VALUES ('a', 1), ('b', 2)")


def test_a_body_that_raises_is_undone_and_located(any_project: Project) -> None:
    """The error names file, line and state; what the body wrote before is gone."""
    given(any_project)
    before = any_project.everything()

    with pytest.raises(RunError) as raised:
        any_project.change(
            """
            database.execute_sql("UPDATE person SET age = 0")
            migrator.orm["person"].create(name="c")
            raise KeyError("oh no")
            """
        )

    error = raised.value
    assert "002_change" in error.message
    assert "KeyError: 'oh no' (line 7)" in error.message
    assert error.name == "002_change"
    assert error.applied == ()
    assert "nothing of this migration was kept" in str(error)
    assert str(any_project.directory / "002_change.py") in error.hint
    assert any_project.everything() == before


def test_the_error_lists_what_was_applied_before(any_project: Project) -> None:
    """A run that fails in its third migration keeps the first two and says so."""
    for number in ("001", "002"):
        any_project.write(f"{number}_good", f"migrator.sql('CREATE TABLE t{number} (a)')")
    any_project.write("003_bad", "migrator.sql('CREATE TABLE t003 (a)')\nmigrator.run(lambda: 1 / 0)")

    with pytest.raises(RunError) as raised:
        any_project.manager().migrate()

    assert raised.value.applied == ("001_good", "002_good")
    assert "001_good, 002_good" in str(raised.value)
    assert sorted(any_project.texts()) == ["t001", "t002"]


def test_sql_that_fails_is_shown(any_project: Project) -> None:
    """The statement that SQLite refused is in the message."""
    given(any_project)

    with pytest.raises(RunError, match="no such table: nowhere") as raised:
        any_project.change("migrator.sql('DELETE FROM nowhere')")

    assert "DELETE FROM nowhere" in str(raised.value)


@pytest.mark.parametrize("body", ["syntax error here", "import no_such_module_anywhere", "1 / 0"])
def test_a_file_that_cannot_be_read_is_refused(any_project: Project, body: str) -> None:
    """A broken file is named, and nothing runs, also not what stands before it."""
    given(any_project)
    any_project.write("002_change", "pass", head=body)
    before = any_project.everything()

    with pytest.raises(MigrationFileError, match="002_change"):
        any_project.manager().migrate()

    assert any_project.everything() == before


def test_writes_of_a_body_happen_before_what_is_queued(any_project: Project) -> None:
    """Raw SQL and the models of the file's beginning work at once, in the migration's own transaction."""
    given(any_project)

    any_project.change(
        """
        Person = migrator.orm["person"]
        migrator.change_fields("person", name=pw.TextField())
        Person.create(name=None, age=5)
        database.execute_sql("UPDATE person SET name = 'x' WHERE name IS NULL")
        Person.update(age=Person.age + 10).execute()
        """
    )

    assert any_project.rows("person") == [(1, "a", 11), (2, "b", 12), (3, "x", 15)]


def test_barriers_run_in_their_place_with_the_models_of_that_place(any_project: Project) -> None:
    """A function sees the columns that were added before it, and not those dropped after it."""
    given(any_project)

    any_project.change(
        """
        migrator.add_fields("person", first=pw.TextField(null=True))

        def split():
            Person = migrator.orm["person"]
            assert sorted(Person._meta.fields) == ["age", "first", "id", "name"]
            for person in Person.select():
                person.first = person.name.upper()
                person.save()

        migrator.run(split)
        migrator.remove_fields("person", "name")
        migrator.rename_field("person", "first", "called")

        def after():
            Person = migrator.orm["person"]
            assert sorted(Person._meta.fields) == ["age", "called", "id"]
            Person.create(called="C", age=0)

        migrator.python(after)
        migrator.sql("UPDATE person SET age = age + 1 WHERE called = ?", "C")
        """
    )

    assert any_project.sql("SELECT called, age FROM person") == [("A", 1), ("B", 2), ("C", 1)]


def test_a_captured_class_stays_usable(any_project: Project) -> None:
    """A model taken at the beginning of the body is the right one inside every function."""
    given(any_project)

    any_project.change(
        """
        Person = migrator.orm["person"]
        migrator.rename_field("person", "age", "years")
        migrator.run(lambda: Person.update(years=Person.years * 2).execute())
        migrator.rename_table("person", "human")
        migrator.run(lambda: Person.create(name="c", years=9))
        """
    )

    assert any_project.rows("human") == [(1, "a", 2), (2, "b", 4), (3, "c", 9)]


def test_nested_transactions_of_a_body(any_project: Project) -> None:
    """atomic() inside a function is a savepoint: it may fail and be caught."""
    given(any_project)

    any_project.change(
        """
        def careful():
            database.execute_sql("INSERT INTO person (name) VALUES ('kept')")
            try:
                with database.atomic():
                    database.execute_sql("INSERT INTO person (name) VALUES ('gone')")
                    1 / 0
            except ZeroDivisionError:
                pass

        migrator.run(careful)
        """
    )

    assert any_project.sql("SELECT name FROM person") == [("a",), ("b",), ("kept",)]


@pytest.mark.parametrize(
    "escape", ["database.execute_sql('COMMIT')", "database.connection().executescript('SELECT 1')"]
)
def test_a_body_that_commits_by_itself_is_told_so(any_project: Project, escape: str) -> None:
    """A file that ends the migration's transaction is refused, and the message does not claim that all is undone."""
    given(any_project)

    with pytest.raises(PeewitError, match="transaction") as raised:
        any_project.change(f"database.execute_sql('UPDATE person SET age = 0')\n{escape}")

    assert "nothing of this migration was kept" not in str(raised.value)
    assert any_project.manager().status().pending == ("002_change",)
    assert any_project.problems() == []


def test_raw_ddl_is_seen_by_later_files(any_project: Project) -> None:
    """A table made by migrator.sql is a table: later files may change it, and its models are there."""
    any_project.write(
        "001_start",
        """
        migrator.sql("CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL)")
        migrator.sql("CREATE TABLE gone (a)")
        migrator.sql("ALTER TABLE person ADD COLUMN age INT")
        migrator.sql("DROP TABLE gone")
        """,
    )
    any_project.write(
        "002_next",
        """
        migrator.orm["person"].create(name="a", age=4)
        migrator.change_fields("person", age=pw.IntegerField(default=0))
        assert "gone" not in migrator.orm
        """,
    )

    any_project.manager().migrate()
    any_project.define(
        """
        class Person(pw.Model):
            name = pw.CharField(max_length=20)
            age = pw.IntegerField(default=0)
        """
    )

    assert any_project.rows("person") == [(1, "a", 4)]
    assert any_project.manager().create("nothing") is None
    assert any_project.manager().check().findings == ()


PROBES = {
    "columns": "if 'plan' in [c.name for c in database.get_columns('session')]:\n    return",
    "tables": "if 'session' not in database.get_tables():\n    return",
    "try": "try:\n    database.execute_sql('SELECT plan FROM session')\n    return\nexcept Exception:\n    pass",
    "pragma": "if any(row[1] == 'plan' for row in database.execute_sql('PRAGMA table_info(session)').fetchall()):\n    return",
    "indexes": "assert [i.name for i in database.get_indexes('session')] == ['session_name']",
    "rows": "for row in database.execute_sql('SELECT id, name FROM session').fetchall():\n    str(row)",
    "model": "if hasattr(migrator.orm['session'], 'plan'):\n    return",
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
def test_files_that_look_before_they_act(any_project: Project, probe: str) -> None:
    """A file that asks the database what is there gets the right answer, in the run and in every replay."""
    any_project.write(
        "001_start",
        """
        @migrator.create_model
        class Session(pw.Model):
            name = pw.CharField(index=True)
        """,
    )
    any_project.write("002_plan", probe + "\nmigrator.add_fields('session', plan=pw.TextField(null=True))")
    any_project.write("003_next", "migrator.change_fields('session', plan=pw.TextField(default='none'))")

    any_project.manager().migrate()

    assert any_project.sql("SELECT name, \"notnull\" FROM pragma_table_info('session')")[-1] == ("plan", 1)
    assert any_project.manager().check().findings == ()


def test_a_replay_touches_nothing(any_project: Project) -> None:
    """Looking at the state of the files runs none of their functions and none of their writes on the database."""
    given(any_project)
    any_project.write(
        "002_writes",
        """
        database.execute_sql("DELETE FROM person")
        migrator.run(lambda: database.execute_sql("DELETE FROM person"))
        migrator.sql("DELETE FROM person")
        """,
    )
    before = any_project.everything()

    any_project.manager().plan()
    any_project.manager().check()
    any_project.manager().create("empty", empty=True)

    assert any_project.everything() == before


def test_each_row_of_the_journal_tells_what_was_done(project: Project) -> None:
    """The journal has the statements of every run, in order."""
    given(project)
    project.change("migrator.add_fields('person', mail=pw.TextField(null=True))")
    project.manager().rollback()

    rows = project.sql("SELECT name, action FROM migratehistory_journal ORDER BY id")
    steps = project.sql("SELECT steps FROM migratehistory_journal WHERE name = '002_change' ORDER BY id LIMIT 1")

    assert rows == [("001_start", "migrate"), ("002_change", "migrate"), ("002_change", "rollback")]
    assert "ADD COLUMN" in steps[0][0]


TWICE = {
    "not null and back": ("add_not_null('person', 'age')", "drop_not_null('person', 'age')", "age INTEGER", [7]),
    "type and back": (
        "change_fields('person', age=pw.TextField(null=True))",
        "change_fields('person', age=pw.IntegerField(null=True))",
        "age INTEGER",
        [7],
    ),
    "check and back": (
        "change_fields('person', age=pw.IntegerField(null=True, constraints=[pw.Check('age > 0')]))",
        "change_fields('person', age=pw.IntegerField(null=True))",
        "age INTEGER",
        [7],
    ),
    "filled": (
        "change_fields('person', mail=pw.TextField(default='x'))",
        "drop_not_null('person', 'mail')",
        "mail TEXT",
        ["x"],
    ),
}


@pytest.mark.parametrize(("first", "then", "wanted", "values"), TWICE.values(), ids=TWICE.keys())
def test_a_column_changed_twice_is_what_the_last_change_says(
    any_project: Project, first: str, then: str, wanted: str, values: list[object]
) -> None:
    """The second of two changes was compared with the column as it had been before the first."""
    any_project.start("CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER, mail TEXT)")
    any_project.sql("INSERT INTO person VALUES (1, 7, NULL)")

    any_project.change(f"migrator.{first}\nmigrator.{then}")

    column, type_ = wanted.split()
    shown = {name: (kind, notnull) for _, name, kind, notnull, *_ in any_project.sql("PRAGMA table_info(person)")}
    assert shown[column] == (type_, 0)
    assert "CHECK" not in any_project.text("person")
    assert [value for (value,) in any_project.sql(f"SELECT {column} FROM person")] == values
    assert any_project.manager().check().findings == ()


def test_models_of_a_migration_are_not_those_the_application_waits_for(any_project: Project) -> None:
    """Peewee gives a DeferredForeignKey the next class of its name, whoever makes that: it got the migration's."""

    class Writer(pw.Model):
        novel = pw.DeferredForeignKey("Novel", null=True)

    models = """
        @migrator.create_model
        class Novel(pw.Model):
            title = pw.TextField()
        """
    any_project.write("001_start", models)
    any_project.manager().migrate()
    assert isinstance(Writer._meta.fields["novel"], pw.DeferredForeignKey)

    class Novel(pw.Model):
        pass

    assert Writer.novel.rel_model is Novel
