"""An answer that comes too late: a file that is written already has what it asks for."""

from __future__ import annotations

from collections.abc import Iterable

import peewee

from peewit.diff.answers import Answers, fields_of, split_field
from peewit.files.loader import Migration
from peewit.run.replaying.replay import replay_file
from peewit.schema import Schema


def has_done_it(migrations: Iterable[Migration], answers: Answers, database: peewee.Database | None) -> str:
    """The newest migration that did what one of the answers speaks of; empty where none did."""
    before, found = Schema({}), ""
    for migration in migrations:
        after = replay_file(migration, before, database)
        renamed = any(_has(old, before) and not _has(old, after) for old in answers.renames or ())
        if renamed or any(_needs(name, after) and not _needs(name, before) for name in answers.fill):
            found = migration.name
        before = after
    return found


def _has(name: str, schema: Schema) -> bool:
    """Whether there is such a table, or such a field."""
    table, field = split_field(name, schema)
    return name in schema.tables or (table in schema.tables and field in fields_of(schema[table]))


def _needs(name: str, schema: Schema) -> bool:
    """Whether a field is there and has a value in every row."""
    table, field = split_field(name, schema)
    return _has(name, schema) and table in schema.tables and not schema[table].of_field(field).null
