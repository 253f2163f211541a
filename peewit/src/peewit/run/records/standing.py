"""What the rows of our tables and the names of the files come to, whoever has asked for them.

The short way to a status uses nothing else of the package, so nothing is imported here that it can do without.
"""

from __future__ import annotations

from peewit.files.names import order

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

BEGUN = "begin "
"""What the action of a run that is not finished begins with."""


FAILED = "failed"
"""The action of what notes that a migration failed, and that nothing of it was kept: it says nothing of what is done.

It is no longer so when anything else was noted of that migration after it.
"""

BY_SCRIPT = "script"
"""The action of what a script has applied, which keeps no copy of the file."""


def once(rows: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The rows of a history, each migration once: what was noted twice counts where it was noted first."""
    return list({row[0]: (row[0], row[1]) for row in reversed(rows)}.values())[::-1]


FORGET = "forget"
"""The action of a migration whose row was only taken out of the history."""

UNDONE = ("rollback", FORGET)
"""After these a migration is not applied."""


def newest(rows: Iterable[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Of the rows of a journal, which begin with name and action: the newest of each migration that is applied."""
    found: dict[str, Sequence[Any]] = {}
    for row in rows:
        name, action = row[0], row[1]
        if action.startswith(BEGUN) or action in (BY_SCRIPT, FAILED):
            continue
        if action in UNDONE:
            found.pop(name, None)
            continue
        found[name] = row
    return found


def still_failed(rows: Iterable[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Of the rows of a journal, which begin with name and action: the failure of each migration that ends with one."""
    found: dict[str, Sequence[Any]] = {}
    for row in rows:
        found.pop(row[0], None)
        if row[1] == FAILED:
            found[row[0]] = row
    return found


def compared(names: Sequence[str], done: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Pending, missing, out of order: the files, in their order, beside what was applied, in its order."""
    applied, there = set(done), set(names)
    pending = [name for name in names if name not in applied]
    last = max(map(order, applied), default=(0, ""))
    return (
        pending,
        [name for name in done if name not in there],
        [name for name in pending if order(name) < last],
    )


def told(entry: Any) -> tuple[float | None, str]:
    """How long a migration took, and who applied it, as far as the journal knows."""
    return (None, "") if entry is None else (entry.seconds, entry.who)
