"""What the database shows to be done already of a stretch whose run was killed: where a server keeps each statement."""

from __future__ import annotations

from dataclasses import replace

from peewit.compile import mysql_types
from peewit.compile.mysql_words import differ
from peewit.compile.server_standing import has_constraint, index_there, only_in, same_key
from peewit.compile.server_work import Alteration, Fill, NewKey, Stretch, Work
from peewit.dialects import MysqlDialect, plain_foreign_key
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    DropColumn,
    DropConstraint,
    Operation,
)
from peewit.schema import Column, ForeignKey, FoundOnServer, Schema, Table
from peewit.sql import canonical, is_rule


def is_done(operation: Operation, table: Table, work: Work, found: FoundOnServer) -> bool:
    """Whether a live table shows that an operation was done; ``table`` is what is known of it just before."""
    match operation:
        case DropColumn(column=name):
            return work.live(name) is None
        case AddIndex(index=index):
            there = index_there(found, work, index)
            return there is not None and there.valid and there.index.unique == index.unique
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return has_constraint(found, table, work, constraint) is isinstance(operation, AddConstraint)
        case ChangePrimaryKey(columns=columns):
            return work.found.table.primary_key == columns
        case AlterColumn(after=after):
            live = work.live(after.name)
            if live is None or not _is_altered(work, live, after):
                return False
            return _has_rules(table, work, found, live, after)
        case AddColumn(column=column):
            live = work.live(column.name)
            if live is not None:
                _finish_added(work, column, live)
            return live is not None
        case _:
            return False


def _has_rules(table: Table, work: Work, found: FoundOnServer, live: Column, after: Column) -> bool:
    """Whether a column has got the foreign key and constraints it was to get, and lost what it was to lose."""
    before = table.column(after.name)
    if differ(Alteration(before=before, live=live, after=after)):
        return False  # no catalogue tells of all words, and to say them again does no harm
    if not same_key(before.foreign_key, after.foreign_key) and not _is_key(live.foreign_key, after.foreign_key):
        return False
    gone, new = ([c for c in only_in(*pair) if is_rule(c.sql)] for pair in ((before, after), (after, before)))
    has = [has_constraint(found, table, work, constraint) for constraint in (*gone, *new)]
    return has == [False] * len(gone) + [True] * len(new)


def _is_altered(work: Work, live: Column, after: Column) -> bool:
    """Whether a column is what it was to become: only where nothing is undone with its transaction."""
    assert isinstance(work.dialect, MysqlDialect)
    wanted = work.dialect.spell(after.type)
    kind = mysql_types.same(str(live.type), wanted, json_is_text=work.dialect.mariadb)
    default = [None if text is None else canonical(text) for text in (live.default, after.default)]
    counts = live.autoincrement == ("AUTO_INCREMENT" in wanted)
    return kind and counts and live.null == after.null and default[0] == default[1]


def _finish_added(work: Work, column: Column, live: Column) -> None:
    """A column that was added, and not yet filled or not yet what it is to be."""
    if column.fill is not None:
        work.fills.append(Fill(column=column.name, value=column.fill, new=False))
    begun = replace(column, null=live.null, default=live.default)
    work.altered[column.name] = Alteration(before=begun, live=live, after=column)
    if column.foreign_key is not None and live.foreign_key is None:
        work.add_keys.append(NewKey(column=column.name, key=column.foreign_key))


def _is_key(live: ForeignKey | None, wanted: ForeignKey | None) -> bool:
    """Whether a live foreign key is the wanted one; RESTRICT is the server's word for no action at all."""
    if live is None or wanted is None:
        return live is wanted

    def plain(key: ForeignKey) -> tuple[str | None, ...]:
        key = plain_foreign_key(key)
        actions = (None if action == "RESTRICT" else action for action in (key.on_delete, key.on_update))
        return (key.table, key.column, *actions)

    return plain(live) == plain(wanted) and (wanted.schema is None or live.schema == wanted.schema)


def add_missing_keys(stretch: Stretch, state: Schema) -> None:
    """Ask for the foreign keys that were taken away for a moment and not put back, or had to wait and did not come."""
    for key, work in stretch.works.items():
        new = {n.column for n in work.add_keys}
        for column in state[key].columns if key in state else ():
            live = work.live(column.name)
            wanted = column.foreign_key
            if wanted is None or column.name in new or wanted.target in stretch.dropped:
                continue
            if wanted.target not in stretch.created and stretch.found.table(wanted.target) is None:
                continue
            if live is not None and live.foreign_key is None:
                work.add_keys.append(NewKey(column=column.name, key=wanted))
