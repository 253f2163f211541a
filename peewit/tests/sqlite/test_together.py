"""A new database: the first migrations are made together, and nobody can tell but by the time it took."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from peewit import PeewitError
from peewit.cli.group import peewit
from peewit.run.applying import together

from ..killing import killed_at
from .project import Project

CHANGES = (
    """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField(max_length=40)
        age = pw.IntegerField(null=True)
        class Meta:
            table_name = "author"
            indexes = ((("name", "age"), True),)
            constraints = [pw.Check("age > 0", name="grown")]
    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, on_delete="CASCADE")
        title = pw.TextField(default="")
        class Meta:
            table_name = "book"
    """,
    "migrator.add_fields('author', born=pw.DateField(null=True), email=pw.CharField(default='', unique=True))",
    "migrator.rename_field('author', 'name', 'full_name')",
    "migrator.rename_table('book', 'volume')",
    "migrator.add_index('volume', 'title', 'author')",
    "migrator.change_fields('author', age=pw.TextField(null=True))",
    "migrator.add_fields('author', mentor=pw.ForeignKeyField('self', null=True, on_delete='SET NULL'))",
    "migrator.remove_fields('author', 'born')",
    "migrator.add_constraint('volume', 'titled', pw.Check(\"title <> 'none'\"))",
    "migrator.drop_index('volume', 'title', 'author')",
    """
    @migrator.create_model
    class Tag(pw.Model):
        word = pw.CharField(primary_key=True)
        class Meta:
            table_name = "tag"
            without_rowid = True
            strict_tables = False
    """,
    "migrator.add_not_null('author', 'age')",
    "migrator.remove_model('tag')",
)
FILL = """
    def fill():
        database.execute_sql("INSERT INTO author (full_name, email) VALUES ('ann', 'a@b.c')")
    migrator.run(fill)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Thirteen migrations that do nothing but lead to a schema, and no database."""
    project = Project(tmp_path)
    for number, change in enumerate(CHANGES, 1):
        project.write(f"{number:03}_change", change)
    return project


def names(project: Project) -> list[str]:
    return [name for (name,) in project.sql("SELECT name FROM migratehistory ORDER BY id")]


def described(project: Project) -> dict[str, object]:
    """Every table with its columns in their order, and every index, as SQLite describes them."""
    manager = project.manager()
    assert manager.check().findings == ()
    found: dict[str, object] = {}
    for kind, name in project.sql("SELECT type, name FROM sqlite_master WHERE tbl_name NOT LIKE 'migratehistory%'"):
        parts = "table_xinfo" if kind == "table" else "index_xinfo"
        found[f"{kind} {name}"] = project.sql(f"SELECT * FROM pragma_{parts}(?)", name)
    return found


def test_together_leads_where_the_steps_lead(project: Project, tmp_path: Path) -> None:
    """The same tables, columns in the same order, indexes by the same names; a history and a journal of every file."""
    report = project.manager().migrate()

    assert [step.together for step in report.steps] == [13] * 13
    assert names(project) == list(report.applied) == [f"{number:03}_change" for number in range(1, 14)]
    noted = project.sql("SELECT name, action, source FROM migratehistory_journal ORDER BY id")
    assert noted == [(name, "migrate", (project.directory / f"{name}.py").read_bytes()) for name in names(project)]

    stepwise = Project(tmp_path / "other")
    stepwise.path.parent.mkdir()
    stepwise.directory = project.directory
    for _ in CHANGES:
        (step,) = stepwise.manager().migrate("+1").steps
        assert step.together == 0
    assert described(stepwise) == described(project)
    assert project.problems() == []


def test_what_is_remembered_leads_there_as_well(project: Project) -> None:
    """The second new database needs no replay of the files; what it is is the same."""
    project.manager().migrate()
    first = described(project)
    project.database.close()
    project.path.unlink()
    project.manager().migrate()
    assert described(project) == first


def test_hundreds_are_noted_one_by_one(tmp_path: Path) -> None:
    """In their order, each with its text; no statement takes more values than an old SQLite does."""
    project = Project(tmp_path)
    for number in range(1, 232):
        project.write(
            f"{number:03}_change", f"@migrator.create_model\nclass T{number}(pw.Model): name = pw.TextField()"
        )

    assert len(project.manager().migrate().applied) == 231

    assert names(project) == project.manager().folder.names()
    noted = project.sql("SELECT name, action, source FROM migratehistory_journal ORDER BY id")
    assert noted == [(name, "migrate", (project.directory / f"{name}.py").read_bytes()) for name in names(project)]
    assert project.manager().status().edited == ()


@pytest.mark.parametrize(
    "body",
    [
        FILL,
        "migrator.sql('CREATE TRIGGER seen AFTER INSERT ON author BEGIN DELETE FROM volume; END')",
        "database.execute_sql('CREATE VIEW seen AS SELECT 1 AS one')",
        "if not fake: migrator.sql('CREATE VIEW seen AS SELECT 1 AS one')",
        "open(__file__ + '.seen', 'w').close()",
    ],
    ids=["function", "sql", "body", "fake", "file"],
)
def test_what_does_more_is_run(project: Project, body: str) -> None:
    """Whatever a migration does beside its operations is done, once, on what the ones before it have made."""
    project.write("010_more", body)
    for number in (11, 12, 13):
        (project.directory / f"{number:03}_change.py").unlink()
    project.write("011_last", "migrator.add_fields('author', last=pw.IntegerField(null=True))")

    report = project.manager().migrate()

    assert [step.together for step in report.steps] == [10] * 10 + [0] * 2
    assert names(project) == list(report.applied)
    assert report.applied[-3:] == ("010_change", "010_more", "011_last")
    seen = project.sql("SELECT count(*) FROM sqlite_master WHERE name = 'seen'")[0][0]
    written = project.sql("SELECT count(*) FROM author")[0][0] + len(list(project.directory.glob("*.seen")))
    assert seen + written == 1


LATER = (
    "migrator.add_fields('author', seen=pw.IntegerField(default=7))",
    "migrator.add_fields('author', note=pw.TextField(null=True), code=pw.CharField(default=counted, unique=True))",
    "migrator.add_index('author', 'age', 'seen')",
    "migrator.remove_fields('author', 'seen')",
    "migrator.add_fields('author', seen=pw.CharField(default='again'))",
    "migrator.remove_fields('author', 'note')",
    """
    @migrator.create_model
    class Word(pw.Model):
        author = pw.ForeignKeyField(migrator.orm['author'])
        class Meta:
            table_name = "word"
    """,
    "migrator.add_fields('word', text=pw.TextField())",
    "migrator.add_index('word', 'text', unique=True)",
    "migrator.drop_index('author', 'age', 'seen')",
)
ANN = """
    def ann():
        database.execute_sql("INSERT INTO author (name, age) VALUES ('ann', 9), ('bob', NULL)")
    migrator.run(ann)
