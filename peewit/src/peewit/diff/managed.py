"""What of the replayed schema is the models' affair: all but what a migration has made by hand and no model has.

An index or a table that raw SQL has made, for something Peewee has no words for, is not dropped because no model
mentions it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from peewit.dataclass import dataclass
from peewit.diff.compare import missing_constraints, missing_indexes
from peewit.schema import Column, Constraint, Index, Schema, Table
from peewit.sql import canonical
from peewit.sql.constraints import unique_text


@dataclass(frozen=True, slots=True)
class Managed:
    """The schema that is compared with the models, and a line for each thing that is left alone."""

    schema: Schema
    left: list[str] = field(default_factory=list)


def managed(before: Schema, after: Schema, renames: Mapping[str, str] | None) -> Managed:
    """Leave out what was made by hand and is in no model, unless it may have got another name there."""
    found = Managed(before)
    tables: dict[str, Table] = {}
    come = [key for key in after.tables if key not in before]
    for key, table in before.tables.items():
        if key in after:
            tables[key] = _without_hands(table, after[key], renames, found.left)
        elif not table.by_hand or key in (renames or {}) or (come and renames is None):
            tables[key] = table
        else:
            found.left.append(f'table "{key}" was made in SQL by a migration and is in no model')
    return replace(found, schema=Schema(tables))


def _without_hands(table: Table, wanted: Table, renames: Mapping[str, str] | None, left: list[str]) -> Table:
    parts: tuple[Column | Index | Constraint, ...] = (*table.columns, *table.indexes, *table.constraints)
    if not any(part.by_hand for part in parts):
        return table
    table = _in_words_of_models(table, wanted)
    names = {column.name.lower() for column in wanted.columns}
    come = any(table.find(column.name) is None for column in wanted.columns)

    def is_left(column: Column) -> bool:
        if not column.by_hand or column.name.lower() in names or column.name in table.primary_key:
            return False
        return not (come and renames is None) and not {
            f"{table.key}.{column.field_name}",
            f"{table.key}.{column.name}",
        } & set(renames or {})

    gone = [column for column in table.columns if is_left(column)]
    missing = missing_indexes(table.indexes, wanted.indexes)
    indexes = [i for i in missing if i.by_hand or {c.name for c in gone} & set(i.columns)]
    constraints = [c for c in missing_constraints(table.constraints, wanted.constraints) if c.by_hand]
    left += [f'column "{c.name}" of "{table.key}" was made in SQL by a migration and is in no model' for c in gone]
    left += [
        f'{"index " + repr(i.name) if i.name else "an index"} of "{table.key}" was made in SQL by a migration '
        "and is in no model"
        for i in indexes
    ]
    left += [f'{c.sql} of "{table.key}" was made in SQL by a migration and is in no model' for c in constraints]
    return replace(
        table,
        columns=tuple(c for c in table.columns if c not in gone),
        indexes=tuple(i for i in table.indexes if i not in indexes),
        constraints=tuple(c for c in table.constraints if c not in constraints),
    )


def _in_words_of_models(table: Table, wanted: Table) -> Table:
    """The table with what SQL has made said as the models say it, where that is as good: keys and UNIQUE."""
    table = replace(table, columns=tuple(_as_key(column, table, wanted) for column in table.columns))
    for index in missing_indexes(wanted.indexes, table.indexes):
        if not (index.unique and replace(index, name=None).plain):
            continue
        text = canonical(unique_text(index.columns))
        columns = tuple(_without(column, text) if column.by_hand else column for column in table.columns)
        constraints = tuple(c for c in table.constraints if not c.by_hand or canonical(c.sql) != text)
        if (columns, constraints) != (table.columns, table.constraints):
            table = replace(table, columns=columns, constraints=constraints, indexes=(*table.indexes, index))
    return table


def _as_key(column: Column, table: Table, wanted: Table) -> Column:
    """A key of SQLite may be null where it does not say NOT NULL, and counts on where it says AUTOINCREMENT."""
    after = wanted.find(column.name)
    if after is None or not column.by_hand or column.name not in table.primary_key:
        return column
    return replace(column, null=after.null, autoincrement=after.autoincrement)


def _without(column: Column, text: str) -> Column:
    return replace(column, constraints=tuple(c for c in column.constraints if canonical(c.sql) != text))
