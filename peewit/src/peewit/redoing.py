"""The editing loop: a migration that nobody else has yet is written anew, and takes the place of the old one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from peewit.errors import AmbiguousRenameError, ConfigError, EditedMigrationError, IrreversibleError, UnknownTargetError
from peewit.manager import MigrationManager, Tell
from peewit.reports import Report
from peewit.run.replaying.way_back import obstacle


class Rewritten(NamedTuple):
    """A migration whose file was written anew; ``path`` is None where the models need none any more."""

    name: str
    path: Path | None
    applied: bool


class Newest(NamedTuple):
    """The migration that is written anew."""

    name: str
    applied: bool


def to_write_anew(manager: MigrationManager, *, shared: bool = False) -> Newest:
    """The newest migration, whose file may be written anew; PeewitError where that would be refused.

    What others may have already is refused, unless it is told to be ``shared``: they would have to roll it back too.
    """
    names = manager.folder.names()
    if not names:
        raise UnknownTargetError("there is no migration to write anew", hint="peewit create NAME")
    name, applied = names[-1], manager.ledger.applied()
    if name in applied:
        _refuse_buried(manager, name, applied)
    if not shared and _is_elsewhere(manager.folder.file(name)):
        raise EditedMigrationError(
            f"migration {name} is known to a git remote: others may have applied it",
            hint="write another migration on top: peewit create NAME; or, if nobody has it, --shared",
        )
    return Newest(name, name in applied)


def write_anew(
    manager: MigrationManager,
    newest: Newest,
    *,
    renames: Mapping[str, str] | None = None,
    fill: Mapping[str, str] | None = None,
) -> Rewritten:
    """Write the newest migration's file anew from the models; the database is not touched.

    The answers are those of ``create``; where no rename is told, those that stand in the old file still hold, and so
    do its values for rows that exist, where no other is told. Where the new file cannot be written, the old one stays.
    """
    name, path = newest.name, manager.folder.file(newest.name)
    renames = _answers(manager, name) if renames is None else renames
    fill = manager.authoring.fills_in(name, renames) | dict(fill or {})
    with manager.folder.without(name):
        _refuse_another_number(name, manager.folder.new_name(name))
        made = manager.create(name, renames=renames, fill=fill)
    if made is None:
        path.unlink()
    return Rewritten(name, made, newest.applied)


def redo_anew(manager: MigrationManager, rewritten: Rewritten, *, tell: Tell | None = None) -> Report:
    """Undo what was applied of a migration that was written anew, and apply what it is now."""
    if not rewritten.applied:
        return Report() if rewritten.path is None else manager.migrate(rewritten.name, tell=tell)
    return manager.rollback(tell=tell) if rewritten.path is None else manager.redo(tell=tell)


def _answers(manager: MigrationManager, name: str) -> Mapping[str, str] | None:
    """What was renamed, where that is asked, as the file says it; None where it says nothing of that."""
    with manager.folder.without(name):
        try:
            manager.changes()
        except AmbiguousRenameError:
            pass
        else:
            return None
    return manager.authoring.renames_in(name)


def _refuse_buried(manager: MigrationManager, name: str, applied: list[str]) -> None:
    """What was applied is undone by the journal's copy of it, and only the newest can be."""
    with manager.target.connected():
        edited = manager.ledger.edited(manager.folder.names(), applied)
        if applied[-1] != name:
            back = manager.ledger.way_back(applied[applied.index(name) + 1], applied, edited)
            raise UnknownTargetError(
                f"migration {name} has the highest number, and {applied[-1]} was applied after it",
                hint=f"undo that first: {back.told}" if back.command else f"that cannot be undone: {back.stuck}",
            )
        if name not in manager.ledger.journal().entries():
            raise UnknownTargetError(
                f"migration {name} was applied by another tool, and there is no copy of what it did",
                hint="roll it back first, with its file as it is: peewit rollback; then peewit redo --anew",
            )
        why = obstacle(manager.ledger.migration(name, [name]))
    if why:
        raise IrreversibleError(
            f"migration {name}, as it was applied, {why}",
            hint="peewit rollback says what can be done; after that, peewit redo --anew",
        )


def _refuse_another_number(name: str, now: str) -> None:
    if name != now:
        raise ConfigError(
            f"migration {name} would be called {now} when it is written anew", hint="give its file that name first"
        )


def _is_elsewhere(path: Path) -> bool:
    """Whether a branch of a git remote, as it was last heard of, has the file or had it."""
    try:
        found = subprocess.run(
            ["git", "log", "--remotes", "-1", "--format=%h", "--", path.name],
            cwd=path.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:  # there is no git here
        return False
    return bool(found.stdout.strip())
