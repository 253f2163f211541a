"""A schema that is remembered is the one a replay gives; where anything it came from has changed, it is not used."""

import sqlite3
from pathlib import Path

import peewee
import pytest

from peewit import MigrationManager
from peewit.schema import Schema

HEAD = "import datetime\nimport decimal\nimport peewee as pw\n\n\ndef migrate(migrator, database, **_):\n"
FIRST = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(max_length=40, index=True)
        born = pw.DateField(null=True, default=datetime.date(2000, 1, 2))
        seen = pw.DateTimeField(null=True, default=datetime.datetime.now)
        paid = pw.DecimalField(null=True, default=decimal.Decimal("1.50"), max_digits=7)
        data = pw.BlobField(null=True)

        class Meta:
            table_name = "person"
            indexes = ((("name", "born"), True),)
            constraints = [pw.Check("paid > 0")]

    @migrator.create_model
    class Pet(pw.Model):
        owner = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="pets")
        kind = pw.IntegerField(choices=[(1, "cat")], default=1)

        class Meta:
            table_name = "pet"
"""
CHANGES = [
    FIRST,
    '    migrator.add_fields("pet", note=pw.TextField(null=True, help_text="why"))',
    '    migrator.rename_field("person", "name", "full_name")',
    "    migrator.sql(\"CREATE TABLE by_hand (id INTEGER PRIMARY KEY, x TEXT DEFAULT 'a')\")",
    '    migrator.sql("CREATE INDEX by_hand_x ON by_hand (x) WHERE x > 1")',
    '    migrator.add_index("pet", pw.SQL("lower(note)"), name="pet_note")',
    '    if "pet" in database.get_tables():\n        migrator.drop_not_null("pet", "kind")',
    '    migrator.change_fields("pet", kind=pw.BigIntegerField(null=True, unique=True))',
    '    migrator.rename_table("by_hand", "by_us")',
    '    migrator.add_constraint("pet", "kind_is_small", pw.Check("kind < 100"))',
    '    migrator.add_fields("person", parent=pw.ForeignKeyField("self", null=True))',
    '    migrator.remove_fields("person", "data")',
]
NEXT = '    migrator.add_not_null("person", "seen")'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve migrations, and a cache of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "migrations").mkdir()
    for number, change in enumerate(CHANGES, 1):
        write(tmp_path, number, change)
    return tmp_path


def write(folder: Path, number: int, change: str) -> None:
    (folder / "migrations" / f"{number:03}_change.py").write_text(f"{HEAD}{change}\n")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "peewit").glob("*"))


def state(folder: Path, database: peewee.Database | None = None) -> Schema:
    """The schema all files lead to, as a new process would find it."""
    manager = MigrationManager(database or peewee.SqliteDatabase(folder / "app.db"), folder / "migrations")
    return manager.state(manager.folder.names())


def told(schema: Schema) -> str:
    """Everything a schema says, also what does not count when two are compared."""
    return repr(dict(schema.tables))


def test_it_is_what_a_replay_gives(folder: Path) -> None:
    """Every table, column, index and default, to the last word."""
    replayed = state(folder)
    assert len(kept(folder)) == 1

    assert told(state(folder)) == told(replayed)
    assert sorted(replayed.tables) == ["by_us", "person", "pet"]


def test_it_goes_on_from_what_is_remembered(folder: Path) -> None:
    """A newer file is replayed on top of what is remembered, which stays as it is."""
    before = state(folder)
    write(folder, 13, '    migrator.add_fields("pet", age=pw.IntegerField(null=True))')
    after = state(folder)

    assert after["pet"].columns[:-1] == before["pet"].columns
    assert after["pet"].columns[-1].name == "age"
    assert len(kept(folder)) == 1


def test_values_are_what_they_were(folder: Path) -> None:
    """A default that is no text of JSON's comes back as what it was, a function as one that gives the same."""
    columns = {column.name: column for column in state(folder)["person"].columns}
    again = {column.name: column for column in state(folder)["person"].columns}

    for name in ("born", "paid"):
        was, now = columns[name].fill, again[name].fill
        assert was is not None
        assert now is not None
        assert (type(now.value), now.value) == (type(was.value), was.value)
    seen = again["seen"].fill
    assert seen is not None
    assert str(seen.value())[:2] == "20"
    assert seen.value() < seen.value()


