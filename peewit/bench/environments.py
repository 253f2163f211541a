"""An environment for each tool, with what PyPI has of it; peewit's with a build of this very tree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "limit": ("peewee", "psycopg2-binary"),
    "peewit": ("psycopg2-binary",),
    "peewee-migrate": ("peewee-migrate", "psycopg2-binary"),
    "miggy": ("miggy", "psycopg2-binary"),
    "playhouse": ("peewee", "psycopg2-binary"),
    "alembic": ("alembic", "psycopg2-binary"),
    "django": ("django", "psycopg2-binary"),
}
SHOWN = {"limit": "peewee", "playhouse": "peewee"}
"""The package whose version is told, where it is not called as the tool."""


class Environments:
    """The environments below a folder; each is made once, and peewit's brought to the tree at every run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def python(self, tool: str) -> str:
        """The interpreter of a tool."""
        return str(self.folder / tool / "bin" / "python")

    def make(self, tools: list[str]) -> None:
        """Make those that are not there yet."""
        for tool in tools:
            ready = self.folder / tool / "ready"
            if not ready.exists():
                subprocess.run([sys.executable, "-m", "venv", self.folder / tool], check=True)
                self._install(tool, *PACKAGES[tool])
                ready.touch()
        if "peewit" in tools:
            tree = str(Path(__file__).parents[1])
            self._install("peewit", tree)
            self._install("peewit", "--force-reinstall", "--no-deps", tree)

    def _install(self, tool: str, *what: str) -> None:
        subprocess.run([self.python(tool), "-m", "pip", "install", "--quiet", *what], check=True)

    def versions(self, tools: list[str]) -> dict[str, str]:
        """The version of each tool."""
        code = "import importlib.metadata as m, json, sys; print(json.dumps(m.version(sys.argv[1])))"
        return {
            tool: json.loads(subprocess.check_output([self.python(tool), "-c", code, SHOWN.get(tool, tool)]))
            for tool in tools
        }
