"""A SQLite file that is only looked at: through a connection that cannot write, and that waits for nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee

from peewit.run.database.diverting import diverted, state_of


class ReadOnly(peewee.SqliteDatabase):
    """A file that is only read, and not waited for; with the functions and collations of the application's own."""

    private = True

    def __init__(self, path: str, like: peewee.SqliteDatabase) -> None:
        mode = "mode=ro&immutable=1" if closed_for_us(path) else "mode=ro"
        super().__init__(f"{Path(path).resolve().as_uri()}?{mode}", uri=True, timeout=0, thread_safe=False)
        for name in ("_aggregates", "_collations", "_functions", "_window_functions", "_extensions"):
            setattr(self, name, getattr(like, name).copy())


def closed_for_us(path: str) -> bool:
    """Whether SQLite could not read a file in WAL mode, for it may make no files beside it; nobody has it open then.

    https://www.sqlite.org/wal.html#readonly
    """
    beside = (Path(f"{path}{ending}") for ending in ("-wal", "-journal"))
    with Path(path).open("rb") as file:
        in_wal_mode = file.read(20)[18:20] == b"\x02\x02"
    return in_wal_mode and not os.access(Path(path).resolve().parent, os.W_OK) and not any(f.exists() for f in beside)


@contextmanager
def lent(database: peewee.SqliteDatabase, path: str) -> Iterator[None]:
    """Let a database object of this thread look at its file through such a connection."""
    reader = ReadOnly(path, database)
    reader.connect()
    try:
        with diverted(database, state_of(reader)):
            yield
    finally:
        reader.close()
