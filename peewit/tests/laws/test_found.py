"""What the laws found, each defect once more in its smallest form: what went wrong stands in the docstring."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse.sqlite_ext import AutoIncrementField

from peewit import MigrationManager
from peewit.models.source import source_of_callable

from .live import made_by_peewee, opened, schema_of

Model = type[pw.Model]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[pw.SqliteDatabase]:
    """A database file with foreign keys on."""
    opened_by_peewee = pw.SqliteDatabase(str(tmp_path / "app.db"), pragmas={"foreign_keys": 1})
    yield opened_by_peewee
    opened_by_peewee.close()


def model(name: str, table: str = "person", /, *, meta: dict[str, Any] | None = None, **fields: Any) -> Model:
    """A model class."""
    options = {"table_name": table, "primary_key": False, **(meta or {})}
    if any(isinstance(field, pw.Field) and field.primary_key for field in fields.values()):
        options.pop("primary_key")
    made: Model = type(name, (pw.Model,), {**fields, "Meta": type("Meta", (), options)})
    return made


def there_and_back(
    database: pw.SqliteDatabase,
    before: Sequence[Model],
    after: Sequence[Model],
    renames: dict[str, str] | None = None,
    rows: Sequence[str] = (),
) -> None:
    """Migrate to both sides, back, and up again; the schema is always what Peewee makes of the models."""
    folder = Path(database.database).parent / "migrations"
    first, second = made_by_peewee(before), made_by_peewee(after)
    MigrationManager(database, folder, models=before, backup=False).create("initial")
    manager = MigrationManager(database, folder, models=after, backup=False)
    manager.migrate()
    assert first == seen(database)
    for row in rows:
        database.execute_sql(row)
    database.close()
    assert manager.create("next", renames=renames or {}) is not None
    for step, wanted in ((manager.migrate, second), (manager.rollback, first), (manager.migrate, second)):
        step()
        database.close()
        assert wanted == seen(database)
    assert manager.create("again") is None


def seen(database: pw.SqliteDatabase) -> dict[str, Any]:
    """The schema of the file."""
    with contextlib.closing(opened(database.database)) as connection:
        return schema_of(connection)


def test_an_index_over_the_key_is_kept(database: pw.SqliteDatabase) -> None:
    """An index in Meta over the primary key was taken for one the field makes by itself, and never made."""
    meta = {"indexes": ((("id",), False),)}
    before = model("Person", meta=meta, id=pw.AutoField())
    there_and_back(database, [before], [model("Person", meta=meta, id=pw.AutoField(), n=pw.IntegerField(null=True))])


def test_a_named_unique_index_outlives_a_change_of_its_column(database: pw.SqliteDatabase) -> None:
    """A unique index with a name of its own was dropped when another thing of its column changed."""

    def person(**options: Any) -> Model:
        made = model("Person", name=pw.TextField(**options))
        made.add_index(pw.ModelIndex(made, [made._meta.fields["name"]], unique=True, name="by_name"))
        return made

    there_and_back(database, [person()], [person(null=True)])


def test_foreign_keys_follow_the_type_they_refer_to(database: pw.SqliteDatabase) -> None:
    """A foreign key kept its old type in the database where the column it refers to got another one."""

    def models(field: Any) -> list[Model]:
        parent = model("Parent", "parent", code=field)
        return [parent, model("Child", "child", parent=pw.ForeignKeyField(parent, field="code", null=True))]

    row = ["INSERT INTO parent (code) VALUES (1)", "INSERT INTO child (parent_id) VALUES (1)"]
    there_and_back(database, models(pw.IntegerField(unique=True)), models(pw.TextField(unique=True)), rows=row)


def test_a_dropped_foreign_key_comes_back_with_its_type(database: pw.SqliteDatabase) -> None:
    """A rollback gave a foreign key the type its target had after the migration."""
    parent = model("Parent", "parent", code=pw.IntegerField(unique=True))
    child = model("Child", "child", parent=pw.ForeignKeyField(parent, field="code", null=True), n=pw.IntegerField())
    after = [
        model("Parent", "parent", code=pw.TextField(unique=True)),
        model("Child", "child", n=pw.IntegerField()),
    ]
    there_and_back(database, [parent, child], after)


def test_a_dropped_table_comes_back_after_what_it_refers_to(database: pw.SqliteDatabase) -> None:
    """A rollback made a table before the column it refers to was back, so it referred to another one."""
    parent = model("Parent", "parent", code=pw.AutoField(), n=pw.IntegerField())
    child = model("Child", "child", parent=pw.ForeignKeyField(parent))
    there_and_back(database, [parent, child], [model("Parent", "parent", id=pw.AutoField(), n=pw.IntegerField())])


def test_a_new_table_refers_to_a_new_column(database: pw.SqliteDatabase) -> None:
    """A table was made before the column of an older table it refers to."""
    before = model("Parent", "parent", n=pw.IntegerField())
    parent = model("Parent", "parent", n=pw.IntegerField(), code=pw.TextField(null=True, unique=True))
    child = model("Child", "child", parent=pw.ForeignKeyField(parent, field="code"))
    there_and_back(database, [before], [parent, child])


def test_a_kept_foreign_key_changes_to_a_new_column(database: pw.SqliteDatabase) -> None:
    """On the way back a foreign key was changed before the column it goes back to was there."""

    def models(**fields: Any) -> list[Model]:
        parent = model("Parent", "zebra", n=pw.IntegerField(), **fields)
        return [parent, model("Child", "ant", parent=pw.ForeignKeyField(parent, null=True, column_name="up"))]

    there_and_back(database, models(code=pw.AutoField()), models(id=pw.AutoField()))


def test_a_column_named_as_its_own_table_is_dropped(database: pw.SqliteDatabase) -> None:
    """A column could not be dropped where a foreign key's table had the same name."""
    fields: dict[str, Any] = {"id": pw.AutoField(), "parent": pw.ForeignKeyField("self", null=True)}
    before = model(
        "Order",
        "order",
        id=pw.AutoField(),
        parent=pw.ForeignKeyField("self", null=True),
        order=pw.TextField(),
    )
    there_and_back(database, [before], [model("Order", "order", **fields)])


