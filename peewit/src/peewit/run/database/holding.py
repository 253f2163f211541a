"""What all locks have in common: who holds one says what it is at, who waits gives up when nothing of it moves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from peewit.errors import PeewitError

PATIENT = 1.0
"""Seconds that are waited before a word is said."""

LONGER = "try again when it is done, or wait longer: --lock-timeout SECONDS (in Python: lock_timeout=…)"

LOOK = 0.5
"""Seconds between two looks at what the holder is at."""

Send = Callable[..., Any]
"""What sends a statement with its parameters through the connection that migrates, and gives the cursor."""


class Holding:
    """The lock of a database's migrations while it is held; this one is that of a database that needs none.

    ``doing`` is what the holder is at, ``steps`` counts what it has done. ``pooled``: each transaction may run on
    another connection of the server.
    """

    pooled = False

    def __init__(self) -> None:
        self.doing = ""
        self.steps = 0

    def tell(self, what: str) -> None:
        """Say what comes now."""
        self.doing = what
        self.step()

    def step(self) -> None:
        """Say that something was done."""
        self.steps += 1

    def begin(self, send: Send) -> None:
        """At the beginning of a migration's transaction."""

    def fence(self, send: Send) -> None:
        """Before a write that is kept at once, and last of all before a COMMIT: LockLostError if it is lost."""

    def lost(self) -> PeewitError | None:
        """After a failure: that the lock was lost, if so."""
        return None


def in_seconds(number: float) -> str:
    """``1 second``, ``0.5 seconds``."""
    return f"{number:g} second{'' if number == 1 else 's'}"


def unheard() -> None:
    """Nobody wants to know."""


def wait(
    take: Callable[[], bool],
    look: Callable[[], object],
    timeout: float,
    pause: float,
    waiting: Callable[[], None] = unheard,
) -> bool:
    """Try until the lock is taken; False once its holder has stood still for ``timeout`` seconds.

    ``look`` tells how far the holder is: as long as that changes, it is waited for. ``waiting`` is called once, when
    it has become worth a word.
    """
    seen: object = None
    deadline = asked = 0.0
    began = time.monotonic()
    while not take():
        now = time.monotonic()
        if now - began >= PATIENT:
            waiting()
            waiting, began = unheard, math.inf
        if not deadline or now >= min(asked + LOOK, deadline):
            asked, found = now, look()
            if not deadline or found != seen:
                seen, deadline = found, now + timeout
        if now >= deadline:
            return False
        time.sleep(pause)
    return True
