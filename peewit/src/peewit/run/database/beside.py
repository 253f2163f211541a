"""A connection of our own beside the one that migrates."""

from __future__ import annotations

import sys
from typing import Any

import peewee

from peewit.run.database.diverting import exceptions


def connect_beside(database: peewee.Database) -> Any:
    """One more connection of the driver, opened as the application's are."""
    with exceptions:
        connection = _past_pool(database)._connect()
    if hasattr(connection, "prepare_threshold"):
        connection.prepare_threshold = None  # a pooler may be in between
    return connection


def close_beside(database: peewee.Database, connection: Any) -> None:
    """Close it."""
    with exceptions:
        _past_pool(database)._close(connection)


def _past_pool(database: peewee.Database) -> Any:
    """The database as it connects without its pool, which may have no room for one more."""
    pooled: Any = getattr(sys.modules.get("playhouse.pool"), "PooledDatabase", ())
    return super(pooled, database) if isinstance(database, pooled) else database
