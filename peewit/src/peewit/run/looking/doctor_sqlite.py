"""What ``doctor`` asks a SQLite file, through a connection that can only read."""

from __future__ import annotations

import copy
import os
import re
import shlex
import shutil
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import peewee

from peewit.dataclass import dataclass
from peewit.reports import Repair, Symptom
from peewit.run.database.lock import is_held
from peewit.run.database.soundness import RULES, lines_of, without_mistakes
from peewit.run.looking.asking import NOTE, PROBLEM, WARNING, Question, counted_rows
from peewit.run.looking.orphans import Reference, orphaned
from peewit.run.sessions.backup import copies_of, parts_of_copies
from peewit.sql import quote_name

PROBLEMS = 20
"""How many problems of a damaged file are asked for."""

_MOMENT = 0.2
"""Seconds between two looks at who writes."""

_RESERVED, _WAL_WRITE = 0x40000001, 120
"""The bytes a writer locks: of the file itself, and in WAL mode of its index: https://www.sqlite.org/walformat.html."""

LEFT = {"peewit_new_": "the table of a rebuild", "peewit_old_": "the table from before a rebuild"}
"""What names of ours begin with that no finished migration leaves behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A SQLite database to look at: ``database`` only reads, ``application`` is what the application opens."""

    path: str | None
    database: Any
    application: peewee.SqliteDatabase
    full: bool = False
    by_url: bool = False

    # ------------------------------------------------------------------ what needs no look inside

    def lock(self) -> Iterator[Symptom]:
        """Who migrates the file now, or did so and was killed."""
        lock = Path(f"{os.path.realpath(self.path or '')}-migrating")
        if self.path is None or not lock.exists():
            return
        text = lock.read_text(errors="replace").strip()
        if is_held(lock):
            yield _held(text)
        else:
            yield Symptom(
                NOTE,
                "lock",
                f"{lock.name} is left over: {text or 'its process'} ended without removing it",
                "it is harmless: the lock itself went with its process, and the next migrate takes the file over",
                (Repair(f"rm {shlex.quote(str(lock))}", "to have it gone"),),
            )

    def writer(self) -> Iterator[Symptom]:
        """Who else is in the middle of writing: seen twice, so that it is no write in passing.

        To try for the lock would be to take it, so the system is asked for its list of locks, which only Linux has.
        """
        if self.path is None:
            return
        pid = writer_of(self.path)
        if pid:
            time.sleep(_MOMENT)
        if pid and pid == writer_of(self.path):
            yield Symptom(
                WARNING,
                "lock",
                f"another process is writing, and lets nobody else write: {_named(pid)}",
                "a migration waits for it as long as the application's connections wait, then it is refused",
                (
                    Repair("peewit doctor", "again, when it is done"),
                    Repair(f"kill {pid}", "only where it hangs: what it has not committed is rolled back"),
                ),
            )

    def beside(self) -> Iterator[Symptom]:
        """The copies that were made before migrations, and what is left of one that was not finished."""
        if self.path is None:
            return
        copies = self.copies()
        if copies:
            newest = copies[-1]
            size = sum(entry.stat().st_size for entry in copies)
            number = f"{len(copies)} cop{'y' if len(copies) == 1 else 'ies'}"
            yield Symptom(NOTE, "copies", f"{number} of the database ({_bytes(size)}), the newest {newest.name}")
        for part in parts_of_copies(os.path.realpath(self.path)):
            yield Symptom(
                WARNING,
                "copies",
                f"{part.name} is left over from a copy that was not finished ({_bytes(part.stat().st_size)})",
                "its process was killed; nothing was changed before the copy was whole",
                (Repair(f"rm {shlex.quote(str(part))}"),),
            )

    def copies(self) -> list[Path]:
        """The copies, oldest first."""
        return copies_of(os.path.realpath(self.path)) if self.path else []

    def room(self) -> Iterator[Symptom]:
        """Whether there is room for a copy, and for a rebuild of everything in it."""
        if self.path is None:
            return
        needed = int(Path(self.path).stat().st_size * 2.1)
        free = shutil.disk_usage(Path(self.path).resolve().parent).free
        if free < needed:
            yield Symptom(
                WARNING,
                "disk",
                f"there is little room: {_bytes(free)} are free, and a copy and a rebuild of {self.path} may need "
                f"{_bytes(needed)}",
                "a migration that copies or drops something is refused before it begins, or rolled back",
                tuple(Repair(f"rm {shlex.quote(str(old))}", "an old copy") for old in self.copies()[:-1]),
            )

    def permissions(self) -> Iterator[Symptom]:
        """Whether this user may write the file and its folder."""
        folder = str(Path(self.path or "").resolve().parent)
        for place in filter(None, (self.path, folder if self.path else None)):
            if not os.access(place, os.W_OK):
                yield Symptom(
                    WARNING,
                    "permissions",
                    f"{place} may not be written by this user: migrate will be refused",
                    "the file itself and its folder, for the journal beside it, have to be writable",
                    (
                        Repair(
                            f"chmod u+w {shlex.quote(place)}", "if this user owns it; else migrate as the one who does"
                        ),
                    ),
                )

    # ------------------------------------------------------------------ whether it can be looked into

    def unreadable(self) -> Symptom | None:
        """Why nothing inside can be read, if so."""
        try:
            self.database.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()
        except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
            return self._why(str(error))
        return None

    def _why(self, error: str) -> Symptom:
        if error == "database is locked":
            return Symptom(
                WARNING,
                "file",
                "another process is writing the file at this moment, so nothing inside could be looked at",
                "SQLite locks readers out while it writes; this does not wait",
                (Repair("peewit doctor", "in a moment, again"),),
            )
        if "readonly" in error and Path(f"{self.path}-journal").exists():
            return Symptom(
                WARNING,
                "file",
                "a process was killed while it wrote the file, so nothing inside could be looked at",
                "nothing is lost: SQLite takes back what was not finished when the file is next opened by somebody "
                f"who may write it ({error})",
                (Repair("peewit status", "which opens it"), Repair("peewit doctor", "after that")),
            )
        if "readonly" in error or "unable to open" in error:
            return Symptom(
                WARNING,
                "file",
                f"this user may not read the file, so nothing inside could be looked at: {error}",
                "in WAL mode SQLite needs files beside it, and may make none here: look as the user who owns it",
            )
        return self.damaged([error])

    def damaged(self, lines: Iterable[str]) -> Symptom:
        """A file that is no database, or no whole one."""
        path, copies = shlex.quote(self.path or ""), self.copies()
        found = "; ".join(lines)
        repairs = [Repair(f"sqlite3 {path} .recover | sqlite3 {path}-recovered", "to save what can be read of it")]
        if copies:
            when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(copies[-1].stat().st_mtime))
            why = f"to go back to {when}; the damaged file is kept, with what was written since"
            repairs.insert(0, Repair(f"peewit restore {shlex.quote(copies[-1].name)}", why))
        return Symptom(
            PROBLEM,
            "file",
            f"the file {self.path} is damaged: {found}",
            "stop the application first, and keep a copy of the file as it is; is it the right file?",
            tuple(repairs),
        )

    # ------------------------------------------------------------------ what is inside

    def integrity(self) -> Iterator[Symptom]:
        """What SQLite itself finds wrong with the file."""
        pragma = "integrity_check" if self.full else "quick_check"
        try:
            told = lines_of(self.database.execute_sql(f"PRAGMA {pragma}({PROBLEMS})").fetchall())
            lines = without_mistakes(told, self.database)
        except (peewee.DatabaseError, sqlite3.DatabaseError) as error:  # Peewee does not turn what a cursor raises
            if "malformed" not in str(error):
                raise
            lines = [str(error)]
        indexes = dict.fromkeys(found[1] for line in lines if (found := re.search(r"index (\S+)$", line)))
        values = [line for line in lines if line.startswith(RULES)]
        if lines and indexes and all(" index " in line for line in lines):
            yield Symptom(
                PROBLEM,
                "file",
                f"indexes do not agree with their tables: {lines[0]}" + _more(lines),
                "queries that use them miss rows; the tables themselves are whole",
                tuple(Repair(f"REINDEX {quote_name(name)};") for name in indexes),
            )
        elif values and values == lines:
            yield Symptom(
                PROBLEM,
                "file",
                f"rows break a rule of their table: {'; '.join(values)}" + _more(lines),
                "they were written while the rule was not there or not enforced: correct the values",
            )
        elif lines:
            yield self.damaged(lines)

    def foreign_keys(self) -> Iterator[Symptom]:
        """The rows that refer to nothing, counted, with an example of each kind."""
        for table in self._tables():
            listed = self.database.execute_sql(f"PRAGMA foreign_key_list({quote_name(table)})").fetchall()
            if not listed:
                continue
            try:
                counts = Counter(
                    row[3] for row in self.database.execute_sql(f"PRAGMA foreign_key_check({quote_name(table)})")
                )
            except (peewee.OperationalError, sqlite3.OperationalError) as error:
                yield Symptom(
                    PROBLEM,
                    "foreign keys",
                    f'the references of "{table}" cannot be checked: {error}',
                    "what it refers to is no primary key and not unique; rows of it cannot be written with foreign "
                    "keys on",
                )
                continue
            yield from (self._orphans(table, listed, number, count) for number, count in sorted(counts.items()))

    def _orphans(self, table: str, listed: list[Any], number: int, count: int) -> Symptom:
        rows = sorted((row for row in listed if row[0] == number), key=lambda row: row[1])
        target = rows[0][2]
        info = self.database.execute_sql(f"PRAGMA table_info({quote_name(target)})").fetchall()
        key = [column[1] for column in sorted(info, key=lambda column: column[5]) if column[5]] or ["rowid"]
        own = self.database.execute_sql(f"PRAGMA table_info({quote_name(table)})").fetchall()
        never = {column[1].lower() for column in own if column[3] or column[5]}
        mine = [row[3] for row in rows]
        reference = Reference(
            table=quote_name(table),
            columns=[quote_name(name) for name in mine],
            target=quote_name(target),
            target_columns=[quote_name(row[4] or name) for row, name in zip(rows, key, strict=False)],
            nullable=not any(name.lower() in never for name in mine),
        )
        if not info:
            verb = "refers" if count == 1 else "refer"
            return Symptom(
                PROBLEM,
                "foreign keys",
                f'{counted_rows(count)} of "{table}" {verb} to table "{target}", which is not there',
                "the table was dropped or renamed while foreign keys were off",
            )
        found = self.database.execute_sql(reference.count).fetchone()
        return orphaned(reference, count, found[1])

    def enforced(self) -> Iterator[Symptom]:
        """Whether the application's own connection looks after foreign keys."""
        referring = [t for t in self._tables() if self._has_keys(t)]
        if not referring or self.by_url or self._application_enforces():
            return
        yield Symptom(
            WARNING,
            "foreign keys",
            f"the application does not enforce foreign keys, and {_some(referring)}",
            "SQLite checks none and follows no ON DELETE unless each connection asks for it:\n"
            'SqliteDatabase(…, pragmas={"foreign_keys": 1}); rows that refer to nothing until then are found here',
        )

    def _has_keys(self, table: str) -> bool:
        return bool(self.database.execute_sql(f"PRAGMA foreign_key_list({quote_name(table)})").fetchall())

    def _application_enforces(self) -> bool:
        """Asked of a database in memory that is opened as the application opens its own."""
        if not self.application.is_closed() and self.path is None:
            return bool(self.application.execute_sql("PRAGMA foreign_keys").fetchone()[0])
        twin: Any = copy.copy(self.application)
        own = vars(twin)
        own.update(_state=type(own["_state"])(), _lock=threading.RLock())
        for name in ("execute_sql", "_connect", "_close", "begin", "commit", "rollback"):
            own.pop(name, None)
        own.update(database=":memory:", connect_params={}, _attached={})
        twin.connect()
        try:
            return bool(twin.execute_sql("PRAGMA foreign_keys").fetchone()[0])
        finally:
            twin.close()

    def left_over(self) -> Iterator[Symptom]:
        """Tables under names of ours that no finished migration leaves."""
        tables = self._tables()
        known = {name.lower() for name in tables}
        for name in tables:
            for beginning, what in LEFT.items():
                if name.startswith(beginning):
                    yield self._left(name, name.removeprefix(beginning), what, known)

    def _left(self, name: str, real: str, what: str, known: set[str]) -> Symptom:
        count = self.database.execute_sql(f"SELECT count(*) FROM {quote_name(name)}").fetchone()[0]
        told = f'table "{name}" is left over: {what}, with {counted_rows(count)}'
        if real and real.lower() not in known:
            return Symptom(
                PROBLEM,
                "left over",
                told,
                f'there is no table "{real}": this has its rows',
                (Repair(f"ALTER TABLE {quote_name(name)} RENAME TO {quote_name(real)};"),),
            )
        meaning = f'table "{real}" is there and in use; what only this one has is lost with it'
        return Symptom(WARNING, "left over", told, meaning, (Repair(f"DROP TABLE {quote_name(name)};"),))

    def _tables(self) -> list[str]:
        rows = self.database.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [
            name
            for name, sql in rows.fetchall()
            if not name.startswith("sqlite_") and "VIRTUAL" not in sql[:20].upper()
        ]

    def whole(self) -> Question:
        """What is asked before all else inside the file."""
        return Question("file", "the file is whole", self.integrity)

    def questions(self) -> list[Question]:
        """What is asked of its rows and tables."""
        return [
            Question("foreign keys", "every row refers to something", self.foreign_keys),
            Question("foreign keys", "", self.enforced),
            Question("left over", "nothing temporary is left over", self.left_over),
        ]

    def surroundings(self) -> list[Question]:
        """What is asked beside the file."""
        return [
            Question("copies", "", self.beside),
            Question("disk", "", self.room),
            Question("permissions", "", self.permissions),
        ]


