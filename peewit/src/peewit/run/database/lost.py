"""A connection to a server that broke off: told in one place, whichever driver says it and wherever it happened.

The first failure counts. What fails after it, in rolling back or cleaning up, fails because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import peewee

from peewit.errors import ConnectionLostError, PeewitError

GONE = {
    1053,  # the server is shutting down
    1927,  # the connection was killed
    2006,  # the server has gone away
    2013,  # the connection was lost during a query
    2055,  # the same, with the system's own error
    4031,  # the server has closed an idle connection
}
"""MariaDB's and MySQL's errors that say it, for drivers that do not keep note of it themselves."""

HINT = "when the server answers again, peewit status tells what was applied, and peewit migrate goes on from there"


def lost_connection(error: BaseException, database: peewee.Database) -> PeewitError | None:
    """What to tell where an error only says that a server's connection broke off; None for every other one.

    That is ConnectionLostError, or our own failure that was being cleaned up after when the connection broke off.
    """
    if not _says_it(error, database):
        return None
    first, before = error, error.__context__
    while before is not None:
        if isinstance(before, PeewitError):
            return before
        if _says_it(before, database):
            first = before
        before = before.__context__
    words = str(first).strip().splitlines() or [type(first).__name__]
    return ConnectionLostError(f"the connection to the server was lost: {words[0]}", hint=HINT)


def stopped_before(error: BaseException) -> BaseException | None:
    """What has stopped a run, where only cleaning up after that has failed: Ctrl-C cuts a driver off in the middle."""
    before = error.__context__
    while before is not None and isinstance(before, Exception):
        before = before.__context__
    return before


@contextmanager
def unless_lost(database: peewee.Database) -> Iterator[None]:
    """For what gives back a lock or a setting of the connection: where that is lost, so are they."""
    try:
        yield
    except (peewee.DatabaseError, peewee.InterfaceError) as error:
        if not _says_it(error, database):
            raise


def _says_it(error: BaseException, database: peewee.Database) -> bool:
    if not isinstance(error, peewee.DatabaseError | peewee.InterfaceError):
        return False
    return is_gone(database) or any(argument in GONE for argument in error.args if isinstance(argument, int))


def is_gone(database: peewee.Database) -> bool:
    """Whether Peewee takes a connection for open of which its driver knows that it is not."""
    if isinstance(database, peewee.SqliteDatabase) or database.is_closed():
        return False
    connection = database.connection()
    return bool(getattr(connection, "closed", False)) or not getattr(connection, "open", True)
