"""How far a long statement has come: looked at by a thread of its own, because the one that migrates waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

PATIENCE = 1.0
"""Seconds a statement may take before anything is told of it."""

EVERY = 0.5
"""Seconds between two looks."""

GRACE = 2.0
"""Seconds to wait for a look that is under way when the statement is over."""


class Measured(NamedTuple):
    """How much is done, and of how much in all, None where that is not known; ``unit`` is what is counted.

    ``phase`` is the part of the statement that runs, where each part is counted by itself.
    """

    done: int | None
    total: int | None
    unit: str
    phase: str = ""


Tell = Callable[[Measured], None]
Look = Callable[[], Measured | None]


class _Watch:
    """A statement that runs, and the thread that looks at it."""

    def __init__(self, tell: Tell, opened: Callable[[], AbstractContextManager[Look]]) -> None:
        self._tell, self._opened = tell, opened
        self._over, self._mutex = threading.Event(), threading.Lock()
        self._last: Measured | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, done: bool) -> None:
        """No more is told, but where the statement is ``done`` that it is."""
        with self._mutex:
            self._over.set()
        self._thread.join(GRACE)  # only what cannot connect takes longer, and it holds nobody up
        if not done:
            return
        if self._failure is not None:
            raise self._failure
        last = self._last
        if last is not None and last.done is not None and last.total is not None and last.done < last.total:
            self._tell(last._replace(done=last.total))

    def _run(self) -> None:
        if self._over.wait(PATIENCE):
            return
        try:
            with self._opened() as look:
                while self._heard(look()) and not self._over.wait(EVERY):
                    pass
        except BaseException as error:  # noqa: BLE001 - raised by the thread that migrates
            self._failure = error

    def _heard(self, found: Measured | None) -> bool:
        """Tell what was found, never after the statement is over; whether it still runs."""
        with self._mutex:
            if self._over.is_set():
                return False
            if found is not None and found != self._last:
                self._tell(found)
                self._last = found
            return True


@contextmanager
def watched(tell: Tell, opened: Callable[[], AbstractContextManager[Look]]) -> Iterator[None]:
    """While a statement runs, tell how far it is; ``opened``, in a thread of its own, gives what looks at it.

    What ``tell`` raises is raised when the statement is over.
    """
    watch = _Watch(tell, opened)
    watch.start()
    done = False
    try:
        yield
        done = True
    finally:
        watch.stop(done=done)


class Pace:
    """What is done piece by piece tells of itself: after a second, and then twice a second."""

    def __init__(self, tell: Tell | None, unit: str, phase: str = "") -> None:
        self._tell, self._unit, self._phase = tell, unit, phase
        self._total: int | None = None
        self._next = time.monotonic() + PATIENCE

    def at(self, done: int, left: Callable[[], int]) -> None:
        """So much is done, and so much is ``left``: that is asked for once, where it takes long."""
        now = time.monotonic()
        if self._tell is None or now < self._next:
            return
        if self._total is None:
            self._total = done + left()
        self._total = max(self._total, done)
        self._tell(Measured(done, self._total, self._unit, self._phase))
        self._next = now + EVERY

    def end(self, done: int) -> None:
        """All of it is done."""
        if self._tell is not None and self._total is not None:
            self._tell(Measured(done, done, self._unit, self._phase))
