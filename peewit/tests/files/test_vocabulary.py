"""Every word of a migration file, of every year, does to the database what it says."""

from typing import Any

import pytest

START = """
@migrator.create_model
class Person(pw.Model):
    name = pw.CharField(max_length=40)
    age = pw.IntegerField(null=True)

    class Meta:
        table_name = "person"

@migrator.create_model
class Pet(pw.Model):
    owner = pw.ForeignKeyField(Person, backref="pets")
    name = pw.CharField(max_length=40, unique=True)

    class Meta:
        table_name = "pet"
        indexes = [(("owner", "name"), False)]
        constraints = [pw.SQL('CONSTRAINT "called" CHECK (name > 17)')]
"""

PERSON = ["id INTEGER NOT NULL KEY", "name VARCHAR(40) NOT NULL", "age INTEGER"]
PET = ["id INTEGER NOT NULL KEY", "owner_id INTEGER NOT NULL", "name VARCHAR(40) NOT NULL"]
AGE_INDEX = 'CREATE INDEX "person_age" ON "person" ("age")'

COLUMNS: list[tuple[str, str, list[str]]] = [
    ("migrator.create_model(type('T', (pw.Model,), {'a': pw.TextField()}))", "t", ["id INTEGER NOT NULL KEY", "a TEXT NOT NULL"]),
    ("migrator.create_table(type('T', (pw.Model,), {'a': pw.TextField()}))", "t", ["id INTEGER NOT NULL KEY", "a TEXT NOT NULL"]),
    ("@migrator.create_table\nclass T(pw.Model):\n    a = pw.TextField(null=True)", "t", ["id INTEGER NOT NULL KEY", "a TEXT"]),
    ("migrator.remove_model('pet')", "pet", []),
    ("migrator.remove_model(migrator.orm['pet'], cascade=True)", "pet", []),
    ("migrator.remove_model('Pet')", "pet", []),
    ("migrator.drop_table(migrator.orm.Pet)", "pet", []),
    ("migrator.rename_table('person', 'people')", "people", PERSON),
    ("migrator.rename_table(migrator.Person, 'people')\nmigrator.add_fields('people', a=pw.TextField(null=True))", "people", [*PERSON, "a TEXT"]),
    ("migrator.add_fields('person', a=pw.TextField(null=True), b=pw.IntegerField(default=1))", "person", [*PERSON, "a TEXT", "b INTEGER NOT NULL"]),
    ("migrator.add_columns('person', a=pw.TextField(null=True))", "person", [*PERSON, "a TEXT"]),
    ("migrator.add_columns(migrator.orm['person'], a=pw.TextField(null=True))", "person", [*PERSON, "a TEXT"]),
    ("migrator.add_fields('person', allow_not_null=True, model=pw.TextField())", "person", [*PERSON, "model TEXT NOT NULL"]),
    ("migrator.add_fields('person', a=pw.TextField(null=True, column_name='b'))", "person", [*PERSON, "b TEXT"]),
    ("migrator.add_fields('person', pet=pw.ForeignKeyField(migrator.orm['pet'], null=True))", "person", [*PERSON, "pet_id INTEGER"]),
    ("migrator.add_fields('person', boss=pw.ForeignKeyField('self', null=True))", "person", [*PERSON, "boss_id INTEGER"]),
    ("migrator.change_fields('person', age=pw.TextField(null=True))", "person", [*PERSON[:2], "age TEXT"]),
    ("migrator.change_columns('person', age=pw.TextField(null=True))", "person", [*PERSON[:2], "age TEXT"]),
    ("migrator.change_fields('person', age=pw.IntegerField(null=True, column_name='years'))", "person", [*PERSON[:2], "years INTEGER"]),
    ("migrator.change_fields('person', age=pw.IntegerField(default=18))", "person", [*PERSON[:2], "age INTEGER NOT NULL"]),
    ("migrator.change_fields('person', name=pw.CharField(max_length=9), age=pw.TextField(null=True))", "person", [PERSON[0], "name VARCHAR(9) NOT NULL", "age TEXT"]),
    ("migrator.remove_fields('person', 'age')", "person", PERSON[:2]),
    ("migrator.remove_fields('person', 'age', 'name', cascade=False)", "person", PERSON[:1]),
    ("migrator.remove_fields('person', 'no such field')", "person", PERSON),
    ("migrator.drop_columns('person', 'age', cascade=True)", "person", PERSON[:2]),
    ("migrator.remove_fields('pet', 'owner')", "pet", [PET[0], PET[2]]),
    ("migrator.remove_fields('pet', 'owner_id', ['name'])", "pet", PET),
    ("migrator.rename_field('person', 'age', 'years')", "person", [*PERSON[:2], "years INTEGER"]),
    ("migrator.rename_column('person', 'age', 'years')", "person", [*PERSON[:2], "years INTEGER"]),
    ("migrator.rename_field('pet', 'owner', 'human')", "pet", [PET[0], "human_id INTEGER NOT NULL", PET[2]]),
    ("migrator.add_not_null('person', 'age')", "person", [*PERSON[:2], "age INTEGER NOT NULL"]),
    ("migrator.drop_not_null('person', 'name', 'age')", "person", [PERSON[0], "name VARCHAR(40)", PERSON[2]]),
    ("migrator.add_default('person', 'age', 20)", "person", PERSON),
    ("migrator.sql('ALTER TABLE person ADD COLUMN a TEXT')", "person", [*PERSON, "a TEXT"]),
    ("migrator.sql('CREATE TABLE raw (a TEXT, b VARCHAR(3))')", "raw", ["a TEXT", "b VARCHAR(3)"]),
    ("migrator.run(database.execute_sql, 'CREATE TABLE raw (a TEXT)')", "raw", ["a TEXT"]),
    ("migrator.python(lambda sql: database.execute_sql(sql), sql='CREATE TABLE raw (a TEXT)')", "raw", ["a TEXT"]),
    ("@migrator.run\ndef fill():\n    database.execute_sql('CREATE TABLE raw (a TEXT)')", "raw", ["a TEXT"]),
    ("@migrator.python\ndef fill():\n    database.execute_sql('CREATE TABLE raw (a TEXT)')", "raw", ["a TEXT"]),
    ("database.execute_sql('CREATE TABLE raw (a TEXT)')", "raw", ["a TEXT"]),
    ("migrator.change_table('pet', strict_tables=False)", "pet", PET),
    ("migrator.change_primary_key('pet', 'name')", "pet", ["id INTEGER NOT NULL", PET[1], PET[2] + " KEY"]),
    ("for model in migrator:\n    migrator.add_fields(model, seen=pw.IntegerField(null=True))", "pet", [*PET, "seen INTEGER"]),
    ("with migrator.fake():\n    migrator.remove_model('pet')", "pet", PET),
]  # fmt: skip

