"""About how long a statement will take: measured by reading, told only of what goes through rows."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from peewit.compile import Effect, Execute
from peewit.dialects import MYSQL, POSTGRES, SQLITE, Dialect
from peewit.reports import Executing
from peewit.run.sessions.estimate import keys_in

from ..server_project import ServerProject
from .test_progress import in_sqlite, seeded

CHANGES = """
    migrator.add_index("person", "name")
    migrator.change_fields("person", age=pw.{type}(null=True))
    migrator.create_table(Other)
    """
OTHER = "import peewee as pw\n\n\nclass Other(pw.Model):\n    x = pw.IntegerField()\n\n\n"


def effects(project: ServerProject) -> dict[str, Effect]:
    """What the statements of a plan mean for others, by how they begin."""
    (step,) = project.manager().plan().steps
    executed = [statement for statement in step.statements if isinstance(statement, Execute)]
    return {statement.sql: statement.effect for statement in executed if statement.effect is not None}


def test_only_what_goes_through_rows_has_a_time(tmp_path: Path) -> None:
    """On SQLite: the copy and the index; nothing is told of what only changes a description."""
    project = seeded(tmp_path, in_sqlite(tmp_path), 3000, CHANGES.format(type="CharField"), OTHER)
    found = effects(project)
    assert [sql.split(" (")[0] for sql in found] == [
        'INSERT INTO "peewit_new_person"',
        'CREATE INDEX "person_name" ON "person"',
    ]
    assert all(0 < (effect.seconds or 0) < 1 for effect in found.values())
    assert [(effect.table, effect.rows, effect.rewrites, effect.scans) for effect in found.values()] == [
        ("person", 3000, True, False),
        ("person", 3000, False, True),
    ]


def test_only_what_goes_through_rows_has_a_time_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """On every server; and nothing is left of the measuring: the application's transaction goes on."""
    project = seeded(tmp_path, database, 3000, CHANGES.format(type="BigIntegerField"), OTHER)
    project.sql("ANALYZE TABLE person" if isinstance(database, pw.MySQLDatabase) else "ANALYZE person")
    for effect in effects(project).values():
        assert (effect.seconds is not None) is (effect.rewrites or effect.scans)
        assert 0 <= (effect.seconds or 0) < 2
    assert any(effect.seconds for effect in effects(project).values())


def test_no_figure_where_there_is_no_basis(tmp_path: Path) -> None:
    """A function is called for each row, or the column is not there yet, or there are no rows."""
    body = """
    migrator.add_fields("person", x=pw.IntegerField(default=lambda: 3), y=pw.IntegerField(null=True))
    migrator.add_index("person", "y")
    """
    project = seeded(tmp_path, in_sqlite(tmp_path), 300, body)
    found = effects(project)
    assert [effect.seconds for effect in found.values()] == [None] * len(found)
    assert len(found) > 1
    project.sql("DELETE FROM person")
    assert all(effect.seconds is None for effect in effects(project).values())


def test_a_server_that_has_not_counted(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """It believes that there are no rows: so they are counted, and where there are none, there is no time."""
    project = seeded(tmp_path, postgres, 12_000, 'migrator.add_index("person", "name")')
    project.sql("UPDATE pg_class SET reltuples = -1 WHERE relname = 'person'")
    assert [bool(effect.seconds) for effect in effects(project).values()] == [True]
    project.sql("DELETE FROM person")
    assert [effect.seconds for effect in effects(project).values()] == [None]


def test_an_estimate_is_near(tmp_path: Path) -> None:
    """On SQLite, with a table that takes some time: not ten times as long, nor a tenth; others may be at work here."""
    project = seeded(tmp_path, in_sqlite(tmp_path), 150_000, 'migrator.add_index("person", "name")')
    (effect,) = effects(project).values()
    (step,) = project.manager().migrate(tell=lambda event: isinstance(event, Executing)).steps
    assert effect.seconds is not None
    assert step.seconds / 10 < effect.seconds < step.seconds * 10


@pytest.mark.parametrize(
    ("dialect", "sql", "keys"),
    [
        (SQLITE, 'CREATE UNIQUE INDEX "i" ON "t" ("a", lower("b")) WHERE a > (1)', ['"a", lower("b")']),
        (POSTGRES, 'CREATE INDEX CONCURRENTLY "i" ON "t" USING gin ("a" DESC)', ['"a" DESC']),
        (MYSQL, "ALTER TABLE `t` ADD INDEX `i` (`a`(10)), ADD UNIQUE INDEX `j` (`b`, `c`)", ["`a`(10)", "`b`, `c`"]),
        (MYSQL, "ALTER TABLE `t` DROP INDEX `i`, ADD COLUMN `index` INTEGER", []),
        (SQLITE, "INSERT INTO t VALUES ('CREATE INDEX (a)')", []),
    ],
)
def test_the_keys_of_an_index(dialect: Dialect, sql: str, keys: list[str]) -> None:
    """As they are written, of each index a statement makes."""
    assert keys_in(sql, dialect) == keys
