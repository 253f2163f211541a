"""`synth-codeai session`: start, list, show, finish."""

import json
from datetime import datetime

import pytest

from tests.program import Program


def test_start_prints_the_id_of_the_new_session(program: Program) -> None:
    """Scripts keep what `session start` prints."""
    assert program.say("session", "start", "--", "assistant", "-m", "fix it") == "1"
    assert program.say("session", "start", "--", "assistant") == "2"


def test_a_new_session_knows_its_command_its_program_and_its_machine(program: Program) -> None:
    """What cannot be found out later is kept when the session starts."""
    program.say("session", "start", "--plan", "first look, then leap", "--", "assistant", "-m", "fix it")
    session = program.json("session", "show", "1")
    assert session["command_line"] == "assistant -m 'fix it'"
    assert session["display_name"] == "assistant -m 'fix it'"
    assert session["status"] == "running"
    assert session["plan"] == "first look, then leap"
    assert session["program_version"]
    assert {"system", "python"} <= set(json.loads(session["machine_info"]))


def test_times_are_utc_in_iso_8601(program: Program) -> None:
    """A reader in another zone gets the same moment."""
    program.say("session", "start")
    for moment in ("start_time", "created_at", "updated_at"):
        assert datetime.fromisoformat(program.json("session", "show", "1")[moment]).utcoffset() is not None


def test_a_name_replaces_the_command_in_lists(program: Program) -> None:
    """A session that was given a name is found by it."""
    program.say("session", "start", "--name", "the login", "--", "assistant", "-m", "fix it")
    assert "the login" in program.say("session", "list")
    assert "assistant" not in program.say("session", "list")


def test_list_aligns_its_columns(program: Program) -> None:
    """Columns start where their headers do."""
    program.say("session", "start", "--name", "one")
    program.say("session", "start", "--name", "two")
    program.say("session", "finish", "1")
    header, *rows = program.say("session", "list").splitlines()
    assert [row[header.index("status") :].split() for row in rows] == [
        ["completed", "one"],
        ["running", "two"],
    ]
    assert [row[header.index("name") :] for row in rows] == ["one", "two"]


def test_list_can_be_narrowed(program: Program) -> None:
    """`--status` and `--limit` leave out what was not asked for; the newest stay."""
    for name in ("one", "two", "three"):
        program.say("session", "start", "--name", name)
    program.say("session", "finish", "1")
    running = program.json("session", "list", "--status", "running")
    newest = program.json("session", "list", "--limit", "2")
    assert [session["display_name"] for session in running] == ["two", "three"]
    assert [session["display_name"] for session in newest] == ["two", "three"]
    assert program.say("session", "list", "--status", "failed") == "no sessions"


def test_show_counts_what_a_session_gathered(program: Program) -> None:
    """The totals are those of the one session."""
    program.say("session", "start")
    program.say("session", "start")
    program.say("fact", "add", "a", "--session", "1")
    program.say("fact", "add", "b", "--session", "2")
    for cost in ("0.5", "0.25"):
        program.say("trajectory", "add", "step", "--session", "1", "--cost", cost, "--input-tokens", "10")
    totals = program.json("session", "show", "1")["totals"]
    assert totals == {
        "inputs": 0,
        "facts": 1,
        "snippets": 0,
        "notes": 0,
        "trajectory": 2,
        "cost": 0.75,
        "input_tokens": 20,
        "output_tokens": 0,
    }


def test_show_keeps_the_lines_of_a_plan(program: Program) -> None:
    """Text of several lines stays readable, its lines under one another."""
    program.say("session", "start", "--plan", "-", stdin="first\nsecond\n")
    lines = program.say("session", "show", "1").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("plan"))
    assert lines[at].index("first") == lines[at + 1].index("second")


@pytest.mark.parametrize(("options", "status"), [((), "completed"), (("--failed",), "failed")])
def test_finish_gives_the_final_status(program: Program, options: tuple[str, ...], status: str) -> None:
    """A session ends well unless it is said that it did not."""
    program.say("session", "start")
    assert program.say("session", "finish", "1", *options) == f"session 1 {status}"
    assert program.json("session", "show", "1")["status"] == status


def test_finish_says_when_it_was_finished_before(program: Program) -> None:
    """A final status is not overwritten."""
    program.say("session", "start")
    program.say("session", "finish", "1")
    done = program.run("session", "finish", "1", "--failed")
    assert (done.returncode, done.stderr) == (1, "error: session 1 is already completed\n")
    assert program.json("session", "show", "1")["status"] == "completed"


@pytest.mark.parametrize("number", ["7", "99999999999999999999999999"])
@pytest.mark.parametrize("command", [("session", "show"), ("session", "finish"), ("export",)])
def test_an_unknown_session_is_one_clear_line(
    program: Program, command: tuple[str, ...], number: str
) -> None:
    """What does not exist is named; there is no traceback."""
    program.say("session", "list")
    done = program.run(*command, number)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: there is no session {number}\n")


def test_a_name_that_does_not_fit_its_column_is_refused(program: Program) -> None:
    """What a database server would refuse is refused everywhere, before anything is written."""
    done = program.run("session", "start", "--name", "x" * 256)
    assert done.returncode == 2
    assert "256 characters, at most 255" in done.stderr
