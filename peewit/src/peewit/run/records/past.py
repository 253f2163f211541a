"""What was done with the migrations of a database, from the journal; and from the history where it is alone."""

from __future__ import annotations

from typing import NamedTuple

from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.records.standing import BEGUN, UNDONE


class Past(NamedTuple):
    """One thing that was done with a migration, ``at`` a time in UTC.

    ``action`` is ``migrate``, ``rollback``, ``fake``, ``forget`` where it was only taken out of the history,
    ``accept``, or ``script`` where one of ``peewit sql`` was run;
    of a run that never finished, ``begin migrate`` or ``begin rollback``. Of what another tool applied there is no
    journal: no ``seconds``, and nobody ``who``.
    """

    name: str
    action: str
    at: str
    seconds: float | None
    who: str


def past(history: History, journal: Journal) -> tuple[Past, ...]:
    """Everything that was done, oldest first."""
    noted = [Past(*row) for row in journal.past()]
    last = {entry.name: entry.action for entry in noted if not entry.action.startswith(BEGUN)}
    known = {name for name, action in last.items() if action not in UNDONE}
    alone = [Past(name, "migrate", str(at)[:23], None, "") for name, at in history.rows() if name not in known]
    # What another tool has applied comes in at its time; what the journal has stays in the order it was written.
    merged: list[Past] = []
    for entry in noted:
        while alone and alone[0].at[:19] < entry.at[:19]:
            merged.append(alone.pop(0))
        merged.append(entry)
    return (*merged, *alone)
