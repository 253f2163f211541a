"""How much is said, in which colours and characters; what is suggested, completed and explained."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import peewit
from peewit.cli.status import peewit as program

from .app import App
from .test_questions import on_a_terminal

COMMANDS = sorted(program.commands)
RED = "\x1b[31m"


def test_colours_are_as_they_are_asked_for(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """None where nobody looks, FORCE_COLOR makes them all the same; NO_COLOR takes them from a terminal."""
    assert RED not in app("show", "1")[2]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert RED in app("show", "1")[2]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in app("show", "1")[2]


def test_quiet_says_nothing_but_errors(app: App) -> None:
    """The exit code is all; what is wrong is told."""
    assert app("create", "first", "-q") == (0, "", "")
    assert app("status", "--exit-code", "--quiet") == (1, "", "")
    assert app("migrate", "-q") == (0, "", "")
    code, out, error = app("migrate", "nope", "-q")
    assert (code, out, error.splitlines()[0]) == (2, "", 'error: no migration is called "nope"')
    assert app("status")[1].splitlines()[1] == "1 applied, 0 pending"


def test_quiet_asks_nothing(app: App) -> None:
    """On a terminal, too: a question nobody sees is none."""
    app("create", "first")
    app.models("email = pw.CharField(null=True)")
    app("create", "second")
    app.models("mail = pw.CharField(null=True)")
    assert on_a_terminal([], "create", "third", "-q")[0] == 4


def test_verbose_says_where_an_error_arose(app: App) -> None:
    """A traceback only where it is asked for, and no password in it."""
    url = "postgresql://me:secret@127.0.0.1:1/none"
    assert "Traceback" not in app("status", "--database", url)[2]
    error = app("status", "-v", "--database", url)[2]
    assert "Traceback" in error
    assert "secret" not in error


def test_a_terminal_without_the_characters(app: App) -> None:
    """What it has no sign for is told in what it has, and nothing fails for it."""
    app("create", "first")
    app.models("größe = pw.IntegerField()", "ñ = pw.IntegerField(null=True)")
    environment = {**os.environ, "PYTHONIOENCODING": "iso8859-2", "PYTHONPATH": str(Path(peewit.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "peewit", "create", "size"], env=environment, capture_output=True, check=True
    )
    shown = done.stdout.decode("iso8859-2")
    assert 'add column "größe" to "person"' in shown
    assert 'add column "\\xf1" to "person"' in shown
    assert "default=..." in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained_with_an_example(name: str) -> None:
    """What it does, and how it is typed; and how much it says can be told to each."""
    command = program.commands[name]
    text = command.get_help(click.Context(command, info_name=name))
    assert re.search(rf"^  peewit {name}\b", text, re.MULTILINE)
    assert "--quiet" in text
    assert "--verbose" in text


def test_every_example_is_understood() -> None:
    """What a help text shows can be typed: its commands, options and arguments are there."""
    for name, command in program.commands.items():
        for line in re.findall(rf"^ *peewit ({name}\b[^|>]*)", command.help or "", re.MULTILINE):
            words = [word.strip("\"'") for word in line.split()]
            command.make_parser(click.Context(command)).parse_args(words[1:])


def test_what_is_nearly_right_is_suggested(app: App) -> None:
    """Commands, migrations, tables and fields."""
    app("create", "first")
    app("migrate")
    assert re.search(r"Did you mean .migrate.\?", app("migrat")[2])
    assert 'did you mean "first"?' in app("migrate", "frist")[2]
    cases = (("persn", "name", "person"), ("person", "nme", "name"))
    for table, field, suggested in cases:
        (app.migrations / "002_typo.py").write_text(
            f"def migrate(migrator, database, **_):\n    migrator.rename_field({table!r}, {field!r}, 'title')\n"
        )
        assert f'did you mean "{suggested}"?' in app("migrate")[2]
    (app.migrations / "002_typo.py").unlink()
    assert 'did you mean "person"?' in app("create", "x", "--rename", "persn.name:title")[2]


def test_a_shell_completes_migrations(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of the project's files; nothing, and no error, where there is no project."""
    app("create", "first")
    app("create", "by_hand", "--empty")
    environment = {
        **os.environ, "PYTHONPATH": str(Path(peewit.__file__).parents[1]),
        "_PEEWIT_COMPLETE": "bash_complete", "COMP_WORDS": "peewit migrate 00", "COMP_CWORD": "2",
    }  # fmt: skip

    def completed(folder: Path) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "peewit"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        return done.stdout.split()

    assert completed(app.folder) == ["plain,001_first", "plain,002_by_hand"]
    (app.folder / "pyproject.toml").unlink()
    assert completed(app.folder) == []


def test_what_takes_long_shows_that_it_runs(app: App) -> None:
    """After a second: which migration, for how long, what it is at; and the line goes when it is over."""
    (app.migrations).mkdir()
    (app.migrations / "001_slow.py").write_text(
        "import time\n\ndef migrate(migrator, database, **_):\n"
        "    @migrator.run\n    def wait():\n        time.sleep(1.3)\n"
    )
    code, lines = on_a_terminal([], "migrate", progress=True)
    text = "\n".join(lines)
    assert (code, "001_slow  1 s  -- runs wait()" in text) == (0, True)
    assert text.splitlines()[-1].rpartition("\r")[2].startswith("applied 001_slow (1.")


APPLIES = {"migrate", "rollback", "redo"}


def test_an_option_stands_where_it_does_something(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the help; every command takes it, and what is configured."""
    app("create", "first")
    for option, commands in (
        ("--online", APPLIES | {"plan"}),
        ("--lock-timeout", APPLIES | {"accept", "adopt", "restore"}),
        ("--lock ", APPLIES | {"accept", "adopt", "restore"}),
    ):
        assert {name for name in sorted(program.commands) if option in app(name, "--help")[1]} == commands
    assert app("status", "--lock", "session", "--lock-timeout", "3", "--online")[0] == 0
    for name, value in (("ONLINE", "true"), ("LOCK", "session"), ("LOCK_TIMEOUT", "3")):
        monkeypatch.setenv(f"PEEWIT_{name}", value)
    assert [app(*words)[0] for words in (["models"], ["status"], ["migrate"], ["check"], ["history"])] == [0] * 5
