"""The command of an editing loop: undo the newest migration, and do it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from peewit.cli import output
from peewit.cli.group import peewit
from peewit.cli.options import answering, applying, as_json, manager_with_files, read_answers, safety, yes_option
from peewit.cli.running import running
from peewit.cli.terminal import may_ask
from peewit.errors import AmbiguousRenameError
from peewit.manager import MigrationManager
from peewit.reports import Losing, Report

if TYPE_CHECKING:
    from peewit.diff.answers import Answers
    from peewit.redoing import Rewritten


@peewit.command(short_help="Undo the newest migration and apply it again.")
@applying
@safety
@as_json
@click.option("--anew", is_flag=True, help="Write its file anew from the models, in the place of the old one.")
@answering
@click.option("--shared", is_flag=True, help="With --anew: also where others may have the file already.")
@yes_option
def redo(
    anew: bool,
    renames: tuple[str, ...],
    no_rename: bool,
    fills: tuple[str, ...],
    shared: bool,
    yes: bool,
    wants_json: bool,
    **flags: Any,
) -> int:
    """Roll the newest migration back, and apply its file as it is now.

    What it added is dropped, with its values, and added anew: on a terminal it is asked first, where there are any. The
    file is read and tried before anything is undone.

    With --anew it is first written anew from the models, under its old name: for a migration that is still being
    worked on. That is refused where git's upstream knows the file.

    \b
    peewit redo
    peewit redo --anew
    peewit redo --anew --fill "person.email='unknown'"
    """
    from peewit.cli import consent

    manager = manager_with_files(flags)
    if anew:
        answers = read_answers(renames, fills, no_rename=no_rename)
        report, lost = _redo_anew(manager, answers, shared=shared, yes=yes, quiet=wants_json)
    else:
        foreseen = consent.to_redo(manager, yes=yes, quiet=wants_json)
        with running(manager, quiet=wants_json, foreseen=foreseen) as run:
            report, lost = manager.redo(tell=run), run.lost
    if wants_json:
        told = output.kept_and_lost(report, lost)
        output.as_json("redo", rolled_back=report.rolled_back, applied=report.applied, **told)
    return 0


def _redo_anew(
    manager: MigrationManager,
    answers: Answers,
    *,
    shared: bool,
    yes: bool,
    quiet: bool,
) -> tuple[Report, Sequence[Losing]]:
    """The report, and what was destroyed. All is asked before the file is touched."""
    from peewit.cli import consent, questions
    from peewit.redoing import redo_anew, to_write_anew, write_anew

    newest = to_write_anew(manager, shared=shared)
    foreseen = consent.to_redo_anew(manager, newest.name, yes=yes, quiet=quiet) if newest.applied else None
    try:
        with manager.folder.without(newest.name):
            if may_ask() and not quiet:
                agreed = foreseen is not None and bool(foreseen.losses)
                answers = questions.answered(manager, "", answers, sure=yes, agreed=agreed, verb="redo --anew")
            else:
                questions.refuse_half_told(manager, answers)
        rewritten = write_anew(manager, newest, renames=answers.renames, fill=answers.fill)
    except AmbiguousRenameError as error:
        with manager.folder.without(newest.name):
            raise questions.with_commands(error, manager, "", answers, "redo --anew") from None
    if not quiet:
        _show_written(manager, rewritten)
    with running(manager, quiet=quiet, foreseen=foreseen) as run:
        return redo_anew(manager, rewritten, tell=run), run.lost


def _show_written(manager: MigrationManager, rewritten: Rewritten) -> None:
    output.show_unread(manager.unread)
    if rewritten.path is None:
        click.echo(f"removed the file of {rewritten.name}: without it the migrations say what the models say")
        return
    click.echo(f"written anew: {output.shown_path(rewritten.path)}")
    output.show_docstring(rewritten.path.read_text(encoding="utf-8"))
