"""Whether applied migrations can be undone, as far as their texts say: known before the first of them is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from peewit.errors import IrreversibleError
from peewit.files.loader import Migration


class WayBack(NamedTuple):
    """The rollback that undoes one applied migration.

    ``command`` is what to type; empty where it cannot be done, because of what ``stuck`` says. ``too`` are the later
    migrations that it undoes as well.
    """

    command: str = ""
    too: tuple[str, ...] = ()
    stuck: str = ""

    @property
    def undoes_too(self) -> str:
        """``undoes 010_more too``, or nothing."""
        if not self.too:
            return ""
        shown = self.too if len(self.too) < 4 else (*self.too[:2], f"{len(self.too) - 2} more")
        return f"undoes {', '.join(shown[:-1])} and {shown[-1]} too" if shown[1:] else f"undoes {shown[0]} too"

    @property
    def told(self) -> str:
        """The command, with what else it undoes."""
        return f"{self.command} ({self.undoes_too})" if self.too else self.command


def command_before(name: str, applied: Sequence[str]) -> str:
    """The rollback that undoes a migration, and what was applied after it."""
    place = list(applied).index(name)
    if place == len(applied) - 1:
        return "peewit rollback"
    return f"peewit rollback {applied[place - 1] if place else 'zero'}"


def obstacle(migration: Migration) -> str:
    """Why a migration cannot be undone; empty where it can."""
    if migration.irreversible:
        return f"cannot be rolled back: {migration.irreversible}"
    if migration.foreign:
        return f"is written for {migration.foreign}, and peewit does not undo it"
    return "has no rollback function" if migration.rollback is None else ""


def refuse_one_way(migration: Migration, write_one: str = "") -> None:
    """IrreversibleError where a migration cannot be undone; ``write_one`` says how it gets a rollback function."""
    why = obstacle(migration)
    if not why:
        return
    hint = "undo by hand what it did, then remove it from the history: peewit rollback --fake"
    if write_one and not (migration.foreign or migration.irreversible):
        hint = f"{write_one}\nor only remove it from the history: peewit rollback --fake"
    raise IrreversibleError(f"migration {migration.name} {why}", hint=hint)
