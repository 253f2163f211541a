"""The command that goes back to a copy of a SQLite file."""

from __future__ import annotations

from typing import Any

import click

from peewit.cli import output
from peewit.cli.group import peewit
from peewit.cli.options import as_json, locking, manager_of


def copies(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The copies of the project's database, by migration and by name, for a shell that completes what is typed."""
    from peewit import restoring

    try:
        found = restoring.copies(manager_of(context.params))
    except Exception:  # noqa: BLE001 - a shell that completes a word shows no error: the command itself will
        return []
    words = [copy.before for copy in found if " " not in copy.before] + [copy.path.name for copy in found]
    return [word for word in dict.fromkeys(words) if word.startswith(incomplete)]


@peewit.command(short_help="Go back to a copy of the file.")
@locking
@as_json
@click.argument("copy", required=False, shell_complete=copies)
def restore(copy: str | None, wants_json: bool, **flags: Any) -> int:
    """Make a SQLite database what it was before a migration or a rollback; without COPY, list the copies.

    COPY is a copy's path or name, or the migration it was made before: a name, its beginning, or its number. What the
    database is until then is copied beside it first. Programs that have it open see the change as one transaction.

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
