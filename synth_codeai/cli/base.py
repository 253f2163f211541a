"""What all commands share: the opened project memory, and the options and checks of their arguments."""

import json
import math
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
from peewee import PeeweeException
from peewit import LockBusyError, PeewitError

from synth_codeai.database import HumanInput, Session, bring_up_to_date, database
from synth_codeai.errors import SynthCodeaiError
from synth_codeai.sessions import find

_LARGEST_INTEGER = 2**31 - 1


class Failed(click.ClickException):
    """A failure as peewit prints it, too: one error, and beneath it what to know and to do."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to standard error."""
        first, *more = self.format_message().splitlines()
        click.echo("\n  ".join([f"error: {first}", *more]), file=file, err=True)


class Refused(Failed):
    """What was asked for makes no sense for what is in the project memory."""

    exit_code = 1


class DatabaseFailed(Failed):
    """The project memory could not be opened, brought up to date or used."""

    exit_code = 2


class DatabaseBusy(Failed):
    """Another process is migrating the project memory and did not finish in time."""

    exit_code = 3


class MemoryCommand(click.Command):
    """A command that works on the project memory, which is brought up to date and open while it runs."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; asking for help or a wrong argument ends before the database is touched."""
        try:
            with project_memory():
                return super().invoke(ctx)
        except SynthCodeaiError as error:
            raise Refused(str(error)) from error
        except LockBusyError as error:
            raise DatabaseBusy(str(error)) from error
        except PeewitError as error:
            raise DatabaseFailed(str(error)) from error
        except (
            PeeweeException,
            sqlite3.Error,
        ) as error:  # Peewee passes on what the driver raises on a fetch
            message = f"the project memory {database.database}: {error}"
            raise DatabaseFailed(message + _newer_models(error)) from error


def _newer_models(error: Exception) -> str:
    """What is to be typed where a model has what no migration has made."""
    if not any(sign in str(error) for sign in ("no such column", "no such table", "has no column")):
        return ""
    return "\nthe models have what no migration has made yet: make migrate-create name=…, then make migrate"


class MemoryGroup(click.Group):
    """A group of commands that work on the project memory."""

    command_class = MemoryCommand


@contextmanager
def project_memory() -> Iterator[None]:
    """Bring the database up to date, say so where something was done, and keep it open meanwhile."""
    report = bring_up_to_date()
    if report.applied:
        count = "1 migration" if len(report.applied) == 1 else f"{len(report.applied)} migrations"
        click.echo(f"applied {count}: {', '.join(report.applied)}", err=True)
    for step in report.steps:
        if step.backup is not None:
            click.echo(f"the project memory as it was before {step.name}: {step.backup}", err=True)
        for old in step.removed:
            click.echo(f"the oldest copy is removed: {old}", err=True)
    with database.connection_context():
        yield


def storable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Pass on text that every database can keep; an option callback."""
    if value is None:
        return None
    if not value.strip():
        raise click.BadParameter("there is no text", ctx, param)
    if "\0" in value or not _is_unicode(value):
        raise click.BadParameter("the text is not UTF-8, or contains a zero byte", ctx, param)
    return value


def storable_or_stdin(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Pass on text that every database can keep, read from standard input for '-'; an option callback."""
    if value == "-":
        given = sys.stdin.buffer.read()
        value = given.decode(errors="surrogateescape").rstrip("\r\n")
    return storable(ctx, param, value)


def storable_up_to(length: int) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return the check of text for a column of `length` characters; an option callback."""

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        text = storable(ctx, param, value)
        if text is not None and len(text) > length:
            raise click.BadParameter(f"{len(text)} characters, at most {length}", ctx, param)
        return text

    return check


def json_text(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Pass on JSON as it is written, read from standard input for '-'; an option callback."""
    text = storable_or_stdin(ctx, param, value)
    if text is not None:
        try:
            json.loads(text)
        except (ValueError, RecursionError) as error:
            raise click.BadParameter(f"not JSON: {error}", ctx, param) from error
    return text


def amount(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Pass on a finite number, zero or more; an option callback."""
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise click.BadParameter(f"{value} is not an amount", ctx, param)
    return value


ROW_ID = click.IntRange(min=1)
COUNT = click.IntRange(0, _LARGEST_INTEGER)
POSITIVE = click.IntRange(1, _LARGEST_INTEGER)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of columns.")
newest = click.option("--limit", type=POSITIVE, metavar="N", help="Show only the newest N.")
in_session = click.option(
    "--session",
    "session_id",
    type=ROW_ID,
    envvar="SYNTH_CODEAI_SESSION",
    show_envvar=True,
    metavar="ID",
    help="The session it belongs to.",
)
from_input = click.option(
    "--input", "input_id", type=ROW_ID, metavar="ID", help="The human input it came from."
)


def session_with(number: int | None) -> Session | None:
    """Return the session an option names, None where it names none."""
    return None if number is None else find(Session, "session", number)


def input_with(number: int | None) -> HumanInput | None:
    """Return the human input an option names, None where it names none."""
    return None if number is None else find(HumanInput, "input", number)


def _is_unicode(text: str) -> bool:
    """Whether `text` is free of the surrogates that stand for bytes that were not UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
