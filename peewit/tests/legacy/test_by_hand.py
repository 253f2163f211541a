"""What a migration has made in SQL and no model has is nobody's to drop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest

from peewit import AmbiguousRenameError

from ..server_project import ServerProject

BY_HAND = """
    migrator.sql("CREATE TABLE extra (id INTEGER NOT NULL PRIMARY KEY)")
    migrator.sql("CREATE INDEX by_word ON tag (word, lang)")
    migrator.sql("ALTER TABLE tag ADD COLUMN secret INTEGER")
    database.execute_sql("CREATE INDEX by_lang ON tag (lang)")
    """


def tag(**fields: pw.Field) -> type[pw.Model]:
    return type("Tag", (pw.Model,), {"word": pw.CharField(max_length=40), **fields})


def lang() -> pw.Field:
    return pw.CharField(max_length=9, null=True)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[pw.Database]:
    """A SQLite file."""
    database = pw.SqliteDatabase(str(tmp_path / "app.db"))
    yield database
    database.close()


def lives(project: ServerProject) -> None:
    project.change(tag(lang=lang()), name="first")
    project.write("002_by_hand", BY_HAND)
    project.manager().migrate()
    manager = project.manager()
    assert manager.create("nothing") is None
    assert {line.split(" was made")[0] for line in manager.unread} == {
        'table "extra"',
        'column "secret" of "tag"',
        "index 'by_word' of \"tag\"",
        "index 'by_lang' of \"tag\"",
    }
    assert manager.check().ok
    text = project.change(tag(lang=lang(), more=pw.IntegerField(default=0)), name="more", renames={})
    assert "remove" not in text.partition("def rollback")[0]
    assert "secret" not in text
    assert project.manager().check().ok
    project.manager().rollback()
    assert {c.name for c in project.database.get_columns("tag")} == {"id", "word", "lang", "secret"}
    assert {"by_word", "by_lang"} <= {i.name for i in project.database.get_indexes("tag")}
    assert "extra" in project.database.get_tables()


def test_on_sqlite(tmp_path: Path, sqlite: pw.Database) -> None:
    """Tables, columns and indexes are left alone, and create says so."""
    lives(ServerProject(tmp_path, sqlite))


def test_on_postgres(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """Tables, columns and indexes are left alone, and create says so."""
    lives(ServerProject(tmp_path, postgres))


def test_on_mariadb(tmp_path: Path, mariadb: pw.MySQLDatabase) -> None:
    """Tables, columns and indexes are left alone, and create says so."""
    lives(ServerProject(tmp_path, mariadb))


def test_a_model_may_take_it_up(tmp_path: Path, sqlite: pw.Database) -> None:
    """What a model has is the model's: changed with it, and renamed where that is what was meant."""
    project = ServerProject(tmp_path, sqlite)
    project.change(tag(lang=lang()), name="first")
    project.write("002_by_hand", BY_HAND)
    project.manager().migrate()
    with pytest.raises(AmbiguousRenameError, match=r"tag\.secret"):
        project.change(tag(lang=lang(), hidden=pw.IntegerField(null=True)), name="hidden")
    text = project.change(
        tag(lang=lang(), hidden=pw.IntegerField(null=True)), name="hidden", renames={"tag.secret": "hidden"}
    )
    assert 'rename_field("tag", "secret", "hidden")' in text
    assert project.manager().check().ok


def test_what_comes_beside_it_does_not_drop_it(tmp_path: Path, sqlite: pw.Database) -> None:
    """A new field and a new model that look like nothing that was made by hand: nobody is asked, nothing goes."""
    project = ServerProject(tmp_path, sqlite)
    project.change(tag(lang=lang()), name="first")
    project.write("002_by_hand", BY_HAND)
    project.manager().migrate()
    zebra = type("Zebra", (pw.Model,), {"stripes": pw.TextField()})
    text = project.change(tag(lang=lang(), born=pw.DateField(null=True)), zebra, name="more")
    assert "remove" not in text.partition("def rollback")[0]
    assert "extra" in sqlite.get_tables()
    assert "secret" in [c.name for c in sqlite.get_columns("tag")]
