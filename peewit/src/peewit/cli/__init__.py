"""The command line: the only place that prints."""

from __future__ import annotations

import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0 fine, 1 something to do, 2 failed, 3 lock busy, 4 answer needed."""
    from peewit.cli import short

    given = list(sys.argv[1:] if argv is None else argv)
    code = short.status(given)
    return whole(given) if code is None else code


def whole(argv: Sequence[str]) -> int:
    """Run any command, with all it needs."""
    import io

    import click

    from peewit.cli import adopting, doctor, looking, offline, redoing, restoring, starting  # noqa: F401 - commands
    from peewit.cli.commands import peewit
    from peewit.cli.output import report_error
    from peewit.cli.stopping import STOP, Stopped
    from peewit.cli.terminal import VOLUME, colours, fit_characters
    from peewit.errors import PeewitError, without_passwords

    VOLUME.verbose = VOLUME.quiet = False
    fit_characters()
    try:
        with STOP.installed():
            result = peewit.main(args=list(argv), prog_name="peewit", standalone_mode=False, color=colours())
    except PeewitError as error:
        report_error(error)
        return error.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(without_passwords(shown.getvalue()), nl=False, err=True)
        return error.exit_code
    except (click.Abort, Stopped):
        click.echo("interrupted", err=True)
        return STOP.exit_code
    return result if isinstance(result, int) else 0


def run() -> None:
    """The entry point of ``peewit`` and ``python -m peewit``."""
    sys.exit(main())
