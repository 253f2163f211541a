"""Laws on live servers: up, down and up again, with rows in every table, compared with create_tables() each time."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee as pw
from hypothesis import assume, event
from hypothesis import strategies as st

from peewit import MigrationManager, PeewitError
from peewit.errors import ProofError, RunError

from .evolutions import Evolution, evolutions
from .kept import Kept, flipped, kept_tables
from .server_live import Described, Live, insert_rows, made_by_peewee, plain
from .sharing import run_shard, sharded_on_server
from .specs import Spec, make_models

Rows = dict[str, list[str]]


@dataclass
class Life:
    """One database with its migrations folder."""

    live: Live
    folder: Path

    def manager(self, spec: Spec) -> MigrationManager:
        """The manager, for the models of a spec."""
        database = self.live.database
        return MigrationManager(database, self.folder, models=make_models(spec, database))

    def rows(self, pairs: list[Kept], side: str) -> Rows:
        """All rows of the kept tables, by the name before: same columns as they are, retyped ones as plain values."""
        at = 0 if side == "before" else 1
        found: Rows = {}
        for kept in pairs:
            same, retyped = [pair[at] for pair in kept.same], [pair[at] for pair in kept.retyped]
            table = kept.before if side == "before" else kept.after
            rows = self.live.rows(table, [*same, *retyped])
            width = len(same)
            found[kept.before] = sorted(repr((*r[:width], *map(plain, r[width:]))) for r in rows)
        return found

    def values(self, pairs: list[Kept], side: str) -> dict[str, Counter[str]]:
        """The values of the columns that lose their nulls, without the nulls."""
        at = 0 if side == "before" else 1
        return {
            f"{kept.before}.{pair[0]}": Counter(
                repr(plain(value))
                for (value,) in self.live.rows(kept.before if side == "before" else kept.after, [pair[at]])
                if value is not None
            )
            for kept in pairs
            for pair in kept.tightened
        }

    def refused(self, step: Callable[[], Any]) -> bool:
        """Whether a step was refused: then nothing has changed."""
        before = self.live.everything()
        try:
            step()
        except PeewitError as error:
            if isinstance(error, ProofError | RunError):
                raise
            told = f"{type(error).__name__}: {error}"
        else:
            return False
        event(f"refused: {told[:80]}")
        # What a function gives is not known before it is written: what MariaDB keeps of that is told.
        assert before == self.live.everything() or "this was begun, and not finished: fill" in told
        return True

    def check(self, wanted: Described | None) -> None:
        """The schema is the one Peewee makes, and nothing is left over."""
        assert wanted == self.live.schema()
        assert self.live.left_overs() == []

    def step(self, step: Callable[[], Any], pairs: list[Kept], wanted: Described | None) -> bool:
        """Run one step; every row is still there and has the values it had. False where it was refused."""
        rows, values = self.rows(pairs, "before"), self.values(pairs, "before")
        if self.refused(step):
            return False
        self.check(wanted)
        assert rows == self.rows(pairs, "after")
        after = self.values(pairs, "after")
        assert {name: lost for name, there in values.items() if (lost := there - after[name])} == {}
        return True


def law_of_life(live: Live, evolution: Evolution, adopted: bool, seed: int) -> str:
    """Up, down and up again; gives how far it went."""
    first = made_by_peewee(live, make_models(evolution.before, live.database))
    assume(first is not None)
    second = made_by_peewee(live, make_models(evolution.after, live.database))
    assume(second is not None)
    live.empty()
    with tempfile.TemporaryDirectory() as folder:
        run = Life(live, Path(folder))
        manager = run.manager(evolution.before)
        assert manager.create("initial") is not None
        if adopted:
            live.database.create_tables(make_models(evolution.before, live.database))
        manager.migrate(fake=adopted)
        run.check(first)
        insert_rows(live, evolution.before, seed)
        return _live(run, evolution, first, second)


def _live(run: Life, evolution: Evolution, first: Described | None, second: Described | None) -> str:
    manager = run.manager(evolution.after)
    file: list[Path | None] = []
    if run.refused(lambda: file.append(manager.create("next", renames=evolution.renames, fill=evolution.fill))):
        return "refused"
    if file == [None]:
        assert first == second
        return "nothing to do"
    pairs = kept_tables(evolution.before, evolution.after, evolution.renames)
    if not run.step(manager.migrate, pairs, second):
        return "refused"
    assert manager.create("again") is None
    assert manager.check().findings == ()
    if not run.step(manager.rollback, [flipped(pair) for pair in pairs], first):
        return "not rolled back"
    return "there and back" if run.step(manager.migrate, pairs, second) else "there and back, refused"


@sharded_on_server
def test_up_down_and_up_again(database: pw.Database, shard: int) -> None:
    """Migrating makes what create_tables() makes, rolling back what was there, and no row is lost on the way."""
    outcomes: Counter[str] = Counter()

    with database.connection_context():
        live = Live(database)

        def law(evolution: Evolution, adopted: bool, seed: int) -> None:
            outcomes[law_of_life(live, evolution, adopted, seed)] += 1

        run_shard(shard, law, evolutions(live.world), st.booleans(), st.integers(0, 10**6), server=True)
    tried = sum(outcomes.values())
    assert outcomes["refused"] * 2 <= max(tried, 6), outcomes
    assert outcomes["not rolled back"] * 2 <= max(tried, 6), outcomes