def writer_of(path: str) -> int:
    """The process that has begun to write to a file, ours aside; 0 where nobody has, or where it cannot be told."""
    locks = Path("/proc/locks")
    if not locks.exists():
        return 0
    places = {_inode(path): _RESERVED, _inode(f"{path}-shm"): _WAL_WRITE}
    for line in locks.read_text().splitlines():
        # 1: POSIX  ADVISORY  WRITE 4711 08:02:1234 1073741825 1073741825
        _, kind, *rest = line.split()
        if kind != "POSIX" or rest[1] != "WRITE" or rest[5] == "EOF":
            continue
        pid, inode, first, last = int(rest[2]), int(rest[3].rpartition(":")[2]), int(rest[4]), int(rest[5])
        if first <= places.get(inode, -1) <= last and pid not in (os.getpid(), 0, -1):
            return pid
    return 0


def _inode(path: str) -> int:
    try:
        return Path(path).stat().st_ino
    except FileNotFoundError:
        return -1


def _named(pid: int) -> str:
    """A process by its number, and by its name where that may be read."""
    try:
        return f"process {pid} ({Path(f'/proc/{pid}/comm').read_text().strip()})"
    except OSError:
        return f"process {pid}"


def _held(text: str) -> Symptom:
    """A migrator at work, and how to end one that hangs: only on its own machine."""
    found = re.search(r"@(\S+) \((\d+)\)", text)
    repairs = [Repair("peewit doctor", "again, when it is done")]
    if found and found[1] == socket.gethostname():
        repairs.append(Repair(f"kill {found[2]}", "only where it hangs"))
    return Symptom(
        WARNING,
        "lock",
        f"a migration is running: {text or 'it has just begun'}",
        "others wait for it; if it is ended, what it has not finished is rolled back",
        tuple(repairs),
    )


def _bytes(count: int) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count = count // 1000
    return f"{count:,} GB"


def _some(tables: list[str]) -> str:
    """That tables have something, by the name of one of them."""
    one = f'"{tables[0]}"'
    return f"{one} has some" if len(tables) == 1 else f"{len(tables)} tables have some, {one} among them"


def _more(lines: list[str]) -> str:
    return f", and {len(lines) - 1} more" if len(lines) > 1 else ""
