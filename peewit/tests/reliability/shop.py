"""The application that is migrated in these cases: five migrations, each of which leaves a row every time it runs.

A table with rows; a column whose values a function gives row by row; another type and a unique index, which on
SQLite is a rebuild; a table that is filled from the first; a column renamed and one dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import peewee as pw

from peewit import MigrationManager

from .places import DELETE, WAL, Place
from .starting import Job

ROWS = 60
"""How many people there are, if nothing else is said."""

_HEAD = '''"""A migration of the shop."""

import uuid

import peewee as pw

ROWS = 0


def migrate(migrator, database, *, fake=False):
'''

_START = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(max_length=100)
        age = pw.CharField(max_length=20, null=True)
        visits = pw.IntegerField(default=0)

        class Meta:
            table_name = "person"

    @migrator.create_model
    class Ran(pw.Model):
        name = pw.CharField(max_length=100)

        class Meta:
            table_name = "ran"

    def fill():
        people = migrator.orm["person"]
        rows = [{"name": f"person {n}", "age": str(n % 90)} for n in range(ROWS)]
        for some in pw.chunked(rows, 100):
            people.insert_many(some).execute()

    migrator.run(fill)
"""

_TOKEN = """
    migrator.add_fields("person", token=pw.UUIDField(default=uuid.uuid4))
"""

_AGE = """
    migrator.change_fields("person", age=pw.IntegerField(null=True))
    migrator.add_index("person", "token", unique=True)
"""

_PETS = """
    @migrator.create_model
    class Pet(pw.Model):
        person = pw.ForeignKeyField(migrator.orm["person"])
        name = pw.CharField(max_length=100)
        kind = pw.CharField(max_length=100, null=True)

        class Meta:
            table_name = "pet"

    def move():
        database.execute_sql("INSERT INTO pet (person_id, name) SELECT id, name FROM person")

    migrator.run(move)
"""

_NAMES = """
    migrator.rename_field("person", "name", "full_name")
    migrator.remove_fields("pet", "kind")
"""

HOLD = """
    def hold():
        import os
        import pathlib
        import time

        mark = os.environ.get("PEEWIT_TEST_HOLD")
        if mark:
            pathlib.Path(mark).touch()
            while os.path.exists(mark):
                time.sleep(0.01)

    migrator.run(hold)
"""
"""What stops where a mark is asked for, until the mark is gone."""

_RAN = """
    migrator.sql("INSERT INTO ran (name) VALUES ('{name}')")
"""

BODIES = {"001_start": _START, "002_token": _TOKEN, "003_age": _AGE, "004_pets": _PETS, "005_names": _NAMES}
NAMES = tuple(BODIES)
TABLES = {
    "person": ["id", "full_name", "age", "visits", "token"],
    "pet": ["id", "person_id", "name"],
    "ran": ["id", "name"],
}


class Shop:
    """The shop's migrations folder, and its database at a place."""

    def __init__(self, place: Place, rows: int = ROWS) -> None:
        self.place, self.rows = place, rows
        self.directory = place.folder / "migrations"
        self.directory.mkdir()
        for name, body in BODIES.items():
            self.write(name, body)

    def write(self, name: str, body: str) -> None:
        """Write a migration's file; what it does ends with its row."""
        (self.directory / f"{name}.py").write_text(
            _HEAD.replace("ROWS = 0", f"ROWS = {self.rows}") + body + _RAN.format(name=name)
        )

    def manager(self, database: pw.Database | None = None, **settings: Any) -> MigrationManager:
        """A manager of its own, as each process has one."""
        return MigrationManager(database or self.place.connect(), self.directory, **settings)

    def begin(self, target: str | None = "001_start") -> None:
        """Bring the database to where it is out of date; ``None``: nothing was ever applied."""
        if target is not None:
            self.manager().migrate(target)
        if self.place.engine == WAL:
            self.sql("PRAGMA journal_mode = wal")

    def command(self, *words: str, url: str = "") -> tuple[str, ...]:
        """A command of peewit's on this database."""
        return (*words, "--database", url or self.place.url, "--directory", str(self.directory))

    def job(self, *words: str) -> Job:
        """A process that runs such a command."""
        return Job(command=self.command(*words))

    def sql(self, sql: str) -> list[Any]:
        """Run a statement on a connection of its own; its rows."""
        database = self.place.connect()
        with database.connection_context():
            cursor = database.execute_sql(sql)
            return list(cursor.fetchall()) if cursor.description else []

    # ------------------------------------------------------------------ what must be

    def losses(self, names: Sequence[str] = NAMES) -> list[str]:
        """What is not as it must be once these migrations have run exactly once, each in words."""
        try:
            return list(self._losses(names))
        except pw.PeeweeException as error:
            return [f"what is there cannot be looked at: {error}"]

    def _losses(self, names: Sequence[str]) -> Iterator[str]:
        ran = [row[0] for row in self.sql("SELECT name FROM ran ORDER BY id")]
        if ran != list(names):
            yield f"the migrations ran as {ran}"
        history = [row[0] for row in self.sql("SELECT name FROM migratehistory ORDER BY id")]
        if history != list(names):
            yield f"the history is {history}"
        journal = self.sql("SELECT name, action FROM migratehistory_journal WHERE action <> 'failed' ORDER BY id")
        if [tuple(row) for row in journal] != [(name, "migrate") for name in names]:
            yield f"the journal is {journal}"
        if tuple(names) == NAMES:
            yield from self._rows()
            yield from self._schema()
        if self.place.engine in (DELETE, WAL):
            yield from self._file()

    def _rows(self) -> Iterator[str]:
        people = self.sql("SELECT full_name, age FROM person ORDER BY id")
        if [tuple(row) for row in people] != [(f"person {n}", n % 90) for n in range(self.rows)]:
            yield f"the people are {digest(people)}: {people[:3]}…"
        tokens = self.sql("SELECT count(*), count(DISTINCT token) FROM person")[0]
        if tuple(tokens) != (self.rows, self.rows):
            yield f"{tokens} people and tokens"
        pets = self.sql("SELECT person_id, name FROM pet ORDER BY id")
        if sorted(name for _, name in pets) != sorted(f"person {n}" for n in range(self.rows)):
            yield f"{len(pets)} pets"

    def _schema(self) -> Iterator[str]:
        database = self.place.connect()
        with database.connection_context():
            tables = {name for name in database.get_tables() if not name.startswith("migratehistory")}
            columns = {name: [c.name for c in database.get_columns(name)] for name in tables}
            unique = [index.columns for index in database.get_indexes("person") if index.unique]
        if columns != TABLES:
            yield f"the tables are {columns}"
        if ["token"] not in unique:
            yield "the unique index of the tokens is not there"

    def _file(self) -> Iterator[str]:
        for (line,) in self.sql("PRAGMA integrity_check"):
            if line != "ok":
                yield f"integrity_check: {line}"
        for row in self.sql("PRAGMA foreign_key_check"):
            yield f"foreign_key_check: {row}"
        yield from (f"left behind: {name}" for name in left_behind(self.place.folder))


def left_behind(folder: Path) -> list[str]:
    """Files beside a SQLite database that are neither its own nor a finished copy."""
    known = ("app.db", "app.db-wal", "app.db-shm", "migrations")
    names = (path.name for path in folder.iterdir())
    return [n for n in names if n not in known and (not n.startswith("app.db-before-") or ".part" in n)]


def digest(rows: Sequence[Any]) -> str:
    """A short text that changes with the rows."""
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
