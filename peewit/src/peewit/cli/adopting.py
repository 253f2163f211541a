"""The commands that write the history and nothing else: adopt, accept."""

from __future__ import annotations

from typing import Any

import click

from peewit.cli import output
from peewit.cli.group import peewit
from peewit.cli.options import as_json, locking, manager_of, manager_with_files, migrations


@peewit.command(short_help="Take over an existing database.")
@locking
@as_json
@click.argument("name", default="initial")
@click.option("--no-verify", is_flag=True, help="Do not compare the database with files or models first.")
def adopt(name: str, no_verify: bool, wants_json: bool, **flags: Any) -> int:
    """Take over a database that another tool, or nobody, has kept the history of. Only the history is written.

    peewee-migrate's history is used as it is. Names in that of playhouse.migrations are carried over. Migrations
    the database has already are marked as applied; where there are none, NAME is written from the models.

    \b
    peewit adopt
    peewit adopt first_tables --models app.models
    """
    from peewit.moving import adopt as take_over

    found = take_over(manager_of(flags), name, verify=not no_verify)
    if wants_json:
        output.as_json("adopt", **{**found._asdict(), "created": None if found.created is None else str(found.created)})
    else:
        output.show_adopted(found)
    return 0


@peewit.command(short_help="Take the new text of an edited file.")
@locking
@as_json
@click.argument("name", shell_complete=migrations)
def accept(name: str, wants_json: bool, **flags: Any) -> int:
    """Take the new text of a migration that was edited after it was applied as the one that was applied.

    For a database that is what the new text says already: it is compared first, and nothing is run.

    \b
    peewit accept 003_add_email
    """
    from peewit.telling import is_as_applied

    manager = manager_with_files(flags)
    changed = not is_as_applied(manager, name)
    accepted = manager.accept(name)
    if wants_json:
        output.as_json("accept", name=accepted, changed=changed)
    elif changed:
        click.echo(f"accepted {accepted}")
    else:
        click.echo(f"nothing to accept: the file of {accepted} is as it was applied")
    return 0
