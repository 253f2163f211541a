"""Killing a migration at the places where it writes: each statement it sends, and each row of the journal."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from peewit.run.journal import Journal

JOURNAL = [(Journal, "_insert"), (Journal, "correct"), (Journal, "finish")]


def killed_at(number: int, sends: list[tuple[type, str]], run: Callable[[], object]) -> bool:
    """Run in a child process that kills itself before, then after, its ``number``-th write; False if it has fewer."""
    child = os.fork()
    if child == 0:
        passed = iter(range(number + 1))

        def counted(former: Any) -> Any:
            def send(*args: Any, **named: Any) -> Any:
                if next(passed) == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                result = former(*args, **named)
                if next(passed) == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                return result

            return send

        try:
            for kind, name in [*JOURNAL, *sends]:
                setattr(kind, name, counted(getattr(kind, name)))
            run()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
