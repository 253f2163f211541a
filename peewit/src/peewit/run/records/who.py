"""Who is migrating: for the journal, and for those who wait."""

from __future__ import annotations

import getpass
import os
import re
import socket
from functools import lru_cache


def who() -> str:
    """The person, the machine and the process, as ``name@host (pid)``."""
    return _who(os.getpid())


def is_gone(holder: str) -> bool:
    """Whether a holder, in the words of :func:`who`, was a process of this machine that lives no more."""
    found = re.search(r"(?:^|@)([^@\s]+) \((\d+)\)", holder)
    if found is None or found[1] != socket.gethostname() or os.name == "nt":
        return False
    try:
        os.kill(int(found[2]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it is somebody else's, and lives
    return False


@lru_cache(maxsize=1)
def _who(process: int) -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return f"{name}@{socket.gethostname()} ({process})"