@pytest.mark.parametrize("name", ["check", "positive"])
def test_a_column_named_as_a_word_of_a_check_is_dropped(database: pw.SqliteDatabase, name: str) -> None:
    """A column called as the keyword or the name of a CHECK could not be dropped."""
    meta = {"constraints": [pw.Check("age > 0", name="positive")]}
    before = model("Person", meta=meta, age=pw.IntegerField(), **{name: pw.TextField(null=True)})
    there_and_back(database, [before], [model("Person", meta=meta, age=pw.IntegerField())])


def test_a_key_and_the_reference_to_it_go_together(database: pw.SqliteDatabase) -> None:
    """The key of a table could not be dropped together with the foreign key of the same table to it."""
    before = model("Person", id=pw.AutoField(), parent=pw.ForeignKeyField("self", null=True), n=pw.IntegerField())
    there_and_back(database, [before], [model("Person", n=pw.IntegerField())])


def test_a_text_key_and_the_reference_to_it_come_back_together(database: pw.SqliteDatabase) -> None:
    """A rollback could not add a key and a foreign key to it in one call."""
    code = pw.CharField(primary_key=True, max_length=40)
    before = model("Person", code=code, parent=pw.ForeignKeyField("self"), n=pw.IntegerField())
    there_and_back(database, [before], [model("Person", n=pw.IntegerField())])


def test_one_counting_key_takes_the_place_of_another(database: pw.SqliteDatabase) -> None:
    """A new AUTOINCREMENT key lost its mark, and a model with the old and the new key could not be built."""
    before = model("Person", key=pw.AutoField(), n=pw.IntegerField(), up=pw.ForeignKeyField("self", null=True))
    fields: dict[str, Any] = {
        "code": AutoIncrementField(),
        "n": pw.IntegerField(),
        "up": pw.ForeignKeyField("self", null=True),
    }
    there_and_back(database, [before], [model("Person", **fields)])


def test_an_expression_index_goes_with_its_column(database: pw.SqliteDatabase) -> None:
    """An index over a column and an expression of another was not dropped before that other column."""
    before = model("Person", name=pw.TextField(), age=pw.IntegerField(), n=pw.IntegerField())
    parts = [pw.fn.lower(before._meta.fields["name"]), before._meta.fields["age"]]
    before.add_index(pw.ModelIndex(before, parts, name="by_both"))
    there_and_back(database, [before], [model("Person", n=pw.IntegerField())])


def test_a_bracket_in_a_table_name_ends_no_index(database: pw.SqliteDatabase) -> None:
    """A column could not be dropped where the table's name held an opening bracket and another a quote."""
    before = model("Person", "a,b (c)", n=pw.IntegerField(index=True), gone=pw.TextField(column_name="it's"))
    there_and_back(database, [before], [model("Person", "a,b (c)", n=pw.IntegerField(index=True))])


def test_a_check_follows_its_column_to_a_name_of_its_own(database: pw.SqliteDatabase) -> None:
    """A column that got a ``column_name`` was written with a CHECK that still spoke of the old one."""
    before = model("Person", age=pw.IntegerField(constraints=[pw.Check('"age" > 0')]))
    age = pw.IntegerField(column_name="the age", constraints=[pw.Check('"the age" > 0')])
    there_and_back(database, [before], [model("Person", age=age)])


