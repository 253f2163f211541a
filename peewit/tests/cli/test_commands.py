"""Every command in a project of its own: what it prints, and its exit code."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from peewit.errors import NOTHING_KEPT

from .app import MODELS, App


def test_a_whole_day(app: App) -> None:
    """Create, look, plan, apply, look again, roll back: each says what it did and what to type next."""
    folder = f"{app.name}/migrations"
    where = f"database {app.folder / 'app.db'} (SQLite {sqlite3.sqlite_version})\n"
    nothing = f"0 applied, 0 pending\nthere is no folder {folder} yet\nnext: peewit create NAME, which makes it\n"
    absent = where.replace(")\n", "): this file does not exist yet\n")
    assert app("status") == (0, absent + nothing, "")
    assert app("create", "First Model") == (
        0,
        f'created {folder}/001_first_model.py\n  create table "person" with 2 columns\nnext: read it, then peewit migrate\n',
        "",
    )
    code, out, error = app("create", "again")
    assert (code, out.splitlines()[0], error) == (
        0,
        f"no changes: the migrations say what the models say (1 in {app.name}.models)",
        "",
    )
    pending = '0 applied, 1 pending\n  [ ] 001_first_model\n        create table "person" with 2 columns\nnext: peewit migrate\n'
    assert app("status") == (0, absent + pending, "")
    code, out, _ = app("plan")
    first = f"database {app.folder / 'app.db'}: this file does not exist yet"
    assert (code, out.splitlines()[:3]) == (0, [first, "001_first_model", '  create table "person" with 2 columns'])
    assert not Path("app.db").exists()
    code, out, error = app("migrate")
    assert (code, out.rpartition(" (")[0], error) == (0, "applied 001_first_model", "")
    assert app("migrate") == (0, "nothing to do: the database is up to date\n", "")
    code, out, _ = app("status")
    lines = out.splitlines()[1:]
    assert (lines[0], lines[1][:23], lines[2]) == (
        "1 applied, 0 pending",
        "  [x] 001_first_model  ",
        "the database is up to date",
    )
    assert app("check") == (0, "models, migrations and database agree\n", "")
    code, out, _ = app("rollback")
    assert (code, out.rpartition(" (")[0]) == (0, "rolled back 001_first_model")


def test_status_makes_no_database(app: App) -> None:
    """Looking at a database that is not there does not create it."""
    app("create", "first")
    for command in ("status", "plan", "models", "check"):
        app(command)
    assert not Path("app.db").exists()


def test_the_exit_code_tells_what_is_pending(app: App) -> None:
    """``status --exit-code`` and ``check`` give 1 when there is something to do."""
    assert app("status", "--exit-code")[0] == 0
    app.migrations.mkdir()
    assert app("check")[0] == 1
    app("create", "first")
    assert (app("status", "--exit-code")[0], app("status")[0], app("check")[0]) == (1, 0, 1)
    app("migrate")
    assert (app("status", "--exit-code")[0], app("check")[0]) == (0, 0)


def test_json(app: App) -> None:
    """Every report has a version, its kind, and the same values as its text."""
    assert app.json("status") == {
        "version": 1, "kind": "status", "applied": [], "pending": [], "missing": [], "edited": [],
        "out_of_order": [], "interrupted": [], "failed": [], "migrator": "", "up_to_date": True,
        "database": str(app.folder / "app.db"), "says": {}, "notes": {}, "server": f"SQLite {sqlite3.sqlite_version}",
    }  # fmt: skip
    app.migrations.mkdir()
    found = app.json("check")
    assert (found["kind"], found["ok"], [set(f) for f in found["findings"]]) == (
        "check",
        False,
        [{"kind", "message", "hint"}],
    )
    assert app.json("models") == {
        "version": 1, "kind": "models", "models": [{"table": "person", "model": f"{app.name}.models.Person"}], "skipped": [],
    }  # fmt: skip
    app("create", "first")
    (step,) = app.json("plan")["steps"]
    assert (step["name"], step["operations"]) == ("001_first", ['create table "person" with 2 columns'])
    assert step["statements"][0].startswith('CREATE TABLE "person"')
    assert app.json("migrate")["applied"] == ["001_first"]
    assert [entry["name"] for entry in app.json("status")["applied"]] == ["001_first"]
    assert app.json("rollback")["rolled_back"] == ["001_first"]


def test_an_answer_that_is_needed(app: App) -> None:
    """A doubt is exit code 4 and shows the flags, and each flag settles it."""
    app("create", "first")
    app.models("email = pw.CharField(null=True)")
    app("create", "second")
    app.models("mail = pw.CharField(null=True)")
    code, out, error = app("create", "third")
    assert (code, out) == (4, "")
    assert "--rename person.email:mail" in error
    assert "--no-rename" in error
    code, out, _ = app("create", "third", "--rename", "person.email:mail")
    assert (code, 'rename column "email" of "person" to "mail"' in out) == (0, True)
    (app.folder / app.name / "migrations" / "003_third.py").unlink()
    code, out, _ = app("create", "third", "--no-rename")
    assert (code, 'drop column "email" of "person" and its values' in out) == (0, True)


def test_a_fill(app: App) -> None:
    """A value for the rows that exist: wrong ones are refused, a right one is in the file."""
    app("create", "first")
    app.models("age = pw.IntegerField()")
    code, out, _ = app("create", "second")
    assert code == 0
    assert "person.age has no value for rows that exist" in out
    (app.folder / app.name / "migrations" / "002_second.py").unlink()
    assert app("create", "second", "--fill", "person.age")[0] == 2
    assert app("create", "second", "--fill", "person.age=unknown")[0] == 2
    assert app("create", "second", "--fill", "person.age=1 + 1")[0] == 0
    assert "default=lambda: 1 + 1" in (app.folder / app.name / "migrations" / "002_second.py").read_text()


def test_an_empty_migration(app: App) -> None:
    """``--empty`` writes a form, also where nothing changed."""
    assert app("create", "by hand", "--empty")[:2] == (
        0, f"created {app.name}/migrations/001_by_hand.py\nnext: fill migrate and rollback in it, then peewit migrate\n",
    )  # fmt: skip


def test_targets(app: App) -> None:
    """Names, beginnings, numbers and steps; what is already there is nothing to do."""
    for name in ("one", "two", "three"):
        app("create", name, "--empty")
    assert app.json("migrate", "+1")["applied"] == ["001_one"]
    assert app.json("migrate", "two")["applied"] == ["002_two"]
    assert app.json("migrate", "1")["applied"] == []
    assert app.json("migrate")["applied"] == ["003_three"]
    assert app.json("rollback", "1")["rolled_back"] == ["003_three", "002_two"]
    assert app.json("rollback", "zero")["rolled_back"] == ["001_one"]
    app("migrate")
    assert app.json("rollback", "--count", "2")["rolled_back"] == ["003_three", "002_two"]


def test_make_is_told_as_make(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under make, what to type next is a make target."""
    monkeypatch.setenv("MAKELEVEL", "1")
    assert app("create", "first")[1].splitlines()[-1] == "next: read it, then make migrate"
    assert app("status")[1].splitlines()[-1] == "next: make migrate"


