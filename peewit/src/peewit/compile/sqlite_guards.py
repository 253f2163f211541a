"""The questions asked of the rows before a table is changed: nulls, duplicates, orphans, values that do not fit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from peewit.compile.meanings import Meaning, reads_other_formats
from peewit.compile.statements import Guard, give_a_value
from peewit.dialects import Affinity, affinity
from peewit.schema import Column, ForeignKey, Index, Type
from peewit.sql import quote_name


def guard(table: str, condition: str, problem: str, hint: str = "", show: str = "1") -> Guard:
    """A guard over one table: no row may meet the condition."""
    source = f"FROM {quote_name(table)} WHERE {condition}"
    return Guard(sql=f"SELECT {show} {source} LIMIT 3", count=f"SELECT count(*) {source}", problem=problem, hint=hint)


def no_rows(table: str, column: str) -> Guard:
    """A new column needs a value, and there is none to give."""
    return Guard(
        sql=f"SELECT 1 FROM {quote_name(table)} LIMIT 1",
        count=f"SELECT count(*) FROM {quote_name(table)}",
        problem=f'table "{table}" has {{count}} rows, and its new column "{column}" is not null '
        "and has no value for them",
        hint=give_a_value(f"{table}.{column}"),
        field=f"{table}.{column}",
        new=True,
    )


def no_nulls(table: str, column: str) -> Guard:
    """A column becomes NOT NULL."""
    asked = guard(
        table,
        f"{quote_name(column)} IS NULL",
        f'column "{column}" of "{table}" cannot become not null: it is null in {{count}} rows',
        f"{give_a_value(f'{table}.{column}')}\nor update the rows first",
    )
    return replace(asked, field=f"{table}.{column}")


def no_duplicates(table: str, index: Index, keys: str) -> Guard:
    """A unique index or constraint needs distinct rows; nulls are never equal."""
    where = " AND ".join(
        [f"{quote_name(c)} IS NOT NULL" for c in index.columns] + ([f"({index.where})"] if index.where else [])
    )
    grouped = f"FROM {quote_name(table)} WHERE {where or '1'} GROUP BY {keys} HAVING count(*) > 1"
    shown = ", ".join(index.columns) or "the expression"
    return Guard(
        sql=f"SELECT {keys} {grouped} LIMIT 3",
        count=f"SELECT count(*) FROM (SELECT 1 {grouped})",
        problem=f'"{table}" cannot be made unique by {shown}: {{count}} values stand in more than one row',
        hint="remove the duplicates first, in a migration of its own if others have them too",
    )


def no_orphans(table: str, column: str, key: ForeignKey, target_column: str) -> Guard:
    """A new foreign key needs every value to have its row."""
    child, parent = quote_name(column), quote_name(target_column)
    condition = (
        f"{child} IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {quote_name(key.table)} AS peewit_target "
        f"WHERE peewit_target.{parent} = {quote_name(table)}.{child})"
    )
    return guard(
        table,
        condition,
        f'column "{column}" of "{table}" cannot refer to "{key.table}": {{count}} rows hold values that are not there',
        "add the missing rows or set the values to null first",
        show=child,
    )


class Reference(NamedTuple):
    """A column of a child and the column of the parent it refers to."""

    child: str
    column: str
    parent: str
    key: str

    @property
    def changes(self) -> tuple[str, str]:
        """The child's column as changes know it."""
        return self.child.lower(), self.column.lower()


def still_found(reference: Reference, collation: str) -> Guard:
    """The column others refer to compares in another way: what was equal has to stay so."""
    child, column, parent, key = reference
    match = (
        f"SELECT 1 FROM {quote_name(parent)} AS peewit_target "
        f"WHERE peewit_target.{quote_name(key)} = {quote_name(child)}.{quote_name(column)}"
    )
    return guard(
        child,
        f"EXISTS ({match}) AND NOT EXISTS ({match} COLLATE {quote_name(collation)})",
        f'column "{key}" of "{parent}" cannot be compared by {collation}: '
        f'{{count}} rows of "{child}" refer to it by "{column}" in another spelling',
        f'write "{column}" of "{child}" as it stands in "{key}" first',
        show=quote_name(column),
    )


