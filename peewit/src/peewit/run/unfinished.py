"""Runs that were begun and did not end: how far they came, as the journal has it, and how they go on."""

from __future__ import annotations

from peewit.reports import Repair, Symptom
from peewit.run.asking import PROBLEM
from peewit.run.journal import Journal
from peewit.run.run_log import RunLog, read_log


def open_entries(journal: Journal) -> list[RunLog]:
    """What was written down of each run that was begun and never ended."""
    return [read_log(journal, entry) for entry in journal.unfinished()]


def interrupted(log: RunLog, source: bytes | None) -> Symptom:
    """What was done of it, where it stopped, and what to type. ``source`` is its file's text, None where it is gone."""
    entry = log.entry
    lines = [f"done: {text}" for text in log.finished]
    if log.open is not None:
        last = f", the last statement: {log.open.sql}" if log.open.sql else ""
        lines.append(f"begun, and not known to be finished: {log.open.text}{last}")
    if not log.begun:
        lines.append("nothing of it was begun")
    why = _why_not(log, source)
    return Symptom(
        PROBLEM,
        "interrupted",
        f"{entry.action} of {entry.name} was interrupted: begun at {entry.at[:19]} UTC by {entry.who}",
        "\n".join([*lines, *([why] if why else [])]),
        _repairs(log, why),
    )


def _why_not(log: RunLog, source: bytes | None) -> str:
    """Why the next run would not go on by itself; empty where it does."""
    if log.wrote:
        return f"it had written by itself, so a run is not repeated: {log.wrote}"
    if source is None:
        return "its file is gone: get it back first"
    return ""


def _repairs(log: RunLog, why: str) -> tuple[Repair, ...]:
    again = f"peewit {log.entry.action}"
    if not why:
        return (Repair(again, "which goes on from there"),)
    if not log.wrote:
        return (Repair(again, "after that; it goes on from there"),)
    return (
        Repair(f"peewit migrate {log.entry.name} --fake", "when what is missing has been done by hand"),
        Repair("peewit rollback --fake", "when it has been undone by hand instead"),
    )
