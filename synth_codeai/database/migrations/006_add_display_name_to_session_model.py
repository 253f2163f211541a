"""Migration 006_add_display_name_to_session_model.

- add column "display_name" to "session"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Add column "display_name" to "session"."""
    migrator.add_fields("session", display_name=pw.CharField(max_length=255, null=True))


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.remove_fields("session", "display_name")
