"""One migrator at a time on a SQLite file: an operating system's lock on a file beside it.

It dies with its holder, so a killed process never blocks the next one, and the file says who holds it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewit.errors import UNCHANGED, ConfigError, LockBusyError
from peewit.run.who import who

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

POLL = 0.05
"""Seconds between two tries."""

_held: dict[str, tuple[int, int]] = {}
"""The locks this process holds, and the thread of each: the same thread would wait for itself.

With the process, because a fork takes these notes along and not the locks.
"""


@contextmanager
def locked(database_path: str, timeout: float) -> Iterator[None]:
    """Hold the lock of a database file; LockBusyError when ``timeout`` seconds were not enough."""
    path = f"{os.path.realpath(database_path)}-migrating"
    if _held.get(path) == (os.getpid(), threading.get_ident()):
        raise LockBusyError(
            f"this process is migrating {database_path} already",
            hint="a migration must not start another one: does it import an application that migrates when imported?",
        )
    handle = _acquire(Path(path), timeout, database_path)
    _held[path] = (os.getpid(), threading.get_ident())
    try:
        yield
    finally:
        _held.pop(path, None)
        # Removed while it is still locked: whoever waits for it notices and takes a new one.
        Path(path).unlink(missing_ok=True)
        os.close(handle)


def _acquire(path: Path, timeout: float, database_path: str) -> int:
    deadline = time.monotonic() + timeout
    while True:
        handle = _open(path, database_path)
        if _try_lock(handle) and _is_still(handle, path):
            _sign(handle, path)
            return handle
        os.close(handle)
        if time.monotonic() >= deadline:
            raise LockBusyError(
                f"another process is migrating {database_path}: {_read(path)}",
                hint=f"waited {timeout:g} seconds; try again when it is done, or raise lock_timeout",
            )
        time.sleep(POLL)


def _sign(handle: int, path: Path) -> None:
    """Write down who holds the lock; where there is no room even for that, it is let go."""
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"{who()} since {time.strftime('%Y-%m-%d %H:%M:%S %z')}\n".encode())
    except OSError as error:
        path.unlink(missing_ok=True)
        os.close(handle)
        raise ConfigError(
            f"the lock file {path} cannot be written: {error.strerror}",
            state=UNCHANGED,
            hint="make room on the disk of the database, then run it again",
        ) from error


def _open(path: Path, database_path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, _mode(database_path))
    except OSError as error:
        raise ConfigError(
            f"the lock file {path} cannot be opened: {error.strerror}",
            state=UNCHANGED,
            hint="migrating needs to write into the folder of the database, and room on its disk",
        ) from error


def _mode(database_path: str) -> int:
    """The database file's own permissions."""
    try:
        return os.stat(database_path).st_mode & 0o777
    except FileNotFoundError:
        return 0o644


def _try_lock(handle: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:  # pragma: no cover - Windows
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def _is_still(handle: int, path: Path) -> bool:
    """Whether the file that was locked is the one of this name: its holder removes it when it is done."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text().strip() or "it has just begun"
    except OSError:
        return "it has just ended"
