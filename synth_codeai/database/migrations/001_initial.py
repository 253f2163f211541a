"""Migration 001_initial.

- create table "session" with 7 columns
- create table "human_input" with 5 columns
- create table "key_fact" with 5 columns
- create table "key_snippet" with 8 columns
- create table "research_note" with 5 columns
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Make the changes."""

    @migrator.create_model
    class Session(pw.Model):
        id = pw.AutoField()
        created_at = pw.DateTimeField()
        updated_at = pw.DateTimeField()
        start_time = pw.DateTimeField()
        command_line = pw.TextField()
        program_version = pw.CharField(max_length=20)
        machine_info = pw.TextField()

        class Meta:
            table_name = "session"
            legacy_table_names = False

    @migrator.create_model
    class HumanInput(pw.Model):
        id = pw.AutoField()
        created_at = pw.DateTimeField()
        updated_at = pw.DateTimeField()
        content = pw.TextField()
        source = pw.CharField(max_length=20)

        class Meta:
            table_name = "human_input"
            legacy_table_names = False

    @migrator.create_model
    class KeyFact(pw.Model):
        id = pw.AutoField()
        created_at = pw.DateTimeField()
        updated_at = pw.DateTimeField()
        content = pw.TextField()
        human_input = pw.ForeignKeyField(
            migrator.orm["human_input"], on_delete="SET NULL", null=True
        )

        class Meta:
            table_name = "key_fact"
            legacy_table_names = False

    @migrator.create_model
    class KeySnippet(pw.Model):
        id = pw.AutoField()
        created_at = pw.DateTimeField()
        updated_at = pw.DateTimeField()
        filepath = pw.TextField()
        line_number = pw.IntegerField()
        snippet = pw.TextField()
        description = pw.TextField(null=True)
        human_input = pw.ForeignKeyField(
            migrator.orm["human_input"], on_delete="SET NULL", null=True
        )

        class Meta:
            table_name = "key_snippet"
            legacy_table_names = False

    @migrator.create_model
    class ResearchNote(pw.Model):
        id = pw.AutoField()
        created_at = pw.DateTimeField()
        updated_at = pw.DateTimeField()
        content = pw.TextField()
        human_input = pw.ForeignKeyField(
            migrator.orm["human_input"], on_delete="SET NULL", null=True
        )

        class Meta:
            table_name = "research_note"
            legacy_table_names = False


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.remove_model("research_note")
    migrator.remove_model("key_snippet")
    migrator.remove_model("key_fact")
    migrator.remove_model("human_input")
    migrator.remove_model("session")