def refers_by_value(reference: Reference, new: str, meant: Meaning) -> Guard:
    """The values of a column others refer to become others, and theirs stay."""
    child, column, parent, key = reference
    name, function = quote_name(column), f"peewit_{meant.name}"
    asked = guard(
        child,
        f"{name} IS NOT NULL AND {function}({name}) IS NOT {name}",
        f'column "{key}" of "{parent}" cannot become {new}: {{count}} rows of "{child}" refer to it by "{column}"',
        f'set "{column}" of "{child}" to null first, and give it its values afterwards',
        show=name,
    )
    return replace(asked, functions=((function, meant.convert),))


def meets(table: str, expression: str) -> Guard:
    """A new CHECK has to be met by every row."""
    return guard(
        table,
        f"NOT ({expression})",
        f'CHECK ({expression}) cannot be added to "{table}": {{count}} rows do not meet it',
        "correct the rows first",
    )


def nothing_refers(child: str, columns: tuple[str, ...], parent: str) -> Guard:
    """A table is dropped while another still refers to it."""
    column = '", "'.join(columns)
    return guard(
        child,
        " AND ".join(f"{quote_name(name)} IS NOT NULL" for name in columns),
        f'table "{parent}" cannot be dropped: {{count}} rows of "{child}" still refer to it by "{column}"',
        f'drop the foreign key "{column}" of "{child}" first, or set it to null',
    )


_UUIDS = ("UUID", "UUIDB")


_REFUSED = {
    "INT": "typeof({0}) NOT IN ('integer', 'null') AND CAST({0} AS INTEGER) IS NOT {0}",
    "INTEGER": "typeof({0}) NOT IN ('integer', 'null') AND CAST({0} AS INTEGER) IS NOT {0}",
    "REAL": "typeof({0}) IN ('text', 'blob')",
    "TEXT": "typeof({0}) = 'blob'",
    "BLOB": "typeof({0}) NOT IN ('blob', 'null')",
}
"""The values a STRICT table does not take: https://www.sqlite.org/stricttables.html"""


def stored(table: str, column: str, kind: str) -> Guard | None:
    """Every value has to be of its column's type once the table is STRICT; None where that takes all."""
    condition = _REFUSED.get(kind.upper())
    if condition is None:
        return None
    name = quote_name(column)
    problem = f'column "{column}" of "{table}" cannot be {kind} in a STRICT table: {{count}} values do not convert'
    return guard(table, condition.format(name), problem, "correct or clear them first", show=name)


_TIMES = ("DATE", "TIME", "DATETIME", "TIMESTAMP")
_NUMBERS = ("DECIMAL", "NUMERIC")
"""Of the affinity of dates and times, which SQLite keeps as texts."""


def fits(table: str, before: Column, after: Column, old: str, new: str) -> list[Guard]:
    """Every value has to survive the change from the type ``old`` to the type ``new``."""
    guards = []
    name = quote_name(before.name)
    if (limit := _length(after.type)) is not None and (_length_of(old) or limit + 1) > limit:
        problem = f'column "{before.name}" of "{table}" cannot be cut to {new}: {{count}} values are too long'
        guards.append(guard(table, f"length({name}) > {limit}", problem, "shorten them first", show=name))
    condition = _unfit(name, before, after, old, new)
    if condition and after.type.name != before.type.name:
        problem = f'column "{before.name}" of "{table}" cannot become {new}: {{count}} values do not convert'
        asked = guard(table, condition, problem, "correct or clear them first", show=name)
        texts = affinity(old) in (Affinity.TEXT, Affinity.BLOB)
        guards.append(replace(asked, functions=_FUNCTIONS if texts else ()))
    return guards


