"""The proof of a new migration file: tried out in memory before it is written.

Its text is loaded as it will stand on disk and run on the tables it touches: forward, where the result has
to equal what ``create_tables()`` makes of the models; and back, where it has to equal what was there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import peewee

from peewit.dialects import SQLITE, Dialect, SqliteDialect
from peewit.diff.compare import Comparison
from peewit.errors import PeewitError, ProofError
from peewit.files.loader import Migration, call
from peewit.files.migrator import Recorder
from peewit.models import is_of_another, read_models
from peewit.operations import CreateTable, DropTable, Operation, RenameTable, parents
from peewit.operations.replay import replay, tables_of, touched
from peewit.run.replaying.sandbox import MemoryDatabase, create_schema
from peewit.run.replaying.wording import said
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.schema import Constraint, Index, Schema, Table, parts_of
from peewit.schema.words import in_words

Model = type[peewee.Model]

CREATE_FAILS = (peewee.DatabaseError, AttributeError, TypeError, ValueError)
"""What Peewee raises where a table cannot be made: for some names, such as ``_schema``, it stumbles over itself."""


def prove(
    migration: Migration,
    operations: Sequence[Operation],
    before: Schema,
    models: Iterable[Model],
    database: peewee.Database | None,
    dialect: SqliteDialect = SQLITE,
) -> None:
    """ProofError where the file does not do what it should; the message shows the difference."""
    start = neighbourhood(before, touched(operations, before), referred(replay(before, operations), operations))
    memory = MemoryDatabase(database)
    memory.connect()
    try:
        create_schema(memory, start, dialect)
        was = _described(memory, dialect)
        reached = _run(memory, migration, "migrate", start, dialect)
        after = _described(memory, dialect)
        theirs = [model for model in models if _table(model) in after.tables]
        wanted = _described_models(theirs, database, dialect)
        compare(
            after,
            as_kept(wanted, after, kept_by_hand(replay(start, operations), theirs, dialect)),
            migration,
            "does not lead to what the models describe",
            {parts_of(key)[1].lower() for key in made_or_kept(operations, start)},
        )
        _run(memory, migration, "rollback", reached, dialect)
        compare(_described(memory, dialect), was, migration, "does not lead back to where it started", None)
    finally:
        memory.close()


Kept = set[tuple[str, str]]
"""Columns, by table and name in lower case."""


def kept_by_hand(state: Schema, models: Iterable[Model], dialect: Dialect) -> Kept:
    """The columns that are good enough as they are, and not what ``create_tables()`` would make.

    A migration has written them in SQL, or an older tool in its own way, and nobody wants them changed for that.
    """
    same = Comparison(dialect).same_column
    found: Kept = set()
    for table in read_models(models, dialect.name):
        for column in table.columns:
            known = state[table.key].find(column.name) if table.key in state else None
            if known is not None and known != column and same(known, column):
                found.add((table.name.lower(), column.name.lower()))
    return found


def as_kept(wanted: Schema, after: Schema, kept: Kept) -> Schema:
    """The wanted schema with these columns as they are."""
    tables = {}
    for key, table in wanted.tables.items():
        there = after.tables.get(key)
        mine = {name for of, name in kept if of == table.name.lower()} if there is not None else set()
        columns = [(there.find(c.name) if there and c.name.lower() in mine else None) or c for c in table.columns]
        tables[key] = replace(table, columns=tuple(columns))
    return Schema(tables)


def _table(model: Model) -> str:
    return str(model._meta.table_name).lower()


def made_or_kept(operations: Sequence[Operation], start: Schema) -> set[str]:
    """The keys of the tables the file is answerable for: those it touches, as they are called in the end."""
    names = set(touched(operations, start))
    for operation in operations:
        match operation:
            case CreateTable(table=table):
                names.add(table.key)
            case RenameTable(before=old):
                names = {operation.key if name == old else name for name in names}
            case DropTable(table=key):
                names.discard(key)
            case _:
                pass
    return names


def referred(after: Schema, operations: Sequence[Operation]) -> frozenset[str]:
    """The tables that what is new refers to."""
    tables = [after.tables[key] for operation in operations for key in tables_of(operation) if key in after.tables]
    return frozenset(parent for table in tables for parent in parents(table))


def neighbourhood(schema: Schema, keys: frozenset[str], referred: frozenset[str]) -> Schema:
    """The touched tables, those that refer to them, and all that these refer to or will refer to."""
    wanted: set[str] = set()
    waiting = [*keys, *referred, *(table.key for table in schema if keys & set(parents(table)))]
    while waiting:
        key = waiting.pop()
        if key in schema.tables and key not in wanted:
            wanted.add(key)
            waiting += parents(schema[key])
    return Schema({key: table for key, table in schema.tables.items() if key in wanted})


def _run(memory: MemoryDatabase, migration: Migration, which: str, state: Schema, dialect: SqliteDialect) -> Schema:
    """Run one function of the file; the schema it leads to."""
    body = migration.migrate if which == "migrate" else migration.rollback
    session = SqliteSession(memory, dialect)
    recorder = Recorder(memory, state, session.run)
    try:
        with session.transaction():
            call(body, recorder, memory, fake=False)
            recorder.flush()
    except (
        PeewitError,
        peewee.PeeweeException,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise ProofError(
            f"the new migration {migration.name} fails when it is tried out ({which}): {said(error)}",
            state="nothing was written",
        ) from error
    return recorder.state


def _described(memory: MemoryDatabase, dialect: SqliteDialect) -> Schema:
    found = SqliteSession(memory, dialect).found()
    return Schema({name.lower(): dialect.canonical(found.tables[name].table) for name in found.texts})


def _described_models(models: list[Model], database: peewee.Database | None, dialect: SqliteDialect) -> Schema:
    """What ``create_tables()`` makes of the models, by Peewee itself, in a database of its own."""
    memory = MemoryDatabase(database)
    memory.connect()
    try:
        for model in models:
            _create(model, memory)
        return _described(memory, dialect)
    finally:
        memory.close()


def _create(model: Model, memory: MemoryDatabase) -> None:
    manager: Any = vars(model)["_schema"]
    schema = type(manager)(model, database=memory)
    try:
        schema.create_table(safe=False)
        for query in schema._create_indexes(safe=True):
            if not is_of_another(model, query.query()[0], SQLITE.name):
                schema.database.execute(query)
    except CREATE_FAILS as error:
        raise ProofError(
            f"create_tables() itself fails on model {model.__name__}: {error}", state="nothing was written"
        ) from error


def compare(found: Schema, wanted: Schema, migration: Migration, problem: str, only: set[str] | None) -> None:
    """ProofError with the differences between two schemas, in these tables or in all."""
    keys = set(found.tables) | set(wanted.tables) if only is None else only
    lines = [line for key in sorted(keys) for line in difference(found.tables.get(key), wanted.tables.get(key), key)]
    if lines:
        raise ProofError(
            f"the new migration {migration.name} {problem}:\n" + "\n".join(f"  {line}" for line in lines),
            state="nothing was written",
            hint="this is a defect of peewit: please report it with the two versions of the model",
        )


def difference(found: Table | None, wanted: Table | None, key: str) -> list[str]:
    """How two canonical descriptions of one table differ, a line each; nothing where they are equal."""
    if found is None or wanted is None:
        return [] if found is wanted else [f'table "{key}" {"is missing" if found is None else "should not be there"}']
    lines = []
    columns = {c.name: c for c in found.columns}
    for column in wanted.columns:
        other = columns.pop(column.name, None)
        if other is None:
            lines.append(f'column "{column.name}" of "{key}" is missing: {in_words(column)}')
        elif other != column:
            lines.append(f'column "{column.name}" of "{key}" is {in_words(other)}, and should be {in_words(column)}')
    lines += [f'column "{name}" of "{key}" should not be there: {in_words(column)}' for name, column in columns.items()]
    lines += _apart("index", found.indexes, wanted.indexes, key)
    lines += _apart("constraint", found.constraints, wanted.constraints, key)
    for aspect in ("primary_key", "strict", "without_rowid"):
        own, other = getattr(found, aspect), getattr(wanted, aspect)
        if own != other:
            lines.append(f'{aspect.replace("_", " ")} of "{key}": {_shown(own)}, and should be {_shown(other)}')
    return lines


def _apart(kind: str, found: Iterable[object], wanted: Iterable[object], key: str) -> Iterator[str]:
    """What only one of the two has, a line each."""
    there, asked = Counter(found), Counter(wanted)
    yield from (f'{kind} {_shown(one)} of "{key}" is missing' for one in (asked - there).elements())
    yield from (f'{kind} {_shown(one)} of "{key}" should not be there' for one in (there - asked).elements())


def _shown(value: Any) -> str:
    """Names, indexes and constraints of a table as people write them."""
    match value:
        case Index(parts=parts, unique=unique, where=where, options=options):
            keys = ", ".join(part.text for part in parts).removeprefix("btree ")  # PostgreSQL's usual kind
            inside = keys if keys.startswith("(") and len(parts) == 1 else f"({keys})"
            return " ".join(filter(None, ("unique" * unique, inside, options, where and f"where {where}")))
        case Constraint(sql=sql):
            return sql
        case tuple() | frozenset():
            return ", ".join(map(_shown, value)) or "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
