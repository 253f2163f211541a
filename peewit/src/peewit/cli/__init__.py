"""The command line: the only place that prints."""

from __future__ import annotations

import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0 fine, 1 something to do, 2 failed, 3 lock busy, 4 answer needed."""
    from peewit.cli import loading

    given = list(sys.argv[1:] if argv is None else argv)
    with loading.Heard():
        try:
            return _answered(given)
        except KeyboardInterrupt as stopped:
            return _interrupted(given, loading.exit_code(stopped))


def _interrupted(argv: Sequence[str], code: int) -> int:
    """Said of a command that was told to stop before it began."""
    sys.stderr.write("interrupted\n")
    if "--json" in argv:
        from peewit.cli.output import show_failure

        show_failure("interrupted", exit_code=code)
    return code


def _answered(argv: Sequence[str]) -> int:
    """The shortest way to an answer."""
    from peewit.cli import short

    code = short.status(argv)
    return whole(argv) if code is None else code


def whole(argv: Sequence[str]) -> int:
    """Run any command, with all it needs."""
    import contextlib
    import traceback

    import click

    # Each of them makes its commands when it is imported.
    from peewit.cli import adopting, commands, doctor, looking, offline, redoing, restoring, starting, status  # noqa: F401
    from peewit.cli.group import peewit
    from peewit.cli.output import error_as_json, report_error, show_failure, show_misuse
    from peewit.cli.stopping import STOP, Stopped
    from peewit.cli.terminal import ANSWER, VOLUME, colours, fit_characters
    from peewit.errors import PeewitError, without_passwords

    VOLUME.verbose = VOLUME.quiet = False
    wants_json = "--json" in argv
    for_a_program = (wants_json or argv[:1] == ["sql"]) and not {"-h", "--help"} & set(argv)
    fit_characters()
    try:
        with STOP.installed(), ANSWER.apart() if for_a_program else contextlib.nullcontext():
            result = peewit.main(args=list(argv), prog_name="peewit", standalone_mode=False, color=colours())
    except PeewitError as error:
        report_error(error)
        if wants_json:
            error_as_json(error)
        return error.exit_code
    except click.ClickException as error:
        show_misuse(error)
        if wants_json:
            show_failure(without_passwords(error.format_message()), exit_code=error.exit_code)
        return error.exit_code
    except (click.Abort, Stopped):
        click.echo("interrupted", err=True)
        if wants_json:
            show_failure("interrupted", exit_code=STOP.exit_code)
        return STOP.exit_code
    except OSError as error:
        told = PeewitError(_of_the_system(error), hint="with -v it is shown where that came up")
        told.__cause__ = error
        report_error(told)
        return PeewitError.exit_code
    except Exception as error:  # noqa: BLE001 - nobody foresaw it: it is told in full, and is no answer of a command
        click.echo(without_passwords("".join(traceback.format_exception(error))), nl=False, err=True)
        click.echo("this should not happen: it is a mistake of peewit, or of a driver", err=True)
        return PeewitError.exit_code
    return result if isinstance(result, int) else 0


def _of_the_system(error: OSError) -> str:
    """What the system refused: a file, a folder, a device."""
    told = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {told}" if error.filename else told


def run() -> None:
    """The entry point of ``peewit`` and ``python -m peewit``."""
    try:
        code = main()
    except KeyboardInterrupt:  # before anything of ours could hear of it
        code = _interrupted((), 130)
    sys.exit(code)
