"""What a copied table proves before it is kept: room for it beforehand, and afterwards that no value has changed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from peewit.compile import Copying
from peewit.errors import NoRoomError, PeewitError
from peewit.sql import quote_name

AT_ONCE = 40
"""So many columns go into one call: SQLite may be built for no more than 100 arguments."""


def refuse_changed(connection: sqlite3.Connection, copying: Copying) -> None:
    """PeewitError where a kept column holds other values, or values of other types, than what it was copied from."""
    connection.create_function("peewit_digest", -1, _digest, deterministic=True)
    connection.create_aggregate("peewit_sum", 1, _Sum)  # type: ignore[arg-type]  # takes any class with both methods
    before, after = (_checksum(connection, table, copying.kept) for table in (copying.table, copying.into))
    if before != after:
        raise PeewitError(
            f'the copy of table "{copying.table}" is not what was copied: checksum {after} in place of {before}',
            state="nothing was kept",
            hint="the database file or the memory may be faulty: PRAGMA integrity_check, and look at the disk",
        )


def _checksum(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> str:
    """How many rows, and the sum over all of them of what the row holds, type by type: in any order the same."""
    digest = "0"
    for some in _parts(columns):
        # A text is taken byte by byte: it need not be UTF-8.
        parts = (f"typeof({c}), iif(typeof({c}) = 'text', CAST({c} AS BLOB), {c})" for c in map(quote_name, some))
        digest = f"peewit_digest({', '.join([digest, *parts])})"
    rows, total = (
        connection.cursor().execute(f"SELECT count(*), peewit_sum({digest}) FROM {quote_name(table)}").fetchone()
    )
    return f"{rows} rows {total}"


def _parts(columns: Sequence[str]) -> list[Sequence[str]]:
    return [columns[place : place + AT_ONCE] for place in range(0, len(columns), AT_ONCE)]


def _digest(*values: object) -> int:
    return int.from_bytes(blake2b(repr(values).encode(), digest_size=8).digest(), "big", signed=True)


class _Sum:
    """Adds up what overflows SQLite's own sum."""

    def __init__(self) -> None:
        self._total = 0

    def step(self, value: int) -> None:
        self._total += value

    def finalize(self) -> str:
        return f"{self._total & (2**64 - 1):016x}"


def refuse_without_room(connection: sqlite3.Connection, path: str, table: str) -> None:
    """NoRoomError where the disk cannot hold a table twice; what is not known counts as the most it can be."""
    pages, size, unused = (
        connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "page_size", "freelist_count")
    )
    (journal,) = connection.cursor().execute("PRAGMA journal_mode").fetchone()
    times = 2 if journal == "wal" else 1  # written to the log, and from there into the file
    free = shutil.disk_usage(Path(path).parent).free
    if free >= pages * size * times:
        return
    needed = max(_bytes_of(connection, table, pages * size) - unused * size, 0) * times
    if free < needed:
        raise NoRoomError(
            f'there is no room to copy table "{table}": about {needed:,} bytes are needed and {free:,} are free on the '
            f"disk of {path}",
            hint="make room, and run it again",
        )


def _bytes_of(connection: sqlite3.Connection, table: str, most: int) -> int:
    """The size of a table, where SQLite was built to tell: https://www.sqlite.org/dbstat.html."""
    try:
        (found,) = (
            connection.cursor()
            .execute("SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1 AND name = ?", (table,))
            .fetchone()
        )
    except sqlite3.OperationalError:
        return most
    return most if found is None else int(found)
