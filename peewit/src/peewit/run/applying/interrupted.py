"""Runs that were begun and not finished: finding them, going on with them, refusing what would come between."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from peewit.errors import RunError
from peewit.files.checksum import checksum, same_meaning
from peewit.files.loader import Migration
from peewit.reports import Interrupted, half_way
from peewit.run.records.edited import same_around
from peewit.run.records.journal import Journal
from peewit.run.records.run_log import RunLog, read_log, ways_out
from peewit.run.sessions.choosing import dialect_of
from peewit.run.sessions.raw_sql import Nature, nature


def log_of(journal: Journal, migration: Migration, action: str) -> RunLog:
    """A log for a run that is not one transaction: a new one, or that of a run that was interrupted."""
    digest = checksum(migration.source)
    found = next((entry for entry in journal.unfinished() if entry.name == migration.name), None)
    if found is None:
        return _new_log(journal, migration, action, digest)
    log = read_log(journal, found)
    same = found.checksum == digest or same_meaning(journal.source_of(found.number), migration.source)
    if not log.begun and not (same and found.action == action):
        journal.strike(found.number)
        return _new_log(journal, migration, action, digest)
    if found.action != action:
        raise _other_way(log, action)
    if not same:
        log.edited, log.around = True, not same_around(journal.source_of(found.number), migration.source)
    if log.body_wrote:
        raise log.undecidable(f"it had written by itself: {log.body_wrote}")
    log.resumed = log.begun
    if found.failed:
        journal.fail(found.number, "")
    journal.resume(found.number)
    return log


def _new_log(journal: Journal, migration: Migration, action: str, digest: str) -> RunLog:
    journal.begin(migration.name, action, source=migration.source, checksum=digest)
    entry = next(entry for entry in journal.unfinished() if entry.name == migration.name)
    return RunLog(journal=journal, entry=entry)


def close(journal: Journal, name: str) -> None:
    """An interrupted run was ended by hand: it is open no longer."""
    for entry in journal.unfinished():
        if entry.name == name:
            log = read_log(journal, entry)
            done = [m.sql or m.text for marks in log.earlier.values() for m in marks if m.done]
            journal.finish(entry.number, "rollback", seconds=0.0, steps=done)


def undecided(log: RunLog) -> str:
    """Of a run that does not go on by itself, the code of its file that was begun, and may be done; else empty."""
    begun = log.open
    if log.wrote or begun is None or not begun.text.startswith(("run ", "call ")) or begun.before is not None:
        return log.wrote
    again = begun.sql and nature(begun.sql, dialect_of(log.journal.database)) is Nature.AGAIN
    return "" if again else begun.sql or begun.text


def stands(log: RunLog) -> str:
    """Where the database stands after a failure of a run that is not one transaction."""
    kept = f"what came before it in this migration was kept ({log.kept})" if log.kept else "nothing else was done"
    on = "when the cause is mended, run it again: it goes on from there"
    begun = log.open
    if log.wrote:
        return (
            f"it had written by itself, and that was kept: {log.wrote}\n{kept}; how far it came is not known, "
            "so it cannot go on by itself"
        )
    if begun is None:
        return f"{kept}; {on}"
    if " INDEX CONCURRENTLY " in begun.sql:
        then = "peewit doctor shows it" if begun.text.startswith("run ") else "the next run replaces it"
        kept = f"the index it was to make may stand there, invalid: {then}\n{kept}"
    return f"this was begun, and not finished: {begun.sql or begun.text}\n{kept}; {on}, or says what to look at first"


# ---------------------------------------------------------------------- what may come next


def open_runs(journal: Journal, applied: Collection[str]) -> list[RunLog]:
    """The runs that were begun and did not end. The history wins: what it says is over is over."""
    entries = [e for e in journal.unfinished() if (e.name in applied) is (e.action == "rollback")]
    return [read_log(journal, entry) for entry in entries]


def half_done(journal: Journal, applied: Collection[str]) -> list[RunLog]:
    """The runs that were interrupted after they had begun something."""
    return [log for log in open_runs(journal, applied) if log.begun]


def at_work(logs: Sequence[RunLog], migrator: str) -> list[RunLog]:
    """Of the open runs those that are half done, and the one the ``migrator`` is at, if anybody migrates."""
    return [log for log in logs if log.begun or (migrator and _process(log.entry.who) in migrator)]


def _process(who: str) -> str:
    return f"({who.rpartition(' (')[2].partition(')')[0]})"


def told(log: RunLog, migrator: str = "") -> Interrupted:
    """An interrupted run, for a report; where somebody is the ``migrator`` at this moment, it is not interrupted."""
    entry = log.entry
    begun = log.wrote or ("" if log.open is None else log.open.sql or log.open.text)
    next_ = "peewit status" if migrator else "peewit doctor" if undecided(log) else f"peewit {entry.action}"
    failed = "" if migrator else entry.failed
    return Interrupted(entry.name, entry.action, entry.at, entry.who, log.kept, begun, next_, failed, migrator)


def withdraw_unbegun(journal: Journal) -> None:
    """Open entries of runs that did nothing are open no longer; asked by who holds the lock."""
    for entry in journal.unfinished():
        if not read_log(journal, entry).begun:
            journal.strike(entry.number)


def forward(
    logs: Sequence[RunLog], wanted: Sequence[str], names: Collection[str], target: str | None, *, fake: bool
) -> list[str]:
    """What is to be applied, with what was interrupted first; RunError where something else has to be done before.

    To ``fake`` a migration whose rollback was interrupted says that it is still applied.
    """
    first = []
    for log in logs:
        name = log.name
        if log.entry.action == "rollback":
            if not (fake and target is not None and name.startswith(target)):
                raise _other_way(log, "migrate")
        elif name not in names and name != target:
            raise _refused(
                log,
                "its file is gone",
                f"get the file back, then peewit migrate\nor finish it from the journal's copy: peewit migrate {name}",
            )
        elif name not in wanted:
            raise _refused(
                log, f"{target} is asked for, which comes before it", f"finish it first: peewit migrate {name}"
            )
        first.append(name)
    return [*first, *(name for name in wanted if name not in first)]


def backward(logs: Sequence[RunLog], wanted: Sequence[str], *, asked: bool, counted: bool, fake: bool) -> list[str]:
    """What is to be rolled back: what was interrupted, then what else is ``wanted``, if anything was ``asked`` for.

    RunError where something else has to be done before. So it is where migrations were ``counted``: how many of them
    were undone before it was interrupted, nobody knows. To ``fake`` the rollback of a migration whose run was
    interrupted says that it is not applied.
    """
    first = []
    for log in logs:
        if log.entry.action == "migrate" and not fake:
            raise _other_way(log, "rollback")
        if asked and (counted or log.name not in wanted):
            raise _refused(log, "something else is asked for", "finish it first, without a target or a count")
        first.append(log.name)
    return [*first, *(name for name in wanted if name not in first)] if asked or not first else first[-1:]


def refuse_to_plan(logs: Sequence[RunLog], migrator: str = "") -> None:
    """RunError where a migration is half done: what is left of it is known only when it goes on."""
    for log in logs:
        if migrator:
            run = told(log, migrator)
            raise RunError(
                f"the {run.action} of {run.name} {run.how}: what it leaves to do is known when it is done",
                name=run.name,
                state=half_way(run),
                hint="ask again when it is done: peewit plan; peewit doctor tells who migrates",
            )
        raise _refused(log, "what is left of it is found out when it goes on", f"go on: peewit {log.entry.action}")


def refuse_to_accept(logs: Sequence[RunLog]) -> None:
    """RunError where a migration is half done: the journal's copy of its text is what it goes on with."""
    for log in logs:
        raise _refused(log, "its text is still needed", f"finish it first: peewit {log.entry.action}")


def _other_way(log: RunLog, action: str) -> RunError:
    back = f"peewit {log.entry.action}"
    return _refused(log, f"now a {action} is asked for", f"finish it first: {back}, which goes on where it stopped")


def _refused(log: RunLog, why: str, hint: str) -> RunError:
    entry, run = log.entry, told(log)
    return RunError(
        f"the {entry.action} of {entry.name} {run.how}, and {why}",
        name=entry.name,
        state="\n".join(filter(None, (run.failed and f"it failed with: {run.failed}", half_way(run)))),
        hint=ways_out(entry) if undecided(log) else f"{hint}\nor, if it cannot be finished, {ways_out(entry)}",
    )
