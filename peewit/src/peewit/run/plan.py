"""What a run would do, without doing it: the same code on a copy of the schema in memory."""

from __future__ import annotations

from collections.abc import Sequence

import peewee

from peewit.files.loader import Migration
from peewit.reports import Step
from peewit.run.apply import Runner
from peewit.run.history import DEFAULT_TABLE, History
from peewit.run.journal import Journal
from peewit.run.sandbox import MemoryDatabase, copy_schema
from peewit.run.sqlite_session import SqliteSession
from peewit.schema import Schema


def plan(
    migrations: Sequence[Migration], state: Schema, live: peewee.Database | None, like: peewee.Database
) -> list[Step]:
    """The steps of the migrations on an empty copy of the live schema; functions of files are not called."""
    memory = MemoryDatabase(like)
    memory.connect()
    try:
        if live is not None:
            copy_schema(live, memory)
        session = SqliteSession(memory, calls=False)
        runner = Runner(session, History(memory, DEFAULT_TABLE, None), Journal(memory, DEFAULT_TABLE, None), like)
        steps = []
        for migration in migrations:
            step, state = runner.forward(migration, state)
            steps.append(step)
        return steps
    finally:
        memory.close()
