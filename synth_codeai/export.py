"""Rows as plain values, one by one or a whole session, for other programs to read."""

from collections.abc import Iterator
from datetime import datetime

from synth_codeai.database import (
    BaseModel,
    HumanInput,
    KeyFact,
    KeySnippet,
    ResearchNote,
    Session,
    Trajectory,
    database,
)

Plain = dict[str, object]
Part = HumanInput | KeyFact | KeySnippet | ResearchNote | Trajectory

# In the order of an export: a row comes after the rows it points to.
PARTS: dict[str, type[Part]] = {
    "input": HumanInput,
    "fact": KeyFact,
    "snippet": KeySnippet,
    "note": ResearchNote,
    "trajectory": Trajectory,
}


def plain(row: BaseModel) -> Plain:
    """Return every field of `row` by name: times in ISO 8601, foreign keys as ids, the rest as stored."""
    return {field.name: _value(row.__data__.get(field.name)) for field in row._meta.sorted_fields}


def session_rows(session: Session) -> Iterator[Plain]:
    """Yield `session` and then all that belongs to it, each with its `kind`, as of one moment."""
    with database.atomic():
        yield {"kind": "session", **plain(session)}
        for kind, model in PARTS.items():
            rows = model.select().where(model.session == session).order_by(model.id)
            for row in rows.iterator():
                yield {"kind": kind, **plain(row)}


def _value(value: object) -> object:
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value
