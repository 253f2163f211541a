"""PostgreSQL: everything a stretch asks for, in an order in which each statement finds what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from peewit.compile import postgres_types as types
from peewit.compile.postgres_change import EXCLUSIVE, Change, create_indexes
from peewit.compile.server_references import (
    add_later,
    child_of,
    free_dropped,
    later_keys,
    nothing_refers,
)
from peewit.compile.server_text import (
    create_table,
    sequence_path,
    undoubled,
)
from peewit.compile.server_work import NewKey, Stretch
from peewit.compile.statements import Call, Effect, Execute, Statement
from peewit.dialects import PostgresDialect
from peewit.operations import RenameColumn, RenameTable, RunCode, RunSql
from peewit.schema import FoundKey, Table, parts_of
from peewit.sql import POSTGRES, literal


def statements(stretch: Stretch, dialect: PostgresDialect) -> Iterator[Statement]:
    """Everything a stretch asks for, in an order in which each finds what it needs."""
    for operation, _ in stretch.plain:
        yield from _plain(operation, dialect)
    _keys_around_types(stretch, dialect)
    changes = [Change(work, dialect, stretch.found) for work in stretch.works.values()]
    for change in changes:
        yield from change.guards()
    for change in changes:
        yield from change.enforced if dialect.online else ()
    yield from nothing_refers(stretch, dialect)
    later = later_keys(stretch)
    for change in changes:
        yield from change.free_keys(stretch)
    yield from free_dropped(stretch, dialect, "CONSTRAINT")
    for key, table in stretch.dropped.items():
        if key in stretch.created:
            yield _drop_table(table, dialect)
    for change in changes:
        yield from change.drop_indexes()
    for table in stretch.created.values():
        yield from _create(table, stretch, dialect, later.get(table.key, []))
    for change in changes:
        yield from change.alter(stretch)
    for change in changes:
        yield from change.create_indexes(stretch)
    for change in changes:
        yield from change.late_keys()
    yield from add_later(later, stretch, dialect)
    yield from (statement for change in changes for statement in change.afterwards)
    for key, table in stretch.dropped.items():
        if key not in stretch.created:
            yield _drop_table(table, dialect)
    yield from _drop_sequences(stretch, dialect)


def _plain(operation: RunCode | RunSql | RenameTable | RenameColumn, dialect: PostgresDialect) -> Iterator[Statement]:
    match operation:
        case RunCode(name=name, function=function, schema=of_schema):
            yield Call(name=name, function=function, schema=of_schema)
        case RunSql(sql=sql, params=params):
            yield Execute(sql=sql if params else undoubled(sql), params=params)
        case RenameTable():
            yield from _rename_table(operation, dialect)
        case RenameColumn(table=table, before=before, after=after):
            schema, name = parts_of(table)
            path = dialect.path(name, schema)
            yield Execute(
                sql=f"ALTER TABLE {path} RENAME COLUMN {dialect.quoted(before)} TO {dialect.quoted(after)}",
                effect=Effect(table=table, lock=EXCLUSIVE),
            )


def _rename_table(operation: RenameTable, dialect: PostgresDialect) -> Iterator[Statement]:
    schema, name = parts_of(operation.before)
    effect = Effect(table=operation.before, lock=EXCLUSIVE)
    if name != operation.after:
        path = dialect.path(name, schema)
        yield Execute(sql=f"ALTER TABLE {path} RENAME TO {dialect.quoted(operation.after)}", effect=effect)
    if operation.into is None:
        return
    path, target = dialect.path(operation.after, schema), dialect.schema_of(operation.schema)
    if target is not None:
        yield Execute(sql=f"ALTER TABLE {path} SET SCHEMA {dialect.quoted(target)}", effect=effect)
        return
    # The connection's own: nobody here knows its name, and the statement wants it.
    move = literal(f"ALTER TABLE {path} SET SCHEMA ".replace("%", "%%") + "%I", POSTGRES)
    yield Execute(sql=f"DO $peewit$ BEGIN EXECUTE format({move}, current_schema()); END $peewit$", effect=effect)


# ---------------------------------------------------------------------- tables


def _create(table: Table, stretch: Stretch, dialect: PostgresDialect, later: list[NewKey]) -> Iterator[Statement]:
    for column in table.columns:
        if column.sequence is not None:
            yield Execute(sql=f"CREATE SEQUENCE IF NOT EXISTS {sequence_path(column.sequence, table, dialect)}")
    yield Execute(sql=create_table(table, dialect, [new.column for new in later]))
    yield from create_indexes(table, table.indexes, stretch, dialect)


def _drop_table(table: Table, dialect: PostgresDialect) -> Statement:
    return Execute(
        sql=f"DROP TABLE {dialect.path(table.name, table.schema)}", effect=Effect(table=table.key, lock=EXCLUSIVE)
    )


def _drop_sequences(stretch: Stretch, dialect: PostgresDialect) -> Iterator[Execute]:
    """The sequences that fields named, and that no field of any table names any longer."""
    named = [(column, table) for table in stretch.dropped.values() for column in table.columns]
    for work in stretch.works.values():
        named += [(alteration.before, work.table) for alteration in work.altered.values()]
        gone = (work.table.find(name) for name in work.dropped)
        named += [(column, work.table) for column in gone if column is not None]
    paths = [sequence_path(column.sequence, table, dialect) for column, table in named if column.sequence is not None]
    kept = {sequence_path(column.sequence, table, dialect) for column, table in stretch.counting if column.sequence}
    yield from (Execute(sql=f"DROP SEQUENCE IF EXISTS {path}") for path in dict.fromkeys(paths) if path not in kept)


def _keys_around_types(stretch: Stretch, dialect: PostgresDialect) -> None:
    """A foreign key cannot stand while one of its columns becomes another kind: it goes, and comes again."""
    for work in list(stretch.works.values()):
        for alteration in work.altered.values():
            old = types.plain_spelling(alteration.before.type, dialect)
            new = types.plain_spelling(alteration.after.type, dialect)
            if types.family(old) == types.family(new):
                continue
            live = alteration.live
            known = alteration.before.foreign_key or alteration.after.foreign_key
            if known is not None and live.foreign_key is not None and live.foreign_key.name not in work.drop_keys:
                work.drop_keys.append(live.foreign_key.name or "")
                if alteration.after.foreign_key is not None:
                    work.add_keys.append(NewKey(column=alteration.after.name, key=alteration.after.foreign_key))
            for key in stretch.found.referring(work.key):
                if live.name in key.target_columns:
                    _again(stretch, key)


def _again(stretch: Stretch, key: FoundKey) -> None:
    child = child_of(key, stretch)
    work = stretch.works.get(child)
    if work is None or child in stretch.dropped:
        return
    if key.name not in work.drop_keys:
        work.drop_keys.append(key.name)
        work.again_keys.append(key)
