"""A project with migrations in a folder of its own, on a server."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee as pw

from peewit import MigrationManager

HEAD = "import peewee as pw\nimport uuid\n\ndef migrate(migrator, database, *, fake=False):\n"
BACK = "\n\ndef rollback(migrator, database, *, fake=False):\n"


def url_of(database: pw.Database) -> str:
    """The URL another process reaches a test's database by."""
    if isinstance(database, pw.SqliteDatabase):
        return f"sqlite:///{database.database}"
    kind = "postgresql" if isinstance(database, pw.PostgresqlDatabase) else "mysql"
    options = {name: value for name, value in database.connect_params.items() if name in ("host", "port")}
    socket = database.connect_params.get("unix_socket")
    if socket:
        return f"{kind}://{database.connect_params['user']}@/{database.database}?unix_socket={socket}"
    host = options.get("host", "127.0.0.1")
    user = database.connect_params["user"]
    if str(host).startswith("/"):
        return f"{kind}://{user}@/{database.database}?host={host}"
    return f"{kind}://{user}@{host}:{options.get('port') or 5432}/{database.database}"


class ServerProject:
    """One application: its database, its migrations folder, and the models it has at the moment."""

    def __init__(self, folder: Path, database: pw.Database) -> None:
        self.directory = folder / "migrations"
        self.directory.mkdir()
        self.database = database
        self.models: Sequence[type[pw.Model]] = ()

    def manager(self, **settings: Any) -> MigrationManager:
        """The application's manager."""
        return MigrationManager(self.database, self.directory, models=tuple(self.models), **settings)

    def write(self, name: str, body: str, back: str = "pass", head: str = "") -> None:
        """Write a migration file."""
        text = head + HEAD + textwrap.indent(textwrap.dedent(body).strip(), "    ")
        text += BACK + textwrap.indent(textwrap.dedent(back).strip(), "    ") + "\n"
        (self.directory / f"{name}.py").write_text(text, encoding="utf-8")

    def sql(self, sql: str, *params: Any) -> list[Any]:
        """Run a statement; its rows."""
        with self.database.connection_context() if self.database.is_closed() else _Open():
            cursor = self.database.execute_sql(sql, params)
            return list(cursor.fetchall()) if cursor.description else []

    def change(self, *models: type[pw.Model], name: str = "change", **answers: Any) -> str:
        """Take these models, create the migration that follows them, apply it; its text."""
        self.models = models
        for model in models:
            model._meta.database = self.database
        path = self.manager().create(name, **answers)
        self.manager().migrate()
        return "" if path is None else path.read_text(encoding="utf-8")


class _Open:
    """A connection that is open already stays so."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


@contextmanager
def another_writes(project: ServerProject, table: str, pause: float = 0.0) -> Iterator[list[str]]:
    """A program of before a migration that goes on writing names into a table, and nulls into the rest; those it wrote."""
    mine, stop, written = project.database, threading.Event(), list[str]()
    other = type(mine)(mine.database, **mine.connect_params)

    def write() -> None:
        with other.connection_context():
            while not stop.is_set():
                try:
                    other.execute_sql(f"INSERT INTO {table} (name) VALUES (%s)", (name := f"w{len(written)}",))
                except pw.DatabaseError:
                    return  # there is no value for it any more
                written.append(name)
                time.sleep(pause)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield written
    finally:
        stop.set()
        writer.join()
