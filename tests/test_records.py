"""`synth-codeai input`, `fact`, `note`, `snippet`, `trajectory`: add and list."""

from typing import Any

import pytest

from tests.program import Program

ADDED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("input", "add", "fix the login"), {"content": "fix the login", "source": "cli"}),
    (("input", "add", "fix it", "--source", "chat"), {"content": "fix it", "source": "chat"}),
    (("fact", "add", "tokens are signed"), {"content": "tokens are signed"}),
    (("note", "add", "see the manual"), {"content": "see the manual"}),
    (
        ("snippet", "add", "src/login.py", "40", "return sign(token)", "--description", "signs"),
        {
            "filepath": "src/login.py",
            "line_number": 40,
            "snippet": "return sign(token)",
            "description": "signs",
        },
    ),
    (
        (
            *("trajectory", "add", "tool_execution", "--tool-name", "grep", "--tool-parameters", '{"n": 1}'),
            *("--tool-result", "found", "--step-data", "[]", "--cost", "0.002", "--input-tokens", "900"),
            *("--output-tokens", "12"),
        ),
        {
            "record_type": "tool_execution",
            "tool_name": "grep",
            "tool_parameters": '{"n": 1}',
            "tool_result": "found",
            "step_data": "[]",
            "current_cost": 0.002,
            "input_tokens": 900,
            "output_tokens": 12,
            "is_error": False,
            "error_message": None,
        },
    ),
]
KINDS = {"input": "inputs", "fact": "facts", "note": "notes", "snippet": "snippets"}
TEXT = {"snippet": ("a.py", "1", "text")}


def add(program: Program, kind: str, *options: str) -> str:
    """Add a row of `kind` and return its id."""
    return program.say(kind, "add", *TEXT.get(kind, ("text",)), *options)


@pytest.mark.parametrize(("command", "expected"), ADDED)
def test_what_is_added_is_listed(
    program: Program, command: tuple[str, ...], expected: dict[str, Any]
) -> None:
    """Every argument of `add` is kept as it was given."""
    assert program.say(*command) == "1"
    [row] = program.json(command[0], "list")
    assert {name: row[name] for name in expected} == expected
    assert row["session"] is None


@pytest.mark.parametrize("kind", ["input", "fact", "note", "snippet", "trajectory"])
def test_rows_can_be_listed_by_session(program: Program, kind: str) -> None:
    """`--session` shows what belongs to it and nothing else."""
    program.say("session", "start")
    first = add(program, kind, "--session", "1")
    add(program, kind)
    assert [str(row["id"]) for row in program.json(kind, "list", "--session", "1")] == [first]
    assert len(program.json(kind, "list")) == 2


def test_the_environment_names_the_session_of_new_rows(program: Program) -> None:
    """A script says once which session it works for."""
    program.say("session", "start")
    within = Program(folder=program.folder, settings={"SYNTH_CODEAI_SESSION": "1"})
    add(within, "fact")
    assert [row["session"] for row in within.json("fact", "list")] == [1]


@pytest.mark.parametrize("kind", ["fact", "note", "snippet", "trajectory"])
def test_rows_know_the_input_they_came_from(program: Program, kind: str) -> None:
    """`--input` links a row to what a person said."""
    add(program, "input")
    add(program, kind, "--input", "1")
    assert [row["human_input"] for row in program.json(kind, "list")] == [1]


@pytest.mark.parametrize("option", ["--session", "--input"])
def test_a_link_to_nothing_is_refused(program: Program, option: str) -> None:
    """A row never points to what does not exist, and is not written."""
    done = program.run("fact", "add", "text", option, "5")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"error: there is no {option.strip('-')} 5"
    assert program.json("fact", "list") == []


@pytest.mark.parametrize("kind", [*KINDS, "trajectory"])
def test_an_empty_list_says_so(program: Program, kind: str) -> None:
    """No rows are a sentence, or an empty JSON array."""
    assert program.say(kind, "list") == f"no {KINDS.get(kind, 'trajectory records')}"
    assert program.json(kind, "list") == []


def test_limit_keeps_the_newest_in_order(program: Program) -> None:
    """A limited list ends where the whole list ends."""
    for content in ("one", "two", "three"):
        program.say("note", "add", content)
    assert [row["content"] for row in program.json("note", "list", "--limit", "2")] == ["two", "three"]


def test_text_can_come_from_standard_input(program: Program) -> None:
    """'-' keeps all lines of standard input."""
    program.say("note", "add", "-", stdin="one\n  two\n")
    assert program.json("note", "list")[0]["content"] == "one\n  two"


def test_lists_show_one_line_a_row(program: Program) -> None:
    """Text of many lines does not break the columns."""
    program.say("note", "add", "-", stdin="one\ntwo\n" + "long " * 100)
    header, *rows = program.say("note", "list").splitlines()
    [row] = rows
    assert row[header.index("content") :].startswith("one two long")
    assert row.endswith("…")


@pytest.mark.parametrize("option", ["--error", "--error-message=boom", "--error-type=E", "--error-details=x"])
def test_a_step_with_an_error_is_a_failed_step(program: Program, option: str) -> None:
    """Whatever is said of an error marks the step."""
    program.say("trajectory", "add", "tool_execution", option)
    assert program.json("trajectory", "list")[0]["is_error"] is True


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("fact", "add", " "), "there is no text"),
        (("fact", "add", "-"), "zero byte"),
        (("fact", "add", "x", "--session", "0"), "0 is not in the range"),
        (("input", "add", "x", "--source", "y" * 21), "21 characters, at most 20"),
        (("snippet", "add", "a.py", "0", "x"), "0 is not in the range"),
        (("trajectory", "add", "step", "--tool-parameters", "{"), "not JSON"),
        (("trajectory", "add", "step", "--cost", "nan"), "nan is not an amount"),
        (("trajectory", "add", "step", "--cost", "-1"), "-1.0 is not an amount"),
        (("trajectory", "add", "step", "--input-tokens", "2147483648"), "not in the range"),
    ],
)
def test_wrong_arguments_are_refused_before_the_database_is_touched(
    program: Program, command: tuple[str, ...], message: str
) -> None:
    """A usage error names the argument, exits with 2 and creates no database."""
    done = program.run(*command, stdin="a\0b")
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert not program.file.parent.exists()


def test_bytes_that_are_no_text_are_refused(program: Program) -> None:
    """An argument that is not UTF-8 cannot be kept in every database."""
    done = program.run("fact", "add", "caf\udce9")
    assert done.returncode == 2
    assert "not UTF-8" in done.stderr
