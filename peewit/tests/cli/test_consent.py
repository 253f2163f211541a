"""Before a rollback, a redo or a migrate destroys something: asked on a terminal, not asked where nobody answers."""

from __future__ import annotations

import json
from pathlib import Path

import peewee as pw
import pytest

from peewit.cli import main

from ..server_project import ServerProject, url_of
from .app import App
from .person import on_a_terminal

BOOK = """
    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField()
        class Meta:
            table_name = "book"
    """
NO_BOOK = 'migrator.remove_model("book")'
SHELF = 'migrator.add_fields("book", shelf=pw.CharField(null=True))'
NO_SHELF = 'migrator.remove_fields("book", "shelf")'
ROWS = "INSERT INTO book (title, shelf) VALUES ('a', 'x'), ('b', NULL)"


def two(folder: Path, database: pw.Database) -> tuple[ServerProject, list[str]]:
    """A table, then a column, both applied, with rows; and the flags of the command line."""
    project = ServerProject(folder, database)
    project.write("001_book", BOOK, NO_BOOK)
    project.write("002_shelf", SHELF, NO_SHELF)
    project.manager().migrate()
    project.sql(ROWS)
    return project, ["--database", url_of(database), "--directory", str(project.directory)]


def in_sqlite(folder: Path) -> pw.SqliteDatabase:
    return pw.SqliteDatabase(folder / "app.db")


def applied(project: ServerProject) -> list[str]:
    return [entry.name for entry in project.manager().status().applied]


SHELF_GOES = '  002_shelf drops "book"."shelf" and its 1 value'
BOOK_GOES = '  001_book drops table "book" and its 2 rows'


def asked_before_a_rollback(project: ServerProject, flags: list[str]) -> None:
    """No: nothing was undone. Yes: what was told is not told twice. All of several steps are told beforehand."""
    name = project.manager().target.name
    code, lines = on_a_terminal(["n"], "rollback", *flags)
    assert (code, lines) == (1, [f"in {name} this destroys", SHELF_GOES, "nothing was undone"])
    code, lines = on_a_terminal([""], "rollback", "zero", *flags)
    assert (code, lines) == (1, [f"in {name} this destroys", SHELF_GOES, BOOK_GOES, "nothing was undone"])
    assert applied(project) == ["001_book", "002_shelf"]
    assert project.sql("SELECT title, shelf FROM book ORDER BY id") == [("a", "x"), ("b", None)]
    code, lines = on_a_terminal(["y"], "rollback", "zero", *flags)
    assert code == 0, lines
    assert lines[:3] == [f"in {name} this destroys", SHELF_GOES, BOOK_GOES]
    told = [line.partition(" (")[0] for line in lines[3:] if not line.startswith("  the database as it was")]
    assert told == ["rolled back 002_shelf", "rolled back 001_book"]
    assert applied(project) == []


def test_a_rollback_in_sqlite(tmp_path: Path) -> None:
    """A copy is made, and it is asked all the same: to go back to it is more work than to say no."""
    asked_before_a_rollback(*two(tmp_path, in_sqlite(tmp_path)))


@pytest.mark.one_version
def test_a_rollback_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    asked_before_a_rollback(*two(tmp_path, database))


def test_the_question_names_the_flag_that_answers_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is typed here, and as make is told where make has no such task."""
    _, flags = two(tmp_path, in_sqlite(tmp_path))
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert "go on? (not asked with --yes) [y/N]: " in typed([""], "rollback", *flags)
    monkeypatch.setenv("MAKELEVEL", "1")
    assert "go on? (not asked with make migrate-rollback args=--yes) [y/N]: " in typed([""], "rollback", *flags)


def typed(answers: list[str], *command: str) -> str:
    """All that stands on the terminal, prompts among it."""
    return "\n".join(on_a_terminal(answers, *command, prompts=True)[1])


@pytest.mark.parametrize("arguments", [["--yes"], ["--json"], ["--fake"]])
def test_what_is_not_asked(tmp_path: Path, arguments: list[str]) -> None:
    """The flag answers, a program that reads is not asked, and the history alone destroys nothing."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    code, lines = on_a_terminal([], "rollback", *arguments, *flags)
    assert (code, "go on" in " ".join(lines), applied(project)) == (0, False, ["001_book"])


