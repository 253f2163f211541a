"""Rows that do not fit a change: refused with table, column, count and way out, and everything as it was."""

from __future__ import annotations

import pytest

from peewit import DataError, PeewitError

from .project import Project

TABLE = (
    "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INT, code VARCHAR(9), born TEXT, boss INT,"
    " amount REAL, photo BLOB)"
)
ROWS = (
    "INSERT INTO person VALUES (1, 'a', -1, 'abcdef', '2001-02-03', NULL, 0.5, x'00ff'),"
    " (2, NULL, 7, 'abc', 'soon', 77, 1.0, NULL), (3, 'a', 8, 'ABCDEFG', '12', 1, 9007199254740993.0, 'text')"
)

REFUSED = {
    "not null": (
        "migrator.add_not_null('person', 'name')",
        ['"name"', '"person"', "1 row", "UPDATE person SET name = … WHERE name IS NULL"],
    ),
    "not null field": (
        "migrator.change_fields('person', name=pw.TextField())",
        ['"name"', '"person"', "1 row", "UPDATE person SET name = … WHERE name IS NULL"],
    ),
    "unique": ("migrator.add_index('person', 'name', unique=True)", ["name", '"person"', "1 value", "'a'"]),
    "unique field": (
        "migrator.change_fields('person', name=pw.TextField(null=True, unique=True))",
        ["name", '"person"', "1 value", "'a'"],
    ),
    "unique constraint": (
        "migrator.add_constraint('person', None, pw.SQL('UNIQUE (name)'))",
        ["name", '"person"', "1 value", "'a'"],
    ),
    "unique expression": (
        "migrator.add_index('person', pw.SQL('lower(name)'), unique=True)",
        ['"person"', "1 value", "'a'"],
    ),
    "orphans": (
        "migrator.change_fields('person', boss=pw.ForeignKeyField('self', null=True, column_name='boss'))",
        ['"boss"', '"person"', "1 row", "77", "set the values to null"],
    ),
    "check": (
        "migrator.add_constraint('person', 'old', pw.Check('age > 0'))",
        ["age > 0", '"person"', "1 row", "correct the rows"],
    ),
    "check of a field": (
        "migrator.change_fields('person', age=pw.IntegerField(null=True, constraints=[pw.Check('age > 0')]))",
        ["age > 0", '"person"', "1 row", "correct the rows"],
    ),
    "strict integer": (
        "migrator.change_fields('person', code=pw.TextField())\nmigrator.change_table('person', strict_tables=True)",
        ['"photo"', '"person"', "STRICT", "1 value", "'text'", "correct or clear them first"],
    ),
    "text to integer": (
        "migrator.change_fields('person', born=pw.IntegerField(null=True))",
        ['"born"', '"person"', "2 values", "2001-02-03"],
    ),
    "text to float": (
        "migrator.change_fields('person', born=pw.FloatField())",
        ['"born"', '"person"', "2 values", "soon"],
    ),
    "text to decimal": ("migrator.change_fields('person', born=pw.DecimalField())", ['"born"', "2 values", "soon"]),
    "text to date": (
        "migrator.change_fields('person', born=pw.DateField())",
        ['"born"', '"person"', "2 values", "soon"],
    ),
    "text to boolean": ("migrator.change_fields('person', name=pw.BooleanField(null=True))", ['"name"', "2 values"]),
    "float to integer": ("migrator.change_fields('person', amount=pw.IntegerField())", ['"amount"', "1 value", "0.5"]),
    "blob to integer": ("migrator.change_fields('person', photo=pw.IntegerField(null=True))", ['"photo"', "2 values"]),
    "bytes to text": (
        "migrator.change_fields('person', photo=pw.TextField(null=True))",
        ['"photo"', '"person"', "1 value", "\\x00\\xff"],
    ),
    "shorter": (
        "migrator.change_fields('person', code=pw.CharField(max_length=5, null=True))",
        ['"code"', '"person"', "2 values", "too long", "abcdef"],
    ),
    "limited": (
        "migrator.change_fields('person', born=pw.CharField(max_length=5, null=True))",
        ['"born"', '"person"', "1 value", "too long", "2001-02-03"],
    ),
    "new column": (
        "migrator.add_fields('person', mail=pw.TextField())",
        ['"mail"', '"person"', "3 rows", "put default=… into its field in the file"],
    ),
    "new key": (
        "migrator.change_primary_key('person', 'name')",
        ["name", '"person"', "1 value"],
    ),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_rows_that_do_not_fit_are_refused(any_project: Project, change: str, words: list[str]) -> None:
    """The message names table, column, how many rows and what to do; nothing at all has changed."""
    any_project.start(TABLE)
    any_project.sql(ROWS)
    before = any_project.everything()

    with pytest.raises(DataError) as raised:
        any_project.change(change)

    message = str(raised.value)
    assert [word for word in words if word not in message] == []
    assert "002_change" in message
    assert "nothing of this migration was kept" in message
    assert any_project.everything() == before


def test_a_refusal_undoes_what_the_migration_did_before(any_project: Project) -> None:
    """Tables made, rows written and columns added by the same migration go with it."""
    any_project.start(TABLE)
    any_project.sql(ROWS)
    before = any_project.everything()

    with pytest.raises(DataError):
        any_project.change(
            """
            database.execute_sql("UPDATE person SET age = 100")
            migrator.sql("CREATE TABLE more (a)")
            migrator.add_fields('person', mail=pw.TextField(default='x'))
            migrator.run()
            migrator.add_not_null('person', 'name')
            """
        )

    assert any_project.everything() == before


def test_migrations_before_the_refused_one_are_kept_and_told(any_project: Project) -> None:
    """What was finished in the same run stays, and the error says which that is."""
    any_project.start(TABLE)
    any_project.sql(ROWS)
    any_project.write("002_good", "migrator.add_fields('person', mail=pw.TextField(default='x'))")
    any_project.write("003_bad", "migrator.add_not_null('person', 'name')")

    with pytest.raises(DataError, match="003_bad") as raised:
        any_project.manager().migrate()

    assert raised.value.applied == ("002_good",)
    assert "\napplied before it: 002_good\n" in str(raised.value)
    assert [entry.name for entry in any_project.manager().status().applied] == ["001_start", "002_good"]


ACCEPTED = {
    "integers in text": ("UPDATE person SET born = '12'", "born=pw.IntegerField()", [12, 12, 12]),
    "text in an integer": (None, "age=pw.TextField()", ["-1", "7", "8"]),
    "bytes of a number": ("UPDATE person SET photo = x'3132'", "photo=pw.IntegerField()", [12, 12, 12]),
    "bytes of a day": (
        "UPDATE person SET photo = CAST('2020-02-29' AS BLOB)",
        "photo=pw.DateField()",
        ["2020-02-29"] * 3,
    ),
    "no type": (None, "age=pw.BareField()", [-1, 7, 8]),
    "whole floats": ("UPDATE person SET amount = 3.0", "amount=pw.IntegerField()", [3, 3, 3]),
    "big integers": ("UPDATE person SET age = 9007199254740993", "age=pw.BigIntegerField()", [9007199254740993] * 3),
    "integers to a float": (None, "age=pw.FloatField()", [-1.0, 7.0, 8.0]),
    "longer": (None, "code=pw.CharField(max_length=50, null=True)", ["abcdef", "abc", "ABCDEFG"]),
    "text": (None, "code=pw.TextField(null=True)", ["abcdef", "abc", "ABCDEFG"]),
}


@pytest.mark.parametrize(("update", "field", "values"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_values_that_fit_are_converted(
    any_project: Project, update: str | None, field: str, values: list[object]
) -> None:
    """A change of type gives every row the same value in the new form."""
    any_project.start(TABLE)
    any_project.sql(ROWS)
    if update:
        any_project.sql(update)
    column = field.partition("=")[0]

    any_project.change(f"migrator.change_fields('person', {field})")

    found = [value for (value,) in any_project.sql(f"SELECT {column} FROM person ORDER BY id")]
    assert [(value, type(value)) for value in found] == [(value, type(value)) for value in values]


NO_DAYS = ["", "now", "2020-13-01", "2021-02-29", "20200101", "12:30", "2020-01-01 or so"]
DAYS = ["2020-02-29", "2020-01-01 10:00", "2020-01-01 10:00:00", "2020-01-01T10:00:00.123456"]
NO_TIMES = ["", "now", "25:00", "12", "2020-01-01"]
TIMES = ["12:30", "12:30:59", "12:30:59.123456"]


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [("DateField", NO_DAYS, DAYS), ("DateTimeField", NO_DAYS, DAYS), ("TimeField", NO_TIMES, TIMES)],
)
def test_a_text_becomes_a_time_only_where_it_is_one(
    any_project: Project, field: str, wrong: list[str], right: list[str]
) -> None:
    """SQLite would store anything: what no day or time has is refused, all others stay as they are written."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (name) VALUES (NULL)")
    for text in [*wrong, *right]:
        any_project.sql("INSERT INTO person (name) VALUES (?)", text)
    change = f"migrator.change_fields('person', name=pw.{field}(null=True))"
    before = any_project.everything()

    with pytest.raises(DataError, match=f'"name" .* {len(wrong)} values do not convert'):
        any_project.change(change)
    assert any_project.everything() == before

    for text in wrong:
        any_project.sql("DELETE FROM person WHERE name = ?", text)
    any_project.change(change)
    assert any_project.sql("SELECT name FROM person ORDER BY id") == [(None,), *((text,) for text in right)]


def test_a_field_that_reads_other_formats_says_itself_what_a_day_is(any_project: Project) -> None:
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (name) VALUES ('31.12.2020')")

    any_project.change("migrator.change_fields('person', name=pw.DateField(formats=['%d.%m.%Y']))")

    assert any_project.sql("SELECT name FROM person") == [("31.12.2020",)]


def test_a_day_is_no_number(any_project: Project) -> None:
    """SQLite keeps both in one way, and a model could not read the one as the other."""
    any_project.start("CREATE TABLE person (id INTEGER PRIMARY KEY, born DATE)")
    any_project.sql("INSERT INTO person VALUES (1, '2020-02-29')")
    with pytest.raises(DataError, match=r'"born" of "person" cannot become DECIMAL.+: 1 value does not convert'):
        any_project.change("migrator.change_fields('person', born=pw.DecimalField())")


def test_an_integer_that_would_lose_digits_is_refused(any_project: Project) -> None:
    """A number that a float cannot hold exactly is not rounded in passing."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (id, age) VALUES (1, 9007199254740993), (2, 9007199254740992)")
    before = any_project.everything()

    with pytest.raises(DataError, match="1 value"):
        any_project.change("migrator.change_fields('person', age=pw.FloatField(null=True))")

    assert any_project.everything() == before


@pytest.mark.parametrize("field", ["FloatField", "DecimalField", "IntegerField"])
@pytest.mark.parametrize("text", ["12345678901234567890123456789012", "4503599627370497.4", "1e400"])
def test_a_text_that_would_lose_digits_is_refused(any_project: Project, field: str, text: str) -> None:
    """Digits in a text that no number of the new type keeps are not rounded away in passing."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (id, name) VALUES (1, ?), (2, '7'), (3, NULL)", text)
    before = any_project.everything()

    with pytest.raises(DataError, match="1 value") as raised:
        any_project.change(f"migrator.change_fields('person', name=pw.{field}(null=True))")

    assert text in str(raised.value)
    assert any_project.everything() == before


def test_a_text_of_a_number_becomes_that_number(any_project: Project) -> None:
    """However a text writes a number, and also with all digits Python writes for a float, it converts."""
    texts = ["1.50", "1e5", " 7 ", "-0.0", "007", "9007199254740992", "0.30000000000000004", "0.8444218515250481"]
    any_project.start(TABLE)
    for text in texts:
        any_project.sql("INSERT INTO person (name) VALUES (?)", text)

    any_project.change("migrator.change_fields('person', name=pw.FloatField(null=True))")

    assert any_project.sql("SELECT name FROM person ORDER BY id") == [(float(text),) for text in texts]


def test_a_float_keeps_all_its_digits_as_text(any_project: Project) -> None:
    """A float that becomes text and comes back is the same number."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (id, amount) VALUES (1, ?), (2, 0.5), (3, NULL)", 0.1 + 0.2)

    any_project.change(
        "migrator.change_fields('person', amount=pw.TextField(null=True))",
        rollback="migrator.change_fields('person', amount=pw.FloatField(null=True))",
    )
    texts = any_project.sql("SELECT amount FROM person ORDER BY id")
    any_project.manager().rollback()

    assert texts == [("0.30000000000000004",), ("0.5",), (None,)]
    assert any_project.sql("SELECT amount FROM person ORDER BY id") == [(0.1 + 0.2,), (0.5,), (None,)]


def test_a_unique_constraint_looks_at_the_whole_key(any_project: Project) -> None:
    """Two columns together may be distinct where each alone is not; nulls never collide."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (name, age) VALUES ('a', 1), ('a', 2), ('b', 1), (NULL, 1), (NULL, 1)")

    any_project.change("migrator.add_index('person', 'name', 'age', unique=True)")

    with pytest.raises(Exception, match="UNIQUE"):
        any_project.sql("INSERT INTO person (name, age) VALUES ('a', 1)")


def test_a_partial_unique_index_asks_only_its_rows(any_project: Project) -> None:
    """Duplicates outside of the index's condition are no hindrance; inside they are."""
    any_project.start(TABLE)
    any_project.sql("INSERT INTO person (name, age) VALUES ('a', 1), ('a', 2), ('b', 10)")

    any_project.change("migrator.add_index('person', 'name', unique=True, where=pw.SQL('age > 5'))")
    with pytest.raises(PeewitError, match="more than one row"):
        any_project.change("migrator.add_index('person', 'name', unique=True, where=pw.SQL('age < 5'))", "003_more")
