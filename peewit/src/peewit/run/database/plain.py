"""Asynchronous databases, those of ``playhouse.pwasyncio``: migrated through a plain object for the same database.

A migration holds its lock, its transaction and its settings on one connection of a plain driver, and some of what it
does (cancelling, copying a file, functions for SQLite) only such a driver can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import peewee

from peewit.errors import ConfigError

_SIGNS_IN = frozenset({"host", "port", "user", "password"})
"""What asyncpg and psycopg take alike."""

_TUNING = frozenset(
    {
        *("timeout", "command_timeout", "statement_cache_size", "max_cached_statement_lifetime"),
        *("max_cacheable_statement_size", "max_queries", "max_inactive_connection_lifetime"),
    }
)
"""What makes asyncpg faster or slower, and does not say where the database is."""

_OF_AIOMYSQL = frozenset({"autocommit", "echo", "loop", "pool_recycle"})

_OF_SQLITE = ("_aggregates", "_attached", "_collations", "_extensions", "_functions", "_window_functions")
"""What an application has taught its SQLite connections."""


def plain_of(database: Any) -> peewee.Database:
    """A plain database object that leads where an asynchronous one does; ConfigError where there can be none."""
    if isinstance(database, peewee.SqliteDatabase):
        return _plain_sqlite(database)
    if isinstance(database, peewee.MySQLDatabase):
        options = {key: value for key, value in database.connect_params.items() if key not in _OF_AIOMYSQL}
        return peewee.MySQLDatabase(database.database, **options)
    return peewee.PostgresqlDatabase(database.database, **_for_psycopg(database.connect_params))


def _plain_sqlite(database: Any) -> peewee.Database:
    if database.database == ":memory:":
        raise ConfigError(
            "an asynchronous database in memory cannot be migrated: no other connection reaches it",
            hint="migrate a file; in a test, one in a temporary folder",
        )
    plain = peewee.SqliteDatabase(
        database.database, pragmas=database._pragmas, timeout=database._timeout, **database.connect_params
    )
    for name in _OF_SQLITE:
        setattr(plain, name, getattr(database, name))
    return plain


def _for_psycopg(options: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(options) - _SIGNS_IN - _TUNING)
    if unknown:
        raise ConfigError(
            f'what "{unknown[0]}" means to asyncpg cannot be told to psycopg, which migrates',
            hint="give the manager a URL, or a PostgresqlDatabase of its own",
        )
    return {key: value for key, value in options.items() if key in _SIGNS_IN}
