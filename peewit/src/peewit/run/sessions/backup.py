"""A copy of a SQLite file as it was before a migration, or a rollback, that copies or drops something.

Taken through SQLite's own backup interface from the last committed state, beside the file and with its
permissions. Its name says what was about to happen, and when (UTC), so that none is ever written over:
``app.db-before-003_drop_plan-20260131T170000Z``, ``app.db-before-rollback-of-003_drop_plan-20260131T170500Z``.
The newest few are kept, and whatever the run has made that is at work.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from peewit.dataclass import dataclass
from peewit.errors import BackupError
from peewit.run.sessions.progress import Pace, Tell

PART = ".part"
"""How the name of a copy ends as long as it is not whole."""

NAMED = re.compile(r"-before-(?P<event>.+)-(?P<at>\d{8}T\d{6}Z)(?:-\d+)?\Z")
"""How the name of a copy ends once it is whole: a file of any other name beside the database is somebody else's."""

PATIENCE = 10.0
"""Seconds to wait for a database that is locked against reading."""


WITHOUT = "run without a copy: --no-backup, in Python backup=False"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Copies a database's file before something goes; of all copies the newest ``keep`` are kept."""

    database: Any
    path: str
    keep: int

    def protect(self, event: str, questions: Sequence[str], tell: Tell | None = None) -> Path | None:
        """Make a copy where one of the questions says that there is something to lose; give it.

        ``tell`` hears how far it is, where it takes long.
        """
        lost = would_lose(self.path, self.database.connection(), questions)
        return back_up(self.path, event, tell) if lost else None

    def settle(self, made: Collection[Path]) -> tuple[Path, ...]:
        """What it was made for is kept: older copies make room, but for those this run has ``made``; give them."""
        removed = tuple(old for old in copies_of(self.path)[: -self.keep] if old not in made)
        for old in removed:
            for name in with_logs(old):
                name.unlink(missing_ok=True)
        return removed


def would_lose(path: str, connection: sqlite3.Connection, questions: Sequence[str]) -> bool:
    """Whether the file, as a copy would hold it, or the migration's own connection says yes to a question.

    Both are asked: the migration may have emptied what it drops, or renamed it.
    """
    committed = _read_only(path)
    try:
        return any(_says_yes(each, question) for each in (committed, connection) for question in questions)
    finally:
        committed.close()


def _says_yes(connection: sqlite3.Connection, question: str) -> bool:
    try:
        return connection.cursor().execute(question).fetchone() is not None
    except sqlite3.OperationalError as error:
        # What is not there was made or renamed by the migration: the other connection knows it. What cannot be
        # looked at counts as something to lose: then the copy is made, or says itself why it cannot be.
        return "no such" not in str(error)


def _read_only(path: str) -> sqlite3.Connection:
    """A connection of its own, which sees the last committed state and does not wait by itself."""
    return sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, timeout=0)


def back_up(path: str, event: str, tell: Tell | None = None, source: sqlite3.Connection | None = None) -> Path:
    """Copy a database file under the name of what is about to happen to it; never over another copy.

    ``source`` is a connection that has locked everybody else out.
    """
    _forget_parts(path)
    target = free_name(path, event)
    _check_space(path)
    part = target.with_name(f"{target.name}{PART}")
    try:
        _make_alike(part, path)
        with contextlib.nullcontext(source) if source else contextlib.closing(_read_only(path)) as committed:
            _copy(committed, part, tell)
        part.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if not isinstance(error, (sqlite3.Error, OSError, TimeoutError)):
            raise  # it was stopped
        raise BackupError(f"the copy {target} cannot be made: {error}", hint=_way_out(error)) from error
    return target


def _make_alike(part: Path, path: str) -> None:
    """An empty file with the owner and the permissions of the database, at no moment more open than that."""
    wanted = os.stat(path)
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, wanted.st_mode & 0o600)
    try:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.fchown(handle, wanted.st_uid, wanted.st_gid)
    finally:
        os.close(handle)
    part.chmod(wanted.st_mode & 0o777)


def free_name(path: str, event: str) -> Path:
    """The name of a new copy, with a number where there is such a copy already: two may be made in one second."""
    name = f"{path}-before-{event}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    names = chain((name,), (f"{name}-{number}" for number in count(2)))
    return Path(next(free for free in names if not os.path.lexists(free)))


def _way_out(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"if the migration writes much by itself before its changes, split it in two, or {WITHOUT}"
    return f"make room, or {WITHOUT}"


def _check_space(path: str) -> None:
    needed, free = os.stat(path).st_size, shutil.disk_usage(os.path.dirname(path) or ".").free
    if free < needed * 1.1:
        raise BackupError(
            f"there is no room for a copy of {path}: {needed:,} bytes are needed and {free:,} are free",
            hint=f"make room, or {WITHOUT}",
        )


def _copy(source: sqlite3.Connection, target: Path, tell: Tell | None) -> None:
    with contextlib.closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")  # what is not whole is thrown away, and needs no file of its own
        copy_pages(source, copy, tell)


def copy_pages(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    tell: Tell | None = None,
    begun: Callable[[], None] | None = None,
) -> None:
    """Copy a whole database through SQLite's own backup interface; TimeoutError where it stays locked.

    https://www.sqlite.org/backup.html: into a database that others use, it is one transaction of theirs. ``begun`` is
    called once it is open: from then on nobody else writes.
    """
    deadline = time.monotonic() + PATIENCE
    pace = Pace(tell, "pages", "copying the file")
    waiting = [] if begun is None else [begun]

    def progress(status: int, remaining: int, total: int) -> None:
        pace.at(total - remaining, lambda: remaining)
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if time.monotonic() > deadline:
                raise TimeoutError("it is locked by others")
        elif waiting:
            waiting.pop()()

    # Who wants to hear of the first page has to hear of it before the last one, with which it is kept.
    source.backup(target, pages=4096 if begun is None else 1, progress=progress, sleep=0.05)


def with_logs(path: str | Path) -> list[Path]:
    """A database file and the logs beside it, which hold a part of it."""
    return [Path(f"{path}{end}") for end in ("", "-wal", "-journal")]


def copies_of(path: str) -> list[Path]:
    """The copies beside a database file, oldest first."""
    found = [entry for entry in _beside(path) if NAMED.search(entry.name)]
    return sorted(found, key=lambda entry: entry.stat().st_mtime_ns)


def event_of(copy: Path) -> str:
    """What a copy was made before: the name of a migration, or what else its own name says."""
    named = NAMED.search(copy.name)
    return "" if named is None else named["event"]


def parts_of_copies(path: str) -> list[Path]:
    """The copies beside a database file that are not whole: of one at work, or of one that was killed."""
    return sorted(entry for entry in _beside(path) if entry.suffix == PART and NAMED.search(entry.stem))


def _beside(path: str) -> list[Path]:
    """What may be a copy of a database file."""
    folder, base = os.path.split(path)
    if not os.path.isdir(folder or "."):
        return []
    entries = Path(folder or ".").iterdir()
    return [entry for entry in entries if entry.name.startswith(f"{base}-before-") and entry.is_file()]


def _forget_parts(path: str) -> None:
    """Remove copies that are not whole: whoever made them was killed, for only one at a time makes copies."""
    for part in parts_of_copies(path):
        part.unlink()
