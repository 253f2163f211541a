"""What the laws found on MariaDB, each defect once more in its smallest form; what went wrong is in the docstring."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from peewit.errors import DataError

from ..evolve import Model, model, there_and_back


def test_a_collation_goes_again(mariadb: pw.Database, tmp_path: Path) -> None:
    """A column kept the collation it no longer should have."""
    before = model("Person", name=pw.CharField(collation="utf8mb4_bin"))
    there_and_back(mariadb, tmp_path, [before], [model("Person", name=pw.CharField())])


def test_a_doubled_percent_sign_means_one(mariadb: pw.Database, tmp_path: Path) -> None:
    """Peewee sends its SQL through the driver, where ``%%`` is a ``%``: it was doubled in the database."""
    before = model("Person", name=pw.TextField(constraints=[pw.Check("name NOT LIKE 'a%%'")]))
    default = [pw.SQL("DEFAULT '100%%'"), pw.Check("name NOT LIKE 'a%%'")]
    there_and_back(mariadb, tmp_path, [before], [model("Person", name=pw.TextField(constraints=default))])


def test_a_rule_of_a_json_column_comes_and_goes(mariadb: pw.Database, tmp_path: Path) -> None:
    """A rule of a column became one of the table, beside the one MariaDB makes for JSON by itself."""
    ruled = model("Person", n=pw.IntegerField(), data=pw.JSONField(null=True, constraints=[pw.Check("data <> '5'")]))
    there_and_back(mariadb, tmp_path, [model("Person", n=pw.IntegerField(), data=pw.JSONField(null=True))], [ruled])


def test_no_rows_need_no_key_to_be_filled(mariadb: pw.Database, tmp_path: Path) -> None:
    """A value per row for a table without a key was refused, also where there was no row."""
    before, after = model("Person", n=pw.IntegerField()), model("Person", n=pw.IntegerField(), nick=filled())
    there_and_back(mariadb, tmp_path, [before], [after])


def test_rows_without_a_key_are_not_filled_one_by_one(mariadb: pw.Database, tmp_path: Path) -> None:
    """It was found out after the column had been added."""
    before, after = model("Person", n=pw.IntegerField()), model("Person", n=pw.IntegerField(), nick=filled())
    with pytest.raises(DataError, match="cannot be told from each other"):
        there_and_back(mariadb, tmp_path, [before], [after], rows=["INSERT INTO person VALUES (1)"])
    with mariadb.connection_context():
        assert [column.name for column in mariadb.get_columns("person")] == ["n"]


def test_rows_are_filled_by_the_key_they_have_by_then(mariadb: pw.Database, tmp_path: Path) -> None:
    """A value per row was looked up by a key that the same migration had just dropped."""
    before = model("Person", code=pw.CharField(primary_key=True, default="a"), name=pw.TextField())
    after = model("Person", id=pw.IntegerField(primary_key=True, default=1), name=pw.TextField(), nick=filled())
    there_and_back(mariadb, tmp_path, [before], [after], rows=["INSERT INTO person VALUES ('a', 'b')"])


def test_a_new_column_that_is_filled_keeps_its_rule(mariadb: pw.Database, tmp_path: Path) -> None:
    """The rule of a new column was gone once its rows were filled and it became NOT NULL."""
    rule = [pw.Check("nick <> 'never'")]
    nick = pw.TextField(default=lambda: "x" + "y", constraints=rule)
    before, after = model("Person", id=pw.AutoField()), model("Person", id=pw.AutoField(), nick=nick)
    there_and_back(mariadb, tmp_path, [before], [after], rows=["INSERT INTO person VALUES (1)"])


def test_a_renamed_column_keeps_its_rule(mariadb: pw.Database, tmp_path: Path) -> None:
    """The server's catalogue knows a column's rule by the column's former name, so it was taken for no rule."""
    before = model("Person", a=pw.IntegerField(constraints=[pw.Check("`a` > 0")]))
    after = model("Person", b=pw.IntegerField(null=True, constraints=[pw.Check("`b` > 0")]))
    there_and_back(mariadb, tmp_path, [before], [after], renames={"person.a": "b"})


def filled() -> pw.Field:
    """A field that has another value for each row."""
    return pw.TextField(default=lambda: "x" + "y")


