"""Values for rows that exist: one for all, or one made for every row, and what a foreign key needs of them."""

from __future__ import annotations

import datetime
import uuid

import pytest

from peewit import DataError, PeewitError

from .project import Project

START = "class Person(pw.Model):\n    name = pw.TextField(null=True)\n"


def given(project: Project, rows: int = 5) -> None:
    """A model with some rows, every second without a name."""
    person = project.evolve(START)["Person"]
    for number in range(rows):
        person.create(name=None if number % 2 else f"n{number}")


@pytest.mark.parametrize("null", ["", ", null=True"], ids=["not null", "null"])
def test_every_row_gets_a_uuid_of_its_own(any_project: Project, null: str) -> None:
    """A callable default is called once per row, and its value stored as the field stores it."""
    given(any_project)

    person = any_project.evolve(START + f"    key = pw.UUIDField(default=uuid.uuid4, unique=True{null})\n")["Person"]

    keys = [row.key for row in person.select()]
    assert len(set(keys)) == 5
    assert [type(key) for key in keys] == [uuid.UUID] * 5
    assert any_project.problems() == []


FIELDS = {
    "datetime": ("pw.DateTimeField(default=datetime.datetime.now)", datetime.datetime),
    "date": ("pw.DateField(default=datetime.date.today)", datetime.date),
    "constant date": ("pw.DateField(default=datetime.date(2001, 2, 3))", datetime.date),
    "timestamp": ("pw.TimestampField()", datetime.datetime),
    "a moment that may be missing": ("pw.TimestampField(null=True, default=None)", type(None)),
    "flags that may be missing": ("pw.BitField(null=True, default=None)", type(None)),
    "boolean": ("pw.BooleanField(default=True)", bool),
    "json": ("pw.JSONField(default=dict)", dict),
    "blob": ("pw.BlobField(default=b'x')", bytes),
    "text": ('pw.TextField(default="it\'s")', str),
    "float": ("pw.FloatField(default=0.5)", float),
}


@pytest.mark.parametrize(("field", "kind"), FIELDS.values(), ids=FIELDS.keys())
def test_defaults_read_back_through_the_model(any_project: Project, field: str, kind: type) -> None:
    """What a migration puts into rows is what the model itself would have put there."""
    given(any_project)

    person = any_project.evolve(START + f"    new = {field}\n")["Person"]
    made = person.create(name="made by the model")

    filled = [type(row.new) for row in person.select().where(person.id < made.id)]
    assert filled == [kind] * 5 == [type(person.get_by_id(made.id).new)] * 5


def test_a_moment_without_a_default_is_not_made_up(any_project: Project) -> None:
    """Where a model takes away the default of its field's class, rows that exist have nothing to get."""
    given(any_project)
    with pytest.raises(DataError, match='5 rows, and its new column "new" is not null'):
        any_project.evolve(START + "    new = pw.TimestampField(default=None)\n")


def test_a_class_that_stores_in_its_own_way(any_project: Project) -> None:
    """Rows that exist get what its own model stores of the default."""
    own = (
        "class Tags(pw.TextField):\n"
        "    def db_value(self, value):\n        return ','.join(value)\n"
        "    def python_value(self, value):\n        return value.split(',')\n\n"
    )
    given(any_project)

    person = any_project.evolve(own + START + "    new = Tags(default=list)\n")["Person"]

    assert [row.new for row in person.select()] == [[""]] * 5


def test_a_fill_that_sqlite_cannot_store(any_project: Project) -> None:
    given(any_project)
    own = "class Point(pw.Field):\n    field_type = 'POINT'\n\n"
    with pytest.raises(PeewitError, match=r"\(1, 2\) is no value SQLite stores"):
        any_project.evolve(own + START + "    new = Point()\n", fill={"person.new": "(1, 2)"})


def test_two_callables_with_look_alike_names(any_project: Project) -> None:
    """Columns whose names differ only in letters SQL functions cannot have get their own values."""
    given(any_project)

    any_project.change(
        """
        migrator.add_fields('person', größe=pw.IntegerField(default=lambda: 1))
        migrator.add_fields('person', grüße=pw.IntegerField(default=lambda: 2))
        """
    )

    assert any_project.sql('SELECT DISTINCT "größe", "grüße" FROM person') == [(1, 2)]


def test_nulls_are_filled_and_other_values_kept(any_project: Project) -> None:
    """A column that becomes NOT NULL keeps what it has, and each empty place gets a value of its own."""
    given(any_project)

    any_project.evolve(START.replace("null=True", ""), fill={"person.name": "'new-' + str(uuid.uuid4())"})

    names = [name for (name,) in any_project.sql("SELECT name FROM person ORDER BY id")]
    assert names[::2] == ["n0", "n2", "n4"]
    assert len(set(names)) == 5
    assert [name[:4] for name in names[1::2]] == ["new-", "new-"]


