"""A migration file may try something, catch the error and go on; on PostgreSQL the error would end its transaction.

So while a migration runs, every statement its thread sends through the application's own database object
stands in a savepoint. The object is put back as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee

_OF_TRANSACTIONS = ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE", "SET")


_ours: set[int] = set()
"""The threads that are sending statements of our own: nobody goes on after one of those has failed."""


@contextmanager
def ours() -> Iterator[None]:
    """Statements of our own stand in no savepoint: two questions less for each."""
    mine = threading.get_ident()
    inner = mine in _ours
    _ours.add(mine)
    try:
        yield
    finally:
        if not inner:
            _ours.discard(mine)


@contextmanager
def savepoints(database: peewee.Database, told: Callable[[str], None]) -> Iterator[None]:
    """Put each statement of this thread into a savepoint of its own, for as long as the block runs.

    ``told`` hears of each that succeeded. ``options`` are what a kind of database has beside the statement.
    """
    mine, own = threading.get_ident(), vars(database)
    real: Any = database.execute_sql

    def execute_sql(sql: str, params: Any = None, **options: Any) -> Any:
        words = sql.split(None, 1)
        if (
            threading.get_ident() != mine
            or mine in _ours
            or not words
            or words[0].upper().rstrip(";") in _OF_TRANSACTIONS
        ):
            return real(sql, params, **options)
        real("SAVEPOINT peewit_body")
        try:
            cursor = real(sql, params, **options)
        except peewee.DatabaseError:
            real("ROLLBACK TO SAVEPOINT peewit_body")
            raise
        real("RELEASE SAVEPOINT peewit_body")
        told(sql)
        return cursor

    own["execute_sql"] = execute_sql
    try:
        yield
    finally:
        del own["execute_sql"]