def test_what_destroys_nothing_is_not_asked(tmp_path: Path) -> None:
    """A column with nothing in it, a table without rows."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    project.sql("DELETE FROM book")
    code, lines = on_a_terminal([], "rollback", "zero", *flags)
    assert (code, [line.partition(" (")[0] for line in lines]) == (0, ["rolled back 002_shelf", "rolled back 001_book"])


def test_without_a_terminal_it_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script is not stopped: it is told what goes, as it goes."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    assert main(["rollback", *flags]) == 0
    assert capsys.readouterr().out.splitlines()[0] == SHELF_GOES.strip()
    assert applied(project) == ["001_book"]


def test_a_column_made_on_the_way_is_no_loss(tmp_path: Path) -> None:
    """What an earlier step of the same run makes anew has nothing in it: only what is there now is counted."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    project.write("003_no_shelf", NO_SHELF, SHELF)
    project.manager().migrate()
    code, lines = on_a_terminal(["n"], "rollback", "zero", *flags)
    assert (code, lines[1:]) == (1, [BOOK_GOES, "nothing was undone"])


BY_HAND = {
    "of a table": ('migrator.sql("DROP TABLE book")', [BOOK_GOES.replace("001_book", "002_shelf")]),
    "of a column": ('migrator.sql("ALTER TABLE book DROP COLUMN shelf")', [SHELF_GOES]),
    "at once": ('database.execute_sql("ALTER TABLE book DROP COLUMN shelf")', [SHELF_GOES]),
    "a rename of a column": ('migrator.sql("ALTER TABLE book RENAME COLUMN shelf TO place")', []),
    "a rename of a table": ('migrator.sql("ALTER TABLE book RENAME TO volume")', []),
    "beside others": (
        f'{NO_SHELF}\nmigrator.add_fields("book", row=pw.IntegerField(null=True))\nmigrator.sql("ALTER TABLE book DROP title")',
        ['  002_shelf drops "book"."title" and its 2 values', SHELF_GOES],
    ),
}


def by_hand(project: ServerProject, flags: list[str], back: str, goes: list[str]) -> None:
    """The question tells it; what only gets another name is not lost, and not asked."""
    project.manager().rollback(fake=True)
    project.write("002_shelf", SHELF, back)
    project.manager().migrate(fake=True, verify=False)
    code, lines = on_a_terminal([""], "rollback", *flags)
    if goes:
        assert (code, [line for line in lines if " drops " in line], lines[-1]) == (1, goes, "nothing was undone")
    else:
        assert (code, lines[-1].partition(" (")[0]) == (0, "rolled back 002_shelf"), lines


@pytest.mark.parametrize(("back", "goes"), BY_HAND.values(), ids=BY_HAND)
def test_sql_of_a_file_in_sqlite(tmp_path: Path, back: str, goes: list[str]) -> None:
    """Whatever words a table is dropped in, its rows are gone."""
    by_hand(*two(tmp_path, in_sqlite(tmp_path)), back, goes)


@pytest.mark.one_version
@pytest.mark.parametrize(("back", "goes"), BY_HAND.values(), ids=BY_HAND)
def test_sql_of_a_file_on_a_server(tmp_path: Path, database: pw.Database, back: str, goes: list[str]) -> None:
    """The same on every server."""
    by_hand(*two(tmp_path, database), back, goes)


