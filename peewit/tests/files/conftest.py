"""What the tests of migration files share: modules made of text, files written from models, folders that run."""

import importlib
import itertools
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationManager
from peewit.dialects import SQLITE
from peewit.diff import Answers, diff
from peewit.files.writer import write
from peewit.models import read_models
from peewit.operations.replay import reverse
from peewit.schema import Schema

_numbers = itertools.count()

MakeModule = Callable[..., types.ModuleType]
WriteFile = Callable[..., str]


@pytest.fixture
def module(tmp_path: Path) -> Iterator[MakeModule]:
    """Make a module of a text, under a name of its own, and import it."""
    folder = tmp_path / "modules"
    folder.mkdir()
    sys.path.insert(0, str(folder))
    made: list[str] = []

    def make(text: str, name: str = "") -> types.ModuleType:
        name = name or f"files_module_{next(_numbers)}"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        made.append(name)
        return importlib.import_module(name)

    yield make
    sys.path.remove(str(folder))
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture
def file_of() -> WriteFile:
    """Write the migration that leads from some models (or none) to others."""

    def make(after: Sequence[type[pw.Model]], before: Sequence[type[pw.Model]] = (), **answers: object) -> str:
        start, wanted = read_models(before), read_models(after)
        operations = diff(start, wanted, SQLITE, Answers(**{"renames": {}, **answers}))
        return write("001_change", operations, reverse(start, operations), start)

    return make


@pytest.fixture
def empty() -> Schema:
    """A schema without tables."""
    return Schema()


class Project:
    """A folder of migration files and the SQLite database they are for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "migrations"
        self.path.mkdir()
        self.database = pw.SqliteDatabase(str(folder / "app.db"), pragmas={"foreign_keys": 1})

    def add(self, name: str, body: str, *, rollback: str = "", head: str = "") -> None:
        """Write a file with these lines in its functions."""
        lines = [f"import peewee as pw\n{head}\n\ndef migrate(migrator, database, fake=False, **kwargs):"]
        lines.append(textwrap.indent(textwrap.dedent(body).strip() or "pass", "    "))
        if rollback:
            lines += ["\n\ndef rollback(migrator, database, fake=False, **kwargs):"]
            lines.append(textwrap.indent(textwrap.dedent(rollback).strip(), "    "))
        self.write(name, "\n".join(lines))

    def write(self, name: str, text: str) -> None:
        """Write a file as it is."""
        (self.path / f"{name}.py").write_text(text, encoding="utf-8")

    def manager(self, *models: type[pw.Model]) -> MigrationManager:
        """A manager on the folder and the database."""
        return MigrationManager(self.database, self.path, models=models)

    def migrate(self) -> None:
        """Apply everything, and see that replay knows what the database became."""
        self.manager().migrate()
        assert [f.message for f in self.manager().check().findings if f.kind == "database"] == []

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self.database.connection_context():
            return list(self.database.execute_sql(sql).fetchall())

    def columns(self, table: str) -> list[str]:
        """A table's columns, each in a few words."""
        rows = self.query(f'PRAGMA table_info("{table}")')
        return [
            " ".join([name, type_, *(["NOT NULL"] if notnull else []), *([f"DEFAULT {default}"] if default else []),
                      *(["KEY"] if key else [])])
            for _, name, type_, notnull, default, key in rows
        ]  # fmt: skip

    def indexes(self, table: str) -> list[str]:
        """A table's own indexes, as they were made."""
        rows = self.query(
            f"SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL"
        )
        return sorted(str(sql) for (sql,) in rows)

    def tables(self) -> list[str]:
        """The tables, without those that keep the history."""
        rows = self.query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'migratehistory%' ORDER BY 1"
        )
        return [str(name) for (name,) in rows if not str(name).startswith("sqlite_")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path)
