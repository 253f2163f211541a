"""Which session goes with which database; a server's is loaded where there is one."""

from __future__ import annotations

from functools import partial

import peewee

from peewit.dialects import MYSQL, POSTGRES, SQLITE, Dialect
from peewit.run.sessions.session import Session
from peewit.run.sessions.sqlite_session import SqliteSession


def dialect_of(database: peewee.Database | None) -> Dialect:
    """What is declared of a database's kind; of SQLite where there is none."""
    if isinstance(database, peewee.PostgresqlDatabase):
        return POSTGRES
    return MYSQL if isinstance(database, peewee.MySQLDatabase) else SQLITE


def session_on(
    database: peewee.Database,
    patience: float = 60.0,
    *,
    online: bool = False,
    path: str | None = None,
    proof: str = "basic",
) -> Session:
    """A session that migrates a database; on a server it waits ``patience`` seconds for others' locks.

    ``online``: on PostgreSQL, old rows are looked at under a lock that lets others read and write. ``path``, on SQLite,
    is the file, ``proof`` how much a rebuild has to prove.
    """
    if isinstance(database, peewee.PostgresqlDatabase):
        from peewit.run.sessions.postgres_session import PostgresSession
        from peewit.run.sessions.scratch import is_there

        return PostgresSession(database, patience=patience, online=online, equal=partial(is_there, database, POSTGRES))
    if isinstance(database, peewee.MySQLDatabase):
        from peewit.run.sessions.mysql_session import MysqlSession
        from peewit.run.sessions.scratch import is_there
        from peewit.run.sessions.trial import tried

        return MysqlSession(database, patience=patience, equal=partial(is_there, database, MYSQL), tried=tried)
    assert isinstance(database, peewee.SqliteDatabase)
    return SqliteSession(database, path=path, proof=proof)
