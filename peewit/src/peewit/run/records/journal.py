"""The journal beside the history: the source of every applied file, its checksum, who ran it, how long it took.

The history table wins over the journal: stock may have changed it without telling. A run that keeps its changes piece
by piece has an open entry here while it runs, and a row for each statement, which go when it is over. What has failed,
and left nothing, has a row that says so.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import peewee

from peewit.dataclass import dataclass
from peewit.run.records.own_table import OwnTable
from peewit.run.records.standing import BEGUN, FAILED, FORGET, newest, still_failed
from peewit.run.records.there import MARK

if TYPE_CHECKING:
    from peewit.reports import Failed

_COLUMNS = "name, action, at, seconds, who, checksum, source, steps"

_NOTE = f"{BEGUN}#"
"""What the action of a row of an open run begins with; the number of the run's entry follows."""


_THERE = f'["{MARK}'
"""What the steps of a migration begin with that made tables which were there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one applied migration. ``number`` finds its text; ``seconds`` is how long it took.

    It was run, or only ``marked``.
    """

    number: int
    name: str
    checksum: str
    at: str
    seconds: float
    who: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """A run that was begun and never finished: ``action`` is ``migrate`` or ``rollback``.

    ``failed`` is what it failed with, in short; empty where nobody came to write that down.
    """

    number: int
    name: str
    action: str
    at: str
    who: str
    checksum: str
    failed: str = ""


