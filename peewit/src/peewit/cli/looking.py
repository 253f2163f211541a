"""The commands that tell of migrations and of the database, and change nothing: show, history, diff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from peewit.cli import output, words
from peewit.cli.group import peewit
from peewit.cli.options import as_json, common, manager_of, manager_with_files, migrations

if TYPE_CHECKING:
    from peewit.run.records.past import Past
    from peewit.run.trying.on_paper import Way
    from peewit.telling import Drift, Shown

NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MariaDB and MySQL"}
"""What the kinds of database are called."""

dialects = click.option(
    "--dialect",
    "dialects",
    multiple=True,
    type=click.Choice([*NAMES, "all"]),
    help="SQL for another kind of database than the configured one (repeatable).",
)


@peewit.command(short_help="What one migration does, in words and in SQL.")
@common
@as_json
@dialects
@click.argument("name", shell_complete=migrations)
def show(name: str, dialects: tuple[str, ...], wants_json: bool, **flags: Any) -> int:
    """Show what one migration does, forward and back, and what was done with it. Nothing is run.

    NAME is a name, its beginning, or its number. The SQL is for tables as the migrations before it leave them.

    \b
    peewit show 003
    peewit show 003_add_email --dialect all
    """
    from peewit.telling import show as shown

    found = shown(manager_with_files(flags), name, tuple(NAMES) if "all" in dialects else dialects)
    if wants_json:
        output.as_json(
            "show",
            name=found.name,
            path=str(found.path),
            standing=found.standing,
            atomic=found.atomic,
            past=[entry._asdict() for entry in found.past],
            ways=[_way_as_dict(way) for way in found.ways],
        )
    else:
        _show(found)
    return 0


def _way_as_dict(way: Way) -> dict[str, Any]:
    return {
        "action": way.action,
        "dialect": way.dialect,
        "operations": [operation.describe() for operation in way.operations],
        "statements": [line for statement in way.statements for line in output.statement_lines(statement)],
        "own": list(way.own),
        "problem": way.problem,
    }


def _show(found: Shown) -> None:
    click.echo(f"{click.style(found.name, bold=True)}  ({found.standing})")
    click.echo(f"  {output.shown_path(found.path)}")
    for entry in found.past:
        click.echo(f"  {past_line(entry)}")
    if not found.atomic:
        click.echo("  not in one transaction: atomic = False")
    for action in ("migrate", "rollback"):
        ways = [way for way in found.ways if way.action == action]
        click.echo(click.style(action, bold=True))
        for operation in ways[0].operations:
            click.echo(f"  {operation.describe()}")
        for way in ways:
            _show_way(way, several=len(ways) > 1)


def _show_way(way: Way, *, several: bool) -> None:
    if several:
        click.echo(f"  on {NAMES[way.dialect]}:")
    for statement in way.statements:
        for line in output.statement_lines(statement):
            click.echo(f"    {line}")
    for sql in way.own:
        click.echo(f"    -- by itself: {' '.join(sql.split())}")
    if way.problem:
        click.echo(f"    -- {way.problem}")
    elif not (way.statements or way.own):
        click.echo("    -- nothing")


@peewit.command(short_help="What was applied and rolled back, when, by whom.")
@common
@as_json
@click.option("-n", "--last", type=click.IntRange(min=1), metavar="N", help="Only the newest N.")
@click.argument("name", required=False, shell_complete=migrations)
def history(name: str | None, last: int | None, wants_json: bool, **flags: Any) -> int:
    """Show what was done with the migrations, oldest first; with NAME, with one of them. Times are UTC.

    \b
    peewit history
    peewit history --last 5
    peewit history 003_add_email
    """
    from peewit.folder import resolve
    from peewit.telling import history as told

    manager = manager_of(flags)
    entries = told(manager)
    if name is not None:
        full = resolve(name, dict.fromkeys([*(entry.name for entry in entries), *manager.folder.names()]))
        entries = tuple(entry for entry in entries if entry.name == full)
    entries = entries[-last:] if last else entries
    if wants_json:
        output.as_json("history", entries=[entry._asdict() for entry in entries])
    else:
        _show_history(entries)
    return 0


def _show_history(entries: Sequence[Past]) -> None:
    width = max((len(entry.name) for entry in entries), default=0)
    output.show_lines([past_line(entry, width) for entry in entries])
    if not entries:
        click.echo("nothing was applied yet")


def past_line(entry: Past, width: int | None = None) -> str:
    """One thing that was done: when, what, how long it took, who; with the migration's name where that is wanted."""
    name = "" if width is None else f"{entry.name:{width}}  "
    took = (
        ""
        if entry.seconds is None or entry.action in ("fake", "forget", "accept", "script")
        else f"{entry.seconds:.2f} s"
    )
    run = entry.seconds is not None and entry.action in ("migrate", "rollback")
    took = f"{entry.seconds:.2f} s" if run else ""
    action = output.ACTIONS.get(entry.action, entry.action)
    who = entry.who or "by another tool"
    if entry.action == "script":
        who = "by a script of peewit sql" + (f", run by {entry.who}" if entry.who else "")
    return f"{entry.at[:19]} UTC  {name}{action:11}  {took:>8}  {who}"


@peewit.command(short_help="Where the database is not what the migrations say.")
@common
@as_json
def diff(wants_json: bool, **flags: Any) -> int:
    """Compare the live database with the migrations that were applied to it. Exit code 1 where they differ.

    Models and pending migrations play no part here: `peewit check` compares all of them. Tables that no migration
    speaks of are named, and are no difference. Nothing is changed.

    \b
    peewit diff
    peewit diff --json
    """
    from peewit.telling import drift

    manager = manager_of(flags)
    found = drift(manager)
    if wants_json:
        told = {
            **found._asdict(),
            "destroys": [loss._asdict() for loss in found.destroys],
            "half_done": [run._asdict() for run in found.half_done],
        }
        output.as_json("diff", database=manager.target.name, ok=found.ok, **told)
    else:
        _show_drift(found, manager.target.name)
    return int(not found.ok)


def _show_drift(found: Drift, database: str) -> None:
    click.echo(f"database {database}")
    for line in found.differences:
        click.echo(f"  {line}")
    for line in found.unlooked:
        click.echo(f"  {line}")
    if found.unmanaged:
        click.echo(f"in no migration, and left alone: {', '.join(found.unmanaged)}")
    for run in found.half_done:
        for line in words.half_done_lines(run):
            click.echo(line)
        click.echo("  the tables it changes were not compared")
    if not found.differences:
        click.echo(f"{'the rest of ' if found.half_done else ''}the database is what the applied migrations say")
    else:
        _show_ways(found)
    if found.half_done:
        click.echo(output.as_typed(words.next_of(found.half_done[0])))


def _show_ways(found: Drift) -> None:
    """Where differences come from, how to keep them, and how to undo them."""
    from peewit.run.applying.advice import KEEP

    for reason in found.reasons:
        click.echo(output.as_typed(reason))
    if found.keepable:
        click.echo(output.as_typed(f"to keep it: {KEEP}"))
    if found.sql:
        destroys = "; this destroys " + " and ".join(map(output.lost_words, found.destroys)) if found.destroys else ""
        click.echo(f"to undo it{destroys}:")
        for sql in found.sql:
            click.echo(f"  {sql}")
