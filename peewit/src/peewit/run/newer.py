"""A database that has more than the application knows: said once, or refused."""

from __future__ import annotations

import logging

from peewit.errors import NewerDatabaseError

_said: set[tuple[str, tuple[str, ...]]] = set()
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
    if (database, names) not in _said:
        _said.add((database, names))
        logging.getLogger("peewit").warning("%s", message)
