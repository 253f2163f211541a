"""The databases cases run on: a file in a folder of its own, or an emptied database on a server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import peewee as pw
from playhouse.db_url import connect

from ..servers import LOCAL, MARIADB, POSTGRES, MissingServerError, Server, lent

DELETE, WAL = "sqlite", "sqlite-wal"
ENGINES = (DELETE, WAL, POSTGRES, MARIADB)
WAIT = 30
"""Seconds an application waits for a locked SQLite file."""

_SCHEMES = {POSTGRES: "postgresql", MARIADB: "mysql"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database: its engine, its URL, its name on its server, and the folder that holds the file of a SQLite one."""

    engine: str
    url: str
    folder: Path
    name: str = ""
    server: Server | None = None

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return self.folder / "app.db"

    def connect(self) -> pw.Database:
        """A database object of its own for it, unconnected."""
        database: pw.Database = connect(self.url)
        database.close()
        return database


@contextmanager
def place(engine: str, server: Server | None = None) -> Iterator[Place]:
    """An empty database, gone afterwards, on this server or the usual one; MissingServerError where that is missing."""
    folder = Path(tempfile.mkdtemp(prefix="peewit-case-"))
    try:
        if engine in (DELETE, WAL):
            yield Place(engine=engine, folder=folder, url=f"sqlite:///{folder / 'app.db'}?timeout={WAIT}")
            return
        server = server or server_of(engine)
        database = server.empty()
        name = str(database.database)
        yield Place(engine=engine, folder=folder, name=name, url=url_of(server, name), server=server)
    finally:
        shutil.rmtree(folder)


def url_of(server: Server, name: str, **settings: object) -> str:
    """A database on a server by URL; ``settings`` win over what the server is reached by."""
    options = {**server.options, **settings}
    user = options.pop("user")
    scheme = "psycopg3" if options.pop("prefer_psycopg3", False) else _SCHEMES[server.kind]
    return f"{scheme}://{user}@/{name}?{urlencode(options)}"


@cache
def server_of(engine: str) -> Server:
    """The server of an engine: the one that runs on its usual port, else one that is started for the tests."""
    if engine == MARIADB:
        return lent(MARIADB)
    try:
        return lent(LOCAL)
    except MissingServerError:
        return lent(POSTGRES)
