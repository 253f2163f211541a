"""The commands. Each gathers its settings, asks the manager, prints the answer and gives the exit code."""

from __future__ import annotations

from typing import Any

import click

from peewit.cli import output, words
from peewit.cli.group import peewit
from peewit.cli.options import (
    answering,
    applying,
    as_json,
    common,
    manager_of,
    manager_with_files,
    migrations,
    read_answers,
    safety,
    settings,
    yes_option,
)
from peewit.cli.running import running
from peewit.cli.terminal import may_ask
from peewit.errors import AmbiguousRenameError, DiscoveryError, EditedMigrationError, PeewitError, suggestion
from peewit.manager import MigrationManager


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
