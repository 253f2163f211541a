"""What the laws found on PostgreSQL, each defect once more in its smallest form; what went wrong is in the docstring."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest
from playhouse.postgres_ext import ArrayField, BinaryJSONField, JSONField

from ..evolve import Model, model, there_and_back


def test_a_doubled_percent_sign_means_one(postgres: pw.Database, tmp_path: Path) -> None:
    """Peewee sends its SQL through the driver, where ``%%`` is a ``%``: it was doubled in the database."""
    before = model("Person", name=pw.TextField(constraints=[pw.Check("name NOT LIKE 'a%%'")]))
    fields = {
        "name": pw.TextField(constraints=[pw.Check("name NOT LIKE 'a%%'"), pw.SQL("DEFAULT '100%%'")]),
        "other": pw.TextField(null=True, constraints=[pw.Check("other <> '%%'", name="percent")]),
    }
    after = model("Person", meta={"constraints": [pw.Check("other <> '50%%'")]}, **fields)
    after.add_index(after.name, where=pw.SQL("name <> '%%'"), name="wanted")
    there_and_back(postgres, tmp_path, [before], [after], rows=["INSERT INTO person VALUES ('x%')"])


def test_rows_are_filled_though_their_key_goes(postgres: pw.Database, tmp_path: Path) -> None:
    """A value per row was looked up by a key that the same migration had just dropped."""
    before = model("Person", code=pw.TextField(primary_key=True, default="a"), name=pw.TextField())
    after = model("Person", name=pw.TextField(), nick=pw.TextField(default=lambda: "x" + "y"))
    there_and_back(postgres, tmp_path, [before], [after], rows=["INSERT INTO person VALUES ('a', 'b')"])


def test_a_table_that_goes_lets_go_of_a_key(postgres: pw.Database, tmp_path: Path) -> None:
    """A primary key could not go, because a table dropped in the same migration still referred to it."""
    before = model("Person", code=pw.TextField(primary_key=True), name=pw.TextField())
    child = model("Child", "child", person=pw.ForeignKeyField(before))
    after = model("Person", id=pw.AutoField(), name=pw.TextField())
    there_and_back(postgres, tmp_path, [before, child], [after])


def test_a_column_with_the_name_of_a_keyword_is_dropped(postgres: pw.Database, tmp_path: Path) -> None:
    """A column called ``check`` could not be dropped: every CHECK was taken to speak of it."""
    before = model("Person", check=pw.TextField(), n=pw.FloatField(constraints=[pw.Check("n > 0")]))
    there_and_back(postgres, tmp_path, [before], [model("Person", n=pw.FloatField(constraints=[pw.Check("n > 0")]))])


def test_another_index_on_a_field_with_one_of_its_own(postgres: pw.Database, tmp_path: Path) -> None:
    """A hash index on a JSON field without its GIN index became a GIN index in the file."""
    before = model("Person", data=BinaryJSONField(index=False))
    after = model("Person", data=BinaryJSONField(index=False))
    after.add_index(pw.ModelIndex(after, [after.data], using="HASH"))
    there_and_back(postgres, tmp_path, [before], [after])


@pytest.mark.parametrize("default", [[], [pw.SQL("DEFAULT '{}'")]], ids=["plain", "default"])
@pytest.mark.parametrize(("old", "new"), [(JSONField, pw.JSONField), (pw.JSONField, JSONField)])
def test_the_two_kinds_of_json(
    postgres: pw.Database, tmp_path: Path, old: type[pw.Field], new: type[pw.Field], default: list[pw.SQL]
) -> None:
    """Both are called JSON in Python, so no change was found; and a DEFAULT stayed one of the old kind."""
    before, after = (model("Person", data=kind(constraints=default)) for kind in (old, new))
    there_and_back(postgres, tmp_path, [before], [after], rows=["""INSERT INTO person VALUES ('{"a": 1}')"""])


def test_an_identity_becomes_a_serial_under_a_reference(postgres: pw.Database, tmp_path: Path) -> None:
    """On the way back a column that refers to an identity was taken for another type."""
    before = model("Person", id=pw.IdentityField(), boss=pw.ForeignKeyField("self"))
    after = model("Person", id=pw.AutoField(), boss=pw.ForeignKeyField("self"))
    there_and_back(postgres, tmp_path, [before], [after])


def test_a_key_that_refers_to_itself_gets_another_name(postgres: pw.Database, tmp_path: Path) -> None:
    """A renamed key was made the key once more, which the reference to it forbade."""
    before = model("Person", id=pw.UUIDField(primary_key=True), boss=pw.ForeignKeyField("self"))
    key = pw.UUIDField(primary_key=True, column_name="_id")
    after = model("Person", id=key, boss=pw.ForeignKeyField("self"))
    there_and_back(postgres, tmp_path, [before], [after])


def test_an_ordered_index_beside_that_of_an_array(postgres: pw.Database, tmp_path: Path) -> None:
    """An index made by SQL over an array's column was written as one more of the array's own kind."""

    def person(**more: pw.Field) -> Model:
        made = model("Person", n=ArrayField(pw.IntegerField), **more)
        made.add_index(pw.SQL('CREATE INDEX by_n ON "person" ("n")'))
        return made

    after = person(m=BinaryJSONField(null=True))
    after.add_index(pw.SQL('CREATE INDEX by_m ON "person" ("m", "n")'))
    there_and_back(postgres, tmp_path, [person()], [after])


def test_a_column_goes_with_two_rules_that_say_the_same(postgres: pw.Database, tmp_path: Path) -> None:
    """A column was refused to go for a rule of its own, because a rule of its table said the same."""
    check = pw.Check("n > 0")
    before = model("Person", meta={"constraints": [check]}, name=pw.TextField(), n=pw.IntegerField(constraints=[check]))
    there_and_back(postgres, tmp_path, [before], [model("Person", name=pw.TextField())])


def test_what_a_generated_column_is_computed_from_gets_another_type(postgres: pw.Database, tmp_path: Path) -> None:
    """A column that a generated one is computed from could not get another type."""

    def person(name: pw.Field) -> Model:
        loud = pw.SQL("GENERATED ALWAYS AS (upper(name)) STORED")
        fields = {
            "name": name,
            "loud": pw.TextField(null=True, index=True, constraints=[loud, pw.Check("loud <> 'X'")]),
        }
        return model("Person", meta={"indexes": ((("name", "loud"), True),)}, **fields)

    there_and_back(
        postgres, tmp_path, [person(pw.CharField())], [person(pw.TextField())], rows=["INSERT INTO person VALUES ('a')"]
    )


def test_rows_with_an_identity_are_filled_one_by_one(postgres: pw.Database, tmp_path: Path) -> None:
    """The word IDENTITY of the key's type stood in the statement that fills a new column."""
    before = model("Person", id=pw.IdentityField())
    after = model("Person", id=pw.IdentityField(), nick=pw.TextField(default=lambda: "x" + "y"))
    there_and_back(postgres, tmp_path, [before], [after], rows=["INSERT INTO person DEFAULT VALUES"])


