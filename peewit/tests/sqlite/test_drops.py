"""What is dropped takes nothing else along: children of dropped tables, keys and indexes of dropped columns."""

from __future__ import annotations

import pytest

from peewit import DataError, PeewitError, UnsupportedChangeError

from .project import Project

PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, a INT, b INT, UNIQUE (a, b))"


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION"])
@pytest.mark.parametrize(
    "child",
    [
        "CREATE TABLE c (p INT REFERENCES p (id) ACTION)",
        "CREATE TABLE c (p INT, q INT, FOREIGN KEY (p, q) REFERENCES p (a, b) ACTION)",
    ],
    ids=["one column", "two columns"],
)
def test_a_table_that_rows_refer_to_is_not_dropped(any_project: Project, child: str, action: str) -> None:
    """Whatever the ON DELETE: children are neither deleted nor emptied nor orphaned, the drop is refused."""
    any_project.start(PARENT, child.replace("ACTION", f"ON DELETE {action}"))
    any_project.sql("INSERT INTO p VALUES (1, 1, 1)")
    any_project.sql("INSERT INTO c VALUES (1" + (", 1)" if "q" in child else ")"))
    before = any_project.everything()

    with pytest.raises(DataError, match="1 row") as raised:
        any_project.change("migrator.remove_model('p')")

    assert '"p" cannot be dropped' in str(raised.value)
    assert '"c"' in str(raised.value)
    assert any_project.everything() == before


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION"])
def test_a_table_is_dropped_with_the_column_that_refers_to_it(any_project: Project, action: str) -> None:
    """The reference goes in the same migration, the rows that had it stay."""
    any_project.start(PARENT, f"CREATE TABLE c (p INT REFERENCES p (id) ON DELETE {action}, n INT)")
    any_project.sql("INSERT INTO p (id) VALUES (1)")
    any_project.sql("INSERT INTO c VALUES (1, 5)")

    any_project.change("migrator.remove_fields('c', 'p')\nmigrator.remove_model('p')")

    assert any_project.rows("c") == [(5,)]
    assert sorted(any_project.texts()) == ["c"]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION"])
@pytest.mark.parametrize("order", ["p c", "c p"])
def test_tables_that_refer_to_each_other_are_dropped_together(any_project: Project, order: str, action: str) -> None:
    """A cycle goes in one migration, in any order, and a third table with a reference to neither is not touched."""
    any_project.start(
        f"CREATE TABLE p (id INTEGER PRIMARY KEY, c INT REFERENCES c (id) ON DELETE {action},"
        f" up INT REFERENCES p ON DELETE {action})",
        f"CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id) ON DELETE {action})",
        "CREATE TABLE other (p INT)",
    )
    any_project.sql("INSERT INTO p (id) VALUES (1), (2)")
    any_project.sql("INSERT INTO c VALUES (1, 1), (2, 2)")
    any_project.sql("UPDATE p SET c = id, up = 1")
    any_project.sql("INSERT INTO other VALUES (1)")

    any_project.change("\n".join(f"migrator.remove_model('{name}')" for name in order.split()))

    assert sorted(any_project.texts()) == ["other"]
    assert any_project.rows("other") == [(1,)]


def test_a_tree_is_dropped(any_project: Project) -> None:
    """A table whose rows restrict one another is dropped in one go."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, up INT NOT NULL REFERENCES t ON DELETE RESTRICT)")
    any_project.sql("INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)")

    any_project.change("migrator.remove_model('t')")

    assert any_project.texts() == {}


def test_a_table_that_only_nulls_refer_to_is_dropped(any_project: Project) -> None:
    """No row refers to it, so it goes, and the rows of the child stay."""
    any_project.start(PARENT, "CREATE TABLE c (p INT REFERENCES p (id) ON DELETE CASCADE, n INT)")
    any_project.sql("INSERT INTO p (id) VALUES (1)")
    any_project.sql("INSERT INTO c VALUES (NULL, 1)")

    any_project.change("migrator.remove_model('p')")

    assert any_project.rows("c") == [(None, 1)]


def test_a_table_is_dropped_and_made_anew(any_project: Project) -> None:
    """One file may drop a table and create another of its name."""
    any_project.start(PARENT, "CREATE INDEX i ON p (a)")
    any_project.sql("INSERT INTO p (id) VALUES (1)")

    any_project.change(
        """
        migrator.remove_model('p')

        @migrator.create_model
        class P(pw.Model):
            name = pw.CharField(index=True)
            class Meta:
                table_name = 'p'
        """
    )

    assert any_project.rows("p") == []
    assert sorted(name for name in any_project.texts()) == ["p", "p_name"]


MODEL = """
class Group(pw.Model):
    label = pw.TextField()
    class Meta:
        table_name = "group"

class Item(pw.Model):
    name = pw.CharField(INDEX)
    n = pw.IntegerField(default=1)
    group = pw.ForeignKeyField(Group, on_delete="CASCADE", null=True)
    class Meta:
        indexes = INDEXES
        constraints = CHECKS
