"""Peewee models ⇄ schema values."""

from peewit.models.build import add_deferred, build_model
from peewit.models.clauses import apply_clauses, foreign_key_of
from peewit.models.fields import (
    KEY_FIELDS,
    CheckText,
    FieldCall,
    Flags,
    ModelOf,
    SqlText,
    by_flag,
    constraint_argument,
    default_column,
    field_call,
    flag_index,
    flagged,
    flags_of,
    implied_method,
)
from peewit.models.indexes import index_method, index_of, indexes_not_made, is_of_another, read_index_part
from peewit.models.read import (
    read_column,
    read_constraint,
    read_model,
    read_models,
)
from peewit.models.source import NoSourceError, quoted, source_of_value
from peewit.models.spelling import read_default, render

__all__ = [
    "KEY_FIELDS",
    "CheckText",
    "FieldCall",
    "Flags",
    "ModelOf",
    "NoSourceError",
    "SqlText",
    "add_deferred",
    "apply_clauses",
    "build_model",
    "by_flag",
    "constraint_argument",
    "default_column",
    "field_call",
    "flag_index",
    "flagged",
    "flags_of",
    "foreign_key_of",
    "implied_method",
    "index_method",
    "index_of",
    "indexes_not_made",
    "is_of_another",
    "quoted",
    "read_column",
    "read_constraint",
    "read_default",
    "read_index_part",
    "read_model",
    "read_models",
    "render",
    "source_of_value",
]
