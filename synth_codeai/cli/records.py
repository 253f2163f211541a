"""`synth-codeai input`, `fact`, `note`, `snippet`, `trajectory`: add a row, list rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from synth_codeai.cli.base import (
    COUNT,
    POSITIVE,
    ROW_ID,
    MemoryGroup,
    amount,
    as_json,
    from_input,
    in_session,
    input_with,
    json_text,
    newest,
    session_with,
    storable,
    storable_or_stdin,
    storable_up_to,
)
from synth_codeai.cli.output import write_json, write_table
from synth_codeai.database import BaseModel, HumanInput, KeyFact, KeySnippet, ResearchNote, Trajectory
from synth_codeai.export import PARTS, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How rows of one kind are listed: what they are called, and the header and attribute of each column."""

    kind: str
    plural: str
    columns: tuple[tuple[str, str], ...]


_ORIGIN = (("id", "id"), ("session", "session_id"), ("added (UTC)", "created_at"))

INPUTS = Listing(
    kind="input", plural="inputs", columns=(*_ORIGIN, ("source", "source"), ("content", "content"))
)
FACTS = Listing(kind="fact", plural="facts", columns=(*_ORIGIN, ("content", "content")))
NOTES = Listing(kind="note", plural="notes", columns=(*_ORIGIN, ("content", "content")))
SNIPPETS = Listing(
    kind="snippet",
    plural="snippets",
    columns=(
        *_ORIGIN,
        ("file", "filepath"),
        ("line", "line_number"),
        ("snippet", "snippet"),
        ("description", "description"),
    ),
)
TRAJECTORY = Listing(
    kind="trajectory",
    plural="trajectory records",
    columns=(
        *_ORIGIN,
        ("record", "record_type"),
        ("tool", "tool_name"),
        ("cost", "current_cost"),
        ("in", "input_tokens"),
        ("out", "output_tokens"),
        ("failed", "is_error"),
        ("error", "error_message"),
    ),
)


@click.group("input", cls=MemoryGroup)
def input_group() -> None:
    """What a person said to the assistant."""


@click.group("fact", cls=MemoryGroup)
def fact_group() -> None:
    """Facts about the project worth knowing next time."""


@click.group("note", cls=MemoryGroup)
def note_group() -> None:
    """What the assistant found out while looking into something."""


@click.group("snippet", cls=MemoryGroup)
def snippet_group() -> None:
    """Pieces of source code worth knowing next time."""


@click.group("trajectory", cls=MemoryGroup, short_help="The steps of a session and what they cost.")
def trajectory_group() -> None:
    """The steps of a session: tools called, what they gave, what they cost."""


@input_group.command("add")
@click.argument("content", callback=storable_or_stdin)
@click.option(
    "--source", callback=storable_up_to(20), default="cli", show_default=True, help="Where it was said."
)
@in_session
def add_input(content: str, source: str, session_id: int | None) -> None:
    """Keep what a person said and print its id; '-' reads standard input."""
    row = HumanInput.create(content=content, source=source, session=session_with(session_id))
    click.echo(row.id)


@fact_group.command("add")
@click.argument("content", callback=storable_or_stdin)
@in_session
@from_input
def add_fact(content: str, session_id: int | None, input_id: int | None) -> None:
    """Keep a fact and print its id; '-' reads standard input."""
    row = KeyFact.create(content=content, session=session_with(session_id), human_input=input_with(input_id))
    click.echo(row.id)


@note_group.command("add")
@click.argument("content", callback=storable_or_stdin)
@in_session
@from_input
def add_note(content: str, session_id: int | None, input_id: int | None) -> None:
    """Keep a note and print its id; '-' reads standard input."""
    row = ResearchNote.create(
        content=content, session=session_with(session_id), human_input=input_with(input_id)
    )
    click.echo(row.id)


@snippet_group.command("add")
@click.argument("filepath", callback=storable)
@click.argument("line_number", metavar="LINE", type=POSITIVE)
@click.argument("snippet", callback=storable_or_stdin)
@click.option("--description", callback=storable_or_stdin, help="What it shows.")
@in_session
@from_input
def add_snippet(
    filepath: str,
    line_number: int,
    snippet: str,
    description: str | None,
    session_id: int | None,
    input_id: int | None,
) -> None:
    """Keep a piece of source code and print its id; '-' reads the snippet from standard input."""
    row = KeySnippet.create(
        filepath=filepath,
        line_number=line_number,
        snippet=snippet,
        description=description,
        session=session_with(session_id),
        human_input=input_with(input_id),
    )
    click.echo(row.id)


@trajectory_group.command("add")
@click.argument("record_type", callback=storable_up_to(50))
@click.option("--tool-name", callback=storable_up_to(255), help="The tool that was called.")
@click.option("--tool-parameters", callback=json_text, help="What it was called with.")
@click.option("--tool-result", callback=storable_or_stdin, help="What it gave; '-' reads standard input.")
@click.option("--step-data", callback=json_text, help="Whatever else is to be shown of the step.")
@click.option("--cost", "current_cost", type=float, callback=amount, help="What the step cost.")
@click.option("--input-tokens", type=COUNT, help="Tokens read by the model.")
@click.option("--output-tokens", type=COUNT, help="Tokens written by the model.")
@click.option("--error", "is_error", is_flag=True, help="The step failed; implied by the options below.")
@click.option("--error-message", callback=storable_or_stdin)
@click.option("--error-type", callback=storable_up_to(255))
@click.option("--error-details", callback=storable_or_stdin)
@in_session
@from_input
def add_trajectory(
    *, session_id: int | None, input_id: int | None, is_error: bool, **fields: str | float | None
) -> None:
    """Record one step, of the kind RECORD_TYPE (such as tool_execution), and print its id."""
    failed = is_error or any(
        fields[name] is not None for name in ("error_message", "error_type", "error_details")
    )
    row = Trajectory.create(
        **fields, is_error=failed, session=session_with(session_id), human_input=input_with(input_id)
    )
    click.echo(row.id)


def _add_list(group: click.Group, listing: Listing) -> None:
    """Give `group` the command that lists its rows as `listing` says."""

    @group.command("list", help=f"List {listing.plural}, oldest first.")
    @click.option("--session", "session_id", type=ROW_ID, help="Show only what belongs to this session.")
    @newest
    @as_json
    def list_rows(session_id: int | None, limit: int | None, *, as_json: bool) -> None:
        rows = _rows(listing, session_id, limit)
        if as_json:
            write_json([plain(row) for row in rows])
            return
        headers = [header for header, _ in listing.columns]
        cells = [[getattr(row, attribute) for _, attribute in listing.columns] for row in rows]
        write_table(headers, cells, empty=f"no {listing.plural}")


def _rows(listing: Listing, session_id: int | None, limit: int | None) -> Sequence[BaseModel]:
    """Return the newest `limit` rows of a listing, of one session where it is given, oldest first."""
    model = PARTS[listing.kind]
    query = model.select().order_by(model.id.desc()).limit(limit)
    session = session_with(session_id)
    if session is not None:
        query = query.where(model.session == session)
    return list(query)[::-1]


RECORD_GROUPS = (input_group, fact_group, note_group, snippet_group, trajectory_group)

for _group, _listing in zip(RECORD_GROUPS, (INPUTS, FACTS, NOTES, SNIPPETS, TRAJECTORY), strict=True):
    _add_list(_group, _listing)
