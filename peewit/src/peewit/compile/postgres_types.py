"""What a change of type asks of PostgreSQL: a cast where none is implied, and the values that would not survive.

https://www.postgresql.org/docs/current/sql-altertable.html: without USING the column is converted as by an
assignment, which refuses what is too long or out of range. A cast that is written out cuts and rounds in
silence, so a guard goes with each of those.
"""

from __future__ import annotations

import re

from peewit.dialects import PostgresDialect
from peewit.schema import Type

_INTEGERS = {"SMALLINT": 1, "INT": 2, "INTEGER": 2, "SERIAL": 2, "BIGINT": 3, "BIGSERIAL": 3}
_NUMBERS = (*_INTEGERS, "REAL", "FLOAT", "DOUBLE PRECISION", "NUMERIC", "DECIMAL")
_TEXTS = ("VARCHAR", "CHAR", "TEXT", "CHARACTER VARYING", "CHARACTER", "BPCHAR", "CITEXT", "NAME")
_TIMES = ("TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIME", "TIMETZ", "INTERVAL")
_JSON = ("JSON", "JSONB")

_FORM = re.compile(r"\s*([A-Za-z][\w ]*?)\s*(?:\(([^)]*)\))?\s*((?:\[\])*)\s*$")


def family(text: str) -> str:
    """The kind of values a type holds: ``integer``, ``number``, ``text``, …; the type itself where it is alone."""
    name = base(text)
    if name.endswith("]"):
        return name
    groups = {"integer": tuple(_INTEGERS), "number": _NUMBERS, "text": _TEXTS, "json": _JSON}
    return next((kind for kind, members in groups.items() if name in members), name)


