"""One migrator at a time on a SQLite file: an operating system's lock on a file beside it.

It dies with its holder, so a killed process never blocks the next one, and the file says who holds it and what that
one is at.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from peewit.errors import UNCHANGED, ConfigError, LockBusyError
from peewit.run.database.holding import LONGER, Holding, in_seconds, wait
from peewit.run.records.who import who

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]  # a module everywhere else
    import msvcrt

POLL = 0.05
"""Seconds between two tries."""

WRITE = 0.05
"""Seconds between two notes of what the holder is at."""

NEW = 1.0
"""Seconds within which a new file has the owner it is to have."""

_held: dict[str, tuple[int, int]] = {}
"""The locks this process holds: the thread of each, which would wait for itself, and the file's handle."""


def _let_go() -> None:
    """In a forked child: the lock is its parent's, and must not outlive that."""
    for _, handle in _held.values():
        os.close(handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


class FileLock(Holding):
    """A lock that is held: its file says who holds it, since when, and what it is at."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._who = _signature()
        self._written = 0.0

    def tell(self, what: str) -> None:
        """Say what comes now."""
        self._written = 0.0
        super().tell(what)

    def step(self) -> None:
        """Say that something was done; the file is not written more often than anyone looks at it."""
        super().step()
        now = time.monotonic()
        if now - self._written >= WRITE and self._path in _held:
            self._written = now
            self._note(_held[self._path][1])

    def _note(self, handle: int) -> None:
        """Write down what it is at. On a full disk there is no note: that is no reason to stop."""
        at = f", at step {self.steps} of {self.doing}" if self.doing else ""
        with suppress(OSError):
            os.lseek(handle, 0, os.SEEK_SET)
            os.ftruncate(handle, os.write(handle, f"{self._who}{at}\n".encode()))


@contextmanager
def locked(database_path: str, timeout: float, waiting: Callable[[str], None] = lambda _: None) -> Iterator[FileLock]:
    """Hold the lock of a database file; LockBusyError when its holder did nothing for ``timeout`` seconds.

    ``waiting`` is told who has it, where that takes long.
    """
    path = f"{os.path.realpath(database_path)}-migrating"
    if _held.get(path, (0, 0))[0] == threading.get_ident():
        raise LockBusyError(
            f"this process is migrating {database_path} already",
            hint="a migration must not start another one: does it import an application that migrates when imported?",
        )
    handle = _acquire(Path(path), timeout, database_path, waiting)
    _held[path] = (threading.get_ident(), handle)
    try:
        yield FileLock(path)
    finally:
        if _held.pop(path, None) is not None:  # a forked child has none
            # Removed while it is still locked: whoever waits for it notices and takes a new one. In a folder where
            # only its owner may remove it, it stays, and is no lock once it is closed.
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)
            os.close(handle)


def _acquire(path: Path, timeout: float, database_path: str, waiting: Callable[[str], None]) -> int:
    taken: list[int] = []

    def take() -> bool:
        handle = _open(path, database_path)
        if _try_lock(handle) and _is_still(handle, path):
            _sign(handle, path)
            taken.append(handle)
        else:
            os.close(handle)
        return bool(taken)

    if not wait(take, lambda: _read(path), timeout, POLL, lambda: waiting(_read(path))):
        raise LockBusyError(
            f"another process is migrating {database_path}: {_read(path)}",
            hint=f"nothing of it moved for {in_seconds(timeout)}; {LONGER}",
        )
    return taken[0]


def holder_of(database_path: str) -> str:
    """Who else migrates a database file at this moment; empty where nobody does, or where it cannot be told."""
    path = f"{os.path.realpath(database_path)}-migrating"
    if path in _held or not os.access(path, os.R_OK) or not is_held(path):
        return ""
    return _read(Path(path))


def is_held(path: str | Path) -> bool:
    """Whether a living process holds the lock of this file: tried in passing, and shared."""
    if fcntl is None:  # pragma: no cover - Windows
        return False
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False  # it was let go in this very moment
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def _signature() -> str:
    return f"{who()} since {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC"


def _sign(handle: int, path: Path) -> None:
    """Write down who holds the lock; where there is no room even for that, it is let go."""
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"{_signature()}\n".encode())
    except OSError as error:
        path.unlink(missing_ok=True)
        os.close(handle)
        raise ConfigError(
            f"the lock file {path} cannot be written: {error.strerror}",
            state=UNCHANGED,
            hint="make room on the disk of the database, then run it again",
        ) from error


def _open(path: Path, database_path: str) -> int:
    """The lock file, made as the database's own: whoever may write that may migrate."""
    only = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    patience = time.monotonic() + NEW
    while True:
        try:
            return _checked(os.open(path, only), path)
        except FileNotFoundError:
            try:
                return _owned(os.open(path, only | os.O_CREAT | os.O_EXCL, _mode(database_path)), database_path)
            except FileExistsError:
                continue  # another one has just made it
            except OSError as error:
                raise _unusable(path, error) from error
        except PermissionError as error:
            if time.monotonic() >= patience:  # else another user may just be giving it to the database's owner
                raise _unusable(path, error) from error
            time.sleep(POLL)
        except OSError as error:
            raise _unusable(path, error) from error


def _checked(handle: int, path: Path) -> int:
    """A file of its own and nothing else: what another name leads to is not ours to write."""
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
        return handle
    os.close(handle)
    raise _unusable(path, OSError(errno.ELOOP, "it is another file's name as well, or no file"))


def _mode(database_path: str) -> int:
    """The database file's own permissions."""
    try:
        return os.stat(database_path).st_mode & 0o777
    except FileNotFoundError:
        return 0o666  # as the database will be made: less what the process's mask takes away


def _owned(handle: int, database_path: str) -> int:
    """A new lock file, given the owner and the permissions of the database file as far as we may."""
    if os.path.exists(database_path) and hasattr(os, "fchown"):
        model, root = os.stat(database_path), os.geteuid() == 0
        ours = root or model.st_gid in (os.getegid(), *os.getgroups())
        os.fchown(handle, model.st_uid if root else -1, model.st_gid if ours else -1)
        os.fchmod(handle, model.st_mode & 0o777)
    return handle


def _unusable(path: Path, error: OSError) -> ConfigError:
    why = "it is a link" if error.errno == errno.ELOOP else error.strerror
    hint = f"migrating needs to write into the folder of the database, {path.parent}"
    if os.path.lexists(path):
        hint += f"; what stands there in the place of {path.name} has to go"
    return ConfigError(f"the lock file {path} cannot be used: {why}", state=UNCHANGED, hint=hint)


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
