"""Our own tables are read while another process makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peewee as pw

from peewit.run.records.history import History


class BehindDatabase(pw.SqliteDatabase):
    """A database in which another process makes the history between two questions of ours."""

    def get_tables(self, schema: str | None = None) -> Any:
        other = pw.SqliteDatabase(self.database)
        with other.connection_context():
            other.execute_sql("CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY, name, migrated_at)")
            other.execute_sql("INSERT INTO history (name) VALUES ('001')")
        return super().get_tables(schema)


def test_a_history_that_is_made_meanwhile(tmp_path: Path) -> None:
    """Not there when it is read, there when that is looked into: it is read again, and nobody fails."""
    database = BehindDatabase(str(tmp_path / "app.db"))

    with database.connection_context():
        assert History(database, "history", None).names() == ["001"]
