"""What real projects' folders showed: each reduced to the least that shows it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import peewee as pw
import pytest

from peewit.errors import PeewitError, SchemaError

from ..server_project import ServerProject

PLUGIN = """
    @migrator.create_model
    class Plugin(pw.Model):
        name = pw.CharField(max_length=40)
        class Meta:
            table_name = "plugin"
    """


def test_a_model_of_a_table_that_is_there(tmp_path: Path, sqlite: pw.Database) -> None:
    """``create_model`` of a table an earlier file has made makes nothing, as IF NOT EXISTS; the model counts."""
    project = ServerProject(tmp_path, sqlite)
    project.write("001_first", PLUGIN, "migrator.remove_model('plugin')")
    project.write(
        "002_again",
        PLUGIN.replace("max_length=40", "max_length=40, null=True") + "migrator.run(Plugin.create, name='x')",
    )
    assert len(project.manager().plan().steps) == 2
    project.manager().migrate()
    assert project.sql("SELECT name FROM plugin") == [("x",)]
    assert project.manager().check().ok


def test_an_index_that_is_asked_for_and_loses_its_column(tmp_path: Path, sqlite: pw.Database) -> None:
    """In one file: the index is not made, neither of a new column nor of one that was there."""
    loses_its_column(tmp_path, sqlite)


def test_an_index_that_loses_its_column_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """In one file: the index is not made, neither of a new column nor of one that was there."""
    loses_its_column(tmp_path, database)


def loses_its_column(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    project.write("001_first", PLUGIN.replace("name = pw", "old = pw.CharField(max_length=9)\n        name = pw"))
    project.write(
        "002_more",
        """
        migrator.add_fields("plugin", new=pw.CharField(max_length=9, null=True))
        migrator.add_index("plugin", "new")
        migrator.add_index("plugin", "old", "name")
        migrator.remove_fields("plugin", "new", "old")
        """,
    )
    project.write("003_less", "migrator.add_fields('plugin', last=pw.IntegerField(null=True))")
    project.manager().migrate()
    assert [c.name for c in database.get_columns("plugin")] == ["id", "name", "last"]
    assert {tuple(i.columns) for i in database.get_indexes("plugin")} <= {("id",)}
    assert project.manager().check().ok


def test_the_orm_as_a_dictionary(tmp_path: Path, sqlite: pw.Database) -> None:
    """Another name may be given to a model."""
    project = ServerProject(tmp_path, sqlite)
    project.write("001_first", PLUGIN)
    project.write(
        "002_alias",
        """
        if 'Plugin' in migrator.orm:
            migrator.orm['addon'] = migrator.orm['Plugin']
        migrator.run(lambda: migrator.orm['addon'].create(name='x'))
        """,
    )
    project.manager().migrate()
    assert project.sql("SELECT name FROM plugin") == [("x",)]


def test_an_id_that_is_no_key(tmp_path: Path, sqlite: pw.Database) -> None:
    """A field called ``id`` takes the place of Peewee's own, and is no key by that."""
    id_is_no_key(tmp_path, sqlite)


def test_an_id_that_is_no_key_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """A field called ``id`` takes the place of Peewee's own, and is no key by that."""
    id_is_no_key(tmp_path, database)


def id_is_no_key(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)

    def model() -> type[pw.Model]:
        return type("Auth", (pw.Model,), {"id": pw.CharField(max_length=40, unique=True), "name": pw.TextField()})

    text = project.change(model(), name="first")
    assert database.get_primary_keys("auth") == []
    assert "primary_key = False" in text
    assert project.manager().create("nothing") is None
    assert project.manager().check().ok


