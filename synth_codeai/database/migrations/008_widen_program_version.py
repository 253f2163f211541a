"""Migration 008_widen_program_version.

- change column "program_version" of "session" to VARCHAR(50) not null
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Change column "program_version" of "session" to VARCHAR(50) not null."""
    migrator.change_fields("session", program_version=pw.CharField(max_length=50))


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.change_fields("session", program_version=pw.CharField(max_length=20))
