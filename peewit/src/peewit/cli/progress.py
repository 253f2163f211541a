"""How far a statement is, as the line of the terminal that moves has it: how much, how fast, how long yet."""

from __future__ import annotations

import time
from collections.abc import Callable

from peewit.reports import Progress

SETTLED = 0.4
"""Seconds after which a rate says something."""


class Pacing:
    """Follows one statement after another. ``now`` is a clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._text, self._phase = "", ""
        self._since, self._from = 0.0, 0

    def begin(self, text: str) -> str:
        """A statement begins; its line."""
        self._text, self._phase = text, ""
        self._since, self._from = self._now(), 0
        return self._text

    def line(self, progress: Progress) -> str:
        """How far it is, then the statement."""
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._since, self._from = self._now(), progress.done or 0
        if progress.done is not None and progress.done == progress.total:
            return self._text
        told = ", ".join(self._told(progress))
        # The copy of a file comes before a statement that is not known yet.
        return told if progress.unit == "pages" or not told else f"{told}: {self._text}"

    def _told(self, progress: Progress) -> list[str]:
        done, total, unit, phase = progress[1:]
        told = [phase] if phase else []
        if done is None:
            return [*told, f"a table of about {total:,} {unit}"] if total else told
        rate = self._rate(done)
        if total:
            told.append(f"{100 * done // total} %")
        if rate and total:
            told.append(f"about {span((total - done) / rate)} left{' of this' if phase else ''}")
        if unit != "%":
            told.append(f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}")
        if rate and unit != "%":
            told.append(f"{rate:,.0f} {unit}/s")
        return told

    def _rate(self, done: int) -> float:
        """How many in a second since the statement, or its phase, began."""
        seconds = self._now() - self._since
        return (done - self._from) / seconds if seconds > SETTLED else 0.0


def span(seconds: float) -> str:
    """A time that is not known exactly: ``8 s``, ``40 s``, ``3 min``, ``2.5 h``."""
    if seconds < 9.5:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 87.5:
        return f"{round(seconds / 5) * 5} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"
