"""Migration 003_add_status_to_session_model.

- add column "status" to "session"
- add an index on "status" to "session"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Make the changes."""
    migrator.add_fields(
        "session", status=pw.CharField(max_length=20, index=True, default="pending")
    )


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.drop_index("session", "status")
    migrator.remove_fields("session", "status")