def test_what_was_not_asked_about_is_not_undone(tmp_path: Path) -> None:
    """Somebody applies another migration while the question stands: it is not undone in the place of the other."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    project.write("003_row", 'migrator.add_fields("book", row=pw.IntegerField(null=True))')

    def meanwhile() -> str:
        project.manager().migrate()
        return "y"

    code, lines = on_a_terminal([meanwhile], "rollback", *flags)
    assert (code, "error: 003_row would come next, and was not asked about" in "\n".join(lines)) == (4, True)
    assert applied(project) == ["001_book", "002_shelf", "003_row"]
    assert project.sql("SELECT shelf FROM book ORDER BY id") == [("x",), (None,)]


# ---------------------------------------------------------------------- migrate


def test_migrate_asks_where_no_copy_is_made(tmp_path: Path) -> None:
    """In SQLite that is without a backup only."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    project.write("003_no_shelf", NO_SHELF, SHELF)
    code, lines = on_a_terminal([""], "migrate", "--no-backup", *flags)
    goes = '  003_no_shelf drops "book"."shelf" and its 1 value'
    assert (code, lines[1:]) == (1, [goes, "nothing was applied"])
    assert on_a_terminal([], "migrate", "--no-backup", "--yes", *flags)[0] == 0
    project.manager().rollback()
    project.sql("UPDATE book SET shelf = 'x'")
    code, lines = on_a_terminal([], "migrate", *flags)
    assert (code, lines[0]) == (0, '003_no_shelf drops "book"."shelf" and its 2 values')


@pytest.mark.one_version
def test_migrate_asks_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """Nothing is copied there before it goes."""
    project, flags = two(tmp_path, database)
    project.write("003_no_shelf", NO_SHELF, SHELF)
    goes = '  003_no_shelf drops "book"."shelf" and its 1 value'
    code, lines = on_a_terminal(["n"], "migrate", *flags)
    assert (code, lines[1:]) == (1, [goes, "nothing was applied"])
    code, lines = on_a_terminal(["y"], "migrate", *flags)
    assert (code, lines[1], lines[2][:20]) == (0, goes, "applied 003_no_shelf")
    assert project.sql("SELECT title FROM book ORDER BY id") == [("a",), ("b",)]
    assert on_a_terminal([], "migrate", *flags) == (0, ["nothing to do: the database is up to date"])


# ---------------------------------------------------------------------- what was only marked as applied


def marked(folder: Path, database: pw.Database) -> tuple[ServerProject, list[str]]:
    """A table with rows that was there before its migration."""
    project = ServerProject(folder, database)
    project.write("001_book", BOOK, NO_BOOK)
    project.manager().migrate()
    project.sql("INSERT INTO book (title) VALUES ('a'), ('b')")
    project.manager().rollback(fake=True)
    project.manager().migrate(fake=True)
    return project, ["--database", url_of(database), "--directory", str(project.directory)]


MARKED = "001_book was only marked as applied: the tables were there before it"


FOUND = "001_book was applied to tables that were there before it, and were as it makes them"


def found(folder: Path, database: pw.Database) -> tuple[ServerProject, list[str]]:
    """A table with rows that was there before its migration was run on it."""
    project, flags = marked(folder, database)
    project.manager().rollback(fake=True)
    project.manager().migrate()
    return project, flags


def kept_unless_told(
    project: ServerProject, flags: list[str], capsys: pytest.CaptureFixture[str], why: str = MARKED
) -> None:
    """Refused with both ways out, which both work; on a terminal the question says why."""
    name = project.manager().target.name
    code, lines = on_a_terminal([""], "rollback", *flags)
    assert (code, lines) == (
        1,
        [
            f"in {name} this destroys",
            BOOK_GOES,
            f"  {why}",
            "    to only remove its row from the history: peewit rollback --fake",
            "nothing was undone",
        ],
    )
    capsys.readouterr()
    for more in ([], ["zero"], ["--json"]):
        assert main(["rollback", *more, *flags]) == 4
        out, error = capsys.readouterr()
        again = " ".join(["rollback", *(word for word in more if word == "zero"), "--yes"])
        assert (json.loads(out)["exit_code"] if "--json" in more else out, error.splitlines()) == (
            4 if "--json" in more else "",
            [
                f"error: migration {why}; a rollback destroys what is in them:",
                f"  {BOOK_GOES}",
                "  the database is unchanged",
                "  to only remove its row from the history: peewit rollback --fake",
                f"  to destroy that: peewit {again}",
            ],
        )
    assert (main(["redo", *flags]), project.sql("SELECT count(*) FROM book")) == (4, [(2,)])
    assert main(["rollback", "--fake", *flags]) == 0
    assert (applied(project), project.sql("SELECT count(*) FROM book")) == ([], [(2,)])
    project.manager().migrate(fake=True)
    assert main(["rollback", "--yes", *flags]) == 0
    assert (applied(project), project.database.table_exists("book")) == ([], False)


