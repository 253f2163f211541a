"""MariaDB and MySQL: everything that is asked of a table in one ALTER TABLE, which happens whole or not at all.

Nothing here is undone by a ROLLBACK, so every question is asked of the rows before the first write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peewit.compile.mysql_change import EXCLUSIVE, Change
from peewit.compile.mysql_guards import fits_characters, guards_of, refuse_broken_views, refuse_deferrable, refuse_views
from peewit.compile.mysql_indexes import index_text
from peewit.compile.mysql_settings import characters
from peewit.compile.server_references import (
    add_later,
    child_of,
    free_dropped,
    later_keys,
    nothing_refers,
)
from peewit.compile.server_text import (
    create_table,
    free_name,
    undoubled,
)
from peewit.compile.server_work import NewKey, Stretch, Work
from peewit.compile.statements import Call, Effect, Execute, Statement
from peewit.dialects import MysqlDialect
from peewit.operations import RenameColumn, RenameTable, RunCode, RunSql
from peewit.schema import Table, parts_of


def statements(stretch: Stretch, dialect: MysqlDialect) -> Iterator[Statement]:
    """Everything a stretch asks for, in an order in which each finds what it needs."""
    yield from (_plain(operation) for operation, _ in stretch.plain)
    _refuse_broken_views(stretch)
    _keys_around_types(stretch, dialect)
    for work in stretch.works.values():
        _keys_without_index(work)
    changes = [Change(work, dialect, stretch.found.usual) for work in stretch.works.values()]
    for change in changes:
        refuse_broken_views(change.work, stretch, dialect)
        yield from guards_of(change.work, stretch, dialect)
        yield from fits_characters(change.work, change.follows, characters(change.settings), dialect)
    yield from nothing_refers(stretch, dialect)
    yield from (_rename_table(operation, dialect) for operation in stretch.renames)
    for change in changes:
        yield from change.rename_apart(stretch)
    for change in changes:
        yield from change.free_keys(stretch)
    yield from free_dropped(stretch, dialect, "FOREIGN KEY")
    for key, table in stretch.dropped.items():
        if key in stretch.created:
            yield _drop_table(table, dialect)
    later = later_keys(stretch)
    for table in stretch.created.values():
        yield Execute(sql=_create(table, dialect, [new.column for new in later.get(table.key, [])]))
    for change in changes:
        yield from change.alter(stretch)
    for change in changes:
        yield from change.late_keys()
    yield from add_later(later, stretch, dialect)
    for key, table in stretch.dropped.items():
        if key not in stretch.created:
            yield _drop_table(table, dialect)


def _plain(operation: RunCode | RunSql | RenameTable | RenameColumn) -> Statement:
    match operation:
        case RunCode(name=name, function=function, schema=of_schema):
            return Call(name=name, function=function, schema=of_schema)
        case RunSql(sql=sql, params=params):
            return Execute(sql=sql if params else undoubled(sql), params=params)
        case RenameTable() | RenameColumn():
            raise AssertionError(f"{operation} is part of what its tables become")


def _rename_table(operation: RenameTable, dialect: MysqlDialect) -> Execute:
    schema, before = parts_of(operation.before)
    old, new = dialect.path(before, schema), dialect.path(operation.after, operation.schema)
    return Execute(sql=f"RENAME TABLE {old} TO {new}", effect=Effect(table=operation.before, lock=EXCLUSIVE))


# ---------------------------------------------------------------------- views


def _refuse_broken_views(stretch: Stretch) -> None:
    """The server lets a view stand that speaks of what is gone: that is found out before."""
    for rename in stretch.renames:
        key = rename.key
        if key in stretch.called and key not in stretch.dropped:
            refuse_views(stretch, stretch.called[key].table, None, "renamed")
    for key, work in stretch.works.items():
        for new, old in stretch.called[key].columns.items() if key in stretch.called else ():
            if new not in work.dropped:
                refuse_views(stretch, stretch.called[key].table, old, "renamed")
    for key, table in stretch.dropped.items():
        if key not in stretch.created:
            refuse_views(stretch, stretch.called[key].table if key in stretch.called else table.name, None, "dropped")


# ---------------------------------------------------------------------- tables


def _create(table: Table, dialect: MysqlDialect, later: list[str]) -> str:
    """The CREATE TABLE with its indexes inside: they come together, or not at all."""
    for column in table.columns:
        refuse_deferrable(table, column)
    text = create_table(replace(table, settings=()), dialect, later)
    taken: set[str] = set()
    items = []
    for index in table.indexes:
        name = free_name(table, index, taken, dialect)
        taken.add(name)
        items.append(index_text(table, index, name, dialect))
    settings = "".join(f" {setting}" for setting in table.settings)
    return f"{text[:-1]}{''.join(f', {item}' for item in items)}){settings}"


def _drop_table(table: Table, dialect: MysqlDialect) -> Execute:
    return Execute(
        sql=f"DROP TABLE {dialect.path(table.name, table.schema)}", effect=Effect(table=table.key, lock=EXCLUSIVE)
    )


def _keys_around_types(stretch: Stretch, dialect: MysqlDialect) -> None:
    """Both sides of a foreign key have to be of one type at every moment: it goes, and comes again."""
    for work in list(stretch.works.values()):
        for alteration in work.altered.values():
            old, new = dialect.spell(alteration.before.type), dialect.spell(alteration.after.type)
            same = old.upper().replace(" AUTO_INCREMENT", "") == new.upper().replace(" AUTO_INCREMENT", "")
            if same and alteration.before.collation == alteration.after.collation:
                continue
            live = alteration.live
            known = alteration.before.foreign_key or alteration.after.foreign_key
            if known is not None and live.foreign_key is not None and live.foreign_key.name not in work.drop_keys:
                work.drop_keys.append(live.foreign_key.name or "")
                if alteration.after.foreign_key is not None:
                    kept = replace(alteration.after.foreign_key, name=live.foreign_key.name)
                    work.add_keys.append(NewKey(column=alteration.after.name, key=kept))
            for key in stretch.found.referring(work.key):
                child = stretch.works.get(child_of(key, stretch))
                if live.name in key.target_columns and child is not None and key.name not in child.drop_keys:
                    child.drop_keys.append(key.name)
                    child.again_keys.append(key)


def _keys_without_index(work: Work) -> None:
    """A foreign key whose last index goes: the server makes one of its own only where it makes the key."""
    gone = {index.name for index in work.drop_indexes}
    keys = [] if work.primary_key is not None else list(work.found.table.primary_key[:1])
    keys += list((work.primary_key or ())[:1])
    keys += [index.parts[0].text for index in work.add_indexes]
    kept = {*keys, *(index.index.parts[0].text for index in work.found.indexes if index.name not in gone)}
    lost = {index.index.parts[0].text for index in work.drop_indexes} - kept
    for column in work.found.table.columns:
        key = column.foreign_key
        stays = key is not None and key.name not in work.drop_keys and column.name not in work.dropped
        if key is not None and stays and column.name in lost:
            known = work.table.find(column.name)
            wanted = known.foreign_key if known is not None else None
            work.drop_keys.append(key.name or "")
            work.add_keys.append(NewKey(column=column.name, key=replace(wanted or key, name=key.name)))
