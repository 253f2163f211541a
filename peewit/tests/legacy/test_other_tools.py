"""Folders that are not peewee-migrate's: each file is refused with the way on, and none is run, or passed for applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationFileError, UnsupportedChangeError

from ..server_project import ServerProject

OTHER_TOOLS = {
    "Aerich": "async def upgrade(db):\n    return 'CREATE TABLE a (b)'\n",
    "Alembic": "revision = 'a'\n\ndef upgrade():\n    pass\n",
    "Django": "class Migration:\n    operations = []\n",
    "peewee-migrations": "def forward(old_orm, new_orm):\n    pass\n\ndef backward(old_orm, new_orm):\n    pass\n",
    "peewee-moves": "def upgrade(migrator):\n    migrator.drop_table('a')\n",
    "yoyo": "steps = [('CREATE TABLE a (b)', 'DROP TABLE a')]\n",
    "yoyo, in calls": "from yoyo import step\n\nstep('CREATE TABLE a (b)')\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ServerProject]:
    """A project on a SQLite file."""
    database = pw.SqliteDatabase(str(tmp_path / "app.db"))
    yield ServerProject(tmp_path, database)
    database.close()


def write(project: ServerProject, text: str) -> None:
    (project.directory / "001_first.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("tool", OTHER_TOOLS)
def test_another_tool_is_named(project: ServerProject, tool: str) -> None:
    """Its file is not marked as applied with nothing done; what to type is said, and leads on."""
    write(project, OTHER_TOOLS[tool])
    with pytest.raises(UnsupportedChangeError, match=f"written for {tool.partition(',')[0]}") as caught:
        project.manager().migrate()
    assert "peewit migrate 001_first --fake" in caught.value.hint
    assert project.manager().status().pending == ("001_first",)
    project.manager().migrate("001_first", fake=True)
    assert project.manager().status().up_to_date


def test_words_of_another_tool_in_a_file_of_ours(project: ServerProject) -> None:
    """A file that has a function migrate is run, whatever else it has."""
    write(
        project,
        "from playhouse.migrate import *\n\ndef step(): ...\n\nstep()\nsteps = []\n\ndef upgrade(): ...\n\n"
        "class Migration: ...\n\ndef migrate(migrator, database, **kwargs):\n    migrator.sql('CREATE TABLE a (b)')\n",
    )
    assert project.manager().migrate().applied == ("001_first",)
    assert "a" in project.database.get_tables()


SCRIPT = """
import peewee as pw
{imports}

database = pw.SqliteDatabase({path!r})
{statement}
"""
ADDS = "migrate(SqliteMigrator(database).add_column('book', 'year', pw.IntegerField(null=True)))"


@pytest.mark.parametrize(
    ("imports", "statement", "expected"),
    [
        ("from playhouse.migrate import *", ADDS, r"written for playhouse\.migrate"),
        ("from playhouse.migrate import migrate, SqliteMigrator", f"if True:\n    {ADDS}", r"playhouse\.migrate"),
        (
            "from playhouse import migrate",
            ADDS.replace("migrate(S", "migrate.migrate(migrate.S"),
            r"playhouse\.migrate",
        ),
        ("", "database.execute_sql('ALTER TABLE book ADD COLUMN year INTEGER')", ""),
    ],
)
def test_a_script_is_not_run_to_be_read(
    project: ServerProject, tmp_path: Path, imports: str, statement: str, expected: str
) -> None:
    """A file that changes a database by itself, when it is imported, changes none because somebody plans or checks."""
    other = pw.SqliteDatabase(str(tmp_path / "other.db"))
    other.execute_sql("CREATE TABLE book (id INTEGER PRIMARY KEY)")
    other.close()
    write(project, SCRIPT.format(imports=imports, path=other.database, statement=statement))
    project.manager().check()
    with suppress(UnsupportedChangeError):
        project.manager().plan()
    with pytest.raises(UnsupportedChangeError, match=expected) if expected else nullcontext():
        project.manager().migrate()
    with other.connection_context():
        assert [column.name for column in other.get_columns("book")] == ["id"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("async def migrate(migrator, database): ...", "its migrate is async or has a yield in it"),
        ("def migrate(migrator, database):\n    yield", "its migrate is async or has a yield in it"),
        ("def migrate(database): ...", r"its migrate takes \(database\), and is called with a migrator and a database"),
        ("def migrate(migrator, database, more): ...", r"its migrate takes \(migrator, database, more\)"),
    ],
)
def test_a_function_of_another_kind(project: ServerProject, text: str, expected: str) -> None:
    """It is told by what it takes; one that a call would not run is not marked as applied."""
    write(project, f"{text}\n")
    with pytest.raises(MigrationFileError, match=expected) as caught:
        project.manager().migrate()
    assert caught.value.hint.startswith("it is to begin: def migrate(migrator, database, *, fake=False)")
    assert project.manager().status().pending == ("001_first",)


def test_a_type_error_of_a_body_is_its_own(project: ServerProject) -> None:
    """What a body calls in a wrong way is no matter of what the body takes."""
    write(project, "def migrate(migrator, database):\n    len(1, 2)\n")
    with pytest.raises(Exception, match=r"TypeError: len\(\) takes exactly one argument"):
        project.manager().migrate()
