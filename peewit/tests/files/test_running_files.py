"""How a file is run and replayed: its signature, what it sees of the models and of the database, its barriers."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit.errors import IrreversibleError, MigrationFileError, RunError
from peewit.files.loader import load
from peewit.run.replaying.replay import replay_file
from peewit.schema import Schema

TABLE = "    migrator.sql('CREATE TABLE made (a TEXT)')\n"
PERSON = """
@migrator.create_model
class Person(pw.Model):
    name = pw.CharField(max_length=40)
"""
ROWS = "database.execute_sql(\"INSERT INTO person (name) VALUES ('Ann'), ('Bob')\")"

SIGNATURES = [
    "migrator, database",
    "migrator, database, fake=False",
    "migrator, database, fake=False, **kwargs",
    "migrator, database, *, fake=False",
    "migrator, database, **kwargs",
    "migrator, database=None, *args, **kwargs",
    "m, d, *, fake: bool = False",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_every_signature_is_called(project: Any, signature: str) -> None:
    """A body is called with what it takes, whatever the year it was written in."""
    body = TABLE.replace("migrator", signature.partition(",")[0])
    drop = body.replace("CREATE TABLE made (a TEXT)", "DROP TABLE made")
    project.write("001_a", f"def migrate({signature}):\n{body}\n\ndef rollback({signature}):\n{drop}")
    project.migrate()
    assert project.tables() == ["made"]
    project.manager().rollback()
    assert project.tables() == []


def test_a_body_knows_whether_it_is_replayed(project: Any) -> None:
    """A body that reads ``fake`` and returns early changes nothing when it is only replayed."""
    project.write("001_a", "def migrate(migrator, database, fake=False):\n    if fake:\n        return\n" + TABLE)
    project.manager().migrate()
    assert project.tables() == ["made"]


def test_a_file_without_functions_does_nothing(project: Any) -> None:
    """A file may hold neither function: it is applied and changes nothing."""
    project.write("001_a", "x = 1\n")
    project.migrate()
    assert (project.tables(), len(project.manager().status().applied)) == ([], 1)


def test_a_file_without_rollback_is_refused(project: Any) -> None:
    """The error shows how to remove the row of the history alone."""
    project.add("001_a", "migrator.sql('CREATE TABLE made (a TEXT)')")
    project.migrate()
    with pytest.raises(IrreversibleError, match=r"001_a has no rollback function(.|\n)*peewit rollback --fake"):
        project.manager().rollback()


def test_an_empty_rollback_removes_the_row(project: Any) -> None:
    """An empty rollback is a rollback: nothing is undone, and the file is pending again."""
    project.add("001_a", PERSON, rollback="pass")
    project.migrate()
    project.manager().rollback()
    assert (project.tables(), project.manager().status().pending) == (["person"], ("001_a",))


def test_a_constant_says_why_there_is_no_way_back(project: Any) -> None:
    """``irreversible`` is the reason a rollback is refused with."""
    project.write("001_a", "irreversible = 'the old data is gone'\ndef migrate(migrator, database):\n" + TABLE)
    project.migrate()
    with pytest.raises(IrreversibleError, match="cannot be rolled back: the old data is gone"):
        project.manager().rollback()


# ---------------------------------------------------------------------- models


def test_the_models_of_a_file_live(project: Any) -> None:
    """The class a file wrote is the one it gets back, with what its fields do to values."""
    project.add(
        "001_a",
        """
        class Upper(pw.TextField):
            def db_value(self, value):
                return value.upper()

        @migrator.create_model
        class Word(pw.Model):
            text = Upper()

        assert migrator.orm["word"] is Word and migrator.orm.Word is Word and migrator.Word is Word

        def fill():
            assert migrator.orm["word"] is Word
            Word.create(text="loud")

        migrator.run(fill)
        """,
    )
    project.migrate()
    assert project.query("SELECT text FROM word") == [("LOUD",)]


def test_a_captured_class_follows_its_table(project: Any) -> None:
    """A model that was taken before a change has the new fields after it, and not the old ones."""
    project.add("001_a", PERSON)
    project.add(
        "002_b",
        """
        Person = migrator.orm["person"]
        assert list(Person._meta.fields) == ["id", "name"]
        migrator.rename_field("person", "name", "full_name")
        migrator.add_fields("person", age=pw.IntegerField(default=5))
        assert migrator.orm["person"] is Person
        assert list(Person._meta.fields) == ["id", "full_name", "age"]
        assert not hasattr(Person, "name")
        migrator.run(lambda: Person.create(full_name="Ann"))
        """,
    )
    project.migrate()
    assert project.query("SELECT full_name, age FROM person") == [("Ann", 5)]


def test_models_stand_at_their_place(project: Any) -> None:
    """A function sees the models as they are where it stands in the file, not as they are at its end."""
    project.add("001_a", f"{PERSON}\nmigrator.run(lambda: {ROWS})")
    project.add(
        "002_b",
        """
        seen = []

        def look():
            seen.append(set(migrator.orm["person"]._meta.fields))
            seen.append([p.name for p in migrator.orm["person"].select()])

        migrator.run(look)
        migrator.add_fields("person", first=pw.TextField(null=True))
        migrator.run(lambda: seen.append(set(migrator.orm["person"]._meta.fields)))
        migrator.remove_fields("person", "name")

        def check():
            seen.append(set(migrator.orm["person"]._meta.fields))
            expected = [{"id", "name"}, ["Ann", "Bob"], {"id", "name", "first"}, {"id", "first"}]
            assert seen == expected, seen

        migrator.run(check)
        """,
    )
    project.migrate()
    assert project.columns("person") == ["id INTEGER NOT NULL KEY", "first TEXT"]


def test_a_flush_runs_what_is_queued(project: Any) -> None:
    """``run()`` without a function makes the table there and then, so the body itself can fill it."""
    project.add("001_a", f"{PERSON}\nif not fake:\n    migrator.run()\n    {ROWS}")
    project.migrate()
    assert project.query("SELECT name FROM person ORDER BY id") == [("Ann",), ("Bob",)]


def test_queued_work_stays_in_order(project: Any) -> None:
    """Operations, SQL and functions run in the order they are written."""
    project.add(
        "001_a",
        f"""
        {PERSON.strip().replace(chr(10), chr(10) + "        ")}

        migrator.sql("INSERT INTO person (name) VALUES (?)", "Cid")
        migrator.rename_field("person", "name", "nick")
        migrator.run(lambda: database.execute_sql("UPDATE person SET nick = nick || '!'"))
        migrator.rename_field("person", "nick", "name")
        migrator.sql("UPDATE person SET name = name || '?'")
        """,
    )
    project.migrate()
    assert project.query("SELECT name FROM person") == [("Cid!?",)]


def test_indexes_added_below_the_class_count(project: Any) -> None:
    """``Model.add_index`` after the decorator is part of the table."""
    project.add("001_a", PERSON + '\nPerson.add_index(Person.name.desc(), name="last")')
    project.migrate()
    assert project.indexes("person") == ['CREATE INDEX "last" ON "person" ("name" DESC)']


def test_foreign_keys_of_a_file(project: Any) -> None:
    """Classes, ``self``, names for later and cycles all lead to the right references, also to a table of before."""
    project.add("001_a", PERSON)
    project.add(
        "002_b",
        """
        @migrator.create_model
        class Team(pw.Model):
            lead = pw.DeferredForeignKey("Player", null=True)

        @migrator.create_model
        class Player(pw.Model):
            team = pw.ForeignKeyField(Team, on_delete="CASCADE")
            coach = pw.ForeignKeyField("self", null=True)
            old = pw.ForeignKeyField(migrator.orm["team"], backref="olds", null=True)
            who = pw.ForeignKeyField(migrator.orm["person"], null=True)
        """,
    )
    project.migrate()
    keys = project.query('SELECT "from", "table", "to", on_delete FROM pragma_foreign_key_list(\'player\') ORDER BY 1')
    assert keys == [
        ("coach_id", "player", "id", "NO ACTION"),
        ("old_id", "team", "id", "NO ACTION"),
        ("team_id", "team", "id", "CASCADE"),
        ("who_id", "person", "id", "NO ACTION"),
    ]
    assert project.columns("team") == ["id INTEGER NOT NULL KEY", "lead_id INTEGER"]


# ---------------------------------------------------------------------- replay


PROBING = [
    "assert [c.name for c in database.get_columns('person')] == ['id', 'name']",
    "assert 'person' in database.get_tables() and 'other' not in database.get_tables()",
    "assert database.table_exists('person') and not database.table_exists('other')",
    "assert [i.columns for i in database.get_indexes('person')] == [['name']]",
    "assert isinstance(database, pw.SqliteDatabase) and not isinstance(database, pw.PostgresqlDatabase)",
    "assert database.execute_sql('SELECT count(*) FROM person').fetchone() == (0,)",
    "assert migrator.orm['person'].select().count() == 0",
    "try:\n    database.execute_sql('SELECT plan FROM person')\n    raise AssertionError\nexcept pw.OperationalError:\n    pass",
]


@pytest.mark.parametrize("body", PROBING)
def test_a_probing_body_is_answered_from_the_files(project: Any, body: str) -> None:
    """A replayed body sees the schema of the files before it, without rows, and never the real database."""
    project.add("001_a", PERSON + "migrator.add_index('person', 'name')")
    project.add("002_b", body)
    project.migrate()
    project.path.joinpath("..", "app.db").unlink()
    assert [step.name for step in project.manager().plan().steps] == ["001_a", "002_b"]
    assert not project.folder.joinpath("app.db").exists()


def test_a_branch_on_the_database_counts(project: Any) -> None:
    """``if column not in …`` adds the column once, and replay knows it."""
    project.add("001_a", PERSON)
    guard = "if 'plan' not in [c.name for c in database.get_columns('person')]:\n    migrator.add_fields('person', plan=pw.TextField(null=True))"
    project.add("002_b", guard)
    project.add("003_c", guard)
    project.migrate()
    assert project.columns("person")[-1] == "plan TEXT"


def test_raw_sql_is_in_the_state_right_afterwards(project: Any) -> None:
    """What raw SQL made can be changed by the next line, and in the next file."""
    project.add(
        "001_a",
        "migrator.sql('CREATE TABLE raw (a TEXT)')\nmigrator.run()\nassert [c.name for c in database.get_columns('raw')] == ['a']",
    )
    project.add(
        "002_b",
        "migrator.add_fields('raw', b=pw.TextField(null=True))\nmigrator.sql('ALTER TABLE raw RENAME COLUMN a TO c')",
    )
    project.add("003_c", "migrator.rename_field('raw', 'c', 'd')")
    project.migrate()
    assert project.columns("raw") == ["d TEXT", "b TEXT"]


def test_what_is_faked_counts(project: Any) -> None:
    """What stands inside ``fake()`` is in the state, also beside raw SQL, and is not run."""
    body = "migrator.sql('CREATE TABLE raw (a TEXT)')\nwith migrator.fake():\n    migrator.create_model(type('Made', (pw.Model,), {}))"
    project.add("001_a", body)
    project.manager().migrate()
    assert project.tables() == ["raw"]
    state = replay_file(load("001_a", (project.path / "001_a.py").read_bytes(), "001_a.py"), Schema(), None)
    assert sorted(state.tables) == ["made", "raw"]


def test_a_body_looks_at_what_it_flushed() -> None:
    """A replayed body that flushes and then looks finds its own table, empty."""
    body = PERSON.replace("\n", "\n    ") + "\n    migrator.run()\n    " + ROWS
    body += "\n    assert database.execute_sql('SELECT count(*) FROM person').fetchone() == (2,)"
    source = f"import peewee as pw\n\n\ndef migrate(migrator, database, **kwargs):\n    {body.strip()}\n"
    assert list(replay_file(load("001_a", source.encode(), "001_a.py"), Schema(), None).tables) == ["person"]


def test_a_data_migration_has_no_effect_when_replayed(project: Any, tmp_path: Path) -> None:
    """Functions given to ``run`` are not called again, and no row is written twice."""
    mark = tmp_path / "mark"
    project.add(
        "001_a", f"{PERSON}\nmigrator.run(lambda: open({str(mark)!r}, 'a').write('x'))\nmigrator.run(lambda: {ROWS})"
    )
    project.migrate()
    project.manager().check()
    project.manager().plan()
    assert (mark.read_text(), project.query("SELECT count(*) FROM person")) == ("x", [(2,)])


# ---------------------------------------------------------------------- failures


def test_a_failing_body_names_its_line(project: Any) -> None:
    """The error has the file, the line and what was raised."""
    project.add("001_a", "x = 1\nraise KeyError('gone')")
    with pytest.raises(RunError, match=r"migration 001_a failed: KeyError: 'gone' \(line 6\)"):
        project.manager().migrate()
    assert (project.tables(), project.manager().status().pending) == ([], ("001_a",))


def test_a_failing_replay_names_its_line() -> None:
    """Also where the body is only replayed."""
    migration = load("001_a", b"def migrate(m, d):\n    x = 1\n    1 / 0\n", "001_a.py")
    with pytest.raises(
        MigrationFileError, match=r"migration 001_a cannot be replayed: ZeroDivisionError: .* \(line 3\)"
    ):
        replay_file(migration, Schema(), None)


def test_an_unknown_table_names_its_line(project: Any) -> None:
    """A word about a table that is not there says where it stands and what there is."""
    project.add("001_a", PERSON)
    project.add("002_b", "migrator.add_fields('persn', a=pw.TextField(null=True))")
    with pytest.raises(Exception, match=r'no model or table "persn"(.|\n)*person') as caught:
        project.manager().migrate()
    assert "(line 5)" in str(caught.value)


@pytest.mark.parametrize(("source", "expected"), [
    (b"def migrate(:\n", "SyntaxError"),
    (b"import no_such_module\n\ndef migrate(migrator, database): ...\n", "ModuleNotFoundError"),
    (b"raise RuntimeError('no')\n\ndef migrate(migrator, database): ...\n", "RuntimeError: no"),
    (b"\xff\xfe\n", "SyntaxError"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(source: bytes, expected: str) -> None:
    """The error names the migration and what is wrong with it."""
    with pytest.raises(MigrationFileError, match=f"migration 001_a cannot be read: {expected}"):
        load("001_a", source, "001_a.py")


def test_source_is_read_in_its_own_encoding(project: Any) -> None:
    """A file is read as Python reads it, also where the locale knows ASCII only."""
    project.add("001_a", 'migrator.sql(\'CREATE TABLE "täble" ("größe" TEXT)\')')
    latin = (
        "# -*- coding: latin-1 -*-\ndef migrate(migrator, database):\n    migrator.sql('CREATE TABLE \"ü\" (a TEXT)')\n"
    )
    (project.path / "002_latin.py").write_bytes(latin.encode("latin-1"))
    command = [sys.executable, "-m", "peewit", "migrate", "--database", f"sqlite:///{project.folder / 'app.db'}"]
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(
        [*command, "--directory", str(project.path)], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert project.tables() == ["täble", "ü"]


def test_a_model_is_written_back_as_it_was(project: Any) -> None:
    """The model of another file, built from state, has the same columns as the table."""
    project.add("001_a", PERSON)
    project.add(
        "002_b",
        "assert isinstance(migrator.orm['person']._meta.fields['name'], pw.CharField)\nassert 'person' in [m._meta.table_name for m in migrator]",
    )
    project.migrate()
    assert isinstance(project.database, pw.SqliteDatabase)