def _unfit(name: str, before: Column, after: Column, old: str, new: str) -> str:
    """The condition of a value that would not be the same afterwards; empty where there is none."""
    of_bytes = affinity(old) is Affinity.BLOB and affinity(new) is not Affinity.BLOB
    value = as_text(name) if of_bytes else name
    if after.type.name in _UUIDS and affinity(old) is not affinity(new):
        return f"{name} IS NOT NULL"  # one is written in digits, one in bytes
    conditions = [f"typeof({name}) = 'blob' AND NOT {_IS_TEXT}({name}, ({_ENCODING}))"] if of_bytes else []
    if after.type.name in _TIMES:
        conditions.append(_no_time(value, before, after))
    elif affinity(old) is not affinity(new) or (before.type.name in _TIMES and after.type.name in _NUMBERS):
        conditions.append(_damaged(value, affinity(old), affinity(new)))
    return " OR ".join(filter(None, conditions))


def as_text(name: str) -> str:
    """A value, bytes as the text they are."""
    return f"CASE WHEN typeof({name}) = 'blob' THEN CAST({name} AS TEXT) ELSE {name} END"


def means_the_same(table: str, column: str, new: str, meant: Meaning) -> Guard:
    """Every value has to mean the same once its field is another one."""
    name, function = quote_name(column), f"peewit_fits_{meant.name}"
    problem = f'column "{column}" of "{table}" cannot become {new}: {{count}} values do not convert'
    condition = f"{name} IS NOT NULL AND NOT {function}({name})"
    asked = guard(table, condition, problem, "correct or clear them first", show=name)
    return replace(asked, functions=((function, meant.fits),))


_SAME_NUMBER = "peewit_same_number"


def _same_number(text: str, number: float) -> bool:
    """Whether a number, as Python writes it, is the one of the text: SQLite's comparison has rounded the text."""
    return Decimal(text) == Decimal(repr(number))


def _no_time(name: str, before: Column, after: Column) -> str:
    """The condition of a value that is no date or time, as https://www.sqlite.org/lang_datefunc.html reads them.

    Where the field reads other ``formats``, and between dates and times, it is only that of a number.
    """
    number = f"typeof({name}) IN ('integer', 'real')"
    if reads_other_formats(after) or before.type.name in _TIMES:
        return f"{number} OR (typeof({name}) = 'text' AND CAST({name} AS NUMERIC) = {name})"
    day = f"substr({name}, 1, 10)"  # which SQLite carries over where there is no such day in its month
    is_day = f"date({day}, '+0 days') = {day} AND datetime({name}) IS NOT NULL"
    is_time = f"instr({name}, ':') AND time({name}) IS NOT NULL"
    reads = is_time if after.type.name == "TIME" else is_day
    return f"{number} OR (typeof({name}) = 'text' AND NOT coalesce({reads}, 0))"


_IS_TEXT, _ENCODING = "peewit_is_text", "SELECT encoding FROM pragma_encoding"


def _is_text(value: bytes, encoding: str) -> bool:
    """Whether bytes are a text: SQLite calls any bytes one, and no program can read it then."""
    try:
        value.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


_FUNCTIONS = ((_SAME_NUMBER, _same_number), (_IS_TEXT, _is_text))


def _damaged(name: str, old: Affinity, new: Affinity) -> str:
    """The condition of a value that would not be the same afterwards."""
    if new in (Affinity.TEXT, Affinity.BLOB):
        return ""
    number = f"CAST({name} AS {new.name})"
    # The comparison applies the affinity.
    damaged = f"{name} IS NOT NULL AND NOT (typeof({name}) <> 'blob' AND {number} = {name})"
    rounded = f"CASE WHEN typeof({name}) = 'text' AND {number} = {name} THEN NOT {_SAME_NUMBER}({name}, {number}) END"
    return f"{damaged} OR {rounded}" if old in (Affinity.TEXT, Affinity.BLOB) else damaged


def _length(type_: Type) -> int | None:
    if type_.name in ("VARCHAR", "CHAR") and type_.args and isinstance(type_.args[0], int):
        return type_.args[0]
    return None


def _length_of(text: str) -> int | None:
    digits = text.partition("(")[2].rstrip(") ")
    return int(digits) if digits.isdigit() else None
