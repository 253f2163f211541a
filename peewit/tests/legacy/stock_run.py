"""Runs one folder with the peewee-migrate of the environment this is started in; tells what came of it as JSON.

Started by :mod:`stock`, in a copy of the folder. ``sys.argv``: the kind of database, its name.
"""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import os
import sqlite3
import sys
import tomllib
import traceback
from pathlib import Path
from typing import Any

sys.path[:0] = ["", str(Path(__file__).parent)]

import peewee
from peewee_migrate import router as stock
from snapshot import Snapshot, snapshot


class Run:
    """A folder, its database, and the routers that a person at a terminal would start one after the other."""

    def __init__(self, kind: str, name: str) -> None:
        """Import what the folder has of an application."""
        self.kind, self.name = kind, name
        self.settings: dict[str, Any] = {}
        if Path("folder.toml").exists():
            self.settings = tomllib.loads(Path("folder.toml").read_text(encoding="utf-8"))
        self.before = importlib.import_module("before") if Path("before.py").exists() else None
        self.database = self._database()
        self.history = self.settings.get("history_table", "migratehistory")
        schema = self.settings.get("schema")
        self.shown_history = f"{schema}.{self.history}" if schema else self.history

    def _database(self) -> Any:
        if Path("app.py").exists():
            return importlib.import_module("app").db
        if self.kind == "sqlite":
            return peewee.SqliteDatabase(self.name)
        return peewee.PostgresqlDatabase(self.name, user="postgres", host="127.0.0.1")

    def router(self) -> Any:
        """A new router, as each command makes one."""
        options = {key: self.settings[key] for key in ("schema", "ignore") if key in self.settings}
        if "history_table" in self.settings:
            options["migrate_table"] = self.history
        if self.settings.get("conf"):
            return importlib.import_module("peewee_migrate.cli").get_router("migrations", None, 0)
        module = self.settings.get("module")
        if module:
            return stock.ModuleRouter(self.database, importlib.import_module(module), **options)
        directory = Path("migrations") if _takes_paths() else "migrations"
        return stock.Router(self.database, migrate_dir=directory, **options)

    def migrate(self) -> None:
        """Everything from empty, with what the application did before and in between."""
        if self.before is not None and hasattr(self.before, "prepare"):
            self.before.prepare(self.database)
        for name in self.settings.get("pauses", ()):
            self.router().run(name)
            self.before.between(self.database, name)
        self.router().run()

    def rollback(self) -> dict[str, Any]:
        """One after the other, until one fails or none is left."""
        undone: list[str] = []
        failed = None
        while True:
            router = self.router()
            done = router.done
            done = list(done() if callable(done) else done)
            if not done or len(undone) > 20:
                break
            try:
                takes_name = len(inspect.signature(router.rollback).parameters) > 0
                router.rollback(done[-1]) if takes_name else router.rollback()
            except Exception as error:
                failed = {"name": done[-1], "error": _told(error)}
                break
            undone.append(done[-1])
        return {"rolled_back": undone, "stopped_at": failed, "after_rollback": self.snapshot()}

    def snapshot(self) -> Snapshot:
        """The database as a connection of its own sees it."""
        if not self.database.is_closed():
            self.database.close()
        connection: Any
        if self.kind == "sqlite":
            connection = sqlite3.connect(self.name)
        else:
            import psycopg2

            connection = psycopg2.connect(dbname=self.name, user="postgres", host="127.0.0.1")

        def query(sql: str) -> list[Any]:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())

        try:
            return snapshot(query, self.kind, self.shown_history, self.settings.get("volatile", ()))
        finally:
            connection.close()


def _takes_paths() -> bool:
    return "Path" in vars(stock)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]


def main(kind: str, name: str) -> None:
    """Migrate, look, roll back, look."""
    logging.disable(logging.CRITICAL)
    result: dict[str, Any] = {"peewee": peewee.__version__}
    try:
        run = Run(kind, name)
        run.migrate()
        result["migrated"] = run.snapshot()
    except BaseException as error:
        result["error"] = _told(error)
        if os.environ.get("STOCK_TRACE"):
            traceback.print_exc()
    else:
        result.update(run.rollback())
    sys.__stdout__.write("\n" + json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
