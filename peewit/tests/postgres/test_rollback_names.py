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