def test_a_foreign_key_becomes_a_generated_column(database: pw.SqliteDatabase) -> None:
    """A column that became a generated one kept its foreign key."""
    parent = model("Parent", "parent", id=pw.AutoField())
    fields: dict[str, Any] = {
        "n": pw.IntegerField(),
        "up": pw.ForeignKeyField(parent, null=True, column_name="up", index=False),
    }
    made: list[Any] = [pw.SQL("GENERATED ALWAYS AS (n + 1) STORED")]
    after = model("Child", "child", n=pw.IntegerField(), up=pw.IntegerField(null=True, constraints=made))
    there_and_back(database, [parent, model("Child", "child", **fields)], [parent, after])


def test_the_proof_knows_what_neighbours_refer_to(database: pw.SqliteDatabase) -> None:
    """A new table could not be proved where the table it refers to refers to a third one."""
    first = model("First", "first", id=pw.AutoField())
    second = model("Second", "second", id=pw.AutoField(), first=pw.ForeignKeyField(first))
    third = model("Third", "third", second=pw.ForeignKeyField(second))
    there_and_back(database, [first, second], [first, second, third])


def test_a_field_no_file_can_write_is_rolled_back(database: pw.SqliteDatabase) -> None:
    """A field called ``migrator`` is written under another name, and a rollback silently left its column."""
    before = model("Person", age=pw.IntegerField(default=1))
    there_and_back(database, [before], [model("Person", migrator=pw.CharField(null=True))])


def test_a_field_no_file_can_write_keeps_its_values(database: pw.SqliteDatabase) -> None:
    """A field called ``pw`` that got a ``column_name`` was taken for two fields, and both were dropped."""
    before = model("Person", n=pw.IntegerField(), pw=pw.BlobField())
    after = model("Person", n=pw.IntegerField(), pw=pw.BlobField(column_name="two words"))
    there_and_back(database, [before], [after], rows=["INSERT INTO person (n, pw) VALUES (1, x'00')"])
    assert database.execute_sql('SELECT n, "two words" FROM person').fetchall() == [(1, b"\0")]


def test_a_column_is_renamed_to_what_no_file_can_write(database: pw.SqliteDatabase) -> None:
    """A rollback looked for a field under a name the file had not given it."""
    before = model("Person", email=pw.TextField(column_name="_id"))
    there_and_back(database, [before], [model("Person", pw=pw.TextField())], renames={"person.email": "pw"})


def test_a_model_may_be_called_as_a_module(database: pw.SqliteDatabase) -> None:
    """A class called ``uuid`` hid the module its own file needed."""
    before = model("Person", n=pw.IntegerField())
    after = [before, model("uuid", "ids", n=pw.UUIDField(default=uuid.UUID(int=1)))]
    there_and_back(database, [before], after)


def test_a_lambda_may_call_into_a_module() -> None:
    """A lambda with a call like ``uuid.uuid4()`` was refused: Python compiles calls into imported modules otherwise."""
    function = lambda: uuid.uuid4().hex  # noqa: E731 - it is what a field's default looks like
    assert source_of_callable(function) == ("lambda: uuid.uuid4().hex", ("import uuid",))


def test_an_index_over_a_new_counting_key(database: pw.SqliteDatabase) -> None:
    """On the way back to an AutoField with an index of its own, the index was lost."""
    meta = {"indexes": ((("id",), False),)}
    before = model("Person", meta=meta, id=pw.AutoField(), n=pw.IntegerField())
    there_and_back(database, [before], [model("Person", n=pw.IntegerField())])


def test_two_names_for_one_index_are_one_index(database: pw.SqliteDatabase) -> None:
    """A second index that does the work of the first was asked for again by every new migration."""

    def person(*names: str) -> Model:
        made = model("Person", n=pw.IntegerField())
        for name in names:
            made.add_index(pw.ModelIndex(made, [made._meta.fields["n"]], name=name))
        return made

    folder = Path(str(database.database)).parent / "migrations"
    MigrationManager(database, folder, models=[person("one")], backup=False).create("initial")
    assert MigrationManager(database, folder, models=[person("one", "two")], backup=False).create("next") is None


