"""Going back to a copy of a SQLite file that was made before a migration or a rollback."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import peewee

from peewit.errors import UNCHANGED, BackupError, ConfigError
from peewit.folder import meant
from peewit.manager import MigrationManager
from peewit.reports import Copy, Restored
from peewit.run.database.soundness import damage
from peewit.run.records.history import History
from peewit.run.records.standing import compared
from peewit.run.sessions.backup import NAMED, PART, PATIENCE, back_up, copies_of, copy_pages, free_name, with_logs

HEADER = b"SQLite format 3\0"
"""How every database begins: https://www.sqlite.org/fileformat.html."""

BEFORE_ROLLBACK = "rollback of "
"""How a copy that has a migration is told from one that does not."""


def copies(manager: MigrationManager) -> list[Copy]:
    """The copies of a manager's database, newest first; ConfigError where it is no SQLite file."""
    found = []
    for path in reversed(copies_of(_file(manager))):
        named = NAMED.search(path.name)
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
        former = _exchanged(copy, path) if Path(path).exists() else None
        if former is None:
            former = _replaced(copy, path)
        applied = _applied_in(copy, manager.ledger.history)
    pending, _, _ = compared(manager.folder.names(), applied)
    return Restored(copy, former, tuple(applied), tuple(pending))


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


def _applied_in(copy: Path, history: History) -> list[str]:
    """The migrations that a copy has: what is written over the database may be locked by others at once."""
    with peewee.SqliteDatabase(_address(copy), uri=True) as database:
        return History(database, history.name, history.schema).names()


def _refuse_damaged(copy: Path) -> None:
    lists = "take another copy: peewit restore lists them"
    with copy.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            ours = NAMED.search(copy.name) is not None
            what = f"the copy {copy} is damaged" if ours else f"{copy} is no copy of a database"
            raise BackupError(f"{what}: it is no SQLite database", state=UNCHANGED, hint=lists)
    connection = _opened(copy)
    try:
        told = damage(connection.execute("PRAGMA quick_check").fetchall())
    except sqlite3.DatabaseError as error:
        told = [str(error)]
    finally:
        connection.close()
    if told:
        raise BackupError(f"the copy {copy} is damaged: {told[0]}", hint=lists)


def _opened(copy: Path) -> sqlite3.Connection:
    return sqlite3.connect(_address(copy), uri=True)


def _address(copy: Path) -> str:
    """A copy that is only read; with a log of its own beside it, what that holds belongs to it."""
    logs = with_logs(copy)[1:]
    alone = "" if any(log.exists() for log in logs) else "&immutable=1"
    return f"{copy.resolve().as_uri()}?mode=ro{alone}"


def _exchanged(copy: Path, path: str) -> Path | None:
    """Write a copy over the database, in one transaction of whoever has it open; give the copy of what it was.

    Nobody writes between the two: that would be in neither. None, and nothing is done, where it is no database any
    more.
    """
    former: list[Path] = []

    source, target = _opened(copy), sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        if target.execute("PRAGMA journal_mode").fetchone()[0] == "wal" and _pages(source) > 1:
            # While it is written, others still read what it was.
            copy_pages(source, target, begun=lambda: former.append(back_up(path, "restore")))
        else:
            # The lock stays until the connection is closed: https://www.sqlite.org/pragma.html#pragma_locking_mode.
            target.execute("PRAGMA locking_mode = EXCLUSIVE")
            target.execute("BEGIN IMMEDIATE")
            target.execute("COMMIT")
            former.append(back_up(path, "restore", source=target))
            copy_pages(source, target)
    except (sqlite3.Error, TimeoutError) as error:
        if type(error) is sqlite3.DatabaseError:
            return None
        raise BackupError(
            f"the database {path} cannot be written: {error}", hint="stop what uses it, and try again"
        ) from error
    finally:
        target.close()
        source.close()
    return former[0]


def _pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA page_count").fetchone()[0])


def _replaced(copy: Path, path: str) -> Path | None:
    """Put a copy in the place of a database that is gone, or is none any more, whole at once.

    What lies there is set aside as it is, with its logs: they hold rows that it has not. Give where.
    """
    aside, part = free_name(path, "restore-damaged"), Path(f"{free_name(path, 'restore')}{PART}")
    was = Path(path).exists()
    try:
        source, target = _opened(copy), sqlite3.connect(part)
        try:
            copy_pages(source, target)
        finally:
            target.close()
            source.close()
        shutil.copymode(path if was else copy, part)
        for there, kept in zip(with_logs(path), with_logs(aside), strict=True):
            if there.exists():
                shutil.copy2(there, kept)
        for log in (*with_logs(path)[1:], Path(f"{path}-shm")):  # beside another database they would damage it
            log.unlink(missing_ok=True)
        part.replace(path)
    except (sqlite3.Error, OSError, TimeoutError) as error:
        raise BackupError(f"the database {path} cannot be written: {error}", hint="make room, and try again") from error
    finally:
        part.unlink(missing_ok=True)
    return aside if was else None
