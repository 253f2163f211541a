"""`synth-codeai session`: start, list, show and finish."""

import shlex
import sys
from dataclasses import asdict

import click

from synth_codeai import sessions
from synth_codeai.cli.base import ROW_ID, MemoryGroup, as_json, newest, storable_or_stdin, storable_up_to
from synth_codeai.cli.output import write_details, write_json, write_table
from synth_codeai.database import Session, SessionStatus
from synth_codeai.export import plain

_STATUSES = click.Choice([status.value for status in SessionStatus])
_COLUMNS = ("id", "started (UTC)", "status", "name")


@click.group("session", cls=MemoryGroup)
def session_group() -> None:
    """Start, list, show and finish sessions."""


@session_group.command("start")
@click.argument("command", nargs=-1)
@click.option("--name", callback=storable_up_to(255), help="What to call it; else the start of its command.")
@click.option("--plan", callback=storable_or_stdin, help="What is to be done; '-' reads standard input.")
@as_json
def start(command: tuple[str, ...], name: str | None, plan: str | None, *, as_json: bool) -> None:
    """Start a session and print its id.

    COMMAND is the command line the session stands for, written after `--` where it has options of its own.
    """
    session = sessions.start(shlex.join(command or sys.argv), name=name, plan=plan)
    if as_json:
        write_json(plain(session))
    else:
        click.echo(session.id)


@session_group.command("list")
@click.option("--status", type=_STATUSES, help="Show only sessions of this status.")
@newest
@as_json
def list_sessions(status: str | None, limit: int | None, *, as_json: bool) -> None:
    """List sessions, oldest first."""
    query = Session.select().order_by(Session.id.desc()).limit(limit)
    if status is not None:
        query = query.where(Session.status == status)
    found = list(query)[::-1]
    if as_json:
        write_json([plain(session) for session in found])
        return
    rows = [
        (session.id, session.start_time, session.status, session.display_name or session.command_line)
        for session in found
    ]
    write_table(_COLUMNS, rows, empty="no sessions")


@session_group.command("show")
@click.argument("session_id", metavar="SESSION", type=ROW_ID)
@as_json
def show(session_id: int, *, as_json: bool) -> None:
    """Show one session and what it has gathered."""
    session = sessions.find(Session, "session", session_id)
    totals = sessions.totals(session)
    if as_json:
        write_json({**plain(session), "totals": asdict(totals)})
        return
    write_details(
        [
            ("session", session.id),
            ("name", session.display_name),
            ("status", session.status),
            ("started", session.start_time),
            ("updated", session.updated_at),
            ("command", session.command_line),
            ("version", session.program_version),
            ("machine", session.machine_info),
            ("plan", session.plan),
            ("inputs", totals.inputs),
            ("facts", totals.facts),
            ("snippets", totals.snippets),
            ("notes", totals.notes),
            ("trajectory", totals.trajectory),
            ("cost", totals.cost),
            ("tokens", f"{totals.input_tokens} in, {totals.output_tokens} out"),
        ]
    )


@session_group.command("finish")
@click.argument("session_id", metavar="SESSION", type=ROW_ID)
@click.option("--failed", is_flag=True, help="It did not reach its aim.")
def finish(session_id: int, *, failed: bool) -> None:
    """Mark a session completed, or failed."""
    status = SessionStatus.FAILED if failed else SessionStatus.COMPLETED
    session = sessions.finish(session_id, status=status)
    click.echo(f"session {session.id} {session.status}")
