"""The commands. Each gathers its settings, asks the manager, prints the answer and gives the exit code."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from peewit.cli import output, words
from peewit.cli.running import running
from peewit.cli.settings import read_settings
from peewit.cli.terminal import may_ask, volume
from peewit.errors import (
    AmbiguousRenameError,
    ConfigError,
    DiscoveryError,
    EditedMigrationError,
    PeewitError,
    suggestion,
)
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


def manager_of(flags: dict[str, Any]) -> MigrationManager:
    """The manager the options and the settings beneath them describe."""
    return read_settings({key: flags.get(key) for key in (*_FLAGS, *_SAFETY)}).manager()


def manager_with_files(flags: dict[str, Any]) -> MigrationManager:
    """The same for what goes by the files: ConfigError where not even their folder is there."""
    manager = manager_of(flags)
    manager.folder.refuse_absent()
    return manager


def note_unknown(manager: MigrationManager) -> None:
    """Say which names are to be left alone, and nothing is called that."""
    if not (manager.ignore and manager.models):
        return
    found, tables = manager.discover(), manager.ledger.state_of_files()
    models = (*found.models, *(skipped.model for skipped in found.skipped))
    names = {str(model._meta.table_name) for model in models} | {model.__name__ for model in models}
    names |= {table.name for table in tables} | {table.model for table in tables}
    known = {name.lower() for name in names}
    for name in manager.ignore:
        if name.lower() not in known:
            hint = suggestion(name, sorted(names))
            click.echo(f'note: "{name}" is to be left alone, and no model or table is called that; {hint}', err=True)


yes_option = click.option("--yes", is_flag=True, help="On a terminal: do not ask whether what is destroyed may go.")
as_json = click.option("--json", "wants_json", is_flag=True, help="Print JSON.")


_ELSEWHERE = {
    **dict.fromkeys(("undo", "down", "downgrade", "revert"), "rollback"),
    **dict.fromkeys(("up", "upgrade", "apply", "run"), "migrate"),
    **dict.fromkeys(("list", "ls", "current", "showmigrations"), "status"),
    **dict.fromkeys(("makemigrations", "revision", "generate", "new", "make"), "create"),
    **dict.fromkeys(("sqlmigrate", "script"), "sql"),
    "stamp": "migrate --fake",
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


def migrations(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The migrations of the project, for a shell that completes what is typed."""
    try:
        names = manager_of(context.params).folder.names()
    except Exception:  # noqa: BLE001 - a shell that completes a word shows no error: the command itself will
        return []
    return [name for name in names if name.startswith(incomplete)]


@peewit.command(short_help="Write the migration that follows the models.")
@common
@as_json
@click.argument("name")
@answering
@click.option("--empty", is_flag=True, help="Write an empty migration, to be filled by hand.")
@click.option("--yes", is_flag=True, help="On a terminal: do not ask whether what is dropped is meant to go.")
def create(
    name: str,
    renames: tuple[str, ...],
    no_rename: bool,
    fills: tuple[str, ...],
    empty: bool,
    yes: bool,
    wants_json: bool,
    **flags: Any,
) -> int:
    """Write the migration that follows the models. It is tried out in memory first; the database is not touched.

    On a terminal, what only you can know is asked; elsewhere the flags answer. Where something may have been renamed
    and they do not say so, nothing is written: the exit code is 4, and the commands that answer are printed. Where they
    have no value for rows that exist, the file is written, works only where no row needs one, and the command that
    gives them one is printed.

    \b
    peewit create add_email
    peewit create rename_name --rename person.name:full_name
    peewit create add_email --fill "person.email='unknown'"
    """
    from peewit.cli import questions

    manager = manager_of(flags)
    answers = read_answers(renames, fills, no_rename=no_rename)
    try:
        if not (empty or wants_json) and may_ask():
            manager.folder.new_name(name)
            answers = questions.answered(manager, name, answers, sure=yes)
        elif not empty:
            questions.refuse_half_told(manager, answers)
        path = manager.create(name, renames=answers.renames, fill=answers.fill, empty=empty)
    except AmbiguousRenameError as error:
        raise questions.with_commands(error, manager, name, answers, "create") from None
    if wants_json:
        output.as_json(
            "create",
            path=None if path is None else str(path),
            says=[] if path is None else output.docstring_lines(path.read_text(encoding="utf-8")),
            unproved=manager.unproved,
            unread=manager.unread,
        )
        return 0
    output.show_unread(manager.unread)
    note_unknown(manager)
    if manager.target.path is not None or (path is not None and not (empty or manager.unproved)):
        _note_differing(manager)  # a server has answered when the file was tried out: nobody waits for one that is gone
    if path is None:
        found = manager.discover().models
        click.echo(f"no changes: the migrations say what the models say ({len(found)} in {', '.join(manager.sources)})")
        hint = "a model that is not seen has to be in one of these modules: peewit models lists what is found"
        click.echo(output.as_typed(hint))
        return 0
    click.echo(f"created {output.shown_path(path)}")
    output.show_docstring(path.read_text(encoding="utf-8"))
    if manager.unproved:
        click.echo(f"it was not tried out on the server, only replayed: {manager.unproved}")
    questions.show_without_value(path, manager, name, answers)
    what = "fill migrate and rollback in it" if empty else "read it"
    click.echo(output.as_typed(f"next: {what}, then peewit migrate"))
    return 0


