"""What to do where files and history no longer agree: the same words for errors, ``check`` and ``status``."""

from __future__ import annotations

import re
from pathlib import Path

from peewit.errors import quoted
from peewit.files.foreign import HISTORY_IS_READ
from peewit.run.replaying.way_back import WayBack
from peewit.schema import Schema

KEEP = "put it into the models too, peewit create NAME, and peewit migrate --fake"
"""What to do about a difference that is to stay."""


def of_drift(why: str = "no migration did that: the database was changed by something else") -> str:
    """The ways out of a difference between the database and the migrations."""
    return f"{why}\nto keep it: {KEEP}\nto undo it by hand: peewit diff has the SQL, where SQL alone can"


def of_marked(name: str) -> str:
    """The same, where it may have been there before a migration that was not run."""
    return of_drift(f"{name} was only marked as applied, never run: the database may have been like that before")


def of_forgotten(name: str) -> str:
    """The way out of a difference that a migration made which is in the history no longer."""
    return f"{name} was only removed from the history: to say that it is applied, peewit migrate {name} --fake"


def of_edited(name: str, back: WayBack) -> str:
    """The ways out of a file that was edited after it was applied; ``back`` is the way to undo it."""
    undoes = f"{back.undoes_too} and drops the tables and values they added" if back.too else ""
    undoes = undoes or "undoes what was applied and drops the tables and values it added"
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
    return f"to get its file back: {getting_back(path)}\n{undo}"


def of_foreign(name: str, tool: str) -> str:
    """The ways on from a pending file that another tool has to run."""
    fake = f"peewit migrate {name} --fake"
    if tool not in HISTORY_IS_READ:
        return f"apply it with {tool}, then mark it as applied: {fake}\nor keep the files of {tool} in another folder"
    return (
        f"apply it with {tool}, then take its history over: peewit adopt\n"
        f"on an empty database, where a later migration makes the same, mark it as applied: {fake}"
    )


def getting_back(path: object) -> str:
    """What to type for the newest text of a file that git knows, on whichever branch, and whoever has deleted it."""
    full, here = Path(str(path)), Path.cwd()
    file = quoted(full.relative_to(here) if full.is_relative_to(here) else full)
    return f'git checkout "$(git log --all -n 1 --diff-filter=AM --format=%h -- {file})" -- {file}'


IN_THE_FILE = "put default=… that is called for each row into its field in the file"
"""How rows get values that differ, where the file is not one that can be written anew."""


def of_nulls(field: str, *, new: bool) -> str:
    """How rows get a value where the file is not one that can be written anew: in it, by hand."""
    if new:
        return "put default=… into its field in the file"
    table, _, column = field.rpartition(".")
    return (
        f'give them one in the file, before that: migrator.sql("UPDATE {table} SET {column} = … '
        f'WHERE {column} IS NULL")\nor update the rows first'
    )


def of_nulls_back(name: str, path: object, *, new: bool, begun: bool) -> str:
    """How rows get a value for what comes back with a rollback; ``begun``: some of it is undone already."""
    if not new:
        return "update the rows first"
    then = "peewit rollback" if begun else f"peewit accept {name}, which takes the new text, and peewit rollback"
    return f"put default=… into its field in the rollback function of {path}\nthen: {then}"


def of_shared_index(message: str, schema: Schema) -> str:
    """What to do where an index cannot be made because another table has one of that name; empty where none has."""
    if "already exists" not in message:
        return ""
    tables: dict[str, list[str]] = {}
    for table in schema:
        for index in table.indexes:
            if index.name is not None:
                tables.setdefault(index.name, []).append(table.name)
    shared = ((name, found) for name, found in tables.items() if len(found) > 1)
    return "\n".join(
        f'an index called "{name}" is asked for on {" and ".join(found)}, and a database has a name once: '
        "give one of them another name"
        for name, found in shared
        if re.search(rf"\b{re.escape(name)}\b", message)
    )