"""
BEA = """
    migrator.sql("INSERT INTO author (name, code, seen) VALUES ('bea', 'b', 'now')")
    migrator.sql("INSERT INTO word (author_id, text) VALUES (3, 'hello')")
"""
HEAD = "from itertools import count\n\nnumber = count(1)\n\ndef counted():\n    return f'c{next(number)}'\n"


def with_rows_between(folder: Path) -> Project:
    """Tables, rows that a function writes, ten migrations that add and drop, rows that SQL writes, ten more."""
    project = Project(folder)
    bodies = [
        CHANGES[0],
        ANN,
        *LATER,
        BEA,
        *(f"migrator.add_fields('word', x{n}=pw.IntegerField(default={n}))" for n in range(10)),
    ]
    for number, body in enumerate(bodies, 1):
        project.write(f"{number:03}_change", body, head=HEAD)
    return project


def test_after_what_does_more_it_goes_on_together(tmp_path: Path) -> None:
    """What a function and SQL have written is there when the next are made, and becomes what it would have become."""
    project = with_rows_between(tmp_path)
    report = project.manager().migrate()

    assert [step.together for step in report.steps] == [0, 0, *[10] * 10, 0, *[10] * 10]
    assert names(project) == list(report.applied) == project.manager().folder.names()
    noted = project.sql("SELECT name, action, source FROM migratehistory_journal ORDER BY id")
    assert noted == [(name, "migrate", (project.directory / f"{name}.py").read_bytes()) for name in names(project)]
    assert project.sql("SELECT name, age, code, seen FROM author ORDER BY id") == [
        ("ann", 9, "c1", "again"),
        ("bob", None, "c2", "again"),
        ("bea", None, "b", "now"),
    ]
    assert project.sql("SELECT author_id, text, x0, x9 FROM word") == [(3, "hello", 0, 9)]

    stepwise = Project(tmp_path / "other")
    stepwise.path.parent.mkdir()
    stepwise.directory = project.directory
    for _ in names(project):
        stepwise.manager().migrate("+1")
    assert described(stepwise) == described(project)
    assert stepwise.sql("SELECT * FROM author") == project.sql("SELECT * FROM author")
    assert stepwise.sql("SELECT * FROM word") == project.sql("SELECT * FROM word")
    assert project.problems() == []


def test_rows_that_do_not_fit_are_told_of_their_own_file(tmp_path: Path) -> None:
    """A function has written two rows of the same; among ten that are made together, one wants them to differ."""
    project = with_rows_between(tmp_path)
    project.write("002_change", ANN.replace("'bob'", "'ann'"), head=HEAD)
    project.write("009_change", "migrator.add_index('author', 'name', unique=True)")

    with pytest.raises(PeewitError, match="009_change"):
        project.manager().migrate()

    assert names(project) == [f"{number:03}_change" for number in range(1, 9)]
    assert project.sql("SELECT name, seen FROM author") == [("ann", "again"), ("ann", "again")]
    assert project.problems() == []


def test_killed_between_them_it_goes_on(tmp_path: Path) -> None:
    """Whatever was kept is noted, and what was not is done by the next start: one after the other, or together."""
    project = with_rows_between(tmp_path)
    for number in range(0, 2000, 19):
        project.database.close()
        project.path.unlink(missing_ok=True)
        killed = killed_at(number, project.database, project.manager().migrate)
        kept = names(project) if project.sql("SELECT 1 FROM sqlite_master WHERE name = 'migratehistory'") else []
        assert len(kept) in (0, 1, 2, 12, 13, 23), number
        project.manager().migrate()
        assert names(project) == project.manager().folder.names(), number
        assert project.sql("SELECT count(*) FROM author") == [(3,)], number
        assert project.problems() == []
        if not killed:
            return
    raise AssertionError("it never came to its end")


def test_what_is_there_already_is_no_new_database(project: Project) -> None:
    """With a table of anybody's in it, the migrations are run one after the other."""
    project.sql("CREATE TABLE theirs (x)")
    report = project.manager().migrate()
    assert {step.together for step in report.steps} == {0}
    assert project.sql("SELECT count(*) FROM theirs") == [(0,)]


