"""Migration 004_add_plan_to_session_model.

- add column "plan" to "session"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Add column "plan" to "session"."""
    migrator.add_fields("session", plan=pw.TextField(null=True))


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.remove_fields("session", "plan")
