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
_INEXACT = ("REAL", "FLOAT", "DOUBLE PRECISION")
_TIMES = ("TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIME", "TIMETZ", "INTERVAL")
_TIME_CASTS = {
    "DATE": ("TIMESTAMP", "TIMESTAMPTZ"),
    "TIME": ("TIMETZ", "INTERVAL"),
    "TIMETZ": ("TIME",),
    "TIMESTAMP": ("DATE", "TIME", "TIMESTAMPTZ"),
    "TIMESTAMPTZ": ("DATE", "TIME", "TIMETZ", "TIMESTAMP"),
    "INTERVAL": ("TIME",),
}
"""What of dates and times the server makes of one another: ``\\dC`` of psql."""
_JSON = ("JSON", "JSONB")

_FORM = re.compile(r"\s*([A-Za-z][\w ]*?)\s*(?:\(([^)]*)\))?\s*((?:\[\])*)\s*$")


def family(text: str) -> str:
    """The kind of values a type holds: ``integer``, ``number``, ``text``, …; the type itself where it is alone."""
    name = base(text)
    if name.endswith("]"):
        return name
    groups = {"integer": tuple(_INTEGERS), "number": _NUMBERS, "text": _TEXTS, "json": _JSON}
    return next((kind for kind, members in groups.items() if name in members), name)


def other_kind(old: str, new: str) -> bool:
    """Whether a constant of one type is none of the other: each of the two kinds of JSON has its own."""
    return family(old) != family(new) or (family(new) == "json" and base(old) != base(new))


