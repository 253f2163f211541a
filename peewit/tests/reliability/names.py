"""Hostile names through everything that may be done to them.

A trip is: the models before, and rows; the models after; what they lead to is what ``create_tables()`` makes, with
the rows still there; nothing left to create or to find; back to what was there before; and forward again. Names make
the trip in groups, so that it is quick; a group that fails is halved until the names are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

import peewee as pw

from peewit import PeewitError

from .. import servers
from ..evolve import Model, model
from .board import FAST, Case, Result, Tally
from .hostile import NAMES
from .hostile_changes import CHANGES, Change, Made
from .hostile_places import KINDS, Place, place

GROUP = 30
CANARY = "author"
SONG = "nobody may touch this"


def _canary() -> Model:
    return model("Author", CANARY, id=pw.IntegerField(primary_key=True), name=pw.CharField(max_length=100))


class Trip:
    """One change of several names on one database; ``failures`` say what was not as it must be."""

    def __init__(self, where: Place, change: Change) -> None:
        self.place, self.change = where, change
        self.failures: list[str] = []
        self.before, self.after = ([_canary(), *models] for models in (change.before, change.after))

    def possible(self) -> bool:
        """Whether Peewee and the database can have these names, before and after."""
        self.first = self.place.made_by_peewee(self.before)
        self.second = self.place.made_by_peewee(self.after) if self.first is not None else None
        return self.second is not None

    def expect(self, wanted: Any, found: Any, what: str) -> None:
        """Note it where something is not what it must be."""
        if wanted != found:
            self.failures.append(f"{what}: {_difference(wanted, found)}")

    def go(self) -> None:
        """Make the whole trip."""
        self.place.fresh()
        self._migrate(self.before, "initial", {}, {})
        self._fill()
        was, kept = self.place.look(), self._values(0)
        self.expect(self.first, was, "the tables before are not what create_tables() makes")
        self._migrate(self.after, "next", self.change.renames, self.change.fill)
        now = self.place.look()
        self.expect(self.second, now, "the tables after are not what create_tables() makes")
        self.expect(kept, self._values(1), "values after")
        self._nothing_left()
        manager = self.place.manager(self.after)
        manager.rollback()
        self.expect(was, self.place.look(), "the tables after the rollback")
        self.expect(kept, self._values(0), "values after the rollback")
        manager.plan()
        manager.migrate()
        self.expect(now, self.place.look(), "the tables the second time")
        self.expect(kept, self._values(1), "values the second time")

    def refused(self) -> None:
        """What the database cannot have is refused, and nothing was done; or it can be had after all."""
        self.place.fresh()
        reached = "nothing"
        try:
            self._migrate(self.before, "initial", {}, {})
            self._fill()
            reached = "before"
            was = self.place.look(), self._values(0)
            self._migrate(self.after, "next", self.change.renames, self.change.fill)
        except PeewitError as error:
            if reached == "before":
                self.expect(was, (self.place.look(), self._values(0)), f"what a refusal left behind ({error.message})")
            else:
                self.expect([], [t for t in self.place.look() if t != CANARY], f"tables after {error.message!r}")
            return
        self.first = self.second = None
        self.first, self.second = was[0], self.place.look()
        self.go()

    def _migrate(self, models: Sequence[Model], name: str, renames: dict[str, str], fill: dict[str, str]) -> None:
        self.place.manager(models).create(name, renames=renames, fill=fill)
        self.place.manager(models).migrate()

    def _fill(self) -> None:
        self.place.insert(CANARY, {"id": 1, "name": SONG})
        for table, row in self.change.rows:
            self.place.insert(table, row)

    def _values(self, side: int) -> list[Any]:
        columns = [(CANARY, "name"), *(pair[side] for pair in self.change.kept)]
        return [self.place.values(table, column) for table, column in columns]

    def _nothing_left(self) -> None:
        manager = self.place.manager(self.after)
        self.expect(None, manager.create("again", renames={}), "a second create found something")
        self.expect((), manager.check().findings, "check found something")


def _difference(wanted: Any, found: Any) -> str:
    if isinstance(wanted, dict) and isinstance(found, dict):
        keys = [key for key in {**wanted, **found} if wanted.get(key) != found.get(key)]
        return "; ".join(f"{key!r} is {found.get(key)!r}, not {wanted.get(key)!r}" for key in keys)[:1500]
    return f"{found!r}, not {wanted!r}"[:1500]


# ---------------------------------------------------------------------- groups


def travel(where: Place, made: Made, names: Sequence[str], tally: Tally, label: str) -> None:
    """Take names through one change, together where the database can have them all, alone where it cannot."""
    numbered = list(enumerate(names))
    alone = [[pair] for pair in numbered if pair[1] in where.impossible]
    for group in [*alone, *groups([pair for pair in numbered if pair[1] not in where.impossible])]:
        _travel(where, made, group, tally, label)


def _travel(where: Place, made: Made, names: Sequence[tuple[int, str]], tally: Tally, label: str) -> None:
    trip = _trip(where, made, names)
    possible = trip.possible()
    if not possible and len(names) == 1:
        where.impossible.add(names[0][1])
    if possible or len(names) == 1:
        problem = _outcome(trip.go if possible else trip.refused, trip)
        if not problem:
            tally.runs += len(names)
            return
        if len(names) == 1:
            tally.runs += 1
            tally.failures.append(f"{names[0][1]!r}: {label}: {problem}")
            return
    middle = len(names) // 2
    _travel(where, made, names[:middle], tally, label)
    _travel(where, made, names[middle:], tally, label)


def _trip(where: Place, made: Made, names: Iterable[tuple[int, str]]) -> Trip:
    change = Change()
    for number, name in names:
        change += made(where.world, name, number)
    return Trip(where, change)


def _outcome(way: Callable[[], None], trip: Trip) -> str:
    try:
        way()
    except Exception as error:  # noqa: BLE001 - the scoreboard tells of every broken promise, whatever it is
        trip.failures.append(f"{type(error).__name__}: {error}"[:1500])
    return "; ".join(trip.failures)


def groups(numbered: Iterable[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """Numbered names in groups in which no two are the same to any database."""
    found: list[list[tuple[int, str]]] = []
    for number, name in numbered:
        same = _same(name)
        free = (g for g in found if len(g) < GROUP and all(not same & _same(other) for _, other in g))
        group = next(free, None)
        if group is None:
            found.append(group := [])
        group.append((number, name))
    return found


def _same(name: str) -> set[str]:
    return {name.casefold(), name.lower(), name.encode(errors="surrogatepass")[:60].decode(errors="ignore").casefold()}


# ---------------------------------------------------------------------- the scoreboard


FEW_CHANGES = {"sqlite": 6, "mariadb": 1}
"""How many changes a quick run takes names through, two where nothing is said; and how many names."""
FEW_NAMES = 6


def _run(kind: str) -> Callable[[str, int], Result]:
    def run(scale: str, seed: int) -> Result:
        tally, random = Tally(), Random(seed)
        labels = random.sample(list(CHANGES), FEW_CHANGES.get(kind, 2)) if scale == FAST else list(CHANGES)
        try:
            with place(kind) as where:
                for label in labels:
                    names = random.sample(NAMES, FEW_NAMES) if scale == FAST else NAMES
                    travel(where, CHANGES[label], names, tally, label)
        except servers.MissingServerError as missing:
            return Result(skipped=str(missing))
        tally.losses = len(tally.failures)
        return tally.result(f"{tally.runs - tally.losses} of {tally.runs} round trips: {len(labels)} changes")

    return run


CASES: tuple[Case, ...] = tuple(
    Case(
        name="hostile names through every change",
        database=kind,
        target="every round trip exact, or refused before anything is written",
        run=_run(kind),
    )
    for kind in (*KINDS, "sqlite, defensive")
)
