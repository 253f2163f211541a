"""Every start brings the database up to date, or stops and leaves it as it was."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.program import MIGRATIONS, Checkout, Program, environment, migration_names

BROKEN = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("UPDATE session SET status = 'changed'")
    migrator.sql("UPDATE no_such_table SET x = 1")


def rollback(migrator, database, *, fake=False):
    pass
"""
CHANGED = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("UPDATE key_fact SET content = content || ', changed'")


def rollback(migrator, database, *, fake=False):
    migrator.sql("UPDATE key_fact SET content = 'kept'")
"""
DROPPING = """
def migrate(migrator, database, *, fake=False):
    migrator.remove_fields("key_fact", "content")


def rollback(migrator, database, *, fake=False):
    pass
"""
MODEL_LINE = "    display_name = CharField(null=True)\n"
SLOW = """
import time


def migrate(migrator, database, *, fake=False):
    open("running", "w").close()
    time.sleep(60)


def rollback(migrator, database, *, fake=False):
    pass
"""
# The program, but not as patient with the lock as it is by default.
IMPATIENT = """
import functools
import synth_codeai.database
from synth_codeai.cli import run

synth_codeai.database.MigrationManager = functools.partial(
    synth_codeai.database.MigrationManager, lock_timeout=0.5
)
run()
"""


def dump(file: Path) -> list[str]:
    """Return the whole content of a database as SQL."""
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def add_migration(checkout: Checkout, text: str) -> str:
    """Write the next migration of a checkout by hand and return its name."""
    name = f"{len(migration_names(checkout.folder)) + 1:03}_by_hand"
    (checkout.folder / MIGRATIONS / f"{name}.py").write_text(textwrap.dedent(text).lstrip())
    return name


def test_the_first_start_applies_all_migrations_and_says_so(program: Program) -> None:
    """One line on standard error names what was applied; standard output is the command's own."""
    done = program.run("fact", "list")
    names = migration_names()
    assert done.returncode == 0
    assert done.stdout == "no facts\n"
    assert done.stderr == f"applied {len(names)} migrations: {', '.join(names)}\n"


