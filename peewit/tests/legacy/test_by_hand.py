"""What a migration has made in SQL and no model has is nobody's to drop."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest
from playhouse.sqlite_ext import JSONField

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


IN_SQL = """
    migrator.sql(
        "CREATE TABLE tag (id INTEGER NOT NULL PRIMARY KEY, word VARCHAR(40) NOT NULL UNIQUE, lang VARCHAR(9), "
        "born TIMESTAMP DEFAULT CURRENT_TIMESTAMP, size INTEGER NOT NULL DEFAULT 3, UNIQUE (lang, size))"
    )
    migrator.sql("CREATE INDEX tag_word_idx ON tag (word)")
    migrator.sql("ALTER TABLE tag ADD COLUMN rank INTEGER NOT NULL DEFAULT 1")

    @migrator.create_model
    class Pet(pw.Model):
        name = pw.TextField()
        class Meta:
            table_name = "pet"
    """


def says_the_same(project: ServerProject) -> None:
    project.write("001_in_sql", IN_SQL)
    if not isinstance(project.database, pw.SqliteDatabase):
        project.write("002_later", "migrator.sql('ALTER TABLE pet ALTER COLUMN name SET DEFAULT 7')")
    meta = type("Meta", (), {"indexes": ((("lang", "size"), True),)})
    fields = {
        "id": pw.IntegerField(primary_key=True),
        "lang": lang(),
        "size": pw.IntegerField(default=3),
        "rank": pw.IntegerField(),
    }
    made = type("Tag", (pw.Model,), {"word": pw.CharField(max_length=40, unique=True), "Meta": meta, **fields})
    text = project.change(made, type("Pet", (pw.Model,), {"name": pw.TextField()}), name="nothing")
    assert text == ""
    assert project.manager().check().ok


def test_a_table_in_sql_on_sqlite(tmp_path: Path, sqlite: pw.Database) -> None:
    """A column, a DEFAULT and an index a table has from its SQL are left alone; a UNIQUE is a unique index."""
    says_the_same(ServerProject(tmp_path, sqlite))


def test_a_table_in_sql_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """A column, a DEFAULT and an index a table has from its SQL are left alone; a UNIQUE is a unique index."""
    says_the_same(ServerProject(tmp_path, database))


def test_keys_in_sql(tmp_path: Path, sqlite: pw.Database) -> None:
    """SQLite: a key that SQL has made counts on, or may be null, as none of Peewee's; it is a key all the same."""
    project = ServerProject(tmp_path, sqlite)
    body = 'migrator.sql("CREATE TABLE tag (id INTEGER PRIMARY KEY AUTOINCREMENT, word VARCHAR(40) NOT NULL)")'
    project.write("001_in_sql", body + "\nmigrator.sql('CREATE TABLE pet (name TEXT PRIMARY KEY)')")
    assert project.change(tag(), type("Pet", (pw.Model,), {"name": pw.TextField(primary_key=True)})) == ""


def test_json_in_sql(tmp_path: Path, sqlite: pw.Database) -> None:
    """SQLite: what SQL calls JSON is good enough for a field of JSON; a text is another thing, there and back."""
    project = ServerProject(tmp_path, sqlite)
    project.write(
        "001_in_sql", 'migrator.sql("CREATE TABLE note (id INTEGER NOT NULL PRIMARY KEY, data JSON NOT NULL)")'
    )
    assert project.change(type("Note", (pw.Model,), {"data": JSONField()}), name="nothing") == ""
    assert "TextField" in project.change(type("Note", (pw.Model,), {"data": pw.TextField()}), name="text")
    project.manager().rollback()
    assert "JSON" in project.sql("SELECT sql FROM sqlite_master WHERE name = 'note'")[0][0].upper()


def leads_to_it(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    body = "migrator.sql('CREATE TABLE kind (id INTEGER NOT NULL PRIMARY KEY)')\n"
    body += "migrator.sql('CREATE TABLE tag (id INTEGER NOT NULL PRIMARY KEY, word VARCHAR(40) NOT NULL, "
    project.write("001_in_sql", body + "kind_id INTEGER, FOREIGN KEY (kind_id) REFERENCES kind (id))')")
    text = project.change(tag(kind_id=pw.IntegerField(null=True)), name="free")
    assert 'migrator.orm["kind"]' in text
    assert database.get_foreign_keys("tag") == []
    project.manager().rollback()
    assert [key.dest_table for key in database.get_foreign_keys("tag")] == ["kind"]


def leads_by_a_name(project: ServerProject) -> None:
    counts = {
        pw.SqliteDatabase: "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
        pw.PostgresqlDatabase: "INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        pw.MySQLDatabase: "INT(11) NOT NULL AUTO_INCREMENT PRIMARY KEY",
    }
    own = next(words for kind, words in counts.items() if isinstance(project.database, kind))
    body = f"migrator.sql('CREATE TABLE kind (id {own})')\nmigrator.sql('CREATE TABLE tag (id {own}, kind_id INTEGER, "
    project.write("001_in_sql", body + "CONSTRAINT of_kind FOREIGN KEY (kind_id) REFERENCES kind (id))')")
    kind = type("Kind", (pw.Model,), {})
    key = pw.ForeignKeyField(kind, null=True, index=False)
    assert project.change(kind, type("Tag", (pw.Model,), {"kind": key})) == ""
    assert project.manager().check().ok


def test_names_and_numbers_on_sqlite(tmp_path: Path, sqlite: pw.Database) -> None:
    """A foreign key may have a name that no model gives it, and a key count in another way than Peewee's."""
    leads_by_a_name(ServerProject(tmp_path, sqlite))


def test_names_and_numbers_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """A foreign key may have a name that no model gives it, and a key count in another way than Peewee's."""
    leads_by_a_name(ServerProject(tmp_path, database))


def test_a_foreign_key_to_it_on_sqlite(tmp_path: Path, sqlite: pw.Database) -> None:
    """A model lets go of a table that no model has: the way back knows the table."""
    leads_to_it(tmp_path, sqlite)


def test_a_foreign_key_to_it_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """A model lets go of a table that no model has: the way back knows the table."""
    leads_to_it(tmp_path, database)
