"""The command of an editing loop: undo the newest migration, and do it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from peewit.cli import output
from peewit.cli.commands import answering, as_json, common, manager_with_files, peewit, read_answers, safety
from peewit.cli.running import running
from peewit.errors import AmbiguousRenameError
from peewit.manager import MigrationManager

if TYPE_CHECKING:
    from peewit.redoing import Rewritten


@peewit.command(short_help="Undo the newest migration and apply it again.")
@common
@safety
@as_json
@click.option("--anew", is_flag=True, help="Write its file anew from the models, in the place of the old one.")
@answering
@click.option("--shared", is_flag=True, help="With --anew: also where others may have the file already.")
def redo(
    anew: bool,
    renames: tuple[str, ...],
    no_rename: bool,
    fills: tuple[str, ...],
    shared: bool,
    wants_json: bool,
    **flags: Any,
) -> int:
    """Roll the newest migration back, and apply its file as it is now.

    What it added is dropped, with its values, and added anew. The file is read and tried before anything is undone.
    With --anew it is first written anew from the models, under its old name: for a migration that is still being
    worked on. That is refused where git's upstream knows the file.

    \b
    peewit redo
    peewit redo --anew
    peewit redo --anew --fill "person.email='unknown'"
    """
    from peewit.cli.questions import with_commands
    from peewit.redoing import redo_anew, write_anew

    manager = manager_with_files(flags)
    rewritten = None
    if anew:
        answers, fill = read_answers(renames, fills, no_rename=no_rename)
        try:
            rewritten = write_anew(manager, renames=answers, fill=fill, shared=shared)
        except AmbiguousRenameError as error:
            raise with_commands(error, manager, "", fill, "redo --anew") from None
        if not wants_json:
            _show_written(manager, rewritten)
    with running(manager, quiet=wants_json) as run:
        report = manager.redo(tell=run) if rewritten is None else redo_anew(manager, rewritten, tell=run)
    if wants_json:
        told = output.kept_and_lost(report, run.lost)
        output.as_json("redo", rolled_back=report.rolled_back, applied=report.applied, **told)
    return 0


def _show_written(manager: MigrationManager, rewritten: Rewritten) -> None:
    output.show_unread(manager.unread)
    if rewritten.path is None:
        click.echo(f"removed the file of {rewritten.name}: without it the migrations say what the models say")
        return
    click.echo(f"written anew: {output.shown_path(rewritten.path)}")
    output.show_docstring(rewritten.path.read_text(encoding="utf-8"))
