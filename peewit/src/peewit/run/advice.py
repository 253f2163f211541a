"""What to do where files and history no longer agree: the same words for errors, ``check`` and ``status``."""

from __future__ import annotations

from collections.abc import Sequence


def of_edited(name: str, applied: Sequence[str]) -> str:
    """The ways out of a file that was edited after it was applied. ``applied``: the history, oldest first."""
    return (
        "to keep what was applied: put its text back\n"
        f"to apply the new text: {back_before(name, applied)}, which undoes what was applied and drops the values "
        "it added, then peewit migrate\n"
        f"where the database is what the new text says already: peewit accept {name}"
    )


def of_gone(name: str, applied: Sequence[str], path: object) -> str:
    """The ways out of an applied migration whose file is gone."""
    return (
        f"get {path} back: git log --all -- {path} finds it\n"
        f"or undo it, with the values it added: {back_before(name, applied)}"
    )


def back_before(name: str, applied: Sequence[str]) -> str:
    """The rollback that undoes a migration, and what was applied after it."""
    place = list(applied).index(name)
    if place == len(applied) - 1:
        return "peewit rollback"
    return f"peewit rollback {applied[place - 1] if place else 'zero'}"
