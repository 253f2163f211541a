"""One legacy folder as the project it is from: a copy of it, its application, its database, our manager."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee as pw

from peewit import IrreversibleError, MigrationManager
from peewit.cli.settings import read_settings

from .snapshot import Snapshot, snapshot

FOLDERS = Path(__file__).parent / "folders"


def folders(kind: str) -> list[str]:
    """The folders that are meant for a kind of database, by name."""
    found = sorted(folder for folder in FOLDERS.iterdir() if (folder / "outcome.json").exists())
    return [folder.name for folder in found if kind in settings_of(folder).get("databases", ["sqlite"])]


def settings_of(folder: Path) -> dict[str, Any]:
    """What ``folder.toml`` says."""
    path = folder / "folder.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


class Legacy:
    """A project that was written for peewee-migrate, run by peewit."""

    def __init__(self, name: str, path: Path, kind: str, database: pw.Database) -> None:
        """Take the folder's name, where its copy lies, and the database to use if it brings none."""
        self.path, self.kind = path, kind
        self.settings = settings_of(path)
        self.outcome = json.loads((FOLDERS / name / "outcome.json").read_text(encoding="utf-8")).get(kind, {})
        self.application = importlib.import_module("app") if (path / "app.py").exists() else None
        self.hooks = importlib.import_module("before") if (path / "before.py").exists() else None
        self.database: Any = database if self.application is None else self.application.db
        self.history = self.settings.get("history_table", "migratehistory")
        schema = self.settings.get("schema")
        self.shown_history = f"{schema}.{self.history}" if schema else self.history

    def manager(self) -> MigrationManager:
        """A new manager, as a new process would make it: the application's, or the command line's."""
        if self.settings.get("conf"):
            return read_settings({"models": ("models",)}).manager()
        return MigrationManager(
            self.database,
            self.settings.get("module", "migrations"),
            models=["models"],
            ignore=self.settings.get("ignore", ()),
            history_table=self.history,
            schema=self.settings.get("schema"),
        )

    def migrate(self) -> None:
        """Everything from empty, with what the application did before and in between."""
        if self.hooks is not None and hasattr(self.hooks, "prepare"):
            self.hooks.prepare(self.database)
        for name in self.settings.get("pauses", ()):
            self.manager().migrate(name)
            assert self.hooks is not None
            self.hooks.between(self.database, name)
        self.manager().migrate()

    def rollback(self, names: list[str]) -> None:
        """Undo these, each in a run of its own; what has no rollback gives up its row in the history only."""
        for name in names:
            if self._has_rollback(name):
                report = self.manager().rollback()
            else:
                try:
                    report = self.manager().rollback()
                except IrreversibleError:
                    report = self.manager().rollback(fake=True)
            assert report.rolled_back == (name,)

    def _has_rollback(self, name: str) -> bool:
        path = self.path / self.settings.get("directory", "migrations") / f"{name}.py"
        return not path.exists() or b"def rollback" in path.read_bytes()

    def snapshot(self) -> Snapshot:
        """The database as it is."""
        with self.opened():
            query = self.query
            return snapshot(query, self.kind, self.shown_history, self.settings.get("volatile", ()))

    def query(self, sql: str) -> list[Any]:
        """The rows of a query."""
        return list(self.database.execute_sql(sql).fetchall())

    @contextmanager
    def opened(self) -> Iterator[None]:
        """An open connection, which stays if it was there."""
        if not self.database.is_closed():
            yield
            return
        with self.database.connection_context():
            yield

    def world(self) -> dict[str, Any]:
        """Everything a replay must not touch: the database and the files beside it."""
        files = {
            str(path.relative_to(self.path)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("app.db")
        }
        return {"database": self.snapshot(), "files": files}


@contextmanager
def project(name: str, kind: str, database: pw.Database, url: str, parent: Path) -> Iterator[Legacy]:
    """A copy of a folder, as the directory this process is in; its modules are forgotten at the end."""
    path = parent / "project"
    shutil.copytree(FOLDERS / name, path, ignore=shutil.ignore_patterns("__pycache__", "outcome.json", "by_hand"))
    known, here, known_path = set(sys.modules), Path.cwd(), list(sys.path)
    former = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = url
    os.chdir(path)
    sys.path.insert(0, str(path))
    importlib.invalidate_caches()
    made: Legacy | None = None
    try:
        made = Legacy(name, path, kind, database)
        yield made
    finally:
        for used in [database, *([made.database] if made else [])]:
            if not used.is_closed():
                used.close()
        os.chdir(here)
        sys.path[:] = known_path
        if former is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = former
        for module in set(sys.modules) - known:
            if str(getattr(sys.modules[module], "__file__", None) or "").startswith(str(path)):
                del sys.modules[module]


def url_of(database: pw.Database) -> str:
    """The URL an application would be given for a server's database."""
    options = {key: value for key, value in database.connect_params.items() if value is not None}
    if getattr(database, "_prefer_psycopg3", False) or "psycopg3" in str(getattr(database, "_adapter", "")).lower():
        options["prefer_psycopg3"] = "true"
    return f"postgresql:///{database.database}?" + "&".join(
        f"{key}={quote(str(v), safe='')}" for key, v in options.items()
    )
