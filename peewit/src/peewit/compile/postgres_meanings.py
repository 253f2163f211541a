"""How PostgreSQL makes of a field's values those of another, where their types do not tell, and what it would lose.

See :mod:`peewit.compile.meanings`.
"""

from __future__ import annotations

from peewit.compile.meanings import Meaning, Stamp, on_utc
from peewit.compile.postgres_types import base

_PART = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = rf"^\s*({_PART}\.){{3}}{_PART}\s*$"
_MICROSECONDS = 1_000_000
_EIGHT = r"'\x0000000000000000'::bytea"


def using(column: str, meant: Meaning, new: str) -> str:
    """The expression that converts a column."""
    stamp = meant.stamp
    if meant.counts_anew:
        return f"{column} * {meant.times} / {meant.by}"
    if stamp is not None and meant.name.startswith("stamp_read"):
        moment = f"timestamp 'epoch' + ({column} * {_MICROSECONDS // stamp.resolution}) * interval '1 microsecond'"
        return f"({moment}) AT TIME ZONE 'UTC'" if base(new) == "TIMESTAMPTZ" else moment
    if stamp is not None:
        return f"(extract(epoch from {column}) * {stamp.resolution})::bigint"
    return {
        "bits_read": _bytes_of(column),
        "bits_written": _bits_of(f"({column} || {_EIGHT})"),
        "address_read": f"host(inet '0.0.0.0' + {column})",
        "address_written": f"trim({column})::inet - inet '0.0.0.0'",
    }[meant.name]


def damaged(column: str, meant: Meaning, old: str, new: str) -> str:
    """The condition of a value that would mean something else afterwards; empty where none can."""
    stamp = meant.stamp
    if meant.counts_anew:
        return f"{column} % {meant.by} <> 0" if meant.by > 1 else ""
    if stamp is not None and not stamp.utc and not on_utc() and "TIMESTAMPTZ" not in (base(old), base(new)):
        return f"{column} IS NOT NULL"  # it means the time of a zone that the server need not have
    if stamp is not None:
        return _lost(column, stamp, meant, new)
    return {
        "bits_read": "",
        "bits_written": f"octet_length({column}) > 8",
        "address_read": f"{column} NOT BETWEEN 0 AND 4294967295",
        "address_written": f"{column} !~ '{_ADDRESS}'",
    }[meant.name]


def _lost(column: str, stamp: Stamp, meant: Meaning, new: str) -> str:
    if meant.name.startswith("stamp_read"):
        return f"{column} <> (extract(epoch from {using(column, meant, new)}) * {stamp.resolution})"
    return f"extract(microseconds from {column})::bigint % {_MICROSECONDS // stamp.resolution} <> 0"


def _bytes_of(column: str) -> str:
    """The eight bytes of a number, the lowest first."""
    flags = _EIGHT
    for place in range(8):
        flags = f"set_byte({flags}, {place}, (({column} >> {8 * place}) & 255)::integer)"
    return flags


def _bits_of(flags: str) -> str:
    return " | ".join(f"(get_byte({flags}, {place})::bigint << {8 * place})" for place in range(8))