class Journal(OwnTable):
    """Reads and writes ``<history table>_journal``."""

    def __init__(self, database: peewee.Database, history_table: str, schema: str | None) -> None:
        super().__init__(database, f"{history_table}_journal", schema)

    def prepare(self) -> None:
        """Make the table if it is not there."""
        self.database.execute_sql(self.creation())
        if isinstance(self.database, peewee.SqliteDatabase):
            self._prepare_index()

    def creation(self) -> str:
        """The statement that makes the table if it is not there."""
        return (
            f"CREATE TABLE IF NOT EXISTS {self.path} ("
            f"id {self._types()['key']}, name VARCHAR(255) NOT NULL, action VARCHAR(20) NOT NULL, "
            "at VARCHAR(40) NOT NULL, seconds DOUBLE PRECISION NOT NULL, who VARCHAR(255) NOT NULL, "
            f"checksum VARCHAR(64) NOT NULL, source {self._types()['bytes']} NOT NULL, "
            f"steps {self._types()['long']} NOT NULL)"
        )

    def _prepare_index(self) -> None:
        """A start asks only whether a run is open: by this, without reading through the sources of what is over."""
        self.database.execute_sql(f"CREATE INDEX IF NOT EXISTS {self.beside('_open')} ON {self.quoted} (action)")

    def add(
        self, name: str, action: str, *, source: bytes, checksum: str, seconds: float, steps: Sequence[str]
    ) -> None:
        """Note what was done with a migration: ``migrate``, ``rollback``, ``fake`` or ``accept``."""
        self._insert(name, action, source, checksum, seconds, json.dumps(list(steps)))

    def add_together(self, files: Sequence[tuple[str, bytes]], seconds: float) -> None:
        """Note what was applied together, each with its text, and how long it took: ``seconds`` for each."""
        from peewit.files.checksum import checksum
        from peewit.run.records.who import who

        at, by = _now(), who()
        rows = [(name, "migrate", at, seconds, by, checksum(source), source, "[]") for name, source in files]
        self._insert_all(_COLUMNS, rows)

    def _insert(self, name: str, action: str, source: bytes, checksum: str, seconds: float, steps: str) -> int:
        """A new row; its number."""
        from peewit.run.records.who import who

        postgres = isinstance(self.database, peewee.PostgresqlDatabase)
        cursor = self.database.execute_sql(
            f"INSERT INTO {self.path} ({_COLUMNS}) "
            f"VALUES ({', '.join([self._mark] * 8)}){' RETURNING id' if postgres else ''}",
            (name, action, _now(), seconds, who(), checksum, source, steps),
        )
        return int(cursor.fetchone()[0] if postgres else cursor.lastrowid)

    def entries(self) -> dict[str, Entry]:
        """The newest entry of each migration that was applied and not rolled back since."""
        rows = newest(self.select("name, action, at, seconds, who, checksum, id"))
        return {name: _entry(*row) for name, row in rows.items()}

    def checksums(self) -> dict[str, tuple[str, int]]:
        """Of the same, only the checksum, and the number that finds the text."""
        rows = newest(self.select("name, action, checksum, id"))
        return {name: (digest, number) for name, (_, _, digest, number) in rows.items()}

    def marked(self) -> frozenset[str]:
        """The migrations that were only marked as applied, and are since."""
        found = newest(row for row in self.select("name, action") if row[1] != "accept")
        return frozenset(name for name, row in found.items() if row[1] == "fake")

    def forgotten(self) -> frozenset[str]:
        """The migrations that were only taken out of the history, and of which nothing was noted since."""
        last = dict(self.select("name, action"))
        return frozenset(name for name, action in last.items() if action == FORGET)

    def found(self) -> frozenset[str]:
        """The migrations that made tables which were there before them."""
        rows = self.select(f"name, action, substr(steps, 1, {len(_THERE)})")
        found = newest(row for row in rows if row[1] != "accept")
        return frozenset(name for name, row in found.items() if row[2] == _THERE)

    def past(self) -> list[tuple[str, str, str, float, str]]:
        """Every run, oldest first: name, action, when in UTC, seconds, who."""
        rows = self.select("name, action, at, seconds, who")
        return [
            (str(name), str(action), str(at)[:23], float(seconds), str(by))
            for name, action, at, seconds, by in rows
            if not (action.startswith(_NOTE) or action == FAILED)
        ]

    # ------------------------------------------------------------------ runs of which nothing is left

    def failed(self, name: str, why: str, *, checksum: str) -> None:
        """Note what a migration failed with of which nothing was kept: one row, whose former one goes."""
        marks = self._mark
        self.database.execute_sql(f"DELETE FROM {self.path} WHERE name = {marks} AND action = {marks}", (name, FAILED))
        self._insert(name, FAILED, b"", checksum, 0.0, json.dumps({"failed": why}))

    def failures(self) -> list[Failed]:
        """The migrations that failed, of which nothing was kept, and of which nothing was noted since."""
        if not self.select("1", f"WHERE action = '{FAILED}' LIMIT 1"):
            return []
        from peewit.reports import Failed

        rows = still_failed(self.select("name, action, at, who, id")).values()
        return [Failed(name, at, who, self._told(number).get("failed", "")) for name, _, at, who, number in rows]

    # ------------------------------------------------------------------ runs that are not finished

    def begin(self, name: str, action: str, *, source: bytes, checksum: str) -> int:
        """An open entry for a run that begins; its number."""
        number = self._insert(name, f"{BEGUN}{action}", source, checksum, 0.0, "[]")
        self.resume(number)
        return number

    def resume(self, number: int) -> None:
        """Note in an open entry who is at it now; on MariaDB and MySQL on which connection, for those who wait."""
        from peewit.run.records.who import who

        by = self._mark
        if isinstance(self.database, peewee.MySQLDatabase):
            by = f"concat({self._mark}, ', connection ', connection_id())"
        self.database.execute_sql(
            f"UPDATE {self.path} SET who = {by}, at = {self._mark} WHERE id = {self._mark}",
            (who()[:200], _now(), number),
        )

    def became(self, number: int, source: bytes, checksum: str) -> None:
        """The run of an open entry was finished with another text than it was begun with."""
        marks = self._mark
        self.database.execute_sql(
            f"UPDATE {self.path} SET source = {marks}, checksum = {marks} WHERE id = {marks}",
            (source, checksum, number),
        )

    def unfinished(self) -> list[OpenEntry]:
        """The runs that were begun and never finished, oldest first."""
        newest: dict[str, OpenEntry] = {}
        if not self.select("1", f"WHERE {self._begun} LIMIT 1"):
            return []
        for number, name, action, at, who, digest in self.select("id, name, action, at, who, checksum"):
            if action.startswith(_NOTE) or action == FAILED:
                continue
            newest.pop(name, None)
            if action.startswith(BEGUN):
                kind = action.removeprefix(BEGUN)
                newest[name] = OpenEntry(number=number, name=name, action=kind, at=at, who=who, checksum=digest)
        return [replace(entry, failed=self._told(entry.number).get("failed", "")) for entry in newest.values()]

    def fail(self, number: int, why: str) -> None:
        """Note in an open entry what its run failed with; nothing, where it goes on."""
        told = {**self._told(number), "failed": why}
        self.database.execute_sql(
            f"UPDATE {self.path} SET steps = {self._mark} WHERE id = {self._mark}", (json.dumps(told), number)
        )

    def _told(self, number: int) -> dict[str, Any]:
        """What an open entry itself says of its run; older ones have a list of stretches there."""
        return json.loads(self.steps_of(number)) or {}

    def steps_of(self, number: int) -> str:
        """What an entry says was done."""
        return str(self._one("steps", number))

    def source_of(self, number: int) -> bytes:
        """The text of the migration an entry is about."""
        return bytes(self._one("source", number))

    def _one(self, column: str, number: int) -> Any:
        cursor = self.database.execute_sql(f"SELECT {column} FROM {self.path} WHERE id = {self._mark}", (number,))
        return cursor.fetchone()[0]

    def finish(self, number: int, action: str, *, seconds: float, steps: Sequence[str]) -> None:
        """Close an open entry: the run is done. What it noted on its way goes."""
        marks = self._mark
        self.database.execute_sql(
            f"UPDATE {self.path} SET action = {marks}, seconds = {marks}, steps = {marks} WHERE id = {marks}",
            (action, seconds, json.dumps(list(steps)), number),
        )
        self.database.execute_sql(f"DELETE FROM {self.path} WHERE action = {marks}", (f"{_NOTE}{number}",))

    # ------------------------------------------------------------------ the rows of an open run

    def note(self, number: int, name: str, text: str) -> int:
        """A row of an open run: what it is about to do, or has done; its number."""
        return self._insert(name, f"{_NOTE}{number}", b"", "", 0.0, text)

    def correct(self, row: int, text: str) -> bool:
        """Write a row of an open run anew; False where it is gone, with a transaction the file has rolled back."""
        sql = f"UPDATE {self.path} SET steps = {self._mark} WHERE id = {self._mark}"
        return bool(self.database.execute_sql(sql, (text, row)).rowcount)

    def strike(self, row: int) -> None:
        """Take a row of an open run back."""
        self.database.execute_sql(f"DELETE FROM {self.path} WHERE id = {self._mark}", (row,))

    def notes(self, number: int) -> list[tuple[int, str]]:
        """The rows of an open run, in the order they were written, each with its number."""
        cursor = self.database.execute_sql(
            f"SELECT id, steps FROM {self.path} WHERE action = {self._mark} ORDER BY id", (f"{_NOTE}{number}",)
        )
        return [(int(row), text) for row, text in cursor.fetchall()]


def _entry(name: str, action: str, at: str, seconds: float, who: str, digest: str, number: int) -> Entry:
    marked = action == "fake"
    return Entry(number=number, name=name, checksum=digest, at=at, seconds=seconds, who=who, marked=marked)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(sep=" ", timespec="milliseconds")
