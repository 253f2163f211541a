"""Operations → what is asked of each table of a server → statements.

A stretch of operations between two barriers is compiled at once: everything asked of one table becomes one
change of it, as far as the server allows. How the change is written is each server's own affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from peewit.compile import mysql, postgres
from peewit.compile.postgres_numbers import is_identity
from peewit.compile.postgres_storage import is_storage
from peewit.compile.sent import sent, sent_table
from peewit.compile.server_renames import after_rename, by_table, called, columns_done, tables_left
from peewit.compile.server_resumed import add_missing_keys, is_done
from peewit.compile.server_standing import (
    begun_as,
    does_its_job,
    drop_constraint,
    has_constraint,
    index_there,
    is_called,
    only_in,
    same_key,
)
from peewit.compile.server_uses import (
    belongs_to,
    columns_of,
    refuse_unmanaged,
    still_used,
    text_of,
    used_by,
)
from peewit.compile.server_work import Alteration, Called, Fill, NewKey, Stretch, Work
from peewit.compile.statements import Statement
from peewit.dataclass import dataclass
from peewit.dialects import MysqlDialect, PostgresDialect, ServerDialect
from peewit.errors import SchemaError, UnsupportedChangeError
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
    index_shape,
)
from peewit.operations.renames import renames_in_front
from peewit.operations.replay import replay
from peewit.schema import Column, Constraint, FoundOnServer, Index, Schema, Table
from peewit.sql import check_expression, is_rule


def compile_on_server(
    operations: Sequence[Operation],
    before: Schema,
    found: FoundOnServer,
    dialect: ServerDialect,
    *,
    resuming: bool = False,
) -> list[Statement]:
    """The statements of one stretch; UnsupportedChangeError where the server cannot, or SchemaError.

    ``before`` is the schema the migrations lead to just before, ``found`` the database. Where a run that was
    killed is ``resuming``, what the database shows to be done already is passed over instead of refused.
    """
    before = before.map(sent_table)
    gathering = _Gathering(state=before, stretch=Stretch(found=found, dialect=dialect), resuming=resuming)
    rest = list(map(sent, operations))
    if isinstance(dialect, MysqlDialect) and any(isinstance(o, RenameTable | RenameColumn) for o in rest):
        rest = gathering.take_renames(rest)
    for operation in rest:
        if not (resuming and gathering.is_done(operation)):
            gathering.take(operation)
        else:
            gathering.pass_over(operation)
    if resuming:
        add_missing_keys(gathering.stretch, gathering.state)
    gathering.stretch.counting += [(c, t) for t in gathering.state for c in t.columns if c.sequence is not None]
    match dialect:
        case PostgresDialect():
            return list(postgres.statements(gathering.stretch, dialect))
        case MysqlDialect():
            return list(mysql.statements(gathering.stretch, dialect))
        case _:
            raise AssertionError(f"{dialect.name} is no server this compiles for")


@dataclass(slots=True, kw_only=True)
class _Gathering:
    """Notes what operations ask for, knowing the schema each of them finds."""

    state: Schema
    stretch: Stretch
    resuming: bool = False

    def is_done(self, operation: Operation) -> bool:
        """Whether the database shows that an operation of an interrupted run was done."""
        find = self.stretch.found.table
        match operation:
            case CreateTable(table=table):
                return find(table.key) is not None
            case DropTable(table=key):
                return find(key) is None
            case RunCode() | RunSql() | RenameTable():
                return False
            case _:
                there = find(operation.table)
                if there is None:
                    return False
                work = self._work(operation.table)
                return is_done(operation, self.state[operation.table], work, self.stretch.found)

    def pass_over(self, operation: Operation) -> None:
        """Take an operation as done; of a new table, what was to come after all others is looked for."""
        self.state = operation.apply(self.state)
        if isinstance(operation, CreateTable):
            self._work(operation.table.key)

    def take_renames(self, operations: Sequence[Operation]) -> list[Operation]:
        """Note the renames that are left to do; the other operations, on the database as it will be called."""
        renames, stretch, end = renames_in_front(operations), self.stretch, replay(self.state, operations)
        live = stretch.found
        keys: dict[str, str] = {}
        stretch.renames += tables_left(renames.tables, self.state, live) if self.resuming else renames.tables
        for rename in stretch.renames:
            self._find(rename.before)
            stretch.found = after_rename(stretch.found, rename, stretch.dialect)
            keys[rename.key] = keys.pop(rename.before, rename.before)
        self.state = replay(self.state, renames.tables)
        groups = by_table(renames.columns)
        if self.resuming:
            groups = {k: g for k, g in groups.items() if not columns_done(g, self.state, end, stretch.found)}
        for key in {**keys, **groups}:
            there = live.table(keys.get(key, key))
            if there is not None:
                columns = called(groups.get(key, []))
                stretch.called[key] = Called(table=there.table.name, schema=there.table.schema, columns=columns)
        for column in (one for group in groups.values() for one in group):
            self._find_column(column.table, column.before)
            stretch.found = after_rename(stretch.found, column, stretch.dialect)
        self.state = replay(self.state, renames.columns)
        for key in groups:
            self._work(key)
        return renames.rest

    def take(self, operation: Operation) -> None:
        """Note what one operation asks for."""
        stretch = self.stretch
        match operation:
            case RunCode() | RunSql() | RenameTable() | RenameColumn():
                stretch.plain.append((operation, self.state))
            case CreateTable(table=table):
                self._create(table)
            case DropTable(table=key):
                self._drop(key)
            case _ if operation.table in stretch.created:
                table = stretch.created[operation.table]
                stretch.created[table.key] = operation.apply(Schema({table.key: table}))[table.key]
            case _:
                self._change(operation, self._work(operation.table))
        self.state = operation.apply(self.state)

    def _create(self, table: Table) -> None:
        there = self.stretch.found.table(table.key)
        if there is not None and table.key not in self.stretch.dropped:
            if self.stretch.found.equal(table):
                return
            raise SchemaError(
                f'table "{table.key}" exists already, and is not what the migration would create',
                hint="if the database was made without migrations: peewit adopt, which takes over what is there",
            )
        self.stretch.created[table.key] = table

    def _drop(self, key: str) -> None:
        """Drop a table; one that is gone already needs nothing."""
        if self.stretch.created.pop(key, None) is not None or self.stretch.found.table(key) is None:
            return
        self.stretch.works.pop(key, None)
        self.stretch.dropped[key] = self.state[key]

    def _find(self, key: str) -> None:
        if self.stretch.found.table(key) is None or key in self.stretch.dropped:
            raise SchemaError(
                f'the database has no table "{key}"',
                hint="peewit check compares the database with what the migrations say",
            )

    def _find_column(self, key: str, name: str) -> None:
        self._find(key)
        found = self.stretch.found.table(key)
        if found is None or all(c.name != self.stretch.dialect.cut(name) for c in found.table.columns):
            raise SchemaError(
                f'table "{key}" has no column "{name}"',
                hint="peewit check compares the database with what the migrations say",
            )

    def _work(self, key: str) -> Work:
        if key not in self.stretch.works:
            self._find(key)
            found = self.stretch.found.table(key)
            assert found is not None
            self.stretch.works[key] = Work(
                table=self.state[key],
                found=found,
                dialect=self.stretch.dialect,
                called=self.stretch.called.get(key),
            )
        return self.stretch.works[key]

    def _change(self, operation: Operation, work: Work) -> None:
        match operation:
            case AddColumn(column=column):
                self._add_column(work, column)
            case DropColumn(column=name):
                self._drop_column(work, name)
            case AlterColumn(after=after):
                self._alter_column(work, after)
            case FillNulls(column=name, fill=fill):
                work.fills.append(Fill(column=name, value=fill, new=name in work.added))
            case AddIndex(index=index):
                self._add_index(work, index)
            case DropIndex(index=index):
                self._drop_index(work, index)
            case AddConstraint(constraint=constraint):
                work.add_constraints.append(constraint)
            case DropConstraint(constraint=constraint):
                self._drop_constraint(work, constraint)
            case ChangePrimaryKey(columns=columns):
                work.primary_key = columns
            case ChangeTable(settings=settings, strict=strict, without_rowid=without_rowid):
                if strict or without_rowid:
                    raise UnsupportedChangeError(f'STRICT and WITHOUT ROWID, set on "{work.key}", are of SQLite alone')
                work.settings = settings
            case CreateTable() | DropTable() | RenameTable() | RenameColumn() | RunSql() | RunCode():
                raise AssertionError(f"{operation} is not a change of one table")
            case _:
                assert_never(operation)

    # ------------------------------------------------------------------ columns

    def _add_column(self, work: Work, column: Column) -> None:
        if work.live(column.name) is not None and column.name not in work.dropped:
            raise SchemaError(
                f'table "{work.key}" already has a column "{column.name}"',
                hint="peewit check compares the database with what the migrations say",
            )
        work.added[column.name] = column
        if column.fill is not None:
            work.fills.append(Fill(column=column.name, value=column.fill, new=True))
        if column.foreign_key is not None:
            work.add_keys.append(NewKey(column=column.name, key=column.foreign_key))

    def _drop_column(self, work: Work, name: str) -> None:
        if name in work.added:
            _forget_added(work, name)
            return
        live = work.live(name)
        if live is None:
            raise SchemaError(f'table "{work.key}" has no column "{name}"')
        work.altered.pop(name, None)
        work.fills = [fill for fill in work.fills if fill.column != name]
        work.add_indexes = [index for index in work.add_indexes if name not in index.columns]
        for index in work.found.indexes:
            if index in work.drop_indexes:
                continue
            if live.name in index.index.columns:
                refuse_unmanaged(work, index, live.name)
                work.drop_indexes.append(index)
            elif live.name in used_by(work, index.name, text_of(index.index)):
                raise still_used(work, live.name, f'index "{index.name}"')
        for constraint in work.found.table.constraints:
            if constraint.name is None or constraint.name in (*work.drop_constraints, *work.drop_keys):
                continue
            if any(index.name == constraint.name for index in work.drop_indexes):
                continue
            if live.name in columns_of(work, constraint):
                if belongs_to(self.state[work.key], work, constraint, live.name):
                    work.drop_constraints.append(constraint.name)
                else:
                    raise still_used(work, live.name, f"the constraint {constraint.sql}")
        if live.foreign_key is not None and live.foreign_key.name is not None:
            work.drop_keys.append(live.foreign_key.name)
        work.add_keys = [key for key in work.add_keys if key.column != name]
        work.dropped.append(live.name)

    def _alter_column(self, work: Work, after: Column) -> None:
        if after.name in work.added:
            indexes, came = work.add_indexes, work.added[after.name]
            _forget_added(work, after.name)
            self._add_column(work, after if after.fill is not None else replace(after, fill=came.fill))
            work.add_indexes = indexes
            return
        live = work.live(after.name)
        if live is None:
            raise SchemaError(f'table "{work.key}" has no column "{after.name}"')
        known = work.altered.get(after.name)
        before = self.state[work.key].column(after.name)
        begun = known.before if known else begun_as(before, live, after, work.dialect)
        work.altered[after.name] = Alteration(before=begun, live=live, after=after)
        if live.null and not after.null and after.fill is not None:
            work.fills.append(Fill(column=after.name, value=after.fill, new=False))
        self._alter_constraints(work, before, after)
        self._alter_key(work, live, before, after)

    def _alter_constraints(self, work: Work, before: Column, after: Column) -> None:
        before, after = _rules_of(before, work.dialect), _rules_of(after, work.dialect)
        for constraint in only_in(before, after):
            if not self.resuming or self._has(work, constraint):
                self._drop_constraint(work, constraint)
        for constraint in only_in(after, before):
            if self.resuming and self._has(work, constraint):
                continue
            if self._stands_in_column(work, after.name, constraint):
                work.own_checks[after.name] = constraint.sql
            else:
                work.add_constraints.append(constraint)

    def _stands_in_column(self, work: Work, name: str, constraint: Constraint) -> bool:
        """Whether a column's rule becomes part of its definition, as create_tables() makes it (MariaDB)."""
        dialect, live = work.dialect, work.live(name)
        if not isinstance(dialect, MysqlDialect) or not dialect.mariadb or live is None:
            return False
        gone = work.drop_checks.get(live.name, [])
        there = [c for c in live.constraints if c.sql not in gone and not c.sql.lower().startswith("check (json_valid")]
        plain = constraint.name is None and check_expression(constraint.sql) is not None
        return plain and not there and name not in work.own_checks

    def _alter_key(self, work: Work, live: Column, before: Column, after: Column) -> None:
        old, new = before.foreign_key, after.foreign_key
        if same_key(old, new):
            return
        work.add_keys = [key for key in work.add_keys if key.column != after.name]
        if live.foreign_key is not None and live.foreign_key.name is not None:
            work.drop_keys.append(live.foreign_key.name)
        if new is not None:
            work.add_keys.append(NewKey(column=after.name, key=new))

    # ------------------------------------------------------------------ indexes and constraints

    def _add_index(self, work: Work, index: Index) -> None:
        kept = [i for i in work.found.indexes if i not in work.drop_indexes]
        if index.name is not None and any(i.name == work.dialect.cut(index.name) and i.valid for i in kept):
            return
        work.drop_indexes += [i for i in kept if not i.valid and is_called(work, i, index)]
        if not does_its_job(self.stretch.found, work, index):
            work.add_indexes.append(index)

    def _drop_index(self, work: Work, index: Index) -> None:
        same = [added for added in work.add_indexes if index_shape(added) == index_shape(index)]
        if same:
            work.add_indexes.remove(same[0])
            return
        gone = index_there(self.stretch.found, work, index)
        if gone is not None:
            work.drop_indexes.append(gone)

    def _drop_constraint(self, work: Work, constraint: Constraint) -> None:
        drop_constraint(self.stretch.found, self.state[work.key], work, constraint)

    def _has(self, work: Work, constraint: Constraint) -> bool:
        return has_constraint(self.stretch.found, self.state[work.key], work, constraint)


def _rules_of(column: Column, dialect: ServerDialect) -> Column:
    """A column without the words that only its definition can say: they change with the column itself."""
    postgres = isinstance(dialect, PostgresDialect)

    def is_own(sql: str) -> bool:
        return is_identity(sql) or is_storage(sql) if postgres else not is_rule(sql)

    return replace(column, constraints=tuple(c for c in column.constraints if not is_own(c.sql)))


def _forget_added(work: Work, name: str) -> None:
    work.added.pop(name)
    work.fills = [fill for fill in work.fills if fill.column != name]
    work.add_keys = [key for key in work.add_keys if key.column != name]
    work.add_indexes = [index for index in work.add_indexes if name not in index.columns]
