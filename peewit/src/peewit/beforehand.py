"""What a run is about to destroy, told before it begins, so that somebody can be asked.

It is found out as the run itself would: the files are replayed, and what they drop of what is there now is counted,
also what they drop by SQL of their own. Rows that are deleted in other ways are not known.
The lock is held meanwhile, and not while somebody thinks; so whoever is answered compares ``names`` with what is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

from peewit.errors import PeewitError
from peewit.folder import back_to
from peewit.manager import MigrationManager
from peewit.operations import Operation
from peewit.reports import Losing
from peewit.run.replaying.replay import Replay
from peewit.run.sessions.choosing import session_on
from peewit.run.sessions.losses import Former
from peewit.run.trying.by_hand import dropped_by_hand

MARKED = "was only marked as applied: the tables were there before it"
FOUND = "was applied to tables that were there before it, and were as it makes them"


class Foreseen(NamedTuple):
    """A run that has not begun: ``names`` are its migrations, in their order, ``losses`` what they would destroy.

    ``others`` are those that would destroy what is not their own, each with the reason: they were only marked as
    applied, or the tables they make were there before them. Where the ``losses`` of one are not known, nor those of
    what comes after it, ``untold`` says why.
    """

    names: tuple[str, ...] = ()
    losses: tuple[Losing, ...] = ()
    others: Mapping[str, str] = {}
    untold: str = ""


class Redoing(NamedTuple):
    """The migration a redo undoes and applies again, and the ``pending`` ones after it, which stay so."""

    name: str
    pending: tuple[str, ...]


def others_of(manager: MigrationManager, target: str | None = None, count: int | None = None) -> bool:
    """Whether a rollback would undo migrations whose tables may not be their own."""
    with _held(manager) as applied:
        return not _others(manager).keys().isdisjoint(manager.to_undo(applied, target, count))


def of_rollback(manager: MigrationManager, target: str | None = None, count: int | None = None) -> Foreseen:
    """What a rollback would destroy; PeewitError where it would be refused."""
    with _held(manager) as applied:
        wanted = manager.to_undo(applied, target, count)
        return _foreseen(manager, wanted, _backward(manager, wanted, applied))


def to_redo(manager: MigrationManager) -> Redoing:
    """What a redo is about; PeewitError where it would be refused."""
    with _held(manager) as applied:
        (name,) = back_to(None, 1, applied)
        names = manager.folder.names()
        manager.ledger.refuse_to_redo(name, applied, names)
        manager.ledger.to_undo([name], manager.ledger.edited(names, applied))
        after = names[names.index(name) + 1 :]
        return Redoing(name, tuple(other for other in after if other not in applied))


def of_redo(manager: MigrationManager) -> Foreseen:
    """What a redo would destroy, back and forward again; PeewitError where it would be refused."""
    with _held(manager) as applied:
        wanted = back_to(None, 1, applied)
        again = _forward(manager, wanted, applied[:-1])
        return _foreseen(manager, wanted, chain(_backward(manager, wanted, applied), again))


def of_migrate(manager: MigrationManager, target: str | None = None) -> Foreseen:
    """What the pending migrations would destroy, up to and including the target."""
    names = manager.folder.names()
    if not manager.target.exists() or not set(names) - set(manager.ledger.applied()):
        return Foreseen()
    with _held(manager) as applied:
        wanted = manager.to_apply(names, applied, target)
        return _foreseen(manager, wanted, _forward(manager, wanted, applied))


# ---------------------------------------------------------------------- beneath

Asked = Iterator[tuple[str, Sequence[Operation]]]
"""Migrations, one after the other, with the operations each of them will ask for."""


@contextmanager
def _held(manager: MigrationManager) -> Iterator[list[str]]:
    """The applied migrations, while nobody else changes that."""
    with manager.target.connected(), manager.target.locked():
        yield manager.ledger.history.names()


def _backward(manager: MigrationManager, wanted: Sequence[str], applied: list[str]) -> Asked:
    edited = manager.ledger.edited(manager.folder.names(), applied)
    migrations = manager.ledger.to_undo(wanted, edited)

    def asked() -> Asked:
        for migration in migrations:
            before = manager.state(applied[: applied.index(migration.name) + 1], edited)
            replay = Replay(before, manager.database)
            after = replay.run(migration.rollback, migration)
            yield migration.name, [*dropped_by_hand(before, after, replay.recorded), *replay.recorded]

    return asked()


def _forward(manager: MigrationManager, wanted: Sequence[str], applied: list[str]) -> Asked:
    state = manager.state(applied)
    for name in wanted:
        migration = manager.ledger.pending(name)
        replay, before = Replay(state, manager.database), state
        state = replay.run(migration.migrate, migration)
        yield name, [*dropped_by_hand(before, state, replay.recorded), *replay.recorded]


def _foreseen(manager: MigrationManager, names: Sequence[str], asked: Asked) -> Foreseen:
    """What is dropped by these migrations, one after the other, of what is there now."""
    session, former = session_on(manager.database), Former()
    losses: list[Losing] = []
    untold = ""
    try:
        for name, operations in asked:
            losses += (Losing(name, *loss) for loss in session.lost(operations, former))
    except PeewitError as error:
        untold = error.message
    lost, known = {loss.name for loss in losses}, _others(manager)
    others = {name: known[name] for name in names if name in known and name in lost}
    return Foreseen(tuple(names), tuple(losses), others, untold)


def _others(manager: MigrationManager) -> dict[str, str]:
    """The migrations whose tables may be those of somebody else, each with the reason."""
    journal = manager.ledger.journal()
    return dict.fromkeys(journal.found(), FOUND) | dict.fromkeys(journal.marked(), MARKED)
