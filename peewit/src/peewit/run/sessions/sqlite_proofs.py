"""What a migration on SQLite proves of its tables before it is kept: noted before they change, asked at the end."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import peewee

from peewit.dataclass import dataclass
from peewit.errors import DataError, PeewitError, UnsupportedChangeError
from peewit.run.database.soundness import damage
from peewit.run.sessions.counting import counted
from peewit.run.sessions.dependents import why_not
from peewit.schema import Found
from peewit.sql import quote_name


@dataclass(slots=True)
class SqliteProofs:
    """What was true of tables beforehand, by their names now.

    ``orphans``: how many rows referred to nothing. ``mismatches``: what SQLite said of references that fit no key.
    ``counters``: where AUTOINCREMENT counted on from. ``full``: a table that was copied is checked whole.
    """

    database: peewee.SqliteDatabase
    full: bool = False
    orphans: dict[str, int] = field(default_factory=dict)
    mismatches: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int | None] = field(default_factory=dict)

    def forget(self) -> None:
        """A transaction has ended."""
        for notes in (self.orphans, self.mismatches, self.counters):
            notes.clear()

    def follow(self, before: str, after: str) -> None:
        """What was noted of a table is known by its new name."""
        notes: tuple[dict[str, Any], ...] = (self.orphans, self.mismatches)
        for noted in notes:
            if before in noted:
                noted[after] = noted.pop(before)

    # ------------------------------------------------------------------ noting

    def note_rows(self, table: str) -> None:
        """How many rows of a table refer to nothing."""
        if table not in self.orphans:
            self.orphans[table] = self._orphan_rows(table)

    def note_keys(self, table: str) -> None:
        """Whether what a table refers to, and what refers to it, fits a key."""
        if table not in self.mismatches:
            self.mismatches[table] = self._mismatch(table)

    def note_counter(self, table: str) -> None:
        """Where AUTOINCREMENT of a table that will be copied counts on from."""
        self.counters[table] = self._counter(table)

    # ------------------------------------------------------------------ proving

    def refuse_mismatches(self) -> None:
        """UnsupportedChangeError where a reference fits no key any more."""
        for table, known in self.mismatches.items():
            problem = self._mismatch(table)
            if problem not in ("", known):
                raise _no_key(problem)

    def refuse_losses(self, found: Found) -> None:
        """DataError where more rows refer to nothing than before; PeewitError where a copy is not as it was."""
        for table, counter in self.counters.items():
            self._refuse_copied(found, table, counter)
        there = found.names
        for table, orphans in self.orphans.items():
            if orphans >= 0 and table.lower() in there:
                self._refuse_orphans(table, orphans)

    def _refuse_copied(self, found: Found, table: str, counter: int | None) -> None:
        """After a rebuild no number is given a second time; where the proof is ``full``, the new table is sound."""
        entry = found.table(table)
        if entry is None:
            return  # it was renamed or dropped since
        counts = any(column.autoincrement for column in entry.table.columns)
        if counts and counter is not None and (self._counter(table) or 0) < counter:
            raise PeewitError(f'the AUTOINCREMENT counter of table "{table}" would have gone back from {counter}')
        if self.full:
            told = damage(self._rows(f"PRAGMA quick_check({quote_name(table)})"))
            if told:
                raise PeewitError(f'the new table "{table}" is not sound: {"; ".join(told)}')

    def _refuse_orphans(self, table: str, orphans: int) -> None:
        try:
            rows = self._foreign_key_check(table)
        except peewee.OperationalError as error:
            raise _no_key(str(error)) from error
        if len(rows) > orphans:
            problem = f'{{count}} rows of "{table}" would refer to rows of "{rows[0][2]}" that are not there'
            raise DataError(counted(problem, len(rows)))

    # ------------------------------------------------------------------ asking

    def _orphan_rows(self, table: str) -> int:
        """-1 where SQLite cannot tell, because what they refer to is no key."""
        try:
            return len(self._foreign_key_check(table))
        except peewee.OperationalError:
            return -1

    def _foreign_key_check(self, table: str) -> list[Any]:
        """The rows of a table that refer to nothing."""
        return self._rows(f"PRAGMA foreign_key_check({quote_name(table)})")

    def _mismatch(self, table: str) -> str:
        """What SQLite says where a table refers to something that is no key, or others do so to it."""
        problem = why_not(self.database, f"DELETE FROM {quote_name(table)}")
        return problem if "foreign key mismatch" in problem else ""

    def _counter(self, table: str) -> int | None:
        """Where AUTOINCREMENT of a table counts on from: https://www.sqlite.org/autoinc.html."""
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
            return None
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE lower(name) = lower(?)", (table,))
        return int(rows[0][0] or 0) if rows else None

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        return list(self.database.execute_sql(sql, params).fetchall())


def _no_key(problem: str) -> UnsupportedChangeError:
    return UnsupportedChangeError(
        problem, hint="keep what is referred to a primary key or unique, or drop the reference first"
    )
