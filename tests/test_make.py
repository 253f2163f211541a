"""The Makefile: what each task does and how it refuses."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.program import MIGRATIONS, ROOT, Checkout, migration_names, own_lines

ADDED_FIELD = "    display_name = CharField(null=True)\n"
NO_NAME = ["error: the migration needs a name: make migrate-create name=add_plan_to_session_model"]


def interpreter(folder: Path, text: str) -> str:
    """Write a stand-in for a Python interpreter and return its path."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def add_field(checkout: Checkout, line: str) -> None:
    """Add a field to the Session model of a checkout."""
    checkout.edit_models(ADDED_FIELD, f"{ADDED_FIELD}    {line}\n")


def test_help_is_the_default_and_lists_every_task(checkout: Checkout) -> None:
    """One line for each task, each with what it does."""
    done = checkout.make()
    assert done.returncode == 0
    assert done.stdout == checkout.make("help").stdout
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    declared = (
        (ROOT / "Makefile").read_text().split("TASKS :=")[1].split(".PHONY")[0].replace("\\", " ").split()
    )
    assert listed == set(declared) - {"migrate-create-name", "migrate-accept-name"}
    assert all(len(line.split()) > 2 for line in done.stdout.splitlines())
    (undo,) = [line for line in done.stdout.splitlines() if line.startswith("make migrate-rollback ")]
    assert undo.endswith("[args=NNN_name: all after that one]")


