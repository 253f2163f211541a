"""Mistakes in a migration file are told in the words of its author."""

from pathlib import Path

import peewee as pw
import pytest

from peewit import PeewitError

from ..server_project import ServerProject

TABLE = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()
        class Meta:
            table_name = "person"
    """
CALLS = [
    ("add_fields('person', 'age')", "add_fields() was called with other arguments than it takes: add_fields(model, name=Field(…), …)"),
    ("rename_field('person', 'name')", "rename_field(model, old_name, new_name)"),
    ("add_index()", "add_index(model, name, …, unique=False)"),
    ("add_not_null('person', name=True)", "add_not_null(model, name, …)"),
    ("add_fields('person', age=1)", '"age" of "person" is to be a field, and is 1'),
]  # fmt: skip


@pytest.mark.parametrize(("call", "said"), CALLS)
def test_a_call_that_does_not_fit(tmp_path: Path, call: str, said: str) -> None:
    """What the operation takes, and the line; no class of ours that nobody knows."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    project.write("001_first", f"{TABLE}\n    migrator.{call}")
    with pytest.raises(PeewitError) as caught:
        project.manager().migrate()
    assert said in caught.value.message
    assert "(line " in caught.value.message
    assert not [word for word in ("Recorder", "positional", "bind") if word in str(caught.value)]


SQL = [
    "update custommer set x = 1",
    "select 1; selec 2",
    "select\n 1,\n selec",
    f"select {'1, ' * 40} selec from nowhere",
    "x",
]


@pytest.mark.parametrize("sql", SQL)
def test_a_server_shows_the_sql_of_the_file(tmp_path: Path, postgres: pw.Database, sql: str) -> None:
    """The savepoint around it is ours, and nobody's business."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_first", f"migrator.sql({sql!r})")
    with pytest.raises(PeewitError) as caught:
        project.manager().migrate()
    assert sql.rsplit(maxsplit=1)[-1] in caught.value.message
    assert "SAVEPOINT" not in str(caught.value)
    assert "peewit_step" not in str(caught.value)


def test_the_excerpt_of_sql_a_file_runs_by_itself_stays(tmp_path: Path, postgres: pw.Database) -> None:
    """There the mark points at what was written."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_first", "database.execute_sql('update custommer set x = 1')")
    with pytest.raises(PeewitError, match="LINE 1: update custommer set x = 1\n"):
        project.manager().migrate()


UNRUN = ["async def go():\n        pass", "def go():\n        yield 1"]


@pytest.mark.parametrize("function", UNRUN)
@pytest.mark.filterwarnings("error")
def test_a_function_that_a_call_does_not_run(tmp_path: Path, function: str) -> None:
    """The migration would be in the history, and nothing of the function done."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    project.write("001_first", f"@migrator.run\n{function.replace('        ', '    ')}")
    with pytest.raises(PeewitError, match=r"001_first: go\(\) is async or has a yield in it: a call would run nothing"):
        project.manager().migrate()
    assert project.manager().status().pending == ("001_first",)


IN_SQL = """
migrator.sql('ALTER TABLE person ADD COLUMN made INTEGER')
migrator.add_index('person', 'made')
"""


def test_an_operation_on_what_the_same_file_makes_in_sql(tmp_path: Path, database: pw.Database) -> None:
    """It is known from the next file on, and that is said; in a file of its own it works."""
    project = ServerProject(tmp_path, database)
    project.write("001_first", TABLE)
    project.write("002_more", IN_SQL)
    with pytest.raises(PeewitError, match=r'table "person" has no (field|column) "made"') as caught:
        project.manager().migrate()
    assert "what migrator.sql(…) makes is known to operations from the next file on" in caught.value.hint
    _, first, second = IN_SQL.splitlines()
    project.write("002_more", first)
    project.write("003_index", second)
    project.manager().migrate()
    assert project.manager().status().up_to_date


def test_a_value_written_as_another_database_takes_it(tmp_path: Path, database: pw.Database) -> None:
    """The driver says something about syntax or arguments; what to write here is said."""
    wrong, right = ("%s", "?") if isinstance(database, pw.SqliteDatabase) else ("?", "%s")
    project = ServerProject(tmp_path, database)
    project.write("001_first", TABLE)
    project.write("002_more", f"migrator.sql('UPDATE person SET name = {wrong} WHERE id = {wrong}', 'Ann', 1)")
    with pytest.raises(PeewitError, match="002_more") as caught:
        project.manager().migrate()
    assert f"a value stands as {right} in the SQL of this database, not as {wrong}" in caught.value.hint