def test_a_generated_column_becomes_a_plain_one_of_another_type(postgres: pw.Database, tmp_path: Path) -> None:
    """Dropping the expression and changing the type stood in one statement, which the server refuses."""
    twice = pw.SQL("GENERATED ALWAYS AS (name || name) STORED")
    before = model("Person", name=pw.TextField(), twice=pw.TextField(null=True, constraints=[twice]))
    after = model("Person", name=pw.TextField(), twice=pw.IntegerField(null=True))
    there_and_back(postgres, tmp_path, [before], [after], rows=["INSERT INTO person VALUES ('1')"])


def test_a_type_no_cast_leads_to(postgres: pw.Database, tmp_path: Path) -> None:
    """A number could not become JSON, nor an empty column of numbers one of UUIDs: there is no cast."""
    before = model("Person", code=pw.FloatField(), mark=pw.IntegerField(null=True))
    after = model("Person", code=BinaryJSONField(), mark=pw.UUIDField(null=True))
    there_and_back(postgres, tmp_path, [before], [after], rows=["INSERT INTO person VALUES (1.5, NULL)"])


def test_a_default_is_of_the_new_type(postgres: pw.Database, tmp_path: Path) -> None:
    """A default that stayed in words stayed a value of the column's former type."""
    zero = [pw.SQL("DEFAULT '00000000-0000-0000-0000-000000000000'")]
    before = model("Person", mark=pw.UUIDField(constraints=zero))
    there_and_back(postgres, tmp_path, [before], [model("Person", mark=pw.CharField(max_length=36, constraints=zero))])