@pytest.mark.parametrize("arguments", [(), ("name=",), ("name= ",)])
def test_accepting_needs_a_name(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    """No name is no beginning of every name."""
    done = checkout.make("migrate-accept", *arguments)
    said = "error: accepting needs the name of the edited migration: make migrate-accept name=NNN_name"
    assert (done.returncode, done.stdout, own_lines(done)) == (2, "", [said])


@pytest.mark.parametrize("arguments", [(), ("name=",), ("name= ",)])
def test_a_missing_name_is_one_line(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    """Without a name nothing is written, and the line shows what to type."""
    done = checkout.make("migrate-create", *arguments)
    assert (done.returncode, done.stdout, own_lines(done)) == (2, "", NO_NAME)
    assert migration_names(checkout.folder) == migration_names()


def test_a_missing_name_is_noticed_before_anything_is_set_up(checkout: Checkout) -> None:
    """Nobody waits for an environment to be told of a missing word."""
    (checkout.folder / ".venv" / "ready").unlink()
    done = checkout.make("migrate-create")
    assert own_lines(done) == NO_NAME


def test_only_the_command_line_gives_answers(checkout: Checkout) -> None:
    """A variable of the shell that happens to be called `name` is not a migration's name."""
    done = checkout.make("migrate-create", name="stray")
    assert (done.returncode, own_lines(done)) == (2, NO_NAME)


@pytest.mark.parametrize(
    "task", ["migrate", "migrate-create", "migrate-accept", "migrate-restore", "migrate-command"]
)
def test_every_task_takes_the_arguments_of_its_command(checkout: Checkout, task: str) -> None:
    """Its help as well, in the words of make, and without the name the task needs otherwise."""
    done = checkout.make(task, "args=--help")
    assert (done.returncode, done.stdout.startswith(f"Usage: make {task}")) == (0, True)
    assert "peewit create" not in done.stdout


def test_a_task_takes_a_value_and_arguments(checkout: Checkout) -> None:
    """The value is none of the arguments, whatever it begins with."""
    assert checkout.make("migrate-restore", "args=--json").stdout.startswith("{")
    done = checkout.make("migrate-restore", "copy=--yes", "args=--json")
    assert (done.returncode, json.loads(done.stdout)["error"]) == (2, 'there is no copy "--yes"')


NOT_TAKEN = [
    ("migrate-rollback 008", "008; to undo all that came after it: make migrate-rollback args=008"),
    ("008 migrate-rollback", "008; to undo all that came after it: make migrate-rollback args=008"),
    ("migrate 009", "009; to apply up to it: make migrate args=009"),
    ("migrate target=009", "target=009; to apply up to it: make migrate args=009"),
    ("migrate name=009", "name=009; to apply up to it: make migrate args=009"),
    ("migrate-plan to=009", "to=009; to plan up to it: make migrate-plan args=009"),
    ("migrate-rollback count=2", 'count=2; make migrate-rollback args="--count 2"'),
    ("migrate-create name=add plan", "plan; a name is one word: make migrate-create name=add_plan"),
    ("migrate-create name=add filll=t.a=1", "filll=t.a=1; it takes name=, rename=, fill= and args="),
    ("migrate-create nme=plan", "nme=plan; it takes name=, rename=, fill= and args="),
    ("migrate-create plan", "plan; a name is one word: make migrate-create name=plan"),
    ("migrate-accept nme=001", "nme=001; make migrate-accept name=001"),
    ("migrate-accept name=001 002", "002; make migrate-accept name=002"),
    ("migrate-restore name=001", "name=001; make migrate-restore copy=001"),
    ("migrate-check all", "all; what it takes is told by make migrate-check args=--help"),
]


@pytest.mark.parametrize(("typed", "said"), NOT_TAKEN)
def test_what_a_task_does_not_take_is_refused_before_anything_runs(
    checkout: Checkout, typed: str, said: str
) -> None:
    """No migration is applied or undone, no file is written; the line names the form that works."""
    assert checkout.make("migrate").returncode == 0
    status = checkout.make("migrate-status").stdout
    add_field(checkout, "mood = CharField(null=True)")
    done = checkout.make(*typed.split())
    task = next(word for word in typed.split() if word.startswith("migrate"))
    assert (done.returncode, done.stdout, own_lines(done)) == (
        2,
        "",
        [f"error: make {task} does not take {said}"],
    )
    assert checkout.make("migrate-status").stdout == status


NO_TASK = [
    ("migrate-statu", "migrate-statu; did you mean migrate-status? make help lists the tasks"),
    ("migrate-sattus args=--json", "migrate-sattus; did you mean migrate-status? make help lists the tasks"),
    ("migrate-status migrate-chekc", "migrate-chekc; did you mean migrate-check? make help lists the tasks"),
    ("migrate-frobnicate", "migrate-frobnicate; make help lists the tasks"),
    ("migrate-undo", "migrate-undo; make help lists the tasks"),
    ("migrate-show", "migrate-show; make migrate-command args=show"),
]


@pytest.mark.parametrize(("typed", "said"), NO_TASK)
def test_a_task_that_does_not_exist_is_told_as_that(checkout: Checkout, typed: str, said: str) -> None:
    """The one that is like it is named, or the one that lists them; what stands beside it is not run."""
    done = checkout.make(*typed.split())
    assert (done.returncode, done.stdout, own_lines(done)) == (2, "", [f"error: there is no task {said}"])


@pytest.mark.parametrize(
    "typed", ["migrate-status PEEWIT_HISTORY_TABLE=other", "migrate migrate-status PYTHON=python3"]
)
def test_settings_and_other_tasks_beside_a_task_are_taken(checkout: Checkout, typed: str) -> None:
    """What the program, or another task, makes of them is its own matter."""
    done = checkout.make(*typed.split())
    assert done.returncode == 0, done.stderr
    assert migration_names()[0] in done.stdout


@pytest.mark.parametrize("name", ["!!!", "..", "-"])
def test_a_bad_name_is_one_line(checkout: Checkout, name: str) -> None:
    """A name from which no file name can be made is refused."""
    add_field(checkout, "mood = CharField(null=True)")
    done = checkout.make("migrate-create", f"name={name}")
    assert done.returncode == 2
    assert len(own_lines(done)) == 1
    assert migration_names(checkout.folder) == migration_names()


def test_a_name_never_leaves_the_folder(checkout: Checkout) -> None:
    """What is typed is a name, not a path."""
    add_field(checkout, "mood = CharField(null=True)")
    assert checkout.make("migrate-create", "name=../../escape").returncode == 0
    assert migration_names(checkout.folder)[-1].endswith("_escape")


def test_no_change_writes_nothing(checkout: Checkout) -> None:
    """Models that did not change need no migration, and that is no error."""
    done = checkout.make("migrate-create", "name=nothing")
    assert done.returncode == 0
    assert "no change" in done.stdout.lower()
    assert migration_names(checkout.folder) == migration_names()


def test_a_name_becomes_snake_case(checkout: Checkout) -> None:
    """Spaces and capitals are fine to type."""
    add_field(checkout, "mood = CharField(null=True)")
    done = checkout.make("migrate-create", "name=Add Mood")
    assert done.returncode == 0, done.stderr
    number = len(migration_names()) + 1
    assert migration_names(checkout.folder)[-1] == f"{number:03}_add_mood"


def test_the_round_of_a_change(checkout: Checkout) -> None:
    """Create, migrate, roll back and migrate again, with a row in the table."""
    checkout.program.say("session", "start", "--name", "kept")
    add_field(checkout, 'mood = CharField(default="calm")')
    assert checkout.make("migrate-create", "name=add_mood").returncode == 0
    assert "add_mood" in checkout.make("migrate-plan").stdout
    assert "add_mood" in checkout.make("migrate-status").stdout
    for task in ("migrate", "migrate-rollback", "migrate", "migrate-check"):
        done = checkout.make(task)
        assert done.returncode == 0, (task, done.stdout, done.stderr)
    [session] = checkout.program.json("session", "list")
    assert (session["display_name"], session["mood"]) == ("kept", "calm")


@pytest.mark.parametrize("value", ["a $b $(shell touch pwned) $$", 'back`tick` "quoted"', "no; touch pwned"])
def test_a_fill_arrives_as_it_was_typed(checkout: Checkout, value: str) -> None:
    """Neither make nor a shell reads what belongs to Python; existing rows get the value."""
    checkout.program.say("session", "start")
    add_field(checkout, "mood = CharField()")
    done = checkout.make("migrate-create", "name=add_mood", f"fill=session.mood='{value}'")
    assert done.returncode == 0, done.stderr
    assert checkout.make("migrate").returncode == 0
    connection = sqlite3.connect(checkout.program.file)
    assert connection.execute("SELECT mood FROM session").fetchall() == [(value,)]
    connection.close()
    assert not (checkout.folder / "pwned").exists()


def test_a_fill_that_is_cut_short_is_one_line(checkout: Checkout) -> None:
    """A forgotten quote is named before anything runs."""
    done = checkout.make("migrate-create", "name=add_mood", "fill=session.mood='x")
    assert (done.returncode, own_lines(done)) == (2, ["error: fill=session.mood='x leaves a ' open"])


@pytest.mark.parametrize(("rename", "expected"), [("session.display_name:title", "kept"), ("none", None)])
def test_rename_answers_the_question(checkout: Checkout, rename: str, expected: str | None) -> None:
    """A renamed field keeps its values; `none` drops the old field and adds the new one."""
    checkout.program.say("session", "start", "--name", "kept")
    checkout.edit_models(ADDED_FIELD, "    title = CharField(null=True)\n")
    refused = checkout.make("migrate-create", "name=rename")
    assert refused.returncode == 2
    assert "make migrate-create name=rename rename=session.display_name:title\n" in refused.stderr
    done = checkout.make("migrate-create", "name=rename", f"rename={rename}")
    assert done.returncode == 0, done.stderr
    assert checkout.make("migrate").returncode == 0
    connection = sqlite3.connect(checkout.program.file)
    assert connection.execute("SELECT title FROM session").fetchall() == [(expected,)]
    connection.close()


def test_an_edited_file_is_accepted_where_the_database_agrees(checkout: Checkout) -> None:
    """What the check says is to be typed works."""
    assert checkout.make("migrate").returncode == 0
    name = migration_names()[-1]
    file = checkout.folder / MIGRATIONS / f"{name}.py"
    file.write_text(f"{file.read_text()}\nedited = True\n")
    assert f"make migrate-accept name={name}" in checkout.make("migrate-check").stdout
    assert checkout.make("migrate-accept", f"name={name}").stdout == f"accepted {name}\n"
    assert checkout.make("migrate-check").returncode == 0


def test_what_is_said_to_be_typed_for_an_older_edited_file_works(checkout: Checkout) -> None:
    """A command with a target is a task with its arguments, and it goes back to there."""
    assert checkout.make("migrate").returncode == 0
    names = migration_names()
    file = checkout.folder / MIGRATIONS / f"{names[-2]}.py"
    file.write_text(f"{file.read_text()}\nedited = True\n")
    told = checkout.make("migrate-check")
    typed = f"make migrate-rollback args={names[-3]}"
    assert typed in told.stdout
    assert ".venv/bin/peewit" not in told.stdout + told.stderr
    assert checkout.make(*typed.split()[1:]).returncode == 0
    assert "2 pending" in checkout.make("migrate-status").stdout


def test_any_command_of_peewit_is_a_task(checkout: Checkout) -> None:
    """Arguments are taken apart as a shell would, once; an open quote is one line."""
    name = migration_names()[0]
    shown = checkout.make("migrate-command", f"args=show '{name}'")
    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, f"{name}  (pending)")
    done = checkout.make("migrate-command", "args=show '1")
    assert (done.returncode, own_lines(done)) == (2, ["error: args=show '1 leaves a quote open"])


def test_status_of_a_fresh_checkout_creates_no_database(checkout: Checkout) -> None:
    """Looking leaves no trace; all migrations are pending and named, with what to type next."""
    done = checkout.make("migrate-status")
    assert done.returncode == 0, done.stderr
    assert not checkout.program.file.parent.exists()
    assert all(name in done.stdout for name in migration_names())
    assert "migrate" in done.stdout


def test_migrate_makes_the_database(checkout: Checkout) -> None:
    """The first `make migrate` leaves the program nothing to do."""
    assert checkout.make("migrate").returncode == 0
    done = checkout.program.run("fact", "list")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_interpreter_is_one_line(checkout: Checkout, tmp_path: Path) -> None:
    """The line says which version was found and how to name another."""
    (checkout.folder / ".venv" / "ready").unlink()
    old = interpreter(tmp_path, 'case "$2" in *print*) echo 3.10 ;; *) exit 1 ;; esac')
    done = checkout.make("setup", f"PYTHON={old}")
    line = f"error: {old} is Python 3.10; 3.11 or newer is needed: make PYTHON=/path/to/python3"
    assert (done.returncode, own_lines(done)) == (2, [line])


def test_an_interpreter_without_venv_is_one_line(checkout: Checkout, tmp_path: Path) -> None:
    """Where a distribution leaves venv out, the line says what to install."""
    (checkout.folder / ".venv" / "ready").unlink()
    bare = interpreter(tmp_path, 'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac')
    done = checkout.make("setup", f"PYTHON={bare}")
    [line] = own_lines(done)
    assert (done.returncode, line.startswith(f"error: {bare} has no venv module; install it")) == (2, True)


def test_a_missing_interpreter_is_one_line(checkout: Checkout) -> None:
    """A name that is no program is said to be none."""
    (checkout.folder / ".venv" / "ready").unlink()
    done = checkout.make("setup", "PYTHON=no-such-python")
    [line] = own_lines(done)
    assert (done.returncode, line.startswith("error: no-such-python was not found")) == (2, True)


def test_a_ready_environment_is_left_alone(checkout: Checkout) -> None:
    """Where nothing changed, setting up prints nothing."""
    done = checkout.make("setup")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_clean_keeps_the_project_memory(checkout: Checkout) -> None:
    """Caches and the environment go; what people wrote stays."""
    checkout.program.say("fact", "add", "kept")
    cache = checkout.folder / "synth_codeai" / "__pycache__"
    cache.mkdir(exist_ok=True)
    assert checkout.make("clean").returncode == 0
    assert not (checkout.folder / ".venv").exists()
    assert not cache.exists()
    assert checkout.program.file.exists()
    assert (checkout.folder / MIGRATIONS).exists()
