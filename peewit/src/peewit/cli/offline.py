"""The command that writes a script of migrations."""

from __future__ import annotations

from typing import Any

import click

from peewit.cli import output
from peewit.cli.commands import refusal
from peewit.cli.group import peewit
from peewit.cli.looking import NAMES
from peewit.cli.options import as_json, common, manager_with_files, migrations
from peewit.cli.terminal import ANSWER


@peewit.command(short_help="What is pending as a script for a DBA.")
@common
@as_json
@click.argument("target", required=False, shell_complete=migrations)
@click.option("--after", metavar="NAME", help="What follows this migration (or zero); the database is not asked.")
@click.option("--dialect", type=click.Choice([*NAMES]), help="SQL for this kind of database; else the configured one.")
def sql(target: str | None, after: str | None, dialect: str | None, wants_json: bool, **flags: Any) -> int:
    """Print what is pending, up to and including TARGET, as SQL that somebody else can run, with the history rows.

    It is written for the database as it is; with --after or another dialect from the files alone, for tables that are
    what the migrations say. The script stops by itself on a database it does not fit. What only Python can do, or needs
    a name only the database knows, is refused by name.

    \b
    peewit sql > pending.sql
    peewit sql 007 --after 004 > 005_to_007.sql
    peewit sql --after zero --dialect postgres > all.sql
    """
    from peewit.offline import script

    manager = manager_with_files(flags)
    found = script(manager, target, after=after, dialect=dialect)
    if wants_json:
        output.as_json("sql", **found._asdict())
    elif found.names:
        click.echo(found.text, nl=False, file=ANSWER.file)
        if after is None and (refused := refusal(manager)):
            click.echo(output.as_typed("peewit migrate would refuse this:"), err=True)
            for line in output.as_typed(refused).splitlines():
                click.echo(f"  {line}", err=True)
    else:
        click.echo("nothing to write: nothing is pending", err=True)
    return 0
