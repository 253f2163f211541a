"""SIGKILL at random moments inside a rebuild of many rows: also while SQLite itself is at work."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import peewee as pw

from peewit import MigrationManager, PeewitError

from .board import FULL, Case, Result
from .faults import Tap, tapped
from .kills import Count, shown

NAME = "SIGKILL at 300 random moments inside a rebuild of 200,000 rows"
HOW = {
    NAME: """
    A table of 200,000 rows with an index, a trigger and 2,000 rows of another table that go with theirs gets another
    column type and a new column, which rebuilds it. A child process migrates; between its BEGIN and the end of its
    COMMIT it is killed at a moment drawn from the seed. Then the file must pass `integrity_check`, every value of every
    row must be there, all of before or all of after, and so must the index, the trigger and the other table's rows.
    After every tenth kill the migration is run again, and must finish.
    """
}
BODY = """
    migrator.change_fields("item", n=pw.TextField())
    migrator.add_fields("item", size=pw.IntegerField(default=7))
"""
FILE = f"import peewee as pw\n\ndef migrate(migrator, database, *, fake=False):{BODY}\n"
TABLES = (
    "CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE part (id INTEGER NOT NULL PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE)",
    "CREATE TABLE log (what TEXT)",
)
AFTERWARDS = (
    "CREATE INDEX item_n ON item (n)",
    "CREATE TRIGGER noted AFTER DELETE ON item BEGIN INSERT INTO log VALUES (old.id); END",
)
LOOK = (
    "SELECT count(*), sum(CAST(n AS INTEGER) = id * 7 AND text = 'row ' || id || ' of many'), min(typeof(n)), "
    "max(typeof(n)) FROM item"
)


@dataclass(frozen=True, kw_only=True)
class Rebuild:
    """A database whose pending migration rebuilds a table of so many rows."""

    folder: Path
    rows: int
    mode: str

    @property
    def path(self) -> Path:
        return self.folder / "app.db"

    def prepare(self) -> None:
        """Make the file that every kill starts from."""
        migrations = self.folder / "migrations"
        migrations.mkdir()
        start = "\n    ".join(f"migrator.sql({text!r})" for text in TABLES)
        (migrations / "001_start.py").write_text(f"def migrate(migrator, database, *, fake=False):\n    {start}\n")
        (migrations / "002_change.py").write_text(FILE)
        self.manager().migrate("001")
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA journal_mode = {self.mode}")
            numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
            connection.execute(
                f"{numbers.format(self.rows)} INSERT INTO item SELECT i, i * 7, 'row ' || i || ' of many' FROM n"
            )
            connection.execute(f"{numbers.format(self.rows // 100)} INSERT INTO part SELECT i, i FROM n")
            for sql in AFTERWARDS:
                connection.execute(sql)
        shutil.copy(self.path, self.folder / "start")

    def reset(self) -> None:
        """Put the start back."""
        for path in self.folder.glob("app.db*"):
            path.unlink()
        shutil.copy(self.folder / "start", self.path)

    def manager(self, tap: Tap | None = None) -> MigrationManager:
        """The application's manager."""
        database = pw.SqliteDatabase(str(self.path), pragmas={"foreign_keys": 1})
        if tap is not None:
            tapped(database, tap)
        return MigrationManager(database, self.folder / "migrations", lock_timeout=1)

    def state(self) -> str:
        """``before`` or ``after``, or what is wrong."""
        with closing(sqlite3.connect(self.path)) as connection:
            damage = connection.execute("PRAGMA integrity_check").fetchall()
            if damage != [("ok",)]:
                return f"damaged: {damage[:3]}"
            applied = [name for (name,) in connection.execute("SELECT name FROM migratehistory ORDER BY id")]
            count, right, *types = connection.execute(LOOK).fetchone()
            parts = connection.execute("SELECT count(*) FROM part").fetchone()[0]
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        after = applied == ["001_start", "002_change"]
        if (count, right, parts) != (self.rows, self.rows, self.rows // 100):
            return f"{count} rows, {right} of them right, {parts} of another table"
        if types != ["text" if after else "integer"] * 2 or not names >= {"item_n", "noted"}:
            return f"columns hold {types}, the history says {applied}, there are {sorted(names)}"
        return "after" if after else "before"


class Telling(Tap):
    """Writes a byte into a pipe when the transaction begins, and one when it has ended."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe

    def before(self, sql: str, params: Any) -> None:
        if sql.startswith("BEGIN"):
            os.write(self.pipe, b"b")

    def after(self, sql: str, params: Any) -> None:
        if sql == "COMMIT":
            os.write(self.pipe, b"c")


def migrate_and_kill(rebuild: Rebuild, moment: float | None) -> float:
    """Migrate in a child process that is killed so many seconds after BEGIN; gives how long it lived after BEGIN."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            rebuild.manager(Telling(writing)).migrate()
        finally:
            os._exit(0)
    os.close(writing)
    os.read(reading, 1)
    begun = time.monotonic()
    select.select([reading], [], [], moment)
    lived = time.monotonic() - begun
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    return lived


def kill_often(mode: str, rows: int, kills: int, seed: str) -> Count:
    """So many kills of one process after another."""
    count, random = Count(), Random(seed)
    with tempfile.TemporaryDirectory(prefix="peewit-moments-") as folder:
        rebuild = Rebuild(folder=Path(folder), rows=rows, mode=mode)
        rebuild.prepare()
        whole = migrate_and_kill(rebuild, None)
        while count.runs < kills:
            rebuild.reset()
            lived = migrate_and_kill(rebuild, random.uniform(0, whole))
            count.runs += 1
            _look(rebuild, lived, count)
    return count


def _look(rebuild: Rebuild, lived: float, count: Count) -> None:
    at = f"killed {lived:.3f} s after BEGIN"
    state = rebuild.state()
    count.seen[state if state in ("before", "after") else "lost"] += 1
    count.seen["with half a backup"] += any(rebuild.folder.glob("*.part"))
    if state not in ("before", "after"):
        count.losses += 1
        count.broken(f"{at}: {state}")
    elif count.runs % 10 == 0:
        try:
            rebuild.manager().migrate()
        except PeewitError as error:
            count.stuck += 1
            count.broken(f"{at}: the next run failed: {error}")
            return
        state = rebuild.state()
        count.seen["run again"] += 1
        if state != "after":
            count.losses += 1
            count.broken(f"{at}: after the next run, {state}")


def play_moments(mode: str, scale: str, seed: int) -> Result:
    """300 kills on all cores; fast: a few, of a tenth of the rows."""
    if scale != FULL:
        return shown(kill_often(mode, 10_000, 10, f"{seed} {mode}"))
    total, workers = Count(), os.cpu_count() or 1
    shares = Counter(number % workers for number in range(300))
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        parts = [pool.submit(kill_often, mode, 200_000, share, f"{seed} {mode} {n}") for n, share in shares.items()]
        for part in parts:
            total.add(part.result())
    return shown(total)


CASES: tuple[Case, ...] = tuple(
    Case(name=NAME, database=f"SQLite, {mode}", target="0 lost", run=partial(play_moments, mode))
    for mode in ("delete", "wal")
)
