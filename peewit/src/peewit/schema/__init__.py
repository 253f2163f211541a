"""What a database is: frozen values, no back-pointers; an edit returns a new value."""

from peewit.schema.distinct import all_the_same, own_values
from peewit.schema.found import NOTHING, Found, FoundIndex, FoundKey, FoundObject, FoundOnServer, FoundTable
from peewit.schema.keys import key_of, parts_of
from peewit.schema.values import (
    Column,
    Constraint,
    Default,
    ForeignKey,
    Generated,
    Index,
    Part,
    Schema,
    Spelling,
    Table,
    Type,
)

__all__ = [
    "NOTHING",
    "Column",
    "Constraint",
    "Default",
    "ForeignKey",
    "Found",
    "FoundIndex",
    "FoundKey",
    "FoundObject",
    "FoundOnServer",
    "FoundTable",
    "Generated",
    "Index",
    "Part",
    "Schema",
    "Spelling",
    "Table",
    "Type",
    "all_the_same",
    "key_of",
    "own_values",
    "parts_of",
]
