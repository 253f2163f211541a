"""Reading what is there: live databases, and the models of an application."""

from peewit.read.discovery import Discovered, Skipped, discover, same_database
from peewit.read.sqlite import QUERY, read_found, schema_of, table_of

__all__ = ["QUERY", "Discovered", "Skipped", "discover", "read_found", "same_database", "schema_of", "table_of"]
