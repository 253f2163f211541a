"""Migration 007_name_sessions_after_command.

- sessions that have no display name get the start of their command line, as new sessions do
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator

LENGTH = 60


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Name the sessions that have no name."""
    migrator.run(name_sessions, migrator)


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Take back the names that were given, and leave those that people gave."""
    migrator.run(unname_sessions, migrator)


def name_sessions(migrator: Migrator) -> None:
    """Give every unnamed session the name its command line makes."""
    session = migrator.orm["session"]
    unnamed = session.select(session.id, session.command_line).where(session.display_name.is_null())
    for number, command_line in list(unnamed.tuples()):
        session.update(display_name=name_of(command_line)).where(session.id == number).execute()


def unname_sessions(migrator: Migrator) -> None:
    """Remove the name of every session that is called what its command line makes."""
    session = migrator.orm["session"]
    named = session.select(session.id, session.command_line, session.display_name).where(
        session.display_name.is_null(False)
    )
    for number, command_line, name in list(named.tuples()):
        if name == name_of(command_line):
            session.update(display_name=None).where(session.id == number).execute()


def name_of(command_line: str) -> str | None:
    """The first characters of a command line, on one line; None where there are none."""
    return " ".join(command_line.split())[:LENGTH] or None
