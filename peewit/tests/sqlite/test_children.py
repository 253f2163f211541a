"""Child rows survive every change of the table they refer to, whatever their ON DELETE and whatever is set."""

from __future__ import annotations

import pytest

from peewit import DataError

from .project import Project

CHANGES = {
    "nullable": "migrator.change_fields('author', name=pw.TextField(null=True))",
    "not null": "migrator.add_not_null('author', 'note')",
    "type": "migrator.change_fields('author', age=pw.TextField())",
    "length": "migrator.change_fields('author', code=pw.CharField(max_length=5))",
    "default": "migrator.change_fields('author', age=pw.IntegerField(constraints=[pw.SQL('DEFAULT 1')]))",
    "collation": "migrator.change_fields('author', name=pw.TextField(collation='NOCASE'))",
    "check": "migrator.add_constraint('author', 'old', pw.Check('age > 0'))",
    "unique": "migrator.add_constraint('author', None, pw.SQL('UNIQUE (code)'))",
    "add": "migrator.add_fields('author', mail=pw.TextField(default='none'))",
    "drop": "migrator.remove_fields('author', 'age')",
    "drop the key's neighbour": "migrator.remove_fields('author', 'code', 'age')",
    "rename a column": "migrator.rename_field('author', 'name', 'full_name')",
    "rename the key": "migrator.rename_field('author', 'id', 'number')",
    "rename the table": "migrator.rename_table('author', 'writer')",
    "change its case": "migrator.rename_table('author', 'Author')",
    "strict": "migrator.change_table('author', strict_tables=True)",
    "index": "migrator.add_index('author', 'name', unique=True)",
    "foreign key": "migrator.add_fields('author', boss=pw.ForeignKeyField('self', null=True))",
    "everything": """
        migrator.change_fields('author', name=pw.TextField(null=True), age=pw.TextField())
        migrator.add_fields('author', mail=pw.TextField(default='none'))
        migrator.remove_fields('author', 'code')
        migrator.rename_table('author', 'writer')
        """,
}

AUTHOR = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INT NOT NULL, code TEXT, note TEXT)"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_children_of_every_kind_survive(any_project: Project, change: str) -> None:
    """Rows that cascade, are set null, are set to a default, or restrict are as they were before."""
    actions = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")
    children = [
        f"CREATE TABLE c{n} (id INTEGER PRIMARY KEY, a INT DEFAULT 2 REFERENCES author (id)"
        f" ON DELETE {action} ON UPDATE {action})"
        for n, action in enumerate(actions)
    ]
    any_project.start(AUTHOR, *children)
    any_project.sql("INSERT INTO author VALUES (1, 'x', 3, 'abc', 'n'), (2, 'y', 4, 'd', 'm')")
    for n in range(len(actions)):
        any_project.sql(f"INSERT INTO c{n} VALUES (10, 1), (11, 2), (12, NULL)")

    any_project.change(change)

    assert [any_project.rows(f"c{n}") for n in range(5)] == [[(10, 1), (11, 2), (12, None)]] * 5
    assert any_project.problems() == []


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_trees_and_cycles_survive(any_project: Project, change: str) -> None:
    """A table that refers to itself and to one that refers back keeps its rows, and cascades as before."""
    any_project.start(
        AUTHOR[:-1] + ", parent INT REFERENCES author ON DELETE CASCADE, best INT REFERENCES book (id))",
        "CREATE TABLE book (id INTEGER PRIMARY KEY, by INT NOT NULL REFERENCES author ON DELETE CASCADE)",
    )
    any_project.sql("INSERT INTO author VALUES (1, 'x', 3, 'abc', 'n', NULL, NULL)")
    any_project.sql("INSERT INTO author VALUES (2, 'y', 4, 'd', 'm', 1, NULL)")
    any_project.sql("INSERT INTO author VALUES (3, 'z', 4, 'e', 'm', 2, NULL)")
    any_project.sql("INSERT INTO book VALUES (7, 1), (8, 3)")
    any_project.sql("UPDATE author SET best = 7")

    any_project.change(change)
    table = "writer" if "writer" in change else "author"
    key = "number" if "number" in change else "id"

    assert any_project.sql(f"SELECT {key}, parent, best FROM {table}") == [(1, None, 7), (2, 1, 7), (3, 2, 7)]
    assert any_project.rows("book") == [(7, 1), (8, 3)]
    assert any_project.problems() == []
    any_project.sql(f"DELETE FROM {table} WHERE {key} = 2")
    assert any_project.sql(f"SELECT {key} FROM {table}") == [(1,)]
    assert any_project.rows("book") == [(7, 1)]


