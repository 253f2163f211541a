"""From two schemas to the operations that lead from one to the other.

The phases of :func:`diff` are the order of the operations: names first; then what comes, each table and
column after what it refers to; what changes, while old and new are both there; what goes, what refers
before what it refers to. Each phase looks at the schema as the phases before it leave it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from peewit.dataclass import dataclass
from peewit.dialects import Dialect
from peewit.diff.answers import Answers, fields_of, fill_value, split_field
from peewit.diff.compare import Comparison, counts_anew, missing_constraints, missing_indexes
from peewit.diff.order import Extra, by_reference, extras
from peewit.diff.renames import ask_about_columns, check_answers, check_known, in_steps, rename_columns, rename_tables
from peewit.errors import ConfigError
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
    Operation,
    RenameColumn,
    RenameTable,
    find_index,
)
from peewit.schema import Column, Index, Schema, Table


def diff(before: Schema, after: Schema, dialect: Dialect, answers: Answers | None = None) -> list[Operation]:
    """The operations that make ``after`` of ``before``; AmbiguousRenameError where only a person can say."""
    answers = answers or Answers()
    check_answers(before, answers)
    run = _Run(state=before, compare=Comparison(dialect))
    renamed = _rename_tables(run, after, answers)
    old_keys = {new: old for old, new in renamed.items()}
    wanted = _with_fills(before, after, answers, renamed)
    common = [key for key in run.state.tables if key in wanted.tables]
    # Of the others nothing has to be asked.
    changed = [key for key in common if run.state[key] != wanted[key] or counts_anew(run.state[key], wanted[key])]
    if not answers.fields_told:
        tables = [(old_keys.get(key, key), run.state[key], wanted[key]) for key in changed]
        ask_about_columns(tables, run.compare, answers)
    for key in common if answers.renames else changed:
        _rename_columns(run, wanted[key], answers, old_keys.get(key, key))
    for key in changed:
        run.add(_drop_keys(run.state[key], wanted[key]))
    for extra in extras(wanted, run.state):
        run.add(_come(extra))
    for key in by_reference({key: wanted[key] for key in common}) if changed else ():
        if key in changed:
            run.add(_changed_columns(run, run.state[key], wanted[key]))
    for extra in reversed(extras(run.state, wanted)):
        run.add(_go(extra))
    for key in changed:
        run.add(_changed_settings(run.state[key], wanted[key]))
        run.add(_add_keys(run.state[key], wanted[key]))
    _check_fills_are_used(run, answers, renamed, before, wanted)
    return run.operations


@dataclass(slots=True)
class _Run:
    """The operations so far, and the schema they lead to."""

    state: Schema
    compare: Comparison
    operations: list[Operation] = field(default_factory=list)

    def add(self, operations: Iterable[Operation]) -> None:
        for operation in operations:
            self.state = operation.apply(self.state)
            self.operations.append(operation)


def _rename_tables(run: _Run, after: Schema, answers: Answers) -> dict[str, str]:
    renamed = rename_tables(run.state, after, answers)
    for old, new in in_steps(list(renamed.items()), run.state.tables):
        if new not in after.tables:
            run.add([RenameTable(before=old, after=new)])
            continue
        moves = run.state[old].schema != after[new].schema
        run.add([RenameTable(before=old, after=after[new].name, into=(after[new].schema or "") if moves else None)])
    return renamed


def _rename_columns(run: _Run, wanted: Table, answers: Answers, old_key: str) -> None:
    pairs = rename_columns(run.state[wanted.key], wanted, answers, old_key)
    fields = {new.name: new.field_name for _, new in pairs}
    names = [c.name for c in run.state[wanted.key].columns]
    steps = in_steps([(old.name, new.name) for old, new in pairs], names)
    run.add(RenameColumn(table=wanted.key, before=o, after=n, field=fields.get(n, n)) for o, n in steps)


def _with_fills(before: Schema, after: Schema, answers: Answers, renamed: dict[str, str]) -> Schema:
    """The wanted schema with the one-off values of the answers, given under old names, in their places."""
    for name, expression in answers.fill.items():
        key, field_name = _filled(name, answers, renamed, before, after)
        check_known(key, after.tables, f'there is no table "{key}" to fill')
        table = after[key]
        check_known(field_name, fields_of(table), f'table "{key}" has no field "{field_name}" to fill')
        column = table.of_field(field_name)
        filled = replace(column, fill=fill_value(expression, name, column))
        after = after.replacing(key, table.replacing(column.name, filled))
    return after


def _filled(name: str, answers: Answers, renamed: dict[str, str], *schemas: Schema) -> tuple[str, str]:
    """The table and the field, as the models have them, that a fill speaks of under their old names."""
    old_key, old_field = split_field(name, *schemas)
    if not old_key:
        raise ConfigError(f'"{name}" names no field', hint="a fill is for table.field, as in person.age")
    return renamed.get(old_key, old_key), (answers.renames or {}).get(name, old_field)


def _check_fills_are_used(run: _Run, answers: Answers, renamed: dict[str, str], *schemas: Schema) -> None:
    """ConfigError for a fill no row would get: its field neither comes nor becomes not null."""
    used = {(op.table, op.column.name) for op in run.operations if isinstance(op, AddColumn)}
    used |= {(op.table, op.after.name) for op in run.operations if isinstance(op, AlterColumn) and _tightens(op)}
    for name in answers.fill:
        key, field_name = _filled(name, answers, renamed, *schemas)
        if (key, run.state[key].of_field(field_name).name) not in used:
            raise ConfigError(
                f'"{name}" needs no fill: it is no new field of a table that exists, and does not become not null',
                hint="a migration that has it already can be deleted, while it is not applied, and created anew",
            )


def _tightens(operation: AlterColumn) -> bool:
    return operation.before is not None and operation.before.null and not operation.after.null


def _drop_keys(table: Table, wanted: Table) -> Iterator[Operation]:
    """What has to go before columns change: indexes and constraints that are no longer wanted."""
    gone = {c.name for c in table.columns} - {c.name for c in wanted.columns}
    for index in missing_indexes(table.indexes, wanted.indexes):
        if not (len(index.parts) == 1 and index.columns and set(index.columns) <= gone):
            yield DropIndex(table=table.key, index=index)
    for constraint in missing_constraints(table.constraints, wanted.constraints):
        yield DropConstraint(table=table.key, constraint=constraint)


def _come(extra: Extra) -> Iterator[Operation]:
    """What is added, before anything anywhere refers to it: a table, or a column with what its field says by itself."""
    table, column = extra.table, extra.column
    if column is None:
        yield CreateTable(table=table)
        return
    yield AddColumn(table=table.key, column=column)
    if table.primary_key == (column.name,):
        yield ChangePrimaryKey(table=table.key, columns=table.primary_key)
    for index in table.indexes:
        if index == _own_index(column, index):
            yield AddIndex(table=table.key, index=index)


def _changed_columns(run: _Run, table: Table, wanted: Table) -> Iterator[Operation]:
    """What stays and becomes something else, while all old and new columns are there."""
    for column in wanted.columns:
        if not run.compare.same_column(old := table.column(column.name), column):
            yield AlterColumn(table=table.key, after=column, before=old)
    if _lower(table.primary_key) != _lower(wanted.primary_key):
        yield ChangePrimaryKey(table=table.key, columns=wanted.primary_key)


def _go(extra: Extra) -> Iterator[Operation]:
    """What goes, once nothing that stays refers to it."""
    if extra.column is None:
        yield DropTable(table=extra.table.key)
    else:
        yield DropColumn(table=extra.table.key, column=extra.column.name)


def _changed_settings(table: Table, wanted: Table) -> Iterator[Operation]:
    """What a table is as a whole, once all its columns suit that."""
    if _settings(table) != _settings(wanted):
        strict, without_rowid, settings = _settings(wanted)
        yield ChangeTable(table=table.key, strict=strict, without_rowid=without_rowid, settings=settings)


def _own_index(column: Column, index: Index) -> Index:
    """The index ``index=True`` or ``unique=True`` on the column's field makes."""
    part = replace(index.parts[0], text=column.name, expression=False, descending=False, collation=None)
    return Index(parts=(part,), unique=index.unique, using=index.using)


def _lower(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


def _settings(table: Table) -> tuple[bool, bool, tuple[str, ...]]:
    return table.strict, table.without_rowid, table.settings


def _add_keys(table: Table, wanted: Table) -> Iterator[Operation]:
    """What comes once the columns are there: constraints and indexes."""
    for constraint in missing_constraints(wanted.constraints, table.constraints):
        yield AddConstraint(table=table.key, constraint=constraint)
    for index in missing_indexes(wanted.indexes, table.indexes):
        if find_index(table, index) is None:
            table = replace(table, indexes=(*table.indexes, index))
            yield AddIndex(table=table.key, index=index)
