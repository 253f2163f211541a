"""What to do where files and history no longer agree: the same words for errors, ``check`` and ``status``."""

from __future__ import annotations

import re

from peewit.run.way_back import WayBack

_ANEW = re.compile(r"^give them one: peewit redo --anew --fill (\S+)=EXPR\b.*\n", re.MULTILINE)
"""The line of a hint that says to write the newest file anew, with a value for rows that have none."""

_ROWS = "update the rows first"
"""What a hint says where a column is there, and has nulls."""


def of_edited(name: str, back: WayBack) -> str:
    """The ways out of a file that was edited after it was applied; ``back`` is the way to undo it."""
    undoes = f"{back.undoes_too} and drops the values they added" if back.too else ""
    undoes = undoes or "undoes what was applied and drops the values it added"
    anew = (
        f"to apply the new text: {back.command}, which {undoes}, then peewit migrate"
        if back.command
        else f"the new text cannot be applied: {back.stuck}"
    )
    return (
        "to keep what was applied: put its text back\n"
        f"{anew}\n"
        f"where the database is what the new text says already: peewit accept {name}"
    )


def of_gone(back: WayBack, path: object) -> str:
    """The ways out of an applied migration whose file is gone; ``back`` is the way to undo it."""
    undo = (
        f"or undo it, with the values it added: {back.told}" if back.command else f"it cannot be undone: {back.stuck}"
    )
    return f"get {path} back: git log --all -- {path} finds it\n{undo}"


def field_to_fill(hint: str) -> str | None:
    """The field a hint says to give a value to, by writing its file anew; None where it does not."""
    found = _ANEW.search(hint)
    return None if found is None else found[1]


def of_nulls(hint: str, field: str) -> str:
    """How rows get a value where the file is not one that can be written anew: in it, by hand."""
    if _ROWS not in hint:
        return "put default=… into its field in the file"
    table, _, column = field.rpartition(".")
    return (
        f'give them one in the file, before that: migrator.sql("UPDATE {table} SET {column} = … '
        f'WHERE {column} IS NULL")\nor {_ROWS}'
    )


def of_nulls_back(hint: str, name: str, path: object, *, begun: bool) -> str:
    """How rows get a value for what comes back with a rollback; ``begun``: some of it is undone already."""
    if _ROWS in hint:
        return _ROWS
    then = "peewit rollback" if begun else f"peewit accept {name}, which takes the new text, and peewit rollback"
    return f"put default=… into its field in the rollback function of {path}\nthen: {then}"
