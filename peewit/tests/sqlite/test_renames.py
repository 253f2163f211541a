"""Names change and everything follows: rows, keys, children, views; hostile names are names like others."""

from __future__ import annotations

import pytest

from .project import Project

NAMES = [
    "order",
    "quo\"te and apo'strophe",
    "brack]et `tick`",
    "per%cent; semi",
    "CHECK (paren",
    "dot.ted -- dashed",
    "naïve ☃",
    "rowid",
    "x DESC",
    "1",
]


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_go_through_every_operation(project: Project, name: str) -> None:
    """A table and a column of any name are made, filled, indexed, changed, renamed and dropped."""
    table, column, other = f"t {name}", name, f"{name} 2"
    start = f"""
        @migrator.create_model
        class Thing(pw.Model):
            value = pw.TextField(null=True, column_name={column!r})
            class Meta:
                table_name = {table!r}

        @migrator.create_model
        class Child(pw.Model):
            thing = pw.ForeignKeyField(Thing, on_delete='CASCADE', column_name={other!r})
            class Meta:
                table_name = {"c " + name!r}
        """
    project.write("001_start", start, "migrator.remove_model('Child')\nmigrator.remove_model('Thing')")
    project.manager().migrate()
    project.sql(f"INSERT INTO {quoted(table)} ({quoted(column)}) VALUES ('a'), (NULL)")
    project.sql(f"INSERT INTO {quoted('c ' + name)} ({quoted(other)}) VALUES (1), (2)")
    steps = {
        "fill": f"migrator.change_fields('Thing', value=pw.TextField(column_name={column!r}, default='b'))",
        "length": f"migrator.change_fields('Thing', value=pw.CharField(column_name={column!r}, max_length=9))",
        "unique": f"migrator.add_index('Thing', {column!r}, unique=True)",
        "expression": f"migrator.add_index('Thing', pw.SQL({('lower(' + quoted(column) + ') DESC')!r}))",
        "check": f"migrator.add_constraint('Thing', {'k' + name!r}, pw.Check({quoted(column) + ' <> 7'!r}))",
        "uncheck": f"migrator.drop_constraints('Thing', {'k' + name!r})",
        "blob": f"migrator.change_fields('Thing', value=pw.BlobField(column_name={column!r}))",
        "add": f"migrator.add_fields('Thing', more=pw.IntegerField(default=lambda: 7, column_name={other!r}))",
        "rename column": f"migrator.change_fields('Thing', value=pw.BlobField(column_name={column + ' 3'!r}))",
        "rename table": f"migrator.rename_table('Thing', {table + ' 4'!r})",
        "index": f"migrator.drop_index('Thing', {column + ' 3'!r})",
        "drop": "migrator.remove_fields('Thing', 'more')",
    }
    for number, (what, step) in enumerate(steps.items(), 2):
        project.change(step, f"{number:03}_{what.replace(' ', '_')}")

    after = project.rows(table + " 4")
    findings = project.manager().check().findings

    assert after == [(1, b"a"), (2, b"b")]
    assert findings == ()
    assert project.rows("c " + name) == [(1, 1), (2, 2)]
    assert project.problems() == []


@pytest.mark.parametrize("rename", [{"person": "human"}, {"person": "Person"}], ids=["another name", "another case"])
def test_a_renamed_table_keeps_its_rows_and_its_children(any_project: Project, rename: dict[str, str]) -> None:
    """Meta.table_name changes: rows, references and indexes follow, and follow back."""
    source = """
        class Person(pw.Model):
            name = pw.TextField(index=True)
            class Meta:
                table_name = "TABLE"

        class Pet(pw.Model):
            owner = pw.ForeignKeyField(Person, on_delete="CASCADE")
        """
    ((old, new),) = rename.items()
    models = any_project.evolve(source.replace("TABLE", old))
    models["Pet"].create(owner=models["Person"].create(name="a"))

    any_project.evolve(source.replace("TABLE", new), renames=rename)
    after = any_project.rows(new)
    parent = any_project.sql("SELECT \"table\" FROM pragma_foreign_key_list('pet')")
    any_project.manager().rollback()

    assert after == [(1, "a")]
    assert parent == [(new,)]
    assert any_project.rows(old) == [(1, "a")]
    assert any_project.rows("pet") == [(1, 1)]
    assert [name for name in any_project.texts() if name.lower() == "person"] == ["person"]
    assert any_project.problems() == []


