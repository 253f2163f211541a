"""The daily round, as the documentation tells it: pull, migrate, change a model, create, commit, push."""

import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.program import Checkout, Program, environment, migration_names

TABLES = ("session", "human_input", "key_fact", "key_snippet", "research_note", "trajectory")
SESSION = "    display_name = CharField(null=True)\n"
FACT = '    """Something about the project worth knowing next time."""\n'


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as somebody whose settings do not matter."""
    names = {
        f"GIT_{who}_{what}": "dev@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env=environment(**names),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill_every_table(program: Program) -> None:
    """Write a row of every kind through the program itself."""
    session = program.say("session", "start", "--name", "first").split()[0]
    of = ("--session", session)
    program.say("input", "add", "fix the login", *of)
    program.say("fact", "add", "it's 100% signed", *of, "--input", "1")
    program.say("snippet", "add", "a.py", "1", "x = 1", *of)
    program.say("note", "add", "see the manual", *of)
    program.say("trajectory", "add", "tool_execution", *of)


def rows(program: Program) -> dict[str, list[dict[str, object]]]:
    """All rows of all tables of the project memory."""
    connection = sqlite3.connect(program.file)
    connection.row_factory = sqlite3.Row
    found = {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in TABLES}
    connection.close()
    return found


def make(checkout: Checkout, *arguments: str) -> str:
    """Run a task that has to succeed and return what it printed."""
    done = checkout.make(*arguments)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def ann(tmp_path: Path) -> Checkout:
    """The clone of the developer who began: pushed to a repository others clone."""
    checkout = Checkout.make_in(tmp_path / "ann")
    (checkout.folder / ".gitignore").write_text(".venv/\n.synth-codeai/\n__pycache__/\n")
    git(checkout.folder, "init")
    git(checkout.folder, "add", ".")
    git(checkout.folder, "commit", "-m", "begin")
    git(tmp_path, "clone", "--bare", "ann", "origin.git")
    git(checkout.folder, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(checkout.folder, "fetch")
    git(checkout.folder, "branch", "--set-upstream-to", "origin/main")
    return checkout


@pytest.fixture
def bob(ann: Checkout) -> Checkout:
    """The clone of a second developer."""
    folder = ann.folder.parent / "bob"
    git(folder.parent, "clone", "origin.git", "bob")
    checkout = Checkout(folder)
    checkout.make_environment()
    return checkout


def test_two_developers_exchange_migrations(ann: Checkout, bob: Checkout) -> None:
    """What one creates and pushes, the other pulls and applies; every row is still there."""
    for developer in (ann, bob):
        make(developer, "migrate")
        fill_every_table(developer.program)
    before = rows(bob.program)

    ann.edit_models(SESSION, SESSION + '    mood = CharField(max_length=20, default="calm", index=True)\n')
    assert "created synth_codeai/database/migrations/" in make(ann, "migrate-create", "name=add_mood")
    make(ann, "migrate")
    git(ann.folder, "add", ".")
    git(ann.folder, "commit", "-m", "add mood")
    git(ann.folder, "push")

    git(bob.folder, "pull")
    assert "1 pending" in make(bob, "migrate-status")
    assert "add_mood" in make(bob, "migrate")
    after = rows(bob.program)
    assert [row.pop("mood") for row in after["session"]] == ["calm"]
    assert after == before

    bob.edit_models(FACT, FACT + "    weight = FloatField(default=1.0)\n")
    make(bob, "migrate-create", "name=add_weight")
    make(bob, "migrate")
    make(bob, "migrate-rollback")
    make(bob, "migrate")
    git(bob.folder, "add", ".")
    git(bob.folder, "commit", "-m", "add weight")
    git(bob.folder, "push")

    git(ann.folder, "pull")
    make(ann, "migrate")
    assert "no changes" in make(ann, "migrate-create", "name=again")
    assert "agree" in make(ann, "migrate-check")
    assert migration_names(ann.folder) == migration_names(bob.folder)
    assert [row["weight"] for row in rows(ann.program)["key_fact"]] == [1.0]


def test_migrations_made_at_the_same_time_both_run(ann: Checkout, bob: Checkout) -> None:
    """Two clones give one number to different changes: both run; check says so while one is pending."""
    make(ann, "migrate")
    make(bob, "migrate")
    fill_every_table(bob.program)
    ann.edit_models(SESSION, SESSION + "    mood = CharField(null=True)\n")
    make(ann, "migrate-create", "name=add_mood")
    bob.edit_models(FACT, FACT + "    weight = FloatField(null=True)\n")
    make(bob, "migrate-create", "name=add_weight")
    make(bob, "migrate")
    for developer in (ann, bob):
        git(developer.folder, "add", ".")
        git(developer.folder, "commit", "-m", "change")
    git(ann.folder, "push")
    git(bob.folder, "pull", "--no-rebase", "--no-edit")

    assert "older than one that is applied" in make(bob, "migrate-status")
    assert "is used by 2 files" in bob.make("migrate-check").stdout
    assert "add_mood" in make(bob, "migrate")
    assert "no changes" in make(bob, "migrate-create", "name=again")
    assert "agree" in make(bob, "migrate-check")
    assert [row["mood"] for row in rows(bob.program)["session"]] == [None]


def test_every_migration_of_the_application_goes_back_and_forth_with_rows(checkout: Checkout) -> None:
    """Rolled back to the beginning and up again by make, step by step, with rows in every table."""
    make(checkout, "migrate")
    fill_every_table(checkout.program)
    make(checkout, "migrate-rollback")
    make(checkout, "migrate")
    counts = {table: len(found) for table, found in rows(checkout.program).items()}
    assert counts == dict.fromkeys(TABLES, 1)
    for _ in migration_names():
        make(checkout, "migrate-rollback")
    assert checkout.make("migrate-rollback").returncode == 2
    assert f"{len(migration_names())} pending" in make(checkout, "migrate-status")
    make(checkout, "migrate")
    assert "agree" in make(checkout, "migrate-check")
