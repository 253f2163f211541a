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


def damaged(column: str, old: str, new: str) -> str:
    """The condition of a value that would come out as another, or not at all; empty where none can."""
    if base(new) in ("BOOL", "BOOLEAN") and base(old) not in ("BOOL", "BOOLEAN"):
        return f"{column} NOT IN ('0', '1')" if family(old) == "text" else f"{column} NOT IN (0, 1)"
    match family(old), family(new):
        case ("text", "integer"):
            return f"{column} NOT REGEXP '^[[:space:]]*[-+]?[0-9]+[[:space:]]*$'"
        case ("text", "exact" | "real"):
            number = "([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?"
            return f"{column} NOT REGEXP '^[[:space:]]*[-+]?{number}[[:space:]]*$'"
        case ("text", "DATE" | "DATETIME" | "TIMESTAMP"):
            return f"{column} IS NOT NULL AND CAST({column} AS DATETIME) IS NULL"
        case ("text", "JSON"):
            return f"NOT JSON_VALID({column})"
        case ("exact" | "real", "integer"):
            return f"{column} <> truncate({column}, 0)"
        case ("exact" | "real", "exact"):
            return _rounded(column, old, new)
        case ("real", "real"):
            single = base(new) == "FLOAT" and base(old) != "FLOAT"
            return f"CAST({column} AS FLOAT) <> {column}" if single else ""
        case ("DATETIME" | "TIMESTAMP", "DATE"):
            return f"TIME({column}) <> '00:00:00'"
        case ("DATETIME" | "TIMESTAMP", "TIME"):
            return f"{column} IS NOT NULL"
        case _:
            return ""


def _rounded(column: str, old: str, new: str) -> str:
    was, numbers = arguments(old), arguments(new)
    scale = numbers[1] if len(numbers) > 1 else 0
    if family(old) == "exact" and (was[1] if len(was) > 1 else 0) <= scale:
        return ""
    return f"round({column}, {scale}) <> {column}"


def shorter(old: str, new: str) -> int | None:
    """The length a text is limited to that was not before; None where nothing can be cut."""
    length, before = arguments(new)[:1], arguments(old)[:1]
    if family(old) != "text" or base(new) not in ("CHAR", "VARCHAR") or not length:
        return None
    return None if before and before[0] <= length[0] else length[0]