def test_make_is_told_as_make_of_what_is_left_out(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that shows the rest is one that can be typed."""
    app.models(text=MODELS + "".join(f"\n\nclass P{n}(Person):\n    pass\n" for n in range(7)))
    app("create", "first")
    assert app("status")[1].splitlines()[-2] == "        and 3 more: peewit show 001_first"
    monkeypatch.setenv("MAKELEVEL", "1")
    assert app("status")[1].splitlines()[-2] == '        and 3 more: make migrate-command args="show 001_first"'


MISUSED = [
    (["rollback", "7", "--nope"], "make migrate-rollback args=--help", "No such option"),
    (["create"], 'make migrate-command args="create --help"', "Missing argument 'NAME'"),
    (["nonsense"], "make migrate-command args=--help", "No such command"),
]


@pytest.mark.parametrize(("arguments", "typed", "told"), MISUSED)
def test_make_is_told_as_make_where_help_is(
    app: App, monkeypatch: pytest.MonkeyPatch, arguments: list[str], typed: str, told: str
) -> None:
    """What click refuses has the task that helps, and not how the command would be typed without make."""
    monkeypatch.setenv("MAKELEVEL", "1")
    code, _, error = app(*arguments)
    first, *_, last = error.splitlines()
    assert (code, first) == (2, f"Try '{typed}' for help.")
    assert last.startswith(f"Error: {told}")
    assert "peewit" not in error


HELP = [
    ("create", "make migrate-create name=NAME [rename=…] [fill=…] [args=\"OPTIONS\"]", "make migrate-create name=add_email fill=\"person.email='unknown'\""),
    ("accept", "make migrate-accept name=NAME [args=\"OPTIONS\"]", "make migrate-accept name=003_add_email"),
    ("restore", "make migrate-restore [copy=COPY] [args=\"OPTIONS\"]", "make migrate-restore copy=003_drop_plan"),
    ("migrate", "make migrate [args=\"[OPTIONS] [TARGET]\"]", "make migrate args=+1"),
    ("rollback", "make migrate-rollback [args=\"[OPTIONS] [TARGET]\"]", "make migrate-rollback args=\"--count 2\""),
    ("show", "make migrate-command args=\"show [OPTIONS] NAME\"", "make migrate-command args=\"show 003_add_email --dialect all\""),
]  # fmt: skip


@pytest.mark.parametrize(("command", "usage", "example"), HELP)
def test_make_is_told_as_make_in_the_help(
    app: App, monkeypatch: pytest.MonkeyPatch, command: str, usage: str, example: str
) -> None:
    """How a task is called, and its examples."""
    monkeypatch.setenv("MAKELEVEL", "1")
    lines = app(command, "--help")[1].splitlines()
    assert lines[0] == f"Usage: {usage}"
    assert f"  {example}" in lines
    assert not [line for line in lines if "peewit " in line]


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_make_is_told_as_make_in_the_list_of_commands(
    app: App, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """What the commands do still stands in one column; with no command at all it is shown as well."""
    monkeypatch.setenv("MAKELEVEL", "1")
    _, out, error = app(*arguments)
    lines = (out or error).splitlines()
    assert lines[0] == 'Usage: make migrate-command args="[OPTIONS] COMMAND [ARGS]..."'
    assert "  make migrate-create name=add_email  write what has changed in the models to a file" in lines
    assert "  make migrate                        apply it" in lines
    assert "Commands:" in lines


@pytest.mark.parametrize(("typed", "suggested"), [("--nope", False), ("--ignoer", True), ("--exit", True)])
def test_an_option_is_suggested_only_where_it_is_alike(app: App, typed: str, suggested: bool) -> None:
    """Half of its letters are no likeness; its beginning is."""
    assert ("Did you mean" in app("status", typed)[2]) == suggested


def test_what_is_no_answer_is_told_as_it_was_typed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of make only where make called us."""
    typed = ("create", "x", "--fill", "person.age"), ("create", "x", "--rename", "person")
    told = [line.strip() for arguments in typed for line in app(*arguments)[2].splitlines()]
    assert told == [
        'error: --fill "person.age" is not TABLE.FIELD=EXPR',
        "for example --fill person.age=0, or --fill \"person.name='unknown'\"",
        'error: --rename "person" is not OLD:NEW',
        "for what was dropped and added, not renamed: --no-rename",
    ]
    monkeypatch.setenv("MAKELEVEL", "1")
    told = [line.strip() for arguments in typed for line in app(*arguments)[2].splitlines()]
    assert told == [
        'error: fill="person.age" is not TABLE.FIELD=EXPR',
        'an expression with spaces is put into parentheses: fill="person.age=(1 + 1)"',
        'error: rename="person" is not OLD:NEW',
        "for what was dropped and added, not renamed: rename=none",
    ]


def test_an_edited_file(app: App) -> None:
    """An edit is shown and stops a migration, and accept takes it."""
    app("create", "first", "--empty")
    app("migrate")
    path = app.folder / app.name / "migrations" / "001_first.py"
    path.write_text(path.read_text() + "\nx = 1\n")
    app("create", "second", "--empty")
    assert "(edited)" in app("status")[1]
    code, _, error = app("migrate")
    assert (code, "peewit accept 001_first" in error) == (2, True)
    assert app("accept", "first")[:2] == (0, "accepted 001_first\n")
    assert app("migrate")[0] == 0


ERRORS: list[tuple[list[str], str]] = [
    (["create", "!!!"], "error: '!!!' is no name for a migration"),
    (["create", ""], "error: '' is no name for a migration"),
    (["migrate", "nope"], 'error: no migration is called "nope"\n'),
    (["rollback"], "error: there is nothing to roll back: "),
    (["rollback", "first", "--count", "2"], "error: rollback takes a target or a count, not both\n"),
    (["create", "x", "--rename", "person"], 'error: --rename "person" is not OLD:NEW\n'),
    (["create", "x", "--rename", "a.b:c"], 'error: there is no table "a" to rename a field of\n'),
    (["create", "x", "--models", "no_such_module"], 'error: module "no_such_module" cannot be imported: '),
    (["status", "--database", "nonsense"], 'error: "nonsense" is no database: give a URL, or package.module:name\n'),
    (["status", "--database", "no_such:db"], 'error: the database "no_such:db" cannot be imported: '),
    (["status", "--database", "os:no_such"], 'error: the database "os:no_such" cannot be imported: '),
    (["status", "--database", "os:path"], "error: "),
    (["status", "--database", "nosuch:///x"], 'error: "nosuch://" is no kind of database\n'),
    (["migrate", "--database", "sqlite:///no/such/folder/app.db"], "error: the database {folder}/no/such/folder/app.db cannot be opened"),
    (["nonsense"], "Usage: "),
    (["create"], "Usage: "),
    (["status", "--nonsense"], "Usage: "),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), ERRORS)
