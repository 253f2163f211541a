"""Hostile names beside those of tables and columns: of migrations, of the history, in answers; and each bug they showed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationManager, PeewitError
from peewit.errors import ConfigError, DataError, NameTakenError
from peewit.schema import key_of, parts_of

from .. import servers
from ..evolve import model
from ..sqlite.project import Project
from .hostile import NAMES
from .hostile_changes import CHANGES, Change
from .hostile_places import Place, place
from .names import Trip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with foreign keys on."""
    made = Project(tmp_path)
    yield made
    made.database.close()


@pytest.mark.parametrize("name", [n for n in NAMES if "\ud800" not in n])
def test_a_key_gives_back_what_it_was_made_of(name: str) -> None:
    """A table's key is one text whatever is in its name and its schema, and never that of another table."""
    assert parts_of(key_of(None, name)) == (None, name)
    assert parts_of(key_of("shop", name)) == ("shop", name)
    assert parts_of(key_of(name, "person")) == (name, "person")


def test_a_dot_in_a_name_is_no_schema(project: Project) -> None:
    """A table called main.person is not the table person of the schema main."""
    project.define("""
        class Dotted(pw.Model):
            name = pw.TextField()
            class Meta:
                table_name = "main.person"
        class Plain(pw.Model):
            name = pw.TextField()
            class Meta:
                table_name = "person"
        """)
    project.manager().create("both")
    project.manager().migrate()
    project.sql("INSERT INTO person (name) VALUES ('kept')")
    project.models = project.models[1:]
    project.manager().create("one", renames={})
    project.manager().migrate()
    assert project.rows("person") == [(1, "kept")]
    assert "main.person" not in project.texts()
    project.manager().rollback()
    assert set(project.texts()) == {"main.person", "person"}


@pytest.mark.parametrize(
    "words",
    [
        "../x",
        "/etc/x",
        "..",
        "a/b\\c",
        "x.py",
        "nul\0nul",
        "half\ud800",
        "%s",
        "a\nb",
        "-rf",
        "~/x",
        "größe",
        "ИМЯ",
        "con",
        "{x}",
        "1_2",
    ],
)
def test_a_migrations_name_stays_in_its_folder(project: Project, words: str) -> None:
    """Whatever a migration is called, its file is in the folder, is found again, and runs."""
    project.define("class Person(pw.Model):\n    name = pw.TextField()\n")
    try:
        path = project.manager().create(words)
    except NameTakenError:
        assert not project.directory.exists()
        return
    assert path is not None
    assert path.resolve().parent == project.directory.resolve()
    assert project.manager().migrate().applied == (path.stem,)
    assert project.manager().rollback().rolled_back == (path.stem,)


@pytest.mark.parametrize("words", ["", " ", "...", "\0", "x" * 151, "ö" * 80, "\ud800"])
def test_a_name_that_makes_no_file_is_refused(project: Project, words: str) -> None:
    """A name nothing is left of, or that no file can have, is refused in words."""
    project.define("class Person(pw.Model):\n    name = pw.TextField()\n")
    with pytest.raises(NameTakenError):
        project.manager().create(words)
    assert not project.directory.exists()


def _is_text(name: str) -> bool:
    return "\0" not in name and "\ud800" not in name


TABLES = [n for n in NAMES[::3] if _is_text(n) and not n.lower().startswith("sqlite_")]


@pytest.mark.parametrize("name", TABLES)
def test_the_history_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """A history table of a hostile name keeps what was applied, and its journal beside it."""
    database = pw.SqliteDatabase(str(tmp_path / "app.db"))
    person = model("Person", "owner", id=pw.AutoField(), name=pw.TextField())
    database.bind([person])
    manager = MigrationManager(database, tmp_path / "migrations", models=[person], history_table=name)
    manager.create("start")
    manager.migrate()
    assert [entry.name for entry in manager.status().applied] == ["001_start"]
    assert manager.status().edited == ()
    manager.rollback()
    assert manager.status().applied == ()
    with sqlite3.connect(tmp_path / "app.db") as connection:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert found - {"sqlite_sequence"} == {name, f"{name}_journal"}