def test_rows_are_filled_by_a_remembered_default(folder: Path) -> None:
    """A column that becomes NOT NULL gets its model's default, each row its own, though no older file was run."""
    manager = MigrationManager(f"sqlite:///{folder / 'app.db'}", folder / "migrations")
    manager.migrate()
    with sqlite3.connect(folder / "app.db") as connection:
        connection.executemany("INSERT INTO person (full_name) VALUES (?)", [("a",), ("b",)])
    connection.close()
    state(folder, manager.database)
    assert len(kept(folder)) == 1
    write(folder, 13, NEXT)

    manager.migrate()

    with sqlite3.connect(folder / "app.db") as connection:
        seen = [row[0] for row in connection.execute("SELECT seen FROM person ORDER BY id")]
    connection.close()
    assert len(set(seen)) == 2
    assert all(text.startswith("20") for text in seen)


@pytest.mark.parametrize("number", [1, 6, 12])
def test_an_edited_file_counts(folder: Path, number: int) -> None:
    """Whatever is changed in whichever file, what was remembered of its former text is not used."""
    state(folder)
    path = folder / "migrations" / f"{number:03}_change.py"
    path.write_text(path.read_text() + '    migrator.add_fields("pet", new=pw.IntegerField(null=True))\n')

    assert state(folder)["pet"].find("new") is not None


def test_a_file_less_counts(folder: Path) -> None:
    """The schema of fewer files is another one."""
    state(folder)
    (folder / "migrations" / "012_change.py").unlink()

    assert state(folder)["person"].find("data") is not None


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('[[["Column", {"no": 1}]], []]'),
        lambda path: path.write_text(path.read_text()[:-40]),
        lambda path: path.write_text(path.read_text().replace("pet", "dog")) and path.chmod(0o666),
        lambda path: path.unlink(),
    ],
    ids=["no JSON", "too little", "unknown", "cut off", "written by others", "gone"],
)
def test_what_is_damaged_is_replayed(folder: Path, harm: object) -> None:
    """Nothing of a file that is not whole, or that others may have written, is believed."""
    replayed = state(folder)
    assert callable(harm)
    harm(kept(folder)[0])

    assert told(state(folder)) == told(replayed)


@pytest.mark.parametrize(
    "change",
    [
        "    import os\n    migrator.run(lambda: os.environ.get('X'))",
        "    from application import models\n",
        "    migrator.sql('PRAGMA user_version = 1') if open('x') else None",
    ],
)
def test_what_depends_on_more_than_its_text_is_not_remembered(
    folder: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that looks at anything outside may lead elsewhere tomorrow."""
    (folder / "application").mkdir()
    (folder / "application" / "models.py").touch()
    (folder / "x").touch()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    write(folder, 5, change)
    state(folder)

    assert kept(folder) == []


def test_a_database_class_of_the_application_is_not_known_well_enough(folder: Path) -> None:
    """Nobody knows what such a class answers to a file."""

    class Own(peewee.SqliteDatabase):
        pass

    state(folder, Own(folder / "app.db"))
    assert kept(folder) == []


def test_another_database_is_another_matter(folder: Path) -> None:
    """A file may look at the database it is for, so each has schemas of its own."""
    state(folder)
    state(folder, peewee.SqliteDatabase(folder / "other.db"))
    assert len(kept(folder)) == 2


def test_only_the_user_may_look(folder: Path) -> None:
    """The cache is nobody else's."""
    state(folder)
    path = kept(folder)[0]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_few_are_kept(folder: Path) -> None:
    """The oldest go; what is left of a write that was cut off goes with them."""
    for number in range(25):
        state(folder, peewee.SqliteDatabase(folder / f"{number}.db"))
    assert len(kept(folder)) == 20


@pytest.mark.parametrize("place", ["relative", "/proc/nowhere"])
def test_without_a_cache_everything_is_replayed(folder: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no place for it, nothing is missing but the time."""
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    assert told(state(folder)) == told(state(folder))


def test_a_few_files_leave_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is replayed in a moment is not worth a file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "migrations").mkdir()
    write(tmp_path, 1, FIRST)
    state(tmp_path)
    assert not (tmp_path / "cache").exists()
