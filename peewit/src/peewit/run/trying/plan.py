"""What a run would do, without doing it: the same code on a copy of the schema in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import peewee

from peewit.compile import Backfill, Effect, Execute, Statement
from peewit.errors import RunError, SqlError
from peewit.files.loader import Migration, load_leniently
from peewit.operations import AddColumn, DropColumn, FillNulls, Operation, RunCode
from peewit.reports import Losing, Step
from peewit.run.applying.apply import Runner
from peewit.run.database.diverting import state_of
from peewit.run.records.history import DEFAULT_TABLE, History
from peewit.run.records.journal import Journal
from peewit.run.replaying.apart import apart
from peewit.run.replaying.outside import OutsideError
from peewit.run.replaying.replay import Replay
from peewit.run.replaying.sandbox import MemoryDatabase, copy_schema
from peewit.run.sessions.choosing import session_on
from peewit.run.sessions.estimate import timed
from peewit.run.sessions.losses import Former
from peewit.run.sessions.server_session import ServerSession
from peewit.run.sessions.session import Session
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.run.trying.on_paper import Rehearsal
from peewit.run.trying.server_plan import plan_on_server
from peewit.schema import Column, Schema, parts_of
from peewit.sql import parse_create_index, quote_name

SMALL = 100_000
"""A table of so many rows is counted in no time; of larger ones the server's estimate has to do."""


def planned(
    migrations: Sequence[Migration], state: Schema, database: peewee.Database, *, there: bool, online: bool
) -> list[Step]:
    """The steps of the migrations on a database, what each would destroy, and about how long its statements take.

    ``there``: whether the database is; ``online`` as for a session on PostgreSQL.
    """
    if not there:
        return list(_with_own(plan(migrations, state, None, database), migrations, state, database))
    session = session_on(database, online=online)
    if isinstance(session, SqliteSession):
        steps = plan(migrations, state, database, database)
    else:
        assert isinstance(session, ServerSession)
        steps = plan_on_server(migrations, state, session, database)
    return list(_with_own(list(timed(_counted(steps, session), session)), migrations, state, database))


def _with_own(
    steps: Sequence[Step], migrations: Sequence[Migration], state: Schema, database: peewee.Database
) -> Iterator[Step]:
    """The steps with what their files do past their migrator: found out by replaying them, where no rows are."""
    for step, migration in zip(steps, migrations, strict=True):
        rehearsal = Rehearsal(state, database)
        state = rehearsal.run(migration.migrate, migration)
        called = any(isinstance(operation, RunCode) for operation in step.operations)
        own = tuple(rehearsal.own)
        yield step._replace(own=own, code=bool(own or rehearsal.passed or called))


def _counted(steps: Sequence[Step], session: Session) -> Iterator[Step]:
    """The steps with what they destroy of what is there now; on SQLite also how many rows they write or read."""
    former = Former()
    for step in steps:
        lost = tuple(Losing(step.name, *loss) for loss in session.lost(step.operations, former))
        statements = step.statements
        if isinstance(session, SqliteSession):
            written = dict(_written(step.operations))
            statements = tuple(_with_rows(statement, written, session, former) for statement in statements)
        elif isinstance(session, ServerSession):
            statements = tuple(_counted_anew(statement, session, former) for statement in statements)
        yield step._replace(statements=statements, destroys=lost)


def _counted_anew(statement: Statement, session: ServerSession, former: Former) -> Statement:
    """What goes through a table, with its rows counted where the server believes that they are few: it may be wrong."""
    if not isinstance(statement, Execute | Backfill) or (effect := statement.effect) is None:
        return statement
    if not (effect.rewrites or effect.scans) or effect.rows > SMALL:
        return statement
    name = former.table(effect.table)
    rows = session.rows_of(name, SMALL) if name else 0
    return replace(statement, effect=replace(effect, rows=max(rows, effect.rows) if rows > SMALL else rows))


def _written(operations: Sequence[Operation]) -> Iterator[tuple[str, str]]:
    """How statements begin that write every row of a table where it is: DROP COLUMN, and an UPDATE that fills."""
    for operation in operations:
        match operation:
            case DropColumn(table=table, column=column):
                name = quote_name(parts_of(table)[1])
                yield f"ALTER TABLE {name} DROP COLUMN {quote_name(column)}", table
            case AddColumn(table=table, column=Column(name=column)) | FillNulls(table=table, column=column):
                yield f"UPDATE {quote_name(parts_of(table)[1])} SET {quote_name(column)} = ", table
            case _:
                pass


def _with_rows(statement: Statement, written: Mapping[str, str], session: SqliteSession, former: Former) -> Statement:
    """What writes a table anew, or makes an index of it, with how many rows it has."""
    if not isinstance(statement, Execute):
        return statement
    indexed = _indexed(statement.sql)
    begun = next((table for beginning, table in written.items() if statement.sql.startswith(beginning)), None)
    table = statement.copying.table if statement.copying else begun or indexed
    name = None if table is None else former.table(table)
    rows = session.rows_of(name) if name else 0
    if table is None or (indexed and not rows):
        return statement
    kind = {"scans": True} if indexed else {"rewrites": True}
    return replace(statement, effect=Effect(table=name or table, lock="writers", rows=rows, **kind))


def _indexed(sql: str) -> str | None:
    """The table an index is made of."""
    try:
        return parse_create_index(sql).table
    except SqlError:
        return None


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
