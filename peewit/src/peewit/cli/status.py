"""The command that tells where the database stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from peewit.cli import output, words
from peewit.cli.commands import unmade
from peewit.cli.group import peewit
from peewit.cli.options import as_json, common, manager_of
from peewit.cli.terminal import VOLUME
from peewit.files.trouble import trouble
from peewit.manager import MigrationManager
from peewit.reports import Status


@peewit.command(short_help="What is applied, and what is pending.")
@common
@as_json
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something is pending.")
def status(wants_json: bool, exit_code: bool, **flags: Any) -> int:
    """Show what is applied and what is pending, and what the pending migrations say of themselves.

    With -v, what they do, which takes longer to find out. Nothing is written. `peewit plan` tells what they would do to
    this database.

    \b
    peewit status
    peewit status --exit-code || peewit migrate
    """
    manager = manager_of(flags)
    found = manager.status()
    absent = _absent(manager, found)
    says = _does(manager, found) if VOLUME.verbose else partial(_says, manager)
    notes = dict(_notes(manager, found))
    if wants_json:
        output.as_json(
            "status",
            applied=[entry._asdict() for entry in found.applied],
            pending=found.pending,
            says={name: says(name) for name in found.pending},
            notes=notes,
            missing=found.missing,
            edited=found.edited,
            out_of_order=found.out_of_order,
            interrupted=[run._asdict() for run in found.interrupted],
            failed=[run._asdict() for run in found.failed],
            migrator=found.migrator,
            up_to_date=found.up_to_date,
            database=found.database,
            server=found.server,
        )
    else:
        lines = words.status_lines(
            found.applied,
            found.pending,
            found.missing,
            found.edited,
            found.out_of_order,
            found.interrupted,
            found.failed,
            found.migrator,
            place=words.place_of(found.database, found.server, unmade(manager)),
            says=says,
            verbose=VOLUME.verbose,
            notes=notes,
            absent=absent,
            instead=_instead(manager, found),
        )
        output.show_lines(list(lines))
    return int(exit_code and not found.up_to_date)


def _absent(manager: MigrationManager, found: Status) -> str:
    """The folder that is not there yet; ConfigError where something was applied from it."""
    if manager.folder.is_there():
        return ""
    if found.applied:
        manager.folder.refuse_absent([entry.name for entry in found.applied])
    return output.shown_path(manager.folder.path)


def _instead(manager: MigrationManager, found: Status) -> Sequence[str]:
    """What to type where something else comes first than to migrate."""
    from peewit.moving import adoptable

    if not found.applied and adoptable(manager):
        return words.ADOPT
    path = manager.target.path
    return words.elsewhere(path) if found.pending and path is not None else ()


def _does(manager: MigrationManager, status: Status) -> Callable[[str], Sequence[str]]:
    """What the pending migrations do, found out by replaying them."""
    from peewit.telling import doing

    found = doing(manager, status)
    return lambda name: found.get(name, ())


def _says(manager: MigrationManager, name: str) -> Sequence[str]:
    """What a pending migration's file says of itself; one that is half done may have none any more."""
    folder = manager.folder
    return words.says_of_itself(folder.read(name).decode(errors="replace")) if folder.has(name) else []


def _notes(manager: MigrationManager, found: Status) -> Sequence[tuple[str, str]]:
    """What is the matter with the files of pending migrations, where something is."""
    noted = ((name, trouble(name, manager.folder.read(name))) for name in found.pending if manager.folder.has(name))
    return [(name, trouble) for name, trouble in noted if trouble]