@pytest.mark.parametrize("new", ["full_name", "NAME"])
def test_a_renamed_column_keeps_its_values_and_what_speaks_of_it(any_project: Project, new: str) -> None:
    """Indexes, checks, generated columns and references of others follow a renamed column."""
    any_project.start(
        "CREATE TABLE t (name TEXT UNIQUE CHECK (name <> ''), v AS (name || '!'), n INT)",
        "CREATE INDEX i ON t (name DESC) WHERE name > 'a'",
        "CREATE TABLE c (t TEXT REFERENCES t (name) ON UPDATE CASCADE)",
    )
    any_project.sql("INSERT INTO t (name) VALUES ('x')")
    any_project.sql("INSERT INTO c VALUES ('x')")

    any_project.change(
        f"migrator.rename_field('t', 'name', '{new}')\nmigrator.change_fields('t', n=pw.TextField(null=True))"
    )
    any_project.sql(f"UPDATE t SET {new} = 'y'")

    assert any_project.rows("t") == [("y", "y!", None)]
    assert any_project.rows("c") == [("y",)]
    assert any_project.problems() == []


def test_a_table_called_t_that_refers_to_itself(any_project: Project) -> None:
    """Names the questions to the rows might use themselves are names like others."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, parent_id INT)")
    any_project.sql("INSERT INTO t VALUES (1, NULL), (2, 1)")

    any_project.change(
        "migrator.change_fields('t', parent=pw.ForeignKeyField('self', null=True, column_name='parent_id'))"
    )

    assert any_project.rows("t") == [(1, None), (2, 1)]


def test_a_change_and_a_later_rename_in_one_file(any_project: Project) -> None:
    """A table may be changed, then renamed, then changed again, then dropped, with a function in between."""
    any_project.start(
        "CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, p INT REFERENCES p)"
    )
    any_project.sql("INSERT INTO t (a) VALUES ('x')")

    any_project.change(
        """
        migrator.change_fields('t', a=pw.BlobField())
        migrator.run(lambda: None)
        migrator.rename_table('t', 'u')
        migrator.run(lambda: None)
        migrator.change_fields('u', a=pw.TextField(null=True))
        migrator.run(lambda: None)
        migrator.remove_model('u')
        """
    )

    assert sorted(any_project.texts()) == ["p"]


KEYED = """
class A(pw.Model):
    a = pw.IntegerField()
    b = pw.IntegerField()
    class Meta:
        table_name = "{table}"
        primary_key = pw.CompositeKey("a", "b")

class B(pw.Model):
    a = pw.IntegerField(null=True)
    w = pw.IntegerField(null=True)
    class Meta:
        constraints = [{rules}]

class C(pw.Model):
    pass
"""
ONE = "pw.SQL('FOREIGN KEY (w) REFERENCES c')"
TWO = "pw.SQL('FOREIGN KEY (a, w) REFERENCES {table} (a, b){action}')"


def test_a_foreign_key_in_words_is_what_the_migrations_say(any_project: Project) -> None:
    """That of one column was found to be the column's own, so check saw drift on both sides."""
    any_project.evolve(KEYED.format(table="a", rules=""))
    before = any_project.texts()
    any_project.evolve(KEYED.format(table="a", rules=ONE))
    assert "FOREIGN KEY (w) REFERENCES c" in any_project.text("b")
    assert any_project.manager().check().findings == ()
    any_project.manager().rollback()
    assert any_project.texts() == before
    assert any_project.manager().check().ok is False  # it is pending again, and nothing else is found
    assert [finding.kind for finding in any_project.manager().check().findings] == ["files"]


@pytest.mark.parametrize("action", ["", " ON DELETE CASCADE"])
def test_a_foreign_key_in_words_follows_the_table_it_leads_to(any_project: Project, action: str) -> None:
    """SQLite had renamed inside the constraint, and the text of before was looked for."""
    any_project.evolve(KEYED.format(table="a", rules=TWO.format(table="a", action="")))
    any_project.sql("INSERT INTO a VALUES (1, 2)")
    any_project.sql("INSERT INTO b (a, w) VALUES (1, 2)")
    before = any_project.text("b")
    any_project.evolve(KEYED.format(table="aa", rules=TWO.format(table="aa", action=action)), renames={"a": "aa"})
    assert any_project.manager().check().findings == ()
    assert any_project.problems() == []
    assert (action or "REFERENCES") in any_project.text("b")
    any_project.manager().rollback()
    assert any_project.text("b").replace('"', "") == before.replace('"', "")
    assert any_project.rows("b") == [(1, 1, 2)]


def test_an_index_is_called_what_it_was_after_a_rollback(any_project: Project) -> None:
    """One that became unique along with a rename came back under the new names of its table and column."""
    any_project.evolve("class Book(pw.Model):\n    u = pw.IntegerField(index=True)\n")
    before = any_project.texts()
    any_project.evolve("class Tome(pw.Model):\n    n = pw.IntegerField(unique=True)\n", {"book": "tome", "book.u": "n"})
    assert "tome_n" in any_project.texts()
    any_project.manager().rollback()
    assert any_project.texts() == before
    any_project.manager().migrate()
    assert any_project.manager().check().ok
