"""Who is migrating: for the journal, and for those who wait."""

from __future__ import annotations

import getpass
import os
import socket
from functools import lru_cache


def who() -> str:
    """The person, the machine and the process, as ``name@host (pid)``."""
    return _who(os.getpid())


@lru_cache(maxsize=1)
def _who(process: int) -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return f"{name}@{socket.gethostname()} ({process})"
