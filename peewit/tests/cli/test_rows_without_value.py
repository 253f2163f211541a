"""Rows that have no value for a column that is not null: what is said to type is typed, and works."""

import re
import shlex
import sqlite3
from typing import Any

import pytest

from .app import App


def sql(*statements: str) -> list[Any]:
    connection = sqlite3.connect("app.db")
    rows = [row for text in statements for row in connection.execute(text).fetchall()]
    connection.commit()
    connection.close()
    return rows


@pytest.fixture
def one(app: App) -> App:
    """A table with a row."""
    app.models("email = pw.CharField(null=True)")
    app("create", "first")
    app("migrate")
    sql("INSERT INTO person (name) VALUES ('n')")
    return app


def without_name(app: App, *lines: str) -> None:
    """The models have these fields in the place of the name."""
    text = (app.folder / app.name / "models.py").read_text()
    app.models(text=text.replace("    name = pw.CharField()\n", "".join(f"    {line}\n" for line in lines)))


RENAMED = ("full_name = pw.CharField()", "city = pw.CharField()")


def test_a_file_with_a_rename_is_written_anew(one: App) -> None:
    """The answer stands in the file; the command is the one the error prints."""
    without_name(one, *RENAMED)
    one("create", "two", "--rename", "person.name:full_name")
    code, _, error = one("migrate")
    assert code == 2
    assert "give them one: peewit redo --anew --fill person.city=EXPR, which" in error
    code, out, error = one("redo", "--anew", "--fill", "person.city='x'")
    assert (code, error) == (0, "")
    assert 'rename column "name" of "person" to "full_name"' in out
    assert sql("SELECT full_name, city FROM person") == [("n", "x")]


def test_what_the_old_file_does_not_answer_is_asked(one: App) -> None:
    """Another field is gone since: whether that was renamed does not stand in it."""
    without_name(one, *RENAMED)
    one("create", "two", "--rename", "person.name:full_name")
    text = (one.folder / one.name / "models.py").read_text()
    one.models(text=text.replace("email = ", "mail = "))
    code, _, error = one("redo", "--anew", "--fill", "person.city='x'")
    assert code == 4
    assert "person.email:mail" in error
    assert "mail" not in (one.migrations / "002_two.py").read_text()


BY_HAND = """def migrate(migrator, database, *, fake=False):
    migrator.add_not_null("person", "email")


def rollback(migrator, database, *, fake=False):
    migrator.drop_not_null("person", "email")
"""


def test_a_file_by_hand_is_mended_by_hand(one: App) -> None:
    """No model asks for it, so it cannot be written anew; the line of the hint, put into the file, works."""
    path = one.migrations / "002_hand.py"
    path.write_text(BY_HAND)
    error = one("migrate")[2]
    assert "redo --anew" not in error
    (line,) = re.findall(r"migrator\.sql\(.*\)", error)
    path.write_text(BY_HAND.replace(":\n", f":\n    {line.replace('…', repr('x'))}\n", 1))
    assert one("migrate")[0] == 0
    assert sql("SELECT email FROM person") == [("x",)]


def test_a_new_column_by_hand(one: App) -> None:
    """It gets its value where it stands."""
    path = one.migrations / "002_hand.py"
    head = "import peewee as pw\n\n"
    add = 'migrator.add_fields("person", city=pw.CharField(), allow_not_null=True)'
    path.write_text(f"{head}{BY_HAND.partition('    ')[0]}    {add}\n")
    error = one("migrate")[2]
    assert "redo --anew" not in error
    assert "put default=… into its field in the file" in error
    path.write_text(path.read_text().replace("CharField()", "CharField(default='x')"))
    assert one("migrate")[0] == 0


def dropped(app: App) -> str:
    """A column that is not null is dropped, with a value; what was said of it when the file was written."""
    without_name(app)
    out = app("create", "two")[1]
    assert app("migrate")[0] == 0
    return out


def test_a_rollback_that_stops_at_rows_says_how_it_goes_on(one: App) -> None:
    """Each step as it is told: the function, `accept`, `rollback`."""
    dropped(one)
    code, _, error = one("rollback")
    assert code == 2
    assert "redo --anew" not in error
    path = one.migrations / "002_two.py"
    assert f"put default=… into its field in the rollback function of {path}" in error
    assert "then: peewit accept 002_two, which takes the new text, and peewit rollback" in error
    path.write_text(path.read_text().replace("max_length=255", "max_length=255, default='x'"))
    assert one("accept", "002_two")[0] == 0
    assert one("rollback")[0] == 0
    assert sql("SELECT name FROM person") == [("x",)]


