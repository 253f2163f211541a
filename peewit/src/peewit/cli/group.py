"""``peewit`` itself: the group of the commands, its help, and what is said where no command is called so."""

from __future__ import annotations

from copy import copy
from difflib import get_close_matches

import click

from peewit.cli import words

_ELSEWHERE = {
    **dict.fromkeys(("undo", "down", "downgrade", "revert"), "rollback"),
    **dict.fromkeys(("up", "upgrade", "apply", "run"), "migrate"),
    **dict.fromkeys(("list", "ls", "current", "showmigrations"), "status"),
    **dict.fromkeys(("makemigrations", "revision", "generate", "new", "make"), "create"),
    **dict.fromkeys(("sqlmigrate", "script"), "sql"),
    "stamp": "migrate --fake",
    "help": "--help",
    "version": "--version",
}
"""What other tools call our commands."""


class Command(click.Command):
    """A command, whose help says how it is typed here: by make where make called us."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is called."""
        if words.by_make():
            formatter.write_usage(words.usage_by_make(str(self.name), self.collect_usage_pieces(ctx)))
        else:
            super().format_usage(ctx, formatter)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What it does, and examples."""
        typed = copy(self)
        typed.help = words.help_as_typed(self.help or "")
        super(Command, typed).format_help_text(ctx, formatter)


class Commands(Command, click.Group):
    """The commands, by name; one that is nearly right, or another tool's, is suggested."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            meant = _ELSEWHERE.get(args[0])
            if meant is not None:
                raise click.UsageError(f'No such command "{args[0]}": it is "{meant}" here.', ctx) from None
            close = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not close or getattr(error, "possibilities", None):  # newer versions of click suggest by themselves
                raise
            raise click.UsageError(f'{error.message} Did you mean "{close[0]}"?', ctx) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="peewit")
def peewit() -> None:
    """Migrations for Peewee: change a model, get a reversible file, never lose a row.

    Settings come from [tool.peewit] in pyproject.toml, from PEEWIT_* variables, and from flags. Exit codes: 0 fine, 1
    something to do or a finding, 2 wrong usage or a failure, 3 another process migrates, 4 an answer is needed.

    \b
    peewit init                     write [tool.peewit] for this project
    peewit create add_email         write what has changed in the models to a file
    peewit migrate                  apply it
    peewit status                   where the database stands

    Names, options and migrations are completed by the shell after
    eval "$(_PEEWIT_COMPLETE=bash_source peewit)"; zsh_source and fish_source are the others.
    """
