"""What each database can do, declared as one value: flags, type spellings, canonical form."""

from peewit.dialects.base import Dialect
from peewit.dialects.mysql import MYSQL, MysqlDialect
from peewit.dialects.postgres import POSTGRES, PostgresDialect
from peewit.dialects.server import ServerDialect
from peewit.dialects.sqlite import SQLITE, Affinity, SqliteDialect, affinity, plain_foreign_key, plain_type

__all__ = [
    "MYSQL",
    "POSTGRES",
    "SQLITE",
    "Affinity",
    "Dialect",
    "MysqlDialect",
    "PostgresDialect",
    "ServerDialect",
    "SqliteDialect",
    "affinity",
    "plain_foreign_key",
    "plain_type",
]
