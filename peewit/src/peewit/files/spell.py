"""One operation → the lines of a migration file that ask for it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from peewit.errors import ConfigError
from peewit.files.layout import INDENT, CallText, Item, lay_out
from peewit.models import (
    CheckText,
    FieldCall,

    ModelOf,
    NoSourceError,
    SqlText,
    constraint_argument,
    field_call,
    flag_index,
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
from peewit.schema import Column, Constraint, Default, Index, Part, Schema, Table

_MODULES = {
    "peewee": ("pw", "import peewee as pw"),
    "playhouse.postgres_ext": ("pw_pext", "import playhouse.postgres_ext as pw_pext"),
    "playhouse.sqlite_ext": ("pw_sqlite", "import playhouse.sqlite_ext as pw_sqlite"),
    "playhouse.mysql_ext": ("pw_mysql", "import playhouse.mysql_ext as pw_mysql"),
}


@dataclass(slots=True)
class Speller:
    """Writes operations one after the other, knowing the schema each of them finds."""

    state: Schema
    after: Schema
    imports: set[str] = field(default_factory=set)
    inner_imports: set[str] = field(default_factory=set)
    own_fields: dict[str, tuple[str, str]] = field(default_factory=dict)

    def spell(self, operations: Sequence[Operation]) -> list[str]:
        """The lines of a function's body, indented once."""
        lines: list[str] = []
        for group in _groups(operations):
            block = self._group(group)
            if lines and ("class " in "".join(block) or "class " in "".join(lines[-40:])):
                lines.append("")
            lines += block
            for operation in group:
                self.state = operation.apply(self.state)
        return lines

    def _group(self, group: Sequence[Operation]) -> list[str]:
        match group[0]:
            case CreateTable(table=table):
                return self._create(table)
            case DropTable(table=key):
                return self._call("remove_model", key)
            case RenameTable(before=before, after=after):
                return self._call("rename_table", before, quoted(after))
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
                return lay_out(CallText("migrator.sql(", (quoted(sql), *map(repr, params))), 1)
            case RunCode(name=name):
                raise ConfigError(f"the function {name} cannot be written into a migration")
            case _ as never:
                assert_never(never)

    # ------------------------------------------------------------------ calls

    def _call(self, method: str, key: str, *arguments: str | CallText | Item) -> list[str]:
        items = tuple(a if isinstance(a, str | Item) else Item("", a) for a in arguments)
        return lay_out(CallText(f"migrator.{method}(", (quoted(key), *items)), 1)

    def _field(self, key: str, column: str) -> str:
        return quoted(attribute(self.state[key].column(column)))

    def _constraint_name(self, constraint: Constraint) -> str | CallText:
        if constraint.name is not None:
            return quoted(constraint.name)
        return self._value(constraint_argument(constraint))

    def _change_table(self, change: ChangeTable) -> list[str]:
        table = self.state[change.table]
        items = []
        if change.strict != table.strict:
            items.append(Item("strict_tables=", repr(change.strict)))
        if change.without_rowid != table.without_rowid:
            items.append(Item("without_rowid=", repr(change.without_rowid)))
        if change.settings != table.settings:
            items.append(Item("table_settings=", _list([quoted(s) for s in change.settings])))
        return self._call("change_table", change.table, *items)

    def _rename(self, rename: RenameColumn) -> list[str]:
        """rename_field where the new column is what Peewee would call it, else a field with a column name."""
        table = self.state[rename.table]
        old = table.column(rename.before)
        new_field = rename.field or rename.after
        natural = new_field if old.foreign_key is None or new_field.endswith("_id") else f"{new_field}_id"
        if natural == rename.after and new_field.isidentifier():
            return self._call("rename_field", rename.table, quoted(attribute(old)), quoted(new_field))
        renamed = replace(old, name=rename.after)
        call = field_call(self.state, table, renamed, flags_of(table, old))
        return self._call("change_fields", rename.table, Item(f"{attribute(old)}=", self._construct(call)))

    def _add_fields(self, key: str, group: Sequence[Operation]) -> list[str]:
        table = self.state[key]
        columns = [op.column for op in group if isinstance(op, AddColumn)]
        indexes = tuple(op.index for op in group if isinstance(op, AddIndex))
        keys = next((op.columns for op in group if isinstance(op, ChangePrimaryKey)), ())
        grown = replace(table, columns=(*table.columns, *columns), indexes=indexes, primary_key=keys)
        items: list[str | Item] = []
        if any(_needs_empty_table(column) for column in columns):
            items.append(Item("allow_not_null=", "True"))
        for column in columns:
            call = field_call(self.state, grown, column, flags_of(grown, column))
            items.append(Item(f"{attribute(column)}=", self._construct(call, f"{key}.{attribute(column)}")))
        return self._call("add_fields", key, *items)

    def _change_fields(self, key: str, columns: Sequence[Column]) -> list[str]:
        table = self.state[key]
        items = []
        for column in columns:
            old = table.column(column.name)
            named = replace(column, field=attribute(old))
            call = field_call(self.state, table, named, flags_of(table, old))
            items.append(Item(f"{attribute(old)}=", self._construct(call, f"{key}.{attribute(old)}")))
        return self._call("change_fields", key, *items)

    # ------------------------------------------------------------------ fields and values

    def _construct(self, call: FieldCall, subject: str = "") -> CallText:
        name = self._class(call)
        positional = tuple(_item("", self._value(value)) for value in call.positional)
        keywords = tuple(_item(f"{key}=", self._argument(value, subject)) for key, value in call.keywords)
        return CallText(f"{name}(", (*positional, *keywords))

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
        alias, line = _MODULES[module]
        self.imports.add(line)
        return f"{alias}.{name}"

    def _argument(self, value: Any, subject: str) -> str | CallText:
        return self._default(value, subject) if isinstance(value, Default) else self._value(value)

    def _default(self, default: Default, subject: str) -> str:
        if default.problem:
            raise ConfigError(
                f"the default of {subject} cannot be written into a migration: {default.problem}",
                hint=f"give its function a name in a module, or a value for the rows that exist: --fill {subject}=EXPR",
            )
        for line in default.imports:
            (self.imports if line.startswith("import ") else self.inner_imports).add(line)
        return default.source

    def _value(self, value: Any) -> str | CallText:
        match value:
            case SqlText(text):
                return CallText("pw.SQL(", (quoted(text),))
            case CheckText(expression, name):
                named = () if name is None else (Item("name=", quoted(name)),)
                return CallText("pw.Check(", (quoted(expression), *named))
            case ModelOf(table, deferred=True):
                known = self.after.tables.get(table)
                return quoted(known.model if known is not None and known.model else table)
            case ModelOf("self"):
                return '"self"'
            case ModelOf(table):
                return f"migrator.orm[{quoted(table)}]"
            case list():
                return _list([self._value(item) for item in value])
            case type():
                return self._import(f"{value.__module__}.{value.__name__}")
            case _:
                return self._literal(value)

    def _literal(self, value: Any) -> str:
        try:
            source, imports = source_of_value(value)
        except NoSourceError as error:
            raise ConfigError(f"{value!r} cannot be written into a migration: {error}") from error
        self.imports.update(imports)
        return source

    # ------------------------------------------------------------------ models

    def _create(self, table: Table) -> list[str]:
        name = class_name(table)
        lines = ["@migrator.create_model", f"class {name}(pw.Model):"]
        for column in table.columns:
            flags = flags_of(table, column)
            writable = column if column.fill is None or not column.fill.problem else replace(column, fill=None)
            call = field_call(self.state.with_table(table), table, writable, flags)
            lines += lay_out(Item(f"{attribute(column)} = ", self._construct(call)), 1)
        lines += ["", *self._meta(table)]
        lines += [line for index in table.indexes for line in self._after_class(table, name, index)]
        return [f"{INDENT}{line}" if line else "" for line in lines]

    def _meta(self, table: Table) -> list[str]:
        lines = [f"{INDENT}class Meta:", f"{INDENT * 2}table_name = {quoted(table.name)}"]
        options: list[tuple[str, str | CallText]] = []
        if table.schema:
            options.append(("schema", quoted(table.schema)))
        if len(table.primary_key) > 1:
            names = tuple(quoted(attribute(table.column(name))) for name in table.primary_key)
            options.append(("primary_key", CallText("pw.CompositeKey(", names)))
        elif not table.primary_key:
            options.append(("primary_key", "False"))
        plain = [i for i in table.indexes if _in_meta(table, i)]
        if plain:
            options.append(("indexes", _list([self._index_tuple(table, index) for index in plain])))
        if table.constraints:
            options.append(("constraints", _list([self._value(constraint_argument(c)) for c in table.constraints])))
        options += [(name, "True") for name, on in _marks(table) if on]
        if table.settings:
            options.append(("table_settings", _list([quoted(text) for text in table.settings])))
        if not table.legacy_names:
            options.append(("legacy_table_names", "False"))
        return lines + [line for name, value in options for line in lay_out(_item(f"{name} = ", value), 2)]

    def _index_tuple(self, table: Table, index: Index) -> str:
        fields = [quoted(attribute(table.column(name))) for name in index.columns]
        return f"(({', '.join(fields)}{',' if len(fields) == 1 else ''}), {index.unique})"

    def _after_class(self, table: Table, name: str, index: Index) -> list[str]:
        if _in_meta(table, index) or any(flag_index(c.name, index) for c in table.columns):
            return []
        parts = [self._part(f"{name}.{{}}", table, part) for part in index.parts]
        inner = CallText(f"{name}.index(", (*parts, *self._index_options(index)))
        return lay_out(CallText(f"{name}.add_index(", (Item("", inner),)), 0)

    def _part(self, pattern: str, table: Table, part: Part) -> str:
        text = f"pw.SQL({quoted(part.text)})" if part.expression else pattern.format(attribute(table.column(part.text)))
        if part.collation is not None:
            text = f"{text}.collate({quoted(part.collation)})" if not part.expression else (
                f"pw.SQL({quoted(f'{part.text} COLLATE {part.collation}')})"
            )
        return f"{text}.desc()" if part.descending else text

    def _index_options(self, index: Index) -> list[Item]:
        items = [Item("unique=", "True")] if index.unique else []
        items += [Item("where=", f"pw.SQL({quoted(index.where)})")] if index.where is not None else []
        items += [Item("using=", quoted(index.using))] if index.using is not None else []
        return items + ([Item("name=", quoted(index.name))] if index.name is not None else [])

    def _index_arguments(self, key: str, index: Index) -> list[str | Item]:
        table = self.state[key]
        return [*(self._key(table, part) for part in index.parts), *self._index_options(index)]

    def _key(self, table: Table, part: Part) -> str:
        if not (part.expression or part.descending or part.collation):
            return quoted(attribute(table.column(part.text)))
        text = part.text if part.expression else f'"{part.text.replace(chr(34), chr(34) * 2)}"'
        text += f" COLLATE {part.collation}" if part.collation else ""
        return f"pw.SQL({quoted(f'{text} DESC' if part.descending else text)})"

    def _drop_arguments(self, key: str, index: Index) -> list[str | Item]:
        table = self.state[key]
        if index.plain and not any(i.columns == index.columns and i != index for i in table.indexes):
            return [quoted(attribute(table.column(name))) for name in index.columns]
        if index.name is not None:
            return [Item("name=", quoted(index.name))]
        return self._index_arguments(key, index)


