"""What a change of type asks of MariaDB and MySQL: the values that would come out as others.

In strict mode the server refuses what is too long, out of range or no number at all. It rounds in silence.
"""

from __future__ import annotations

import re

from peewit.compile.postgres_types import arguments

_INTEGERS = ("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "BIGINT", "BOOL", "BOOLEAN")
_EXACT = ("NUMERIC", "DECIMAL")
_REAL = ("FLOAT", "DOUBLE", "DOUBLE PRECISION", "REAL")
_TEXTS = ("CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT")
_BYTES = ("BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY")


def base(text: str) -> str:
    """A type's name without its arguments and attributes, upper case."""
    plain = re.sub(r"\(.*?\)", "", text.upper())
    plain = re.sub(r"\b(AUTO_INCREMENT|UNSIGNED|SIGNED|ZEROFILL)\b", "", plain)
    return " ".join(plain.split())


_SYNONYMS = {
    "INTEGER": "INT",
    "BOOL": "TINYINT",
    "BOOLEAN": "TINYINT",
    "NUMERIC": "DECIMAL",
    "DOUBLE PRECISION": "DOUBLE",
    "REAL": "DOUBLE",
}


def same(live: str, wanted: str, *, json_is_text: bool) -> bool:
    """Whether a column has the wanted type, under whatever name the server keeps it."""
    if base(wanted) == "JSON" and json_is_text:
        return base(live) in ("LONGTEXT", "JSON")
    mine, other = (_SYNONYMS.get(base(text), base(text)) for text in (live, wanted))
    unsigned = ["UNSIGNED" in text.upper() for text in (live, wanted)]
    integers = family(live) == "integer"
    return mine == other and unsigned[0] == unsigned[1] and (integers or arguments(live) == arguments(wanted))


def family(text: str) -> str:
    """The kind of values a type holds: ``integer``, ``exact``, ``real``, ``text``, ``bytes``, else its name."""
    name = base(text)
    groups = {"integer": _INTEGERS, "exact": _EXACT, "real": _REAL, "text": _TEXTS, "bytes": _BYTES}
    return next((kind for kind, members in groups.items() if name in members), name)


_SIZES = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32, "BIGINT": 64}
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NUMBER = "[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?"


def damaged(column: str, old: str, new: str) -> str:
    """The condition of a value that would come out as another, or not at all; empty where none can.

    The server itself would take a number for a date, a time for a moment of today, and for an ENUM its place.
    """
    if base(new) in ("BOOL", "BOOLEAN") and base(old) not in ("BOOL", "BOOLEAN"):
        return f"{column} NOT IN ('0', '1')" if family(old) == "text" else f"{column} NOT IN (0, 1)"
    match family(old), family(new):
        case ("text", kind):
            return _text_damaged(column, old, new, kind)
        case ("bytes", "text" | "integer" | "exact" | "real" | "JSON" as kind):
            text = f"CONVERT({column} USING utf8mb4)"
            too_long = [f"CHAR_LENGTH({text}) > {length}" for length in arguments(new)[:1] if kind == "text"]
            conditions = [f"NOT HEX({text}) <=> HEX({column})", _text_damaged(text, "TEXT", new, kind), *too_long]
            return " OR ".join(filter(None, conditions))
        case ("integer", "YEAR"):
            return f"{column} NOT BETWEEN 1901 AND 2155"
        case ("integer" | "exact" | "real", "integer"):
            low, high = _range(new)
            return f"{column} <> truncate({column}, 0) OR {column} NOT BETWEEN {low} AND {high}"
        case ("integer" | "exact" | "real", "exact"):
            return f"{column} <> CAST({column} AS DECIMAL({_digits(new)}))"
        case ("integer" | "exact", "real"):
            return f"{_through(column, new)} <> {column}"
        case ("real", "real"):
            return f"{_through(column, new, 'DOUBLE')} <> {column}" if _is_single(new) > _is_single(old) else ""
        case ("YEAR", "integer" | "exact" | "real"):
            return ""
        case ("DATETIME" | "TIMESTAMP", "DATE"):
            return f"TIME({column}) <> '00:00:00'"
        case (("DATETIME" | "TIMESTAMP" | "TIME") as a, ("DATETIME" | "TIMESTAMP" | "TIME") as b) if (a == "TIME") == (
            b == "TIME"
        ):
            lost = 10 ** (6 - _fraction(new))
            return f"MICROSECOND({column}) % {lost} <> 0" if _fraction(new) < _fraction(old) else ""
        case ("DATE", "DATETIME" | "TIMESTAMP"):
            return ""
        case (a, b) if a != b and {a, b} & _PLACED and b not in ("text", "bytes"):
            return f"{column} IS NOT NULL"
        case _:
            return ""


