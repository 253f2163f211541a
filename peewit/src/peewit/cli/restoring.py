"""The command that goes back to a copy of a SQLite file."""

from __future__ import annotations

from typing import Any

import click

from peewit.cli import output
from peewit.cli.commands import as_json, common, manager_of, peewit


@peewit.command(short_help="Go back to a copy of the file.")
@common
@as_json
@click.argument("copy", required=False)
def restore(copy: str | None, wants_json: bool, **flags: Any) -> int:
    """Make a SQLite database what it was before a migration or a rollback; without COPY, list the copies.

    COPY is a copy's path or name, or the migration it was made before. What the database is until then is copied
    beside it first. Programs that have it open see the change as one transaction.

    \b
    peewit restore
    peewit restore 003_drop_plan
    """
    from peewit import restoring

    manager = manager_of(flags)
    if copy is None:
        found = restoring.copies(manager)
        if wants_json:
            listed = [{**entry._asdict(), "path": str(entry.path)} for entry in found]
            output.as_json("copies", copies=listed)
        else:
            output.show_copies(found, manager.target.name)
        return 0
    restored = restoring.restore(manager, copy)
    if wants_json:
        former = None if restored.former is None else str(restored.former)
        output.as_json("restore", **{**restored._asdict(), "copy": str(restored.copy), "former": former})
    else:
        output.show_restored(restored, manager.target.name)
    return 0
