"""One operation on a table that is there, noted in its :class:`~peewit.compile.sqlite_work.Work`."""

from __future__ import annotations

from typing import assert_never

from peewit.compile import sqlite_guards as guards
from peewit.compile.meanings import Altered, meaning_on_sqlite
from peewit.compile.sqlite_columns import add_column, alter_column, drop_column, fill_nulls, referring_to
from peewit.compile.sqlite_tables import (
    add_constraint,
    change_primary_key,
    change_table,
    drop_constraint,
    drop_index,
)
from peewit.compile.sqlite_text import part_text
from peewit.compile.sqlite_work import Work, value_of
from peewit.compile.statements import of_new, one_for_all
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    ChangeTable,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.schema import Found, Index, all_the_same
from peewit.sql import quote_name


def change(work: Work, operation: Operation, found: Found, altered: Altered) -> None:
    """Note what an operation asks of its table; UnsupportedChangeError where SQLite cannot, or SchemaError."""
    match operation:
        case AddColumn(column=column):
            add_column(work, column)
        case DropColumn(column=name):
            drop_column(work, name, found)
        case AlterColumn(after=after):
            meant = meaning_on_sqlite(operation, altered)
            alter_column(work, after, found, meant)
            if meant is not None:
                stay = (to for to in referring_to(work, after.name, found) if to.changes not in altered)
                work.guards += [guards.refers_by_value(to, work.dialect.spell(after.type), meant) for to in stay]
        case FillNulls(column=name, fill=fill):
            fill_nulls(work, name, value_of(fill, name))
        case AddIndex(index=index):
            work.add_indexes.append(index)
            if index.unique:
                _guard_unique(work, index)
        case DropIndex(index=index):
            drop_index(work, index)
        case AddConstraint(constraint=constraint):
            add_constraint(work, constraint)
        case DropConstraint(constraint=constraint):
            drop_constraint(work, constraint)
        case ChangePrimaryKey(columns=columns):
            change_primary_key(work, columns)
        case ChangeTable():
            change_table(work, operation)
        case CreateTable() | DropTable() | RenameTable() | RenameColumn() | RunSql() | RunCode():
            raise AssertionError(f"{operation} is not a change of one table")
        case _:
            assert_never(operation)


def _guard_unique(work: Work, index: Index) -> None:
    if (same := all_the_same(index, work.new)) is not None:
        work.guards.append(one_for_all(work.name, quote_name(work.name), same, index.columns))
        return
    keys = ", ".join(part_text(part) for part in index.parts).replace(" DESC", "")
    asked = guards.no_duplicates(work.name, index, keys)
    new = [work.new[name.lower()] for name in index.columns if name.lower() in work.new]
    work.unique.append(of_new(asked, work.name, new[0]) if new else asked)
