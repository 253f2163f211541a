"""The short way to ``peewit status``: of a SQLite file, with the standard library and without Peewee.

Most of a status is the time its imports take. Here only what is plain is answered, from the same settings and in the
same words; where anything is out of the ordinary, the whole command is asked instead, before a word is printed.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from sqlite3 import Connection
    from typing import Any

_FLAGS = ("database", "directory", "history-table")
"""The options that are understood here; with any other one, the whole command is asked."""

_PLAIN = {"database", "directory", "models", "ignore", "history_table", "lock_timeout", "backup"}
"""The settings a status does not look at, or that are understood here."""


class _OutOfTheOrdinaryError(Exception):
    """The whole command knows what to do here."""


def status(argv: Sequence[str]) -> int | None:
    """Print a status; None where the whole command has to be asked, and nothing is printed yet."""
    from peewit.cli.words import fitted

    try:
        flags = _flags(argv)
        if flags is None:
            return None
        text = "".join(f"{part}\n" for line in _lines(flags) for part in fitted(line))
        if "\x1b" in text:
            return None
        text.encode(sys.stdout.encoding)
        sys.stdout.write(text)
        sys.stdout.flush()
    except Exception:  # noqa: BLE001 - whatever it was, the whole command comes upon it again, and tells it
        return None
    return 0


def _flags(argv: Sequence[str]) -> dict[str, str] | None:
    """The options of a status that are given; None where there is anything else."""
    if not argv or argv[0] != "status":
        return None
    flags, rest = {}, list(argv[1:])
    while rest:
        name, given, value = rest.pop(0).partition("=")
        if name.removeprefix("--") not in _FLAGS or not name.startswith("--") or not (given or rest):
            return None
        flags[name[2:].replace("-", "_")] = value if given else rest.pop(0)
    return flags


def _lines(flags: dict[str, str]) -> Iterator[str]:
    from sqlite3 import sqlite_version

    from peewit.cli.settings import conf_of, read_settings
    from peewit.cli.words import elsewhere, place_of, says_of_itself, status_lines, unmade
    from peewit.files.names import scan
    from peewit.run.records.standing import compared

    if os.path.isfile(conf_of(os.getcwd(), flags.get("directory"))):
        raise _OutOfTheOrdinaryError  # it is a program, which is not to run twice
    settings = read_settings(flags)
    path, directory = _file(settings.database), settings.directory
    if set(settings.given) - _PLAIN or ":" in directory or not os.path.isdir(directory):
        raise _OutOfTheOrdinaryError
    names = scan(directory)
    rows = _history(path, settings.history_table, directory, names) if os.path.exists(path) else []
    pending, missing, out_of_order = compared(names, [name for name, *_ in rows])
    if any(_trouble(directory, name) for name in pending):
        raise _OutOfTheOrdinaryError
    yield from status_lines(
        rows,
        pending,
        missing,
        (),
        out_of_order,
        place=place_of(os.path.abspath(path), f"SQLite {sqlite_version}", unmade(path)),
        says=lambda name: says_of_itself(_read(directory, name).decode()),
        instead=elsewhere(path) if pending else (),
    )


def _file(database: Any) -> str:
    """The path of a SQLite file, as Peewee would understand it without a parser for URLs."""
    url = database if isinstance(database, str) else ""
    path = url.removeprefix("sqlite:///")
    if path in (url, "", ":memory:") or "?" in path or "%" in path:
        raise _OutOfTheOrdinaryError
    if not os.access(os.path.dirname(path) or ".", os.W_OK):
        raise _OutOfTheOrdinaryError  # SQLite may not make the files it needs beside it
    return path


def _trouble(directory: str, name: str) -> str:
    from peewit.files.trouble import trouble

    return trouble(name, _read(directory, name))


def _read(directory: str, name: str) -> bytes:
    with open(os.path.join(directory, f"{name}.py"), "rb") as file:
        return file.read()


def _history(path: str, table: str, directory: str, names: Sequence[str]) -> list[tuple[str, Any, float | None, str]]:
    """What was applied, when, how long, by whom: where nobody migrates, no run has failed, no file was edited."""
    from sqlite3 import connect

    from peewit.run.records.standing import BEGUN, newest, once, still_failed

    if os.path.exists(f"{os.path.realpath(path)}-migrating"):
        raise _OutOfTheOrdinaryError  # somebody may migrate at this moment
    connection = connect(path, timeout=0)
    try:
        rows = once(_select(connection, "name, migrated_at", table))
        journal = _select(connection, "name, action, source, seconds, who", f"{table}_journal")
        adoptable = not rows and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
    finally:
        connection.close()
    if adoptable or any(action.startswith(BEGUN) for _, action, *_ in journal) or still_failed(journal):
        raise _OutOfTheOrdinaryError
    entries, there = newest(journal), set(names)
    for name, _ in rows:
        if name in entries and name in there and _read(directory, name) != entries[name][2]:
            raise _OutOfTheOrdinaryError  # edited, or only formatted
    return [(name, at, *(entries[name][3:] if name in entries else (None, ""))) for name, at in rows]


def _select(connection: Connection, columns: str, table: str) -> list[Any]:
    """The rows of one of our tables, oldest first; none where there is no such table."""
    quoted = table.replace('"', '""')
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE lower(name) = lower(?)", (table,)).fetchone()
    return connection.execute(f'SELECT {columns} FROM "{quoted}" ORDER BY id').fetchall() if there else []