def _marks(table: Table) -> tuple[tuple[str, bool], ...]:
    return ("strict_tables", table.strict), ("without_rowid", table.without_rowid)


def _in_meta(table: Table, index: Index) -> bool:
    return index.plain and not any(flag_index(c.name, index) for c in table.columns)


def _item(prefix: str, value: str | CallText) -> Item:
    return Item(prefix, value)


def _list(values: Sequence[str | CallText]) -> CallText:
    return CallText("[", tuple(v if isinstance(v, str) else Item("", v) for v in values), "]")


def _text_or_none(text: str | None) -> str:
    return "None" if text is None else quoted(text)


def _needs_empty_table(column: Column) -> bool:
    return not column.null and column.fill is None and column.default is None and column.generated is None


_TAKEN = {"migrator", "database", "fake", "pw", "migrate", "rollback"}


def attribute(column: Column) -> str:
    """A column's field name, made usable as one where only a database knew it."""
    name = column.field_name
    if name.isidentifier() and not keyword.iskeyword(name):
        return name
    name = re.sub(r"\W", "_", name)
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"field_{name}"


def class_name(table: Table) -> str:
    """The class that stands for a table in a migration file."""
    name = table.model or re.sub(r"\W", "_", table.name).title()
    if not name.isidentifier() or keyword.iskeyword(name) or name in _TAKEN:
        name = f"Table_{re.sub(r'[^0-9A-Za-z_]', '_', name)}"
    return name


