"""Who is migrating: for the journal, and for those who wait."""

from __future__ import annotations

import getpass
import os
import socket


def who() -> str:
    """The person, the machine and the process, as ``name@host (pid)``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return f"{name}@{socket.gethostname()} ({os.getpid()})"
