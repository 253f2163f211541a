"""What is printed: reports for people on standard output, errors on standard error, JSON when asked."""

from __future__ import annotations

import ast
import io
import json
import traceback
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peewit.cli import words
from peewit.cli.progress import span
from peewit.cli.terminal import ANSWER, VOLUME, colours
from peewit.errors import PeewitError, without_passwords
from peewit.reports import Adopted, Copy, Findings, Losing, Plan, Report, Restored, Status, Step, Waiting

if TYPE_CHECKING:
    from peewit.compile import Effect, Statement

JSON_VERSION = 1
"""The version of the JSON shapes: raised when one changes."""

as_typed = words.as_typed


def report_error(error: PeewitError) -> None:
    """An error: what is wrong, where the database stands, what to type next."""
    lines = as_typed(str(error)).splitlines() or [type(error).__name__]
    click.echo(click.style("error: ", fg="red", bold=True) + lines[0], err=True, color=colours())
    for line in lines[1:]:
        click.echo(f"  {line}", err=True)
    if VOLUME.verbose:
        click.echo(without_passwords("".join(traceback.format_exception(error))), nl=False, err=True)


def show_misuse(error: click.ClickException) -> None:
    """What click refuses, and where help is, as it is typed here."""
    shown = io.StringIO()
    _suggesting_less(error).show(shown)
    text = without_passwords(shown.getvalue())
    if words.by_make() and "Try '" in text:  # above it stands how peewit is typed, not make
        text = as_typed(text[text.find("Try '") :])
    click.echo(text, nl=False, err=True)


def _suggesting_less(error: click.ClickException) -> click.ClickException:
    """The same, with only such options suggested as are really like the one that was typed."""
    if not isinstance(error, click.NoSuchOption):
        return error
    like = [option for option in error.possibilities or () if _is_like(error.option_name, option)]
    return click.NoSuchOption(error.option_name, error.message, like, error.ctx)


def _is_like(typed: str, option: str) -> bool:
    return option.startswith(typed) or SequenceMatcher(None, typed.strip("-"), option.strip("-")).ratio() > 0.7


def error_as_json(error: PeewitError) -> None:
    """An error for a program: the same as :func:`report_error`, part by part."""
    show_failure(
        error.message,
        exit_code=error.exit_code,
        state=error.state,
        hint=error.hint,
        applied=error.applied,
        rolled_back=error.rolled_back,
    )


def show_failure(
    error: str,
    *,
    exit_code: int,
    state: str = "",
    hint: str = "",
    applied: Sequence[str] = (),
    rolled_back: Sequence[str] = (),
) -> None:
    """What a command prints that did not come to its own answer."""
    as_json(
        "error",
        error=error,
        state=state,
        hint=hint,
        applied=applied,
        rolled_back=rolled_back,
        exit_code=exit_code,
    )


def as_json(kind: str, **values: Any) -> None:
    """One JSON object on standard output."""
    text = json.dumps({"version": JSON_VERSION, "kind": kind, **_dated(values)}, indent=2, default=str)
    click.echo(text, file=ANSWER.file)


def _dated(value: Any) -> Any:
    """The same values, with every ``at`` as ISO 8601 writes a moment in UTC: a history may have it in several ways."""
    if isinstance(value, dict):
        return {key: _moment(inner) if key == "at" else _dated(inner) for key, inner in value.items()}
    return [_dated(inner) for inner in value] if isinstance(value, list | tuple) else value


def _moment(value: object) -> str:
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)  # another tool wrote something else into the history
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def show_lines(lines: Sequence[str]) -> None:
    """A line after the other, each as wide as the terminal."""
    for line in lines:
        for part in words.fitted(line):
            click.echo(part)


def show_nothing_to_do(status: Status, target: str | None) -> None:
    """Why nothing was run: with a target, others may still be pending."""
    told = list(
        words.standing(
            status.applied,
            status.pending,
            status.missing,
            status.edited,
            status.interrupted,
            status.failed,
            status.migrator,
        )
    )
    if target is not None and status.pending:
        told.insert(0, f"{target} is applied already, {len(status.pending)} pending")
    click.echo(f"nothing to do: {as_typed(told[0])}")
    for line in told[1:]:
        click.echo(as_typed(line))


