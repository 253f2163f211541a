"""A copy of a SQLite file as it was before a migration that copies or drops something.

Taken through SQLite's own backup interface from the last committed state, beside the file and with its
permissions: ``app.db-before-003_drop_plan``. The newest few are kept.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Collection
from pathlib import Path

import peewee

from peewit.errors import BackupError
from peewit.read import QUERY, read_found
from peewit.sql import quote_name

KEEP = 3
"""How many copies of one database are kept."""

PATIENCE = 10.0
"""Seconds to wait for a database that is locked against reading."""


def back_up(path: str, name: str) -> Path:
    """Copy a database file under the name of the migration that is about to change it."""
    target = Path(f"{path}-before-{name}")
    _check_space(path)
    part = target.with_name(f"{target.name}.part")
    try:
        _copy(path, part)
        shutil.copymode(path, part)
        part.replace(target)
    except (sqlite3.Error, OSError, TimeoutError) as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise BackupError(
            f"the copy of {path} before migration {name} cannot be made: {error}", hint=_way_out(error)
        ) from error
    _forget_old(path)
    return target


def _way_out(error: Exception) -> str:
    without = "run without a copy: MigrationManager(…, backup=False)"
    if isinstance(error, TimeoutError):
        return f"if the migration writes much by itself before its changes, split it in two, or {without}"
    return f"make room, or {without}"


def holds_rows(database: peewee.Database, ours: Collection[str]) -> bool:
    """Whether there is anything to lose: a row in any table but ours."""
    names = [name for name in read_found(database.execute_sql(QUERY).fetchall()).texts if name not in ours]
    return any(database.execute_sql(f"SELECT 1 FROM {quote_name(name)} LIMIT 1").fetchone() for name in names)


def _check_space(path: str) -> None:
    needed, free = os.stat(path).st_size, shutil.disk_usage(os.path.dirname(path) or ".").free
    if free < needed * 1.1:
        raise BackupError(
            f"there is no room for a copy of {path}: {needed} bytes are needed and {free} are free",
            hint="make room, or run without one: MigrationManager(…, backup=False)",
        )


def _copy(path: str, target: Path) -> None:
    deadline = time.monotonic() + PATIENCE

    def progress(status: int, remaining: int, total: int) -> None:  # noqa: ARG001 - the interface's own
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise TimeoutError("it is locked against reading")

    source = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy, pages=4096, progress=progress, sleep=0.05)
    finally:
        copy.close()
        source.close()


def _forget_old(path: str) -> None:
    folder, base = os.path.split(path)
    copies = [entry for entry in Path(folder or ".").iterdir() if entry.name.startswith(f"{base}-before-")]
    for old in sorted(copies, key=lambda entry: entry.stat().st_mtime_ns)[:-KEEP]:
        old.unlink()
