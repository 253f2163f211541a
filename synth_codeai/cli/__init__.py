"""The command line: arguments in, text out; what is done stands in the modules it calls."""

import io
import sys

import click

from synth_codeai import __version__
from synth_codeai.cli.base import ROW_ID, MemoryGroup
from synth_codeai.cli.output import write_json_line
from synth_codeai.cli.records import RECORD_GROUPS
from synth_codeai.cli.sessions import session_group
from synth_codeai.database import Session
from synth_codeai.export import session_rows
from synth_codeai.sessions import find

__all__ = ["cli", "run"]


@click.group(cls=MemoryGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="synth-codeai", message="%(prog)s %(version)s")
def cli() -> None:
    """Keep the project memory of an AI coding assistant.

    It is kept in .synth-codeai/pk.db under the working directory, or where SYNTH_CODEAI_DATABASE says (a path
    or a URL), and brought up to date at every start.
    """


@cli.command("export")
@click.argument("session_id", metavar="SESSION", type=ROW_ID)
def export(session_id: int) -> None:
    """Print a session and what belongs to it as JSON lines.

    The session comes first; the field "kind" of each line says what it is.
    """
    for row in session_rows(find(Session, "session", session_id)):
        write_json_line(row)


for _group in (session_group, *RECORD_GROUPS):
    cli.add_command(_group)


def run() -> None:
    """Run the program with the arguments of the process and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="synth-codeai")