def test_marked_in_sqlite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a migration found is not dropped as if it had made it."""
    kept_unless_told(*marked(tmp_path, in_sqlite(tmp_path)), capsys)


@pytest.mark.one_version
def test_marked_on_a_server(tmp_path: Path, database: pw.Database, capsys: pytest.CaptureFixture[str]) -> None:
    """The same on every server."""
    kept_unless_told(*marked(tmp_path, database), capsys)


def test_tables_that_were_there_in_sqlite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A migration that had nothing to make, because somebody else had, does not drop it either."""
    kept_unless_told(*found(tmp_path, in_sqlite(tmp_path)), capsys, why=FOUND)


@pytest.mark.one_version
def test_tables_that_were_there_on_a_server(
    tmp_path: Path, database: pw.Database, capsys: pytest.CaptureFixture[str]
) -> None:
    kept_unless_told(*found(tmp_path, database), capsys, why=FOUND)


def test_migrate_tells_which_tables_were_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it makes itself is its own: undone without a question."""
    project, flags = marked(tmp_path, in_sqlite(tmp_path))
    project.manager().rollback(fake=True)
    project.write("002_shelf", SHELF, NO_SHELF)
    assert main(["migrate", *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0][:17], lines[1], lines[2][:18]) == (
        "applied 001_book ",
        '  there already, as it makes it: "book"',
        "applied 002_shelf ",
    )
    assert main(["rollback", *flags]) == 0
    assert main(["rollback", *flags]) == 4


def test_marked_and_another_after_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was really applied is undone by the first command, and the history of the other by the second."""
    project, flags = marked(tmp_path, in_sqlite(tmp_path))
    project.write("002_shelf", SHELF, NO_SHELF)
    project.manager().migrate()
    capsys.readouterr()
    assert main(["rollback", "zero", *flags]) == 4
    error = capsys.readouterr().err
    assert "  to undo only what was applied after it: peewit rollback 001_book\n" in error
    assert "  to only remove its row from the history, after that: peewit rollback --fake\n" in error
    assert applied(project) == ["001_book", "002_shelf"]
    assert (main(["rollback", "001_book", *flags]), main(["rollback", "--fake", *flags])) == (0, 0)
    assert (applied(project), project.sql("SELECT title FROM book")) == ([], [("a",), ("b",)])


def test_an_accepted_edit_does_not_make_it_applied(tmp_path: Path) -> None:
    """The new text was not run either."""
    project, flags = marked(tmp_path, in_sqlite(tmp_path))
    path = project.directory / "001_book.py"
    path.write_text(path.read_text().replace("Book(pw.Model)", "Volume(pw.Model)"))
    project.manager().accept("001_book")
    assert main(["rollback", *flags]) == 4


def test_marked_and_empty_is_rolled_back(tmp_path: Path) -> None:
    """Nothing is lost with a table that has no rows; nor is anything with a migration applied again since."""
    project, flags = marked(tmp_path, in_sqlite(tmp_path))
    project.sql("DELETE FROM book")
    assert main(["rollback", *flags]) == 0
    project.manager().migrate()
    project.sql("INSERT INTO book (title) VALUES ('a')")
    assert main(["rollback", *flags]) == 0


def test_the_library_goes_by_what_it_is_told(tmp_path: Path) -> None:
    """Whoever calls it has decided."""
    project, _ = marked(tmp_path, in_sqlite(tmp_path))
    assert project.manager().rollback().rolled_back == ("001_book",)


# ---------------------------------------------------------------------- redo


