"""Going back to a copy of a SQLite file that was made before a migration or a rollback."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from peewit.errors import UNCHANGED, BackupError, ConfigError
from peewit.folder import meant
from peewit.manager import MigrationManager
from peewit.reports import Copy, Restored
from peewit.run.backup import back_up, copies_of, copy_pages, free_name

HEADER = b"SQLite format 3\0"
"""How every database begins: https://www.sqlite.org/fileformat.html."""

BEFORE_ROLLBACK = "rollback of "
"""How a copy that has a migration is told from one that does not."""

_NAME = re.compile(r"-before-(?P<event>.+)-(?P<at>\d{8}T\d{6}Z)(?:-\d+)?$")


def copies(manager: MigrationManager) -> list[Copy]:
    """The copies of a manager's database, newest first; ConfigError where it is no SQLite file."""
    found = []
    for path in reversed(copies_of(_file(manager))):
        named = _NAME.search(path.name)
        if named is not None:
            at = datetime.strptime(named["at"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            found.append(Copy(path, named["event"].replace("rollback-of-", BEFORE_ROLLBACK), at, path.stat().st_size))
    return found


def restore(manager: MigrationManager, which: str) -> Restored:
    """Make the database what a copy of it was: the copy's path or name, or the migration it was made before.

    "rollback of" and a migration's name stand for the copy that was made before its rollback. Of a name its number is
    enough, or a beginning that no other one has.

    What it is until then is copied beside it first. Others may have it open: to them it is one transaction. Waits
    for a migrator; BackupError where the copy is damaged, or the database stays locked.
    """
    path, copy = _file(manager), _chosen(manager, which)
    if copy.resolve() == Path(path):
        raise ConfigError(
            f"{which} is the database itself, not a copy of it",
            state=UNCHANGED,
            hint="which copies there are: peewit restore",
        )
    with manager.target.locked():
        _refuse_damaged(copy)
        former = _kept(path) if Path(path).exists() else None
        _write(copy, path)
        if former is None:
            shutil.copymode(copy, path)
    status = manager.status()
    return Restored(copy, former, tuple(entry.name for entry in status.applied), status.pending)


def _file(manager: MigrationManager) -> str:
    path = manager.target.path
    if path is None:
        raise ConfigError(
            "only a SQLite file is copied beside itself and restored from there",
            state=UNCHANGED,
            hint="a server has tools of its own for that: pg_dump and pg_restore, mariadb-dump and mariadb",
        )
    return os.path.realpath(path)


def _chosen(manager: MigrationManager, which: str) -> Path:
    """The copy that is meant; of several from before one migration the newest.

    One from before a rollback of the migration has the migration, so it is not what the database was before that.
    """
    if Path(which).is_file():
        return Path(which)
    known = copies(manager)
    for copy in known:
        if which in (copy.path.name, copy.before):
            return copy.path
    rollback = BEFORE_ROLLBACK if which.startswith(BEFORE_ROLLBACK) else ""
    names = dict.fromkeys(copy.before.removeprefix(BEFORE_ROLLBACK) for copy in known)
    name = meant(which.removeprefix(rollback), list(names))
    for copy in known:
        if name is not None and copy.before == f"{rollback}{name}":
            return copy.path
    for copy in known:
        if name is not None and copy.before == f"{BEFORE_ROLLBACK}{name}":
            raise ConfigError(
                f"there is no copy from before migration {name}, only one from before its rollback, which has it",
                state=UNCHANGED,
                hint=f"to go back to that one: peewit restore {shlex.quote(str(copy.path))}",
            )
    listed = ", ".join(copy.path.name for copy in known) or "none"
    raise ConfigError(f'there is no copy "{which}"', state=UNCHANGED, hint=f"the copies are: {listed}")


def _refuse_damaged(copy: Path) -> None:
    lists = "take another copy: peewit restore lists them"
    with copy.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            ours = _NAME.search(copy.name) is not None
            what = f"the copy {copy} is damaged" if ours else f"{copy} is no copy of a database"
            raise BackupError(f"{what}: it is no SQLite database", state=UNCHANGED, hint=lists)
    connection = _opened(copy)
    try:
        told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        told = str(error)
    finally:
        connection.close()
    if told != "ok":
        raise BackupError(f"the copy {copy} is damaged: {told}", hint=lists)


def _opened(copy: Path) -> sqlite3.Connection:
    """A copy that is only read; with a log of its own beside it, what that holds belongs to it."""
    logs = [copy.with_name(f"{copy.name}{suffix}") for suffix in ("-wal", "-journal")]
    alone = "" if any(log.exists() for log in logs) else "&immutable=1"
    return sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro{alone}", uri=True)


def _kept(path: str) -> Path:
    """A copy of what the database is now, also where it is damaged. No other copy has to go for it."""
    try:
        return back_up(path, "restore")
    except BackupError as error:
        if type(error.__cause__) is not sqlite3.DatabaseError:
            raise
        # It is no database any more: kept as it lies there, and then out of the way.
        damaged = free_name(path, "restore-damaged")
        shutil.copy2(path, damaged)
        for name in (path, f"{path}-wal", f"{path}-shm", f"{path}-journal"):
            Path(name).unlink(missing_ok=True)
        return damaged


def _write(copy: Path, path: str) -> None:
    source = _opened(copy)
    target = sqlite3.connect(path)
    try:
        copy_pages(source, target)
    except (sqlite3.Error, TimeoutError) as error:
        raise BackupError(
            f"the database {path} cannot be written: {error}", hint="stop what uses it, and try again"
        ) from error
    finally:
        target.close()
        source.close()
