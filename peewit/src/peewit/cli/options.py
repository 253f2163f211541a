"""The options that commands share, and what is made of them: a manager, and a developer's answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from peewit.cli import words
from peewit.cli.settings import read_settings
from peewit.cli.terminal import volume
from peewit.errors import ConfigError
from peewit.manager import MigrationManager

if TYPE_CHECKING:
    from peewit.diff.answers import Answers


def settings(*shown: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options behind the manager's arguments. All are taken; those for runs are in the help where ``shown``."""
    options = [
        click.option("--database", metavar="URL|MODULE:NAME", help="The database: a URL, or where it is defined."),
        click.option("--directory", metavar="PATH", help="The folder of the migrations."),
        click.option("--models", multiple=True, metavar="MODULE", help="A module or package with models (repeatable)."),
        click.option("--ignore", multiple=True, metavar="NAME", help="A model or table to leave alone (repeatable)."),
        click.option("--history-table", metavar="NAME", help="The table that remembers what was applied."),
        click.option("--schema", metavar="NAME", help="The schema the history table lives in."),
        click.option(
            "--online",
            is_flag=True,
            default=None,
            help="PostgreSQL: look at old rows without locking out writers.",
            hidden="online" not in shown,
        ),
        click.option(
            "--lock",
            metavar="KIND",
            help="On a server: session, lease, or auto, which finds out.",
            hidden="lock" not in shown,
        ),
        click.option(
            "--lock-timeout",
            type=click.FloatRange(min=0),
            metavar="SECONDS",
            help="How long to wait for another migrator.",
            hidden="lock" not in shown,
        ),
    ]

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        command = volume(command)
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


common = settings()
locking = settings("lock")
applying = settings("lock", "online")


def safety(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what changes a database."""
    for option in (
        click.option("--proof", type=click.Choice(["basic", "full"]), help="SQLite: how much a rebuild proves."),
        click.option(
            "--keep-backups",
            type=click.IntRange(min=1),
            metavar="N",
            help="SQLite: how many copies of the file are kept.",
        ),
        click.option("--backup/--no-backup", default=None, help="SQLite: copy the file before something goes."),
    ):
        command = option(command)
    return command


def answering(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that answer what only a developer knows."""
    for option in (
        click.option(
            "--fill", "fills", multiple=True, metavar="TABLE.FIELD=EXPR", help="A Python value for rows that exist."
        ),
        click.option("--no-rename", is_flag=True, help="Nothing else was renamed: drop and add."),
        click.option(
            "--rename", "renames", multiple=True, metavar="OLD:NEW", help="person.name:full_name, or person:people."
        ),
    ):
        command = option(command)
    return command


_FLAGS = ("database", "directory", "models", "ignore", "history_table", "schema", "lock_timeout", "online", "lock")
_SAFETY = ("backup", "keep_backups", "proof")


yes_option = click.option("--yes", is_flag=True, help="On a terminal: do not ask whether what is destroyed may go.")
as_json = click.option("--json", "wants_json", is_flag=True, help="Print JSON.")


def manager_of(flags: dict[str, Any]) -> MigrationManager:
    """The manager the options and the settings beneath them describe."""
    return read_settings({key: flags.get(key) for key in (*_FLAGS, *_SAFETY)}).manager()


def manager_with_files(flags: dict[str, Any]) -> MigrationManager:
    """The same for what goes by the files: ConfigError where not even their folder is there."""
    manager = manager_of(flags)
    manager.folder.refuse_absent()
    return manager


def migrations(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The migrations of the project, for a shell that completes what is typed."""
    try:
        names = manager_of(context.params).folder.names()
    except Exception:  # noqa: BLE001 - a shell that completes a word shows no error: the command itself will
        return []
    return [name for name in names if name.startswith(incomplete)]


_NO_RENAME = "for what was dropped and added, not renamed: --no-rename"


def _no_fill() -> str:
    """What a value looks like, as it is typed here."""
    if words.by_make():
        return 'an expression with spaces is put into parentheses: fill="person.age=(1 + 1)"'
    return "for example --fill person.age=0, or --fill \"person.name='unknown'\""


def read_answers(renames: tuple[str, ...], fills: tuple[str, ...], *, no_rename: bool) -> Answers:
    """The answers that flags give. Without ``--no-rename`` there may be other renames than those that are named."""
    from peewit.diff.answers import Answers

    named = _answers(renames, ":", "--rename", "OLD:NEW", _NO_RENAME)
    fill = _answers(fills, "=", "--fill", "TABLE.FIELD=EXPR", _no_fill())
    return Answers(renames=named if named or no_rename else None, fill=fill, told="all" if no_rename else "nothing")


def _answers(texts: tuple[str, ...], separator: str, flag: str, form: str, hint: str) -> dict[str, str]:
    """The answers of a flag that may be given several times; ConfigError where one is none, or is given twice."""
    answers: dict[str, str] = {}
    for text in texts:
        old, _, new = (part.strip() for part in text.partition(separator))
        if not old or not new:
            given = f'{flag[2:]}="{text}"' if words.by_make() else f'{flag} "{text}"'
            raise ConfigError(f"{given} is not {form}", hint=hint)
        if old in answers:
            raise ConfigError(f'{flag} answers for "{old}" twice: {answers[old]} and {new}')
        answers[old] = new
    return answers