MODELS = """
class Author(pw.Model):
    name = pw.CharField({name})

class Book(pw.Model):
    author = pw.ForeignKeyField(Author, on_delete="CASCADE", index={index}, {book})
    title = pw.CharField()
"""


@pytest.mark.parametrize("index", [True, False], ids=["indexed", "not indexed"])
def test_a_child_without_an_index_survives_its_parent(any_project: Project, index: bool) -> None:
    """A foreign key with index=False is slower to look up and no less safe."""
    models = any_project.evolve(MODELS.format(name="max_length=20", index=index, book=""))
    author = models["Author"].create(name="a")
    models["Book"].create(author=author, title="t")

    any_project.evolve(MODELS.format(name="max_length=20, unique=True, default='x'", index=index, book=""))
    any_project.evolve(MODELS.format(name="null=True, collation='NOCASE'", index=index, book=""))

    assert any_project.sql("SELECT author_id, title FROM book") == [(1, "t")]
    assert any_project.problems() == []


def test_a_childs_own_change_keeps_its_reference(any_project: Project) -> None:
    """A rebuilt child refers to its parent as before: a cascade still cascades."""
    models = any_project.evolve(MODELS.format(name="", index=True, book=""))
    author = models["Author"].create(name="a")
    models["Book"].create(author=author, title="t")

    any_project.change("migrator.change_fields('book', title=pw.BlobField())", "002_blob")

    assert any_project.sql('SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(\'book\')') == [
        ("author", "author_id", "id", "CASCADE")
    ]
    any_project.sql("DELETE FROM author")
    assert any_project.rows("book") == []


def test_the_action_of_a_key_changes_without_touching_rows(any_project: Project) -> None:
    """ON DELETE CASCADE becomes SET NULL; the rows are as they were and the new action acts."""
    models = any_project.evolve(MODELS.format(name="", index=True, book=""))
    author = models["Author"].create(name="a")
    models["Book"].create(author=author, title="t")

    changed = MODELS.format(name="", index=True, book="null=True").replace("CASCADE", "SET NULL")
    any_project.evolve(changed)

    assert any_project.sql("SELECT id, author_id FROM book") == [(1, 1)]
    any_project.sql("DELETE FROM author")
    assert any_project.sql("SELECT id, author_id FROM book") == [(1, None)]


@pytest.mark.parametrize("inside", [False, True], ids=["by a child", "by itself"])
def test_rows_that_refer_in_another_spelling_stop_a_new_collation(any_project: Project, inside: bool) -> None:
    """Under NOCASE a row may refer to abc as ABC: taking NOCASE away would leave it without what it refers to."""
    own = "(code TEXT PRIMARY KEY COLLATE NOCASE, up TEXT REFERENCES p (code))"
    any_project.start(f"CREATE TABLE p {own}", "CREATE TABLE c (p TEXT REFERENCES p)")
    any_project.sql("INSERT INTO p VALUES ('abc', NULL), ('x', 'abc')")
    any_project.sql("UPDATE p SET up = 'ABC' WHERE code = 'x'" if inside else "INSERT INTO c VALUES ('ABC'), ('abc')")
    before = any_project.everything()
    change = "migrator.change_fields('p', code=pw.TextField(primary_key=True))"

    with pytest.raises(DataError, match=r"1 row.*ABC"):
        any_project.change(change)
    unchanged = any_project.everything() == before
    any_project.sql("UPDATE p SET up = lower(up)")
    any_project.sql("UPDATE c SET p = lower(p)")
    any_project.change(change)

    assert unchanged
    assert "NOCASE" not in any_project.text("p")
    assert any_project.problems() == []
