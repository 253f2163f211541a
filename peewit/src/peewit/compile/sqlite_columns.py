"""What each operation on a column asks of its table's :class:`~peewit.compile.sqlite_work.Work`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peewit.compile import sqlite_guards as guards
from peewit.compile.meanings import Meaning
from peewit.compile.sqlite_tables import ask_for_duplicates
from peewit.compile.sqlite_text import column_definition, constraint_text, named, references
from peewit.compile.sqlite_work import Update, Value, Work, value_of
from peewit.dialects import Affinity, affinity, plain_foreign_key, plain_type
from peewit.errors import SchemaError, UnsupportedChangeError
from peewit.operations import constraint_shape
from peewit.schema import Column, Constraint, ForeignKey, Found, Index
from peewit.sql import (
    TableConstraint,
    canonical,
    literal,
    names_in,
    parse_create_index,
    parse_create_table,
    quote_name,
)
from peewit.sql.constraints import check_expression, conflict_action
from peewit.sql.edit_constraints import with_reference, without_check
from peewit.sql.edit_table import (
    with_clause,
    with_collation,
    with_column,
    with_column_definition,
    with_default,
    with_not_null,
    with_type,
    without_column,
)


def add_column(work: Work, column: Column) -> None:
    """A new column at the end: natively where no row needs a value for it."""
    if any(there.name.lower() == column.name.lower() for there in work.created.columns):
        raise SchemaError(
            f'table "{work.name}" already has a column "{column.name}"',
            hint="peewit check compares the database with what the migrations say",
        )
    key = column.foreign_key
    text = column_definition(column, work.dialect)
    if column.autoincrement:
        work.counting.add(column.name.lower())
    if key is not None and not key.deferred:
        text += " " + named(references(key), key.name)
    work.created = with_column(work.created, text)
    folded = column.name.lower()
    work.came_with[folded] = column.fill
    work.new[folded] = column
    if column.fill is not None and not _default_says(column):
        work.sources[folded] = value_of(column.fill, column.name)
    elif column.default is not None:
        work.sources[folded] = Value(sql=column.default)
    elif column.generated is None:
        work.sources[folded] = Value(sql="NULL")
    if column.needs_value:
        work.guards.append(guards.no_rows(work.name, column.name))
    if _addable(column):
        work.added.append(column)
        if column.fill is not None and not _default_says(column):
            work.updates.append(Update(column=column.name, value=value_of(column.fill, column.name), new=True))
    else:
        work.rebuild = True


def _default_says(column: Column) -> bool:
    """Whether the column's own DEFAULT is the value rows are to be filled with."""
    if column.fill is None or column.fill.called or column.default is None:
        return False
    value = column.fill.value
    plain = value is None or isinstance(value, int | float | str)
    return plain and canonical(literal(value)) == canonical(column.default)


def _addable(column: Column) -> bool:
    """What ALTER TABLE ADD COLUMN takes: https://www.sqlite.org/lang_altertable.html#altertabaddcol."""
    if column.autoincrement or any(check_expression(c.sql) is None for c in column.constraints):
        return False
    if column.generated is not None:
        return not column.generated.stored
    if column.default is None:
        return column.null
    constant = not column.default.startswith("(") and "current_" not in column.default.lower()
    return constant and column.foreign_key is None and (column.fill is None or _default_says(column))


def drop_column(work: Work, name: str, found: Found) -> None:
    """A column, its values and its indexes go, those that were only asked for too."""
    work.add_indexes = [i for i in work.add_indexes if name.lower() not in {c.lower() for c in i.columns}]
    for index in work.indexes:
        if name.lower() in {c.lower() for c in index.index.columns}:
            _refuse_unmanaged(work, index.sql, index.name, name)
            work.drop_indexes.append(index)
        elif name.lower() in _names_of(index.index):
            raise _still_used(work, name, f'index "{index.name}"')
    if work.created.column(name).clause("references") or _key_of_table(work, name):
        work.created = with_reference(work.created, name, None)
        work.rebuild = True
    for constraint in work.created.constraints:
        if name.lower() in _columns_of(work, constraint) and constraint.kind != "primary key":
            raise _still_used(work, name, f"the constraint {constraint.span.of(work.created.sql)}")
    definition = work.created.column(name)
    if definition.clauses_of("primary key") or definition.clauses_of("unique") or definition.clauses_of("check"):
        work.rebuild = True
    if name.lower() in {key.lower() for key in work.created.primary_key} and not definition.clauses_of("primary key"):
        raise _still_used(work, name, "the primary key")
    for other in work.created.columns:
        generated = other.clause("generated")
        if other is not definition and generated and name.lower() in names_in(generated.body or ""):
            raise _still_used(work, name, f'the generated column "{other.name}"')
    work.created = without_column(work.created, name)
    work.sources.pop(name.lower(), None)
    work.dropped.append(definition.name)
    work.rebuild = work.rebuild or bool(found.views or work.found.triggers)


def _names_of(index: Index) -> frozenset[str]:
    """Every name the texts of an index hold, lower case."""
    texts = [part.text for part in index.parts if part.expression] + [index.where or ""]
    return frozenset[str]().union(*map(names_in, texts))


