"""Killing a migration at the places where it writes: each statement, BEGIN, COMMIT, and each row of the journal."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import peewee as pw

from .reliability.faults import Fault, Killing, reads, tapped


class _KillingWrites(Killing):
    """Passes over what only reads: a kill there is the same as one before the next write."""

    def before(self, sql: str, params: Any) -> None:
        if not reads(sql):
            super().before(sql, params)

    def after(self, sql: str, params: Any) -> None:
        if not reads(sql):
            super().after(sql, params)


def killed_at(number: int, database: pw.Database, run: Callable[[], object]) -> bool:
    """Run in a child process that kills itself before, then after, each of its writes; False if it has fewer."""
    fault = Fault(when="after" if number % 2 else "before", number=number // 2 + 1)
    return killed_in(lambda: (tapped(database, _KillingWrites(fault)), run()))


def killed_in(run: Callable[[], object]) -> bool:
    """Run in a child process; whether that was killed."""
    child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