INDEXES: list[tuple[str, list[str]]] = [
    ("migrator.add_index('person', 'age')", [AGE_INDEX]),
    ("migrator.add_index('person', 'age', unique=True)", ['CREATE UNIQUE INDEX "person_age" ON "person" ("age")']),
    ("migrator.add_index('person', 'name', 'age', unique=True)", ['CREATE UNIQUE INDEX "person_name_age" ON "person" ("name", "age")']),
    ("migrator.add_index(migrator.orm['person'], 'age')", [AGE_INDEX]),
    ("migrator.add_index('person', 'age', where=pw.SQL('age > 1'), name='older')", ['CREATE INDEX "older" ON "person" ("age") WHERE age > 1']),
    ("migrator.add_index('person', pw.SQL('lower(name)'), name='folded')", ['CREATE INDEX "folded" ON "person" (lower(name))']),
    ("migrator.add_index('person', 'age')\nmigrator.drop_index('person', 'age')", []),
    ("migrator.add_index('person', 'age', name='x')\nmigrator.drop_index('person', name='x')", []),
    ("migrator.add_index('person', 'age', unique=True)\nmigrator.drop_index('person', 'age')", []),
    ("migrator.add_index('person', 'age')\nmigrator.rename_field('person', 'age', 'years')\nmigrator.drop_index('person', 'years')", []),
    ("migrator.change_fields('person', age=pw.IntegerField(null=True, unique=True))", ['CREATE UNIQUE INDEX "person_age" ON "person" ("age")']),
    ("migrator.add_fields('person', b=pw.TextField(null=True, index=True))", ['CREATE INDEX "person_b" ON "person" ("b")']),
    ("migrator.add_index('person', 'age')\nmigrator.add_index('person', 'age', unique=True, name='x')\nmigrator.drop_index('person', 'age')", ['CREATE UNIQUE INDEX "x" ON "person" ("age")']),
    ("Person = migrator.orm['person']\nPerson.add_index(Person.age)\nmigrator.add_index(Person, 'age')", [AGE_INDEX]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "table", "expected"), COLUMNS)
def test_a_word_changes_columns(project: Any, body: str, table: str, expected: list[str]) -> None:
    """The table has exactly the columns the file asked for."""
    project.add("001_start", START)
    project.add("002_word", body)
    project.migrate()
    assert project.columns(table) == expected


@pytest.mark.parametrize(("body", "expected"), INDEXES)
def test_a_word_changes_indexes(project: Any, body: str, expected: list[str]) -> None:
    """The table has exactly the indexes the file asked for."""
    project.add("001_start", START)
    project.add("002_word", body)
    project.migrate()
    assert project.indexes("person") == expected


@pytest.mark.parametrize(("body", "expected"), [
    ("migrator.add_constraint('pet', 'named', pw.Check(\"name <> ''\"))", ["called", "named"]),
    ("migrator.add_constraint('pet', 'one', pw.SQL('UNIQUE (name)'))", ["called", "one"]),
    ("migrator.drop_constraints('pet', 'called')", []),
    ("migrator.drop_constraints('pet', pw.Check('name > 17'))", []),
])  # fmt: skip
def test_a_word_changes_constraints(project: Any, body: str, expected: list[str]) -> None:
    """The table has exactly the named constraints the file asked for."""
    project.add("001_start", START)
    project.add("002_word", body)
    project.migrate()
    ((sql,),) = project.query("SELECT sql FROM sqlite_master WHERE name = 'pet'")
    assert [name for name in ("called", "named", "one") if f'"{name}"' in sql] == expected


def test_nulls_are_filled(project: Any) -> None:
    """add_default puts its value where there was none."""
    project.add("001_start", START)
    project.add("002_row", "migrator.sql('INSERT INTO person (name) VALUES (?)', 'Ann')")
    project.add("003_word", "migrator.add_default('person', 'age', 30)")
    project.migrate()
    assert project.query("SELECT name, age FROM person") == [("Ann", 30)]
