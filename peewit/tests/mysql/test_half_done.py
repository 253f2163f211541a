"""What is said of a run on MariaDB that failed half way, that another process is at, or that never began."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import peewee as pw
import pytest

from peewit.cli import whole
from peewit.errors import NOTHING_KEPT, DataError, PeewitError, RunError

from ..doctor.typing import found
from ..server_project import ServerProject, url_of

START = """
    @migrator.create_model
    class Customer(pw.Model):
        name = pw.CharField(null=True)
        class Meta:
            table_name = "customer"

    @migrator.create_model
    class Book(pw.Model):
        title = pw.CharField(null=True)
        class Meta:
            table_name = "book"
    """
FAILING = """
    migrator.add_fields("customer", fax=pw.CharField(null=True))
    migrator.run(fails)
    migrator.add_fields("customer", city=pw.CharField(null=True))
    """
FAILS = "def fails():\n    raise ValueError('no fax\\nfor anybody')\n\n\n"
SLOW = "import time\n\n\ndef fails():\n    time.sleep(60)\n\n\n"
UNIQUE = "migrator.add_index('customer', 'name', unique=True)"

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path, mariadb: pw.MySQLDatabase) -> ServerProject:
    project = ServerProject(tmp_path, mariadb)
    project.write("001_initial", START)
    project.manager().migrate()
    project.sql("INSERT INTO customer (name) VALUES ('a'), ('a')")
    return project


@pytest.fixture
def typed(project: ServerProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """The command line: exit code, output, errors."""
    monkeypatch.chdir(project.directory)  # where there are no settings

    def run(*arguments: str) -> tuple[int, str, str]:
        flags = ["--database", url_of(project.database), "--directory", str(project.directory)]
        capsys.readouterr()
        code = whole([*arguments, *flags])
        return code, *capsys.readouterr()

    return run


@contextlib.contextmanager
def running(project: ServerProject) -> Iterator[int]:
    """A process that has added a column, and is now in a function that takes long."""
    project.write("002_fax", FAILING, head=SLOW)
    project.database.close()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            project.manager().migrate()
        os._exit(0)
    try:
        deadline = time.monotonic() + 20
        while "fax" not in columns(project, "customer") or not _is_at_it(project, child):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _is_at_it(project: ServerProject, process: int) -> bool:
    return any(run.migrator and f"({process})" in run.who for run in project.manager().status().interrupted)


def codes(project: ServerProject, said: dict[str, tuple[int, str, str]]) -> dict[str, int]:
    """The exit codes that are not 0; doctor's counts for what it finds here, and not of killed runs beside us."""
    told = {command: code for command, (code, _, _) in said.items() if code}
    if not found(project.manager()):
        told.pop("doctor", None)
    return told


def columns(project: ServerProject, table: str) -> list[str]:
    return [row[0] for row in project.sql(f"SHOW COLUMNS FROM {table}")]


# ---------------------------------------------------------------------- one that failed


def test_what_a_failed_run_has_done_is_no_drift(project: ServerProject, typed: Typed) -> None:
    """Doctor, diff and check say that it is half done, nothing else of its table, and no SQL that would undo it."""
    project.write("002_fax", FAILING, head=FAILS)
    with pytest.raises(RunError):
        project.manager().migrate()
    for command in ("doctor", "diff", "check"):
        code, out, _ = typed(command)
        assert code == 1
        assert "002_fax" in out
        assert "it failed with: ValueError: no fax" in out
        assert "DROP COLUMN" not in out
        assert "no migration did that" not in out
        assert '"fax"' not in out.replace('add column "fax"', "")
    assert "ok       the tables that 002_fax does not change are what the migrations say" in typed("doctor")[1]
    project.write("002_fax", FAILING, head=FAILS.replace("raise ValueError", "str"))
    assert typed("migrate")[0] == 0
    assert typed("diff")[:2] == (
        0,
        f"database {project.database.database}\nthe database is what the applied migrations say\n",
    )


