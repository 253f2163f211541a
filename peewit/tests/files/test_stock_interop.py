"""peewee-migrate itself runs the files we write, and each reads the other's history."""

from collections.abc import Callable, Sequence
from pathlib import Path

import peewee as pw
import pytest
from peewee_migrate import Router

from peewit import MigrationManager
from peewit.dialects import SQLITE
from peewit.read import schema_of
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.schema import Schema

Models = Sequence[type[pw.Model]]
NEEDS = "Needs peewit"


def model(called: str, meta: dict[str, object] | None = None, /, **fields: object) -> type[pw.Model]:
    options = {"table_name": called.lower(), **(meta or {})}
    return type(called, (pw.Model,), {**fields, "Meta": type("Meta", (), options)})


def person(**fields: object) -> Models:
    return [model("Person", name=pw.CharField(max_length=40), **fields)]


def with_pet(**fields: object) -> Models:
    owner = person()[0]
    return [owner, model("Pet", owner=pw.ForeignKeyField(owner, on_delete="CASCADE"), **fields)]


class Project:
    """A folder of migrations, and databases that are brought up by peewit or by peewee-migrate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "migrations"

    def database(self, name: str) -> pw.SqliteDatabase:
        return pw.SqliteDatabase(str(self.folder / f"{name}.db"), pragmas={"foreign_keys": 1})

    def manager(self, name: str, models: Models = ()) -> MigrationManager:
        return MigrationManager(self.database(name), self.path, models=models)

    def router(self, name: str) -> Router:
        return Router(self.database(name), self.path)

    def create(self, name: str, models: Models, **answers: object) -> str:
        made = self.manager("unused", models).create(name, **{"renames": {}, **answers})
        assert made is not None
        return made.read_text(encoding="utf-8")

    def schema(self, name: str) -> Schema:
        found = schema_of(SqliteSession(self.database(name), SQLITE).found(), SQLITE)
        return Schema({key: table for key, table in found.tables.items() if not key.startswith("migratehistory")})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    return Project(tmp_path)


Change = tuple[Callable[[], Models], Callable[[], Models], dict[str, object]]

STOCK: dict[str, Change] = {
    "a new table": (person, with_pet, {}),
    "a new table with everything": (
        person,
        lambda: [
            *person(),
            model(
                "Item",
                {"indexes": ((("code", "price"), True), (("note",), False)), "constraints": [pw.Check("price > 0")]},
                code=pw.CharField(unique=True, max_length=9),
                price=pw.DecimalField(max_digits=8, decimal_places=2, default=1),
                note=pw.TextField(null=True, constraints=[pw.SQL("DEFAULT 'a, b'")]),
                made=pw.DateField(null=True, column_name="made_on"),
                parent=pw.ForeignKeyField("self", null=True),
            ),
        ],
        {},
    ),
    "a new table with a key of two columns": (
        person,
        lambda: [
            *person(),
            model("Pair", {"primary_key": pw.CompositeKey("a", "b")}, a=pw.IntegerField(), b=pw.IntegerField()),
        ],
        {},
    ),
    "a new table with a natural key": (
        person,
        lambda: [*person(), model("Country", code=pw.CharField(primary_key=True, max_length=2))],
        {},
    ),
    "a new table that is STRICT": (
        person,
        lambda: [*person(), model("Country", {"strict_tables": True}, code=pw.TextField())],
        {},
    ),
    "a table goes": (with_pet, person, {}),
    "a table has another name": (
        person,
        lambda: [model("Person", {"table_name": "people"}, name=pw.CharField(max_length=40))],
        {"renames": {"person": "people"}},
    ),
    "a new column": (person, lambda: person(age=pw.IntegerField(null=True)), {}),
    "a new column with a default": (person, lambda: person(age=pw.IntegerField(default=7)), {}),
    "a new column with a callable default": (person, lambda: person(tags=pw.TextField(default=list)), {}),
    "a new column with a fill": (person, lambda: person(age=pw.IntegerField()), {"fill": {"person.age": "7"}}),
    "a new column that needs an empty table": (person, lambda: person(age=pw.IntegerField()), {}),
    "a new column with an index": (person, lambda: person(age=pw.IntegerField(null=True, index=True)), {}),
    "a column goes": (
        lambda: [model("Person", name=pw.CharField(max_length=40), age=pw.IntegerField(null=True))],
        person,
        {},
    ),
    "a column has another name": (
        person,
        lambda: [model("Person", full_name=pw.CharField(max_length=40))],
        {"renames": {"person.name": "full_name"}},
    ),
    "a column has another type": (person, lambda: [model("Person", name=pw.TextField())], {}),
    "a column may be null": (person, lambda: [model("Person", name=pw.CharField(max_length=40, null=True))], {}),
    "a column may no longer be null": (
        lambda: person(age=pw.IntegerField(null=True)),
        lambda: person(age=pw.IntegerField(default=1)),
        {},
    ),
    "an index comes": (
        person,
        lambda: [model("Person", {"indexes": ((("name",), False),)}, name=pw.CharField(max_length=40))],
        {},
    ),
    "a unique index comes": (person, lambda: [model("Person", name=pw.CharField(max_length=40, unique=True))], {}),
    "an index goes": (lambda: [model("Person", name=pw.CharField(max_length=40, index=True))], person, {}),
}

BEYOND: dict[str, Change] = {
    "a constraint comes": (
        person,
        lambda: [model("Person", {"constraints": [pw.Check("name <> ''")]}, name=pw.CharField(max_length=40))],
        {},
    ),
    "a constraint goes": (
        lambda: [
            model("Person", {"constraints": [pw.Check("name <> ''", name="n")]}, name=pw.CharField(max_length=40))
        ],
        person,
        {},
    ),
    "a table becomes STRICT": (
        lambda: [model("Note", text=pw.TextField())],
        lambda: [model("Note", {"strict_tables": True}, text=pw.TextField())],
        {},
    ),
    "the key changes": (
        lambda: [model("Pair", {"primary_key": pw.CompositeKey("a", "b")}, a=pw.IntegerField(), b=pw.IntegerField())],
        lambda: [model("Pair", {"primary_key": pw.CompositeKey("b", "a")}, a=pw.IntegerField(), b=pw.IntegerField())],
        {},
    ),
}


def built(project: Project, change: Change) -> str:
    before, after, answers = change
    project.create("first", before())
    return project.create("second", after(), **answers)


@pytest.mark.parametrize("name", STOCK)
def test_stock_does_the_same(project: Project, name: str) -> None:
    """Both bring an empty database to one schema, and neither needs the other for it."""
    assert NEEDS not in built(project, STOCK[name])
    project.manager("ours").migrate()
    project.router("stock").run()
    assert project.schema("stock") == project.schema("ours")


@pytest.mark.parametrize("name", STOCK)
def test_each_takes_over_from_the_other(project: Project, name: str) -> None:
    """What peewit applied, peewee-migrate lists and rolls back; and the other way round."""
    built(project, STOCK[name])
    project.manager("first").migrate("+1")
    project.manager("ours").migrate()
    project.router("stock").run()
    assert project.router("ours").done == [entry.name for entry in project.manager("stock").status().applied]
    project.router("ours").rollback()
    project.manager("stock").rollback()
    assert project.schema("ours") == project.schema("first")
    assert project.schema("stock") == project.schema("first")


@pytest.mark.parametrize("name", BEYOND)
def test_a_file_beyond_stock_says_so(project: Project, name: str) -> None:
    """A file says that it needs peewit where peewee-migrate cannot run it or leaves something undone."""
    assert NEEDS in built(project, BEYOND[name])
    project.manager("ours").migrate()
    try:
        project.router("stock").run()
    except Exception:  # noqa: BLE001 - which one it is, is stock's affair
        return
    assert project.schema("stock") != project.schema("ours")
