"""Other columns become the primary key, and the rows stay."""

from __future__ import annotations

import pytest

from peewit import PeewitError

from .project import Project

PAIR = """
class Seat(pw.Model):
    row = pw.IntegerField()
    number = pw.IntegerField()
    note = pw.TextField(null=True)
    class Meta:
        primary_key = KEY
"""

KEYS = ["False", "pw.CompositeKey('row', 'number')", "pw.CompositeKey('number', 'row')"]


@pytest.mark.parametrize("after", KEYS)
@pytest.mark.parametrize("before", KEYS)
def test_composite_keys_come_go_and_turn_around(any_project: Project, before: str, after: str) -> None:
    """A key over two columns is added, dropped and reordered; forward and back the rows are the same."""
    if before == after:
        return
    any_project.evolve(PAIR.replace("KEY", before))
    any_project.sql("INSERT INTO seat VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, NULL)")
    text = any_project.text("seat")

    any_project.evolve(PAIR.replace("KEY", after))
    rows = any_project.rows("seat")
    nothing = any_project.manager().create("nothing")
    any_project.manager().rollback()

    assert rows == [(1, 1, "a"), (1, 2, "b"), (2, 1, None)]
    assert nothing is None
    assert sorted(any_project.text("seat")) == sorted(text)
    assert any_project.rows("seat") == rows


@pytest.mark.parametrize("key", KEYS[1:])
def test_a_key_that_is_not_unique_is_refused(any_project: Project, key: str) -> None:
    """Two rows with the same key stop the migration before it writes."""
    any_project.evolve(PAIR.replace("KEY", "False"))
    any_project.sql("INSERT INTO seat VALUES (1, 1, 'a'), (1, 1, 'b')")
    before = any_project.everything()

    with pytest.raises(PeewitError, match="1 value"):
        any_project.evolve(PAIR.replace("KEY", key))

    assert any_project.everything() == before


def test_an_id_gives_way_to_a_natural_key(any_project: Project) -> None:
    """The implicit id is dropped, another column is the key from now on, and back again with its numbers."""
    start = "class City(pw.Model):\n    code = pw.CharField(KEY)\n    name = pw.TextField(null=True)\n"
    any_project.evolve(start.replace("KEY", ""))
    any_project.sql("INSERT INTO city (id, code) VALUES (4, 'x'), (7, 'y')")

    any_project.evolve(start.replace("KEY", "primary_key=True"))

    assert any_project.rows("city") == [("x", None), ("y", None)]
    assert any_project.sql("SELECT name FROM pragma_table_info('city') WHERE pk") == [("code",)]


def test_a_table_is_given_an_id(any_project: Project) -> None:
    """A table without a key gets numbers: its rowids, so that nothing moves."""
    source = "class T(pw.Model):\n    n = pw.IntegerField()\n"
    any_project.evolve(source + "    class Meta:\n        primary_key = False\n")
    any_project.sql("INSERT INTO t VALUES (5), (6)")

    any_project.evolve(source)

    assert sorted(n for _, n in any_project.sql("SELECT id, n FROM t")) == [5, 6]
    assert any_project.problems() == []


def test_the_key_changes_its_type_under_its_children(any_project: Project) -> None:
    """An integer key becomes text: children are converted with it and still refer to their rows."""
    source = """
        class P(pw.Model):
            id = pw.KEYField(primary_key=True)
        class C(pw.Model):
            p = pw.ForeignKeyField(P, on_delete="CASCADE")
        """
    models = any_project.evolve(source.replace("KEY", "Integer"))
    models["P"].insert(id=7).execute()
    models["C"].create(p=7)

    any_project.evolve(source.replace("KEY", "Text"))

    assert any_project.rows("p") == [("7",)]
    assert any_project.rows("c") == [(1, "7")]
    assert any_project.problems() == []
    any_project.sql("DELETE FROM p")
    assert any_project.rows("c") == []
