"""Before a migration or a rollback destroys something, it is said what, and how much of it."""

import json
from pathlib import Path

import peewee as pw
import pytest

from peewit.cli import main
from peewit.reports import Event, Executing, Losing

from ..server_project import ServerProject

FIRST = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(null=True)
        mail = pw.CharField(null=True)
        class Meta:
            table_name = "person"

    @migrator.create_model
    class Note(pw.Model):
        text = pw.CharField()
        class Meta:
            table_name = "note"
    """
DROPS = """
    migrator.rename_table("note", "remark")
    migrator.add_fields("person", age=pw.IntegerField(default=1), city=pw.CharField(null=True))
    migrator.rename_field("person", "name", "full_name")
    migrator.remove_fields("person", "full_name", "mail")
    migrator.remove_fields("person", "age")
    migrator.remove_model("remark")
    """
BACK = """
    @migrator.create_model
    class Note(pw.Model):
        text = pw.CharField(null=True)
        class Meta:
            table_name = "note"
    migrator.add_fields("person", name=pw.CharField(null=True), mail=pw.CharField(null=True))
    migrator.remove_fields("person", "city")
    """


def seeded(folder: Path, database: pw.Database) -> ServerProject:
    """Rows in two tables, and a migration that drops them under other names."""
    project = ServerProject(folder, database)
    project.write("001_first", FIRST)
    project.manager().migrate()
    project.sql("INSERT INTO person (name) VALUES ('a'), ('b'), (NULL)")
    project.sql("INSERT INTO note (text) VALUES ('x'), ('y'), ('z')")
    project.write("002_drop", DROPS, BACK)
    return project


def in_sqlite(folder: Path) -> pw.SqliteDatabase:
    return pw.SqliteDatabase(folder / "app.db", pragmas={"foreign_keys": 1})


def losses_of(project: ServerProject) -> tuple[list[Losing], list[Losing]]:
    """What is heard of losses, forward and back."""
    heard: list[Event] = []
    project.manager().migrate(tell=heard.append)
    forward = [event for event in heard if isinstance(event, Losing)]
    first = next(place for place, event in enumerate(heard) if isinstance(event, Losing))
    assert [event for event in heard[:first] if isinstance(event, Executing)] == []
    project.sql("UPDATE person SET city = 'here' WHERE id = 1")
    heard.clear()
    project.manager().rollback(tell=heard.append)
    return forward, [event for event in heard if isinstance(event, Losing)]


FORWARD = [Losing("002_drop", "person", "name", 2), Losing("002_drop", "note", None, 3)]
BACKWARD = [Losing("002_drop", "person", "city", 1)]


def test_losses_in_sqlite(tmp_path: Path) -> None:
    """Values that are not null and rows are counted under the names they have; what is empty is no loss."""
    assert losses_of(seeded(tmp_path, in_sqlite(tmp_path))) == (FORWARD, BACKWARD)


def test_losses_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    assert losses_of(seeded(tmp_path, database)) == (FORWARD, BACKWARD)


def test_a_loss_is_told_before_the_migration_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """First what goes, then that it is gone; in JSON both, and nothing else."""
    project = seeded(tmp_path, in_sqlite(tmp_path))
    flags = ["--database", f"sqlite:///{tmp_path}/app.db", "--directory", str(project.directory)]

    assert main(["migrate", *flags]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        '002_drop drops "person"."name" and its 2 values',
        '002_drop drops table "note" and its 3 rows',
    ]
    assert lines[2].startswith("applied 002_drop (")
    project.sql("UPDATE person SET city = 'here' WHERE id = 1")
    assert main(["rollback", "--json", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["destroyed"] == [{"name": "002_drop", "table": "person", "column": "city", "values": 1}]


def test_a_listener_that_raises_stops_the_run(tmp_path: Path) -> None:
    """Nothing of the migration is kept, and no copy of the file is left behind."""
    project = seeded(tmp_path, in_sqlite(tmp_path))

    def refuse(event: Event) -> None:
        if isinstance(event, Executing) and getattr(event.statement, "sql", "").startswith("DROP TABLE"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.manager().migrate(tell=refuse)

    assert project.sql("SELECT count(name) FROM person") == [(2,)]
    assert project.manager().status().pending == ("002_drop",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.db", "migrations"]


def test_what_was_told_to_go_is_said_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run fails after that was told: whoever reads it at night is not left to think that values are gone."""
    project = seeded(tmp_path, in_sqlite(tmp_path))
    (project.directory / "002_drop.py").unlink()
    project.write("009_drop", "migrator.remove_fields('person', 'name'); migrator.sql('SELECT nonsense')")
    flags = ["--database", f"sqlite:///{tmp_path / 'app.db'}", "--directory", str(project.directory)]
    capsys.readouterr()
    assert main(["migrate", *flags]) == 2
    out, error = capsys.readouterr()
    assert out.endswith('009_drop drops "person"."name" and its 2 values\n')
    assert (
        "  nothing of this migration was kept: there is nothing of it to roll back; what it drops is still there\n"
        in error
    )
    assert project.sql("SELECT count(name) FROM person") == [(2,)]
