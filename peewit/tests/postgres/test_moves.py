"""Tables that move to another schema: rows, keys, indexes and numbers go with them, there and back."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from peewit import AmbiguousRenameError

from ..server_project import ServerProject


@pytest.fixture
def project(postgres: pw.Database, tmp_path: Path) -> ServerProject:
    """A project with nothing in it, and two schemas beside the usual one."""
    found = ServerProject(tmp_path, postgres)
    for name in ("ops", "sales"):
        found.sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        found.sql(f"CREATE SCHEMA {name}")
    return found


def models(schema: str | None, table: str = "thing") -> tuple[type[pw.Model], type[pw.Model]]:
    """A table with an index and a reference to itself, and another one that refers to it, in a schema of its own."""
    place, name = schema, table

    class Thing(pw.Model):
        size = pw.IntegerField(index=True)
        part_of = pw.ForeignKeyField("self", null=True)

        class Meta:
            schema = place
            table_name = name

    class Note(pw.Model):
        thing = pw.ForeignKeyField(Thing)

        class Meta:
            schema = "sales"

    return Thing, Note


PLACES = [(None, "ops"), ("ops", None), ("ops", "sales"), (None, "public"), ("public", None)]


@pytest.mark.parametrize("table", ["thing", "part"])
@pytest.mark.parametrize(("before", "after"), PLACES)
def test_a_table_moves_with_its_rows(project: ServerProject, before: str | None, after: str | None, table: str) -> None:
    """The next row gets the next number, what refers to it still does, and back it is as it was."""
    project.change(*models(before), name="start")
    old, new = (".".join(filter(None, names)) for names in ((before, "thing"), (after, table)))
    project.sql(f"INSERT INTO {old} (size, part_of_id) VALUES (7, NULL), (8, 1)")
    project.sql("INSERT INTO sales.note (thing_id) VALUES (2)")

    text = project.change(*models(after, table), renames={old: new})

    assert "create_model" not in text
    project.sql(f"INSERT INTO {new} (size, part_of_id) VALUES (9, 2)")
    assert project.sql(f"SELECT * FROM {new} ORDER BY id") == [(1, 7, None), (2, 8, 1), (3, 9, 2)]
    with pytest.raises(pw.IntegrityError):
        project.sql("INSERT INTO sales.note (thing_id) VALUES (9)")
    with pytest.raises(pw.IntegrityError):
        project.sql(f"INSERT INTO {new} (size, part_of_id) VALUES (9, 9)")
    assert project.manager().check().ok
    assert project.manager().create("again") is None

    project.manager().rollback()

    assert project.sql(f"SELECT size FROM {old} ORDER BY id") == [(7,), (8,), (9,)]
    assert project.sql("SELECT thing_id FROM sales.note") == [(2,)]
    project.models = models(before)
    (project.directory / "002_change.py").unlink()
    assert project.manager().check().ok


def test_the_schema_it_is_in_anyhow_is_no_other(project: ServerProject) -> None:
    """Written out in the model, it asks nothing and loses nothing, whatever the answer was."""
    project.change(*models(None), name="start")
    project.sql("INSERT INTO thing (size) VALUES (7)")

    project.change(*models("public"), renames={})

    assert project.sql("SELECT size FROM public.thing") == [(7,)]


def test_a_move_is_asked_for(project: ServerProject) -> None:
    """It may be another table as well; then the old one goes, and only that one."""
    project.change(*models(None), name="start")
    project.sql("INSERT INTO thing (size) VALUES (7)")
    project.models = models("ops")
    with pytest.raises(AmbiguousRenameError, match=r'"thing" became "ops\.thing"'):
        project.manager().create("move")

    project.change(*models("ops"), renames={})

    assert project.sql("SELECT count(*) FROM ops.thing") == [(0,)]
    assert project.sql("SELECT to_regclass('public.thing')") == [(None,)]


TWO = """
@migrator.create_model
class Thing(pw.Model):
    size = pw.IntegerField()
    class Meta:
        table_name = "thing"

@migrator.create_model
class Other(pw.Model):
    name = pw.TextField()
    class Meta:
        table_name = "thing"
        schema = "ops"
"""


def test_two_tables_of_one_name_in_one_file(project: ServerProject) -> None:
    """Each is made; by the name alone the one without a schema is meant."""
    project.write("001_two", TWO, 'migrator.remove_model("thing")\nmigrator.remove_model("ops.thing")')
    project.manager().migrate()
    project.sql("INSERT INTO thing (size) VALUES (1)")
    project.sql("INSERT INTO ops.thing (name) VALUES ('a')")
    project.write("002_more", 'migrator.add_fields("thing", more=pw.IntegerField(null=True))')
    project.write("003_gone", 'migrator.remove_model("thing")')

    project.manager().migrate()

    assert project.sql("SELECT name FROM ops.thing") == [("a",)]
    assert project.sql("SELECT to_regclass('public.thing')") == [(None,)]


def test_what_a_file_makes_is_not_taken_for_what_it_drops(project: ServerProject) -> None:
    """A file that makes a table in another schema and drops the one of the same name before it."""
    project.write("001_first", TWO.partition("@migrator.create_model\nclass Other")[0])
    project.manager().migrate()
    project.write(
        "002_next", TWO[TWO.index("@migrator.create_model\nclass Other") :] + 'migrator.remove_model("thing")'
    )

    project.manager().migrate()

    assert project.sql("SELECT schemaname FROM pg_tables WHERE tablename = 'thing'") == [("ops",)]


@pytest.mark.parametrize(("before", "after"), PLACES)
def test_a_foreign_key_in_meta_constraints_follows(
    project: ServerProject, before: str | None, after: str | None
) -> None:
    """It leads to the table where that is now, without being made again, and back."""

    def both(place: str | None) -> tuple[type[pw.Model], type[pw.Model]]:
        path = f"{place}.thing" if place else "thing"
        rule = pw.SQL(f"CONSTRAINT of_thing FOREIGN KEY (number) REFERENCES {path} (id) ON DELETE CASCADE")
        own = {"schema": "sales", "constraints": [rule]}
        wheel = type("Wheel", (pw.Model,), {"number": pw.IntegerField(), "Meta": type("Meta", (), own)})
        return models(place)[0], wheel

    project.change(*both(before), name="start")
    old, new = (".".join(filter(None, (place, "thing"))) for place in (before, after))
    project.sql(f"INSERT INTO {old} (size) VALUES (7)")
    project.sql("INSERT INTO sales.wheel (number) VALUES (1)")
    begun = project.sql("SELECT oid FROM pg_constraint WHERE conname = 'of_thing'")

    text = project.change(*both(after), renames={old: new})

    assert "constraint" not in text
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.manager().rollback()
    project.manager().migrate()
    assert project.sql("SELECT oid FROM pg_constraint WHERE conname = 'of_thing'") == begun
    project.sql(f"DELETE FROM {new}")
    assert project.sql("SELECT * FROM sales.wheel") == []
