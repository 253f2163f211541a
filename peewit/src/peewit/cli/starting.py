"""The command that writes a project's first settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from peewit.cli import output
from peewit.cli.group import peewit
from peewit.cli.options import as_json
from peewit.cli.settings import OF_CONF, Settings
from peewit.cli.terminal import volume
from peewit.errors import PeewitError
from peewit.manager import MigrationManager
from peewit.moving import adoptable
from peewit.starting import names_given


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
    for line in _unused(folder / found.directory / "conf.py"):
        click.echo(line)
    click.echo(output.as_typed(f"next: {next_}{why}"))
    return 0


def _unused(conf: Path) -> Iterator[str]:
    """What becomes of peewee-migrate's own settings, which count only where a project has none of ours."""
    if not conf.is_file():
        return
    yield f"{output.shown_path(conf)} is not read any more: [tool.peewit] counts in its place"
    said = [name for name in names_given(conf) if name in OF_CONF and name != "DATABASE"]
    if said:
        ours = ", ".join(f"{OF_CONF[name].replace('_', '-')} ({name} there)" for name in said)
        yield f"  put into it what that says of: {ours}"


def _next(manager: MigrationManager) -> tuple[str, str]:
    """What to type, and why."""
    try:
        if adoptable(manager):
            return "peewit adopt", ", which takes over the tables that are there"
    except PeewitError as error:
        later = f"when the database can be opened: {error.message}"
        if manager.folder.names():
            return "peewit check", f", {later}"
        return "peewit create initial", f", then peewit migrate, {later}"
    if manager.folder.names():
        return "peewit check", ", which compares models, files and database"
    return "peewit create initial", ", then peewit migrate"
