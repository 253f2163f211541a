"""A project with migrations in a folder of its own: a real SQLite file, migration files, models as source text."""

from __future__ import annotations

import datetime
import sqlite3
import textwrap
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import peewee as pw
from playhouse.sqlite_ext import AutoIncrementField, RowIDField

from peewit import MigrationManager
from peewit.reports import Report

Rows = list[tuple[Any, ...]]

ON = "foreign keys on"
OFF = "foreign keys off"
FROZEN = "description cannot be edited"
SETTINGS = (ON, OFF, FROZEN)
"""What an application may have set on its connection before it migrates."""


class FrozenDatabase(pw.SqliteDatabase):
    """A database whose description cannot be edited: ``PRAGMA writable_schema`` has no effect.

    Defensive mode does that, https://www.sqlite.org/c3ref/c_dbconfig_defensive.html, and Python can switch
    it on since 3.12. Before that an authorizer passes over the PRAGMA.
    """

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()
        if hasattr(connection, "setconfig"):
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        else:
            connection.set_authorizer(_passes_over_writable_schema)
        return connection


def _passes_over_writable_schema(action: int, name: str | None, value: str | None, *_: object) -> int:
    edits = action == sqlite3.SQLITE_PRAGMA and name == "writable_schema" and value is not None
    return sqlite3.SQLITE_IGNORE if edits else sqlite3.SQLITE_OK


class Project:
    """One application: its database file, its migrations folder, and the models it has at the moment."""

    def __init__(self, folder: Path, setting: str = ON) -> None:
        self.path = folder / "app.db"
        self.directory = folder / "migrations"
        self.setting = setting
        kind = FrozenDatabase if setting == FROZEN else pw.SqliteDatabase
        self.database = kind(str(self.path), pragmas={"foreign_keys": int(setting != OFF)})
        self.models: list[type[pw.Model]] = []

    def manager(self, **settings: Any) -> MigrationManager:
        """A manager as the application would make it."""
        return MigrationManager(self.database, self.directory, models=self.models, **settings)

    def define(self, source: str) -> dict[str, type[pw.Model]]:
        """The models the application has from now on, by class name, bound to its database."""
        scope: dict[str, Any] = {
            "__name__": "models",
            "AutoIncrementField": AutoIncrementField,
            "RowIDField": RowIDField,
            "datetime": datetime,
            "pw": pw,
            "uuid": uuid,
        }
        exec(textwrap.dedent(source), scope)
        found = {
            name: value for name, value in scope.items() if isinstance(value, type) and issubclass(value, pw.Model)
        }
        self.models = list(found.values())
        self.database.bind(self.models)
        return found

    def evolve(
        self, source: str, renames: Mapping[str, str] | None = None, fill: Mapping[str, str] | None = None
    ) -> dict[str, type[pw.Model]]:
        """Change the models, create the migration that follows them, and apply it."""
        models = self.define(source)
        path = self.manager().create("change", renames={} if renames is None else renames, fill=fill)
        assert path is not None
        self.manager().migrate()
        return models

    def write(self, name: str, migrate: str, rollback: str = "pass", head: str = "") -> Path:
        """Write a migration file by hand, the way a person would."""
        lines = [
            "import peewee as pw",
            textwrap.dedent(head),
            "",
            "def migrate(migrator, database, *, fake=False):",
            textwrap.indent(textwrap.dedent(migrate).strip(), "    "),
            "",
            "def rollback(migrator, database, *, fake=False):",
            textwrap.indent(textwrap.dedent(rollback).strip(), "    "),
        ]
        self.directory.mkdir(exist_ok=True)
        path = self.directory / f"{name}.py"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def start(self, *statements: str) -> None:
        """Make the database past all models, with a first migration that knows its tables as they are."""
        body = "\n".join(f"migrator.sql({statement!r})" for statement in statements) or "pass"
        self.write("001_start", body)
        self.manager().migrate()

    def change(self, body: str, name: str = "002_change", rollback: str = "pass") -> Report:
        """Write one more migration and apply it."""
        self.write(name, body, rollback)
        return self.manager().migrate()

    def sql(self, sql: str, *params: object) -> Rows:
        """Run one statement on a connection of its own, with foreign keys on, and keep what it did."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = 1")
            return connection.execute(sql, params).fetchall()
        finally:
            connection.close()

    def text(self, name: str) -> str:
        """The statement that makes an object, as the database has it."""
        return str(self.sql("SELECT sql FROM sqlite_schema WHERE name = ?", name)[0][0])

    def texts(self) -> dict[str, str | None]:
        """The statement of every object by its name, without peewit's own."""
        rows = self.sql("SELECT name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'migratehistory%'")
        return dict(rows)

    def rows(self, table: str) -> Rows:
        """All rows of a table in the order of their rowids."""
        quoted = table.replace('"', '""')
        return self.sql(f'SELECT * FROM "{quoted}" ORDER BY 1')

    def everything(self) -> dict[str, Any]:
        """The whole database, description and rows: equal before and after where nothing may change.

        But for the note that a migration failed.
        """
        tables = [name for (name,) in self.sql("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        found: dict[str, Any] = {name: self.rows(name) for name in tables}
        if "migratehistory_journal" in found:
            found["migratehistory_journal"] = self.sql("SELECT * FROM migratehistory_journal WHERE action <> 'failed'")
        found["sqlite_schema"] = self.sql("SELECT * FROM sqlite_schema ORDER BY rowid")
        return found

    def problems(self) -> Rows:
        """What SQLite itself finds wrong with the file and its references."""
        damaged = [row for row in self.sql("PRAGMA integrity_check") if row != ("ok",)]
        return damaged + self.sql("PRAGMA foreign_key_check")
