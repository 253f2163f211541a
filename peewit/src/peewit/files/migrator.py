"""The ``migrator`` a migration file is given: peewee-migrate's whole vocabulary, recorded as operations.

Calls queue operations; ``run``, ``python`` and ``sql`` are barriers; whoever runs the file hands the queue
on with :meth:`Recorder.flush`. A replay records as well, and only never runs anything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import peewee

from peewit.files.orm import Model
from peewit.files.recording import Recording
from peewit.models import (
    flagged,
    index_method,
    read_constraint,
    read_default,
    read_index_part,
)
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    ChangeTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    FillNulls,
    RenameColumn,
    RenameTable,
    RunSql,
    find_index,
    without_references,
)
from peewit.operations.index_names import automatic_names
from peewit.schema import Column, Constraint, Index, Part, Table, Type, key_of

_ITS_OWN = "its own"
"""The schema of a table that does not move."""


class Recorder(Recording):
    """peewee-migrate's migrator, which records what a migration asks for instead of doing it."""

    # ------------------------------------------------------------------ tables

    def create_model(self, model: Model) -> Model:
        """Create a table from a model class; also a decorator."""
        meta = model._meta
        meta.database = self.__database__
        self._waiting[key_of(meta.schema, meta.table_name)] = model
        return model

    def remove_model(self, model: str | Model, *, cascade: bool | None = None) -> None:
        """Drop a table. Where it is told to ``cascade``, foreign keys of others that lead to it go, their values stay.

        Stock cascades without being told, on PostgreSQL; here rows that refer to the table are a reason to refuse.
        """
        table = self._table(model)
        for freed in list(without_references(self._state, table.key)) if cascade else ():
            self._add(freed)
            self._show(freed.table)
        self._add(DropTable(table=table.key))

    def rename_table(self, model: str | Model, new_name: str, *, schema: str | None = _ITS_OWN) -> Any:
        """Give a table another name; with ``schema``, move it there as well, None for the connection's own."""
        table = self._table(model)
        rename = RenameTable(before=table.key, after=new_name, into=None if schema is _ITS_OWN else schema or "")
        self._add(rename)
        self.orm.rename(table.key, self._state[rename.key])
        return self._result(rename.key)

    def change_table(self, model: str | Model, **settings: Any) -> Any:
        """Set ``strict_tables``, ``without_rowid`` or ``table_settings`` of a table."""
        table = self._table(model)
        given = settings.get("table_settings", table.settings) or ()
        self._add(
            ChangeTable(
                table=table.key,
                strict=bool(settings.get("strict_tables", table.strict)),
                without_rowid=bool(settings.get("without_rowid", table.without_rowid)),
                settings=(given,) if isinstance(given, str) else tuple(given),
            )
        )
        return self._result(table.key)

    def change_primary_key(self, model: str | Model, *names: str) -> Any:
        """Make these fields the primary key; none for no key at all."""
        table = self._table(model)
        self._add(ChangePrimaryKey(table=table.key, columns=tuple(table.of_field(n).name for n in names)))
        return self._result(table.key)

    # ------------------------------------------------------------------ columns

    def add_fields(self, model: str | Model, /, *, allow_not_null: bool = False, **fields: peewee.Field) -> Any:
        """Add columns; rows that exist get the field's default, a callable one called once per row."""
        table = self._table(model, without=fields)
        for name, field in fields.items():
            table = self._state[table.key]
            column = self._bind(table, name, field)
            self._add(AddColumn(table=table.key, column=column))
            if (field.index or field.unique) and not field.primary_key:
                self._add_index(table.key, _own_index(column, field))
            if field.primary_key:
                self._add(ChangePrimaryKey(table=table.key, columns=(column.name,)))
        self._show(table.key)
        return self._result(table.key)

    def change_fields(self, model: str | Model, /, **fields: peewee.Field) -> Any:
        """Make columns what the fields say; another column name renames, another ``unique`` adds or drops."""
        key = self._table(model).key
        for name, field in fields.items():
            table = self._state[key]
            column = self._bind(table, name, field)
            old = next((c for c in table.columns if c.field_name == name), None) or table.column(column.name)
            self._change(table, old, self._maybe_echoing(old, column), field)
        self._show(key)
        return self._result(key)

    def _maybe_echoing(self, old: Column, new: Column) -> Column:
        """On PostgreSQL, peewee-migrate writes the default of a field it changes into the database, and leaves it."""
        stays = self._dialect == "postgres" and (old.echoes or new.fill is not None)
        return replace(new, echoes=True) if stays and new.default is None else new

    def _change(self, table: Table, old: Column, column: Column, field: peewee.Field) -> None:
        key = table.key
        renamed = old.name != column.name
        if renamed:
            self._add(RenameColumn(table=key, before=old.name, after=column.name, field=column.field_name))
            old = self._state[key].column(column.name)
        if not renamed or old != column or old.resolution != column.resolution:
            self._add(AlterColumn(table=key, after=column, before=old))
            self._follow(self._state[key], old, column)
        if field.primary_key and self._state[key].primary_key != (column.name,):
            self._add(ChangePrimaryKey(table=key, columns=(column.name,)))
        unique = Index(parts=(Part(text=column.name),), unique=True)
        single = flagged(self._state[key], self._state[key].column(column.name))
        was_unique = single is not None and single.unique
        if field.unique and not was_unique:
            self._add_index(key, unique)
        elif was_unique and not field.unique and not field.primary_key:
            self._add(DropIndex(table=key, index=unique))

    def _follow(self, table: Table, before: Column, after: Column) -> None:
        """Foreign keys have the type of what they refer to, in Peewee too: they follow a column's new type."""
        was, now = _referred_type(before.type), _referred_type(after.type)
        for other in list(self._state) if was != now else ():
            for column in other.columns:
                key = column.foreign_key
                target = None if key is None else (key.table, key.schema, key.column)
                if target == (table.name, table.schema, after.name) and column.type == was:
                    changed = replace(column, type=now)
                    self._add(AlterColumn(table=other.key, after=changed, before=column))
                    self._show(other.key)
                    self._follow(other, column, changed)

    def remove_fields(self, model: str | Model, *names: str, cascade: bool = True, **params: Any) -> Any:
        """Drop columns, by their fields' names; a name that no field has is passed over, as stock does."""
        table = self._table(model)
        for column in (c for name in names for c in table.columns if c.field_name == name):
            self._add(DropColumn(table=table.key, column=column.name))
        self._show(table.key)
        return self._result(table.key)

    def rename_field(self, model: str | Model, old_name: str, new_name: str) -> Any:
        """Give a field, and its column, another name."""
        table = self._table(model)
        old = table.of_field(old_name)
        after = new_name if old.foreign_key is None or new_name.endswith("_id") else f"{new_name}_id"
        self._add(RenameColumn(table=table.key, before=old.name, after=after, field=new_name))
        self._show(table.key)
        return self._result(table.key)

    def add_not_null(self, model: str | Model, *names: str) -> Any:
        """Make columns NOT NULL; nulls get the field's default if it has one."""
        return self._set_null(model, names, null=False)

    def drop_not_null(self, model: str | Model, *names: str) -> Any:
        """Make columns nullable."""
        return self._set_null(model, names, null=True)

    def _set_null(self, model: str | Model, names: tuple[str, ...], *, null: bool) -> Any:
        key = self._table(model).key
        for name in names:
            column = self._state[key].of_field(name)
            self._add(AlterColumn(table=key, after=replace(column, null=null), before=column))
        self._show(key)
        return self._result(key)

    def add_default(self, model: str | Model, name: str, default: Any) -> Any:
        """Give a field a Python default, and put it where the column is null."""
        table = self._table(model)
        column = table.of_field(name)
        meta = self.orm.of_table(table)._meta
        field = meta.columns[column.name]
        meta.remove_field(field.name)  # what Peewee keeps of a default, it keeps twice
        field.default = default
        meta.add_field(field.name, field)
        fill = read_default(field)
        if fill is not None:
            self._state = self._state.replacing(table.key, table.replacing(column.name, replace(column, fill=fill)))
            self._add(FillNulls(table=table.key, column=column.name, fill=fill))
        return self._result(table.key)

    # ------------------------------------------------------------------ indexes and constraints

    def add_index(self, model: str | Model, *columns: Any, unique: bool = False, **params: Any) -> Any:
        """Make an index over fields, column names or ``pw.SQL`` expressions.

        ``params`` are ``name``, ``where``, ``using`` and ``options``.
        """
        table = self._table(model)
        self._add_index(table.key, self._index(table, columns, unique=unique, **params))
        return self._result(table.key)

    def _add_index(self, key: str, index: Index) -> None:
        self._add(AddIndex(table=key, index=replace(index, added=True)))

    def drop_index(self, model: str | Model, *columns: Any, **params: Any) -> Any:
        """Drop the index of a name, or the one over these fields."""
        table = self._table(model)
        named = [index for index in table.indexes if columns in ((index.name,), (next(automatic_names(table, index)),))]
        if named and not _has(table, columns[0]):  # as in peewee-migrate 0.3
            self._add(DropIndex(table=table.key, index=named[0]))
            return self._result(table.key)
        columns = tuple(c for c in columns if not isinstance(c, str) or _has(table, c))
        wanted = self._index(table, columns, **params)
        # Files never say whether it is a unique one: where that one is not there, the only other is meant.
        others = [i for i in table.indexes if i.columns == wanted.columns]
        found = find_index(table, wanted) or (others[0] if len(others) == 1 and not params else wanted)
        self._add(DropIndex(table=table.key, index=found))
        return self._result(table.key)

    def _index(self, table: Table, columns: tuple[Any, ...], *, unique: bool = False, **params: Any) -> Index:
        where = params.get("where")
        if where is not None:
            where = read_constraint(where, dialect=self._dialect).sql
        return Index(
            parts=tuple(read_index_part(table, column, self._dialect) for column in columns),
            unique=unique,
            where=where,
            using=index_method(params.get("using")),
            options=params.get("options"),
            name=params.get("name"),
        )

    def add_constraint(self, model: str | Model, name: str | None, constraint: Any) -> Any:
        """Add a constraint to a table: ``pw.Check("age > 0")``, ``pw.SQL("UNIQUE (name, age)")``."""
        table = self._table(model)
        self._add(AddConstraint(table=table.key, constraint=read_constraint(constraint, name, self._dialect)))
        return self._result(table.key)

    def drop_constraints(self, model: str | Model, *names: Any) -> Any:
        """Drop constraints by name; one without a name by its text, as ``pw.SQL`` or ``pw.Check``."""
        table = self._table(model)
        for name in names:
            wanted = (
                Constraint(sql="", name=name) if isinstance(name, str) else read_constraint(name, dialect=self._dialect)
            )
            known = [c for c in table.constraints if isinstance(name, str) and c.name == name]
            self._add(DropConstraint(table=table.key, constraint=known[0] if known else wanted))
        return self._result(table.key)

    # ------------------------------------------------------------------ barriers

    def sql(self, sql: str, *params: Any) -> None:
        """Run one statement, in its place."""
        self._add(RunSql(sql=sql, params=params))
        self._learn(self._understand(sql, self._state))

    # ------------------------------------------------------------------ names of other years

    python = Recording.run
    create_table = create_model
    drop_table = remove_model
    add_columns = add_fields
    change_columns = change_fields
    drop_columns = remove_fields
    rename_column = rename_field


def _referred_type(type_: Type) -> Type:
    """The type of a foreign key to a column of this type: a plain number for one that counts by itself."""
    if " AS IDENTITY" in type_.name:
        return Type(type_.name.partition(" GENERATED ")[0])
    return {Type("AUTO"): Type("INT"), Type("BIGAUTO"): Type("BIGINT")}.get(type_, type_)


def _own_index(column: Column, field: peewee.Field) -> Index:
    return Index(parts=(Part(text=column.name),), unique=bool(field.unique), using=index_method(field.index_type))


def _has(table: Table, name: str) -> bool:
    return any(name in (c.field_name, c.name) for c in table.columns)
