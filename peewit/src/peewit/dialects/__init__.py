"""What each database can do, declared as one value: flags, type spellings, canonical form."""

from peewit.dialects.base import Dialect
from peewit.dialects.sqlite import SQLITE, Affinity, SqliteDialect, affinity, plain_foreign_key, plain_type

__all__ = ["SQLITE", "Affinity", "Dialect", "SqliteDialect", "affinity", "plain_foreign_key", "plain_type"]