def base(text: str) -> str:
    """A type's name without its arguments, upper case: ``VARCHAR(20)`` → ``VARCHAR``."""
    plain = re.sub(r"\s+GENERATED .*", "", text, flags=re.IGNORECASE).upper()
    found = _FORM.match(plain)
    name = f"{' '.join(found[1].split())}{found[3]}" if found else plain
    return {"TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP", "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}.get(name, name)


_SYNONYMS = {
    "CHARACTER VARYING": "VARCHAR",
    "CHARACTER": "CHAR",
    "BPCHAR": "CHAR",
    "INT": "INTEGER",
    "DECIMAL": "NUMERIC",
    "TIME WITHOUT TIME ZONE": "TIME",
}
_PLAIN = (*_SYNONYMS.values(), "SMALLINT", "BIGINT", "REAL", "DOUBLE PRECISION", "TEXT", "BOOLEAN", "BYTEA", "UUID")
_COMPARED = (*_PLAIN, "DATE", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL", *_JSON)


def same(live: str, wanted: str) -> bool:
    """Whether a column has the wanted type, under whatever name the server keeps it; also where that is not known."""
    mine, other = (_SYNONYMS.get(base(text), base(text)) for text in (live, wanted))
    if mine not in _COMPARED or other not in _COMPARED:
        return True
    return mine == other and _filled(mine, arguments(live)) == _filled(other, arguments(wanted))


def _filled(name: str, given: tuple[int, ...]) -> tuple[int, ...]:
    """A type's numbers with those that may be left out."""
    if name == "CHAR":
        return given or (1,)
    return (*given, 0) if name == "NUMERIC" and len(given) == 1 else given


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
        case ("number", "number") if base(old) in _INEXACT and base(new) not in _INEXACT:
            return f"{column}::text::numeric"  # the server's own cast keeps 6 or 15 digits of them
        case ("number", "number") if base(old) == "REAL" != base(new) and base(new) in _INEXACT:
            return f"{column}::text::{new}"  # 0.1 is to stay what everybody sees
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
        case ("BYTEA", "UUID"):
            return f"encode({column}, 'hex')::uuid"
        case ("UUID", "BYTEA"):
            return f"decode(replace({column}::text, '-', ''), 'hex')"
        case ("integer", "BOOLEAN"):
            return f"{column}::integer::boolean"
        case ("text", _):
            return f"{_trimmed(column, new)}::{_cast_type(new)}"
        case _ if "TIMESTAMP" in kinds[0] and kinds[1] in _TIME_CASTS[kinds[0]]:
            return None
        case _ if _only_by_text(*kinds):
            return f"{column}::text::{_cast_type(new)}"
        case _:
            return f"{column}::{_cast_type(new)}"


def by_text_alone(old: str, new: str) -> bool:
    """Whether values become others as a text would, because the server has no cast."""
    numbers = {family(old), family(new)} <= {"integer", "number"}  # some go that way, to stay what they are
    return not numbers and using("", old, new) == f"::text::{_cast_type(new)}"


def _only_by_text(old: str, new: str) -> bool:
    """Whether no cast leads from one kind to the other, though a text may: what makes no sense there is refused."""
    known = ("integer", "number", "json", "BOOLEAN", "UUID", "BYTEA", *_TIMES)
    kin = new in _TIME_CASTS.get(old, ())
    return (old in known or old.endswith("]")) and new in known and not kin


def _to_text(column: str, old: str) -> str | None:
    if family(old) == "BYTEA":
        return f"convert_from({column}, 'UTF8')"
    return None


def _trimmed(column: str, new: str) -> str:
    return f"trim({column})" if family(new) in ("integer", "number") else column


def _cast_type(new: str) -> str:
    """A cast with a length or a scale would cut: it is left to the assignment that follows."""
    return without_limits(new)


_INTEGER_TEXT = r"^\s*[-+]?[0-9]{1,30}\s*$"
_NUMBER_TEXT = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"
_DAY = (
    "[0-9]{4,6}-((0?[13578]|1[02])-(0?[1-9]|[12][0-9]|3[01])"
    "|(0?[469]|11)-(0?[1-9]|[12][0-9]|30)|0?2-(0?[1-9]|[12][0-9]))"
)
_TIME = r"(([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0*)?)?|24:00(:00)?)"
_UTC, _ZONE = "( ?Z|[-+]00(:?00)?)?", "( ?Z|[-+][0-9]{2}(:?[0-9]{2})?)?"
_TIME_TEXTS = {
    "DATE": rf"^\s*({_DAY}([ T]00:00(:00(\.0*)?)?)?|-?infinity)\s*$",
    "TIME": rf"^\s*{_TIME}\s*$",
    "TIMESTAMP": rf"^\s*({_DAY}([ T]{_TIME}{_UTC})?|-?infinity)\s*$",
    "TIMESTAMPTZ": rf"^\s*({_DAY}([ T]{_TIME}{_ZONE})?|-?infinity)\s*$",
}
"""Texts of dates and times that mean one thing only, and lose nothing. Without a zone, UTC is meant."""


def damaged(column: str, old: str, new: str) -> str:
    """The condition of a value that would come out as another, or not at all; empty where none can."""
    match family(old), family(new):
        case ("text", kind):
            return _text_damaged(column, old, new, kind)
        case ("integer", "BOOLEAN"):
            return f"{column} NOT IN (0, 1)"
        case ("BYTEA", "UUID"):
            return f"octet_length({column}) <> 16"
        case ("integer", "number") if base(new) in ("REAL", "FLOAT") or base(old) in ("BIGINT", "BIGSERIAL"):
            return f"{_through(column, new)} <> {column}" if base(new) in _INEXACT else ""
        case ("number", "integer"):
            whole = f"{column}::double precision" if base(old) in _INEXACT else column
            return f"{column} <> trunc({whole})"
        case ("number", "number"):
            return _rounded(column, old, new)
        case ("TIMESTAMP" | "TIMESTAMPTZ", "DATE"):
            return f"{column}::time <> '00:00'"
        case ("TIMESTAMP" | "TIMESTAMPTZ", "TIME" | "TIMETZ"):
            return f"{column} IS NOT NULL"
        case ("INTERVAL", "TIME"):
            return f"{column}::time::interval <> {column}"
        case (("TIMESTAMP" | "TIMESTAMPTZ" | "TIME") as a, b) if b in (a, "TIMESTAMP", "TIMESTAMPTZ"):
            moment = f"{column} AT TIME ZONE 'UTC'" if a != b else column
            return f"({moment})::{new} <> {moment}" if _fraction(new) < _fraction(old) else ""
        case _:
            return ""


def refused(column: str, old: str, new: str, version: tuple[int, ...]) -> str:
    """The condition of a value that the server itself refuses to convert; empty where that cannot be asked."""
    match family(old), family(new):
        case ("integer" | "number", "integer"):
            low, high = _range(new)
            return f"{column} NOT BETWEEN {low} AND {high}"
        case ("integer" | "number", "number") if base(new) in ("NUMERIC", "DECIMAL") and arguments(new):
            digits = arguments(new)[0] - _scale(new)
            return f"abs(round({column}::numeric, {_scale(new)})) >= 1e{digits}"
        case (kind, "text") if kind not in ("text", "BYTEA") and arguments(new):
            return f"char_length({column}::text) > {arguments(new)[0]}"
        case (kind, other) if version >= (16,) and (by_text_alone(old, new) or (kind == "text" != other != "BYTEA")):
            return f"NOT pg_input_is_valid({_trimmed(f'{column}::text', new)}, '{without_limits(new)}')"
        case _:
            return ""


def _text_damaged(column: str, old: str, new: str, kind: str) -> str:
    match kind:
        case "integer":
            return f"{column} !~ '{_INTEGER_TEXT}' OR {_out_of_range(f'trim({column})::numeric', column, new)}"
        case "number":
            number, is_number = f"trim({column})::numeric", f"{column} ~ '{_NUMBER_TEXT}'"
            lost = ""
            if base(new) in _INEXACT:
                lost = (
                    f"CASE WHEN {_fits(number, new)} THEN {_through(f'trim({column})', new)} <> {number} ELSE true END"
                )
            if arguments(new):
                lost = f"round({number}, {_scale(new)}) <> {number}"
            return f"NOT {is_number}" + (f" OR CASE WHEN {is_number} THEN {lost} END" if lost else "")
        case "BOOLEAN":
            words = "'t', 'true', 'y', 'yes', 'on', '1', 'f', 'false', 'n', 'no', 'off', '0'"
            return f"lower(trim({column})) NOT IN ({words})"
        case "UUID":
            return rf"{column} !~* '^\s*\{{?[0-9a-f]{{8}}(-?[0-9a-f]{{4}}){{3}}-?[0-9a-f]{{12}}\}}?\s*$'"
        case "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMPTZ":
            text = _TIME_TEXTS[kind]
            lost = f"{column}::{new} <> {column}::{base(new)}" if arguments(new) else "false"
            return f"{column} !~* '{text}' OR CASE WHEN {column} ~* '{text}' THEN {lost} END"
        case "text" if base(new) in _PADDED and base(old) not in _PADDED:
            return f"{column} ~ ' $'"
        case _:
            return ""


def without_limits(text: str) -> str:
    """The type for a cast that must neither cut nor round."""
    if base(text) in _PADDED:
        return "BPCHAR"  # CHAR alone means one character
    return base(text) if family(text) in ("text", "number", "integer") else text


_PADDED = ("CHAR", "CHARACTER", "BPCHAR")


def _through(number: str, new: str) -> str:
    """The number as everybody sees it once it went through an inexact type."""
    return f"{number}::{base(new)}::text::numeric"


def _fraction(text: str) -> int:
    """How many digits of a second a type keeps."""
    return arguments(text)[0] if arguments(text) else 6


def _scale(text: str) -> int:
    return arguments(text)[1] if len(arguments(text)) > 1 else 0


def _out_of_range(number: str, column: str, new: str) -> str:
    low, high = _range(new)
    return f"CASE WHEN {column} ~ '{_INTEGER_TEXT}' THEN {number} NOT BETWEEN {low} AND {high} END"


def _range(new: str) -> tuple[int, int]:
    bits = {1: 15, 2: 31, 3: 63}[_INTEGERS[base(new)]]
    return -(2**bits), 2**bits - 1


def _rounded(column: str, old: str, new: str) -> str:
    exact = f"{column}::text::numeric" if base(old) in _INEXACT else column
    if base(new) in ("NUMERIC", "DECIMAL") and arguments(new):
        if base(old) in ("NUMERIC", "DECIMAL") and arguments(old) and _scale(old) <= _scale(new):
            return ""
        return f"round({exact}, {_scale(new)}) <> {exact}"
    if base(new) in _INEXACT and base(old) not in (base(new), "REAL"):
        lost = f"{_through(column, new)} <> {exact}"
        return f"CASE WHEN {_fits(column, new)} THEN {lost} ELSE true END"
    return ""


def _fits(column: str, new: str) -> str:
    """Whether a number can be written in an inexact type at all: what is too large or too small is an error there."""
    least, most = ("1e-37", "3.4e38") if base(new) == "REAL" else ("1e-307", "1.7e308")
    size = f"abs({column})"
    return f"{column} = 0 OR {size} BETWEEN {least} AND {most} OR {column}::text IN ('NaN', 'Infinity', '-Infinity')"


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