def shown_path(path: Path) -> str:
    """A path as it is typed from here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def show_docstring(source: str) -> None:
    """What a new migration says of itself: its operations, and what the developer should know of them."""
    show_lines([f"  {as_typed(line)}" for line in docstring_lines(source)])


def docstring_lines(source: str) -> list[str]:
    """What a migration's docstring says after its name: each operation, and each sentence or two, as one line."""
    found: list[str] = []
    for paragraph in (ast.get_docstring(ast.parse(source)) or "").split("\n\n")[1:]:
        operations = paragraph.startswith("- ")
        lines = paragraph[2:].split("\n- ") if operations else [paragraph]
        found += (" ".join(line.split()) for line in lines)
    return [line for line in found if line]


def show_unread(lines: Sequence[str]) -> None:
    """What of older files was not taken into account: in that the models may differ from the database."""
    for line in lines:
        click.echo(f"note: {line}", err=True)


def show_plan(plan: Plan, refused: str = "") -> None:
    """Each migration with its operations in words and its statements; ``refused`` is why `migrate` would not do it."""
    for step in plan.steps:
        click.echo(click.style(step.name, bold=True))
        for operation in step.operations:
            click.echo(f"  {operation.describe()}")
        for loss in step.destroys:
            click.echo(click.style(f"  destroys {lost_words(loss)}", fg="red"))
        for statement in step.statements:
            for line in statement_lines(statement):
                click.echo(f"    {line}")
        for sql in step.own:
            click.echo(f"    -- by itself: {' '.join(sql.split())}")
        if step.code:
            click.echo("    -- Python runs here: what it changes depends on the rows, and is not known before")
    if not refused:
        click.echo(as_typed("nothing of this was done; next: peewit migrate"))
        return
    click.echo(as_typed("nothing of this was done, and peewit migrate would refuse it:"))
    for line in as_typed(refused).splitlines():
        click.echo(f"  {line}")


def statement_lines(statement: Statement) -> list[str]:
    """A statement as SQL, a guard as the question it asks."""
    from peewit.compile import Backfill, Call, EditSchema, Execute, Guard

    match statement:
        case Execute(sql=sql, params=params, effect=effect):
            shown = "".join(f"  -- {value!r}" for value in params)
            return [f"{sql};{shown}", *effect_lines(effect)]
        case Backfill(table=table, column=column, fill=fill, effect=effect):
            return [f"-- fill {table}.{column} row by row with {fill.source}", *effect_lines(effect)]
        case Guard(sql=sql):
            return [f"{sql};  -- has to come back empty"]
        case EditSchema(rows=rows):
            texts = [f"{row.name}: {row.sql}" if row.sql else f"{row.name} becomes {row.new_name}" for row in rows]
            return ["-- edit sqlite_schema, no row is touched:", *(f"--   {text}" for text in texts)]
        case Call(name=name):
            return [f"-- runs {name}()"]


ACTIONS = {
    "migrate": "applied",
    "rollback": "rolled back",
    "fake": "marked as applied",
    "forget": "only removed from the history",
    "accept": "accepted as edited",
    "script": "applied",
    "begin migrate": "begun, not finished",
    "begin rollback": "rollback begun, not finished",
}
"""What was done with a migration, in words."""


def effects(statement: Statement) -> list[dict[str, Any]]:
    """What a statement means for others, as values; nothing where that is not known."""
    from dataclasses import asdict

    effect = getattr(statement, "effect", None)
    return [] if effect is None else [asdict(effect)]


def effect_lines(effect: Effect | None) -> list[str]:
    """What a statement means for others: its lock, and how many rows are written or read."""
    if effect is None:
        return []
    what = "rewrites" if effect.rewrites else "scans" if effect.scans else ""
    rows = f", {what} about {_counted(effect.rows, 'row')}" if what else ", touches no row"
    return [f"--   lock: {effect.lock}{rows}{_taking(effect.seconds)}"]


def _taking(seconds: float | None) -> str:
    """About how long a statement takes, where that was measured."""
    if seconds is None:
        return ""
    return f", about {span(seconds)}" if seconds >= 1 else ", under a second"


MARKED = {
    "applied": "is marked as applied: nothing of it was run",
    "rolled back": "is removed from the history: nothing of it was undone",
}
"""What became of a migration of which only the history was written."""


def show_report(report: Report) -> None:
    """A line per migration, and the copy that was made before it."""
    for step in report.steps:
        show_step(step, "rolled back" if step.name in report.rolled_back else "applied")


