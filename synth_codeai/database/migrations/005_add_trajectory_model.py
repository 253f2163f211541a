"""Migration 005_add_trajectory_model.

- create table "trajectory" with 17 columns
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Create table "trajectory" with 17 columns."""
    @migrator.create_model
    class Trajectory(pw.Model):
        id = pw.AutoField()
        created_at = pw.DateTimeField()
        updated_at = pw.DateTimeField()
        human_input = pw.ForeignKeyField(
            migrator.orm["human_input"], on_delete="SET NULL", null=True
        )
        tool_name = pw.CharField(max_length=255, null=True)
        tool_parameters = pw.TextField(null=True)
        tool_result = pw.TextField(null=True)
        step_data = pw.TextField(null=True)
        record_type = pw.CharField(max_length=50, null=True)
        current_cost = pw.FloatField(null=True)
        input_tokens = pw.IntegerField(null=True)
        output_tokens = pw.IntegerField(null=True)
        is_error = pw.BooleanField(default=False)
        error_message = pw.TextField(null=True)
        error_type = pw.CharField(max_length=255, null=True)
        error_details = pw.TextField(null=True)
        session = pw.ForeignKeyField(
            migrator.orm["session"], on_delete="CASCADE", null=True
        )

        class Meta:
            table_name = "trajectory"
            legacy_table_names = False


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.remove_model("trajectory")
