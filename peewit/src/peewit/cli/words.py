"""What a status says, line by line: for the whole command, and for the short way to it, which loads nothing else."""

from __future__ import annotations

import os

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from peewit.reports import Interrupted

    Applied = tuple[str, Any, float | None, str]


FEW = 4
"""How many of a pending migration's operations are told where not all are asked for."""


def status_lines(
    applied: Sequence[Applied],
    pending: Sequence[str],
    missing: Sequence[str],
    edited: Sequence[str],
    out_of_order: Sequence[str],
    database: str,
    interrupted: Sequence[Interrupted],
    server: str,
    *,
    says: Callable[[str], Sequence[str]],
    verbose: bool = False,
) -> Iterator[str]:
    """Which database, counts, names, then what to type: a :class:`~peewit.reports.Status` in words.

    ``says`` gives what the file of a pending migration says of itself.
    """
    yield f"database {database} ({server})"
    yield f"{len(applied)} applied, {len(pending)} pending"
    width = max(map(len, [entry[0] for entry in applied]), default=0)
    for name, at, seconds, who in applied:
        marks = [word for word, names in (("edited", edited), ("file is gone", missing)) if name in names]
        took = f"{seconds:.2f} s" if seconds else ""
        by = who if verbose else who.partition(" (")[0]
        note = f"({', '.join(marks)})" if marks else ""
        yield f"  [x] {name:{width}}  {str(at)[:19]}  {took:>8}  {by}  {note}".rstrip()
    half = {run.name for run in interrupted}
    for name in pending:
        late = "  (older than one that is applied)" if name in out_of_order else ""
        yield f"  [{'~' if name in half else ' '}] {name}{late}"
        lines = says(name)
        shown = lines if verbose or len(lines) <= FEW + 1 else lines[:FEW]
        yield from (f"        {line}" for line in shown)
        if len(shown) < len(lines):
            yield f"        and {len(lines) - len(shown)} more: peewit show {name}"
    for line in standing(applied, pending, missing, edited, interrupted):
        yield as_typed(line)


def says_of_itself(source: str) -> list[str]:
    """The operations a migration's docstring lists; of one a person wrote, its first line."""
    text = source.lstrip("\ufeff \t\r\n")
    if not text.startswith('"""'):
        return []
    first, *rest = text[3:].partition('"""')[0].replace("\\\\", "\\").splitlines() or [""]
    found: list[str] = []
    for line in rest:
        if line.startswith("- "):
            found.append(line[2:])
        elif found and line.startswith("  "):
            found[-1] += f" {line.strip()}"
        elif found:
            break
    return found or ([] if first.startswith("Migration ") or not first.strip() else [first.strip()])


def standing(
    applied: Sequence[object],
    pending: Sequence[str],
    missing: Sequence[str],
    edited: Sequence[str],
    interrupted: Sequence[Interrupted],
) -> Iterator[str]:
    """Where files and database stand to one another, and what to type next."""
    odd = [f"{name} was edited after it was applied" for name in edited]
    odd += [f"{name} was applied and its file is gone" for name in missing]
    yield from odd
    for run in interrupted:
        yield from half_done_lines(run)
    if interrupted:
        yield next_of(interrupted[0])
    elif edited or (odd and not pending):
        yield "next: peewit check, which says what can be done"
    elif pending:
        yield "next: peewit migrate"
    elif not applied:
        yield "there are no migrations yet"
        yield "next: peewit create NAME"
    else:
        yield "the database is up to date"


def half_done_lines(run: Interrupted) -> Iterator[str]:
    """What became of a run that is half done, and how far it came."""
    from peewit.reports import half_way

    yield f"{run.name} is half done: its {run.action} {run.how}"
    if run.failed:
        yield f"  it failed with: {run.failed}"
    yield f"  {half_way(run)}"


def next_of(run: Interrupted) -> str:
    """What to type about a run that is half done."""
    if run.migrator:
        return f"next: {run.next}, again, when it is done"
    return f"next: {run.next}, which goes on where it stopped, or says what to do"


_BY_MAKE = (
    (r"peewit (migrate|rollback) (?=--|\d|zero)", r".venv/bin/peewit \1 "),
    (r"peewit migrate\b", "make migrate"),
    (r"peewit (create|accept) ([\w…]+)", r"make migrate-\1 name=\2"),
    (r"peewit redo (?=--)", r".venv/bin/peewit redo "),
    (r"peewit (status|rollback|plan|check|doctor|redo)\b", r"make migrate-\1"),
    (r"peewit (adopt|diff|history|init|models|restore|show|sql)\b", r".venv/bin/peewit \1"),
    (r"--fill (\S+=EXPR)", r'fill="\1"'),
)
"""How a command of ours is typed where a Makefile calls us."""


def as_typed(text: str) -> str:
    """What to type, as it is typed here: by make where make called us."""
    if "MAKELEVEL" in os.environ:
        import re

        for ours, theirs in _BY_MAKE:
            text = re.sub(rf"(?<!bin/){ours}", theirs, text)
    return text
