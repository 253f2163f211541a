"""peewee-migrate's interface over peewit: the same calls, the same results, beside the real one."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import peewee_migrate
import pytest

from peewit import ConfigError, compat

MODELS = """
import peewee as pw

class Person(pw.Model):
    name = pw.CharField(max_length=40)
    {age}
    class Meta:
        table_name = "person"

class Pet(pw.Model):
    owner = pw.ForeignKeyField(Person)
    class Meta:
        table_name = "pet"
"""
Make = Callable[..., Any]


@pytest.fixture(params=["peewee_migrate", "peewit"])
def router(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Make a router of stock's or of ours for the same folder and database."""
    module = peewee_migrate if request.param == "peewee_migrate" else compat
    database = pw.SqliteDatabase(str(tmp_path / "app.db"))
    write(tmp_path, "")
    sys.path.insert(0, str(tmp_path))

    def make(**settings: Any) -> Any:
        sys.modules.pop("router_models", None)
        return module.Router(database, tmp_path / "migrations", **settings)

    yield make
    sys.path.remove(str(tmp_path))
    sys.modules.pop("router_models", None)
    database.close()


def write(folder: Path, age: str) -> None:
    (folder / "router_models.py").write_text(MODELS.format(age=age))
    for cached in folder.glob("__pycache__/router_models*"):
        cached.unlink()


def tables(router: Any) -> list[str]:
    names = router.database.get_tables()
    return [name for name in names if not name.startswith("migratehistory")]


def test_a_life(router: Make, tmp_path: Path) -> None:
    """Create, run, create, run up to a name, roll back: what each call gives, and what is there then."""
    assert (router().todo, router().done, router().diff) == ([], [], [])
    assert router().create("first", auto="router_models") == "001_first"
    assert (router().todo, router().done, router().diff) == (["001_first"], [], ["001_first"])
    assert router().create("second") == "002_second"
    assert router().run("001_first") == ["001_first"]
    assert (router().done, router().diff) == (["001_first"], ["002_second"])
    assert tables(router()) == ["person", "pet"]
    assert router().run() == ["002_second"]
    assert router().run() == []
    assert router().create("nothing", auto="router_models") is None
    write(tmp_path, "age = pw.IntegerField(null=True)")
    assert router().create("age", auto=["router_models"]) == "003_age"
    assert router().run() == ["003_age"]
    assert [c.name for c in router().database.get_columns("person")][-1] == "age"
    assert router().rollback() is None
    assert router().done == ["001_first", "002_second"]
    assert "age" not in [c.name for c in router().database.get_columns("person")]


def test_only_marked(router: Make) -> None:
    """``fake=True`` writes the history, and asks nothing."""
    router().create("first", auto="router_models")
    assert router().run(fake=True) == ["001_first"]
    assert (router().done, tables(router())) == (["001_first"], [])


def test_one_by_one(router: Make, tmp_path: Path) -> None:
    """``run_one`` with the router's migrator: forwards, back, only marked, only looked at."""
    router().create("first", auto="router_models")
    write(tmp_path, "age = pw.IntegerField(null=True)")
    router().create("age", auto="router_models")
    for name in router().diff:
        assert router().run_one(name, router().migrator, fake=False) == name
    assert "age" in [c.name for c in router().database.get_columns("person")]
    assert router().run_one("002_age", router().migrator, fake=False, downgrade=True) == "002_age"
    assert (router().done, router().diff) == (["001_first"], ["002_age"])
    assert "age" not in [c.name for c in router().database.get_columns("person")]
    assert router().run_one("002_age", router().migrator) == "002_age"
    assert router().diff == ["002_age"]
    assert router().run_one("002_age", router().migrator, force=True) == "002_age"
    assert (router().diff, "age" in [c.name for c in router().database.get_columns("person")]) == ([], False)


def test_one_whose_turn_it_is_not(tmp_path: Path) -> None:
    """What comes before it, or was applied after it, is named, and nothing is run."""
    made = compat.Router(pw.SqliteDatabase(str(tmp_path / "app.db")), tmp_path / "migrations")
    for name in ("first", "second"):
        made.create(name)
    with pytest.raises(RuntimeError, match="002_second cannot be run now: the next pending migration is 001_first"):
        made.run_one("002_second", made.migrator, fake=False)
    made.run()
    with pytest.raises(RuntimeError, match="001_first cannot be run now: the newest applied migration is 002_second"):
        made.run_one("001_first", made.migrator, fake=False, downgrade=True)
    assert made.done == ["001_first", "002_second"]


