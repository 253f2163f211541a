"""Sessions from start to finish."""

import json
import platform
from dataclasses import dataclass
from typing import TypeVar

from peewee import fn

from synth_codeai import __version__
from synth_codeai.database import (
    BaseModel,
    HumanInput,
    KeyFact,
    KeySnippet,
    ResearchNote,
    Session,
    SessionStatus,
    Trajectory,
    database,
)
from synth_codeai.errors import NotFoundError, StateError

_NAME_LENGTH = 60
_LARGEST_ID = 2**63 - 1  # the drivers raise OverflowError where more is asked for

_Row = TypeVar("_Row", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a session has gathered: numbers of rows, and cost and tokens summed over its trajectory."""

    inputs: int
    facts: int
    snippets: int
    notes: int
    trajectory: int
    cost: float
    input_tokens: int
    output_tokens: int


def find(model: type[_Row], kind: str, number: int) -> _Row:
    """Return the row of `model` with id `number`; NotFoundError calls it a `kind`."""
    row = model.get_or_none(model.id == number) if number <= _LARGEST_ID else None
    if row is None:
        raise NotFoundError(kind, number)
    return row


def start(command_line: str, *, name: str | None = None, plan: str | None = None) -> Session:
    """Start a session for `command_line` on this machine; without a name it is called after its command."""
    return Session.create(
        command_line=command_line,
        program_version=__version__,
        machine_info=json.dumps(machine_info()),
        status=SessionStatus.RUNNING.value,
        plan=plan,
        display_name=name or display_name(command_line),
    )


def finish(number: int, *, status: SessionStatus) -> Session:
    """Give session `number` its final status; StateError where it already has one."""
    with database.atomic():
        session = find(Session, "session", number)
        if SessionStatus(session.status).is_final:
            raise StateError(f"session {number} is already {session.status}")
        session.status = status.value
        session.save(only=[Session.status])
    return session


def totals(session: Session) -> Totals:
    """Count what belongs to `session`."""
    spent = Trajectory.select(
        fn.COUNT(Trajectory.id),
        fn.COALESCE(fn.SUM(Trajectory.current_cost), 0.0),
        fn.COALESCE(fn.SUM(Trajectory.input_tokens), 0),
        fn.COALESCE(fn.SUM(Trajectory.output_tokens), 0),
    ).where(Trajectory.session == session)
    steps, cost, input_tokens, output_tokens = spent.scalar(as_tuple=True)
    return Totals(
        inputs=_count(HumanInput, session),
        facts=_count(KeyFact, session),
        snippets=_count(KeySnippet, session),
        notes=_count(ResearchNote, session),
        trajectory=steps,
        cost=float(cost),
        input_tokens=int(input_tokens),
        output_tokens=int(output_tokens),
    )


def display_name(command_line: str) -> str | None:
    """Return the start of `command_line` on one line, or None where there is nothing to show."""
    return " ".join(command_line.split())[:_NAME_LENGTH] or None


def machine_info() -> dict[str, str]:
    """Return what is worth knowing of this machine later; nothing that names its user."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _count(model: type[HumanInput | KeyFact | KeySnippet | ResearchNote], session: Session) -> int:
    return model.select().where(model.session == session).count()
