"""An empty database on which something hostile is tried, the same for all kinds: made, asked, looked at."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import peewee as pw

from peewit import MigrationManager
from peewit.compile.server_text import undoubled

from .. import servers
from ..laws import live as file
from ..laws.server_live import Live, literal
from ..laws.worlds import MARIADB, POSTGRES, SQLITE, World
from ..sqlite.project import FrozenDatabase

Model = type[pw.Model]
Rows = list[tuple[Any, ...]]
HISTORY = "migratehistory"

exceptions: Any = vars(pw)["__exception_wrapper__"]


class Place:
    """One database and the migrations folder of the application that has it."""

    world: World
    database: pw.Database

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = folder / "migrations"
        self.impossible = _impossible(type(self).__name__ + self.world.name)

    def fresh(self) -> None:
        """An empty database, and no migrations."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.empty()

    def empty(self) -> None:
        """An empty database."""
        raise NotImplementedError

    def ask(self, sql: str) -> Rows:
        """The rows of a statement in which a ``%`` means itself."""
        raise NotImplementedError

    def look(self) -> Any:
        """The schema, as the database describes it, without peewit's own tables."""
        raise NotImplementedError

    def made_by_peewee(self, models: Sequence[Model]) -> Any:
        """The schema ``create_tables()`` makes in the empty database; None where it cannot."""
        raise NotImplementedError

    def quoted(self, name: str) -> str:
        """A name in SQL: on a server, as drivers have it, every ``%`` is written twice in models."""
        return self.world.quoted(name if self.world is SQLITE else undoubled(name))

    def values(self, table: str, column: str) -> Rows:
        """The values of a column, each with its type where the database keeps one."""
        raise NotImplementedError

    def literal(self, value: Any) -> str:
        """A value in SQL."""
        return literal(value, self.world)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Put one row into a table."""
        columns, values = ", ".join(map(self.quoted, row)), ", ".join(map(self.literal, row.values()))
        self.ask(f"INSERT INTO {self.quoted(table)} ({columns}) VALUES ({values})")

    def manager(self, models: Sequence[Model], **settings: Any) -> MigrationManager:
        """The manager of an application with these models."""
        self.database.bind(list(models))
        return MigrationManager(self.database, self.directory, models=list(models), **settings)


class FilePlace(Place):
    """A SQLite file."""

    world = SQLITE

    def __init__(self, folder: Path, *, frozen: bool = False) -> None:
        super().__init__(folder)
        self.path = folder / "app.db"
        kind = FrozenDatabase if frozen else pw.SqliteDatabase
        self.database = kind(str(self.path), pragmas={"foreign_keys": 1})

    def empty(self) -> None:
        self.database.close()
        for path in self.folder.glob("*.db*"):
            path.unlink()

    def ask(self, sql: str) -> Rows:
        with contextlib.closing(file.opened(self.path)) as connection, exceptions:
            connection.text_factory = lambda data: data.decode(errors="surrogateescape")
            return connection.execute(sql).fetchall()

    def look(self) -> Any:
        with contextlib.closing(file.opened(self.path)) as connection:
            return file.schema_of(connection)

    def values(self, table: str, column: str) -> Rows:
        quoted = self.quoted(column)
        return self.ask(f"SELECT typeof({quoted}), hex({quoted}) FROM {self.quoted(table)} ORDER BY rowid")

    def made_by_peewee(self, models: Sequence[Model]) -> Any:
        try:
            return file.made_by_peewee(models)
        except Exception:  # noqa: BLE001 - Peewee raises what it likes for a name it cannot write
            return None


class ServerPlace(Place):
    """A database of its own on a server."""

    def __init__(self, folder: Path, server: servers.Server) -> None:
        self.database = server.empty()
        self.database.connect()
        self.live = Live(self.database)
        self.world = self.live.world
        super().__init__(folder)

    def empty(self) -> None:
        self.live.empty()

    def ask(self, sql: str) -> Rows:
        with exceptions:
            return self.live.ask(sql)

    def look(self) -> Any:
        return self.live.schema()

    def _hidden(self) -> Rows:
        """Tables that nobody finds by their names: on PostgreSQL its catalogue comes first."""
        if self.world is not POSTGRES:
            return []
        return self.ask(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND NOT pg_table_is_visible(oid)"
        )

    def values(self, table: str, column: str) -> Rows:
        quoted = self.quoted(column)
        shown = f"{quoted}::text" if self.world is POSTGRES else f"hex({quoted})"
        return sorted(self.ask(f"SELECT {shown} FROM {self.quoted(table)}"), key=repr)

    def made_by_peewee(self, models: Sequence[Model]) -> Any:
        from ..laws.server_live import made_by_peewee

        self.database.bind(list(models))
        try:
            made = made_by_peewee(self.live, models)
            return None if made is not None and self._hidden() else made
        except Exception:  # noqa: BLE001 - a driver raises what it likes for a text it cannot send
            return None
        finally:
            if self.world is POSTGRES:
                self.database.rollback()


@cache
def _impossible(kind: str) -> set[str]:
    """The names of which a kind of database could not have one: they travel alone from then on."""
    del kind
    return set()


@contextlib.contextmanager
def place(kind: str) -> Iterator[Place]:
    """A place on this kind of database; MissingServerError where there is none."""
    with tempfile.TemporaryDirectory(prefix="peewit-names-") as name:
        folder = Path(name)
        if kind.startswith("sqlite"):
            made: Place = FilePlace(folder, frozen=kind != "sqlite")
        else:
            made = ServerPlace(folder, servers.lent(kind))
        try:
            yield made
        finally:
            if not made.database.is_closed():
                made.database.close()


KINDS = ("sqlite", servers.POSTGRES, servers.MARIADB)

__all__ = ["KINDS", "MARIADB", "POSTGRES", "SQLITE", "FilePlace", "Place", "ServerPlace", "place"]