"""


def items(index: str = "", indexes: str = "()", checks: str = "[]", without: str = "") -> str:
    """The models with these indexes and constraints, ``without`` one line."""
    lines = MODEL.replace("INDEXES", indexes).replace("INDEX", index).replace("CHECKS", checks).splitlines()
    return "\n".join(line for line in lines if not without or f" {without} =" not in line)


DROPPED = {
    "indexed": (items("index=True"), items(without="name")),
    "unique": (items("unique=True"), items(without="name")),
    "in a composite index": (items(indexes="((('name', 'n'), True),)"), items(without="name")),
    "in two indexes": (items("index=True", "((('n', 'name'), False),)"), items(without="name")),
    "in a check": (items(checks="[pw.Check('n < length(name)')]"), items(without="name")),
    "a foreign key": (items(), items(without="group")),
    "a foreign key in an index": (items(indexes="((('group', 'n'), True),)"), items(without="group")),
}


@pytest.mark.parametrize(("before", "after"), DROPPED.values(), ids=DROPPED.keys())
def test_a_dropped_column_takes_what_is_its_own_and_comes_back(any_project: Project, before: str, after: str) -> None:
    """Its indexes, checks and references go with it, other rows and values stay, and rollback restores the table."""
    models = any_project.evolve(before)
    group = models["Group"].create(label="g")
    models["Item"].create(name="something", group=group)
    first = any_project.texts()

    any_project.evolve(after, fill={})
    dropped = any_project.sql("SELECT n FROM item")
    nothing = any_project.manager().create("nothing")
    if "name" not in after.partition("Item")[2]:
        any_project.sql("DELETE FROM item")
    any_project.manager().rollback()

    assert dropped == [(1,)]
    assert nothing is None
    assert sorted(any_project.texts()) == sorted(first)
    assert any_project.rows("group") == [(1, "g")]
    assert any_project.problems() == []


def test_a_column_named_like_a_table_that_another_column_refers_to(any_project: Project) -> None:
    """A text column gives way to a foreign key to a table of its own name: the old one can be dropped."""
    any_project.start(
        "CREATE TABLE category (id INTEGER PRIMARY KEY, uid TEXT UNIQUE)",
        "CREATE TABLE item (category TEXT, uid TEXT, category_id INT,"
        " FOREIGN KEY (category_id) REFERENCES category (id), FOREIGN KEY (category) REFERENCES category (uid))",
    )
    any_project.sql("INSERT INTO category VALUES (3, 'u')")
    any_project.sql("INSERT INTO item VALUES ('u', 'x', 3)")

    any_project.change("migrator.remove_fields('item', 'uid')")
    any_project.change("migrator.remove_fields('item', 'category')", "003_more")

    assert any_project.rows("item") == [(3,)]
    assert any_project.sql("SELECT \"table\" FROM pragma_foreign_key_list('item')") == [("category",)]


USED = {
    "a partial index": ("CREATE INDEX mine ON t (a) WHERE b > 1", "mine"),
    "an expression index": ("CREATE INDEX mine ON t (a + b)", "mine"),
}


@pytest.mark.parametrize(("index", "name"), USED.values(), ids=USED.keys())
def test_a_column_that_something_else_needs_is_not_dropped(any_project: Project, index: str, name: str) -> None:
    """An index of nobody's that needs the column in passing is not dropped in passing: it is named."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT)", index)
    before = any_project.everything()

    with pytest.raises(UnsupportedChangeError, match=name):
        any_project.change("migrator.remove_fields('t', 'b')")

    assert any_project.everything() == before


def test_a_column_a_generated_one_is_made_of_is_not_dropped(any_project: Project) -> None:
    """The generated column is named, and nothing has changed."""
    any_project.start("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, total AS (a * 2) STORED)")
    before = any_project.everything()

    with pytest.raises(PeewitError, match="total"):
        any_project.change("migrator.remove_fields('t', 'a')")

    assert any_project.everything() == before


@pytest.mark.parametrize(
    "change",
    ["migrator.change_primary_key('p', 'id', 'a')", "migrator.drop_index('p', 'code')"],
    ids=["the primary key", "a unique index"],
)
@pytest.mark.parametrize("child", ["p INT REFERENCES p (id)", "p TEXT REFERENCES p (code)"], ids=["id", "code"])
def test_what_others_refer_to_stays_a_key(project: Project, change: str, child: str) -> None:
    """Without it SQLite would refuse every later write of the child: the migration is refused, by name."""
    project.start(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, a INT, code TEXT)",
        "CREATE UNIQUE INDEX k ON p (code)",
        f"CREATE TABLE c ({child})",
    )
    before = project.everything()
    harmless = ("code" in change) != ("code" in child)

    if harmless:
        project.change(change)
        project.sql("INSERT INTO c VALUES (NULL)")
        return
    with pytest.raises(UnsupportedChangeError, match='"c" referencing "p"'):
        project.change(change)

    assert project.everything() == before
