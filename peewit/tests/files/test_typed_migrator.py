"""``peewit.Migrator`` for editors: every word a migration file may use tells what it takes and what it does."""

from __future__ import annotations

import inspect
from pathlib import Path

import peewee
import pytest
from peewee_migrate import Migrator as Stock
from peewee_migrate import Router

import peewit
from peewit.files.migrator import Recorder
from peewit.schema import Schema

WORDS = sorted({name for name in vars(Recorder) if not name.startswith("_")} | {"run"})

FILE = """
from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewit import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField()

        class Meta:
            table_name = "book"


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    migrator.remove_model("book")
"""


def test_it_is_what_a_file_is_given() -> None:
    """One class, and for whoever asks it is still peewee-migrate's own."""
    assert peewit.Migrator is Recorder
    migrator = Recorder(peewee.SqliteDatabase(":memory:"), Schema(), lambda _, __: None)
    assert isinstance(migrator, Stock)
    assert isinstance(migrator, peewit.Migrator)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_typed_and_told(word: str) -> None:
    """An editor shows the types and the first line."""
    function = getattr(peewit.Migrator, word)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    assert [p.name for p in parameters if p.annotation is inspect.Parameter.empty] == []
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty
    assert function.__doc__


def test_a_file_that_names_it_is_run_by_both(tmp_path: Path) -> None:
    """The import is for the editor alone."""
    (tmp_path / "001_books.py").write_text(FILE)
    ours, theirs = (peewee.SqliteDatabase(tmp_path / name) for name in ("ours.db", "theirs.db"))
    assert peewit.MigrationManager(ours, tmp_path).migrate().applied == ("001_books",)
    Router(theirs, tmp_path).run()
    assert theirs.get_tables() == ["book", "migratehistory"]
    theirs.close()
