"""Runs that were begun and did not end: how far they came, as the journal has it, and how they go on."""

from __future__ import annotations

from dataclasses import dataclass

from peewit.files.checksum import checksum
from peewit.reports import Repair, Symptom
from peewit.run.asking import PROBLEM
from peewit.run.journal import BEGUN, Journal
from peewit.run.run_log import RunLog, read_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An open entry of the journal. ``action`` is what was begun: ``migrate`` or ``rollback``."""

    name: str
    action: str
    at: str
    who: str
    checksum: str
    log: RunLog


def open_entries(journal: Journal) -> list[Open]:
    """The newest entry of each migration, where that was never closed."""
    newest = {row[1]: row for row in journal.select("id, name, action, at, who, checksum, steps")}
    return [
        Open(
            name=name,
            action=action.removeprefix(BEGUN),
            at=at,
            who=who,
            checksum=digest,
            log=read_log(journal, number, name, steps),
        )
        for number, name, action, at, who, digest, steps in newest.values()
        if action.startswith(BEGUN)
    ]


def interrupted(entry: Open, source: bytes | None) -> Symptom:
    """What was done of it, where it stopped, and what to type. ``source`` is its file's text, None where it is gone."""
    done = [stretch for stretch in entry.log.earlier if stretch.done]
    begun = [stretch for stretch in entry.log.earlier if not stretch.done]
    lines = [f"done: {stretch.text}" for stretch in done]
    for stretch in begun:
        last = f", the last statement: {stretch.statements[-1]}" if stretch.statements else ""
        lines.append(f"begun, and not known to be finished: {stretch.text}{last}")
    if not entry.log.earlier and not entry.log.wrote:
        lines.append("nothing of it was begun")
    why = _why_not(entry, source)
    return Symptom(
        PROBLEM,
        "interrupted",
        f"{entry.action} of {entry.name} was interrupted: begun at {entry.at[:19]} (UTC) by {entry.who}",
        "\n".join([*lines, *([why] if why else [])]),
        _repairs(entry, why),
    )


def _why_not(entry: Open, source: bytes | None) -> str:
    """Why the next run would not go on by itself; empty where it does."""
    if entry.log.wrote:
        return f"it had written by itself, so a run is not repeated: {entry.log.wrote}"
    if source is None:
        return "its file is gone: get it back first"
    if entry.log.earlier and checksum(source) != entry.checksum:
        return "its file was edited since: put the text back that was begun"
    return ""


def _repairs(entry: Open, why: str) -> tuple[Repair, ...]:
    again = f"peewit {entry.action}"
    if not why:
        return (Repair(again, "which goes on from there"),)
    if not entry.log.wrote:
        return (Repair(again, "after that; it goes on from there"),)
    return (
        Repair(f"peewit migrate {entry.name} --fake", "when what is missing has been done by hand"),
        Repair("peewit rollback --fake", "after that, if it has been undone by hand instead"),
    )
