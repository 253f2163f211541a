"""The command line: the only place that prints."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0 fine, 1 something to do, 2 failed, 3 lock busy, 4 answer needed."""
    import click

    from peewit.cli.commands import peewit
    from peewit.cli.doctor import doctor
    from peewit.cli.output import report_error
    from peewit.errors import PeewitError, without_passwords

    peewit.add_command(doctor)
    try:
        result = peewit.main(
            args=list(sys.argv[1:] if argv is None else argv), prog_name="peewit", standalone_mode=False
        )
    except PeewitError as error:
        report_error(error)
        return error.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(without_passwords(shown.getvalue()), nl=False, err=True)
        return error.exit_code
    except click.Abort:
        click.echo("interrupted; nothing of the current migration was kept", err=True)
        return 130
    return result if isinstance(result, int) else 0


def run() -> None:
    """The entry point of ``peewit`` and ``python -m peewit``."""
    sys.exit(main())
