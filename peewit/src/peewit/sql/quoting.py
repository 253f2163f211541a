"""The one place that quotes names and writes values as SQL literals.

Used by everything that writes SQL; names and values enter a statement only through here.
"""

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal
from uuid import UUID

from peewit.dataclass import dataclass
from peewit.errors import SqlError


def quote_name(name: str, quote: str = '"') -> str:
    """The name between `quote` marks, those inside it doubled; `SqlError` for what no database accepts."""
    check_name(name)
    return f"{quote}{name.replace(quote, quote * 2)}{quote}"


def check_name(name: str) -> None:
    """`SqlError` for a name no database accepts."""
    if "\0" in name:
        raise SqlError(f"name {name!r} has a NUL character, which no database accepts")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise SqlError(f"name {name!r} has half of a surrogate pair, which is no text")


def quote_path(*parts: str | None, quote: str = '"') -> str:
    """The quoted parts joined by dots, a missing one (`None`, as a schema may be) left out."""
    return ".".join(quote_name(part, quote) for part in parts if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteralStyle:
    """How one database spells values."""

    booleans: Literal["integer", "keyword"]
    blobs: Literal["hex", "bytea"]
    backslash_escapes: bool = False
    """A backslash in a string must be doubled."""
    infinity: str | None = None
    """The literal of a float's infinity; `None` where there is none."""
    nan: str | None = None
    text_with_nul: Literal["cast", "escape", "refuse"]


SQLITE = LiteralStyle(booleans="integer", blobs="hex", infinity="9e999", text_with_nul="cast")
POSTGRES = LiteralStyle(
    booleans="keyword",
    blobs="bytea",
    infinity="'Infinity'::float8",
    nan="'NaN'::float8",
    text_with_nul="refuse",
)
MYSQL = LiteralStyle(booleans="keyword", blobs="hex", backslash_escapes=True, text_with_nul="escape")


def literal(value: object, style: LiteralStyle = SQLITE) -> str:
    """The SQL literal of a Python value; `SqlError` for a type or value that has none.

    Dates and times are text as Peewee's SQLite driver stores them (`str(value)`), UUIDs their hex.
    """
    match value:
        case None:
            text = "NULL"
        case bool():
            text = str(int(value)) if style.booleans == "integer" else str(value).lower()
        case int():
            text = int.__repr__(value)
        case float():
            text = _float(value, style)
        case Decimal():
            text = _decimal(value)
        case str():
            text = _text(str.__str__(value), style)
        case bytes() | bytearray() | memoryview():
            text = _blob(bytes(value), style)
        case datetime() | date() | time():
            text = _text(str(value), style)
        case UUID():
            text = _text(value.hex, style)
        case _:
            raise SqlError(f"a value of type {type(value).__name__!r} has no SQL literal: {value!r}")
    return text


def _float(value: float, style: LiteralStyle) -> str:
    if math.isfinite(value):
        return float.__repr__(value)
    text = style.nan if math.isnan(value) else style.infinity
    if text is None:
        raise SqlError(f"float {value!r} has no SQL literal in this database")
    return f"-{text}" if value < 0 else text


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise SqlError(f"decimal {str(value)!r} has no SQL literal")
    return str(value)


def _blob(value: bytes, style: LiteralStyle) -> str:
    return f"x'{value.hex()}'" if style.blobs == "hex" else f"'\\x{value.hex()}'::bytea"


def _text(value: str, style: LiteralStyle) -> str:
    if "\0" in value:
        match style.text_with_nul:
            case "cast":
                # SQLite reads a statement up to its first NUL; the bytes are UTF-8, as the database.
                return f"CAST(x'{value.encode().hex()}' AS TEXT)"
            case "refuse":
                raise SqlError(f"text {value!r} has a NUL character, which this database refuses")
            case "escape":
                pass
    escaped = value.replace("'", "''")
    if style.backslash_escapes:
        escaped = escaped.replace("\\", "\\\\").replace("\0", "\\0")
    return f"'{escaped}'"