def test_a_new_file_says_that_its_rollback_will_be_refused(one: App) -> None:
    """And not that the column is made anew."""
    out = " ".join(line.strip() for line in dropped(one).splitlines())
    assert "makes it anew" not in out
    assert (
        "What this drops loses its values. person.name cannot be null and has no default: rolling back is refused while its "
        "table has rows, unless it gets default=… in the rollback function, before this is applied."
    ) in out


def test_a_column_that_may_be_null_is_made_anew(one: App) -> None:
    """Beside one that may not, each is told."""
    text = (one.folder / one.name / "models.py").read_text()
    one.models(text=text.replace("    email = pw.CharField(null=True)\n", "    pass\n"))
    out = one("create", "two")[1]
    assert "rolling back makes it anew, empty" in out
    assert "refused" not in out


@pytest.fixture
def two(one: App) -> App:
    """A table with two rows."""
    sql("INSERT INTO person (name) VALUES ('m')")
    return one


UNIQUE = '"person" cannot be made unique by code: its 2 rows would all get the same value'


def test_one_value_for_a_unique_column_is_told_beforehand(two: App) -> None:
    """By `create`, with the command that works; `migrate` writes nothing, and what it says to type works as well."""
    two.models("email = pw.CharField(null=True)", "code = pw.CharField(unique=True)")
    out = two("create", "code", "--fill", "person.code='x'")[1]
    assert "  person.code is unique and gets one value in all rows" in out
    (path, typed) = re.findall(r"to give each of its rows its own value: rm (\S+), then peewit (.*)", out)[0]
    assert typed == "create code --fill 'person.code=str(uuid.uuid4())'"
    code, _, error = two("migrate")
    assert (code, UNIQUE in error) == (2, True)
    assert sql("SELECT name FROM pragma_table_info('person')") == [("id",), ("name",), ("email",)]
    (own,) = re.findall(r'peewit redo --anew --fill "(\S+)", which', error)
    code, out, error = two("redo", "--anew", "--fill", own)
    assert (code, error) == (0, "")
    assert sql("SELECT count(DISTINCT code) FROM person") == [(2,)]
    assert two("rollback")[0] == 0
    two.migrations.joinpath("002_code.py").unlink()
    assert path.endswith("002_code.py")
    out = two(*shlex.split(typed))[1]
    assert "is unique and gets one value" not in out
    assert two("migrate")[0] == 0


def test_the_default_of_a_model_is_one_value_too(two: App) -> None:
    """For a name and a number that are new, together."""
    lines = (
        "email = pw.CharField(null=True)",
        "code = pw.CharField(default='x')",
        "number = pw.IntegerField(default=1)",
    )
    text = (two.folder / two.name / "models.py").read_text()
    index = "        indexes = ((('code', 'number'), True),)\n"
    two.models(text=text.replace("    email = pw.CharField(null=True)\n", "".join(f"    {x}\n" for x in lines)) + index)
    two("create", "code")
    error = two("migrate")[2]
    assert UNIQUE.replace("code", "code, number") in error
    (own,) = re.findall(r'peewit redo --anew --fill "(\S+)", which', error)
    assert two("redo", "--anew", "--fill", own)[0] == 0


def test_a_function_that_gives_one_value_is_told_afterwards(two: App) -> None:
    """Only the rows show it; the value is named."""
    two.models("email = pw.CharField(null=True)", "code = pw.CharField(unique=True)")
    two("create", "code", "--fill", "person.code=str('x')")
    error = two("migrate")[2]
    assert "\"person\" cannot be made unique by code: 1 value stands in more than one row, for example 'x'" in error
    assert 'peewit redo --anew --fill "person.code=str(uuid.uuid4())", which' in error


def test_a_unique_column_by_hand_gets_its_values_where_it_stands(two: App) -> None:
    """No command writes such a file anew."""
    head = "import peewee as pw\n\n"
    add = "migrator.add_fields('person', code=pw.CharField(unique=True, default='x'))"
    path = two.migrations / "002_hand.py"
    path.write_text(f"{head}{BY_HAND.partition('    ')[0]}    {add}\n")
    error = two("migrate")[2]
    assert UNIQUE in error
    assert "redo --anew" not in error
    assert "put default=… that is called for each row into its field in the file" in error
    path.write_text("import uuid\n" + path.read_text().replace("default='x'", "default=lambda: str(uuid.uuid4())"))
    assert two("migrate")[0] == 0
