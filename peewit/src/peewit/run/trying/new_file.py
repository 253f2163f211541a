"""The proof of a file that is about to be written: in memory, and where the database is on a server, there as well."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from peewit.dialects import ServerDialect
from peewit.errors import ConfigError
from peewit.files.loader import Migration
from peewit.operations import Operation
from peewit.run.database.target import Target
from peewit.run.sessions.choosing import dialect_of
from peewit.run.trying.proof import prove
from peewit.schema import Schema


def prove_new(
    migration: Migration, operations: Sequence[Operation], before: Schema, models: Sequence[Any], target: Target
) -> str:
    """ProofError where a new file does not do what it should; why a server was not asked, if so."""
    database, dialect = target.database, dialect_of(target.database)
    if not isinstance(dialect, ServerDialect):
        prove(migration, operations, before, models, database)
        return ""
    from peewit.run.trying.server_proof import prove_on_server, prove_purely

    prove_purely(migration, operations, before, models, database, dialect)
    with ExitStack() as stack:
        try:
            stack.enter_context(target.connected())
        except ConfigError as error:
            return error.message
        return prove_on_server(migration, operations, before, models, database, dialect)
