"""`synth-codeai export`: a session as JSON lines."""

import json
from typing import Any

from tests.program import Program


def exported(program: Program, number: str) -> list[dict[str, Any]]:
    """Return the objects of an export, one a line."""
    return [json.loads(line) for line in program.say("export", number).splitlines()]


def test_an_export_holds_the_session_and_all_that_belongs_to_it(program: Program) -> None:
    """The session comes first, then every row of every kind, and nothing of another session."""
    for _ in "12":
        program.say("session", "start", "--name", "naïve 日本")
    for number in "12":
        program.say("input", "add", f"said {number}", "--session", number)
        program.say("fact", "add", f"fact {number}", "--session", number, "--input", number)
        program.say("snippet", "add", "a.py", "1", f"code {number}", "--session", number)
        program.say("note", "add", f"line\nbreak {number}", "--session", number)
        program.say("trajectory", "add", "step", "--tool-result", f"got {number}", "--session", number)
    rows = exported(program, "2")
    assert [row["kind"] for row in rows] == ["session", "input", "fact", "snippet", "note", "trajectory"]
    assert rows[0]["display_name"] == "naïve 日本"
    assert [row["id"] for row in rows] == [2] * 6
    assert rows[2]["human_input"] == 2
    assert rows[4]["content"] == "line\nbreak 2"
    assert rows[5]["tool_result"] == "got 2"


def test_an_exported_row_is_what_list_shows(program: Program) -> None:
    """Export and `list --json` use the same names and values."""
    program.say("session", "start")
    program.say("fact", "add", "a", "--session", "1")
    [_, fact] = exported(program, "1")
    assert fact == {"kind": "fact", **program.json("fact", "list")[0]}


def test_an_export_is_utf_8_wherever_it_goes(program: Program) -> None:
    """JSON is UTF-8 also where the terminal is not."""
    program.say("session", "start", "--name", "naïve")
    elsewhere = Program(folder=program.folder, settings={"PYTHONIOENCODING": "ascii"})
    assert exported(elsewhere, "1")[0]["display_name"] == "naïve"
