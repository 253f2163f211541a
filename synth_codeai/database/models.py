"""What the project memory holds.

The one description of the tables: migrations are made from it (`make migrate-create name=...`) and are the
only thing that changes a database. Every time is UTC without a zone; JSON is kept as text.

Facts, snippets, notes and inputs are what the project knows: they outlive the session they came from. A
trajectory is the step-by-step record of one session and goes with it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from synth_codeai.database.clock import utc_now
from synth_codeai.database.connection import database


class SessionStatus(StrEnum):
    """Where a session stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the session is over."""
        return self in {SessionStatus.COMPLETED, SessionStatus.FAILED}


class BaseModel(Model):
    """A row that knows when it was made and when it was last saved.

    `save()`, and with it `create()`, keeps `updated_at` current. Bulk statements (`Model.update(...)`,
    `insert_many`) do not pass through it and must set it themselves.
    """

    id = AutoField()
    created_at = DateTimeField(default=utc_now)
    updated_at = DateTimeField(default=utc_now)

    class Meta:
        """Bound to the project's database; tables are named in snake_case."""

        database = database
        legacy_table_names = False

    def save(self, force_insert: bool = False, only: "Iterable[Field[Any]] | None" = None) -> int:  # noqa: FBT001, FBT002  # as Peewee has it
        """Write the row, with `updated_at` set to now, and return the number of rows written."""
        self.updated_at = utc_now()
        fields = None if only is None else [*only, type(self).updated_at]
        return super().save(force_insert=force_insert, only=fields)


class Session(BaseModel):
    """One run of the assistant."""

    start_time = DateTimeField(default=utc_now)
    command_line = TextField()
    program_version = CharField(max_length=50)
    machine_info = TextField()
    status = CharField(max_length=20, index=True, default=SessionStatus.PENDING.value)
    plan = TextField(null=True)
    display_name = CharField(null=True)


class HumanInput(BaseModel):
    """What a person said to the assistant, and through which door it came."""

    content = TextField()
    source = CharField(max_length=20)
    session = ForeignKeyField(Session, null=True, backref="human_inputs", on_delete="SET NULL")


class KeyFact(BaseModel):
    """Something about the project worth knowing next time."""

    content = TextField()
    human_input = ForeignKeyField(HumanInput, null=True, backref="key_facts", on_delete="SET NULL")
    session = ForeignKeyField(Session, null=True, backref="key_facts", on_delete="SET NULL")


class KeySnippet(BaseModel):
    """A piece of source code worth knowing next time, and where it stood."""

    filepath = TextField()
    line_number = IntegerField()
    snippet = TextField()
    description = TextField(null=True)
    human_input = ForeignKeyField(HumanInput, null=True, backref="key_snippets", on_delete="SET NULL")
    session = ForeignKeyField(Session, null=True, backref="key_snippets", on_delete="SET NULL")


class ResearchNote(BaseModel):
    """What the assistant found out while looking into something."""

    content = TextField()
    human_input = ForeignKeyField(HumanInput, null=True, backref="research_notes", on_delete="SET NULL")
    session = ForeignKeyField(Session, null=True, backref="research_notes", on_delete="SET NULL")


class Trajectory(BaseModel):
    """One step of a session: a tool that was called, what it gave, and what it cost."""

    human_input = ForeignKeyField(HumanInput, null=True, backref="trajectories", on_delete="SET NULL")
    tool_name = CharField(null=True)
    tool_parameters = TextField(null=True)
    tool_result = TextField(null=True)
    step_data = TextField(null=True)
    record_type = CharField(max_length=50, null=True)
    current_cost = FloatField(null=True)
    input_tokens = IntegerField(null=True)
    output_tokens = IntegerField(null=True)
    is_error = BooleanField(default=False)
    error_message = TextField(null=True)
    error_type = CharField(null=True)
    error_details = TextField(null=True)
    session = ForeignKeyField(Session, null=True, backref="trajectories", on_delete="CASCADE")