def test_a_migration_that_fails_leaves_those_before_it(project: Project) -> None:
    """As one after the other: what came before is applied, and the error names the file and its line."""
    project.write("012_change", "migrator.add_fields('nobody', x=pw.IntegerField())")
    with pytest.raises(PeewitError, match=r"012_change.*line 5"):
        project.manager().migrate()
    assert names(project) == [f"{number:03}_change" for number in range(1, 12)]


def test_what_cannot_be_made_together_is_told_of_its_own_file(project: Project) -> None:
    """SQLite refuses the whole: then they are run one after the other, and the one to blame says so."""
    project.write("012_change", "migrator.add_constraint('author', 'wrong', pw.Check('no_such_function(age) > 0'))")
    with pytest.raises(PeewitError, match="012_change"):
        project.manager().migrate()
    assert names(project) == [f"{number:03}_change" for number in range(1, 12)]


def test_each_of_them_can_be_rolled_back(project: Project) -> None:
    """Applied together, and undone one by one."""
    project.write("013_change", "migrator.remove_model('tag')", "migrator.sql('CREATE TABLE tag (word)')")
    project.manager().migrate()
    project.manager().rollback()
    assert names(project)[-1] == "012_change"
    assert project.manager().status().pending == ("013_change",)
    project.manager().migrate()
    assert project.problems() == []


def test_killed_anywhere_it_is_a_new_database_still(project: Project) -> None:
    """One transaction: nothing of it is there before it is all there, and the next start does it."""
    for number in range(400):
        project.database.close()
        project.path.unlink(missing_ok=True)
        killed = killed_at(number, project.database, project.manager().migrate)
        there = project.sql("SELECT count(*) FROM sqlite_master")[0][0]
        assert there == 0 or len(names(project)) == 13, number
        project.manager().migrate()
        assert len(names(project)) == 13, number
        assert project.problems() == []
        if not killed:
            return
    raise AssertionError("it never came to its end")


def test_a_target_is_the_end(project: Project) -> None:
    """Only what is asked for is made."""
    report = project.manager().migrate("011")
    assert {step.together for step in report.steps} == {11}
    assert project.manager().status().pending == ("012_change", "013_change")


def test_few_are_run_one_after_the_other(project: Project) -> None:
    """Their statements are in the journal, and it takes no longer."""
    report = project.manager().migrate(f"+{together.ENOUGH - 1}")
    assert {step.together for step in report.steps} == {0}


def test_the_terminal_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each, and how long they took together."""
    monkeypatch.chdir(project.path.parent)
    told = CliRunner().invoke(peewit, ["migrate", "--database", "sqlite:///app.db", "--directory", "migrations"])
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert lines[:-1] == [f"applied {number:03}_change" for number in range(1, 14)]
    assert lines[-1].startswith("the database is new, so these 13 were made together (0.")
