"""Before a run destroys rows or values: on a terminal it is asked whether that is meant, elsewhere it goes on.

So it is before a rollback after a migration that failed and left nothing: it would undo the one before that.
Only what was never applied here, and would be undone all the same, is refused where nobody can be asked.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from peewit.cli import output
from peewit.cli.stopping import asking
from peewit.cli.terminal import may_ask
from peewit.errors import UNCHANGED, AnswerNeededError
from peewit.manager import MigrationManager

if TYPE_CHECKING:
    from peewit.beforehand import Foreseen
    from peewit.reports import Failed


def to_roll_back(
    manager: MigrationManager, target: str | None, count: int | None, *, yes: bool, quiet: bool
) -> Foreseen | None:
    """What a rollback is agreed to do; None where that was not looked at."""
    if yes:
        return None
    from peewit import beforehand

    manager.refuse_to_roll_back(target, count)
    if not (_asks(quiet=quiet) or beforehand.others_of(manager, target, count)):
        return None
    foreseen = beforehand.of_rollback(manager, target, count)
    failed = manager.status().failed if target is None else ()  # with a target it is said what is to be the newest
    words = ["rollback", *([target] if target else []), *([f"--count {count}"] if count else [])]
    _agree(manager, foreseen, " ".join(words), "nothing was undone", quiet=quiet, failed=failed)
    return foreseen


def to_redo(manager: MigrationManager, *, yes: bool, quiet: bool) -> Foreseen:
    """What a redo is agreed to do; which migration it is about is said in every case."""
    from peewit import beforehand

    manager.refuse_to_roll_back()
    name, pending = beforehand.to_redo(manager)
    looks = not yes and (_asks(quiet=quiet) or beforehand.others_of(manager))
    foreseen = beforehand.of_redo(manager) if looks else beforehand.Foreseen((name,))
    failed = () if yes else manager.status().failed
    if failed and not _asks(quiet=quiet):
        raise _failed_before(failed, name)
    come, stay = ("comes", "stays") if len(pending) == 1 else ("come", "stay")
    stays = f"; {', '.join(pending)}, which {come} after it, {stay} pending" if pending else ""
    first = f"redoing {name}{stays}"
    _agree(manager, foreseen, "redo", "nothing was undone", quiet=quiet, first=first, failed=failed)
    return foreseen


def to_redo_anew(manager: MigrationManager, name: str, *, yes: bool, quiet: bool) -> Foreseen:
    """What a redo is agreed to undo of an applied migration whose file is written anew after that."""
    from peewit import beforehand

    looks = not yes and (_asks(quiet=quiet) or beforehand.others_of(manager))
    foreseen = beforehand.of_rollback(manager) if looks else beforehand.Foreseen((name,))
    _agree(manager, foreseen, "redo --anew", "nothing was undone", quiet=quiet, first=f"redoing {name}")
    return foreseen


def to_migrate(manager: MigrationManager, target: str | None, *, yes: bool, quiet: bool) -> Foreseen | None:
    """What a migrate is agreed to do: asked where no copy of the database is made before something goes."""
    copied = manager.backup and manager.target.path is not None
    if yes or copied or not _asks(quiet=quiet):
        return None
    from peewit import beforehand

    foreseen = beforehand.of_migrate(manager, target)
    _agree(manager, foreseen, "migrate", "nothing was applied", quiet=quiet)
    return foreseen if foreseen.losses else None


def _asks(*, quiet: bool) -> bool:
    """Whether a question may be asked; ``quiet`` where JSON is printed."""
    return may_ask() and not quiet


def _agree(
    manager: MigrationManager,
    foreseen: Foreseen,
    command: str,
    nothing: str,
    *,
    quiet: bool,
    first: str = "",
    failed: Sequence[Failed] = (),
) -> None:
    """Ask, where something would be destroyed; Exit, or AnswerNeededError, where it is not to go on.

    It is asked, too, where something ``failed`` may be meant of which there is nothing to undo.
    """
    if foreseen.others and not _asks(quiet=quiet):
        raise _unanswered(foreseen, command)
    if first and not quiet:
        click.echo(first)
    if not ((foreseen.losses or failed) and _asks(quiet=quiet)):
        return
    for run in failed:
        click.echo(f"{run.name} {run.how}: there is nothing of it to roll back")
    if failed:
        click.echo(f"what this undoes was applied before: {', '.join(foreseen.names)}")
    if foreseen.losses:
        _show(manager, foreseen)
    flag = "--yes" if "MAKELEVEL" not in os.environ else output.as_typed(f"peewit {command.split(maxsplit=1)[0]} --yes")
    with asking(nothing):
        agreed = click.confirm("go on?" + click.style(f" (not asked with {flag})", dim=True), default=False)
    if not agreed:
        click.echo(nothing)
        raise click.exceptions.Exit(1)


def _show(manager: MigrationManager, foreseen: Foreseen) -> None:
    click.echo(click.style(f"in {manager.target.name} this destroys", fg="red"))
    for loss in foreseen.losses:
        click.echo(f"  {output.loss_line(loss)}")
    for name, why in foreseen.others.items():
        click.echo(f"  {name} {why}")
    if foreseen.others:
        for line in _only_the_history(foreseen):
            click.echo(f"    {output.as_typed(line)}")
    if foreseen.untold:
        click.echo(f"  what comes after that is not known: {foreseen.untold}")


def _only_the_history(foreseen: Foreseen) -> list[str]:
    """How the tables stay that a migration would drop which are not its own."""
    first = next(iter(foreseen.others))
    later = foreseen.names.index(first) > 0
    return [
        *([f"to undo only what was applied after it: peewit rollback {first}"] if later else []),
        f"to only remove its row from the history{', after that' if later else ''}: peewit rollback --fake",
    ]


def _failed_before(failed: Sequence[Failed], name: str) -> AnswerNeededError:
    """What was tried last left nothing: a redo would be one of something else."""
    run = failed[-1]
    return AnswerNeededError(
        f"{run.name} {run.how}: there is nothing of it to redo",
        state=UNCHANGED,
        hint=f"to try it again: peewit migrate\nto redo {name}, which was applied before it: peewit redo --yes",
    )


def _unanswered(foreseen: Foreseen, command: str) -> AnswerNeededError:
    lines = [output.loss_line(loss) for loss in foreseen.losses if loss.name in foreseen.others]
    name, why = next(iter(foreseen.others.items()))
    return AnswerNeededError(
        f"migration {name} {why}; a rollback destroys what is in them:\n" + "\n".join(f"  {line}" for line in lines),
        state=UNCHANGED,
        hint="\n".join([*_only_the_history(foreseen), f"to destroy that: peewit {command} --yes"]),
    )
