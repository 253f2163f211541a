"""The tables a migration is about: of one that is half done they are neither as before it nor as after it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import peewee

from peewit.errors import PeewitError
from peewit.files.loader import Migration
from peewit.operations import Operation, RenameTable, RunSql
from peewit.operations.replay import tables_of
from peewit.run.records.run_log import RunLog
from peewit.run.replaying.replay import Replay
from peewit.schema import Schema

_WORD = re.compile(r"\w+")


def changed_by(operations: Iterable[Operation]) -> set[str]:
    """The tables that operations speak of, under the names from before and after."""
    found: set[str] = set()
    for operation in operations:
        found |= tables_of(operation)
        if isinstance(operation, RenameTable):
            found.add(operation.key)
    return found


def touched(migration: Migration, log: RunLog, state: Schema, database: peewee.Database) -> set[str]:
    """The tables that an open run changes, as far as operations and texts tell; ``state`` is what it began with.

    Of what it says by itself, in SQL, every table counts whose name occurs.
    """
    replay = Replay(state, database)
    texts = [mark.sql for marks in log.earlier.values() for mark in marks]
    texts += [] if log.open is None else [log.open.sql]
    try:
        replay.run(migration.migrate if log.entry.action == "migrate" else migration.rollback, migration)
    except PeewitError:
        texts.append(migration.source.decode(errors="replace"))  # how far it would go is not known
    if log.wrote:
        texts.append(migration.source.decode(errors="replace"))
    texts += [operation.sql for operation in replay.recorded if isinstance(operation, RunSql)]
    words = {word.lower() for text in texts for word in _WORD.findall(text)}
    return changed_by(replay.recorded) | {table.key for table in state if table.name.lower() in words}
