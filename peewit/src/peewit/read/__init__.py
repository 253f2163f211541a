"""Reading what is there: live databases, and the models of an application."""

from peewit.read.discovery import Discovered, Skipped, discover, same_place
from peewit.read.sqlite import QUERY, read_found, schema_of, table_of

__all__ = ["QUERY", "Discovered", "Skipped", "discover", "read_found", "same_place", "schema_of", "table_of"]