def test_redo_says_which_one_and_asks(tmp_path: Path) -> None:
    """After a rollback the migration before it is the newest; what is pending after it stays so."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    code, lines = on_a_terminal([""], "redo", *flags)
    assert (code, lines[0], lines[2:]) == (1, "redoing 002_shelf", [SHELF_GOES, "nothing was undone"])
    project.manager().rollback()
    code, lines = on_a_terminal(["n"], "redo", *flags)
    first = "redoing 001_book; 002_shelf, which comes after it, stays pending"
    assert (code, lines[0], lines[2:]) == (1, first, [BOOK_GOES, "nothing was undone"])
    project.write("003_more", "pass")
    _, lines = on_a_terminal(["n"], "redo", *flags)
    assert lines[0] == "redoing 001_book; 002_shelf, 003_more, which come after it, stay pending"
    (project.directory / "003_more.py").unlink()
    assert project.sql("SELECT title FROM book ORDER BY id") == [("a",), ("b",)]
    code, lines = on_a_terminal(["y"], "redo", *flags)
    assert code == 0, lines
    assert (applied(project), project.sql("SELECT title FROM book")) == (["001_book"], [])


@pytest.mark.one_version
def test_redo_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    project, flags = two(tmp_path, database)
    code, lines = on_a_terminal([""], "redo", *flags)
    assert (code, lines[0], lines[2:]) == (1, "redoing 002_shelf", [SHELF_GOES, "nothing was undone"])
    assert on_a_terminal([], "redo", "--yes", *flags)[0] == 0
    assert project.sql("SELECT shelf FROM book") == [(None,), (None,)]


def test_redo_asks_for_what_the_new_text_drops(tmp_path: Path) -> None:
    """Forward is counted as well as back."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    project.write("002_shelf", 'migrator.remove_fields("book", "title")', 'raise ValueError("no way back")')
    code, lines = on_a_terminal([""], "redo", *flags)
    assert (code, lines[2:-1]) == (1, [SHELF_GOES, '  002_shelf drops "book"."title" and its 2 values'])


def test_redo_in_json_says_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object, on a terminal too."""
    _, flags = two(tmp_path, in_sqlite(tmp_path))
    assert main(["redo", "--json", *flags]) == 0
    assert json.loads(capsys.readouterr().out)["applied"] == ["002_shelf"]


def test_redo_anew_asks_what_it_cannot_know(app: App) -> None:
    """First whether the values may go, then renames; the old file is in its place until all is answered."""
    app.models("email = pw.CharField(null=True)")
    app("create", "first")
    app.models("email = pw.CharField(null=True)", "age = pw.IntegerField(null=True)")
    app("create", "second")
    app("migrate")
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql("INSERT INTO person (name, email, age) VALUES ('a', 'a@b', 1)")
    app.models("mail = pw.CharField(null=True)")
    text = (app.migrations / "002_second.py").read_text()
    code, lines = on_a_terminal([""], "redo", "--anew")
    assert (code, lines[0], lines[-1]) == (1, "redoing 002_second", "nothing was undone")
    code, lines = on_a_terminal(["y", "2", ""], "redo", "--anew")
    assert (code, lines[-2:]) == (1, ['  1 value: column "email" of "person"', "nothing was written"])
    assert (app.migrations / "002_second.py").read_text() == text
    code, lines = on_a_terminal(["y", "1"], "redo", "--anew")
    assert code == 0, lines
    assert "without questions: peewit redo --anew --rename person.email:mail --yes" in lines
    with database.connection_context():
        assert database.execute_sql("SELECT name, mail FROM person").fetchall() == [("a", "a@b")]
    assert app("check")[0] == 0


def test_redo_after_a_migration_that_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would undo the one before that: asked on a terminal, refused where nobody is there."""
    project, flags = two(tmp_path, in_sqlite(tmp_path))
    project.write("003_fails", "migrator.sql('nonsense')")
    assert main(["migrate", *flags]) == 2
    capsys.readouterr()

    assert main(["redo", *flags]) == 4
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: 003_fails failed (")
    assert lines[0].endswith("and nothing of it was kept: there is nothing of it to redo")
    assert lines[2:] == [
        "  to try it again: peewit migrate",
        "  to redo 002_shelf, which was applied before it: peewit redo --yes",
    ]
    code, lines = on_a_terminal(["n"], "redo", *flags)
    assert (code, lines[-1]) == (1, "nothing was undone")
    assert project.sql("SELECT shelf FROM book ORDER BY id") == [("x",), (None,)]
    assert main(["redo", "--yes", *flags]) == 0
