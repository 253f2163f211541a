"""Renames on MariaDB and MySQL: the database as it will be called, and which of them a killed run had done.

Everything else of a stretch is compiled against that; only what is asked or written before the renames
speaks of the names of now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from peewit.dialects import MysqlDialect, ServerDialect
from peewit.operations import Operation, RenameColumn, RenameTable, RunCode, RunSql
from peewit.operations.references import with_column_called, with_table_called
from peewit.operations.renames import renames_in_front
from peewit.operations.replay import replay
from peewit.schema import (
    Column,
    Constraint,
    FoundIndex,
    FoundKey,
    FoundOnServer,
    FoundTable,
    Part,
    Schema,
    key_of,
    parts_of,
)
from peewit.sql import rename

Rename = RenameTable | RenameColumn


def after_rename(found: FoundOnServer, operation: Rename, dialect: ServerDialect) -> FoundOnServer:
    """The database as it will be after a rename, without asking it more than is asked of this."""
    match operation:
        case RenameTable():
            return _after_table(found, operation, dialect)
        case RenameColumn():
            return _after_column(found, operation, dialect)


def _after_table(found: FoundOnServer, operation: RenameTable, dialect: ServerDialect) -> FoundOnServer:
    before, after = operation.before, operation.key

    def now(key: str) -> str:
        return before if key == after else key

    def leading(column: Column) -> Column:
        key = column.foreign_key
        if key is None or key.target != before:
            return column
        return replace(column, foreign_key=replace(key, table=operation.after, schema=operation.schema))

    def table(key: str) -> FoundTable | None:
        there = None if key == before else found.table(now(key))
        if there is None:
            return None
        columns, rules = tuple(map(leading, there.table.columns)), _leading_rules(there, operation)
        there = replace(there, table=replace(there.table, columns=columns, constraints=rules))
        if key != after:
            return there
        there = replace(there, table=replace(there.table, schema=operation.schema))
        return _with_name(there, operation.after, dialect)

    def of_it(key: FoundKey) -> FoundKey:
        if not _is_in(key, before):
            return key
        name = _own_name(key.name, key.table, operation.after, dialect)
        place = key.place if operation.into is None else operation.into
        return replace(key, schema=operation.schema, table=operation.after, name=name, place=place)

    def referring(key: str) -> tuple[FoundKey, ...]:
        there = () if key == before else found.referring(now(key))
        return tuple(of_it(_leading(k, key, dialect)) for k in there)

    return replace(
        found, table=table, referring=referring, as_written=lambda key, text: found.as_written(now(key), text)
    )


def _leading_rules(found: FoundTable, operation: Rename) -> tuple[Constraint, ...]:
    """The constraints of a table, those too that lead to what is renamed."""
    there = found.table.constraints
    match operation:
        case RenameTable(before=before):
            return tuple(with_table_called(constraint, before, operation.key) for constraint in there)
        case RenameColumn(table=table, before=before, after=after):
            return tuple(with_column_called(constraint, table, before, after) for constraint in there)


def _own_name(name: str, before: str, after: str, dialect: ServerDialect) -> str:
    """The name of a key or a rule: the server itself changes those it made of the table's.

    https://dev.mysql.com/doc/refman/8.4/en/rename-table.html
    """
    plain = isinstance(dialect, MysqlDialect) and dialect.mariadb
    made = any(name.startswith(f"{before}{mark}") for mark in (["_ibfk_"] if plain else ["_ibfk_", "_chk_"]))
    return after + name.removeprefix(before) if made else name


def _with_name(found: FoundTable, after: str, dialect: ServerDialect) -> FoundTable:
    before = found.table.name

    def name(own: str | None) -> str | None:
        return None if own is None else _own_name(own, before, after, dialect)

    def column(column: Column) -> Column:
        key = column.foreign_key
        return column if key is None else replace(column, foreign_key=replace(key, name=name(key.name)))

    return replace(
        found,
        table=replace(
            found.table,
            name=after,
            columns=tuple(map(column, found.table.columns)),
            constraints=tuple(replace(c, name=name(c.name)) for c in found.table.constraints),
        ),
        uses={_own_name(key, before, after, dialect): columns for key, columns in found.uses.items()},
    )


def _after_column(found: FoundOnServer, operation: RenameColumn, dialect: ServerDialect) -> FoundOnServer:
    old, new = operation.before, operation.after

    def table(key: str) -> FoundTable | None:
        there = found.table(key)
        if there is None:
            return None
        columns = tuple(_referring(column, operation) for column in there.table.columns)
        rules = _leading_rules(there, operation)
        there = replace(there, table=replace(there.table, columns=columns, constraints=rules))
        return _with_column(there, old, new, dialect) if key == operation.table else there

    def referring(key: str) -> tuple[FoundKey, ...]:
        return tuple(_of_columns(k, operation, key, dialect) for k in found.referring(key))

    def as_written(key: str, text: str) -> str:
        if key != operation.table:
            return found.as_written(key, text)
        written = found.as_written(key, rename(text, new, old, rules=dialect.rules))
        return rename(written, old, new, rules=dialect.rules)

    return replace(found, table=table, referring=referring, as_written=as_written)


def _is_in(key: FoundKey, table: str) -> bool:
    """Whether a foreign key stands in a table."""
    return table in (key_of(key.schema, key.table), key_of(key.place, key.table))


def _referring(column: Column, operation: RenameColumn) -> Column:
    key = column.foreign_key
    if key is None or key.target != operation.table or key.column != operation.before:
        return column
    return replace(column, foreign_key=replace(key, column=operation.after))


def _leading(key: FoundKey, target: str, dialect: ServerDialect) -> FoundKey:
    """A foreign key to a table that is renamed; its text says the same of it."""
    path, columns, rest = _parts(key, dialect)
    old, new = (dialect.quoted(parts_of(text)[1]) for text in (key.target, target))
    path = path.removesuffix(old) + new if path.endswith(old) else path
    return replace(key, target=target, sql=_text(key.columns, path, columns, rest, dialect))


def _of_columns(key: FoundKey, operation: RenameColumn, target: str, dialect: ServerDialect) -> FoundKey:
    def renamed(names: tuple[str, ...], table: bool) -> tuple[str, ...]:
        return tuple(operation.after if table and name == operation.before else name for name in names)

    columns = renamed(key.columns, _is_in(key, operation.table))
    targets = renamed(key.target_columns, target == operation.table)
    path, _, rest = _parts(key, dialect)
    sql = _text(columns, path, targets, rest, dialect)
    return replace(key, columns=columns, target_columns=targets, sql=sql)


def _parts(key: FoundKey, dialect: ServerDialect) -> tuple[str, tuple[str, ...], str]:
    """The path, the columns and the rules behind REFERENCES."""
    listed = f" ({', '.join(map(dialect.quoted, key.target_columns))})"
    path, _, rest = key.sql.partition(" REFERENCES ")[2].partition(listed)
    return path, key.target_columns, rest


def _text(columns: Sequence[str], path: str, targets: Sequence[str], rest: str, dialect: ServerDialect) -> str:
    own, there = (", ".join(map(dialect.quoted, names)) for names in (columns, targets))
    return f"FOREIGN KEY ({own}) REFERENCES {path} ({there}){rest}"


def _with_column(found: FoundTable, old: str, new: str, dialect: ServerDialect) -> FoundTable:
    """A table with one of its columns called otherwise, in all its texts too."""
    old = next((c.name for c in found.table.columns if c.name.lower() == dialect.cut(old).lower()), old)
    new = dialect.cut(new)

    def text(sql: str) -> str:
        return rename(sql, old, new, rules=dialect.rules)

    def name(column: str) -> str:
        return new if column == old else column

    def names(columns: Collection[str]) -> frozenset[str]:
        return frozenset(map(name, columns))

    def constraints(all_: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
        return tuple(replace(c, sql=text(c.sql)) for c in all_)

    def part(part: Part) -> Part:
        head = dialect.quoted(old)
        if part.expression and part.text.startswith(f"{head}("):  # the beginning of a column, not a function
            return replace(part, text=dialect.quoted(new) + part.text.removeprefix(head))
        return replace(part, text=text(part.text) if part.expression else name(part.text))

    def index(found: FoundIndex) -> FoundIndex:
        return replace(found, index=replace(found.index, parts=tuple(map(part, found.index.parts))))

    def column(column: Column) -> Column:
        made = column.generated
        return replace(
            column,
            name=name(column.name),
            default=None if column.default is None else text(column.default),
            generated=made and replace(made, expression=text(made.expression)),
            constraints=constraints(column.constraints),
        )

    indexes = tuple(map(index, found.indexes))
    return replace(
        found,
        table=replace(
            found.table,
            columns=tuple(map(column, found.table.columns)),
            primary_key=tuple(map(name, found.table.primary_key)),
            indexes=tuple(i.index for i in indexes),
            constraints=constraints(found.table.constraints),
        ),
        indexes=indexes,
        extras={name(key): extra for key, extra in found.extras.items()},
        uses={key: names(columns) for key, columns in found.uses.items()},
    )


# ---------------------------------------------------------------------- a run that was killed


def tables_left(renames: Sequence[RenameTable], before: Schema, found: FoundOnServer) -> list[RenameTable]:
    """The renames of tables that a killed run had not done: they are done one after the other."""
    states = _states(renames, before)
    there = frozenset(key for key in _keys(renames) if found.table(key) is not None)
    done = next((number for number, state in reversed(list(enumerate(states))) if state == there), len(renames))
    return list(renames[done:])


def _keys(renames: Sequence[RenameTable]) -> frozenset[str]:
    return frozenset(key for one in renames for key in (one.before, one.key))


def _states(renames: Sequence[RenameTable], before: Schema) -> list[frozenset[str]]:
    """Which of the tables that are renamed are there, after each rename."""
    states = [frozenset(key for key in _keys(renames) if key in before)]
    for one in renames:
        states.append(states[-1] - {one.before} | {one.key})
    return states


def columns_done(renames: Sequence[RenameColumn], before: Schema, after: Schema, found: FoundOnServer) -> bool:
    """Whether a killed run had renamed the columns of one table: they are renamed all at once."""
    there = found.table(renames[0].table)
    if there is None or not called(renames):
        return True
    gone, come = _marks(renames, before, after)
    names = {column.name.lower() for column in there.table.columns}
    return not gone <= names or bool(come & names)


def _marks(renames: Sequence[RenameColumn], before: Schema, after: Schema) -> tuple[frozenset[str], frozenset[str]]:
    """By what it is seen that the columns of a table are renamed: the names that go, and those that come."""
    table = renames[0].table
    old = {column.name.lower() for column in before[table].columns}
    new = {column.name.lower() for column in after[table].columns} if table in after else set()
    targets, sources = ({name.lower() for name in names} for names in zip(*called(renames).items(), strict=True))
    return frozenset(sources - new), frozenset(targets & new - old)


def called(renames: Sequence[RenameColumn]) -> dict[str, str]:
    """What columns that are renamed are called before, by their names afterwards."""
    names: dict[str, str] = {}
    for one in renames:
        names[one.after] = names.pop(one.before, one.before)
    return {new: old for new, old in names.items() if new != old}


def by_table(renames: Sequence[RenameColumn]) -> dict[str, list[RenameColumn]]:
    """The renames of columns, table by table."""
    found: dict[str, list[RenameColumn]] = {}
    for one in renames:
        found.setdefault(one.table, []).append(one)
    return found


def hidden_renames(operations: Sequence[Operation], before: Schema) -> str:
    """What changes places, so that a database does not show whether it was done; empty where nothing does."""
    if any(isinstance(operation, RunSql | RunCode) for operation in operations):
        return ""
    after = replay(before, operations)
    renames = renames_in_front(operations)
    states = _states(renames.tables, before)
    last = frozenset(key for key in _keys(renames.tables) if key in after)
    if renames.tables and len({*states, last}) < len(states) + (last != states[-1]):
        return "tables that change places"
    before = replay(before, renames.tables)
    for table, group in by_table(renames.columns).items():
        if called(group) and table in after and not any(_marks(group, before, after)):
            return f'columns of "{table}" that change places'
    return ""
