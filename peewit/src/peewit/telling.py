"""What there is to tell of migrations and of the database: what was done, what one of them does, what has drifted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from peewit.errors import PeewitError
from peewit.files.loader import Migration
from peewit.folder import resolve
from peewit.manager import MigrationManager
from peewit.operations import Operation
from peewit.reports import Interrupted, Losing, Status
from peewit.run.applying.advice import KEEP
from peewit.run.looking.check import check_database, reasons
from peewit.run.looking.mending import Mending, mending
from peewit.run.records.past import Past, past
from peewit.run.replaying.replay import Replay, replay_all, replay_file
from peewit.run.sessions.choosing import dialect_of, session_on
from peewit.run.trying.on_paper import Way, unconnected, way
from peewit.schema import Schema


class Shown(NamedTuple):
    """One migration: where its file is, what was done with it, and its ways, forward and back, on each dialect.

    ``standing`` is ``applied``, ``pending``, ``edited``, ``missing``, ``interrupted``, ``failed`` or ``running``.
    ``atomic``: all of it is one transaction, where the database has such.
    """

    name: str
    path: Path
    standing: str
    atomic: bool
    past: tuple[Past, ...]
    ways: tuple[Way, ...]


class Drift(NamedTuple):
    """Where the live database is not what the applied migrations say.

    ``reasons`` say where that may come from; it is ``keepable`` where no migration is known that did it. ``sql`` takes
    it back to what they say, where SQL alone can, and ``destroys`` what there is now. ``half_done`` are the runs whose
    tables were left out: they are on their way. ``unmanaged`` are tables no migration speaks of, which is no drift.
    ``unlooked`` says what could not be compared, and why.
    """

    differences: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    keepable: bool = False
    sql: tuple[str, ...] = ()
    destroys: tuple[Losing, ...] = ()
    half_done: tuple[Interrupted, ...] = ()
    unmanaged: tuple[str, ...] = ()
    unlooked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the database is what the applied migrations say, and none is half done."""
        return not (self.differences or self.half_done)


def history(manager: MigrationManager) -> tuple[Past, ...]:
    """What was applied and rolled back, oldest first: when, by whom, how long it took."""
    if not manager.target.exists():
        return ()
    with manager.target.connected():
        return past(manager.ledger.history, manager.ledger.journal())


# ---------------------------------------------------------------------- one migration


def show(manager: MigrationManager, name: str, dialects: Sequence[str] = ()) -> Shown:
    """What one migration does, forward and back, and what was done with it.

    ``name`` as for ``migrate``. ``dialects`` are ``sqlite``, ``postgres`` and ``mysql``; the database's own, if none is
    named. What it does is told from the files: nothing is run and, but for the history, nothing is asked.
    """
    status = manager.status()
    applied = [entry.name for entry in status.applied]
    full = resolve(name, dict.fromkeys([*applied, *status.pending, *(run.name for run in status.interrupted)]))
    migration = _migration(manager, full, status)
    earlier = _before(full, applied, manager.folder.names())
    kinds = list(dict.fromkeys(dialects)) or [dialect_of(manager.database).name]
    return Shown(
        name=full,
        path=manager.folder.file(full),
        standing=_standing(full, status),
        atomic=migration.atomic,
        past=tuple(entry for entry in history(manager) if entry.name == full),
        ways=tuple(w for kind in kinds for w in _ways(manager, migration, earlier, kind)),
    )


def _migration(manager: MigrationManager, name: str, status: Status) -> Migration:
    if manager.folder.has(name):
        return manager.folder.load(name)
    with manager.target.connected():
        return manager.ledger.migration(name) if name in status.missing else manager.ledger.pending(name)


def _before(name: str, applied: Sequence[str], names: Sequence[str]) -> list[str]:
    """What comes before a migration: in the history, or among what is applied and what is pending before it."""
    if name in applied:
        return list(applied[: applied.index(name)])
    pending = [other for other in names if other not in set(applied)]
    return [*applied, *(pending[: pending.index(name)] if name in pending else ())]


def _standing(name: str, status: Status) -> str:
    for run in status.interrupted:
        if run.name == name:
            return run.standing
    for word, names in (("edited", status.edited), ("missing", status.missing), ("pending", status.pending)):
        if name in names:
            return word
    return "applied"


def _ways(manager: MigrationManager, migration: Migration, earlier: Sequence[str], kind: str) -> tuple[Way, Way]:
    like = manager.database if dialect_of(manager.database).name == kind else unconnected(kind)
    try:
        with nullcontext() if not earlier else manager.target.connected():
            before = replay_all(map(manager.ledger.migration, earlier), like)
        after = replay_file(migration, before, like)
    except PeewitError as error:
        problem = error.message
        return Way("migrate", kind, problem=problem), Way("rollback", kind, problem=problem)
    return way(migration, "migrate", before, like), way(migration, "rollback", after, like)


def is_as_applied(manager: MigrationManager, name: str) -> bool:
    """Whether there is nothing to accept of an applied migration: its file is, to the byte, what was applied."""
    applied = manager.ledger.applied()
    with manager.target.connected() if manager.target.exists() else nullcontext():
        full, source = manager.ledger.to_accept(name, applied)
        return manager.ledger.is_as_applied(full, source)


def doing(manager: MigrationManager, status: Status) -> dict[str, tuple[str, ...]]:
    """What each pending migration does, in words; of one that cannot be replayed, why, and of none after it."""
    state = manager.state([entry.name for entry in status.applied], status.edited)
    found: dict[str, tuple[str, ...]] = {}
    for name in status.pending:
        replay = Replay(state, manager.database)
        try:
            migration = _migration(manager, name, status)
            state = replay.run(migration.migrate, migration)
        except PeewitError as error:
            found[name] = tuple(error.message.splitlines())
            break
        found[name] = tuple(operation.describe() for operation in replay.recorded)
    return found


# ---------------------------------------------------------------------- the live database


def drift(manager: MigrationManager) -> Drift:
    """Where the live database is not what the migrations say that were applied to it."""
    if not manager.target.exists():
        return Drift()
    status = manager.status()
    applied = [entry.name for entry in status.applied]
    state = manager.state(applied, status.edited)
    with manager.target.connected():
        only, why = manager.ledger.looked_at(applied, state)
        found = check_database(state, manager.database, only, why)
        differences = tuple(finding.message for finding in found if finding.kind == "database")
        back = mending(state, manager.database, only) if differences else Mending()
        return Drift(
            differences=differences,
            reasons=tuple(reasons(found)),
            keepable=any(KEEP in finding.hint for finding in found),
            sql=back.sql,
            destroys=back.destroys,
            half_done=status.interrupted,
            unmanaged=_unmanaged(manager, state),
            unlooked=tuple(f"{f.message}; {f.hint}" for f in found if f.kind != "database"),
        )


def destroyed(manager: MigrationManager, operations: Sequence[Operation]) -> tuple[Losing, ...]:
    """What operations that are in no file yet would destroy of what is there now; ``name`` is empty."""
    if not manager.target.exists():
        return ()
    with manager.target.connected():
        session = session_on(manager.database)
        return tuple(Losing("", *loss) for loss in session.lost(operations))


def _unmanaged(manager: MigrationManager, state: Schema) -> tuple[str, ...]:
    """The tables that are there and no migration speaks of, without those of peewit."""
    ours = manager.history_table.lower()
    known = {table.name.lower() for table in state} | {ours, f"{ours}_journal", f"{ours}_lease"}
    return tuple(name for name in sorted(manager.database.get_tables()) if name.lower() not in known)