def show_step(step: Step, verb: str) -> None:
    """One migration that is done, the copy that was made before it, and which copies made room for that."""
    if step.marked:
        click.echo(f"{step.name} {MARKED[verb]}")
        return
    click.echo(f"{verb} {step.name}" if step.together else f"{verb} {step.name} ({step.seconds:.2f} s)")
    if step.together and step.statements:
        took = step.together * step.seconds
        click.echo(f"the database is new, so these {step.together} were made together ({took:.2f} s)")
    if step.without_body:
        click.echo("  its file has no function migrate: nothing was run")
    if step.there:
        tables = ", ".join(f'"{table}"' for table in step.there)
        click.echo(f"  there already, as it makes {'it' if len(step.there) == 1 else 'them'}: {tables}")
    if step.backup is not None:
        click.echo(f"  the database as it was before: {step.backup}")
    if step.removed:
        names = ", ".join(old.name for old in step.removed)
        oldest = "copy is" if len(step.removed) == 1 else f"{len(step.removed)} copies are"
        click.echo(f"  the oldest {oldest} removed: {names}")


def loss_line(loss: Losing) -> str:
    """What a migration is about to destroy."""
    if loss.column is None:
        return f'{loss.name} drops table "{loss.table}" and its {_counted(loss.values, "row")}'
    return f'{loss.name} drops "{loss.table}"."{loss.column}" and its {_counted(loss.values, "value")}'


def lost_words(loss: Losing) -> str:
    """What would go with a migration."""
    if loss.column is None:
        return f'{_counted(loss.values, "row")}: table "{loss.table}"'
    return f'{_counted(loss.values, "value")}: column "{loss.column}" of "{loss.table}"'


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def waiting_line(event: Waiting) -> str:
    """Who is in the way, and how long that is borne."""
    name, since, when = event.holder.partition(" since ")
    if event.name:
        return f"{event.name} waits for locks, {event.holder}: up to {event.patience:g} s"
    who = f"{name}, who migrates since {when}" if since else f"another process that migrates: {name}"
    return f"waiting for {who}: up to {event.patience:g} s, as long as nothing of it moves"


def show_adopted(found: Adopted) -> None:
    """What was taken over, and what to type next."""
    for said, names in (
        ("in the history already", found.known),
        ("taken over from the history of playhouse.migrations", found.carried),
        ("marked as applied: the database has it already", found.marked),
    ):
        if names:
            click.echo(f"{len(names)} {said}")
            for name in names:
                click.echo(f"  [x] {name}")
    if found.created is not None:
        click.echo(f"created {shown_path(found.created)}, from the models")
    for name, tool in found.foreign:
        click.echo(f"left as it is: {name} is written for {tool}, and is not run")
    if found.unmanaged:
        click.echo(f"left alone, in no model: {', '.join(found.unmanaged)}")
    click.echo(as_typed("next: peewit check compares everything; peewit status shows where it stands"))


def show_copies(copies: Sequence[Copy], database: str) -> None:
    """A line per copy of a database, newest first."""
    if not copies:
        click.echo(f"there is no copy of {database}")
        return
    click.echo(f"copies of {database}, newest first")
    for copy in copies:
        click.echo(f"  {copy.at:%Y-%m-%d %H:%M:%S} UTC  {copy.size / 1e6:8.1f} MB  before {copy.before}")
        click.echo(f"    {copy.path}")
    click.echo(as_typed("next: peewit restore COPY, which is a copy's path, or the migration it was made before"))


def show_restored(restored: Restored, database: str) -> None:
    """What a database is now, what it was, and what its next start would do."""
    click.echo(f"{database} is what it was in {restored.copy}")
    if restored.former is not None:
        click.echo(f"  as it was until now: {restored.former}")
    click.echo(f"{len(restored.applied)} applied, {len(restored.pending)} pending")
    if restored.pending:
        for name in restored.pending:
            click.echo(f"  [ ] {name}")
        click.echo("what is pending is applied at the next start: repair or remove its file first")


def kept_and_lost(report: Report, lost: Sequence[Losing]) -> dict[str, Any]:
    """The copies that were made, each by its migration, those that made room, and what the migrations destroyed."""
    return {
        "backups": {step.name: str(step.backup) for step in report.steps if step.backup is not None},
        "removed": [str(old) for step in report.steps for old in step.removed],
        "destroyed": [loss._asdict() for loss in lost],
    }


def show_findings(findings: Findings) -> None:
    """A line per finding; what to do about it is said once, after the last of those it is true of."""
    by_hint: dict[str, list[str]] = {}
    for finding in findings.findings:
        by_hint.setdefault(finding.hint, []).append(f"{finding.kind}: {finding.message}")
    for hint, lines in by_hint.items():
        for line in (*lines, *(f"  {line}" for line in as_typed(hint).splitlines())):
            click.echo(line)
    if findings.ok:
        click.echo(f"{'models, ' if findings.models else ''}migrations and database agree")
    if not findings.models:
        click.echo("the models were not compared: none are configured, in pyproject.toml or by --models")
