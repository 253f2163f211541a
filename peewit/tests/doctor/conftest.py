"""The command line's project, and one on each server, with two tables and nothing the matter."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from ..cli.conftest import app
from ..server_project import ServerProject
from .typing import found

__all__ = ["app"]

TABLES = """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField()
        class Meta:
            table_name = "author"

    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, null=True)
        title = pw.CharField(null=True)
        class Meta:
            table_name = "book"
    """


@pytest.fixture
def on_postgres(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> ServerProject:
    return _made(tmp_path, postgres)


@pytest.fixture
def on_mariadb(tmp_path: Path, mariadb: pw.MySQLDatabase) -> ServerProject:
    return _made(tmp_path, mariadb)


@pytest.fixture
def on_server(tmp_path: Path, database: pw.Database) -> ServerProject:
    return _made(tmp_path, database)


def _made(folder: Path, database: pw.Database) -> ServerProject:
    project = ServerProject(folder, database)
    project.write("001_initial", TABLES)
    project.manager().migrate()
    project.sql("INSERT INTO author (name) VALUES ('a')")
    project.sql("INSERT INTO book (author_id, title) VALUES (1, 'one')")
    assert found(project.manager()) == []
    return project
