"""The journal beside the history: the source of every applied file, its checksum, who ran it, how long it took.

The history table wins over the journal: stock may have changed it without telling.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from peewit.run.own_table import OwnTable

BEGUN = "begin "
"""What the action of a run that is not finished begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one applied migration. ``seconds`` is how long it took."""

    name: str
    source: bytes
    checksum: str
    at: str
    seconds: float
    who: str


class Journal(OwnTable):
    """Reads and writes ``<history table>_journal``."""

    def __init__(self, database: peewee.Database, history_table: str, schema: str | None) -> None:
        super().__init__(database, f"{history_table}_journal", schema)

    def prepare(self) -> None:
        """Make the table if it is not there."""
        self.database.execute_sql(
            f"CREATE TABLE IF NOT EXISTS {self.path} ("
            f"id {self._types()['key']}, name VARCHAR(255) NOT NULL, action VARCHAR(20) NOT NULL, "
            "at VARCHAR(40) NOT NULL, seconds DOUBLE PRECISION NOT NULL, who VARCHAR(255) NOT NULL, "
            f"checksum VARCHAR(64) NOT NULL, source {self._types()['bytes']} NOT NULL, "
            f"steps {self._types()['long']} NOT NULL)"
        )

    def add(
        self, name: str, action: str, *, source: bytes, checksum: str, seconds: float, steps: Sequence[str]
    ) -> None:
        """Note what was done with a migration: ``migrate``, ``rollback``, ``fake`` or ``accept``."""
        from peewit.run.who import who

        self.database.execute_sql(
            f"INSERT INTO {self.path} (name, action, at, seconds, who, checksum, source, steps) "
            f"VALUES ({', '.join([self._mark] * 8)})",
            (name, action, _now(), seconds, who(), checksum, source, json.dumps(list(steps))),
        )

    def entries(self) -> dict[str, Entry]:
        """The newest entry of each migration that was applied and not rolled back since."""
        rows = self.select("name, action, at, seconds, who, checksum, source")
        found: dict[str, Entry] = {}
        for name, action, at, seconds, by, digest, source in rows:
            if action.startswith(BEGUN):
                continue
            if action == "rollback":
                found.pop(name, None)
                continue
            found[name] = Entry(name=name, source=bytes(source), checksum=digest, at=at, seconds=seconds, who=by)
        return found

    # ------------------------------------------------------------------ runs that are not finished

    def begin(self, name: str, action: str, *, source: bytes, checksum: str) -> int:
        """An open entry for a run that begins on a server's connection; its number."""
        self.add(name, f"{BEGUN}{action}", source=source, checksum=checksum, seconds=0.0, steps=())
        number = int(self._newest(name)[0])
        self.resume(number)
        return number

    def resume(self, number: int) -> None:
        """Note in an open entry who is at it now, and on which connection: for those who wait."""
        from peewit.run.who import who

        self.database.execute_sql(
            f"UPDATE {self.path} SET who = concat({self._mark}, ', connection ', connection_id()), at = {self._mark} "
            f"WHERE id = {self._mark}",
            (who()[:200], _now(), number),
        )

    def unfinished(self, name: str) -> tuple[int, str, str, str] | None:
        """Number, action, checksum and steps of a run that was begun and never finished."""
        newest = self._newest(name)
        if newest is None or not newest[1].startswith(BEGUN):
            return None
        number, action, digest, steps = newest
        return int(number), action[len(BEGUN) :], digest, steps

    def _newest(self, name: str) -> Any:
        cursor = self.database.execute_sql(
            f"SELECT id, action, checksum, steps FROM {self.path} WHERE name = {self._mark} ORDER BY id DESC LIMIT 1",
            (name,),
        )
        return cursor.fetchone()

    def update(self, number: int, steps: str) -> None:
        """Write down how far an open run is."""
        self.database.execute_sql(
            f"UPDATE {self.path} SET steps = {self._mark} WHERE id = {self._mark}", (steps, number)
        )

    def finish(self, number: int, action: str, *, seconds: float, steps: Sequence[str]) -> None:
        """Close an open entry: the run is done."""
        marks = self._mark
        self.database.execute_sql(
            f"UPDATE {self.path} SET action = {marks}, seconds = {marks}, steps = {marks} WHERE id = {marks}",
            (action, seconds, json.dumps(list(steps)), number),
        )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(sep=" ", timespec="milliseconds")
