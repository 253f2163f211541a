"""Migration 002_link_memory_to_sessions.

- add column "session_id" to "human_input"
- add an index on "session_id" to "human_input"
- add column "session_id" to "key_fact"
- add an index on "session_id" to "key_fact"
- add column "session_id" to "key_snippet"
- add an index on "session_id" to "key_snippet"
- add column "session_id" to "research_note"
- add an index on "session_id" to "research_note"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Make the changes."""
    migrator.add_fields(
        "human_input",
        session=pw.ForeignKeyField(
            migrator.orm["session"], on_delete="SET NULL", null=True
        ),
    )
    migrator.add_fields(
        "key_fact",
        session=pw.ForeignKeyField(
            migrator.orm["session"], on_delete="SET NULL", null=True
        ),
    )
    migrator.add_fields(
        "key_snippet",
        session=pw.ForeignKeyField(
            migrator.orm["session"], on_delete="SET NULL", null=True
        ),
    )
    migrator.add_fields(
        "research_note",
        session=pw.ForeignKeyField(
            migrator.orm["session"], on_delete="SET NULL", null=True
        ),
    )


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.drop_index("research_note", "session")
    migrator.remove_fields("research_note", "session")
    migrator.drop_index("key_snippet", "session")
    migrator.remove_fields("key_snippet", "session")
    migrator.drop_index("key_fact", "session")
    migrator.remove_fields("key_fact", "session")
    migrator.drop_index("human_input", "session")
    migrator.remove_fields("human_input", "session")
