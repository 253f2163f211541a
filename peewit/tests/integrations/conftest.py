"""The migrations of a small application."""

from pathlib import Path

import pytest

BOOKS = """
import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField()

        class Meta:
            table_name = "book"


def rollback(migrator, database, *, fake=False):
    migrator.remove_model("book")
"""

PAGES = """
import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.add_fields("book", pages=pw.IntegerField(default=100))


def rollback(migrator, database, *, fake=False):
    migrator.remove_fields("book", "pages")
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A folder with two migrations."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "001_books.py").write_text(BOOKS)
    (folder / "002_pages.py").write_text(PAGES)
    return folder
