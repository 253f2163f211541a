"""A plan says how many rows a table has: as they are, not as the server last believed."""

from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject

TABLE = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()
        class Meta:
            table_name = "person"
    """


@pytest.mark.parametrize("count", [1, 3, 1500])
def test_a_small_table_is_counted(tmp_path: Path, database: pw.Database, count: int) -> None:
    """Right after the rows were written no server has heard of them."""
    project = ServerProject(tmp_path, database)
    project.write("001_first", TABLE, "migrator.remove_model('person')")
    project.manager().migrate()
    project.sql(f"INSERT INTO person (name) VALUES {', '.join(['(7)'] * count)}")
    project.write(
        "002_number",
        "migrator.rename_table('person', 'people')\nmigrator.change_fields('people', name=pw.IntegerField())",
    )
    (step,) = project.manager().plan().steps
    effects = [statement.effect for statement in step.statements if getattr(statement, "effect", None) is not None]
    rewriting = [effect for effect in effects if effect is not None and effect.rewrites]
    assert {effect.rows for effect in rewriting} == {count}


def test_a_table_that_is_only_planned_has_no_rows(tmp_path: Path, database: pw.Database) -> None:
    """An earlier step of the plan makes it."""
    project = ServerProject(tmp_path, database)
    project.write("001_first", TABLE)
    project.write("002_number", "migrator.change_fields('person', name=pw.IntegerField())")
    steps = project.manager().plan().steps
    rows = [statement.effect.rows for statement in steps[1].statements if getattr(statement, "effect", None)]
    assert set(rows) == {0}
