"""What the manager answers: frozen values, made for programs and for printing alike."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from peewit.events import Begun, Event, Executing, Progress, Waiting
from peewit.outcome import Losing, Report, Step

__all__ = [
    "Adopted",
    "Applied",
    "Begun",
    "Copy",
    "Diagnosis",
    "Event",
    "Executing",
    "Failed",
    "Finding",
    "Findings",
    "Interrupted",
    "Losing",
    "Plan",
    "Progress",
    "Repair",
    "Report",
    "Restored",
    "Status",
    "Step",
    "Symptom",
    "Waiting",
    "half_way",
]


class Applied(NamedTuple):
    """An applied migration and when: the time as the history table has it.

    How many ``seconds`` it took and ``who`` applied it are known where peewit did.
    """

    name: str
    at: Any
    seconds: float | None = None
    who: str = ""


class Interrupted(NamedTuple):
    """A run that was killed, or failed, after it had kept something: the migration is half done.

    ``action`` is ``migrate`` or ``rollback``, ``done`` how many statements it had finished, ``statement`` the one that
    was begun, if there was one. ``next`` is what to type. ``failed`` is what it failed with, where that is known;
    ``migrator`` who is at it at this moment: then it is not interrupted, but on its way.
    """

    name: str
    action: str
    at: str
    who: str
    done: int
    statement: str
    next: str
    failed: str = ""
    migrator: str = ""

    @property
    def standing(self) -> str:
        """``running``, ``failed`` or ``interrupted``."""
        return "running" if self.migrator else "failed" if self.failed else "interrupted"

    @property
    def how(self) -> str:
        """What became of it, as its verb."""
        if self.migrator:
            return f"is being run by {self.migrator}"
        return f"{'failed' if self.failed else 'was interrupted'} ({self.who}, {self.at[:19]} UTC)"


class Failed(NamedTuple):
    """A migration that was tried, failed, and left nothing: ``at`` when, ``who`` tried, and ``why`` it failed.

    The reason is the first line of its error.
    """

    name: str
    at: str
    who: str
    why: str

    @property
    def how(self) -> str:
        """What became of it, in words."""
        return f"failed ({self.who}, {self.at[:19]} UTC), and nothing of it was kept"


def half_way(run: Interrupted) -> str:
    """How far an interrupted run came, in words."""
    begun = "now" if run.migrator else "begun, and not known to be done"
    statement = f"; {begun}: {run.statement}" if run.statement else ""
    return f"done and kept: {run.done} statement{'' if run.done == 1 else 's'}{statement}"


class Status(NamedTuple):
    """Where the database stands. All names are in the order they run or ran.

    ``missing`` were applied and have no file any more; ``edited`` were changed after they were applied;
    ``out_of_order`` are pending although a later one was applied. ``database`` is which one was looked at.
    ``interrupted`` are half done, or on their way. ``server`` is what the database is, with its version. ``failed`` are
    pending, and failed when they were tried last; ``migrator`` is who migrates at this moment.
    """

    applied: tuple[Applied, ...] = ()
    pending: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    out_of_order: tuple[str, ...] = ()
    database: str = ""
    interrupted: tuple[Interrupted, ...] = ()
    server: str = ""
    failed: tuple[Failed, ...] = ()
    migrator: str = ""

    @property
    def up_to_date(self) -> bool:
        """Whether nothing is left to apply, and nothing is half done."""
        return not self.pending and not self.interrupted


class Plan(NamedTuple):
    """What ``migrate`` would do, migration by migration."""

    steps: tuple[Step, ...] = ()


class Copy(NamedTuple):
    """A copy of a SQLite file, of ``size`` bytes: ``before`` is what was about to happen to it ``at`` a time in UTC."""

    path: Path
    before: str
    at: datetime
    size: int


class Restored(NamedTuple):
    """A database that is what a ``copy`` of it was; ``former`` is the copy of what it was until then, if it was there.

    ``pending`` are the migrations the copy does not have, which the next start applies.
    """

    copy: Path
    former: Path | None
    applied: tuple[str, ...]
    pending: tuple[str, ...]


class Adopted(NamedTuple):
    """What was taken over.

    ``known`` were in the history before; ``carried`` are names from another tool's history; ``marked`` are the
    migrations the database turned out to have already; ``created`` is the initial migration that was written for
    it; ``foreign`` are files of other tools, each with the tool; ``unmanaged`` are tables no migration speaks of.
    """

    known: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    created: Path | None = None
    foreign: tuple[tuple[str, str], ...] = ()
    unmanaged: tuple[str, ...] = ()


class Finding(NamedTuple):
    """One thing ``check`` found: ``kind`` is ``models``, ``files``, ``history`` or ``database``."""

    kind: str
    message: str
    hint: str = ""


class Findings(NamedTuple):
    """Everything ``check`` found; empty when all agree. ``models``: they were compared, because some are configured."""

    findings: tuple[Finding, ...] = ()
    models: bool = True

    @property
    def ok(self) -> bool:
        """Whether what was compared agrees: models, files, history and database."""
        return not self.findings


class Repair(NamedTuple):
    """What mends a finding: ``text`` as it is typed, SQL where it ends with a semicolon, and ``when`` it is right."""

    text: str
    when: str = ""


class Symptom(NamedTuple):
    """One thing ``doctor`` looked at: ``severity`` is ``ok``, ``note``, ``warning`` or ``problem``.

    ``about`` names the question; ``meaning`` says what follows from it. One repair is enough, the first that fits.
    """

    severity: str
    about: str
    message: str
    meaning: str = ""
    repairs: tuple[Repair, ...] = ()


class Diagnosis(NamedTuple):
    """Everything ``doctor`` looked at, in the order it was asked."""

    database: str = ""
    symptoms: tuple[Symptom, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is nothing to mend."""
        return all(symptom.severity in ("ok", "note") for symptom in self.symptoms)
