"""What is heard of a run while it runs, by those who listen: :mod:`peewit.reports` has these with all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peewit.outcome import Losing, Step

if TYPE_CHECKING:
    from peewit.compile import Statement


class Begun(NamedTuple):
    """A migration begins; ``action`` is ``migrate`` or ``rollback``.

    ``whole``: nothing of it is kept where it does not finish.
    """

    name: str
    action: str
    whole: bool


class Executing(NamedTuple):
    """A statement comes next: the moment to stop a run by raising an exception."""

    name: str
    statement: Statement


class Waiting(NamedTuple):
    """Others are in the way, for more than a second. It is given up ``patience`` seconds after they stopped moving.

    ``holder`` is who migrates, as ``name@host (process) since …``; of a statement of the migration ``name`` that waits
    for locks, who has those, as far as that is known.
    """

    holder: str
    patience: float
    name: str = ""


class Progress(NamedTuple):
    """How far a statement has come that takes longer than a second: told about twice a second while it runs.

    ``done`` of ``total`` are counted in ``unit``: ``rows``, ``pages``, ``blocks``, ``bytes`` or ``%``; None where the
    database does not tell. ``phase`` is the part of the statement that runs, where each is counted by itself. The
    thread that migrates waits for the statement, so most of these are heard in another thread; an exception raised
    there stops the run when the statement is over.
    """

    name: str
    done: int | None
    total: int | None
    unit: str
    phase: str = ""


Event = Begun | Losing | Executing | Progress | Waiting | Step
"""What is heard of a run while it runs; a :class:`Step` when a migration is done."""