def _groups(operations: Sequence[Operation]) -> list[list[Operation]]:
    """Operations that one call can say: fields of one table, a column with its own index and key."""
    groups: list[list[Operation]] = []
    for operation in operations:
        if groups and _joins(groups[-1], operation):
            groups[-1].append(operation)
        else:
            groups.append([operation])
    return groups


def _joins(group: Sequence[Operation], operation: Operation) -> bool:
    first, last = group[0], group[-1]
    match operation:
        case AddColumn(table=key, column=column):
            same = isinstance(first, AddColumn) and first.table == key and not isinstance(last, ChangePrimaryKey)
            return same and _needs_empty_table(first.column) == _needs_empty_table(column) if same else False
        case AddIndex(table=key, index=index):
            own = isinstance(last, AddColumn) and last.table == key
            return own and flag_index(last.column.name, index)  # type: ignore[union-attr]
        case ChangePrimaryKey(table=key, columns=columns):
            added = [op for op in group if isinstance(op, AddColumn)]
            return bool(added) and added[-1].table == key and columns == (added[-1].column.name,)
        case AlterColumn(table=key, after=after):
            alters = [op for op in group if isinstance(op, AlterColumn)]
            return len(alters) == len(group) and alters[0].table == key and all(a.after.name != after.name for a in alters)
        case DropColumn(table=key):
            return isinstance(first, DropColumn) and first.table == key
        case _:
            return False


