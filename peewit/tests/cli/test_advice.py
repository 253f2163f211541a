"""Where something is wrong: what is said of it, and what to type next."""

import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from peewit.cli.words import as_typed

from .app import MODELS, App

FILE = "def migrate(migrator, database, **_):\n    {}\n\ndef rollback(migrator, database, **_):\n    {}\n"


def write(app: App, name: str, forward: str, back: str = "pass") -> Path:
    """Write a migration by hand."""
    path = app.migrations / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(FILE.format(forward, back))
    return path


def add(column: str) -> tuple[str, str]:
    """Add a column to the first table, and drop it."""
    return f"migrator.sql('ALTER TABLE person ADD {column}')", f"migrator.sql('ALTER TABLE person DROP {column}')"


def columns() -> list[str]:
    """The columns the first table has."""
    connection = sqlite3.connect("app.db")
    found = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('person')")]
    connection.close()
    return found


@pytest.fixture
def three(app: App) -> App:
    """Three migrations, applied: the table, then two columns the models know nothing of."""
    app("create", "first")
    write(app, "002_mood", *add("mood"))
    write(app, "003_shade", *add("shade"))
    app("migrate")
    return app


def test_status_names_the_database_it_looked_at(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is another file in another folder: the first line shows which."""
    assert app("status")[1].splitlines()[0].startswith(f"database {app.folder / 'app.db'} (SQLite ")
    (app.folder / "inside").mkdir()
    monkeypatch.chdir(app.folder / "inside")
    assert app("status")[1].splitlines()[0].startswith(f"database {app.folder / 'inside' / 'app.db'} (SQLite ")


@pytest.mark.parametrize("command", ["status", "migrate", "check", "plan", "rollback"])
def test_a_file_that_is_no_database_is_told(app: App, command: str) -> None:
    """One error names the file, and the file is left as it is."""
    app("create", "first")
    Path("app.db").write_bytes(b"this is not a database" * 100)
    code, out, error = app(command)
    assert (code, out) == (2, "")
    assert f"error: the database {app.folder / 'app.db'} cannot be used: file is not a database\n" in error
    assert Path("app.db").read_bytes() == b"this is not a database" * 100


def test_an_edited_file_is_rolled_back_as_it_was_applied(three: App) -> None:
    """The new text would undo what was never done: the journal has the old one."""
    write(three, "003_shade", *add("tone"))
    assert (
        "003_shade was edited after it was applied\nnext: peewit check, which says what can be done\n"
        in three("status")[1]
    )
    code, out, error = three("rollback")
    assert (code, out.startswith("rolled back 003_shade ("), error) == (0, True, "")
    assert columns() == ["id", "name", "mood"]
    assert three("migrate")[0] == 0
    assert columns() == ["id", "name", "mood", "tone"]


def test_two_files_of_one_name(three: App) -> None:
    """Theirs takes the name of mine, mine the next: mine is rolled back, then both are applied."""
    mine = (three.migrations / "003_shade.py").read_text()
    write(three, "003_shade", *add("theirs"))
    (three.migrations / "004_shade.py").write_text(mine)
    code, _, error = three("migrate")
    assert (code, "to apply the new text: peewit rollback, which undoes what was applied" in error) == (2, True)
    assert (three("rollback")[0], three("migrate")[0]) == (0, 0)
    assert columns() == ["id", "name", "mood", "theirs", "shade"]


def test_the_way_back_to_an_older_edited_file_is_named(three: App) -> None:
    """A rollback goes by the history: to the migration before the edited one, or to none."""
    write(three, "002_mood", *add("tone"))
    assert "peewit rollback 001_first, which undoes" in three("check")[1]
    path = three.migrations / "001_first.py"
    path.write_text(path.read_text().replace("name = ", "label = "))
    assert "peewit rollback zero, which undoes" in three("check")[1]


def test_an_edited_file_is_not_blamed_on_the_database(three: App) -> None:
    """What was applied is what the database is: the edit is the one finding of it."""
    write(three, "003_shade", *add("tone"))
    told = [finding["message"] for finding in three.json("check")["findings"] if finding["kind"] != "models"]
    assert told == ["003_shade was edited after it was applied"]


def test_an_edit_the_database_does_not_have_is_not_accepted(three: App) -> None:
    """Accepting it would hide the difference; what the database has is accepted."""
    write(three, "003_shade", *add("tone"))
    code, out, error = three("accept", "003")
    assert (code, out) == (2, "")
    assert error.startswith("error: the database is not what the new text of 003_shade says:\n")
    assert '"tone"' in error
    assert "003_shade was edited" in three("status")[1]
    connection = sqlite3.connect("app.db")
    connection.execute("ALTER TABLE person RENAME shade TO tone")
    connection.close()
    assert three("accept", "003")[:2] == (0, "accepted 003_shade\n")


def git(*words: str) -> None:
    """Run git in the folder of the project, as somebody."""
    who = ("-c", "user.name=ann", "-c", "user.email=ann@laptop", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.mark.parametrize("deleted", ["by nobody but rm", "in a commit", "on another branch"])
def test_a_gone_file_is_got_back_by_what_is_said(three: App, deleted: str) -> None:
    """Typed as it is printed, by check and by doctor, wherever git has the file."""
    file = three.migrations / "002_mood.py"
    text = file.read_text()
    git("init")
    git("add", "pyproject.toml", three.name)
    git("rm", "--cached", str(file))
    git("commit", "-m", "without it")
    if deleted == "on another branch":
        git("checkout", "-b", "other")
    git("add", str(file))
    git("commit", "-m", "with it")
    match deleted:
        case "on another branch":
            git("checkout", "main")
        case "by nobody but rm":
            file.unlink()
        case _:
            git("rm", str(file))
            git("commit", "-m", "without it again")
            git("commit", "--allow-empty", "-m", "something else")
    assert not file.exists()
    for command, mark in (("check", "to get its file back: "), ("doctor", "$ git checkout")):
        out = three(command)[1]
        (line,) = [line for line in out.splitlines() if mark in line and "002_mood.py" in line]
        typed = line[line.index("git checkout") :]
        subprocess.run(typed, shell=True, check=True, capture_output=True)
        assert file.read_text() == text
        file.unlink()


def test_a_gone_file_is_named_where_others_lean_on_it(three: App) -> None:
    """The file that stumbles is innocent: the error names the one that is missing."""
    write(three, "004_fill", "migrator.add_index('person', 'mood')")
    three("migrate")
    (three.migrations / "002_mood.py").unlink()
    for command in (["check"], ["create", "more"]):
        code, _, error = three(*command)
        assert code == 2
        assert error.startswith("error: migration 002_mood was applied and its file is gone; without it, migration 00")
        assert "to get its file back: git checkout " in error
        assert "peewit rollback 001_first" in error
    for command in (["migrate"], ["status"], ["plan"]):
        out = three(*command)[1]
        assert "002_mood was applied and its file is gone\nnext: peewit check, which says what can be done" in out
        assert "up to date" not in out


def test_what_a_target_leaves_pending_is_told(app: App) -> None:
    """Nothing to do for this target is not nothing to do."""
    app("create", "first")
    app("migrate")
    app("create", "second", "--empty")
    nothing = "nothing to do: 001 is applied already, 1 pending\nnext: peewit migrate\n"
    assert app("migrate", "001") == (0, nothing, "")
    assert app("plan", "001") == (0, nothing, "")


def test_a_rollback_of_more_than_there_is_says_so(app: App) -> None:
    """The count that was asked for and the count that was done."""
    app("create", "first")
    app("migrate")
    code, out, _ = app("rollback", "--count", "9")
    assert (code, out.splitlines()[1:]) == (0, ["that was all: 1 of 9"])


def test_a_number_used_twice_is_told_as_long_as_it_can_be_changed(app: App) -> None:
    """While one of the files is pending: which runs when, and what may be done. Later nothing can be done."""
    app("create", "first")
    write(app, "002_b", "pass")
    app("migrate")
    write(app, "002_a", "pass")
    out = app("check")[1]
    assert "files: number 2 is used by 2 files: 002_a, 002_b\n" in out
    assert (
        "nothing has to be done, 002_a runs after 002_b; a file that nobody has applied yet may be given another" in out
    )
    app("migrate")
    assert app("check") == (0, "models, migrations and database agree\n", "")


def test_the_copy_that_was_made_is_named(app: App) -> None:
    """Values that go are copied first, forward and back, and the output says where to."""
    app("create", "first")
    write(app, "002_drop", "migrator.remove_fields('person', 'name')", "pass")
    app("migrate", "001")
    connection = sqlite3.connect("app.db")
    connection.execute("INSERT INTO person (name) VALUES ('x')")
    connection.commit()
    connection.close()
    loss, line, copy = app("migrate")[1].splitlines()
    assert (loss, line[:18]) == ('002_drop drops "person"."name" and its 1 value', "applied 002_drop (")
    before, _, path = copy.partition(": ")
    assert (before, Path(path).is_file()) == ("  the database as it was before", True)
    found = app.json("rollback", "zero")
    assert [Path(path).name.partition("-2")[0] for path in found["backups"].values()] == [
        "app.db-before-rollback-of-001_first"
    ]


def test_a_copy_that_is_removed_is_named(app: App) -> None:
    """On one line after the copy it made room for; in JSON with its path. A copy of the run at work stays."""
    app("create", "first")
    for number in (2, 3, 4, 5):
        forward, back = add(f"n{number}")
        write(app, f"{number:03}_more", forward.replace("')", " DEFAULT 1')"), back)
    app("migrate", "003")
    connection = sqlite3.connect("app.db")
    connection.execute("INSERT INTO person (name) VALUES ('x')")
    connection.commit()
    connection.close()
    out = app("rollback", "001", "--keep-backups", "1")[1]
    assert ("oldest" in out, len(list(app.folder.glob("app.db-before-*")))) == (False, 2)
    app("migrate")
    made = sorted(path.name for path in app.folder.glob("app.db-before-*"))
    lines = app("rollback", "--keep-backups", "1")[1].splitlines()
    assert (lines[1][:33], lines[2].partition(": ")[0]) == (
        "  the database as it was before: ",
        "  the oldest 2 copies are removed",
    )
    assert sorted(lines[2].partition(": ")[2].split(", ")) == made
    assert Path(lines[1].partition(": ")[2]).is_file()
    found = app.json("rollback", "--keep-backups", "1")
    assert found["removed"] == [lines[1].partition(": ")[2]]
    assert [path.name for path in app.folder.glob("app.db-before-*")] == [Path(found["backups"]["004_more"]).name]


def test_under_make_every_hint_is_typed_by_make(three: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """One way of typing in all of the output; what make has no task for is typed with its path."""
    monkeypatch.setenv("MAKELEVEL", "1")
    write(three, "002_mood", *add("tone"))
    write(three, "004_more", "pass")
    three.models("age = pw.IntegerField(null=True)")
    told = three("status")[1] + three("check")[1] + three("migrate")[2]
    told += three("create", "one")[1] + three("create", "two")[1]
    assert "make migrate-check" in told
    assert "make migrate\n" in told
    assert "make migrate-create name=NAME" in told
    assert "make migrate-accept name=002_mood" in told
    assert "make migrate-rollback args=001_first" in told
    assert not re.search(r"(?<!-m )\bpeewit [a-z]", told)


TYPED = [
    ("peewit migrate --fake", "make migrate args=--fake"),
    ("peewit migrate 0001_items --fake", 'make migrate args="0001_items --fake"'),
    ("peewit rollback zero, which", "make migrate-rollback args=zero, which"),
    ("peewit restore COPY, which is", "make migrate-restore copy=COPY, which is"),
    ("peewit restore app.db-before-002_x-20260101.db", "make migrate-restore copy=app.db-before-002_x-20260101.db"),
    ("peewit redo --anew --fill a.b=EXPR, which", 'make migrate-redo args="--anew --fill a.b=EXPR", which'),
    ("peewit create more --fill a.b=EXPR", 'make migrate-create name=more fill="a.b=EXPR"'),
    ("peewit adopt --no-verify", 'make migrate-command args="adopt --no-verify"'),
    ("peewit init --database app.db:database", 'make migrate-command args="init --database app.db:database"'),
    ("peewit models lists", "make migrate-command args=models lists"),
    ("wait longer: --lock-timeout SECONDS (in", 'wait longer: args="--lock-timeout SECONDS" (in'),
]


@pytest.mark.parametrize(("ours", "theirs"), TYPED)
def test_a_command_as_make_takes_it(monkeypatch: pytest.MonkeyPatch, ours: str, theirs: str) -> None:
    """With its task, or by the one for all others; without make it stays as it is."""
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert as_typed(ours) == ours
    monkeypatch.setenv("MAKELEVEL", "1")
    assert as_typed(ours) == theirs


def test_help_lines_are_whole(app: App) -> None:
    """No summary of a command is cut off."""
    out = app("--help")[1]
    assert "..." not in out.partition("Commands:")[2]


def test_a_setting_the_driver_does_not_know(app: App) -> None:
    """One error, and no database is made."""
    app("create", "first")
    code, _, error = app("migrate", "--database", "sqlite:///other.db?nonsense=1")
    assert (code, f"error: the database {app.folder / 'other.db'} cannot be opened: " in error) == (2, True)


def test_a_read_only_file_is_not_blamed_on_the_migration(app: App) -> None:
    """The error names the file that may not be written, and the hint what to look at."""
    app("create", "first")
    app("migrate")
    app("create", "second", "--empty")
    (app.folder / "readonly.py").write_text(
        "import peewee\ndb = peewee.SqliteDatabase('file:app.db?mode=ro', uri=True)\n"
    )
    code, _, error = app("migrate", "--database", "readonly:db")
    assert code == 2
    assert "the database may not be written" in error
    assert "see " not in error


@pytest.mark.parametrize(
    "text", ["def migrate(:\n", "import no_such_module_here\n\ndef migrate(*_, **__):\n    pass\n"]
)
def test_a_file_that_cannot_be_read_says_how_the_database_stands(app: App, text: str) -> None:
    """What was applied before it is named, and nothing of it was kept."""
    app("create", "first")
    (app.migrations / "002_bad.py").write_text(text)
    code, _, error = app("migrate")
    assert (code, error.startswith("error: migration 002_bad cannot be read: ")) == (2, True)
    assert (
        "nothing of this migration was kept: there is nothing of it to roll back\n  applied before it: 001_first\n"
        in error
    )
    code, _, error = app("check")
    assert (code, "the database is unchanged" in error) == (2, True)


def test_a_file_that_cannot_be_replayed_says_how_the_database_stands(app: App) -> None:
    """Looking changes nothing, and the error says so."""
    write(app, "001_bad", "migrator.remove_model('nothing')")
    code, _, error = app("create", "more")
    assert (code, "cannot be replayed" in error, "the database is unchanged" in error) == (2, True, True)


def test_an_operation_that_is_misspelled_is_suggested(app: App) -> None:
    """A typo is no missing table."""
    app("create", "first")
    write(app, "002_typo", "migrator.add_field('person', age=None)")
    error = app("migrate")[2]
    assert 'there is no operation, model or table "add_field": did you mean "add_fields"?' in error


def test_what_the_database_has_and_should_not_is_told_in_words(app: App) -> None:
    """Types as a definition says them, and what to do: no Python."""
    app("create", "first")
    app("migrate")
    connection = sqlite3.connect("app.db")
    connection.execute("ALTER TABLE person ADD manual TEXT")
    connection.execute("ALTER TABLE person DROP name")
    connection.execute("ALTER TABLE person ADD name VARCHAR(20)")
    connection.close()
    done = (
        "  no migration did that: the database was changed by something else\n"
        "  to keep it: put it into the models too, peewit create NAME, and peewit migrate --fake\n"
        "  to undo it by hand: peewit diff has the SQL, where SQL alone can\n"
    )
    name = 'database: column "name" of "person" is VARCHAR(20) NULL, and should be VARCHAR(255) NOT NULL\n'
    manual = 'database: column "manual" of "person" should not be there: TEXT NULL\n'
    assert app("check") == (1, name + manual + done, "")


def test_a_rule_of_a_foreign_key_is_in_plan_and_file(app: App) -> None:
    """What happens to rows is what a person has to read."""
    field = 'boss = pw.ForeignKeyField("self", null=True, on_delete="{}")'
    app.models(field.format("SET NULL"))
    app("create", "first")
    app.models(field.format("CASCADE"))
    expected = 'change column "boss_id" of "person": ON DELETE CASCADE instead of ON DELETE SET NULL'
    assert expected in app("create", "second")[1]
    assert expected in app("plan")[1]


def person(*names: str | None) -> None:
    """Give the first table rows with these names."""
    connection = sqlite3.connect("app.db")
    connection.executemany("INSERT INTO person (name) VALUES (?)", [(name,) for name in names])
    connection.commit()
    connection.close()


NULLABLE = """
import peewee as pw

database = pw.SqliteDatabase("app.db")

class Person(pw.Model):
    name = pw.CharField(null=True)
    class Meta:
        database = database
"""


@pytest.mark.parametrize(
    ("before", "field", "after"),
    [(None, "person.age", "age = pw.IntegerField()"), (NULLABLE, "person.name", "")],
    ids=["a new field", "a field that becomes not null"],
)
@pytest.mark.parametrize("way", ["redo", "create"])
def test_rows_without_a_value(app: App, before: str | None, field: str, after: str, way: str) -> None:
    """The warning, the refusal and the way out name one another: what they say to type works."""
    if before is not None:
        app.models(text=before)
    app("create", "first")
    app("migrate")
    person("a", None if before else "b")
    app.models(*([after] if after else []))
    out = app("create", "second")[1]
    file, value = f"{app.name}/migrations/002_second.py", "7" if "age" in field else "'x'"
    only, typed = out.splitlines()[-3:-1]
    assert only in (
        "  person.age has no value for rows that exist: it needs an empty table, or default=… in its field.",
        "  person.name becomes not null: it needs rows that all have a value, or default=… in its field.",
    )
    assert typed == f"to give its rows a value: rm {file}, then peewit create second --fill {field}=EXPR"
    assert out.count("peewit ") == 2
    code, _, error = app("migrate")
    assert (code, f"give them one: peewit redo --anew --fill {field}=EXPR, which" in error) == (2, True)
    if way == "redo":
        assert app("redo", "--anew", "--fill", f"{field}={value}")[0] == 0
    else:
        (app.folder / file).unlink()
        assert app("create", "second", "--fill", f"{field}={value}")[0] == 0
        assert app("migrate")[0] == 0
    assert app("status")[1].splitlines()[-1] == "the database is up to date"


def test_a_fill_for_what_a_file_does_already(app: App) -> None:
    """The file is there and not applied: the answer is not taken in silence."""
    app("create", "first")
    app.models("age = pw.IntegerField()")
    app("create", "second")
    code, _, error = app("create", "second", "--fill", "person.age=7")
    assert (code, '"person.age" needs no fill' in error) == (2, True)
    file = app.migrations / "002_second.py"
    assert error.splitlines()[1:] == [
        "  migration 002_second, which is not applied yet, makes that change",
        f"  to write it anew with these answers: rm {file}, then type the same; else leave this one out",
    ]
    file.unlink()
    assert app("create", "second", "--fill", "person.age=7")[0] == 0
    assert app("migrate")[0] == 0


@pytest.mark.parametrize("applied", [False, True])
def test_a_rename_that_a_file_makes_already(app: App, applied: bool) -> None:
    """The error names the file, and how to go on; what is said works."""
    fields = ("full = pw.CharField()", "nick = pw.CharField(null=True)")
    app("create", "first")
    app.models(text=MODELS.replace("    name = pw.CharField()\n", f"    {fields[0]}\n"))
    rename = ("--rename", "person.name:full")
    app("create", "second", *rename)
    if applied:
        app("migrate")
    app.models(fields[1], text=MODELS.replace("    name = pw.CharField()\n", f"    {fields[0]}\n"))
    code, _, error = app("create", "third", *rename)
    wrong, *told = error.splitlines()
    assert (code, wrong) == (2, 'error: table "person" has no field "name" to rename')
    if applied:
        assert told == ["  migration 002_second has made that change: leave this answer out"]
        assert app("create", "third")[0] == 0
        return
    file = app.migrations / "002_second.py"
    assert told == [
        "  migration 002_second, which is not applied yet, makes that change",
        f"  to write it anew with these answers: rm {file}, then type the same; else leave this one out",
    ]
    file.unlink()
    assert app("create", "third", *rename)[0] == 0
    app("migrate")
    assert "full" in columns()
    assert "nick" in columns()


def test_one_row_is_told_as_one(app: App) -> None:
    """One row holds, two rows hold."""
    app("create", "first")
    app("migrate")
    person("a", "a")
    write(app, "002_unique", "migrator.add_index('person', 'name', unique=True)")
    assert (
        '"person" cannot be made unique by name: 1 value stands in more than one row, for example' in app("migrate")[2]
    )


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["--fill", "+"], ['--fill "+" is not TABLE.FIELD=EXPR', "--fill person.age=0"]),
        (["--rename", "None"], ['--rename "None" is not OLD:NEW', "--no-rename"]),
        (["--fill", "person.age=1", "--fill", "person.age=2"], ['--fill answers for "person.age" twice: 1 and 2']),
        (["--rename", "a.b:c", "--rename", "a.b:d"], ['--rename answers for "a.b" twice: c and d']),
    ],
)
def test_an_answer_that_is_none_shows_the_form(app: App, answers: list[str], said: list[str]) -> None:
    """What was meant is one step away."""
    code, _, error = app("create", "x", *answers)
    assert (code, [part for part in said if part not in error]) == (2, [])


@pytest.mark.parametrize(("given", "name"), [("010_add_owner", "add_owner"), ("7 wonders", "wonders"), ("2fa", "2fa")])
def test_a_number_in_front_is_dropped(app: App, given: str, name: str) -> None:
    """The number of a migration is given, not chosen."""
    assert f"/001_{name}.py\n" in app("create", given, "--empty")[1]


@pytest.mark.parametrize("given", ["12", "012_", "a" * 300, "ä" * 100])
def test_a_name_that_cannot_be_a_file_is_refused(app: App, given: str) -> None:
    """A number alone says nothing, and a long name fits into no file system."""
    code, _, error = app("create", given, "--empty")
    assert (code, error.startswith("error: "), "Traceback" in error) == (2, True, False)
    assert not app.migrations.exists()


def test_a_mistake_in_the_models_is_placed(app: App) -> None:
    """File and line, as a traceback would have them."""
    app.models("x = pw.CharFild()")
    path = app.folder / app.name / "models.py"
    line = 1 + path.read_text().splitlines().index("    x = pw.CharFild()")
    for command in (["status"], ["create", "x", "--database", "sqlite:///app.db"]):
        code, _, error = app(*command)
        assert (code, f"({path}, line {line})" in error, "CharFild" in error) == (2, True, True)


def test_a_syntax_error_in_the_models_is_placed_as_any_other(app: App) -> None:
    """By its whole path; a list of models speaks of no comparison."""
    app.models("x = = 1")
    path = app.folder / app.name / "models.py"
    line = 1 + path.read_text().splitlines().index("    x = = 1")
    given = ("--database", "sqlite:///app.db")
    cause = f'error: module "{app.name}.models" cannot be imported: SyntaxError: invalid syntax ({path}, line {line})\n'
    assert app("models", *given)[2] == f"{cause}  correct that first\n"
    assert app("create", "x", *given)[2].startswith(f"{cause}  nothing was compared: ")


def test_a_long_value_is_cut(app: App) -> None:
    """Wherever it is told: once it fails, and by status and doctor after that."""
    app.models("note = pw.TextField(null=True)")
    app("create", "first")
    app("migrate")
    connection = sqlite3.connect("app.db")
    connection.execute("INSERT INTO person (name, note) VALUES ('a', ?)", ("x" * 50_000,))
    connection.commit()
    connection.close()
    app.models("note = pw.IntegerField(null=True)")
    app("create", "second")
    shown = f"for example '{'x' * 59}…'"
    for command in ("migrate", "status", "doctor"):
        _, out, error = app(command)
        assert shown in out + error
        assert len(out + error) < 1500


def test_a_value_that_the_database_refers_by_is_cut(app: App) -> None:
    """Of rows that refer to nothing, as doctor tells of them."""
    app("create", "first")
    app("migrate")
    connection = sqlite3.connect("app.db")
    connection.execute("CREATE TABLE a (k TEXT PRIMARY KEY)")
    connection.execute("CREATE TABLE b (k TEXT REFERENCES a (k))")
    connection.execute("INSERT INTO b VALUES (?)", ("x" * 50_000,))
    connection.commit()
    connection.close()
    out = app("doctor")[1]
    assert f"'{'x' * 59}…'" in out
    assert len(out) < 5000


def test_what_a_script_leaves_to_python_is_told_in_words(app: App) -> None:
    """What the function finds, not only that it is asked."""
    app.models("note = pw.TextField(null=True)")
    app("create", "first")
    app.models("note = pw.IntegerField(null=True)")
    app("create", "second")
    code, _, error = app("sql")
    cannot = 'column "note" of "person" cannot become INTEGER: values do not convert'
    assert (code, f"it stops where a Python function finds that {cannot}" in error) == (2, True), error


def test_doctor_says_one_thing_to_do_without_a_database(app: App) -> None:
    """Of the first migration: to write it. Once it is there: to apply it."""
    lines = app("doctor")[1].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("warning  there are no migrations yet"))
    assert [line.strip() for line in lines if line.strip().startswith("$")] == ["$ peewit create initial"]
    assert lines[start + 1 : start + 4] == [
        '         create table "person" with 2 columns',
        "         to write the first one, which peewit migrate applies:",
        "           $ peewit create initial",
    ]
    app("create", "initial")
    told = [line.strip() for line in app("doctor")[1].splitlines()]
    assert [line for line in told if line.startswith("$")] == ["$ peewit migrate"]


def test_one_column_is_told_as_one(app: App) -> None:
    """As one row is."""
    app.models(text=MODELS + "\n\nclass Pet(pw.Model):\n    class Meta:\n        database = database\n")
    assert '  create table "pet" with 1 column\n' in app("create", "first")[1]


def test_a_model_that_is_not_seen(app: App) -> None:
    """Where nothing changed, it is said where the models were looked for."""
    app("create", "first")
    (app.folder / app.name / "more.py").write_text(
        "import peewee as pw\nclass Pet(pw.Model):\n    a = pw.TextField()\n"
    )
    out = app("create", "pet")[1]
    assert out == (
        f"no changes: the migrations say what the models say (1 in {app.name}.models)\n"
        "a model that is not seen has to be in one of these modules: peewit models lists what is found\n"
    )


def test_a_file_that_is_no_database_when_it_is_opened(app: App) -> None:
    """A database object that sets something at once comes upon it sooner."""
    app.models(text=MODELS.replace('"app.db"', '"app.db", pragmas={"journal_mode": "wal"}'))
    app("create", "first")
    Path("app.db").write_bytes(b"this is not a database" * 100)
    code, _, error = app("migrate")
    assert (code, error.splitlines()[-1].strip()) == (
        2,
        "is this the right file? name another in the settings, or put a copy in its place",
    )


SHARED = """
import peewee as pw

database = pw.SqliteDatabase("app.db")


class Person(pw.Model):
    name = pw.CharField()

    class Meta:
        database = database


Person.add_index(Person.index(Person.name, name="by_name"))
{more}
"""
PLACE = "\n\n" + SHARED[SHARED.index("class Person") : SHARED.index("{more}")].replace("Person", "Place")


@pytest.mark.parametrize("at_once", [True, False])
def test_one_name_for_two_indexes(app: App, at_once: bool) -> None:
    """Where both are new the file is not written; else it fails, and says which two tables they are on."""
    if at_once:
        app.models(text=SHARED.replace("{more}", PLACE))
        code, _, error = app("create", "both")
    else:
        app.models(text=SHARED.replace("{more}", ""))
        app("create", "first")
        app("migrate")
        app.models(text=SHARED.replace("{more}", PLACE))
        app("create", "second")
        code, _, error = app("migrate")
    assert code == 2
    assert error.splitlines()[-1].strip() == (
        'an index called "by_name" is asked for on person and place, and a database has a name once: '
        "give one of them another name"
    )


@pytest.mark.parametrize("more", [(), ("age = pw.IntegerField(null=True)",)])
def test_a_new_file_beside_one_that_was_edited_and_one_that_is_gone(app: App, more: tuple[str, ...]) -> None:
    """What is new follows the files as they are, and not what the database has: that is said, under make as well."""
    app("create", "first")
    app("create", "other", "--empty")
    app("migrate")
    assert app("create", "nothing")[2] == ""
    (app.migrations / "002_other.py").unlink()
    file = app.migrations / "001_first.py"
    file.write_text(file.read_text().replace("def rollback", "EDITED = 1\n\n\ndef rollback"))
    app.models(*more)
    code, _, error = app("create", "second")
    assert (code, error.splitlines()) == (
        0,
        [
            "note: 001_first was edited after it was applied: peewit check says what can be done",
            "note: 002_other was applied and its file is gone: peewit check says what can be done",
        ],
    )