def test_merging(router: Make, tmp_path: Path) -> None:
    """One file in the place of all, and one row in the history; the tables stay, with their rows."""
    router().create("first", auto="router_models")
    write(tmp_path, "age = pw.IntegerField(null=True)")
    router().create("age", auto="router_models")
    router().run()
    router().database.execute_sql("INSERT INTO person (name, age) VALUES ('Ann', 5)")
    router().merge("all")
    assert (router().todo, router().done, router().diff) == (["001_all"], ["001_all"], [])
    assert router().database.execute_sql("SELECT name, age FROM person").fetchall() == [("Ann", 5)]
    text = (tmp_path / "migrations" / "001_all.py").read_text()
    assert re.search(r"class Person\(pw\.Model\)(.|\n)*age = pw\.IntegerField\(null=True\)", text)


def test_a_merge_that_fails_leaves_everything(tmp_path: Path) -> None:
    """Files and history are what they were: nothing looks pending that is applied."""
    made = compat.Router(pw.SqliteDatabase(str(tmp_path / "app.db")), tmp_path / "migrations")
    text = (
        "import peewee as pw\n\ndef migrate(migrator, database, **kwargs):\n"
        "    @migrator.create_model\n    class A(pw.Model):\n        b = pw.TextField()\n"
    )
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001_first.py").write_text(text)
    made.run()
    made.database.execute_sql("CREATE TRIGGER no BEFORE INSERT ON migratehistory BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(pw.IntegrityError):
        made.merge("all")
    assert (made.todo, made.done, made.diff) == (["001_first"], ["001_first"], [])
    assert (tmp_path / "migrations" / "001_first.py").read_text() == text


def test_a_merge_that_would_lose_something(tmp_path: Path) -> None:
    """SQL and functions, a file that is gone: nothing is merged, and it is said why."""
    made = compat.Router(pw.SqliteDatabase(str(tmp_path / "app.db")), tmp_path / "migrations")
    (tmp_path / "migrations").mkdir()
    path = tmp_path / "migrations" / "001_view.py"
    path.write_text(
        "import peewee as pw\n\ndef migrate(migrator, database, **kwargs):\n    @migrator.create_model\n"
        "    class A(pw.Model):\n        b = pw.TextField()\n    migrator.sql('CREATE VIEW v AS SELECT * FROM a')\n"
    )
    made.run()
    with pytest.raises(ConfigError, match="001_view does more than a table can say"):
        made.merge("all")
    path.rename(path.with_name("002_other.py"))
    made.run(fake=True)
    with pytest.raises(ConfigError, match="001_view was applied and its file is gone"):
        made.merge("all")
    assert made.todo == ["002_other"]


def test_clearing(tmp_path: Path) -> None:
    """All rows, then all files; also where a file is gone."""
    made = compat.Router(pw.SqliteDatabase(str(tmp_path / "app.db")), tmp_path / "migrations")
    for name in ("first", "second"):
        made.create(name)
    made.run()
    made.database.execute_sql("DROP TABLE migratehistory_journal")
    (tmp_path / "migrations" / "001_first.py").unlink()
    made.clear()
    assert (made.todo, made.done) == ([], [])


def test_other_names(router: Make) -> None:
    """``migrate_table`` and ``ignore`` are what they are in stock."""
    made = router(migrate_table="schema_history", ignore=["pet"])
    made.create("first", auto="router_models")
    assert made.run() == ["001_first"]
    assert [t for t in made.database.get_tables() if not t.endswith("_journal")] == ["person", "schema_history"]


def test_wrong_calls(router: Make) -> None:
    """Nothing to roll back, and no database, are errors of the same kinds."""
    with pytest.raises(RuntimeError, match=r"[Nn]othing to rollback"):
        router().rollback()
    with pytest.raises(TypeError, match=r"[Dd]atabase"):
        type(router())("app.db")


def test_a_package(tmp_path: Path) -> None:
    """ModuleRouter takes a package by name."""
    package = tmp_path / "router_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "001_a.py").write_text(
        "def migrate(migrator, database, **kwargs):\n    migrator.sql('CREATE TABLE a (b)')\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        made = compat.ModuleRouter(pw.SqliteDatabase(str(tmp_path / "app.db")), "router_package")
        assert made.run() == ["001_a"]
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("router_package", None)