def test_fill_with_a_constant(any_project: Project) -> None:
    """A new NOT NULL column without default takes its one-off value from fill, and no DEFAULT stays behind."""
    given(any_project, 2)

    any_project.evolve(START + "    mail = pw.TextField()\n", fill={"person.mail": "'unknown'"})

    assert any_project.sql("SELECT mail FROM person") == [("unknown",), ("unknown",)]
    assert "DEFAULT" not in any_project.text("person")


def test_an_empty_table_needs_no_value(any_project: Project) -> None:
    """A new NOT NULL column without any value is fine where there are no rows."""
    given(any_project, 0)

    any_project.evolve(START + "    mail = pw.TextField()\n")

    assert any_project.sql("SELECT name, \"notnull\" FROM pragma_table_info('person')")[-1] == ("mail", 1)


def test_a_callable_that_fails_says_so_itself(any_project: Project) -> None:
    """An error in a default is reported as it was raised, and nothing is kept."""
    given(any_project)
    before = any_project.everything()

    with pytest.raises(PeewitError, match="ZeroDivisionError"):
        any_project.change("migrator.add_fields('person', n=pw.IntegerField(default=lambda: 1 // 0))")

    assert any_project.everything() == before


def test_a_new_foreign_key_with_a_value(any_project: Project) -> None:
    """Rows that exist are given an existing row to refer to."""
    given(any_project)

    any_project.evolve(
        START + "    boss = pw.ForeignKeyField('self', on_delete='CASCADE')\n", fill={"person.boss": "1"}
    )

    assert any_project.sql("SELECT DISTINCT boss_id FROM person") == [(1,)]
    any_project.sql("DELETE FROM person WHERE id = 1")
    assert any_project.rows("person") == []


@pytest.mark.parametrize("null", ["", ", null=True"], ids=["not null", "null"])
def test_a_new_foreign_key_to_nothing_is_refused(any_project: Project, null: str) -> None:
    """A value that refers to no row is refused, and nothing is kept."""
    given(any_project)
    before = any_project.everything()

    with pytest.raises(PeewitError, match=r"FOREIGN KEY|are not there"):
        any_project.change(f"migrator.add_fields('person', boss=pw.ForeignKeyField('self', default=77{null}))")

    assert any_project.everything() == before


def test_a_column_becomes_a_foreign_key(any_project: Project) -> None:
    """Plain numbers that all have their row become references, and the database holds them to it."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, t_id INT)")
    any_project.sql("INSERT INTO t VALUES (1, NULL), (2, 1), (3, 3)")

    any_project.change("migrator.change_fields('t', t_id=pw.ForeignKeyField('self', null=True, column_name='t_id'))")

    assert any_project.rows("t") == [(1, None), (2, 1), (3, 3)]
    with pytest.raises(Exception, match="FOREIGN KEY"):
        any_project.sql("INSERT INTO t (t_id) VALUES (99)")


def test_orphans_that_were_there_before_do_not_stop_other_changes(any_project: Project) -> None:
    """A table that has orphans already can still be changed elsewhere; new ones are refused."""
    any_project.start("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE c (p INT REFERENCES p, n INT, m TEXT)")
    any_project.database.execute_sql("PRAGMA foreign_keys = 0")
    any_project.database.execute_sql("INSERT INTO c VALUES (9, 1, 'x')")
    any_project.database.close()

    any_project.change("migrator.change_fields('c', m=pw.BlobField())")

    assert any_project.rows("c") == [(9, 1, b"x")]
    with pytest.raises(DataError, match="1 row"):
        any_project.change(
            "migrator.change_fields('c', n=pw.ForeignKeyField(migrator.orm['p'], column_name='n', null=True))",
            "003_more",
        )


@pytest.mark.parametrize("field", ["default=3", "null=True"])
@pytest.mark.parametrize("check", ["age > 0", '"age" < 10', '"age" + 0 < length(name)'])
def test_a_new_field_and_a_check_of_the_table_in_one_migration(any_project: Project, field: str, check: str) -> None:
    """Meta.constraints may speak of a field that comes with the same migration, in either spelling."""
    given(any_project)
    any_project.sql("UPDATE person SET name = 'a longer name' WHERE name IS NOT NULL")

    any_project.evolve(
        START + f"    age = pw.IntegerField({field})\n    class Meta:\n        constraints = [pw.Check({check!r})]\n"
    )

    assert any_project.sql("SELECT DISTINCT age FROM person") == [(3 if "3" in field else None,)]
    with pytest.raises(Exception, match="CHECK"):
        any_project.sql("UPDATE person SET age = ? WHERE name IS NOT NULL", 0 if "> 0" in check else 99)


def test_a_new_field_and_a_check_its_value_does_not_meet(any_project: Project) -> None:
    """The value given to rows has to meet the constraint that comes with it."""
    given(any_project)
    before = any_project.everything()

    with pytest.raises(PeewitError, match="age > 0"):
        any_project.evolve(
            START
            + "    age = pw.IntegerField(default=0)\n    class Meta:\n        constraints = [pw.Check('age > 0')]\n"
        )

    assert any_project.everything() == before