def test_a_failure_is_told(app: App, arguments: list[str], expected: str) -> None:
    """Exit code 2, nothing on standard output, and the reason on standard error, without a traceback."""
    if arguments[0] in ("migrate", "rollback"):
        app("create", "first", "--empty")
    code, out, error = app(*arguments)
    assert (code, out) == (2, "")
    assert error.startswith(expected.replace("{folder}", str(app.folder)))
    assert "Traceback" not in error


def test_a_failed_migration_is_told(app: App) -> None:
    """The error names the file, the line, what was kept and what was done before it."""
    app("create", "first", "--empty")
    app("create", "second", "--empty")
    path = app.folder / app.name / "migrations" / "002_second.py"
    path.write_text("def migrate(migrator, database, **kwargs):\n    raise ValueError('no')\n")
    code, _, error = app("migrate")
    assert code == 2
    assert error.splitlines()[:3] == [
        "error: migration 002_second failed: ValueError: no (line 2)",
        f"  {NOTHING_KEPT}",
        "  applied before it: 001_first",
    ]


def test_a_failure_is_told_in_json(app: App) -> None:
    """On standard output, part by part; the text, the exit code and what was done are the same."""
    app("create", "first", "--empty")
    app("create", "second", "--empty")
    path = app.folder / app.name / "migrations" / "002_second.py"
    path.write_text("def migrate(migrator, database, **kwargs):\n    raise ValueError('no')\n")
    code, out, error = app("migrate", "--json")
    assert (code, error.splitlines()[0]) == (2, "error: migration 002_second failed: ValueError: no (line 2)")
    assert json.loads(out) == {
        "version": 1,
        "kind": "error",
        "error": "migration 002_second failed: ValueError: no (line 2)",
        "state": NOTHING_KEPT,
        "hint": f"see {path}",
        "applied": ["001_first"],
        "rolled_back": [],
        "exit_code": 2,
    }