def _note_differing(manager: MigrationManager) -> None:
    """Say which files are not what was applied: what is new follows the files as they are now."""
    try:
        found = manager.status()
    except PeewitError:
        return  # the file is written, and whatever is the matter with the database is told where it is used
    odd = [f"{name} was edited after it was applied" for name in found.edited]
    odd += [f"{name} was applied and its file is gone" for name in found.missing]
    for line in odd:
        click.echo(output.as_typed(f"note: {line}: peewit check says what can be done"), err=True)


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


@peewit.command(short_help="The statements that migrate would run.")
@settings("online")
@as_json
@click.argument("target", required=False, shell_complete=migrations)
def plan(target: str | None, wants_json: bool, **flags: Any) -> int:
    """Show the statements that `migrate` would run, up to and including TARGET. Nothing is written.

    With what they would destroy of what is there now, and where it is known, the rows they would write or read, and
    whom they would keep waiting.

    \b
    peewit plan
    peewit plan 007
    """
    manager = manager_with_files(flags)
    found = manager.plan(target)
    if wants_json:
        steps = [
            {
                "name": step.name,
                "operations": [operation.describe() for operation in step.operations],
                "destroys": [loss._asdict() for loss in step.destroys],
                "statements": [line for statement in step.statements for line in output.statement_lines(statement)],
                "effects": [effect for statement in step.statements for effect in output.effects(statement)],
                "own": step.own,
                "code": step.code,
            }
            for step in found.steps
        ]
        output.as_json("plan", steps=steps, refused=refusal(manager))
        return 0
    if absent := unmade(manager):
        click.echo(f"database {manager.target.name}: {absent}")
    if found.steps:
        output.show_plan(found, refusal(manager))
    else:
        output.show_nothing_to_do(manager.status(), target)
    return 0


def unmade(manager: MigrationManager) -> str:
    """What to say of a database that is a SQLite file and is not there."""
    path = manager.target.path
    return "" if path is None or manager.target.exists() else words.unmade(path)


def refusal(manager: MigrationManager) -> str:
    """Why `migrate` would do nothing of a plan, and the ways out; empty where it would not refuse."""
    try:
        manager.refuse_edited()
    except EditedMigrationError as error:
        return f"{error.message}\n{error.hint}"
    return ""


