"""One operation → the lines of a migration file that ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from functools import partial
from typing import Any, assert_never

from peewit.dataclass import dataclass
from peewit.errors import ConfigError
from peewit.files.groups import groups_of
from peewit.files.identifiers import attribute, class_name
from peewit.files.imports import Imports
from peewit.files.index_text import in_meta, index_options, index_tuple, only_by_call, part_of_call, part_of_class
from peewit.files.layout import INDENT, class_head, lay_out
from peewit.models import (
    CheckText,
    FieldCall,
    ModelOf,
    NoSourceError,
    SqlText,
    by_flag,
    constraint_argument,
    field_call,
    flags_of,
    quoted,
    source_of_value,
)
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
from peewit.schema import Column, Constraint, Default, Index, Schema, Table, parts_of

_MODULES = {
    "peewee": "pw",
    "playhouse.postgres_ext": "pw_pext",
    "playhouse.sqlite_ext": "pw_sqlite",
    "playhouse.mysql_ext": "pw_mysql",
}


@dataclass(slots=True)
class Speller:
    """Writes operations one after the other, knowing the schema each of them finds."""

    state: Schema
    after: Schema
    imports: Imports = field(default_factory=Imports)
    own_fields: dict[str, tuple[str, str]] = field(default_factory=dict)

    def spell(self, operations: Sequence[Operation]) -> list[str]:
        """The lines of a function's body, indented once; a class has an empty line on each side."""
        lines: list[str] = []
        was_class = False
        for group in groups_of(_as_written(operations, self.state)):
            is_class = isinstance(group[0], CreateTable)
            if lines and (is_class or was_class):
                lines.append("")
            lines += self._group(group)
            was_class = is_class
            for operation in group:
                self.state = operation.apply(self.state)
        return lines

    def _group(self, group: Sequence[Operation]) -> list[str]:
        match group[0]:
            case CreateTable(table=table):
                return self._create(table)
            case DropTable(table=key):
                return self._call("remove_model", key)
            case RenameTable(before=before, after=after, into=into):
                moves = [] if into is None else [f"schema={quoted(into) if into else None}"]
                return self._call("rename_table", before, quoted(after), *moves)
            case ChangeTable() as change:
                return self._change_table(change)
            case ChangePrimaryKey(table=key, columns=columns):
                return self._call("change_primary_key", key, *(self._field(key, name) for name in columns))
            case AddColumn(table=key):
                return self._add_fields(key, group)
            case DropColumn(table=key):
                names = [self._field(key, op.column) for op in group if isinstance(op, DropColumn)]
                return self._call("remove_fields", key, *names)
            case RenameColumn() as rename:
                return self._rename(rename)
            case AlterColumn(table=key):
                return self._change_fields(key, [op.after for op in group if isinstance(op, AlterColumn)])
            case FillNulls(table=key, column=name, fill=fill):
                return self._call("add_default", key, self._field(key, name), self._default(fill, f"{key}.{name}"))
            case AddIndex(table=key, index=index):
                return self._call("add_index", key, *self._index_arguments(key, index))
            case DropIndex(table=key, index=index):
                return self._call("drop_index", key, *self._drop_arguments(key, index))
            case AddConstraint(table=key, constraint=constraint):
                text = self._value(constraint_argument(replace(constraint, name=None)))
                return self._call("add_constraint", key, _text_or_none(constraint.name), text)
            case DropConstraint(table=key, constraint=constraint):
                return self._call("drop_constraints", key, self._constraint_name(constraint))
            case RunSql(sql=sql, params=params):
                return lay_out(_called("migrator.sql", quoted(sql), *map(self._literal, params)), 1)
            case RunCode(name=name):
                raise ConfigError(f"the function {name} cannot be written into a migration")
            case _ as never:
                assert_never(never)

    # ------------------------------------------------------------------ calls

    def _call(self, method: str, key: str, *arguments: str) -> list[str]:
        return lay_out(_called(f"migrator.{method}", quoted(self._table(key)), *arguments), 1)

    def _table(self, key: str) -> str:
        """How a file names a table: where its name has a dot and no other is called so, as stock does."""
        schema, name = parts_of(key)
        alone = [table.key for table in self.state if name in (table.key, table.name, table.model)] == [key]
        return name if schema is None and alone else key

    def _field(self, key: str, column: str) -> str:
        return quoted(self.state[key].column(column).field_name)

    def _constraint_name(self, constraint: Constraint) -> str:
        if constraint.name is not None:
            return quoted(constraint.name)
        return self._value(constraint_argument(constraint))

    def _change_table(self, change: ChangeTable) -> list[str]:
        table = self.state[change.table]
        items = []
        if change.strict != table.strict:
            items.append(f"strict_tables={change.strict}")
        if change.without_rowid != table.without_rowid:
            items.append(f"without_rowid={change.without_rowid}")
        if change.settings != table.settings:
            items.append(f"table_settings={_list(map(quoted, change.settings))}")
        return self._call("change_table", change.table, *items)

    def _rename(self, rename: RenameColumn) -> list[str]:
        """rename_field where the new column is what Peewee would call it, else a field with a column name."""
        table = self.state[rename.table]
        old = table.column(rename.before)
        if _is_natural(rename, self.state):
            new_field = rename.field or rename.after
            return self._call("rename_field", rename.table, quoted(old.field_name), quoted(new_field))
        name = attribute(old)
        renamed = rename.apply(self.state)[rename.table].column(rename.after)
        renamed = replace(_self_contained(renamed), field=name)
        call = field_call(self.state, table, renamed, flags_of(table, old))
        return self._call("change_fields", rename.table, f"{name}={self._construct(call)}")

    def _add_fields(self, key: str, group: Sequence[Operation]) -> list[str]:
        table = self.state[key]
        columns = [op.column for op in group if isinstance(op, AddColumn)]
        indexes = tuple(op.index for op in group if isinstance(op, AddIndex))
        keys = next((op.columns for op in group if isinstance(op, ChangePrimaryKey)), ())
        grown = replace(table, columns=(*table.columns, *columns), indexes=indexes, primary_key=keys)
        items: list[str] = []
        if any(column.needs_value for column in columns):
            items.append("allow_not_null=True")
        for column in columns:
            call = field_call(self.state, grown, column, flags_of(grown, column))
            items.append(f"{column.field}={self._construct(call, f'{key}.{column.field}')}")
        return self._call("add_fields", key, *items)

    def _change_fields(self, key: str, columns: Sequence[Column]) -> list[str]:
        table = self.state[key]
        items = []
        for column in columns:
            old = table.column(column.name)
            name = attribute(old)
            fills = old.null and not column.null
            named = replace(column if fills else _self_contained(column), field=name)
            call = field_call(self.state, table, named, flags_of(table, old))
            items.append(f"{name}={self._construct(call, f'{key}.{name}')}")
        return self._call("change_fields", key, *items)

    # ------------------------------------------------------------------ fields and values

    def _construct(
        self, call: FieldCall, subject: str = "", above: Sequence[str] = (), beside: Sequence[str] = ()
    ) -> str:
        """A field's class called with its arguments. ``above`` and ``beside`` are fields of its class."""
        positional = [self._value(value) for value in call.positional]
        keywords = [
            f"{key}={self._default(value, subject, above, beside)}"
            if isinstance(value, Default)
            else f"{key}={self._value(value)}"
            for key, value in call.keywords
        ]
        return _called(self._class(call), *positional, *keywords)

    def _class(self, call: FieldCall) -> str:
        path = self._import(call.kind)
        if not call.own_name:
            return path
        name, wanted = call.own_name, (path, call.own_type)
        while self.own_fields.get(name, wanted) != wanted:
            name += "_"
        self.own_fields[name] = wanted
        return name

    def _import(self, path: str) -> str:
        module, _, name = path.rpartition(".")
        alias = _MODULES[module]
        self.imports.outer[alias] = f"import {module} as {alias}"
        return f"{alias}.{name}"

    def _default(self, default: Default, subject: str, above: Sequence[str] = (), beside: Sequence[str] = ()) -> str:
        if default.problem:
            filled = f"a value for the rows that exist: --fill {subject}=EXPR"
            raise ConfigError(
                f"the default of {subject} cannot be written into a migration: {default.problem}",
                hint=f"give {filled}" if default.source else f"give its function a name in a module, or {filled}",
            )
        return self.imports.use(default, above, beside)

    def _value(self, value: Any) -> str:
        match value:
            case SqlText(text):
                return _called("pw.SQL", quoted(text))
            case CheckText(expression, name):
                named = () if name is None else (f"name={quoted(name)}",)
                return _called("pw.Check", quoted(expression), *named)
            case ModelOf(itself=True):
                return '"self"'
            case ModelOf(table, deferred=True):
                known = self.after.tables.get(table)
                return quoted(known.model if known is not None and known.model else table)
            case ModelOf(table):
                return f"migrator.orm[{quoted(self._table(table))}]"
            case list():
                return _list(self._value(item) for item in value)
            case type():
                return self._import(f"{value.__module__}.{value.__name__}")
            case _:
                return self._literal(value)

    def _literal(self, value: Any) -> str:
        try:
            source, imports = source_of_value(value)
        except NoSourceError as error:
            raise ConfigError(f"{value!r} cannot be written into a migration: {error}") from error
        return self.imports.use(Default(source=source, imports=imports), (), ())

    # ------------------------------------------------------------------ models

    def _create(self, table: Table) -> list[str]:
        name = class_name(table)
        lines = ["@migrator.create_model", *(line[len(INDENT) :] for line in class_head(name, "pw.Model", 1))]
        schema = self.state.with_table(table)
        fields = [column.field for column in table.columns]
        for place, column in enumerate(table.columns):
            call = field_call(schema, table, _self_contained(column), flags_of(table, column))
            source = self._construct(call, above=fields[:place], beside=fields)
            lines += [line[len(INDENT) :] for line in lay_out(f"{column.field} = {source}", 2)]
        lines += ["", *self._meta(table)]
        # A call of the migrator takes the class as it is: what is added to that comes first.
        in_order = sorted(table.indexes, key=partial(only_by_call, table))
        added = [line for index in in_order for line in self._after_class(table, name, index)]
        lines = [f"{INDENT}{line}" if line else "" for line in lines]
        return [*lines, "", *added] if added else lines

    def _meta(self, table: Table) -> list[str]:
        options = [f"table_name = {quoted(table.name)}"]
        if table.schema:
            options.append(f"schema = {quoted(table.schema)}")
        if len(table.primary_key) > 1:
            names = (quoted(table.column(name).field) for name in table.primary_key)
            options.append(f"primary_key = {_called('pw.CompositeKey', *names)}")
        elif not table.primary_key:
            options.append("primary_key = False")
        plain = [index_tuple(table, index) for index in table.indexes if in_meta(table, index)]
        if plain:
            options.append(f"indexes = {_list(plain)}")
        if table.constraints:
            texts = [self._value(constraint_argument(constraint)) for constraint in table.constraints]
            options.append(f"constraints = {_list(texts)}")
        options += [f"{name} = True" for name, on in _marks(table) if on]
        if table.settings:
            options.append(f"table_settings = {_list(map(quoted, table.settings))}")
        if not table.legacy_names:
            options.append("legacy_table_names = False")
        lines = [line[len(INDENT) :] for option in options for line in lay_out(option, 3)]
        return [f"{INDENT}class Meta:", *lines]

    def _after_class(self, table: Table, name: str, index: Index) -> list[str]:
        """An index only a call can say. A field called ``index`` hides the method of that name."""
        if in_meta(table, index) or by_flag(table, index):
            return []
        if only_by_call(table, index):
            return self._call(
                "add_index", table.key, *(part_of_call(table, p) for p in index.parts), *index_options(table, index)
            )
        parts = [part_of_class(name, table, part) for part in index.parts]
        if any(column.field == "index" for column in table.columns):
            made = _called("pw.ModelIndex", name, _list(parts), *index_options(table, index))
        else:
            made = _called(f"{name}.index", *parts, *index_options(table, index))
        return lay_out(_called(f"{name}.add_index", made), 1)

    def _index_arguments(self, key: str, index: Index) -> list[str]:
        table = self.state[key]
        return [*(part_of_call(table, part) for part in index.parts), *index_options(table, index)]

    def _drop_arguments(self, key: str, index: Index) -> list[str]:
        table = self.state[key]
        if index.plain and not any(i.columns == index.columns and i != index for i in table.indexes):
            return [quoted(table.column(name).field_name) for name in index.columns]
        if index.name is not None:
            return [f"name={quoted(index.name)}"]
        return self._index_arguments(key, index)


