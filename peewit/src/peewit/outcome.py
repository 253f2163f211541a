"""What a run answers. Every start answers it, so it is not among the many others of :mod:`peewit.reports`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from peewit.compile import Statement
    from peewit.operations import Operation


class Losing(NamedTuple):
    """A migration is about to destroy something: the rows of a table, or the values of a column that are not null."""

    name: str
    table: str
    column: str | None
    values: int


class Step(NamedTuple):
    """One migration that was run, or would be: its operations, its statements, and how long it took.

    ``backup`` is the copy of the database as it was before, where anything was at stake; ``removed`` are older copies
    that made room for it. ``destroys``, of one that is
    only planned, is what goes with it of what is there now. ``together`` is how many
    were applied to a new database in one go, if it was one of those: then its operations are not told, ``seconds`` are
    its share, and the statements are with the last of them. ``own``, of one that is only planned, is the SQL its body
    runs by itself, past its migrator, on tables without rows; ``code``: what it does depends on the rows, too.
    ``marked``: only the history was written. ``there`` are tables it makes that were there before, as it makes them.
    ``without_body``: its file has no function ``migrate``, so nothing was run.
    """

    name: str
    operations: tuple[Operation, ...] = ()
    statements: tuple[Statement, ...] = ()
    seconds: float = 0.0
    backup: Path | None = None
    destroys: tuple[Losing, ...] = ()
    together: int = 0
    own: tuple[str, ...] = ()
    code: bool = False
    removed: tuple[Path, ...] = ()
    marked: bool = False
    there: tuple[str, ...] = ()
    without_body: bool = False


class Report(NamedTuple):
    """What ``migrate`` or ``rollback`` did. ``applied`` and ``rolled_back`` are names, in the order it was done.

    ``newer``, from ``ensure_current``: what the database has and no file is there of.
    """

    applied: tuple[str, ...] = ()
    rolled_back: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    newer: tuple[str, ...] = ()
