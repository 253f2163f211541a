"""Runs that were begun and did not end: how far they came, as the journal has it, and how they go on."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.reports import Repair, Symptom
from peewit.run.applying.interrupted import told, undecided
from peewit.run.looking.asking import PROBLEM
from peewit.run.records.run_log import RunLog


def interrupted(log: RunLog, source: bytes | None, changed: Sequence[str] = ()) -> Symptom:
    """What was done of it, where it stopped, and what to type.

    ``source`` is its file's text, None where it is gone; ``changed`` are tables that are not as it has left them.
    """
    entry, run = log.entry, told(log)
    lines = [f"it failed with: {run.failed}"] if run.failed else []
    lines += [f"done: {text}" for text in log.finished]
    if log.open is not None:
        last = f", the last statement: {log.open.sql}" if log.open.sql else ""
        lines.append(f"begun, and not known to be finished: {log.open.text}{last}")
    if changed:
        lines.append(f"changed since by somebody else: {', '.join(changed)}")
    why = _why_not(log, source)
    return Symptom(
        PROBLEM,
        "interrupted",
        f"{entry.action} of {entry.name} {'failed' if run.failed else 'was interrupted'}: "
        f"begun at {entry.at[:19]} UTC by {entry.who}",
        "\n".join([*lines, *([why] if why else [])]),
        tuple(_repairs(log, source, changed)),
    )


def _why_not(log: RunLog, source: bytes | None) -> str:
    """Why the next run would not go on by itself; empty where it does."""
    if log.wrote:
        return f"it had written by itself, so a run is not repeated: {log.wrote}"
    if undecided(log):
        return f"nothing shows whether it was done, so a run does not go on by itself: {undecided(log)}"
    if source is None:
        return "its file is gone"
    return ""


def _repairs(log: RunLog, source: bytes | None, changed: Sequence[str]) -> list[Repair]:
    """The run itself, where it goes on; what was done by hand is said, where somebody has done so or has to."""
    again, name, stuck = f"peewit {log.entry.action}", log.entry.name, undecided(log)
    repairs = []
    if not stuck and source is None:
        copy = f"peewit migrate {name}" if log.entry.action == "migrate" else again
        repairs = [Repair(copy, "to finish it from the journal's copy, or after getting its file back")]
    elif not stuck:
        repairs = [Repair(again, "to go on from there")]
    if not (stuck or changed):
        return repairs
    finished, undone = Repair(f"peewit migrate {name} --fake"), Repair("peewit rollback --fake")
    if log.entry.action == "rollback":
        return [
            *repairs,
            undone._replace(when="when what is left has been undone by hand"),
            finished._replace(when="when what it undid has been put back by hand instead"),
        ]
    return [
        *repairs,
        finished._replace(when="when what is missing, to the end of its file, has been done by hand"),
        undone._replace(when="when it has been undone by hand instead"),
    ]
