"""A migration that only makes tables needs no older file: none is replayed for it, and it does what it would have done."""

from __future__ import annotations

from pathlib import Path

import peewee
import pytest

from peewit import MigrationManager, PeewitError

HEAD = "import peewee as pw\n\n\ndef migrate(migrator, database, **_):\n"
OLD = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(max_length=40)
        class Meta:
            table_name = "person"
"""
NEW = """
    @migrator.create_model
    class Pet(pw.Model):
        name = pw.CharField(max_length=40, index=True)
        parent = pw.ForeignKeyField("self", null=True)
        class Meta:
            table_name = "pet"
"""
UNREADABLE = "    raise RuntimeError('replayed')\n"

NEEDS_THEM = {
    "refers": """
    @migrator.create_model
    class Pet(pw.Model):
        owner = pw.ForeignKeyField(migrator.orm["person"])
        class Meta:
            table_name = "pet"
""",
    "changes": f"{NEW}    migrator.add_fields('person', age=pw.IntegerField(null=True))\n",
    "goes through all": f"{NEW}    for m in migrator.orm:\n        migrator.add_fields(m, age=pw.IntegerField(null=True))\n",
    "goes through itself": f"{NEW}    for m in list(migrator):\n        migrator.add_index(m, 'name', name='n_' + m._meta.table_name)\n",
    "asks for one": f"{NEW}    if 'person' in migrator.orm:\n        migrator.drop_not_null('person', 'name')\n",
    "asks by attribute": f"{NEW}    if hasattr(migrator, 'Person'):\n        migrator.drop_not_null('person', 'name')\n",
    "tries": f"{NEW}    try:\n        migrator.drop_not_null('person', 'name')\n    except Exception:\n        pass\n",
    "asks the database": f"{NEW}    if database.get_tables():\n        migrator.drop_not_null('person', 'name')\n",
    "makes what is there": f"{OLD}    migrator.drop_not_null('person', 'name')\n",
    "runs SQL": f"{NEW}    migrator.sql('INSERT INTO person (name) VALUES (1)')\n",
}


@pytest.fixture(params=["sqlite", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path, database: peewee.Database) -> peewee.Database:
    """An empty database: on SQLite, and on each server."""
    if request.param == "server":
        return database
    if not isinstance(database, peewee.MySQLDatabase):
        pytest.skip("SQLite is the same beside every server: it is tried beside MariaDB")
    return peewee.SqliteDatabase(tmp_path / "app.db")


@pytest.fixture
def manager(place: peewee.Database, tmp_path: Path) -> MigrationManager:
    """One migration that is applied, and was since made one that cannot be replayed, of which nobody kept a copy."""
    write(tmp_path, 1, OLD)
    manager = MigrationManager(place, tmp_path / "migrations")
    manager.migrate()
    with place.connection_context():
        place.execute_sql("DELETE FROM migratehistory_journal")
    write(tmp_path, 1, UNREADABLE)
    return manager


def write(folder: Path, number: int, change: str) -> None:
    (folder / "migrations").mkdir(exist_ok=True)
    (folder / "migrations" / f"{number:03}_change.py").write_text(f"{HEAD}{change}")


def tables(database: peewee.Database) -> dict[str, list[tuple[str, bool]]]:
    """The columns of the tables, and which may be null."""
    with database.connection_context():
        names = [name for name in database.get_tables() if not name.startswith("migratehistory")]
        return {name: [(c.name, c.null) for c in database.get_columns(name)] for name in names}


def test_nothing_is_replayed_for_new_tables(manager: MigrationManager, tmp_path: Path) -> None:
    """What was applied cannot even be read, and does not have to be; nor for a second one that changes the first's."""
    write(tmp_path, 2, NEW)
    write(
        tmp_path,
        3,
        "    migrator.add_fields('pet', age=pw.IntegerField(null=True))\n    migrator.drop_not_null('pet', 'name')\n",
    )

    assert manager.migrate().applied == ("002_change", "003_change")

    assert tables(manager.database)["pet"] == [("id", False), ("name", True), ("parent_id", True), ("age", True)]
    with pytest.raises(PeewitError, match="replayed"):
        manager.state(["001_change"])


@pytest.mark.parametrize("change", NEEDS_THEM.values(), ids=NEEDS_THEM)
def test_where_they_are_asked_for_they_are_replayed(manager: MigrationManager, tmp_path: Path, change: str) -> None:
    """Whatever a file does to learn of older tables: it is told the truth, or, as here, that nobody knows it."""
    write(tmp_path, 2, change)
    before = tables(manager.database)

    with pytest.raises(PeewitError, match="001_change cannot be replayed"):
        manager.migrate()

    assert tables(manager.database) == before
    write(tmp_path, 1, OLD)
    assert manager.migrate().applied == ("002_change",)
    if "INSERT" not in change:
        assert tables(manager.database) != before


def test_a_table_that_is_there_is_not_made_again(manager: MigrationManager, tmp_path: Path) -> None:
    """The application has made it by itself, and no file says so."""
    write(tmp_path, 1, OLD)
    write(tmp_path, 2, NEW)
    with manager.database.connection_context():
        manager.database.execute_sql("CREATE TABLE pet (id INTEGER PRIMARY KEY)")

    with pytest.raises(PeewitError, match='"pet" exists already'):
        manager.migrate()

    assert tables(manager.database)["pet"] == [("id", tables(manager.database)["pet"][0][1])]
