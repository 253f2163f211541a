"""Operations → what is asked of each table of a server → statements.

A stretch of operations between two barriers is compiled at once: everything asked of one table becomes one
change of it, as far as the server allows. How the change is written is each server's own affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from peewit.compile import mysql, mysql_types, postgres
from peewit.compile.sent import sent, sent_table
from peewit.compile.server_renames import after_rename, by_table, called, columns_done, tables_left
from peewit.compile.server_text import index_keys, own_text
from peewit.compile.server_uses import (
    belongs_to,
    columns_of,
    plain_shape,
    refuse_unmanaged,
    still_used,
    text_of,
    used_by,
    using,
)
from peewit.compile.server_work import Alteration, Called, Fill, NewKey, Stretch, Work
from peewit.compile.statements import Statement
from peewit.dialects import MysqlDialect, PostgresDialect, ServerDialect, plain_foreign_key
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
    constraint_shape,
    index_shape,
)
from peewit.operations.index_names import automatic_names
from peewit.operations.renames import key_after, renames_in_front
from peewit.operations.replay import replay
from peewit.schema import Column, Constraint, ForeignKey, FoundIndex, FoundOnServer, Index, Schema, Table
from peewit.sql import canonical, check_expression, significant, tokenize


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
        gathering.add_missing_keys()
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
                return there is not None and is_done(operation, self._work(operation.table), self)

    def pass_over(self, operation: Operation) -> None:
        """Take an operation as done."""
        self.state = operation.apply(self.state)

    def add_missing_keys(self) -> None:
        """Foreign keys that were taken away for a moment, and not put back."""
        for key, work in self.stretch.works.items():
            new = {n.column for n in work.add_keys}
            for column in self.state[key].columns if key in self.state else ():
                live = work.live(column.name)
                wanted = column.foreign_key
                if wanted is None or column.name in new or wanted.target in self.stretch.dropped:
                    continue
                if live is not None and live.foreign_key is None:
                    work.add_keys.append(NewKey(column=column.name, key=wanted))

    def take_renames(self, operations: Sequence[Operation]) -> list[Operation]:
        """Note the renames that are left to do; the other operations, on the database as it will be called."""
        renames, stretch, end = renames_in_front(operations), self.stretch, replay(self.state, operations)
        live = stretch.found
        keys: dict[str, str] = {}
        stretch.renames += tables_left(renames.tables, self.state, live) if self.resuming else renames.tables
        for rename in stretch.renames:
            self._find(rename.before)
            stretch.found = after_rename(stretch.found, rename, stretch.dialect)
            keys[key_after(rename)] = keys.pop(rename.before, rename.before)
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
                hint="if the database was made without this migration, compare and take it over: peewit migrate --fake",
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
            if constraint.name in work.drop_constraints or constraint.name is None:
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
        work.altered[after.name] = Alteration(before=known.before if known else before, live=live, after=after)
        if live.null and not after.null and after.fill is not None:
            work.fills.append(Fill(column=after.name, value=after.fill, new=False))
        self._alter_constraints(work, before, after)
        self._alter_key(work, live, before, after)

    def _alter_constraints(self, work: Work, before: Column, after: Column) -> None:
        for constraint in _only_in(before, after):
            if not self.resuming or self.has_constraint(work, constraint):
                self._drop_constraint(work, constraint)
        for constraint in _only_in(after, before):
            if self.resuming and self.has_constraint(work, constraint):
                continue
            if self._stands_in_column(work, after.name, constraint):
                work.own_checks[after.name] = constraint.sql
            else:
                work.add_constraints.append(constraint)

    def has_rules(self, work: Work, live: Column, after: Column) -> bool:
        """Whether a column has got the foreign key and constraints it was to get, and lost what it was to lose."""
        before = self.state[work.key].column(after.name)
        if not _same_key(before.foreign_key, after.foreign_key) and not _is_key(live.foreign_key, after.foreign_key):
            return False
        gone, new = _only_in(before, after), _only_in(after, before)
        has = [self.has_constraint(work, constraint) for constraint in (*gone, *new)]
        return has == [False] * len(gone) + [True] * len(new)

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
        if _same_key(old, new):
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
        work.drop_indexes += [i for i in kept if not i.valid and self._is_called(work, i, index)]
        if not self._does_its_job(work, index):
            work.add_indexes.append(index)

    def _does_its_job(self, work: Work, index: Index) -> bool:
        """Whether an index without a name of its own would only be another one of what is there or to come."""
        if not index.plain:
            return False
        there = self.index_there(work, index)
        come = any(index_shape(added) == index_shape(index) for added in work.add_indexes)
        return come or (there is not None and there.valid and there.index.unique == index.unique)

    def _is_called(self, work: Work, found: FoundIndex, index: Index) -> bool:
        names = [index.name] if index.name is not None else list(automatic_names(work.table, index))[:2]
        return found.name in [work.dialect.cut(name) for name in names]

    def _drop_index(self, work: Work, index: Index) -> None:
        same = [added for added in work.add_indexes if index_shape(added) == index_shape(index)]
        if same:
            work.add_indexes.remove(same[0])
            return
        gone = self.index_there(work, index)
        if gone is not None:
            work.drop_indexes.append(gone)

    def index_there(self, work: Work, index: Index) -> FoundIndex | None:
        """The index of this name, else one over the same keys."""
        there = [i for i in work.found.indexes if i not in work.drop_indexes]
        if index.name is not None:
            named = [i for i in there if i.name == work.dialect.cut(index.name)]
            if named:
                return named[0]
        plain = all(not part.expression for part in index.parts) and index.where is None
        if plain or isinstance(work.dialect, MysqlDialect):
            shape = plain_shape(work, index)
            same = [i for i in there if plain_shape(work, i.index) == shape and i.index.where is None]
        else:
            known = work.dialect
            text = f"CREATE INDEX ON peewit_probe {using(index)}{index_keys(index, work.table, known)}"
            wanted = self.stretch.found.as_written(work.key, text).partition(" USING ")[2]
            same = [i for i in there if i.sql.partition(" USING ")[2] == wanted and i.index.unique == index.unique]
        automatic = [work.dialect.cut(name) for name in automatic_names(work.table, index)]
        return min(same, key=lambda i: automatic.index(i.name) if i.name in automatic else 999, default=None)

    def _drop_constraint(self, work: Work, constraint: Constraint) -> None:
        added = [c for c in work.add_constraints if c == constraint]
        if added:
            work.add_constraints.remove(added[0])
            return
        there = [c for c in work.found.table.constraints if c.name not in work.drop_constraints]
        named = [c for c in there if constraint.name is not None and c.name == work.dialect.cut(constraint.name)]
        if not named and constraint.sql:
            same = [c for c in there if canonical(c.sql) == canonical(constraint.sql)]
            named = same or self._written_alike(work, constraint, there)
        if not named and (self._drop_own_check(work, constraint) or _drop_unique(work, constraint)):
            return
        if not named or named[0].name is None:
            raise SchemaError(
                f'table "{work.key}" has no constraint {constraint.name or constraint.sql}',
                hint="peewit check compares the database with what the migrations say",
            )
        work.drop_constraints.append(named[0].name)

    def _written_alike(self, work: Work, constraint: Constraint, there: Sequence[Constraint]) -> list[Constraint]:
        """The constraints whose text is what the server would make of the wanted one's."""
        if check_expression(constraint.sql) is None:
            return []
        written = self.stretch.found.as_written(work.key, own_text(constraint.sql, work.table, work.dialect))
        return [c for c in there if c.sql == written]

    def has_constraint(self, work: Work, constraint: Constraint) -> bool:
        """Whether a table has a constraint."""
        probe = Work(table=work.table, found=work.found, dialect=work.dialect)
        try:
            self._drop_constraint(probe, constraint)
        except SchemaError:
            return False
        return True

    def _drop_own_check(self, work: Work, constraint: Constraint) -> bool:
        """Drop a CHECK that stands in a column's own definition and has no name (MariaDB)."""
        if check_expression(constraint.sql) is None:
            return False
        written = self.stretch.found.as_written(work.key, own_text(constraint.sql, work.table, work.dialect))
        for live in work.found.table.columns:
            for own in live.constraints:
                if own.sql == written or canonical(own.sql) == canonical(constraint.sql or ""):
                    work.drop_checks.setdefault(live.name, []).append(own.sql)
                    column = self.state[work.key].column(live.name)
                    work.altered.setdefault(live.name, Alteration(before=column, live=live, after=column))
                    return True
        return False