@peewit.command(short_help="Apply what is pending.")
@applying
@safety
@as_json
@click.argument("target", required=False, shell_complete=migrations)
@click.option("--fake", is_flag=True, help="Only write the history, where the database is that already.")
@click.option("--no-verify", is_flag=True, help="With --fake: do not compare the database first.")
@yes_option
def migrate(target: str | None, fake: bool, no_verify: bool, yes: bool, wants_json: bool, **flags: Any) -> int:
    """Apply what is pending, up to and including TARGET: a name, its beginning, its number, or +2.

    On a terminal it is asked first where rows or values go and no copy of the database is made: on a server, or with
    --no-backup.

    \b
    peewit migrate
    peewit migrate 007
    peewit migrate +1
    """
    from peewit.cli import consent

    manager = manager_with_files(flags)
    foreseen = consent.to_migrate(manager, target, yes=yes or fake, quiet=wants_json)
    with running(manager, quiet=wants_json, foreseen=foreseen) as run:
        report = manager.migrate(target, fake=fake, verify=not no_verify, tell=run)
    if wants_json:
        output.as_json("migrate", applied=report.applied, **output.kept_and_lost(report, run.lost))
    elif fake:
        output.show_report(report)
    if not report.steps and not wants_json:
        output.show_nothing_to_do(manager.status(), target)
    return 0


@peewit.command(short_help="Undo the newest migrations.")
@applying
@safety
@as_json
@click.argument("target", required=False, shell_complete=migrations)
@click.option("--count", type=int, help="How many migrations to undo; one if nothing is said.")
@click.option("--fake", is_flag=True, help="Only remove the rows of the history.")
@yes_option
def rollback(target: str | None, count: int | None, fake: bool, yes: bool, wants_json: bool, **flags: Any) -> int:
    """Undo the newest migration, or all after TARGET (`zero` for all).

    What a migration added is dropped, with its values: on a terminal it is asked first, where there are any. A copy of
    a SQLite file is made before that.

    \b
    peewit rollback
    peewit rollback --count 2
    peewit rollback 005_add_email
    """
    from peewit.cli import consent

    manager = manager_with_files(flags)
    foreseen = consent.to_roll_back(manager, target, count, yes=yes or fake, quiet=wants_json)
    with running(manager, quiet=wants_json, foreseen=foreseen) as run:
        report = manager.rollback(target, count=count, fake=fake, tell=run)
    if wants_json:
        output.as_json("rollback", rolled_back=report.rolled_back, **output.kept_and_lost(report, run.lost))
        return 0
    if fake:
        output.show_report(report)
    if not report.steps:
        click.echo(f"nothing to do: nothing was applied after {target}")
    elif count is not None and count > len(report.steps):
        click.echo(f"that was all: {len(report.steps)} of {count}")
    return 0


@peewit.command(short_help="Compare models, files, history, database.")
@common
@as_json
def check(wants_json: bool, **flags: Any) -> int:
    """Compare models, migration files, history and the live database. Exit code 1 when they differ.

    \b
    peewit check
    peewit check --json
    """
    from peewit.moving import adopting

    manager = manager_with_files(flags)
    findings = adopting(manager, manager.check())
    note_unknown(manager)
    if wants_json:
        told = [finding._asdict() for finding in findings.findings]
        output.as_json("check", ok=findings.ok, models=findings.models, findings=told)
    else:
        output.show_findings(findings)
    return int(not findings.ok)


@peewit.command(short_help="The models that were found.")
@common
@as_json
def models(wants_json: bool, **flags: Any) -> int:
    """List the models that were found, and the classes that were left out and why.

    \b
    peewit models
    peewit models --models app.models
    """
    manager = manager_of(flags)
    try:
        found = manager.discover()
    except DiscoveryError as error:
        if error.__context__ is not None:  # a module cannot be imported; nothing was to be compared here
            error.hint = "correct that first"
        raise
    note_unknown(manager)
    rows = [(m._meta.table_name, f"{m.__module__}.{m.__name__}") for m in found.models]
    skipped = [(f"{s.model.__module__}.{s.model.__name__}", s.reason) for s in found.skipped]
    if wants_json:
        output.as_json(
            "models",
            models=[{"table": table, "model": model} for table, model in rows],
            skipped=[{"model": model, "reason": reason} for model, reason in skipped],
        )
        return 0
    for table, model in rows:
        click.echo(f"{table:24} {model}")
    for model, reason in skipped:
        click.echo(f"left out: {model} ({reason})")
    return 0