def test_a_name_that_only_looks_like_an_index(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """``DROP INDEX IF EXISTS`` of what is not there leaves what is."""
    project = ServerProject(tmp_path, postgres)
    project.write(
        "001_first",
        PLUGIN.replace("class Plugin", "class PlugIn")
        .replace('"plugin"', '"plug_in"')
        .replace("=40", "=40, index=True"),
    )
    project.write("002_drop", 'migrator.sql("DROP INDEX IF EXISTS plug_in_name")')
    project.manager().migrate()
    assert "plugin_name" in [i.name for i in postgres.get_indexes("plug_in")]
    assert project.manager().check().ok


def test_types_as_older_peewees_wrote_them(tmp_path: Path, sqlite: pw.Database) -> None:
    """A database stock has made with an older Peewee is what the files say."""
    project = ServerProject(tmp_path, sqlite)
    project.write(
        "001_first",
        """
        @migrator.create_model
        class Thing(pw.Model):
            data = pw.JSONField(null=True)
            small = pw.SmallIntegerField(null=True)
        """,
    )
    project.sql("CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, data JSON, small SMALLINT)")
    assert project.manager().migrate(fake=True).applied == ("001_first",)
    assert project.manager().check().ok


VIDEO = """
    from real_habits_app import Video
    migrator.add_fields(Video, is_deleted=pw.BooleanField(default=False, null=True))
    """


def assumes(tmp_path: Path, database: pw.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real_habits_app.py").write_text(
        "import peewee as pw\nclass Video(pw.Model):\n    title = pw.CharField()\n"
        "    is_deleted = pw.BooleanField(default=False, null=True)\n    views = pw.IntegerField(null=True)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    project = ServerProject(tmp_path, database)
    made = type("Video", (pw.Model,), {"title": pw.CharField()})
    with database.connection_context():
        database.bind([made])
        database.create_tables([made])
        made.create(title="x")
    project.write("001_first", VIDEO)
    project.write(
        "002_more",
        VIDEO.replace("is_deleted=pw.BooleanField(default=False, null=True)", "views=pw.IntegerField(null=True)"),
    )
    assert len(project.manager().plan().steps) == 2
    project.manager().migrate()
    assert [row[0] for row in project.sql("SELECT title FROM video WHERE views IS NULL")] == ["x"]
    assert project.manager().check().ok


def test_a_live_model_whose_table_the_application_made(
    tmp_path: Path, sqlite: pw.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No migration creates the table: the class says what it is, without what the files add."""
    assumes(tmp_path, sqlite, monkeypatch)


def test_a_live_model_on_a_server(tmp_path: Path, database: pw.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """No migration creates the table: the class says what it is, without what the files add."""
    assumes(tmp_path, database, monkeypatch)


def queues(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    project.write(
        "001_first",
        """
        @migrator.create_model
        class Thing(pw.Model):
            a = pw.IntegerField(null=True)

        def backfill(migrator, db):
            db.execute_sql("UPDATE thing SET a = 1")
            migrator.add_not_null("thing", "a")
            migrator.sql("INSERT INTO thing (a) VALUES (1)")

        migrator.sql("INSERT INTO thing (a) VALUES (null)")
        migrator.run(backfill, migrator, database)
        migrator.add_fields("thing", b=pw.IntegerField(default=2))
        """,
    )
    assert len(project.manager().plan().steps) == 1
    project.manager().migrate()
    assert project.sql("SELECT a, b FROM thing") == [(1, 2), (1, 2)]
    assert [c.null for c in database.get_columns("thing")] == [False, False, False]
    assert project.manager().check().ok


def test_what_a_function_asks_for(tmp_path: Path, sqlite: pw.Database) -> None:
    """It comes next, before what stands behind the function; a replay knows of it."""
    queues(tmp_path, sqlite)


def test_what_a_function_asks_for_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """It comes next, before what stands behind the function; a replay knows of it."""
    queues(tmp_path, database)


def makes_itself(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    project.write(
        "001_first",
        """
        @migrator.create_model
        class SubMod(pw.Model):
            name = pw.CharField(max_length=9, unique=True)
            class Meta:
                table_name = "sub_mod"

        SubMod._meta.database = migrator.database
        SubMod.create_table(True)
        SubMod.create(name="x")
        migrator.add_fields("sub_mod", age=pw.IntegerField(default=3))
        """,
    )
    project.manager().migrate()
    assert project.sql("SELECT name, age FROM sub_mod") == [("x", 3)]
    assert project.manager().check().ok


def test_a_class_that_makes_its_own_table(tmp_path: Path, sqlite: pw.Database) -> None:
    """``create_model`` finds what the body has made already."""
    makes_itself(tmp_path, sqlite)


def test_a_class_that_makes_its_own_table_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """``create_model`` finds what the body has made already."""
    makes_itself(tmp_path, database)


def test_autoincrement_as_a_constraint(tmp_path: Path, sqlite: pw.Database) -> None:
    """``AutoField(constraints=[SQL("AUTOINCREMENT")])`` is a column that counts up."""
    project = ServerProject(tmp_path, sqlite)
    project.write(
        "001_first",
        """
        @migrator.create_model
        class Preset(pw.Model):
            id = pw.AutoField(constraints=[pw.SQL("AUTOINCREMENT")], unique=True)
            name = pw.TextField()
        """,
    )
    project.manager().migrate()
    assert "AUTOINCREMENT" in project.sql("SELECT sql FROM sqlite_master WHERE name = 'preset'")[0][0]
    assert project.manager().check().ok


def test_a_column_that_is_there_already(tmp_path: Path, sqlite: pw.Database) -> None:
    """The database has what a migration adds: told by name, and nothing is changed."""
    project = ServerProject(tmp_path, sqlite)
    project.write("001_first", PLUGIN)
    project.manager().migrate()
    project.sql("ALTER TABLE plugin ADD COLUMN age INTEGER")
    project.write("002_more", "migrator.add_fields('plugin', age=pw.IntegerField(default=0))")
    with pytest.raises(SchemaError, match='table "plugin" already has a column "age"'):
        project.manager().migrate()


def added_and_changed(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    project.write("001_first", PLUGIN)
    project.manager().migrate()
    project.sql("INSERT INTO plugin (name) VALUES ('x')")
    project.write(
        "002_more",
        """
        migrator.add_fields("plugin", code=pw.CharField(max_length=9, default="y"), mark=pw.CharField(default="z"))
        migrator.change_fields("plugin", code=pw.TextField(null=True), mark=pw.CharField(max_length=200))
        """,
    )
    project.manager().migrate()
    assert project.sql("SELECT code, mark FROM plugin") == [("y", "z")]
    assert project.manager().check().ok


def test_a_field_that_is_added_and_changed(tmp_path: Path, sqlite: pw.Database) -> None:
    """Rows keep the value the field came with."""
    added_and_changed(tmp_path, sqlite)


def test_a_field_that_is_added_and_changed_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """Rows keep the value the field came with."""
    added_and_changed(tmp_path, database)


def test_a_table_dropped_with_cascade_in_sql(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """The foreign keys that led to it are gone with it."""
    project = ServerProject(tmp_path, postgres)
    project.write(
        "001_first",
        PLUGIN
        + """
    @migrator.create_model
    class Part(pw.Model):
        plugin = pw.ForeignKeyField(Plugin)
        class Meta:
            table_name = "part"
    """,
    )
    project.write("002_less", "migrator.sql('DROP TABLE plugin CASCADE')")
    project.manager().migrate()
    assert project.manager().check().ok
    part = type("Part", (pw.Model,), {"plugin_id": pw.IntegerField(index=True), "n": pw.IntegerField(null=True)})
    text = project.change(part, name="more", renames={})
    assert "add_fields" in text


def test_a_class_name_that_came_twice(tmp_path: Path, sqlite: pw.Database) -> None:
    """The class that was written last is meant by its name: a copied class may have kept the name of another."""
    project = ServerProject(tmp_path, sqlite)
    project.write("001_first", PLUGIN)
    project.write("002_copy", PLUGIN.replace('"plugin"', '"addon"'), "migrator.remove_model('Plugin')")
    project.write(
        "003_more",
        "migrator.add_fields('Plugin', age=pw.IntegerField(null=True))",
        "migrator.drop_columns('Plugin', 'age')",
    )
    project.manager().migrate()
    assert [column.name for column in sqlite.get_columns("addon")] == ["id", "name", "age"]
    project.manager().rollback()
    assert [column.name for column in sqlite.get_columns("plugin")] == ["id", "name"]
    project.manager().rollback()
    assert "plugin" in sqlite.get_tables()
    assert "addon" not in sqlite.get_tables()


def undoes_more(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    project.write("001_first", PLUGIN.replace("pw.CharField(max_length=40)", "pw.TextField()"))
    project.write(
        "002_longer",
        "migrator.change_fields('plugin', name=pw.TextField())",
        "migrator.change_fields('plugin', name=pw.CharField(max_length=60))",
    )
    project.manager().migrate()
    project.sql("INSERT INTO plugin (name) VALUES ('x')")
    project.manager().rollback()
    assert not project.manager().check().ok
    project.manager().migrate()
    assert project.manager().check().ok
    assert "text" in next(c.data_type for c in database.get_columns("plugin") if c.name == "name").lower()
    assert project.sql("SELECT name FROM plugin") == [("x",)]


def test_a_rollback_that_undoes_more_than_was_done(tmp_path: Path, sqlite: pw.Database) -> None:
    """A type the migrations take for granted, and the database does not have, is changed when a file asks for it."""
    undoes_more(tmp_path, sqlite)


def test_a_rollback_that_undoes_more_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """A type the migrations take for granted, and the database does not have, is changed when a file asks for it."""
    undoes_more(tmp_path, database)


def named_by_the_table(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    on = " ON site_tab" if isinstance(database, pw.MySQLDatabase) else ""
    project.write("001_first", PLUGIN.replace('"plugin"', '"site_tab"').replace("=40", "=40, index=True"))
    project.write(
        "002_more",
        """
        migrator.add_fields("site_tab", age=pw.IntegerField(null=True, index=True))
        migrator.add_index("site_tab", "name", "age")
        """,
    )
    project.manager().migrate("+1")
    project.manager().migrate()
    with database.connection_context() if database.is_closed() else nullcontext():
        made = {index.name for index in database.get_indexes("site_tab")}
    assert made - {"PRIMARY", "site_tab_pkey"} == {"plugin_name", "site_tab_age", "site_tab_name_age"}
    project.write(
        "003_less", f"migrator.sql('DROP INDEX site_tab_age{on}')\nmigrator.sql('DROP INDEX plugin_name{on}')"
    )
    project.manager().migrate()
    assert made - {index.name for index in database.get_indexes("site_tab")} == {"plugin_name", "site_tab_age"}
    assert project.manager().check().ok


def test_an_index_is_called_as_files_call_it(tmp_path: Path, sqlite: pw.Database) -> None:
    """After the class where it comes with the table, after the table where it is added: raw SQL may drop it by name."""
    named_by_the_table(tmp_path, sqlite)


def test_an_index_is_called_as_files_call_it_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """After the class where it comes with the table, after the table where it is added: raw SQL may drop it by name."""
    named_by_the_table(tmp_path, database)


def test_a_default_that_stock_has_written(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """On PostgreSQL stock keeps the default of a field it changes in the database, for good: nobody else did that."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_first", PLUGIN.replace("name = pw", "price = pw.IntegerField()\n        name = pw"))
    project.write("002_price", "migrator.change_fields('plugin', price=pw.FloatField(default=1.5))")
    project.write("003_price", "migrator.change_fields('plugin', price=pw.FloatField())")
    project.write("004_title", "migrator.rename_field('plugin', 'price', 'cost')")
    project.manager().migrate("002")
    project.sql("ALTER TABLE plugin ALTER COLUMN price SET DEFAULT 1.5")  # what stock does after the new type
    for _ in range(3):
        assert "database" not in [finding.kind for finding in project.manager().check().findings]
        project.manager().migrate(None if project.manager().status().up_to_date else "+1")
    default = "SELECT column_default FROM information_schema.columns WHERE column_name = %s"
    assert "1.5" in project.sql(default, "cost")[0][0]
    project.sql("ALTER TABLE plugin ALTER COLUMN name SET DEFAULT 'x'")
    assert [finding.kind for finding in project.manager().check().findings] == ["database"]


def test_a_column_that_is_not_there_any_more(tmp_path: Path, sqlite: pw.Database) -> None:
    """A migration that asks for one the database has lost fails, and says who knows more."""
    column_that_is_gone(tmp_path, sqlite)


def test_a_column_that_is_not_there_any_more_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """A migration that asks for one the database has lost fails, and says who knows more."""
    column_that_is_gone(tmp_path, database)


def column_that_is_gone(tmp_path: Path, database: pw.Database) -> None:
    project = ServerProject(tmp_path, database)
    project.write("001_first", PLUGIN)
    project.write("002_less", "migrator.remove_fields('plugin', 'name')")
    project.manager().migrate("001")
    project.sql("ALTER TABLE plugin ADD COLUMN more INTEGER")
    project.sql("ALTER TABLE plugin DROP COLUMN name")
    with pytest.raises(PeewitError, match=r"has no column .name.") as caught:
        project.manager().migrate()
    assert caught.value.hint == "peewit check compares the database with what the migrations say"