def is_done(operation: Operation, work: Work, gathering: _Gathering) -> bool:
    """Whether a table shows that an operation of an interrupted run was done."""
    match operation:
        case DropColumn(column=name):
            return work.live(name) is None
        case AddIndex(index=index):
            there = gathering.index_there(work, index)
            return there is not None and there.valid and there.index.unique == index.unique
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return gathering.has_constraint(work, constraint) is isinstance(operation, AddConstraint)
        case ChangePrimaryKey(columns=columns):
            return work.found.table.primary_key == columns
        case AlterColumn(after=after):
            live = work.live(after.name)
            return live is not None and _is_altered(work, live, after) and gathering.has_rules(work, live, after)
        case AddColumn(column=column):
            live = work.live(column.name)
            if live is not None:
                _finish_added(work, column, live)
            return live is not None
        case _:
            return False


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


def _drop_unique(work: Work, constraint: Constraint) -> bool:
    """Drop the unique index that is all MariaDB and MySQL make of a UNIQUE constraint."""
    if not isinstance(work.dialect, MysqlDialect):
        return False
    tokens = significant(tokenize(own_text(constraint.sql, work.table, work.dialect), work.dialect.rules))
    columns = [token.value.lower() for token in tokens[1:] if token.kind in ("word", "name", "string")]
    there = [i for i in work.found.indexes if i.index.unique and i not in work.drop_indexes]
    named = [i for i in there if i.name == constraint.name]
    same = [i for i in there if columns and [part.text.lower() for part in i.index.parts] == columns]
    work.drop_indexes += (named or same)[:1]
    return bool(named or same)


