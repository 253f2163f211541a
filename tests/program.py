"""The program and the repository as people meet them: run in a folder of their own, read by their output."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = Path("synth_codeai", "database", "migrations")

# What a developer's shell, or the make that runs these tests, may have set.
_FOREIGN = ("SYNTH_CODEAI_", "PEEWIT_", "MIGRATION_", "MAKE", "MFLAGS", "PYTHONPATH", "PYTEST_ARGS")

Done = subprocess.CompletedProcess[str]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that a test starts."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**own, "PYTHONUTF8": "1", **more}


def migration_names(tree: Path = ROOT) -> list[str]:
    """Return the names of the migrations in a tree, in the order in which they run."""
    return sorted(path.stem for path in (tree / MIGRATIONS).glob("[0-9]*_*.py"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program in a working directory, with settings of its own."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The database file it uses when no setting names another."""
        return self.folder / ".synth-codeai" / "pk.db"

    def run(self, *arguments: str, stdin: str = "") -> Done:
        """Run it to its end and return what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "synth_codeai", *arguments],
            cwd=self.folder,
            env=environment(**self.settings),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it and return at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "synth_codeai", *arguments],
            cwd=self.folder,
            env=environment(**self.settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def say(self, *arguments: str, stdin: str = "") -> str:
        """Run it, expect success, and return its standard output without the last line end."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")

    def json(self, *arguments: str) -> Any:
        """Run it with --json, expect success, and return what it printed."""
        return json.loads(self.say(*arguments, "--json"))


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the repository's files, with a .venv that is ready and leads to the one the tests run in."""

    folder: Path

    @classmethod
    def make_in(cls, folder: Path) -> "Checkout":
        """Copy the repository to `folder`."""
        copied = (
            "Makefile",
            "pyproject.toml",
            "constraints.txt",
            "scripts",
            "synth_codeai",
            "peewit/pyproject.toml",
        )
        for name in copied:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        checkout = cls(folder)
        checkout.make_environment()
        return checkout

    def make_environment(self) -> None:
        """Give the copy a .venv that is ready and leads to the one the tests run in."""
        python = self.folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        (self.folder / ".venv" / "ready").touch()

    @property
    def program(self) -> Program:
        """The program of this copy, started in it."""
        return Program(folder=self.folder)

    @property
    def models(self) -> Path:
        """The file of this copy that a developer edits."""
        return self.folder / "synth_codeai" / "database" / "models.py"

    def edit_models(self, old: str, new: str) -> None:
        """Replace one piece of the models."""
        text = self.models.read_text()
        assert text.count(old) == 1
        self.models.write_text(text.replace(old, new))

    def make(self, *arguments: str, **settings: str) -> Done:
        """Run make with `arguments`, `settings` being added to its environment."""
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


def own_lines(done: Done) -> Sequence[str]:
    """Return what a make task wrote to standard error, without the line make itself adds to a failure."""
    return [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