def h_and_g(*rules: str, parent: str = "G", column: str = "b") -> list[Model]:
    """A table, and one with a constraint of ``Meta`` over two of its columns."""
    key = pw.CompositeKey("a", column)
    g = model(parent, parent.lower(), meta={"primary_key": key}, a=pw.IntegerField(), **{column: pw.IntegerField()})
    constraints = [pw.SQL(rule) for rule in rules]
    return [g, model("H", "h", meta={"constraints": constraints}, a=pw.IntegerField(), b=pw.IntegerField())]


def test_a_foreign_key_over_two_columns_comes_and_goes(mariadb: pw.Database, tmp_path: Path) -> None:
    """The trial left out the table it leads to (Mariamariadb), and the index that came with it stayed."""
    rule = "FOREIGN KEY (a, b) REFERENCES g (a, b) ON DELETE CASCADE"
    rows = ["INSERT INTO g VALUES (1, 2)", "INSERT INTO h VALUES (1, 2)"]
    there_and_back(mariadb, tmp_path, h_and_g(), h_and_g(rule), rows=rows)


def test_a_foreign_key_over_two_columns_changes_what_it_does(mariadb: pw.Database, tmp_path: Path) -> None:
    rule = "FOREIGN KEY (a, b) REFERENCES g (a, b)"
    there_and_back(mariadb, tmp_path, h_and_g(rule), h_and_g(f"{rule} ON DELETE CASCADE"))


@pytest.mark.parametrize("action", ["", " ON DELETE CASCADE"])
def test_a_foreign_key_in_words_follows_what_it_leads_to(mariadb: pw.Database, tmp_path: Path, action: str) -> None:
    """The server had renamed inside the constraint, and the text of before was looked for."""
    before = h_and_g("FOREIGN KEY (a, b) REFERENCES g (a, b)")
    after = h_and_g(f"FOREIGN KEY (a, b) REFERENCES gg (a, c){action}", parent="GG", column="c")
    renames = {"g": "gg", "g.b": "c"}
    rows = ["INSERT INTO g VALUES (1, 2)", "INSERT INTO h VALUES (1, 2)"]
    statements = there_and_back(mariadb, tmp_path, before, after, renames=renames, rows=rows)
    assert action or not any("FOREIGN KEY" in sql for sql in statements)


def test_a_foreign_key_of_one_column_in_words_comes_and_goes(mariadb: pw.Database, tmp_path: Path) -> None:
    """The server's catalogue has it as the column's own: the trial found no such constraint to take back."""

    def models(*rules: str) -> list[Model]:
        a = model("A", "a", id=pw.AutoField())
        meta = {"constraints": [pw.SQL(rule) for rule in rules]}
        return [a, model("B", "b", meta=meta, w=pw.IntegerField(null=True))]

    rule = "FOREIGN KEY (w) REFERENCES a (id)"
    there_and_back(mariadb, tmp_path, models(), models(rule), rows=["INSERT INTO b VALUES (NULL)"])


@pytest.mark.parametrize("own", [True, False])
def test_rows_are_asked_for_duplicates_before_anything_is_written(
    mariadb: pw.Database, tmp_path: Path, own: bool
) -> None:
    """Only of a unique index they were: with a UNIQUE in words one table had changed when the server refused."""
    a, b = (model("A", "a", n=field(null=True)) for field in (pw.IntegerField, pw.BigIntegerField))
    rule = [pw.SQL("UNIQUE" if own else "UNIQUE KEY ck (v)")]
    before = model("B", "b", v=pw.CharField())
    after = model(
        "B", "b", meta={"constraints": [] if own else rule}, v=pw.CharField(constraints=rule if own else None)
    )
    rows = ["INSERT INTO b VALUES ('x'), ('x')"]
    with pytest.raises(DataError, match='"b" cannot be made unique by v: 1 value'):
        there_and_back(mariadb, tmp_path, [a, before], [b, after], rows=rows)
    assert mariadb.execute_sql("SELECT data_type FROM information_schema.columns WHERE table_schema = database() "
                               "AND table_name = 'a'").fetchone() == ("int",)  # fmt: skip


def test_a_key_of_0_stays_when_the_column_begins_to_count(mariadb: pw.Database, tmp_path: Path) -> None:
    """The server gave such a row the next number."""
    before, after = (model("Person", id=pw.IntegerField(primary_key=True)), model("Person", id=pw.BigAutoField()))
    there_and_back(mariadb, tmp_path, [before], [after], rows=["INSERT INTO person VALUES (0), (5)"])
    assert mariadb.execute_sql("SELECT id FROM person ORDER BY id").fetchall() == ((0,), (5,))