def test_drift_of_other_tables_is_told_all_the_same(project: ServerProject, typed: Typed) -> None:
    """With the SQL that undoes it, and nothing of the table that is on its way."""
    project.write("002_fax", FAILING, head=FAILS)
    with pytest.raises(RunError):
        project.manager().migrate()
    project.sql("ALTER TABLE book ADD extra INT")
    for command in ("doctor", "diff"):
        out = typed(command)[1]
        assert 'column "extra" of "book" should not be there' in out
        assert [line.strip(" sql>") for line in out.splitlines() if "DROP" in line] == [
            "ALTER TABLE `book` DROP COLUMN `extra`;"
        ]


def test_what_is_left_out_of_a_half_done_rollback(project: ServerProject, typed: Typed) -> None:
    """The same for the way back."""
    project.write(
        "002_fax",
        "migrator.add_fields('customer', fax=pw.CharField(null=True))",
        "migrator.remove_fields('customer', 'fax')\nmigrator.run(fails)",
        head=FAILS,
    )
    project.manager().migrate()
    with pytest.raises(RunError):
        project.manager().rollback()
    code, out, _ = typed("diff")
    assert code == 1
    assert out.splitlines()[1].startswith("002_fax is half done: its rollback failed (")
    assert "is missing" not in out
    assert "ADD COLUMN" not in out


def test_a_failure_is_called_one(project: ServerProject, typed: Typed) -> None:
    """By every command, with the first line of the error; in JSON as well."""
    project.write("002_fax", FAILING, head=FAILS)
    with pytest.raises(RunError):
        project.manager().migrate()
    out = typed("status")[1]
    assert "002_fax is half done: its migrate failed (" in out
    assert "\n  it failed with: ValueError: no fax\n" in out
    assert "interrupted" not in out
    (run,) = project.manager().status().interrupted
    assert (run.standing, run.failed, run.done) == ("failed", "ValueError: no fax", 1)
    code, _, error = typed("plan")
    assert code == 2
    assert "the migrate of 002_fax failed (" in error
    told = typed("doctor")[1]
    assert "problem  migrate of 002_fax failed: begun at " in told
    assert "not applied" not in told
    assert typed("show", "2")[1].startswith("002_fax  (failed)\n")


def test_a_run_that_fails_again_says_how_it_is_ended_by_hand(project: ServerProject, typed: Typed) -> None:
    """The first failure says who tells that: its cause is to be mended."""
    project.write("002_fax", FAILING, head=FAILS)
    ended = "or undo by hand what was done, and say that it is not applied: peewit rollback --fake"
    first = typed("migrate")[2]
    assert ended not in first
    assert first.endswith("\n  where its cause cannot be mended, peewit rollback says how the run is ended by hand\n")
    assert ended in typed("rollback")[2]
    assert ended in typed("migrate")[2]


def test_a_raw_statement_that_fails_says_who_tells_the_way_out(project: ServerProject, typed: Typed) -> None:
    """Rows that are twice there cannot always be mended; a rollback that fails half way points to the other way."""
    project.write("002_key", "migrator.sql('CREATE UNIQUE INDEX one ON customer (name)')")
    project.write(
        "003_fax",
        "migrator.add_fields('customer', fax=pw.CharField(null=True))",
        FAILING.replace("fax", "tax"),
        head=FAILS,
    )
    assert "peewit rollback says how" not in typed("migrate")[2]  # nothing was done: there is nothing to undo
    project.sql("DELETE FROM customer")
    assert typed("migrate")[0] == 0
    error = typed("rollback")[2]
    assert error.endswith("\n  where its cause cannot be mended, peewit migrate says how the run is ended by hand\n")
    assert "say that it is still applied: peewit migrate 003_fax --fake" in typed("migrate")[2]


def test_a_failure_is_forgotten_when_the_run_goes_on(project: ServerProject) -> None:
    """Killed at the second try, it was interrupted: the first error says nothing of that."""
    project.write("002_fax", FAILING, head=FAILS)
    with pytest.raises(RunError):
        project.manager().migrate()
    with running(project):
        pass
    deadline = time.monotonic() + 20
    while (run := project.manager().status().interrupted[0]).migrator:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (run.standing, run.failed) == ("interrupted", "")


