"""Beginning to write to a SQLite file that others write to as well: waited for, and told where it takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import peewee

from peewit.run.database.holding import PATIENT

WRITER = "another connection, which writes to the database"


@contextmanager
def begun(
    database: peewee.SqliteDatabase, kind: str, waiting: Callable[[str, float], None] | None = None
) -> Iterator[None]:
    """A transaction, once others let us write; ``waiting`` hears of it after a second, and how long it may last."""
    if kind != "IMMEDIATE" or waiting is None:
        with database.transaction(kind):
            yield
        return
    (patience,) = database.execute_sql("PRAGMA busy_timeout").fetchone()
    first = min(int(PATIENT * 1000), patience)
    with ExitStack() as stack:
        try:
            _bear(database, first)
            stack.enter_context(database.transaction(kind))
        except peewee.OperationalError as error:
            if str(error) != "database is locked" or first == patience:
                raise
            waiting(WRITER, patience / 1000)
            _bear(database, patience - first)
            stack.enter_context(database.transaction(kind))
        finally:
            _bear(database, patience)
        yield


def _bear(database: peewee.SqliteDatabase, milliseconds: int) -> None:
    """Wait so long for others."""
    database.execute_sql(f"PRAGMA busy_timeout = {milliseconds}")
