"""The history table, exactly as peewee-migrate keeps it: which migrations were applied, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import peewee

from peewit.run.records.own_table import OwnTable
from peewit.run.records.standing import once

DEFAULT_TABLE = "migratehistory"


class History(OwnTable):
    """Reads and writes the rows of the history table; it is made when the first row is written."""

    def names(self) -> list[str]:
        """The applied migrations, oldest first. What was noted twice counts once."""
        return list(dict.fromkeys(row[0] for row in self.select("name")))

    def has(self, name: str) -> bool:
        """Whether a migration was applied."""
        found = self.database.execute_sql(f"SELECT 1 FROM {self.path} WHERE name = {self._mark} LIMIT 1", (name,))
        return found.fetchone() is not None

    def at_start(self) -> tuple[list[str], bool]:
        """The applied migrations, oldest first, and whether a run may have been interrupted half way.

        Asked at every start, so it is one SELECT. Where there is no journal it fails, which on PostgreSQL would end a
        transaction of the application's: in one, it is asked in a savepoint.
        """
        half = f"EXISTS (SELECT 1 FROM {self.beside('_journal')} WHERE {self._begun})"
        try:
            with self._unharmed():
                rows = self.database.execute_sql(f"SELECT name, {half} FROM {self.path} ORDER BY id").fetchall()
                if not rows:
                    return [], bool(self.database.execute_sql(f"SELECT {half}").fetchone()[0])
        except peewee.DatabaseError:  # there is no journal yet, or no history
            return self.names(), False
        return list(dict.fromkeys([row[0] for row in rows])), bool(rows[0][1])

    def _unharmed(self) -> AbstractContextManager[object]:
        """Around a question that may fail: a transaction the application has open goes on."""
        if not isinstance(self.database, peewee.PostgresqlDatabase):
            return nullcontext()
        told = getattr(self.database.connection(), "info", None)
        open_one = getattr(told, "transaction_status", 0) != 0
        return self.database.savepoint() if open_one else nullcontext()

    def rows(self) -> list[tuple[str, Any]]:
        """Name and time of each applied migration, oldest first. What was noted twice counts once."""
        return once(self.select("name, migrated_at"))

    def prepare(self) -> None:
        """Make the table if it is not there."""
        self.database.execute_sql(self.creation())

    def creation(self) -> str:
        """The statement that makes the table if it is not there."""
        return (
            f"CREATE TABLE IF NOT EXISTS {self.path} (id {self._types()['key']}, name VARCHAR(255) NOT NULL, "
            f"migrated_at {self._types()['time']} NOT NULL)"
        )

    def add(self, name: str, at: Any) -> None:
        """Note that a migration was applied."""
        self.database.execute_sql(
            f"INSERT INTO {self.path} (name, migrated_at) VALUES ({self._mark}, {self._mark})", (name, at)
        )

    def add_all(self, names: Sequence[str], at: Any) -> None:
        """Note that migrations were applied, in this order."""
        self._insert_all("name, migrated_at", [(name, at) for name in names])

    def remove(self, name: str) -> None:
        """Note that a migration was rolled back."""
        self.database.execute_sql(f"DELETE FROM {self.path} WHERE name = {self._mark}", (name,))