def test_wrong_usage_is_told_in_json(app: App) -> None:
    """An option nobody knows, a target nobody knows: each with its exit code."""
    code, out, _ = app("migrate", "--json", "--nothing")
    assert (code, json.loads(out)["kind"]) == (2, "error")
    assert "--nothing" in json.loads(out)["error"]
    app("create", "first")
    code, out, _ = app("migrate", "--json", "099")
    assert (code, json.loads(out)["error"]) == (2, 'no migration is called "099"')


def test_a_broken_module_is_named(app: App) -> None:
    """A models module that fails stops create, and nothing is dropped."""
    app("create", "first")
    app.models(text="import no_such_module_here\n")
    code, _, error = app("create", "second")
    assert code == 2
    assert "No module named 'no_such_module_here'" in error
    assert len(list((app.folder / app.name / "migrations").glob("0*.py"))) == 1


def test_a_busy_lock(app: App) -> None:
    """Another migrator at work is exit code 3, after the time that was given."""
    from peewit.run.database.lock import locked

    app("create", "first")
    with locked(str(app.folder / "app.db"), 1.0):
        code, _, error = app("migrate", "--lock-timeout", "0.1")
    assert (code, "error: " in error) == (3, True)


def test_the_project_is_found_by_walking_up(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder inside, the settings and the paths are those of the project."""
    app("create", "first")
    (app.folder / "deep" / "inside").mkdir(parents=True)
    monkeypatch.chdir(app.folder / "deep" / "inside")
    assert "\n0 applied, 1 pending\n" in app("status")[1]


def test_the_environment_overrides_the_project(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """PEEWIT_* variables count for more than pyproject.toml, and flags for more than those."""
    app("create", "first", "--empty")
    monkeypatch.setenv("PEEWIT_DIRECTORY", "elsewhere")
    assert "\n0 applied, 0 pending\n" in app("status")[1]
    assert "\n0 applied, 1 pending\n" in app("status", "--directory", f"{app.name}/migrations")[1]
    monkeypatch.setenv("PEEWIT_LOCK_TIMEOUT", "soon")
    code, _, error = app("status")
    assert (code, error) == (2, "error: PEEWIT_LOCK_TIMEOUT has to be a number of seconds, not 'soon'\n")


VARIABLES = [
    ("DATABSE", "x", "error: the environment has PEEWIT_DATABSE, which is no setting\n  did you mean PEEWIT_DATABASE?\n"),
    ("LOCKTIMEOUT", "1", "did you mean PEEWIT_LOCK_TIMEOUT?"),
    ("BACKUP", "maybe", "error: PEEWIT_BACKUP has to be true or false, not 'maybe'\n"),
    ("KEEP_BACKUPS", "0", "error: PEEWIT_KEEP_BACKUPS has to be a number, 1 or more, not '0'\n  PEEWIT_BACKUP=false makes no"),
    ("LOCK_TIMEOUT", "-3", "error: PEEWIT_LOCK_TIMEOUT has to be 0 or more seconds, not '-3'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "told"), VARIABLES)
def test_a_wrong_variable_is_told(app: App, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    """By its name, also where that is only nearly the name of a setting."""
    monkeypatch.setenv(f"PEEWIT_{name}", value)
    code, out, error = app("status")
    assert (code, out, told in error) == (2, "", True), error


def test_a_variable_that_is_like_no_setting_is_left_alone(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others use the name, too; and what is set to nothing is not set."""
    for name in ("ON_PENDING", "ON_NEWER", "VERSION", "TEST_POSTGRES_URL", "LAWS", "STOCK"):
        monkeypatch.setenv(f"PEEWIT_{name}", "1")
    monkeypatch.setenv("PEEWIT_DATABSE", "")
    assert (app("status")[0], app("status")[2]) == (0, "")


@pytest.mark.parametrize("flag", [("--lock-timeout", "-3"), ("--keep-backups", "0")])
def test_a_flag_out_of_its_range_is_told_as_a_flag(app: App, flag: tuple[str, str]) -> None:
    """Not as Python would spell it."""
    app("create", "first")
    code, _, error = app("migrate", *flag)
    assert (code, f"Invalid value for '{flag[0]}'" in error) == (2, True)


@pytest.mark.parametrize("command", [("check",), ("models",), ("create", "first")])
def test_what_is_ignored_and_is_not_there_is_told(app: App, command: tuple[str, ...]) -> None:
    """A name that was mistyped leaves nothing alone."""
    app.models(text=MODELS + "\n\nclass Pet(pw.Model):\n    class Meta:\n        database = database\n")
    (app.migrations).mkdir()
    told = 'note: "pett" is to be left alone, and no model or table is called that; did you mean "pet"?\n'
    assert told in app(*command, "--ignore", "pett", "--ignore", "PET")[2]
    assert app("check", "--ignore", "pet")[2] == ""
    assert app("check", "--ignore", "pett", "--database", "sqlite:///app.db")[2] == told


def test_ignore_and_history_table(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other settings reach the manager the same way."""
    monkeypatch.setenv("PEEWIT_IGNORE", "other,Person")
    assert "left out: Person: ignored by the settings" in app("create", "first")[2]
    monkeypatch.delenv("PEEWIT_IGNORE")
    assert "ignored by the settings" in app("create", "first", "--ignore", "person")[2]
    app("create", "first", "--empty")
    app("migrate", "--history-table", "other")
    assert (app.json("status")["applied"], len(app.json("status", "--history-table", "other")["applied"])) == ([], 1)


PROJECTS: list[tuple[str, str]] = [
    ("[tool.peewit]\ndatabas = 'x'", 'has an unknown setting "databas" in [tool.peewit]\n  known: database, models,'),
    ("[tool.peewit]\ndatabase = 3", "error: database has to be a text, not 3"),
    ("[tool.peewit]\nlock-timeout = 'x'", "error: lock-timeout has to be a number of seconds, not 'x'"),
    ("[tool.peewit]\nlock-timeout = -3", "error: lock-timeout has to be 0 or more seconds, not -3\n  in [tool.peewit] of /"),
    ("[tool.peewit]\nkeep-backups = 0", "error: keep-backups has to be a number, 1 or more, not 0\n  in [tool.peewit] of /"),
    ("[tool.peewit]\nkeep-backups = 0", "pyproject.toml; backup = false makes no copies\n"),
    ("[tool.peewit\n", "is not valid TOML"),
    ("", "error: no database is configured\n  peewit init finds it"),
    ("[tool.peewit]\nmodels = 3\ndatabase = 'sqlite:///x.db'", "error: models has to be a text or a list of texts, not 3"),
    ("[tool]\npeewit = 3", "error: no database is configured"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROJECTS)
def test_a_wrong_setting_is_told(app: App, text: str, expected: str) -> None:
    """A mistake in pyproject.toml is one clear error."""
    (app.folder / "pyproject.toml").write_text(text)
    code, _, error = app("status")
    assert code == 2
    assert expected in error


@pytest.mark.parametrize("command", ["status", "create", "plan", "migrate", "rollback", "check", "models", "accept"])
def test_every_command_has_help(app: App, command: str) -> None:
    """--help shows the usage, the settings' flags, and what the command is for."""
    code, out, _ = app(command, "--help")
    assert (code, out.startswith(f"Usage: peewit {command} [OPTIONS]"), "--database" in out) == (0, True, True)


def test_it_runs_as_a_module(app: App) -> None:
    """``python -m peewit`` is the same program, with the same exit codes."""

    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run([sys.executable, "-m", "peewit", *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert run("create", "first")[0] == 0
    code, out, error = run("status", "--exit-code")
    assert (code, out.splitlines()[1:], error) == (
        1,
        [
            "0 applied, 1 pending",
            "  [ ] 001_first",
            '        create table "person" with 2 columns',
            "next: peewit migrate",
        ],
        "",
    )
    assert run("migrate", "nope")[0] == 2
    assert run("--version")[0] == 0


def test_check_says_that_it_compared_no_models(app: App) -> None:
    """Where none are configured, a model without a migration is not found: that is said, and what agrees."""
    app("create", "first")
    app("migrate")
    settings = Path("pyproject.toml").read_text()
    Path("pyproject.toml").write_text("".join(li for li in settings.splitlines(True) if not li.startswith("models")))
    app.models("age = pw.IntegerField(null=True)")

    assert app("check") == (
        0,
        (
            "migrations and database agree\n"
            "the models were not compared: none are configured, in pyproject.toml or by --models\n"
        ),
        "",
    )
    assert app.json("check")["models"] is False
    assert "no models are configured to compare" in app("doctor")[1]
    assert app("models")[2].splitlines()[0] == "error: no models are configured"


@pytest.mark.parametrize("text", ["", "def migrat(migrator, database, *, fake=False):\n    pass\n"])
def test_a_file_without_its_function(app: App, text: str) -> None:
    """peewee-migrate applies it as well; that nothing was run is said."""
    app.migrations.mkdir()
    (app.migrations / "001_slip.py").write_text(text)

    code, out, _ = app("migrate")

    assert (code, out.splitlines()[0][:16], out.splitlines()[1:]) == (
        0,
        "applied 001_slip",
        ["  its file has no function migrate: nothing was run"],
    )


TWICE = """
import peewee as pw

database = pw.SqliteDatabase("app.db")


class Person(pw.Model):
    name = pw.CharField({index}=True)
    class Meta:
        database = database
        indexes = ((("name",), {unique}),)
"""


def test_of_two_indexes_with_one_name_the_first_is_made_and_the_other_told_of(app: App) -> None:
    """As ``create_tables()`` does it; told each time, because a rule that is written down is not kept."""
    app.models(text=TWICE.replace("{index}", "index").replace("{unique}", "True"))
    note = (
        f'note: the unique index (name) of {app.name}.models.Person is not made: Peewee calls it "person_name", and one '
        'before it too; give it a name: Person.add_index(Person.index(…, name="…")), or take that one away\n'
    )
    code, out, error = app("create", "first")
    assert (code, error) == (0, note)
    assert app("migrate")[0] == 0
    asked = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'person'"
    with sqlite3.connect("app.db") as connection:
        assert connection.execute(asked).fetchall() == [('CREATE INDEX "person_name" ON "person" ("name")',)]
    code, out, error = app("create", "again")
    assert (code, out.splitlines()[0][:10], error) == (0, "no changes", note)
    assert app("check") == (0, "models, migrations and database agree\n", "")


def test_a_plain_index_beside_a_unique_one_of_its_name_is_no_loss(app: App) -> None:
    app.models(text=TWICE.replace("{index}", "unique").replace("{unique}", "False"))
    code, _, error = app("create", "first")
    assert (code, error) == (0, "")
    assert (app("migrate")[0], app("check")[0]) == (0, 0)
