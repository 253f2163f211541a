"""MariaDB keeps every change at once: renames are part of what they belong to, and the rows are asked before them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit.errors import DataError, RunError, SchemaError

from ..server_project import ServerProject
from .test_runs import killed_at

START = """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField(null=True, index=True)
        nick = pw.CharField(null=True)
        age = pw.IntegerField(null=True, constraints=[pw.Check("age < 500")])
        class Meta:
            table_name = "author"
            constraints = [pw.Check("age > -1")]

    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, null=True, on_delete="CASCADE")
        title = pw.CharField(null=True)
        class Meta:
            table_name = "book"

    @migrator.create_model
    class Draft(pw.Model):
        text = pw.CharField(null=True)
        class Meta:
            table_name = "draft"
    """
STEP = 5 if int(os.environ.get("PEEWIT_LAWS", "0")) > 200 else 12
"""Every how many statements a run is killed."""

KEYS = "SELECT constraint_name FROM information_schema.referential_constraints WHERE constraint_schema = database()"


@pytest.fixture
def project(tmp_path: Path, mariadb: pw.MySQLDatabase) -> ServerProject:
    project = ServerProject(tmp_path, mariadb)
    project.write("001_initial", START)
    fill(project)
    return project


def fill(project: ServerProject) -> None:
    project.manager().migrate()
    project.sql("INSERT INTO author (name, nick, age) VALUES ('a', 'x', 30), ('b', NULL, NULL), ('c', 'y', 30)")
    project.sql("INSERT INTO book (author_id, title) VALUES (1, 't'), (NULL, 'u')")
    project.sql("INSERT INTO draft (text) VALUES ('d')")


def everything(project: ServerProject) -> dict[str, Any]:
    """All tables but our own, as the server describes them, and their rows."""
    names = [row[0] for row in project.sql("SHOW TABLES") if "migratehistory" not in row[0]]
    return {name: (project.sql(f"SHOW CREATE TABLE {name}"), project.sql(f"SELECT * FROM {name}")) for name in names}


REFUSED = [
    (
        """
        migrator.rename_field('author', 'nick', 'alias')
        migrator.add_not_null('author', 'alias')
        """,
        "is null in 1 row",
    ),
    (
        """
        migrator.add_not_null('book', 'title')
        migrator.rename_field('author', 'nick', 'x')
        migrator.add_not_null('author', 'x')
        """,
        "is null in 1 row",
    ),
    (
        """
        migrator.rename_field('author', 'age', 'years')
        migrator.add_constraint('author', 'c', pw.Check('years < 20'))
        """,
        "2 rows do not meet it",
    ),
    (
        """
        migrator.rename_field('author', 'age', 'years')
        migrator.add_index('author', 'years', unique=True)
        """,
        "made unique",
    ),
    (
        """
        migrator.rename_field('author', 'age', 'years')
        migrator.change_fields('author', years=pw.BooleanField(null=True))
        """,
        "do not convert",
    ),
    (
        """
        migrator.rename_table('author', 'writer')
        migrator.add_not_null('writer', 'nick')
        """,
        "is null in 1 row",
    ),
    (
        """
        migrator.rename_table('author', 'writer')
        migrator.add_fields('writer', code=pw.IntegerField(default=3, unique=True))
        """,
        "cannot be made unique by code: its 3 rows would all get the same value",
    ),
    (
        """
        migrator.rename_table('author', 'writer')
        migrator.add_fields('writer', code=pw.IntegerField(
            default=lambda: 3, unique=True, constraints=[pw.SQL('DEFAULT 4')]))
        """,
        "cannot be made unique by code: 1 value stands in more than one row",
    ),
    (
        """
        migrator.rename_table('book', 'tome')
        migrator.add_fields('tome', draft=pw.ForeignKeyField(migrator.orm['draft'], default=7))
        """,
        "2 rows hold values that are not there",
    ),
    (
        """
        migrator.rename_table('author', 'writer')
        migrator.add_fields('writer', code=pw.CharField(default="5%", constraints=[pw.Check("code <> '5%'")]))
        """,
        "3 rows do not meet it",
    ),
    (
        """
        migrator.drop_table('draft')
        migrator.rename_table('author', 'draft')
        migrator.add_not_null('draft', 'nick')
        """,
        "is null in 1 row",
    ),
    (
        """
        migrator.remove_fields('author', 'name')
        migrator.rename_field('author', 'nick', 'name')
        migrator.add_not_null('author', 'name')
        """,
        "is null in 1 row",
    ),
    (
        """
        migrator.rename_field('author', 'name', 'old')
        migrator.rename_field('author', 'nick', 'name')
        migrator.rename_field('author', 'old', 'nick')
        migrator.add_not_null('author', 'name')
        """,
        "is null in 1 row",
    ),
    (
        """
        migrator.rename_table('author', 'writer')
        migrator.rename_field('writer', 'id', 'key')
        migrator.rename_field('book', 'author', 'writer')
        migrator.rename_field('book', 'title', 'name')
        migrator.add_not_null('book', 'writer_id')
        """,
        "is null in 1 row",
    ),
]


@pytest.mark.parametrize(("body", "problem"), REFUSED)
def test_nothing_is_done_before_the_rows_are_asked(project: ServerProject, body: str, problem: str) -> None:
    """A refusal leaves the database as it was; with the rows mended the same file goes through."""
    project.write("002_x", body)
    before = everything(project)
    with pytest.raises(DataError, match=problem) as raised:
        project.manager().migrate()
    assert everything(project) == before
    assert "this was not done" not in str(raised.value)


def applied(project: ServerProject, body: str) -> list[str]:
    """The statements of a migration that goes through."""
    project.write("002_x", body)
    planned = [s.sql for step in project.manager().plan().steps for s in step.statements if hasattr(s, "effect")]
    report = project.manager().migrate()
    assert project.manager().check().ok
    done = [s.sql for step in report.steps for s in step.statements if hasattr(s, "effect")]
    assert done == planned
    return done


AT_ONCE = [
    (
        """
        migrator.rename_field('author', 'nick', 'title')
        migrator.change_fields('author', title=pw.CharField(max_length=300, null=True))
        """,
        ["ALTER TABLE `author` CHANGE COLUMN `nick` `title` VARCHAR(300) NULL"],
        ("SELECT title FROM author ORDER BY id", [("x",), (None,), ("y",)]),
    ),
    (
        """
        migrator.rename_field('author', 'name', 'title')
        migrator.add_fields('author', name=pw.IntegerField(default=3))
        """,
        [
            "ALTER TABLE `author` ADD COLUMN `name` INTEGER NOT NULL DEFAULT 3, RENAME COLUMN `name` TO `title`",
            "ALTER TABLE `author` ALTER COLUMN `name` DROP DEFAULT",
        ],
        ("SELECT title, name FROM author ORDER BY id", [("a", 3), ("b", 3), ("c", 3)]),
    ),
    (
        """
        migrator.remove_fields('author', 'name')
        migrator.rename_field('author', 'nick', 'name')
        """,
        ["ALTER TABLE `author` DROP INDEX `author_name`, DROP COLUMN `name`, RENAME COLUMN `nick` TO `name`"],
        ("SELECT name FROM author ORDER BY id", [("x",), (None,), ("y",)]),
    ),
    (
        """
        migrator.rename_field('author', 'name', 'old')
        migrator.rename_field('author', 'nick', 'name')
        migrator.rename_field('author', 'old', 'nick')
        migrator.add_not_null('author', 'nick')
        """,
        [
            ("ALTER TABLE `author` RENAME COLUMN `nick` TO `name`, CHANGE COLUMN `name` `nick` varchar(255) NOT NULL"),
        ],
        ("SELECT name, nick FROM author ORDER BY id", [("x", "a"), (None, "b"), ("y", "c")]),
    ),
    (
        """
        migrator.rename_field('author', 'age', 'years')
        migrator.rename_field('author', 'name', 'age')
        migrator.add_index('author', 'age', 'years')
        """,
        [
            (
                "ALTER TABLE `author` RENAME COLUMN `age` TO `years`, RENAME COLUMN `name` TO `age`, "
                "ADD INDEX `author_age_years` (`age`, `years`)"
            ),
        ],
        ("SELECT age, years FROM author ORDER BY id", [("a", 30), ("b", None), ("c", 30)]),
    ),
    (
        """
        migrator.change_fields('author', age=pw.BigIntegerField(default=7, constraints=[pw.Check('age < 500')]))
        migrator.rename_field('author', 'age', 'years')
        """,
        [
            "UPDATE `author` SET `age` = %s WHERE `age` IS NULL",
            "ALTER TABLE `author` CHANGE COLUMN `age` `years` BIGINT NOT NULL CHECK (`years` < 500)",
        ],
        ("SELECT years FROM author ORDER BY id", [(30,), (7,), (30,)]),
    ),
    (
        """
        migrator.rename_table('author', 'writer')
        migrator.rename_field('writer', 'nick', 'alias')
        migrator.change_fields('writer', alias=pw.CharField(default='z'))
        """,
        [
            "RENAME TABLE `author` TO `writer`",
            "UPDATE `writer` SET `nick` = %s WHERE `nick` IS NULL",
            "ALTER TABLE `writer` CHANGE COLUMN `nick` `alias` varchar(255) NOT NULL",
        ],
        ("SELECT alias FROM writer ORDER BY id", [("x",), ("z",), ("y",)]),
    ),
    (
        """
        migrator.rename_field('book', 'author', 'writer')
        migrator.add_fields('book', pages=pw.IntegerField(null=True))
        """,
        [
            "ALTER TABLE `book` RENAME COLUMN `author_id` TO `writer_id`",
            "ALTER TABLE `book` ADD COLUMN `pages` INTEGER",
        ],
        ("SELECT writer_id, pages FROM book ORDER BY id", [(1, None), (None, None)]),
    ),
    (
        """
        migrator.drop_table('draft')
        migrator.rename_table('book', 'draft')
        migrator.add_fields('draft', pages=pw.IntegerField(null=True))
        """,
        [
            "RENAME TABLE `draft` TO `peewit_old_draft`",
            "RENAME TABLE `book` TO `draft`",
            "ALTER TABLE `draft` ADD COLUMN `pages` INTEGER",
            "DROP TABLE `peewit_old_draft`",
        ],
        ("SELECT title, pages FROM draft ORDER BY id", [("t", None), ("u", None)]),
    ),
]


@pytest.mark.parametrize(("body", "statements", "rows"), AT_ONCE)
def test_a_rename_is_part_of_the_one_alter_table(
    project: ServerProject, body: str, statements: list[str], rows: tuple[str, list[Any]]
) -> None:
    """Rows, rules and keys follow, and there are no more statements than the server needs."""
    constraints = "SELECT count(*) FROM information_schema.check_constraints WHERE constraint_schema = database()"
    checks = project.sql(constraints)
    assert applied(project, body) == statements
    assert project.sql(rows[0]) == rows[1]
    assert project.sql(constraints) == checks


@pytest.mark.parametrize(
    "body",
    [
        """
        migrator.rename_table('author', 'writer')
        migrator.rename_field('writer', 'nick', 'alias')
        migrator.change_fields('writer', alias=pw.CharField(default='z'))
        migrator.rename_field('book', 'author', 'writer')
        migrator.add_fields('book', key=pw.UUIDField(default=uuid.uuid4), author=pw.CharField(default='new'))
        """,
        """
        migrator.drop_table('draft')
        migrator.rename_table('book', 'draft')
        migrator.remove_fields('author', 'name')
        migrator.rename_field('author', 'nick', 'name')
        migrator.rename_field('draft', 'author', 'writer')
        migrator.add_fields('draft', pages=pw.IntegerField(default=1))
        migrator.rename_field('author', 'age', 'years')
        migrator.change_fields('author', years=pw.BigIntegerField(null=True, constraints=[pw.Check('years < 500')]))
        """,
        """
        migrator.rename_table('book', 'tome')
        migrator.rename_table('draft', 'book')
        migrator.rename_field('author', 'id', 'number')
        migrator.rename_field('author', 'name', 'id')
        migrator.add_fields('author', name=pw.IntegerField(null=True))
        """,
    ],
)
@pytest.mark.parametrize("part", range(5) if STEP == 5 else [1])
def test_a_run_killed_among_renames_goes_on(project: ServerProject, body: str, part: int) -> None:
    """Whichever of them were done is seen, and nothing is renamed twice."""
    start = everything(project)
    project.write("002_x", body)
    project.manager().migrate()
    wanted = without_keys(everything(project))
    for number in range(part, 200, STEP):
        begin_again(project, start)
        killed = killed_at(project, number)
        project.manager().migrate()
        assert without_keys(everything(project)) == wanted
        assert project.manager().check().ok
        if not killed:
            assert number > 20
            return
    pytest.fail("it was killed at every statement")


def begin_again(project: ServerProject, start: dict[str, Any]) -> None:
    """The database as it was at first, with its rows."""
    with project.database.connection_context():
        project.sql("SET FOREIGN_KEY_CHECKS = 0")
        for row in project.sql("SHOW TABLES"):
            project.sql(f"DROP TABLE `{row[0]}`")
        project.manager().migrate("001")
        for name, (_, rows) in start.items():
            for values in rows:
                project.sql(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(values))})", *values)


def without_keys(found: dict[str, Any]) -> dict[str, Any]:
    """What does not differ between two runs: rows without the values that a function gave."""
    return {name: [tuple(v for v in row if len(str(v)) < 20) for row in rows] for name, (_, rows) in found.items()}


def attempt(project: ServerProject) -> str:
    """Migrate; what a person is told where that cannot be."""
    try:
        project.manager().migrate()
    except RunError as error:
        return f"{error} {error.hint}"
    return ""


def test_columns_that_changed_places_are_decided_by_the_table(project: ServerProject) -> None:
    """Their names do not show whether they did; the table as the journal has it does."""
    project.write(
        "002_x",
        """
        migrator.rename_field("author", "name", "old")
        migrator.rename_field("author", "nick", "name")
        migrator.rename_field("author", "old", "nick")
        """,
    )
    killed, number = True, 1
    while killed:
        killed = killed_at(project, number)
        assert attempt(project) == ""
        assert project.sql("SELECT nick FROM author WHERE id = 1") == [("a",)]
        project.manager().rollback(fake=True)
        project.sql("ALTER TABLE author RENAME COLUMN name TO nick, RENAME COLUMN nick TO name")
        project.database.close()
        number += 4
    assert number > 20


@pytest.mark.parametrize(
    "body", ["migrator.rename_table('book', 'tome')", "migrator.rename_field('book', 'title', 'name')"]
)
def test_what_somebody_renamed_by_hand_is_told(project: ServerProject, body: str) -> None:
    """The database is not what the migrations say: nothing is done."""
    project.sql("ALTER TABLE book RENAME COLUMN title TO other, RENAME TO volume")
    project.write("002_x", body)
    with pytest.raises(SchemaError, match='the database has no table "book"'):
        project.manager().migrate()
    project.sql("RENAME TABLE volume TO book")
    if "field" in body:
        with pytest.raises(SchemaError, match='has no column "title"'):
            project.manager().migrate()