def _same_key(a: ForeignKey | None, b: ForeignKey | None) -> bool:
    if a is None or b is None:
        return a is b
    place = (a.table, a.schema, a.column) == (b.table, b.schema, b.column)
    return place and plain_foreign_key(a) == plain_foreign_key(replace(b, deferred=a.deferred))


def _is_key(live: ForeignKey | None, wanted: ForeignKey | None) -> bool:
    """Whether a live foreign key is the wanted one; RESTRICT is the server's word for no action at all."""
    if live is None or wanted is None:
        return live is wanted

    def plain(key: ForeignKey) -> tuple[str | None, ...]:
        key = plain_foreign_key(key)
        actions = (None if action == "RESTRICT" else action for action in (key.on_delete, key.on_update))
        return (key.table, key.column, *actions)

    return plain(live) == plain(wanted) and (wanted.schema is None or live.schema == wanted.schema)


def _only_in(column: Column, other: Column) -> list[Constraint]:
    """The constraints of one description of a column that the other does not have, or not by that name."""
    there = {constraint_shape(c): c.name for c in other.constraints}
    return [c for c in column.constraints if there.get(constraint_shape(c), "") != c.name]


def _forget_added(work: Work, name: str) -> None:
    work.added.pop(name)
    work.fills = [fill for fill in work.fills if fill.column != name]
    work.add_keys = [key for key in work.add_keys if key.column != name]
    work.add_indexes = [index for index in work.add_indexes if name not in index.columns]