def test_later_starts_say_nothing(program: Program) -> None:
    """Where nothing is pending, nothing is said and nothing is written."""
    program.run("fact", "list")
    before = dump(program.file)
    done = program.run("fact", "list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "no facts\n", "")
    assert dump(program.file) == before


@pytest.mark.parametrize("arguments", [("--help",), ("fact", "add", "--help"), ("--version",), ()])
def test_asking_for_help_leaves_no_trace(program: Program, arguments: tuple[str, ...]) -> None:
    """Neither the database nor its folder is made."""
    program.run(*arguments)
    assert list(program.folder.iterdir()) == []


def test_help_lines_are_whole(program: Program) -> None:
    """No summary of a command is cut off."""
    assert "..." not in program.say("--help").partition("Commands:")[2]


def test_a_pulled_migration_is_applied_at_the_next_start(checkout: Checkout) -> None:
    """A database that is behind catches up, and keeps its rows."""
    checkout.program.say("fact", "add", "kept")
    name = add_migration(checkout, CHANGED)
    done = checkout.program.run("fact", "list")
    assert (done.returncode, done.stderr) == (0, f"applied 1 migration: {name}\n")
    assert [row["content"] for row in checkout.program.json("fact", "list")] == ["kept, changed"]


def test_a_start_that_drops_something_says_where_the_copy_is(checkout: Checkout) -> None:
    """Before rows go, the file is copied; the line names the copy, and the rows are in it."""
    checkout.program.say("fact", "add", "kept")
    name = add_migration(checkout, DROPPING)
    done = checkout.program.run("session", "list")
    said, where = done.stderr.splitlines()
    assert said == f"applied 1 migration: {name}"
    before, _, path = where.partition(": ")
    assert before == f"the project memory as it was before {name}"
    with sqlite3.connect(path) as copy:
        assert copy.execute("SELECT content FROM key_fact").fetchall() == [("kept",)]
    copy.close()


def test_a_start_says_which_copy_made_room(checkout: Checkout) -> None:
    """Five are kept: the oldest goes for a new one, and not in silence."""
    checkout.program.say("fact", "add", "kept")
    names = [f"pk.db-before-00{number}_old-2026010{number}T000000Z" for number in range(1, 6)]
    for number, name in enumerate(names):
        copy = checkout.program.file.with_name(name)
        copy.touch()
        os.utime(copy, (number, number))
    add_migration(checkout, DROPPING)
    *_, last = checkout.program.run("session", "list").stderr.splitlines()
    assert last == f"the oldest copy is removed: {checkout.program.file.with_name(names[0])}"


def test_the_way_back_to_a_copy(checkout: Checkout) -> None:
    """As the README tells it: remove the file, move the database away, put the copy in its place."""
    checkout.program.say("fact", "add", "kept")
    name = add_migration(checkout, DROPPING)
    copy = Path(checkout.program.run("session", "list").stderr.splitlines()[1].partition(": ")[2])
    (checkout.folder / MIGRATIONS / f"{name}.py").unlink()
    for file in checkout.program.file.parent.glob("pk.db*"):
        if file != copy:
            file.unlink()
    copy.rename(checkout.program.file)
    done = checkout.program.run("fact", "list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"kept"' in done.stdout
    assert checkout.make("migrate-check").returncode == 0


def test_a_migration_that_fails_stops_the_program(checkout: Checkout) -> None:
    """The error names the migration, the exit code is 2, and the database is as it was, but for a note."""
    checkout.program.say("session", "start")
    before = dump(checkout.program.file)
    name = add_migration(checkout, BROKEN)
    done = checkout.program.run("session", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    after = dump(checkout.program.file)
    (note,) = [line for line in after if line not in before]
    assert f"'{name}','failed'" in note
    assert [line for line in after if line != note] == before


@pytest.mark.parametrize(("line", "said"), [("x = CharFild()", "NameError"), ("x = = 1", "SyntaxError")])
def test_models_that_cannot_be_loaded_stop_the_program(checkout: Checkout, line: str, said: str) -> None:
    """One error with file and line, and the exit code of a program that could not start."""
    checkout.edit_models(MODEL_LINE, f"{MODEL_LINE}    {line}\n")
    number = 1 + checkout.models.read_text().splitlines().index(f"    {line}")
    done = checkout.program.run("session", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: the program cannot be loaded: {said}: ")
    assert f"models.py, line {number})" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_forgotten_migration_is_named(checkout: Checkout) -> None:
    """A model with a field no migration has made: the error says what to type."""
    checkout.program.say("fact", "list")
    checkout.edit_models(MODEL_LINE, f"{MODEL_LINE}    mood = CharField(null=True)\n")
    done = checkout.program.run("session", "list")
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert (first.startswith("error: "), "no such column" in first) == (True, True)
    assert second.startswith("  the models have what no migration has made yet: make migrate-create name=")


@pytest.mark.parametrize("content", [b"this is not a database" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_stops_the_program(program: Program, content: bytes) -> None:
    """A file that is no database is reported in one error and not touched."""
    program.file.parent.mkdir()
    program.file.write_bytes(content)
    done = program.run("fact", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert str(program.file) in done.stderr
    assert "Traceback" not in done.stderr
    assert program.file.read_bytes() == content


def test_a_folder_that_cannot_be_made_stops_the_program(program: Program) -> None:
    """Where the database cannot be, the error says why."""
    program.file.parent.write_text("a file where the folder should be")
    done = program.run("fact", "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert str(program.file.parent) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lock_that_stays_busy_is_exit_code_3(checkout: Checkout) -> None:
    """While another process migrates, the program waits, gives up, and says which it was."""
    checkout.program.say("fact", "list")
    add_migration(checkout, SLOW)
    holder = checkout.program.start("fact", "list")
    try:
        while not (checkout.folder / "running").exists():
            assert holder.poll() is None, holder.communicate()
        waiter = subprocess.run(
            [sys.executable, "-c", IMPATIENT, "fact", "list"],
            cwd=checkout.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        holder.kill()
        holder.communicate()
    assert (waiter.returncode, waiter.stdout) == (3, "")
    assert waiter.stderr.startswith("error: ")
    assert "Traceback" not in waiter.stderr


def test_many_first_starts_at_once(program: Program) -> None:
    """All of them succeed, and each migration is applied by one of them."""
    started = [program.start("fact", "add", f"fact {number}") for number in range(12)]
    outcomes = [(process.communicate(timeout=120), process.returncode) for process in started]
    assert [code for _, code in outcomes] == [0] * len(started), outcomes
    said = [error for (_, error), _ in outcomes if error]
    applied = ", ".join(line.split(": ", 1)[1] for line in "".join(said).splitlines())
    assert applied.split(", ") == migration_names()
    assert len(program.json("fact", "list")) == len(started)