@pytest.mark.parametrize(
    "name", ["%%", "100%s", "a.b", 'say "hi"', "back`tick", "it's", "back\\slash", "größe", "MixedCase"]
)
def test_the_history_on_a_server_may_be_called_anything(database: pw.Database, tmp_path: Path, name: str) -> None:
    """A history table of a hostile name keeps what was applied on a server."""
    with database.connection_context():
        person = model("Person", "owner", id=pw.AutoField(), name=pw.TextField())
        database.bind([person])
        manager = MigrationManager(database, tmp_path / "migrations", models=[person], history_table=name)
        manager.create("start")
        manager.migrate()
        assert [entry.name for entry in manager.status().applied] == ["001_start"]
        manager.rollback()
        assert manager.status().applied == ()
        kept = name.replace("%%", "%")
        assert {kept, f"{kept}_journal"} <= set(database.get_tables())


def test_a_table_of_any_name_can_be_ignored(project: Project) -> None:
    """An ignored table is nobody's, whatever it is called."""
    tables = ['say "hi"', "a.b", "100%", "größe", "it's"]
    models = [model(f"Plain{place}", name, id=pw.AutoField()) for place, name in enumerate(tables)]
    project.models = models
    assert project.manager(ignore=tables[:-1]).create("one") is not None
    project.manager(ignore=tables[:-1]).migrate()
    assert set(project.texts()) == {"it's"}


@pytest.mark.parametrize("name", ["a.b", "a:b", "a=b", "a b", "%", "ü.", '"q"'])
def test_answers_speak_of_any_field(project: Project, name: str) -> None:
    """A rename and a fill find their table and their field, also where these have dots of their own."""
    key = pw.IntegerField(primary_key=True)
    project.models = [model("One", name, id=key, one=pw.TextField(column_name=name, null=True))]
    project.manager().create("one")
    project.manager().migrate()
    after = pw.TextField(column_name=f"{name}.new")
    project.models = [model("One", f"{name}.new", id=pw.IntegerField(primary_key=True), one=after)]
    renames, fill = {name: f"{name}.new", f"{name}.{name}": f"{name}.new"}, {f"{name}.{name}": "'filled'"}
    quoted = name.replace('"', '""')
    project.sql(f'INSERT INTO "{quoted}" (id) VALUES (1)')
    project.manager().create("two", renames=renames, fill=fill)
    project.manager().migrate()
    assert project.rows(f"{name}.new") == [(1, "filled")]
    with pytest.raises(ConfigError):
        project.manager().create("three", renames={f"nothing.{name}": "x"})


def test_a_name_no_database_accepts_is_refused_in_words(project: Project) -> None:
    """Half a surrogate pair and a NUL are refused before a file is written."""
    for name in ("a\0b", "\ud800"):
        project.models = [model("One", "one", id=pw.AutoField(), one=pw.TextField(column_name=name))]
        with pytest.raises(PeewitError, match="name"):
            project.manager().create("one")
    assert not list(project.directory.glob("*"))


def test_a_name_peewee_stumbles_over_is_refused_in_words(project: Project) -> None:
    """A column called __class__ breaks Peewee's own table; that is said, and nothing is written."""
    project.models = [model("One", "one", id=pw.AutoField(), one=pw.TextField(column_name="__class__", index=True))]
    with pytest.raises(PeewitError, match="Peewee itself"):
        project.manager().create("one")


@pytest.mark.parametrize("long", ["c" * 70, "ö" * 40])
def test_a_long_name_is_the_same_column_afterwards(postgres: pw.Database, tmp_path: Path, long: str) -> None:
    """PostgreSQL cuts a long name without a word: the column is found, filled, indexed and dropped all the same."""
    with postgres.connection_context():
        manager = _evolved(postgres, tmp_path, long)
        assert postgres.execute_sql('SELECT count(*) FROM "plain"').fetchone()[0] == 1
        assert manager.check().findings == ()


