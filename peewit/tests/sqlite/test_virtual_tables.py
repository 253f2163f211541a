"""Virtual tables: full text search finds the same rows, and its shadow tables are nobody's to change."""

from __future__ import annotations

from .project import Project

DOCUMENT = "CREATE TABLE document (id INTEGER PRIMARY KEY, title TEXT, body TEXT)"
SEARCH = "CREATE VIRTUAL TABLE search USING fts5 (title, body, content='document', content_rowid='id')"
KEPT_IN_STEP = (
    (
        "CREATE TRIGGER document_ai AFTER INSERT ON document BEGIN"
        " INSERT INTO search (rowid, title, body) VALUES (new.id, new.title, new.body); END"
    ),
    (
        "CREATE TRIGGER document_ad AFTER DELETE ON document BEGIN"
        " INSERT INTO search (search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END"
    ),
    (
        "CREATE TRIGGER document_au AFTER UPDATE ON document BEGIN"
        " INSERT INTO search (search, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);"
        " INSERT INTO search (rowid, title, body) VALUES (new.id, new.title, new.body); END"
    ),
)


def searched(project: Project, word: str) -> list[tuple[object, ...]]:
    """The rowids of the documents with a word."""
    return project.sql("SELECT rowid FROM search WHERE search MATCH ?", word)


def checked(project: Project) -> None:
    """FTS5 compares its index with the table it is made from: an error where they differ."""
    project.sql("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")


def given(project: Project) -> None:
    """Three documents, one deleted again, and an index over them that triggers keep in step."""
    project.start(DOCUMENT)
    for statement in (SEARCH, *KEPT_IN_STEP):
        project.sql(statement)
    project.sql("INSERT INTO document (title, body) VALUES ('one', 'red'), ('two', NULL), ('three', 'blue')")
    project.sql("DELETE FROM document WHERE id = 1")


def test_an_index_over_another_table_stays_in_step(any_project: Project) -> None:
    """Its table is edited, filled, rebuilt, and loses and gains columns: the search finds what is there."""
    given(any_project)

    any_project.change("migrator.add_fields('document', year=pw.IntegerField(default=1999))")
    any_project.change("migrator.change_fields('document', body=pw.TextField(default='green'))", "003_fill")
    any_project.change("migrator.change_fields('document', year=pw.TextField())", "004_rebuild")
    any_project.change("migrator.remove_fields('document', 'year')", "005_drop")
    any_project.sql("UPDATE document SET title = 'drei' WHERE id = 3")

    assert searched(any_project, "green") == [(2,)]
    assert searched(any_project, "drei") == [(3,)]
    assert searched(any_project, "three") == searched(any_project, "red") == []
    checked(any_project)
    assert any_project.problems() == []


def test_a_fill_in_a_rebuild_reaches_the_index(any_project: Project) -> None:
    """Nulls that get a value while their table is rebuilt are found under that value."""
    given(any_project)

    any_project.change(
        """
        migrator.change_fields('document', body=pw.TextField(default='green'))
        migrator.change_fields('document', title=pw.TextField(null=True, collation='NOCASE'))
        """
    )

    assert searched(any_project, "green") == [(2,)]
    checked(any_project)


def test_an_index_by_hidden_rowid_finds_the_same_rows(any_project: Project) -> None:
    """A search over a table without INTEGER PRIMARY KEY goes by rowids, which a rebuild keeps."""
    any_project.start("CREATE TABLE note (code TEXT PRIMARY KEY, body TEXT)")
    any_project.sql("CREATE VIRTUAL TABLE search USING fts5 (body, content='note')")
    any_project.sql("INSERT INTO note (rowid, code, body) VALUES (7, 'a', 'red'), (9, 'b', 'blue')")
    any_project.sql("INSERT INTO search (search) VALUES ('rebuild')")

    any_project.change("migrator.change_fields('note', code=pw.CharField(max_length=9, collation='NOCASE'))")

    assert any_project.sql("SELECT rowid, body FROM search WHERE search MATCH 'blue'") == [(9, "blue")]
    checked(any_project)


def test_virtual_tables_and_their_shadows_are_not_proposed_for_dropping(project: Project) -> None:
    """A search table that no model knows is nobody's: create finds nothing, check finds nothing."""
    source = "class Document(pw.Model):\n    title = pw.TextField()"
    project.evolve(source)
    project.sql("CREATE VIRTUAL TABLE search USING fts5 (title)")
    project.sql("INSERT INTO search VALUES ('one')")

    assert project.manager().create("nothing") is None
    assert project.manager().check().findings == ()


def test_a_plan_copes_with_virtual_tables_after_a_vacuum(any_project: Project) -> None:
    """VACUUM puts virtual tables behind their shadows; the plan is made all the same, and then it runs."""
    given(any_project)
    any_project.sql("VACUUM")
    any_project.write("002_change", "migrator.change_fields('document', title=pw.BlobField(null=True))")

    plan = any_project.manager().plan()
    any_project.manager().migrate()

    assert [step.name for step in plan.steps] == ["002_change"]
    checked(any_project)


def test_an_rtree_is_left_alone(any_project: Project) -> None:
    """Boxes in an R-tree are where they were after its neighbour was rebuilt."""
    any_project.start(DOCUMENT)
    any_project.sql("CREATE VIRTUAL TABLE place USING rtree (id, x0, x1)")
    any_project.sql("INSERT INTO place VALUES (1, 2.0, 3.0)")
    before = {name: text for name, text in any_project.texts().items() if name.startswith("place")}

    any_project.change("migrator.change_fields('document', body=pw.BlobField(null=True))")

    assert any_project.rows("place") == [(1, 2.0, 3.0)]
    assert {name: text for name, text in any_project.texts().items() if name.startswith("place")} == before
