"""What goes and what comes under one name, in a file that also renames."""

from __future__ import annotations

from pathlib import Path

import peewee as pw

from ..server_project import ServerProject


def model(**fields: pw.Field) -> type[pw.Model]:
    return type("Tag", (pw.Model,), {**fields, "Meta": type("Meta", (), {"table_name": "tag"})})


def test_a_check_takes_the_name_of_one_that_goes(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """A rename at the end of a rollback does not part the CHECK that goes from the one that comes."""
    project = ServerProject(tmp_path, postgres)
    before = model(name=pw.CharField(), old=pw.IntegerField(null=True, constraints=[pw.Check("old > 0", name="rule")]))
    after = model(
        new=pw.TextField(default="x", constraints=[pw.Check("new <> ''", name="rule")]),
        name=pw.TextField(null=True, column_name="other", constraints=[pw.SQL("GENERATED ALWAYS AS (new) STORED")]),
    )
    project.change(before, name="before", renames={})
    project.change(after, name="after", renames={})
    assert project.manager().check().ok
    project.models = (before,)
    project.manager().rollback()
    assert [f for f in project.manager().check().findings if f.kind == "database"] == []


def test_an_index_is_called_what_it_was(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """One that became unique along with a rename came back under the new names of its table and column."""
    project = ServerProject(tmp_path, postgres)

    def names() -> list[str]:
        asked = "SELECT indexname FROM pg_indexes WHERE tablename IN ('book', 'tome') ORDER BY 1"
        return [name for (name,) in project.sql(asked)]

    project.change(type("Book", (pw.Model,), {"u": pw.IntegerField(index=True)}), name="start")
    before = names()
    unique = type("Tome", (pw.Model,), {"n": pw.IntegerField(unique=True)})
    project.change(unique, renames={"book": "tome", "book.u": "n"})
    assert "tome_n" in names()
    project.manager().rollback()
    assert [name for name in names() if not name.endswith("_pkey")] == ["book_u"]
    assert "book_u" in before
    project.manager().migrate()
    assert project.manager().check().ok