_PLACED = {"DATE", "DATETIME", "TIMESTAMP", "TIME", "YEAR", "ENUM", "SET"}
"""Kinds of values that the server also takes for numbers, each in its own way."""


def _text_damaged(column: str, old: str, new: str, kind: str) -> str:
    moment = f"[ T][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{0,{_fraction(new)}}}0*)?)?"
    match kind:
        case "integer":
            low, high = _range(new)
            return f"{_unlike(column, '[-+]?[0-9]+')} OR CAST({column} AS DECIMAL(65, 0)) NOT BETWEEN {low} AND {high}"
        case "exact":
            # Not <>: MariaDB takes two casts of one column for equal, without looking at their digits.
            exact = f"CAST({column} AS DECIMAL(65, 30)) - CAST({column} AS DECIMAL({_digits(new)})) <> 0"
            return f"{_unlike(column, _NUMBER)} OR {exact}"
        case "real":
            return f"{_unlike(column, _NUMBER)} OR {_through(column, new)} <> CAST({column} AS DECIMAL(65, 30))"
        case "DATE":
            midnight = "[ T]00:00(:00([.]0*)?)?"
            return f"{_unlike(column, f'{_DAY}({midnight})?')} OR CAST({column} AS DATETIME) IS NULL"
        case "DATETIME" | "TIMESTAMP":
            return f"{_unlike(column, f'{_DAY}({moment})?')} OR CAST({column} AS DATETIME) IS NULL"
        case "TIME":
            time = moment.removeprefix("[ T][0-9]{2}")
            return f"{_unlike(column, f'-?[0-9]{{1,3}}{time}')} OR CAST({column} AS TIME) IS NULL"
        case "YEAR":
            return f"{_unlike(column, '[0-9]{4}')} OR CAST({column} AS SIGNED) NOT BETWEEN 1901 AND 2155"
        case "ENUM":
            return f"BINARY {column} NOT IN {new[new.index('(') : new.rindex(')') + 1]}"
        case "SET":
            return f"{column} REGEXP '^[0-9]+$'"
        case "JSON":
            return f"NOT JSON_VALID({column})"
        case "text":
            return f"{column} REGEXP ' $'" if base(new) == "CHAR" and base(old) != "CHAR" else ""
        case _:
            return ""


def _unlike(column: str, pattern: str) -> str:
    return f"{column} NOT REGEXP '^[[:space:]]*{pattern}[[:space:]]*$'"


def _range(new: str) -> tuple[int, int]:
    bits = _SIZES[_SYNONYMS.get(base(new), base(new))]
    return (0, 2**bits - 1) if "UNSIGNED" in new.upper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _digits(new: str) -> str:
    digits, scale, *_ = *arguments(new), *(10, 0)[len(arguments(new)) :]
    return f"{digits}, {scale}"


def _fraction(text: str) -> int:
    """How many digits of a second a type keeps."""
    return arguments(text)[0] if arguments(text) else 0


def _is_single(text: str) -> bool:
    return base(text) == "FLOAT"


def _through(column: str, new: str, back: str = "DECIMAL(65, 30)") -> str:
    """The number as everybody sees it once it went through an inexact type."""
    kind = "FLOAT" if _is_single(new) else "DOUBLE"
    return f"CAST(CAST(CAST({column} AS {kind}) AS CHAR) AS {back})"


def shorter(old: str, new: str) -> int | None:
    """The length a text is limited to that was not before; None where nothing can be cut."""
    length, before = arguments(new)[:1], arguments(old)[:1]
    if family(old) == "bytes" or base(new) not in ("CHAR", "VARCHAR") or not length:
        return None
    return None if family(old) == "text" and before and before[0] <= length[0] else length[0]