def test_what_was_undone_by_hand_has_its_way_out(project: ServerProject, typed: Typed) -> None:
    """Doctor sees that the table is not as the run has left it, and names what to type for each case."""
    project.write("002_fax", FAILING, head=FAILS)
    with pytest.raises(RunError):
        project.manager().migrate()
    assert "--fake" not in typed("doctor")[1]
    project.sql("ALTER TABLE customer DROP COLUMN fax")
    out = typed("doctor")[1]
    assert "changed since by somebody else: `customer`" in out
    assert [line.strip() for line in out.splitlines() if line.strip().startswith("$")][:3] == [
        "$ peewit migrate",
        "$ peewit migrate 002_fax --fake",
        "$ peewit rollback --fake",
    ]
    assert typed("rollback", "--fake")[0] == 0
    project.write("002_fax", FAILING, head=FAILS.replace("raise ValueError", "str"))
    assert typed("migrate")[0] == 0
    assert columns(project, "customer") == ["id", "name", "fax", "city"]


# ---------------------------------------------------------------------- one that runs


def test_one_that_runs_is_not_called_interrupted(project: ServerProject, typed: Typed) -> None:
    """Who is at it, by the lock; nobody is told to end it by hand, and its table is no drift."""
    with running(project) as child:
        out = typed("status")[1]
        assert f"({child}), connection " in out.partition("002_fax is half done: its migrate is being run by ")[2]
        assert "next: peewit status, again, when it is done" in out
        code, _, error = typed("plan")
        assert code == 2
        assert error.startswith("error: the migrate of 002_fax is being run by ")
        code, checked, _ = typed("check")
        assert code == 1
        assert "history: the migrate of 002_fax is being run by " in checked
        compared = typed("diff")[1]
        for text in (out, error, checked, compared):
            assert "interrupted" not in text
            assert "--fake" not in text
            assert "should not be there" not in text
        assert project.manager().status().interrupted[0].standing == "running"


# ---------------------------------------------------------------------- one that never began


@pytest.mark.parametrize("name", ["gone", "renamed"])
def test_a_refused_run_leaves_nothing_open(project: ServerProject, typed: Typed, name: str) -> None:
    """The rows are against it, so nothing was done: all say so, also when its file goes."""
    project.write("002_one", UNIQUE)
    with pytest.raises(DataError) as raised:
        project.manager().migrate()
    assert raised.value.state == NOTHING_KEPT
    assert "goes on from there" not in str(raised.value)
    file = project.directory / "002_one.py"
    if name == "gone":
        file.unlink()
    else:
        file.rename(file.with_name("002_other.py"))
    assert project.sql("SELECT count(*) FROM migratehistory_journal WHERE action LIKE 'begin %%'") == [(0,)]
    said = {command: typed(command) for command in ("status", "check", "doctor", "plan", "diff")}
    assert codes(project, said) == ({} if name == "gone" else {"check": 1, "doctor": 1})
    assert "002_one" not in str(said)


def test_a_failing_function_leaves_nothing_open_where_nothing_was_done(project: ServerProject) -> None:
    """Its transaction was rolled back: then it is as if it had never begun."""
    project.write("002_x", "migrator.run(fails)", head=FAILS)
    with pytest.raises(PeewitError) as raised:
        project.manager().migrate()
    assert raised.value.state == NOTHING_KEPT
    assert project.manager().status().interrupted == ()
    assert project.sql("SELECT count(*) FROM migratehistory_journal WHERE action LIKE 'begin %%'") == [(0,)]


def test_what_never_began_is_forgotten(project: ServerProject, typed: Typed) -> None:
    """A killed run may leave an entry of which nothing was begun: nobody minds, and the next migrate clears it."""
    project.sql(
        "INSERT INTO migratehistory_journal (name, action, at, seconds, who, checksum, source, steps) "
        "VALUES ('002_gone', 'begin migrate', '2026-01-01 00:00:00', 0, 'a@b (1)', '', '', '[]')"
    )
    said = {command: typed(command) for command in ("status", "check", "doctor", "plan", "diff")}
    assert codes(project, said) == {}, said
    assert "002_gone" not in str(said)
    assert typed("migrate")[:2] == (0, "nothing to do: the database is up to date\n")
    assert project.sql("SELECT count(*) FROM migratehistory_journal WHERE action LIKE 'begin %%'") == [(0,)]