def test_a_per_cent_sign_written_twice_is_one(database: pw.Database, tmp_path: Path) -> None:
    """For a driver a per cent sign in a name is written twice: so it is in a model, and the database has one."""
    with database.connection_context():
        _evolved(database, tmp_path, "part%%")
        assert "part%" in [column.name for column in database.get_columns("plain")]


def _evolved(database: pw.Database, folder: Path, name: str) -> MigrationManager:
    """A column of this name comes, is tightened and indexed, and put back and forth once more."""
    steps = [
        {},
        {"one": pw.CharField(column_name=name, null=True)},
        {"one": pw.CharField(column_name=name, default="x", index=True)},
    ]
    for number, fields in enumerate(steps):
        plain = model("Plain", "plain", id=pw.IntegerField(primary_key=True), **fields)
        database.bind([plain])
        manager = MigrationManager(database, folder, models=[plain])
        manager.create(f"step {number}")
        manager.migrate()
        if not number:
            database.execute_sql("INSERT INTO plain (id) VALUES (1)")
    manager.rollback(count=2)
    manager.migrate()
    assert manager.create("again") is None
    return manager


@contextmanager
def _place(kind: str) -> Iterator[Place]:
    """A place on this kind of database; where there is no such server, the test is skipped and says which."""
    try:
        with place(kind) as where:
            yield where
    except servers.MissingServerError as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize(
    ("kind", "label", "name"),
    [
        ("sqlite", "add a foreign key", "self"),
        ("sqlite", "change what a foreign key refers to", "self"),
        (servers.POSTGRES, "change a default", "%%"),
        (servers.POSTGRES, "add a check", "%%"),
        (servers.POSTGRES, "rename a table to", "a.b"),
        (servers.POSTGRES, "rename a table from", "MixedCase"),
        (servers.POSTGRES, "change a table", "c" * 64),
        (servers.MARIADB, "change a default", "%%"),
        (servers.MARIADB, "rename a table from", ".."),
        (servers.MARIADB, "add a check", "a\nb"),
        (servers.MARIADB, "name a check", "check CHECK"),
        (servers.MARIADB, "change a table", " leading"),
    ],
)
def test_a_name_that_has_failed_before(kind: str, label: str, name: str) -> None:
    """What a name has broken once holds: the whole way, there and back and there again."""
    with _place(kind) as where:
        trip = Trip(where, CHANGES[label](where.world, name, 1))
        assert trip.possible()
        trip.go()
    assert trip.failures == []


@pytest.mark.parametrize("kind", [servers.POSTGRES, servers.MARIADB])
def test_a_column_renamed_and_tightened_at_once_may_begin_with_a_blank(kind: str) -> None:
    """MariaDB takes the blank away from a name behind AS: its rows are asked under a name that is not written so."""

    def table(**fields: pw.Field) -> list[type[pw.Model]]:
        return [model("Plain", "plain", id=pw.IntegerField(primary_key=True), **fields)]

    blank = pw.CharField(max_length=5, column_name=" x")
    change = Change(
        before=table(first=pw.CharField(max_length=100, null=True)),
        after=table(one=blank),
        renames={"plain.first": " x"},
        fill={"plain. x": "'new'"},
        rows=[("plain", {"id": 1, "first": "short"}), ("plain", {"id": 2})],
    )
    with _place(kind) as where:
        trip = Trip(where, change)
        assert trip.possible()
        trip.go()
        assert len(where.values("plain", " x")) == 2
        where.manager(trip.before).rollback()
        where.insert("plain", {"id": 3, "first": "too long"})
        with pytest.raises(DataError, match="1 value is too long"):
            where.manager(trip.after).migrate()
    assert trip.failures == []