def test_a_table_comes_back_to_a_key_that_got_its_type_back(database: pw.SqliteDatabase) -> None:
    """A table made after a key had got another type still referred to the key's former type."""
    parent = model("Parent", "parent", key=pw.UUIDField(primary_key=True), up=pw.ForeignKeyField("self"))
    other = model("Other", "other", code=pw.IntegerField(unique=True), n=pw.IntegerField())
    fields: dict[str, Any] = {
        "parent": pw.ForeignKeyField(parent),
        "other": pw.ForeignKeyField(other, field="code"),
    }
    after = [model("Parent", "parent", key=pw.AutoField()), model("Other", "other", n=pw.IntegerField())]
    there_and_back(database, [parent, other, model("Child", "child", **fields)], after)


def test_two_fields_exchange_names(database: pw.SqliteDatabase) -> None:
    """A new field under the name another column's field has in the files made two fields of one name."""
    before = model("Person", name=pw.IntegerField(column_name="label"), email=pw.IntegerField())
    after = model("Person", name=pw.CharField(), email=pw.CharField(column_name="label"))
    there_and_back(database, [before], [after])


def test_an_index_name_goes_from_table_to_table(database: pw.SqliteDatabase) -> None:
    """A new table could not have an index of the name a dropped table's index had."""

    def person(table: str) -> Model:
        made = model("Person", table, name=pw.TextField())
        made.add_index(pw.ModelIndex(made, [made._meta.fields["name"]], name="by_name"))
        return made

    there_and_back(database, [person("old")], [person("new")])


def test_a_table_in_another_case_is_the_table(database: pw.SqliteDatabase) -> None:
    """A table whose name changed its case, and that changed otherwise, was dropped and made under a name in use."""
    before = model("Person", "person", id=pw.AutoField(), name=pw.TextField(null=True))
    rows = ["INSERT INTO person (id) VALUES (7)"]
    there_and_back(database, [before], [model("Person", "PERSON", id=pw.AutoField())], rows=rows)
    assert database.execute_sql("SELECT id FROM person").fetchall() == [(7,)]


def test_one_index_under_two_names_goes_again(database: pw.SqliteDatabase) -> None:
    """Of two new indexes that do the same work the files know one: the database got both, and a rollback left one."""
    after = model("Person", meta={"indexes": ((("n",), False),)}, n=pw.IntegerField())
    after.add_index(pw.ModelIndex(after, [after._meta.fields["n"]], name="by_n"))
    there_and_back(database, [model("Person", n=pw.IntegerField())], [after])
    written = Path(database.database).parent / "migrations" / "002_next.py"
    assert written.read_text().count("add_index") == 1


def test_a_new_column_a_new_table_an_older_table(database: pw.SqliteDatabase) -> None:
    """A new table an older one will refer to was made before the new key it refers to: it referred to the old one."""

    def models(key: str, **fields: Any) -> list[Model]:
        first = model("First", "first", n=pw.IntegerField(), **{key: pw.AutoField()})
        return [first, model("Third", "third", n=pw.IntegerField(), **fields)]

    first, third = models("id")
    second = model("Second", "second", id=pw.AutoField(), first=pw.ForeignKeyField(first))
    third._meta.add_field("second", pw.ForeignKeyField(second, null=True))
    there_and_back(database, models("key"), [first, second, third])


def test_an_older_table_a_dropped_table_a_dropped_column(database: pw.SqliteDatabase) -> None:
    """On the way back such a table was made before the key it refers to, and not after it."""

    def models(key: str) -> list[Model]:
        first = model("First", "first", n=pw.IntegerField(), **{key: pw.AutoField()})
        return [first, model("Third", "third", n=pw.IntegerField())]

    first, third = models("id")
    second = model("Second", "second", id=pw.AutoField(), first=pw.ForeignKeyField(first))
    third._meta.add_field("second", pw.ForeignKeyField(second, null=True))
    there_and_back(database, [first, second, third], models("key"))


def test_a_reference_follows_and_changes_at_once(database: pw.SqliteDatabase) -> None:
    """A column changed by itself and with what it refers to lost its CHECK twice, and the second time failed."""
    key = pw.CharField(primary_key=True, max_length=40)
    before = model("Person", id=key, name=pw.ForeignKeyField("self", null=True, column_name="name"))
    checked = pw.IntegerField(null=True, constraints=[pw.Check('"name" < 7')])
    there_and_back(database, [before], [model("Person", id=pw.AutoField(), name=checked)])


def test_the_other_of_two_like_indexes_stays(database: pw.SqliteDatabase) -> None:
    """A dropped index did not come back beside one that does the same work; dropped again, it took that one along."""

    def person(*names: str) -> Model:
        made = model("Person", n=pw.IntegerField())
        for name in names:
            made.add_index(pw.ModelIndex(made, [made._meta.fields["n"]], name=name))
        return made

    there_and_back(database, [person("one", "two")], [person("two")])
    names = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'person'"
    assert database.execute_sql(names).fetchall() == [("two",)]
