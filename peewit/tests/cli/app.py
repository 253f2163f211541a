"""A project in a folder of its own and the command line in it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from peewit.cli import main

MODELS = """
import peewee as pw

database = pw.SqliteDatabase("app.db")


class Person(pw.Model):
    name = pw.CharField()
{more}
    class Meta:
        database = database
"""

PROJECT = """
[tool.peewit]
database = "{app}.models:database"
models = "{app}.models"
directory = "{app}/migrations"
"""


class App:
    """A project with one model, and the command line in its folder."""

    def __init__(self, folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.name, self.capsys = folder, name, capsys
        (folder / "pyproject.toml").write_text(PROJECT.format(app=name))
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
        self.models()

    def models(self, *lines: str, text: str = MODELS) -> None:
        """Write the models anew, and forget the old ones."""
        more = "".join(f"    {line}\n" for line in lines)
        (self.folder / self.name / "models.py").write_text(text.replace("{more}", more))
        for name in [n for n in sys.modules if n.split(".")[0] == self.name]:
            del sys.modules[name]

    @property
    def migrations(self) -> Path:
        """The folder of the migrations."""
        return self.folder / self.name / "migrations"

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command: its exit code, what it printed, and its errors."""
        self.capsys.readouterr()
        code = main(list(arguments))
        out, error = self.capsys.readouterr()
        return code, out, error

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command with --json and read what it printed."""
        found: dict[str, Any] = json.loads(self(*arguments, "--json")[1])
        return found
