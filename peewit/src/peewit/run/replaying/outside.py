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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
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

_IMPORTS = re.compile(rb"[ \t]*(?:from[ \t]+(\w+)|import[ \t]+(\w[\w \t.,]*?)(?:[ \t]*#.*)?$)")
_IMPORT = re.compile(rb"\bimport\b")
_CONTINUED = re.compile(rb"\\\r?\n[ \t]*import\b")
"""An import whose module stands in the line before."""
_SUSPICIOUS = {
    word: re.compile(word + rest)
    for rest, words in (
        (rb"[ \t]*\(", (b"open", b"__import__", b"exec", b"eval", b"Database")),
        (rb"\b", (b"db_url", b"connect")),
    )
    for word in words
}
"""What a file that only speaks to its migrator has no need of, by the word it has then."""

_REFUSED = (
    "_thread.start_new_thread",
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


@lru_cache(maxsize=2048)
def looks_around(source: bytes) -> bool:
    """Whether a file's text gives reason to expect more than schema operations."""
    if _CONTINUED.search(source) or any(word in source and sign.search(source) for word, sign in _SUSPICIOUS.items()):
        return True
    lines = list(_lines_with(b"import", source))
    found = [match for match in map(_IMPORTS.match, lines) if match]
    modules = {word for match in found for word in (match[1] or match[2]).split(b",")}
    roots = {module.split()[0].partition(b".")[0].decode() for module in modules if module.split()}
    # An import that stands otherwise than at the beginning of a line is one we have not read.
    hidden = sum(len(_IMPORT.findall(line)) for line in lines) > len(found)
    return hidden or bool(roots - _HARMLESS)


def _lines_with(word: bytes, source: bytes) -> Iterator[bytes]:
    """The lines that have a word, without going through the others."""
    place = source.find(word)
    while place >= 0:
        end = source.find(b"\n", place)
        end = len(source) if end < 0 else end
        yield source[source.rfind(b"\n", 0, place) + 1 : end].rstrip(b"\r")
        place = source.find(word, end)


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
        with _drivers_refused():
            yield
    finally:
        if not inner:
            _replaying.discard(mine)


@contextmanager
def _drivers_refused() -> Iterator[None]:
    """Drivers that connect without Python are asked at their door."""
    with ExitStack() as stack:
        for name in ("psycopg2", "psycopg", "MySQLdb"):
            module: Any = sys.modules.get(name)
            if hasattr(module, "connect"):
                stack.callback(setattr, module, "connect", module.connect)
                module.connect = _refusing(module.connect)
        yield


def _refusing(connect: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() in _replaying:
            raise OutsideError("a replayed file may not connect to a server")
        return connect(*args, **kwargs)

    return refuse


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
