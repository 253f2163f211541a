"""No room on the disk, in the words of each database."""

from __future__ import annotations

from pathlib import Path

from peewit.run.database.codes import code_of, sqlstate_of

FULL_SQLITE = "database or disk is full"
FULL_POSTGRES = "53100"
FULL_MYSQL = (1021, 1114)


def room_for(copy: Path) -> str:
    """What a copy of the file has taken of the room, and how to do without."""
    return f"{copy.stat().st_size:,} bytes of it went into the copy made before; to do without a copy: --no-backup"


def disk_is_full(error: BaseException) -> bool:
    """Whether a statement failed because nothing more could be written."""
    if FULL_SQLITE in str(error):
        return True
    return sqlstate_of(error) == FULL_POSTGRES or code_of(error) in FULL_MYSQL
