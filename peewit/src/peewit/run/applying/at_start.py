"""What a start finds odd, and goes on with: said once in a process, or refused."""

from __future__ import annotations

import logging
from pathlib import Path

from peewit.errors import NewerDatabaseError

_said: set[str] = set()
"""What this process has said already."""


def tell_newer(names: tuple[str, ...], database: str, *, fail: bool) -> None:
    """Warn of migrations that have no file, once for each database; NewerDatabaseError where that is to ``fail``."""
    message = f"the database {database} has what this version of the application does not know: {', '.join(names)}"
    if fail:
        raise NewerDatabaseError(
            message,
            newer=names,
            hint="start a version that has these files, or undo them with the files' copies in the journal: "
            "peewit rollback",
        )
    _warn(message)


def tell_absent(directory: object, database: str) -> None:
    """Warn that there is no folder of migrations, and that the database stays as it is."""
    _warn(f"there is no folder {directory} (from {Path.cwd()}), so nothing is applied to the database {database}")


def _warn(message: str) -> None:
    if message not in _said:
        _said.add(message)
        logging.getLogger("peewit").warning("%s", message)
