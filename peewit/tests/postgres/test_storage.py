"""How a column stores its values: words of its definition that change on a column that is there."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject

KEPT = "SELECT attcompression, attstorage FROM pg_attribute WHERE attrelid = 'note'::regclass AND attname = 'text'"


def note(*words: str, length: int | None = None) -> type[pw.Model]:
    """A table with a text that is stored so."""
    kind = pw.TextField if length is None else pw.CharField
    said = {} if length is None else {"max_length": length}
    rules = [pw.SQL(word) for word in words]
    return type("Note", (pw.Model,), {"text": kind(null=True, constraints=rules, **said)})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("COMPRESSION pglz",), [("p", "x")]),
        (("STORAGE EXTERNAL",), [("", "e")]),
        (("STORAGE MAIN", "COMPRESSION pglz"), [("p", "m")]),
    ],
)
def test_it_comes_changes_and_goes(
    tmp_path: Path, postgres: pw.PostgresqlDatabase, words: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    """With another type in the same file, and back, with the rows."""
    project = ServerProject(tmp_path, postgres)
    version = int(project.sql("SHOW server_version_num")[0][0]) // 10000
    if "STORAGE" in "".join(words) and version < 16:
        pytest.skip("create_tables() cannot say STORAGE before PostgreSQL 16")
    project.change(note(length=20), name="start")
    project.sql("INSERT INTO note (text) VALUES ('a')")

    project.change(note(*words))
    assert project.sql(KEPT) == expected
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.change(note(), name="usual")
    assert project.sql(KEPT) == [("", "x")]
    project.manager().rollback()
    assert project.sql(KEPT) == expected
    project.manager().rollback()
    assert project.sql(KEPT) == [("", "x")]
    assert project.sql("SELECT text FROM note") == [("a",)]
