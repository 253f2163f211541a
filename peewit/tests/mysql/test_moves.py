"""Tables that move to another database of the same server: rows, keys and indexes go with them, there and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject


@pytest.fixture
def other(mariadb: pw.Database) -> Iterator[str]:
    """The name of another database."""
    name = f"{mariadb.database}_other"
    mariadb.execute_sql(f"CREATE DATABASE {name}")
    yield name
    mariadb.execute_sql("SET foreign_key_checks = 0")  # of the other one refers to it
    mariadb.execute_sql(f"DROP DATABASE {name}")


def models(schema: str | None) -> tuple[type[pw.Model], type[pw.Model]]:
    """A table with an index, and another one that refers to it."""
    place = schema

    class Thing(pw.Model):
        size = pw.IntegerField(index=True)

        class Meta:
            schema = place

    class Note(pw.Model):
        thing = pw.ForeignKeyField(Thing)

    return Thing, Note


@pytest.mark.parametrize("away", [True, False])
def test_a_table_moves_with_its_rows(mariadb: pw.Database, other: str, tmp_path: Path, away: bool) -> None:
    """What refers to it still does, and back it is as it was."""
    project = ServerProject(tmp_path, mariadb)
    before, after = (None, other) if away else (other, None)
    old, new = (".".join(filter(None, (place, "thing"))) for place in (before, after))
    project.change(*models(before), name="start")
    project.sql(f"INSERT INTO {old} (size) VALUES (7), (8)")
    project.sql("INSERT INTO note (thing_id) VALUES (2)")

    text = project.change(*models(after), renames={old: new})

    assert "create_model" not in text
    assert project.sql(f"SELECT * FROM {new} ORDER BY id") == [(1, 7), (2, 8)]
    with pytest.raises(pw.IntegrityError):
        project.sql("INSERT INTO note (thing_id) VALUES (9)")
    assert project.manager().check().ok
    assert project.manager().create("again") is None

    project.manager().rollback()

    assert project.sql(f"SELECT size FROM {old} ORDER BY id") == [(7,), (8,)]
    project.models = models(before)
    (project.directory / "002_change.py").unlink()
    assert project.manager().check().ok
