"""A file that is replayed must not reach outside: no file, no process, no other machine, no other database.

Python tells of each such step before it is taken (https://peps.python.org/pep-0578/), and it is refused.
The hook cannot be taken away again, so it is set when a file first gives reason to, and looks only while
that thread replays one.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_HARMLESS = frozenset(
    (
        "__future__",
        "collections",
        "contextlib",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "itertools",
        "json",
        "math",
        "operator",
        "peewee",
        "peewee_migrate",
        "playhouse",
        "re",
        "string",
        "typing",
        "uuid",
    )
)
"""What a file may import without being able to reach anything but its database."""

_IMPORTS = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w]+)", re.MULTILINE)
_SUSPICIOUS = re.compile(rb"\b(?:open|__import__|exec|eval)[ \t]*\(")

_REFUSED = (
    "ftplib.",
    "imaplib.",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.startfile",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.utime",
    "shutil.",
    "smtplib.",
    "socket.connect",
    "socket.sendmsg",
    "socket.sendto",
    "subprocess.Popen",
    "urllib.Request",
    "webbrowser.open",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_replaying: set[int] = set()
_installed = False


class OutsideError(Exception):
    """A replayed file tried to reach outside."""


def looks_around(source: bytes) -> bool:
    """Whether a file's text gives reason to expect more than schema operations."""
    roots = {match.decode() for match in _IMPORTS.findall(source)}
    return bool(roots - _HARMLESS) or _SUSPICIOUS.search(source) is not None


@contextmanager
def nothing_outside() -> Iterator[None]:
    """Refuse every step outside that this thread takes, with OutsideError."""
    global _installed  # noqa: PLW0603 - a hook is installed once in a process
    if not _installed:
        sys.addaudithook(_refuse)
        _installed = True
    mine = threading.get_ident()
    inner = mine in _replaying
    _replaying.add(mine)
    try:
        yield
    finally:
        if not inner:
            _replaying.discard(mine)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if not _replaying or threading.get_ident() not in _replaying:
        return
    if event == "open":
        path, _, flags = args
        if isinstance(flags, int) and flags & _WRITING and not _of_python(path):
            raise OutsideError(f"a replayed file may not write to {path}")
    elif event == "sqlite3.connect":
        if args[0] not in (":memory:", b":memory:"):
            raise OutsideError(f"a replayed file may not open {args[0]}")
    elif event.startswith(_REFUSED) and not any(_of_python(arg) for arg in args):
        raise OutsideError(f"a replayed file may not do this: {event}")


def _of_python(path: object) -> bool:
    """Whether it is what Python itself keeps of the modules it imports."""
    return isinstance(path, str | bytes) and "__pycache__" in os.fsdecode(path)
