"""Names that are handed on: two columns or tables exchange theirs, others pass theirs along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import ConfigError

from ..server_project import ServerProject

ROWS = [(1, "x", 3, None), (2, "y", 4, "z")]


def models(label: str, number: str, note: str, tables: tuple[str, str]) -> tuple[type[pw.Model], ...]:
    """An item whose three columns are called so, and one that refers to it."""
    fields: dict[str, pw.Field] = {
        label: pw.CharField(index=True),
        number: pw.IntegerField(unique=True),
        note: pw.TextField(null=True),
    }
    item = type("Item", (pw.Model,), {**fields, "Meta": type("Meta", (), {"table_name": tables[0]})})
    other = {"item": pw.ForeignKeyField(item, on_delete="CASCADE"), "Meta": type("Meta", (), {"table_name": tables[1]})}
    return item, type("Mark", (pw.Model,), other)


def exchanged(
    project: ServerProject, renames: dict[str, str], new: tuple[str, str, str], tables: tuple[str, str]
) -> None:
    """Rows and references follow their names, there and back and there again, and nothing is left to do."""
    project.change(*models("a", "b", "c", ("one", "two")), name="start")
    project.sql("INSERT INTO one (a, b, c) VALUES ('x', 3, NULL), ('y', 4, 'z')")
    project.sql("INSERT INTO two (item_id) VALUES (2)")
    project.models = models(*new, tables)
    project.manager().create("exchange", renames=renames)

    def rows(names: tuple[str, str, str], called: tuple[str, str]) -> Any:
        found = project.sql(f"SELECT id, {', '.join(names)} FROM {called[0]} ORDER BY id")
        return found, project.sql(
            f"SELECT m.id, i.{names[0]} FROM {called[1]} m JOIN {called[0]} i ON i.id = m.item_id"
        )

    for _ in range(2):
        project.manager().migrate()
        assert rows(new, tables) == (ROWS, [(1, "y")])
        assert project.manager().create("again") is None
        assert project.manager().check().ok
        project.manager().rollback()
        assert rows(("a", "b", "c"), ("one", "two")) == (ROWS, [(1, "y")])


EXCHANGES = {
    "two columns": ({"one.a": "c", "one.c": "a"}, ("c", "b", "a"), ("one", "two")),
    "three columns in a ring": ({"one.a": "b", "one.b": "c", "one.c": "a"}, ("b", "c", "a"), ("one", "two")),
    "a row of columns": ({"one.a": "b", "one.b": "d"}, ("b", "d", "c"), ("one", "two")),
    "tables": ({"one": "two", "two": "one"}, ("a", "b", "c"), ("two", "one")),
    "tables and columns": (
        {"one": "two", "two": "one", "one.a": "c", "one.c": "a"},
        ("c", "b", "a"),
        ("two", "one"),
    ),
    "a row of tables": ({"one": "two", "two": "three"}, ("a", "b", "c"), ("two", "three")),
}
exchanges = pytest.mark.parametrize(("renames", "new", "tables"), EXCHANGES.values(), ids=EXCHANGES.keys())


@exchanges
def test_in_sqlite(tmp_path: Path, renames: dict[str, str], new: tuple[str, str, str], tables: tuple[str, str]) -> None:
    database = pw.SqliteDatabase(tmp_path / "app.db", pragmas={"foreign_keys": 1})
    exchanged(ServerProject(tmp_path, database), renames, new, tables)


@exchanges
def test_on_postgres(
    tmp_path: Path, postgres: pw.Database, renames: dict[str, str], new: tuple[str, str, str], tables: tuple[str, str]
) -> None:
    exchanged(ServerProject(tmp_path, postgres), renames, new, tables)


@exchanges
def test_on_mariadb(
    tmp_path: Path, mariadb: pw.Database, renames: dict[str, str], new: tuple[str, str, str], tables: tuple[str, str]
) -> None:
    exchanged(ServerProject(tmp_path, mariadb), renames, new, tables)


@pytest.mark.parametrize(
    ("renames", "message"),
    [
        ({"one.a": "c"}, '"one.a" cannot become "c": '),
        ({"one.a": "c", "one.c": "b"}, '"one.a" cannot become "c": '),
        ({"one": "two"}, '"one" cannot become table "two": '),
    ],
)
def test_a_name_nobody_gives_up_is_refused(tmp_path: Path, renames: dict[str, str], message: str) -> None:
    """Half an exchange would drop what has the name."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    project.change(*models("a", "b", "c", ("one", "two")), name="start")
    project.models = models("c", "b", "a", ("two", "one"))
    with pytest.raises(ConfigError, match=message):
        project.manager().create("exchange", renames=renames)
