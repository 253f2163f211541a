"""The proof of a new migration file for a server: tried out there without a trace, else in the pure core.

Its text is loaded as it will stand on disk and run on the tables it touches, in schemas that stand for the
real ones: forward, where the result has to equal what ``create_tables()`` makes of the models; and back.
"""

from __future__ import annotations

from collections.abc import Sequence

import peewee

from peewit.compile import compile_on_server, server_stretches, with_kept_names
from peewit.dialects import ServerDialect
from peewit.diff import Answers, diff
from peewit.errors import PeewitError, ProofError, UnsupportedChangeError
from peewit.files.loader import Migration, call
from peewit.files.migrator import Recorder
from peewit.models import indexes_not_made, read_model, read_models
from peewit.operations import Operation, parents
from peewit.operations.replay import replay, reverse, touched
from peewit.run.replaying.replay import Replay
from peewit.run.replaying.wording import said
from peewit.run.sessions.scratch import NoScratchError, Scratch
from peewit.run.trying.proof import (
    CREATE_FAILS,
    Model,
    as_kept,
    compare,
    kept_by_hand,
    made_or_kept,
    neighbourhood,
    referred,
)
from peewit.run.trying.server_plan import expected
from peewit.schema import Schema, key_of

NOTHING = "nothing was written"


def prove_purely(
    migration: Migration,
    operations: Sequence[Operation],
    before: Schema,
    models: Sequence[Model],
    database: peewee.Database,
    dialect: ServerDialect,
) -> None:
    """ProofError where the file, replayed, does not lead to the models, or its rollback not back."""
    _compiles(operations, before, dialect)
    _compiles(reverse(before, operations), replay(before, operations), dialect)
    forward = Replay(before, database)
    reached = forward.run(migration.migrate, migration)
    keys = made_or_kept(operations, before)
    wanted = read_models(models, dialect.name)
    _agree(reached, wanted, keys, dialect, f"{migration.name} does not lead to what the models describe")
    back = Replay(reached, database).run(migration.rollback, migration)
    _agree(back, before, touched(operations, before), dialect, f"{migration.name} does not lead back")


def _compiles(operations: Sequence[Operation], state: Schema, dialect: ServerDialect) -> None:
    """UnsupportedChangeError where this kind of server cannot do what is asked."""
    kept, state = with_kept_names(operations, state, dialect)
    for stretch in server_stretches(kept, dialect):
        compile_on_server(stretch, state, expected(state, dialect), dialect)
        state = replay(state, stretch)


def _agree(
    found: Schema, wanted: Schema, keys: set[str] | frozenset[str], dialect: ServerDialect, problem: str
) -> None:
    mine = Schema({key: table for key, table in found.tables.items() if key in keys})
    theirs = Schema({key: table for key, table in wanted.tables.items() if key in keys})
    left = diff(mine, theirs, dialect, Answers(renames={}))
    if left:
        lines = "\n".join(f"  {operation.describe()}" for operation in left)
        raise ProofError(
            f"the new migration {problem}; still needed:\n{lines}",
            state=NOTHING,
            hint="this is a defect of peewit: please report it with the two versions of the model",
        )


def prove_on_server(
    migration: Migration,
    operations: Sequence[Operation],
    before: Schema,
    models: Sequence[Model],
    database: peewee.Database,
    dialect: ServerDialect,
) -> str:
    """ProofError where the file does not do what it should; why the server gave no place to try it, if so."""
    if database.in_transaction():
        return "a transaction is open on this connection"
    after = replay(before, operations)
    start = neighbourhood(before, touched(operations, before), referred(after, operations))
    schemas = {table.schema for schema in (before, after) for table in schema}
    scratch = Scratch(database, dialect, schemas)
    answerable = made_or_kept(operations, start)
    try:
        with scratch.opened():
            wanted = _wanted(scratch, models, answerable)
            scratch.empty()
            keys = {*start.tables, *answerable}
            try:
                scratch.create(start)
            except (PeewitError, peewee.DatabaseError) as error:
                return f"the tables as they were cannot be made there: {str(error).splitlines()[0]}"
            was = scratch.described(keys)
            reached = _run(scratch, migration, "migrate", start)
            found = scratch.described(answerable)
            compare(
                found,
                as_kept(wanted, found, kept_by_hand(after, models, dialect)),
                migration,
                "does not lead to what the models describe",
                answerable,
            )
            _run(scratch, migration, "rollback", reached)
            compare(scratch.described(keys), was, migration, "does not lead back to where it started", None)
    except NoScratchError as error:
        return error.message
    return ""


def _wanted(scratch: Scratch, models: Sequence[Model], keys: set[str]) -> Schema:
    """What ``create_tables()`` makes of the models behind these tables, and of all they refer to."""
    by_key = {_key(model): model for model in models}
    needed: dict[str, Model] = {}
    waiting = [by_key[key] for key in keys if key in by_key]
    while waiting:
        model = waiting.pop()
        if _key(model) not in needed:
            needed[_key(model)] = model
            fields = [f for f in model._meta.sorted_fields if isinstance(f, peewee.ForeignKeyField)]
            waiting += [field.rel_model for field in fields]
            named = parents(read_model(model, scratch.dialect.name))  # also by a constraint of Meta
            waiting += [by_key[key] for key in named if key in by_key]
    try:
        scratch.create_models(list(needed.values()))
    except CREATE_FAILS as error:
        lines = [line for model in needed.values() for line in indexes_not_made(model, scratch.dialect.name)]
        raise ProofError(
            f"create_tables() itself fails: {str(error).strip()}", state=NOTHING, hint="\n".join(lines)
        ) from error
    return scratch.described(key for key in needed if key in keys)


def _key(model: Model) -> str:
    meta = model._meta
    return key_of(meta.schema, str(meta.table_name))


def _run(scratch: Scratch, migration: Migration, which: str, state: Schema) -> Schema:
    """Run one function of the file; the schema it leads to."""
    body = migration.migrate if which == "migrate" else migration.rollback
    recorder = Recorder(scratch.database, state, scratch.session.run, dialect=scratch.dialect.name)
    try:
        call(body, recorder, scratch.database, fake=False)
        recorder.flush()
    except UnsupportedChangeError:
        raise
    except (PeewitError, peewee.PeeweeException, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ProofError(
            f"the new migration {migration.name} fails when it is tried out ({which}): {said(error)}",
            state=NOTHING,
        ) from error
    return recorder.state
