"""What a run would do, without doing it: the same code on a copy of the schema in memory."""

from __future__ import annotations

from collections.abc import Sequence

import peewee

from peewit.errors import RunError
from peewit.files.loader import Migration, load_leniently
from peewit.reports import Step
from peewit.run.apart import apart
from peewit.run.apply import Runner
from peewit.run.diverting import state_of
from peewit.run.history import DEFAULT_TABLE, History
from peewit.run.journal import Journal
from peewit.run.outside import OutsideError
from peewit.run.replay import Replay
from peewit.run.sandbox import MemoryDatabase, copy_schema
from peewit.run.server_plan import plan_on_server
from peewit.run.server_session import ServerSession
from peewit.run.sessions import session_on
from peewit.run.sqlite_session import SqliteSession
from peewit.schema import Schema


def planned(
    migrations: Sequence[Migration], state: Schema, database: peewee.Database, *, there: bool, online: bool
) -> list[Step]:
    """The steps of the migrations on a database, and what each of them would destroy.

    ``there``: whether the database is; ``online`` as for a session on PostgreSQL.
    """
    if isinstance(database, peewee.SqliteDatabase):
        return plan(migrations, state, database if there else None, database)
    session = session_on(database, online=online)
    assert isinstance(session, ServerSession)
    return plan_on_server(migrations, state, session, database)


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
            with apart(like, migration.source, state_of(memory)):
                step, state = _rehearse(runner, migration, state)
            steps.append(step)
        return steps
    finally:
        memory.close()


def _rehearse(runner: Runner, migration: Migration, state: Schema) -> tuple[Step, Schema]:
    """One file; where it needs rows, or what is outside, all of it that does not."""
    try:
        return runner.forward(migration, state)
    except RunError as error:
        if not isinstance(error.__cause__, OutsideError):
            replay = Replay(state, runner.real)
            replay.run(migration.migrate, migration)
            if not replay.passed:
                raise
        return runner.forward(load_leniently(migration, []), state)
