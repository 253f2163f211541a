"""The scoreboard: cases that are run many times over, and the page their figures are written to.

A case is a function that takes how much is to be run and gives a :class:`Result`. ``FAST`` is what ``make test``
runs, ``FULL`` what ``make reliability`` runs and publishes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

FAST, FULL = "fast", "full"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a case. A loss is a row, a table or a history row that is not what it must be.

    ``runs`` counts the times something was done to a process, a connection or a disk; ``stuck`` the times nobody
    could migrate afterwards. ``failures`` say each broken promise in words, ``skipped`` why nothing was run, and
    ``figures`` what was measured beside.
    """

    runs: int = 0
    losses: int = 0
    stuck: int = 0
    failures: tuple[str, ...] = ()
    skipped: str = ""
    figures: str = ""

    @property
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return not (self.losses or self.stuck or self.failures)


@dataclass(kw_only=True)
class Tally:
    """A result while it is counted."""

    runs: int = 0
    losses: int = 0
    stuck: int = 0
    failures: list[str] = field(default_factory=list)

    def result(self, figures: str = "") -> Result:
        """What was counted."""
        return Result(
            runs=self.runs, losses=self.losses, stuck=self.stuck, failures=tuple(self.failures), figures=figures
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the scoreboard: what is done, on which database, and what must come of it.

    ``run`` is called with ``FAST`` or ``FULL`` and the seed of everything random. Cases that are not ``quick`` differ
    little from others, or take long: they have their turn in ``make reliability``.
    """

    name: str
    database: str
    target: str
    run: Callable[[str, int], Result]
    quick: bool = True


@dataclass(frozen=True, kw_only=True)
class Row:
    """A case, what came of it, and how many seconds it took."""

    case: Case
    result: Result
    seconds: float


def play(cases: Iterable[Case], scale: str, seed: int) -> Iterator[Row]:
    """Run cases one after the other."""
    for case in cases:
        begun = time.monotonic()
        yield Row(case=case, result=case.run(scale, seed), seconds=time.monotonic() - begun)


def line_of(row: Row) -> str:
    """A row in one line of text."""
    result = row.result
    if result.skipped:
        return f"skipped  {row.case.database:9} {row.case.name}: {result.skipped}"
    word = "kept" if result.kept else "BROKEN"
    counted = f"{result.runs} runs, {result.losses} losses, {result.stuck} stuck"
    told = "".join(f"\n         {failure}" for failure in result.failures)
    return f"{word:8} {row.case.database:9} {row.case.name}: {counted} ({row.seconds:.0f} s) {result.figures}{told}"