def base(text: str) -> str:
    """A type's name without its arguments, upper case: ``VARCHAR(20)`` → ``VARCHAR``."""
    plain = re.sub(r"\s+GENERATED .*", "", text, flags=re.IGNORECASE).upper()
    found = _FORM.match(plain)
    name = f"{' '.join(found[1].split())}{found[3]}" if found else plain
    return {"TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP", "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}.get(name, name)


def arguments(text: str) -> tuple[int, ...]:
    """The numbers in a type's brackets."""
    found = _FORM.match(re.sub(r"\s+GENERATED .*", "", text, flags=re.IGNORECASE))
    return tuple(int(part) for part in (found[2] or "").split(",") if part.strip().isdigit()) if found else ()


def plain_spelling(type_: Type, dialect: PostgresDialect) -> str:
    """The type an existing column takes: SERIAL is only a way of making one."""
    text = dialect.spell(type_)
    if base(text) in ("SERIAL", "BIGSERIAL", "SMALLSERIAL"):
        return {"SERIAL": "INTEGER", "BIGSERIAL": "BIGINT", "SMALLSERIAL": "SMALLINT"}[base(text)]
    return re.sub(r"\s+GENERATED .*", "", text, flags=re.IGNORECASE)


def using(column: str, old: str, new: str) -> str | None:
    """The expression that converts a column, None where an assignment does."""
    kinds = family(old), family(new)
    match kinds:
        case (a, b) if a == b:
            return None
        case ("integer", "number") | ("number", "integer") | (_, "text"):
            return _to_text(column, old) if kinds[1] == "text" else None
        case ("text", "BYTEA"):
            return f"convert_to({column}, 'UTF8')"
        case ("TIMESTAMP", "TIMESTAMPTZ"):
            return f"{column} AT TIME ZONE 'UTC'"
        case ("TIMESTAMPTZ", "TIMESTAMP"):
            return f"{column} AT TIME ZONE 'UTC'"
        case ("BOOLEAN", "integer" | "number"):
            return f"{column}::integer"
        case ("integer", "BOOLEAN"):
            return f"{column}::integer::boolean"
        case ("text", _):
            return f"{_trimmed(column, new)}::{_cast_type(new)}"
        case _ if "TIMESTAMP" in kinds[0] and kinds[1] in _TIMES:
            return None
        case _ if _only_by_text(*kinds):
            return f"{column}::text::{_cast_type(new)}"
        case _:
            return f"{column}::{_cast_type(new)}"


def _only_by_text(old: str, new: str) -> bool:
    """Whether no cast leads from one kind to the other, though a text may: what makes no sense there is refused."""
    known = ("integer", "number", "json", "BOOLEAN", "UUID", "BYTEA", *_TIMES)
    kin = old in _TIMES and new in _TIMES
    return (old in known or old.endswith("]")) and new in known and not kin


def _to_text(column: str, old: str) -> str | None:
    if family(old) == "BYTEA":
        return f"convert_from({column}, 'UTF8')"
    return None


def _trimmed(column: str, new: str) -> str:
    return f"trim({column})" if family(new) in ("integer", "number") else column


def _cast_type(new: str) -> str:
    """A cast with a length or a scale would cut: it is left to the assignment that follows."""
    return base(new) if family(new) in ("text", "number") else new


_INTEGER_TEXT = r"^\s*[-+]?[0-9]{1,18}\s*$"
_NUMBER_TEXT = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"


def damaged(column: str, old: str, new: str) -> str:
    """The condition of a value that would come out as another, or not at all; empty where none can."""
    match family(old), family(new):
        case ("text", "integer"):
            return f"{column} !~ '{_INTEGER_TEXT}' OR {_out_of_range(f'trim({column})::numeric', column, new)}"
        case ("text", "number"):
            return f"{column} !~ '{_NUMBER_TEXT}'"
        case ("text", "BOOLEAN"):
            words = "'t', 'true', 'y', 'yes', 'on', '1', 'f', 'false', 'n', 'no', 'off', '0'"
            return f"lower(trim({column})) NOT IN ({words})"
        case ("text", "UUID"):
            return rf"{column} !~* '^\s*\{{?[0-9a-f]{{8}}(-?[0-9a-f]{{4}}){{3}}-?[0-9a-f]{{12}}\}}?\s*$'"
        case ("integer", "BOOLEAN"):
            return f"{column} NOT IN (0, 1)"
        case ("number", "integer"):
            return f"{column} <> trunc({column}::numeric)"
        case ("number", "number"):
            return _rounded(column, old, new)
        case ("TIMESTAMP" | "TIMESTAMPTZ", "DATE"):
            return f"{column}::time <> '00:00'"
        case ("TIMESTAMP" | "TIMESTAMPTZ", "TIME"):
            return f"{column} IS NOT NULL"
        case _:
            return ""


def _out_of_range(number: str, column: str, new: str) -> str:
    bits = {1: 15, 2: 31, 3: 63}[_INTEGERS[base(new)]]
    low, high = -(2**bits), 2**bits - 1
    return f"CASE WHEN {column} ~ '{_INTEGER_TEXT}' THEN {number} NOT BETWEEN {low} AND {high} END"


def _rounded(column: str, old: str, new: str) -> str:
    numbers = arguments(new)
    if base(new) in ("NUMERIC", "DECIMAL") and numbers:
        scale = numbers[1] if len(numbers) > 1 else 0
        was = arguments(old)
        if base(old) in ("NUMERIC", "DECIMAL") and len(was) > 1 and was[1] <= scale:
            return ""
        return f"round({column}::numeric, {scale}) <> {column}::numeric"
    if base(new) == "REAL" and base(old) != "REAL":
        return f"{column}::real::numeric <> {column}::numeric"
    return ""


def shorter(old: str, new: str) -> int | None:
    """The length a text is limited to that was not before; None where nothing can be cut."""
    if family(old) != "text" and base(new) != "VARCHAR":
        return None
    length = arguments(new)[:1]
    before = arguments(old)[:1]
    if family(new) != "text" or not length or (before and before[0] <= length[0] and base(old) != "TEXT"):
        return None
    return length[0]


def rewrites(old: str, new: str) -> bool:
    """Whether the server writes every row anew: not where only a limit on the length goes up or away."""
    same = {base(old), base(new)} <= {"VARCHAR", "TEXT", "CHARACTER VARYING"}
    if same:
        return shorter(old, new) is not None
    numeric = base(old) in ("NUMERIC", "DECIMAL") and base(new) in ("NUMERIC", "DECIMAL")
    if numeric and arguments(old) and arguments(new):
        return arguments(old)[1:] != arguments(new)[1:] or arguments(old)[0] > arguments(new)[0]
    return base(old) != base(new) or arguments(old) != arguments(new)