def test_a_new_reference_keeps_its_index_where_its_key_gets_another_type(postgres: pw.Database, tmp_path: Path) -> None:
    """A new foreign key that had to follow the type of a key lost its index on the way."""
    before = model("Person", id=pw.AutoField())
    after = model("Person", id=pw.CharField(primary_key=True), boss=pw.ForeignKeyField("self", null=True))
    there_and_back(postgres, tmp_path, [before], [after])


def h_and_g(*rules: str, parent: str = "G", column: str = "b") -> list[Model]:
    """A table, and one with a constraint of ``Meta`` over two of its columns."""
    key = pw.CompositeKey("a", column)
    g = model(parent, parent.lower(), meta={"primary_key": key}, a=pw.IntegerField(), **{column: pw.IntegerField()})
    constraints = [pw.SQL(rule) for rule in rules]
    return [g, model("H", "h", meta={"constraints": constraints}, a=pw.IntegerField(), b=pw.IntegerField())]


def test_a_foreign_key_over_two_columns_comes_and_goes(postgres: pw.Database, tmp_path: Path) -> None:
    """The trial left out the table it leads to (Mariapostgres), and the index that came with it stayed."""
    rule = "FOREIGN KEY (a, b) REFERENCES g (a, b) ON DELETE CASCADE"
    rows = ["INSERT INTO g VALUES (1, 2)", "INSERT INTO h VALUES (1, 2)"]
    there_and_back(postgres, tmp_path, h_and_g(), h_and_g(rule), rows=rows)


def test_a_foreign_key_over_two_columns_changes_what_it_does(postgres: pw.Database, tmp_path: Path) -> None:
    rule = "FOREIGN KEY (a, b) REFERENCES g (a, b)"
    there_and_back(postgres, tmp_path, h_and_g(rule), h_and_g(f"{rule} ON DELETE CASCADE"))


@pytest.mark.parametrize("action", ["", " ON DELETE CASCADE"])
def test_a_foreign_key_in_words_follows_what_it_leads_to(postgres: pw.Database, tmp_path: Path, action: str) -> None:
    """The server had renamed inside the constraint, and the text of before was looked for."""
    before = h_and_g("FOREIGN KEY (a, b) REFERENCES g (a, b)")
    after = h_and_g(f"FOREIGN KEY (a, b) REFERENCES gg (a, c){action}", parent="GG", column="c")
    renames = {"g": "gg", "g.b": "c"}
    rows = ["INSERT INTO g VALUES (1, 2)", "INSERT INTO h VALUES (1, 2)"]
    statements = there_and_back(postgres, tmp_path, before, after, renames=renames, rows=rows)
    assert action or not any("FOREIGN KEY" in sql for sql in statements)


def test_a_foreign_key_of_one_column_in_words_comes_and_goes(postgres: pw.Database, tmp_path: Path) -> None:
    """The server's catalogue has it as the column's own: the trial found no such constraint to take back."""

    def models(*rules: str) -> list[Model]:
        a = model("A", "a", id=pw.AutoField())
        meta = {"constraints": [pw.SQL(rule) for rule in rules]}
        return [a, model("B", "b", meta=meta, w=pw.IntegerField(null=True))]

    rule = "FOREIGN KEY (w) REFERENCES a (id)"
    there_and_back(postgres, tmp_path, models(), models(rule), rows=["INSERT INTO b VALUES (NULL)"])
