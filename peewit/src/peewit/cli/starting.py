"""The command that writes a project's first settings."""

from __future__ import annotations

from pathlib import Path

import click

from peewit.cli import output
from peewit.cli.commands import as_json, peewit
from peewit.cli.settings import Settings
from peewit.cli.terminal import volume
from peewit.errors import PeewitError
from peewit.manager import MigrationManager
from peewit.moving import adoptable


@peewit.command(short_help="Write [tool.peewit] for this project.")
@click.option("--database", metavar="URL|MODULE:NAME", help="The database, where it is not to be looked for.")
@click.option("--models", multiple=True, metavar="MODULE", help="A module or package with models (repeatable).")
@click.option("--directory", metavar="PATH", help="The folder of the migrations.")
@as_json
@volume
def init(database: str | None, models: tuple[str, ...], directory: str | None, wants_json: bool) -> int:
    """Find the database and the models of the project in this folder, and write [tool.peewit] to its pyproject.toml.

    Settings that are there already are never changed. What was found is imported once, so that it is known to work.

    \b
    peewit init
    peewit init --database app.db:database --models app.models
    """
    from peewit.starting import propose, refuse_written, write_settings

    folder = Path.cwd()
    refuse_written(folder)
    found = propose(folder, database=database, models=models, directory=directory)
    manager = Settings(database=found.database, models=found.models, directory=found.directory).manager()
    tables = [str(model._meta.table_name) for model in manager.discover().models]
    path = write_settings(folder, found)
    next_, why = _next(manager)
    if wants_json:
        output.as_json("init", path=str(path), **found._asdict(), tables=tables, next=next_)
        return 0
    files = len(manager.folder.names())
    click.echo(f"database    {found.database}  ({manager.target.name})")
    click.echo(f"models      {', '.join(found.models)}  ({len(tables)}: {', '.join(tables)})")
    click.echo(f"migrations  {found.directory}  ({files or 'none yet'})")
    click.echo(f"wrote [tool.peewit] to {output.shown_path(path)}")
    click.echo(output.as_typed(f"next: {next_}{why}"))
    return 0


def _next(manager: MigrationManager) -> tuple[str, str]:
    """What to type, and why."""
    try:
        if adoptable(manager):
            return "peewit adopt", ", which takes over the tables that are there"
    except PeewitError as error:
        later = f"when the database can be opened: {error.message}"
        if manager.folder.names():
            return "peewit status", f", {later}"
        return "peewit create initial", f", then peewit migrate, {later}"
    if manager.folder.names():
        return "peewit status", ", which compares the files with the database"
    return "peewit create initial", ", then peewit migrate"
