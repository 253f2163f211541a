"""What a UNIQUE of SQLite does with a row that breaks it is part of it, and never decides over rows that are there."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from peewit import DataError

from ..server_project import ServerProject


@pytest.fixture
def project(tmp_path: Path) -> ServerProject:
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    project.change(tag("", ""), name="start")
    project.sql("INSERT INTO tag (name) VALUES ('a'), ('b')")
    return project


def tag(action: str, place: str) -> type[pw.Model]:
    """A table whose UNIQUE, in its column or behind all columns, takes the action."""
    words = f"ON CONFLICT {action}" if action else ""
    own = [pw.SQL(f"UNIQUE {words}".strip())] if place == "column" else []
    rules = [pw.SQL(f'UNIQUE ("name") {words}'.strip())] if place == "table" else []
    meta = type("Meta", (), {"constraints": rules})
    return type("Tag", (pw.Model,), {"name": pw.CharField(constraints=own), "Meta": meta})


def text(project: ServerProject) -> str:
    return str(project.sql("SELECT sql FROM sqlite_master WHERE name = 'tag'")[0][0])


@pytest.mark.parametrize("place", ["column", "table"])
def test_it_comes_changes_and_goes(project: ServerProject, place: str) -> None:
    """As create_tables() makes it, and back."""
    begun = text(project)
    for action in ("REPLACE", "IGNORE", ""):
        project.change(tag(action, place), name=f"to_{action.lower() or 'nothing'}")
        assert (f"ON CONFLICT {action}" in text(project)) is bool(action)
        assert "UNIQUE" in text(project)
        assert project.manager().create("again") is None
        assert project.manager().check().ok
        assert project.sql("SELECT name FROM tag") == [("a",), ("b",)]
    project.change(tag("REPLACE", place), name="again_to_replace")
    project.sql("INSERT INTO tag (name) VALUES ('a')")
    assert project.sql("SELECT id, name FROM tag") == [(2, "b"), (3, "a")]
    project.manager().rollback(count=4)
    assert text(project) == begun


@pytest.mark.parametrize("place", ["column", "table"])
@pytest.mark.parametrize("action", ["REPLACE", "IGNORE"])
def test_it_takes_no_row_away(project: ServerProject, place: str, action: str) -> None:
    """Rows that break it already are told: it would have replaced them, or left them out."""
    project.sql("INSERT INTO tag (name) VALUES ('a')")
    begun = text(project)
    project.models = (tag(action, place),)
    project.manager().create("unique")
    with pytest.raises(DataError, match="1 value stands in more than one row"):
        project.manager().migrate()
    assert (text(project), project.sql("SELECT name FROM tag")) == (begun, [("a",), ("b",), ("a",)])


@pytest.mark.parametrize("action", ["REPLACE", "IGNORE", ""])
def test_a_new_column_brings_its_own(project: ServerProject, action: str) -> None:
    words = f"UNIQUE ON CONFLICT {action}" if action else "UNIQUE"
    fields = {"name": pw.CharField(), "code": pw.CharField(null=True, constraints=[pw.SQL(words)])}
    project.change(type("Tag", (pw.Model,), fields))
    assert text(project).endswith(f"{words})")
    assert project.sql("SELECT name, code FROM tag") == [("a", None), ("b", None)]
    assert project.manager().create("again") is None
    assert project.manager().check().ok