def _as_written(operations: Iterable[Operation], state: Schema) -> list[Operation]:
    """The operations with their fields named as the file names them, from the schema the file finds."""
    written = []
    for operation in operations:
        written.append(_one_as_written(operation, state))
        state = written[-1].apply(state)
    return written


def _one_as_written(operation: Operation, state: Schema) -> Operation:
    """A new field has a name of its own; one that is changed by change_fields keeps the name it has."""
    match operation:
        case CreateTable(table=table):
            columns = tuple(replace(column, field=attribute(column)) for column in table.columns)
            return CreateTable(table=replace(table, columns=columns))
        case AddColumn(table=key, column=column):
            name = attribute(column)
            while any(name == other.field_name for other in state[key].columns):
                name += "_"
            return AddColumn(table=key, column=replace(column, field=name))
        case AlterColumn(table=key, after=after):
            return AlterColumn(table=key, after=replace(after, field=attribute(state[key].column(after.name))))
        case RenameColumn(table=key, before=before) if not _is_natural(operation, state):
            return replace(operation, field=attribute(state[key].column(before)))
        case _:
            return operation


def _is_natural(rename: RenameColumn, state: Schema) -> bool:
    """Whether rename_field says it all: Peewee calls the column so by its field, and the field can be written."""
    table = rename.apply(state)[rename.table]
    renamed = table.column(rename.after)
    name = renamed.field_name
    plain = renamed.foreign_key is None or name.endswith("_id")
    alone = [column.field_name for column in table.columns].count(name) == 1
    return alone and rename.after == (name if plain else f"{name}_id") and name == attribute(renamed)


def _self_contained(column: Column) -> Column:
    """The column without a default that cannot be written or is the application's own, where no row needs it.

    A file that imports a function of the application stops working when that function is gone.
    """
    fill = column.fill
    foreign = fill is not None and (fill.problem or any(line.startswith("from ") for line in fill.imports))
    return replace(column, fill=None) if foreign else column


def _called(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(arguments)})"


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _text_or_none(text: str | None) -> str:
    return "None" if text is None else quoted(text)


def _marks(table: Table) -> tuple[tuple[str, bool], ...]:
    return ("strict_tables", table.strict), ("without_rowid", table.without_rowid)
