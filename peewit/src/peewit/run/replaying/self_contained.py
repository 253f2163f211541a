"""Migrations that need nothing of what was made before them: then no older file is replayed for them.

They make tables, and speak of no others. What they come to is the same on every schema that has none of these tables,
and whether the database has one it says itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import peewee

from peewit.errors import PeewitError
from peewit.files.loader import Migration
from peewit.operations import CreateTable, Operation, RenameTable
from peewit.operations.replay import tables_of
from peewit.run.replaying.outside import looks_around
from peewit.run.replaying.replay import Replay
from peewit.run.sessions.session import Session
from peewit.schema import Schema

FEW = 10
"""More migrations are not tried out beforehand: what is known of the older ones is found sooner."""

_CREATES = re.compile(rb"create_(?:model|table)\b")


def self_contained(migrations: Iterable[Migration], database: peewee.Database, session: Session) -> bool:
    """Whether migrations, run one after the other, only make tables that are not there, and change no others."""
    state, made = Schema(), set[str]()
    for migration in migrations:
        if _reaches_out(migration) or not (made or _CREATES.search(migration.source)):
            return False
        run = Replay(state, database)
        try:
            state = run.run(migration.migrate, migration)
        except PeewitError:
            return False  # it asks for what older files have made; or it is wrong, and says so when it is run
        if run.asked or not (run.is_all_of(migration) and _only_of(made, run.recorded)):
            return False
    keys = (column.foreign_key for table in state for column in table.columns)
    refers = any(key is not None and key.target not in state for key in keys)
    return not refers and all(session.table(key) is None for key in made)


def _reaches_out(migration: Migration) -> bool:
    """Whether a file may do more than ask its migrator, which it does not do a second time for this."""
    return bool(migration.foreign) or looks_around(migration.source)


def _only_of(made: set[str], operations: Sequence[Operation]) -> bool:
    """Whether operations are about tables that were made before them; ``made`` takes in what they make."""
    for operation in operations:
        if isinstance(operation, CreateTable | RenameTable):
            name = operation.table.key if isinstance(operation, CreateTable) else operation.after
            made.add(name)
        if not tables_of(operation) <= made:
            return False
    return True
