"""A UUID in digits and one in bytes: one becomes the other, but on MariaDB values are refused."""

from __future__ import annotations

import uuid
from pathlib import Path

import peewee as pw
import pytest

from peewit import DataError

from ..server_project import ServerProject

KINDS = [(pw.UUIDField, pw.BinaryUUIDField), (pw.BinaryUUIDField, pw.UUIDField)]


def model(kind: type[pw.Field]) -> type[pw.Model]:
    """A table with one such field."""

    class Mark(pw.Model):
        token = kind(null=True)

    return Mark


def refused_with_values(project: ServerProject, kind: type[pw.Field], other: type[pw.Field]) -> None:
    """It is refused while there are values, which stay as they are; without, it is done."""
    project.change(model(kind), name="start")
    token = uuid.uuid4()
    with project.database.bind_ctx([first := model(kind)]), project.database.connection_context():
        first.create(token=token)
    project.models = (model(other),)
    project.manager().create("other")

    with pytest.raises(DataError, match="1 value does not convert"):
        project.manager().migrate()

    with project.database.bind_ctx([first]), project.database.connection_context():
        assert first.get().token == token
        first.update(token=None).execute()
    project.manager().migrate()
    with project.database.bind_ctx([second := model(other)]), project.database.connection_context():
        second.create(token=token)
        assert [row.token for row in second.select().order_by(second.id)] == [None, token]


@pytest.mark.parametrize(("kind", "other"), KINDS)
def test_on_mariadb(tmp_path: Path, mariadb: pw.Database, kind: type[pw.Field], other: type[pw.Field]) -> None:
    refused_with_values(ServerProject(tmp_path, mariadb), kind, other)


def there_and_back(project: ServerProject, kind: type[pw.Field], other: type[pw.Field]) -> None:
    """The same UUID is read before, afterwards and after a rollback."""
    token = uuid.uuid4()
    project.change(model(kind), name="start")
    with project.database.bind_ctx([first := model(kind)]), project.database.connection_context():
        first.create(token=token)

    project.change(model(other))
    with project.database.bind_ctx([second := model(other)]), project.database.connection_context():
        assert second.get().token == token
    project.manager().rollback()
    with project.database.bind_ctx([first]), project.database.connection_context():
        assert first.get().token == token


@pytest.mark.parametrize(("kind", "other"), KINDS)
def test_in_sqlite(tmp_path: Path, kind: type[pw.Field], other: type[pw.Field]) -> None:
    there_and_back(ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db")), kind, other)


@pytest.mark.parametrize(("kind", "other"), KINDS)
def test_on_postgres(tmp_path: Path, postgres: pw.Database, kind: type[pw.Field], other: type[pw.Field]) -> None:
    there_and_back(ServerProject(tmp_path, postgres), kind, other)