def _columns_of(work: Work, constraint: TableConstraint) -> frozenset[str]:
    """The columns of the table a constraint may speak of, lower case."""
    key = constraint.reference
    if constraint.kind == "check":
        return names_in(constraint.body or "")
    if key is None:
        return names_in(constraint.span.of(work.created.sql))
    inner = key.columns if key.table.lower() == work.name.lower() else ()
    return frozenset(column.lower() for column in (*constraint.columns, *inner))


def _refuse_unmanaged(work: Work, sql: str, index: str, column: str) -> None:
    """An index over more than the dropped column, with a condition of its own, is not dropped in passing."""
    created = parse_create_index(sql)
    if len(created.parts) > 1 and created.where is not None:
        raise _still_used(work, column, f'index "{index}"')


def _key_of_table(work: Work, name: str) -> bool:
    return any(
        c.kind == "foreign key" and [n.lower() for n in c.columns] == [name.lower()] for c in work.created.constraints
    )


def _still_used(work: Work, column: str, by: str) -> UnsupportedChangeError:
    return UnsupportedChangeError(
        f'column "{column}" of "{work.name}" cannot be dropped: {by} uses it', hint=f"drop {by} first"
    )


def alter_column(work: Work, after: Column, found: Found, meant: Meaning | None = None) -> None:
    """Make a column what ``after`` says, aspect by aspect; what it already is stays untouched.

    ``meant``: how the values of its field become those of the new one, where the types do not tell.
    """
    before = work.found.table.find(after.name)
    if before is None:
        _alter_added(work, after)
        return
    after = replace(after, name=before.name)
    if (before.generated is None) != (after.generated is None) or before.autoincrement != after.autoincrement:
        _redefine(work, before, after)
        return
    _alter_type(work, before, after, meant)
    _alter_values(work, before, after)
    _alter_collation(work, before, after, found)
    _alter_null(work, before, after)
    _alter_constraints(work, before, after)
    _alter_reference(work, before, after, found)


def _alter_added(work: Work, after: Column) -> None:
    """A column that came in the same stretch: it is added as what it becomes, with the values it came with."""
    if after.fill is None:
        after = replace(after, fill=work.came_with.get(after.name.lower()))
    work.created = without_column(work.created, after.name)
    work.added = [column for column in work.added if column.name != after.name]
    work.updates = [update for update in work.updates if update.column != after.name]
    add_column(work, after)


def _redefine(work: Work, before: Column, after: Column) -> None:
    primary = work.found.table.primary_key == (before.name,)
    text = column_definition(after, work.dialect, primary_key=primary)
    key = after.foreign_key
    if key is not None and not key.deferred:
        text += " " + named(references(key), key.name)
    created = with_reference(work.created, before.name, None)
    work.reshape(with_column_definition(created, before.name, text))
    if after.generated is not None:
        work.sources.pop(before.name.lower(), None)


def _alter_type(work: Work, before: Column, after: Column, meant: Meaning | None) -> None:
    old, new = str(before.type), work.dialect.spell(after.type)
    if meant is not None:
        name, function = quote_name(before.name), f"peewit_{meant.name}"
        work.guards.append(guards.means_the_same(work.name, before.name, new, meant))
        work.reshape(with_type(work.created, before.name, new))
        sql = f"CASE WHEN {name} IS NOT NULL THEN {function}({name}) END"
        work.sources[before.name.lower()] = Value(sql=sql, functions=((function, meant.convert),))
        return
    if plain_type(old) == plain_type(new):
        return
    neutral = replace(before, type=work.dialect.neutral(before.type))
    work.guards += guards.fits(work.name, neutral, after, old, new)
    created = with_type(work.created, before.name, new)
    is_key = before.name.lower() in {name.lower() for name in work.created.primary_key}
    if affinity(old) is affinity(new) and not work.created.strict and not is_key:
        work.describe(created)
        return
    work.reshape(created)
    casts = {Affinity.TEXT: "TEXT", Affinity.BLOB: "BLOB"}
    if not plain_type(new):
        return  # a column without a type keeps every value as it is
    if affinity(new) in casts and Affinity.BLOB in (affinity(old), affinity(new)):
        name = quote_name(before.name)
        work.sources[before.name.lower()] = Value(sql=f"CAST({name} AS {casts[affinity(new)]})")
    elif affinity(old) is Affinity.BLOB:
        work.sources[before.name.lower()] = Value(sql=guards.as_text(quote_name(before.name)))
    elif affinity(new) is Affinity.TEXT:
        work.sources[before.name.lower()] = Value(sql=_all_digits(quote_name(before.name)))


def _all_digits(name: str) -> str:
    """A number as text that reads back as the same: by itself SQLite writes no more than 15 digits."""
    rounded = f"typeof({name}) = 'real' AND CAST(CAST({name} AS TEXT) AS REAL) <> {name}"
    return f"CASE WHEN {rounded} THEN printf('%!.17g', {name}) ELSE {name} END"


