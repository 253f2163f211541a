"""Fixtures of the application's tests: a program and a checkout, each in a folder of its own; the servers."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase
from peewit import MigrationManager

from synth_codeai.database import (
    HumanInput,
    KeyFact,
    KeySnippet,
    ResearchNote,
    Session,
    Trajectory,
)
from synth_codeai.database.connection import PRAGMAS, MemoryFile
from tests.program import ROOT, Checkout, Program

sys.path.insert(0, str(ROOT / "peewit" / "tests"))
pytest_plugins = ["servers"]
"""The library's tests know how to find database servers, or to start them."""

MODELS = (Session, HumanInput, KeyFact, KeySnippet, ResearchNote, Trajectory)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder."""
    return Program(folder=tmp_path)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy of the repository, ready for make."""
    return Checkout.make_in(tmp_path / "checkout")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An open database file that holds all migrations, with the models bound to it."""
    file = MemoryFile(str(tmp_path / "memory.db"), pragmas=PRAGMAS)
    manager_of(file).migrate()
    with file.bind_ctx(MODELS), file.connection_context():
        yield file


def manager_of(file: SqliteDatabase) -> MigrationManager:
    """Return the manager of the application's migrations for another database."""
    return MigrationManager(file, "synth_codeai.database:migrations", models="synth_codeai.database.models")
