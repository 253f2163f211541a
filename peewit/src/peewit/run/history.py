"""The history table, exactly as peewee-migrate keeps it: which migrations were applied, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import peewee

DEFAULT_TABLE = "migratehistory"


class History:
    """Reads and writes the rows of the history table; it is made when the first row is written."""

    def __init__(self, database: peewee.Database, table: str, schema: str | None) -> None:
        self._database = database
        quote = database.quote
        self._path = ".".join(_quoted(part, quote) for part in (schema, table) if part)
        self._mark = database.param

    def names(self) -> list[str]:
        """The applied migrations, oldest first; none where there is no table yet."""
        return [name for name, _ in self.rows()]

    def rows(self) -> list[tuple[str, Any]]:
        """Name and time of each applied migration, oldest first."""
        import peewee

        try:
            cursor = self._database.execute_sql(f"SELECT name, migrated_at FROM {self._path} ORDER BY id")
        except (peewee.OperationalError, peewee.ProgrammingError):
            if self._exists():
                raise
            return []
        return list(cursor.fetchall())

    def _exists(self) -> bool:
        kind = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
        name = self._path.strip(self._database.quote).replace(self._database.quote[0] * 2, self._database.quote[0])
        return self._database.execute_sql(kind, (name,)).fetchone() is not None

    def prepare(self) -> None:
        """Make the table if it is not there."""
        self._database.execute_sql(
            f"CREATE TABLE IF NOT EXISTS {self._path} ("
            '"id" INTEGER NOT NULL PRIMARY KEY, "name" VARCHAR(255) NOT NULL, "migrated_at" DATETIME NOT NULL)'
        )

    def add(self, name: str, at: Any) -> None:
        """Note that a migration was applied."""
        marks = f"{self._mark}, {self._mark}"
        self._database.execute_sql(f"INSERT INTO {self._path} (name, migrated_at) VALUES ({marks})", (name, at))

    def remove(self, name: str) -> None:
        """Note that a migration was rolled back."""
        self._database.execute_sql(f"DELETE FROM {self._path} WHERE name = {self._mark}", (name,))


def _quoted(name: str, quote: str) -> str:
    return f"{quote[0]}{name.replace(quote[0], quote[0] * 2)}{quote[-1]}"
