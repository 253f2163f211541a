"""Reading what is there: live databases, and, in :mod:`peewit.read.discovery`, the models of an application."""

from peewit.read.sqlite import QUERY, read_found, schema_of, table_of

__all__ = ["QUERY", "read_found", "schema_of", "table_of"]
