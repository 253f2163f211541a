"""The command that says what is the matter, and what to type."""

from __future__ import annotations

from typing import Any

import click

from peewit.cli import output, words
from peewit.cli.group import peewit
from peewit.cli.options import as_json, common, manager_of
from peewit.reports import Diagnosis, Symptom

_INDENT = " " * 9
"""Where the text of a symptom stands: behind the word for how bad it is."""

_COLOURS = {"ok": "green", "note": "blue", "warning": "yellow", "problem": "red"}


@peewit.command(short_help="What is the matter, and what mends it.")
@common
@as_json
@click.option("--full", is_flag=True, help="SQLite: compare every index with its table, which reads all of it twice.")
def doctor(full: bool, wants_json: bool, **flags: Any) -> int:
    """Look at the database from all sides, and say what to type for what is found.

    Who migrates at this moment, runs that were interrupted, what is left over, indexes, rules and rows that are not
    what they should be, files, history, privileges. Nothing is written and nothing is waited for. Exit code 1 when
    something has to be mended, 2 when the database cannot be reached.

    \b
    peewit doctor
    peewit doctor --full
    """
    from peewit.doctor import diagnose
    from peewit.moving import mended_by_adopting

    manager = manager_of(flags)
    found = mended_by_adopting(manager, diagnose(manager, full=full))
    if wants_json:
        output.as_json("doctor", ok=found.ok, database=found.database, symptoms=[_as_dict(s) for s in found.symptoms])
    else:
        _show(found)
    return int(not found.ok)


def _as_dict(symptom: Symptom) -> dict[str, Any]:
    return {**symptom._asdict(), "repairs": [repair._asdict() for repair in symptom.repairs]}


def _fitted(line: str) -> list[str]:
    """A line of a symptom, as wide as the terminal leaves it room."""
    room = words.width()
    return words.fitted(line, max(room - len(_INDENT), 20) if room else 0) or [""]


def _show(found: Diagnosis) -> None:
    output.show_lines([f"database {found.database}"])
    for symptom in found.symptoms:
        (first, *rest), *more = map(_fitted, output.as_typed(f"{symptom.message}\n{symptom.meaning}").splitlines())
        word = click.style(f"{symptom.severity:8}", fg=_COLOURS[symptom.severity], bold=symptom.severity != "ok")
        click.echo(f"{word} {first}")
        for line in (*rest, *(part for parts in more for part in parts)):
            click.echo(f"{_INDENT}{line}")
        for repair in symptom.repairs:
            sign = "sql>" if repair.text.endswith(";") else "$"
            if repair.when:
                output.show_lines([f"{_INDENT}{output.as_typed(repair.when)}:"])
            click.echo(f"{_INDENT}  {sign} {output.as_typed(repair.text)}")
    worse = [s.severity for s in found.symptoms if s.severity in ("warning", "problem")]
    if worse:
        counts = [
            f"{worse.count(w)} {w}{'' if worse.count(w) == 1 else 's'}" for w in ("problem", "warning") if w in worse
        ]
        click.echo(", ".join(counts))
    else:
        click.echo("nothing has to be mended")