def _alter_values(work: Work, before: Column, after: Column) -> None:
    """DEFAULT and generated expression: what is stored depends on them."""
    if _text(before.default) != _text(after.default):
        # Rows older than an ADD COLUMN … DEFAULT read their value from the description, so it may only
        # change together with them.
        work.reshape(with_default(work.created, before.name, after.default))
    if before.generated is not None and after.generated is not None and before.generated != after.generated:
        same = canonical(before.generated.expression) == canonical(after.generated.expression)
        if not same or before.generated.stored != after.generated.stored:
            _redefine(work, before, after)


def _alter_collation(work: Work, before: Column, after: Column, found: Found) -> None:
    """Another order of the values, and another idea of which are equal: rows may refer to one by it."""
    if _text(before.collation) == _text(after.collation):
        return
    work.reshape(with_collation(work.created, before.name, after.collation))
    collation = after.collation or "BINARY"
    work.guards += [guards.still_found(reference, collation) for reference in referring_to(work, before.name, found)]


def referring_to(work: Work, column: str, found: Found) -> Iterator[guards.Reference]:
    """What refers to a column of the table."""
    there = (work.name.lower(), column.lower())
    for child in found.mentioning(work.name):
        for own in child.table.columns:
            key = own.foreign_key
            if key is not None and (key.table.lower(), key.column.lower()) == there:
                yield guards.Reference(child.table.name, own.name, work.name, column)


def _text(text: str | None) -> str | None:
    return None if text is None else canonical(text)


def _alter_null(work: Work, before: Column, after: Column) -> None:
    conflict = _conflict(after)
    if (before.null, _conflict(before)) == (after.null, conflict):
        return
    work.describe(with_not_null(work.created, before.name, wanted=not after.null, conflict=conflict))
    if after.null or not before.null:
        return
    if after.fill is None:
        # With ON CONFLICT a copy does not refuse the nulls: it would replace them, or leave out their rows.
        asked = work.enforced if conflict is None else work.guards
        asked.append(guards.no_nulls(work.name, before.name))
        return
    fill_nulls(work, before.name, value_of(after.fill, before.name))


def _conflict(column: Column) -> str | None:
    """What a column's NOT NULL does with a null, where that is not to refuse it."""
    return next((action for c in column.constraints if (action := conflict_action(c.sql)) is not None), None)


def fill_nulls(work: Work, column: str, value: Value) -> None:
    """Put a value where a column is null, whichever way the table takes."""
    work.updates.append(Update(column=column, value=value))
    source = work.sources[column.lower()]
    sql = f"CASE WHEN {source.sql} IS NULL THEN {value.sql} ELSE {source.sql} END"
    work.sources[column.lower()] = Value(
        sql=sql,
        params=source.params + value.params + source.params,
        functions=source.functions + value.functions,
    )


def _alter_constraints(work: Work, before: Column, after: Column) -> None:
    wanted, there = (
        {constraint_shape(c): c for c in column.constraints if conflict_action(c.sql) is None}
        for column in (after, before)
    )
    for shape, constraint in there.items():
        if shape not in wanted:
            _drop_own(work, before, constraint)
    for shape, constraint in wanted.items():
        if shape not in there:
            _add_own(work, before, constraint)


def _drop_own(work: Work, column: Column, constraint: Constraint) -> None:
    expression = check_expression(constraint.sql)
    if expression is not None:
        work.describe(without_check(work.created, expression))
        return
    definition = work.created.column(column.name)
    clauses = [c for c in definition.clauses if c.kind in ("unique", "other") and c.name == constraint.name]
    text = work.created.sql
    for clause in reversed(clauses):
        text = text[: clause.span.start].rstrip(" ") + text[clause.span.end :]
    work.reshape(parse_create_table(text))


def _add_own(work: Work, column: Column, constraint: Constraint) -> None:
    created = with_clause(work.created, column.name, constraint_text(constraint, column.name))
    expression = check_expression(constraint.sql)
    if expression is None:
        work.reshape(created)
        for clause in created.column(column.name).clauses_of("unique"):
            ask_for_duplicates(work, (column.name,), clause.conflict)
        return
    work.enforced.append(guards.meets(work.name, expression))
    work.describe(created)


def _alter_reference(work: Work, before: Column, after: Column, found: Found) -> None:
    old = None if before.foreign_key is None else plain_foreign_key(before.foreign_key)
    key = after.foreign_key if after.foreign_key is not None and not after.foreign_key.deferred else None
    new = None if key is None else plain_foreign_key(key)
    if old == new:
        return
    if key is None:
        work.describe(with_reference(work.created, before.name, None))
        return
    work.describe(with_reference(work.created, before.name, named(references(key), key.name)))
    if old is None or new is None or (old.table, old.column) != (new.table, new.column):
        column = key.column or _key_column(found, key)
        target = found.table(key.table)
        if target is not None and target.table.find(column) is not None:
            work.guards.append(guards.no_orphans(work.name, before.name, key, column))


def _key_column(found: Found, key: ForeignKey) -> str:
    target = found.table(key.table)
    columns = target.table.primary_key if target is not None else ()
    return columns[0] if len(columns) == 1 else ""
