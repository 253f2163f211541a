"""What a status says, line by line: for the whole command, and for the short way to it, which loads nothing else."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from peewit.reports import Failed, Interrupted

    Applied = tuple[str, Any, float | None, str]


NOTHING: Mapping[str, str] = {}

FEW = 4
"""How many of a pending migration's operations are told where not all are asked for."""


def place_of(database: str, server: str, unmade: str = "") -> str:
    """Which database it is, and what; ``unmade`` says of a SQLite file that it is not there."""
    return f"{database} ({server}){f': {unmade}' if unmade else ''}"


def status_lines(
    applied: Sequence[Applied],
    pending: Sequence[str],
    missing: Sequence[str],
    edited: Sequence[str],
    out_of_order: Sequence[str],
    interrupted: Sequence[Interrupted] = (),
    failed: Sequence[Failed] = (),
    migrator: str = "",
    *,
    place: str,
    says: Callable[[str], Sequence[str]],
    verbose: bool = False,
    notes: Mapping[str, str] = NOTHING,
    absent: str = "",
    instead: Sequence[str] = (),
) -> Iterator[str]:
    """Which database, counts, names, then what to type: a :class:`~peewit.reports.Status` in words.

    By whom something was applied is left out where the terminal has no room for it. ``place`` is which database it is,
    and what. ``says`` gives what the file of a pending migration says of itself,
    ``notes`` has what is the matter with some of them. ``absent`` is the folder where even that is not there;
    ``instead``: :data:`ADOPT`, or what :func:`elsewhere` says.
    """
    yield f"database {place}"
    yield f"{len(applied)} applied, {len(pending)} pending"
    rows = list(_applied_lines(applied, missing, edited, verbose=verbose))
    room = 0 if verbose else width()
    if 0 < room < max(map(len, rows), default=0):
        rows = list(_applied_lines([(*entry[:3], "") for entry in applied], missing, edited))
    yield from rows
    half = {run.name for run in interrupted}
    for name in pending:
        late = "  (older than one that is applied)" if name in out_of_order else ""
        noted = f"  ({notes[name]})" if name in notes else ""
        yield f"  [{'~' if name in half else ' '}] {name}{late}{noted}"
        lines = says(name)
        shown = lines if verbose or len(lines) <= FEW + 1 else lines[:FEW]
        yield from (f"        {line}" for line in shown)
        if len(shown) < len(lines):
            yield as_typed(f"        and {len(lines) - len(shown)} more: peewit show {name}")
    for line in standing(
        applied,
        pending,
        missing,
        edited,
        interrupted,
        failed,
        migrator,
        absent=absent,
        instead=instead,
        unreadable=_unreadable(notes) if notes else (),
    ):
        yield as_typed(line)


def _applied_lines(
    applied: Sequence[Applied], missing: Sequence[str], edited: Sequence[str], *, verbose: bool = False
) -> Iterator[str]:
    """What is applied, when, how long it took and by whom, in columns."""
    longest = max((len(entry[0]) for entry in applied), default=0)
    for name, at, seconds, who in applied:
        marks = [word for word, names in (("edited", edited), ("file is gone", missing)) if name in names]
        took = f"{seconds:.2f} s" if seconds else ""
        by = who if verbose else who.partition(" (")[0]
        note = f"({', '.join(marks)})" if marks else ""
        yield f"  [x] {name:{longest}}  {str(at)[:19]} UTC  {took:>8}  {by}{'  ' if by else ''}{note}".rstrip()


def unmade(path: str) -> str:
    """What to say of a SQLite file that is not there, and perhaps mistyped."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.exists(path):
        return ""
    if not os.path.isdir(folder):
        return f"there is no such file, and no folder {folder}"
    meant = above(path)
    return f"this file does not exist yet, and {meant} does" if meant else "this file does not exist yet"


ADOPT = (
    "the database has tables, and no history of migrations",
    "next: peewit adopt, which takes over the tables that are there",
)
"""What to type where a database has tables and no history."""


def elsewhere(path: str) -> tuple[str, ...]:
    """What to type where there is no file, and one above this folder may be meant; nothing where there is none."""
    meant = "" if os.path.exists(path) else above(path)
    if not meant:
        return ()
    return (
        f"a relative path is of the folder it is typed in: is {meant} meant?",
        f"next: cd {os.path.dirname(meant)}, and peewit status; here, peewit migrate would make another database",
    )


def above(path: str) -> str:
    """A file that has the path from a folder above this one, up to the project's; empty where there is none."""
    folder = os.getcwd()
    relative = os.path.relpath(path, folder)
    while not os.path.isfile(os.path.join(folder, "pyproject.toml")) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        meant = os.path.join(folder, relative)
        if os.path.isfile(meant) and not relative.startswith(os.pardir):
            return meant
    return ""


def _unreadable(notes: Mapping[str, str]) -> list[str]:
    """The pending migrations whose files are no programs."""
    from peewit.files.trouble import UNREADABLE

    return [name for name, note in notes.items() if note.startswith(UNREADABLE)]


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
    by_a_tool = first.startswith(("Migration ", "Peewee migrations -- "))
    return found or ([] if by_a_tool or not first.strip() else [first.strip()])


def standing(
    applied: Sequence[object],
    pending: Sequence[str],
    missing: Sequence[str],
    edited: Sequence[str],
    interrupted: Sequence[Interrupted],
    failed: Sequence[Failed] = (),
    migrator: str = "",
    *,
    absent: str = "",
    instead: Sequence[str] = (),
    unreadable: Sequence[str] = (),
) -> Iterator[str]:
    """Where files and database stand to one another, and what to type next; as for :func:`status_lines`."""
    odd = [f"{name} was edited after it was applied" for name in edited]
    odd += [f"{name} was applied and its file is gone" for name in missing]
    yield from odd
    for run in interrupted:
        yield from half_done_lines(run)
    for one in failed:
        yield from failed_lines(one)
    if migrator and not any(run.migrator for run in interrupted):
        yield f"a migration is running: {migrator}"
    if interrupted:
        yield next_of(interrupted[0])
    elif migrator:
        yield "next: peewit status, again, when it is done"
    elif edited or (odd and not pending):
        yield "next: peewit check, which says what can be done"
    elif missing:
        yield f"next: peewit check, which says what can be done about {missing[0]}; peewit migrate goes on without it"
    elif instead:
        yield from instead
    elif unreadable:
        yield f"next: correct {unreadable[0]}, then peewit migrate"
    elif failed:
        yield "next: peewit migrate, when the cause is mended"
    elif pending:
        yield "next: peewit migrate"
    elif not applied:
        yield f"there is no folder {absent} yet" if absent else "there are no migrations yet"
        yield f"next: peewit create NAME{', which makes it' if absent else ''}"
    else:
        yield "the database is up to date"


def half_done_lines(run: Interrupted) -> Iterator[str]:
    """What became of a run that is half done, and how far it came."""
    from peewit.reports import half_way

    yield f"{run.name} is half done: its {run.action} {run.how}"
    if run.failed:
        yield f"  it failed with: {run.failed}"
    yield f"  {half_way(run)}"


def failed_lines(run: Failed) -> Iterator[str]:
    """What became of a run that left nothing."""
    yield f"{run.name} {run.how}"
    yield f"  it failed with: {run.why}"


def next_of(run: Interrupted) -> str:
    """What to type about a run that is half done."""
    if run.migrator:
        return f"next: {run.next}, again, when it is done"
    if run.next == "peewit doctor":
        return f"next: {run.next}, which says what has to be looked at, and done by hand"
    return f"next: {run.next}, which goes on where it stopped, or says what to do"


def width() -> int:
    """How wide a line may be; 0 where nobody looks, or nobody knows."""
    if not sys.stdout.isatty():
        return 0
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal():
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return 0


def fitted(line: str, room: int | None = None) -> list[str]:
    """A line as it fits on the terminal: what is too long goes on in the next one, further in. ``room``: its width."""
    room = width() if room is None else room
    if not room or len(line) <= room:
        return [line]
    from textwrap import wrap

    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return wrap(
        line, max(room, len(indent) + 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


_TASKS = ("status", "migrate", "rollback", "plan", "check", "doctor", "redo", "restore")
"""The commands a Makefile that calls us has a task for; `create` and `accept` take a name."""

_WORD = r"""(?:"[^"]*"|'[^']*'|,(?=\S)|[^\s"',])+"""
"""A word as a shell takes it."""

_TYPED = (
    r"peewit (create|accept|status|migrate|rollback|plan|check|doctor|redo|restore|adopt|diff|history|init|models|show"
    rf"|sql)\b((?: (?:--(?:fill|rename) {_WORD}|--dialect \w+|--[a-z][\w-]*"
    r"|\+?\d\w*|zero|[A-Z]{4,}|\S+=EXPR|[\w./]+:[\w./]+"
    r"|\S+-before-\S+))*)|--fill (\S+=EXPR|\"[^\"]*\")|--rename ([\w./]+:[\w./]+)|--no-rename|--lock-timeout SECONDS"
)
"""A command of ours as it stands in a text, with what follows it: options, migrations, what stands for a word."""


def by_make() -> bool:
    """Whether make called us."""
    return "MAKELEVEL" in os.environ


def usage_by_make(command: str, pieces: Sequence[str]) -> str:
    """How a command is called by make; ``pieces`` are what click says that it takes."""
    if command == "create":
        return 'make migrate-create name=NAME [rename=…] [fill=…] [args="OPTIONS"]'
    if command == "accept":
        return 'make migrate-accept name=NAME [args="OPTIONS"]'
    if command == "restore":
        return 'make migrate-restore [copy=COPY] [args="OPTIONS"]'
    if command in _TASKS:
        return f'{_task(command)} [args="{" ".join(pieces)}"]'
    return f'make migrate-command args="{" ".join([*([command] if command != "peewit" else []), *pieces])}"'


def as_typed(text: str) -> str:
    """What to type, as it is typed here: by make where make called us."""
    if by_make():
        import re

        text = re.sub(r"peewit (create|accept) (?!--)([\w…]+)", r"make migrate-\1 name=\2", text)
        text = text.replace("peewit --help", "make migrate-command args=--help")
        text = re.sub(rf"(?<!bin/){_TYPED}", lambda found: _by_make(found[0], *found.groups()), text)
    return text


def help_as_typed(text: str) -> str:
    """A help text with its commands as they are typed here; what is said beside some of them stays in one column."""
    if not by_make():
        return text
    from inspect import cleandoc

    found = [line.partition("   ") for line in cleandoc(text).split("\n")]
    rows = [(as_typed(command), said.strip()) for command, _, said in found]
    column = max((len(command) for command, said in rows if said), default=0)
    return "\n".join(f"{command:{column}}  {said}" if said else command for command, said in rows)


def _by_make(text: str, command: str | None, more: str | None, fill: str | None, rename: str | None) -> str:
    """The task for a command, with what follows it as make takes it; or one of its options."""
    words = (more or "").strip()
    if command is None:
        quoted = fill if fill and fill[0] == '"' else f'"{fill}"'
        option = f"fill={quoted}" if fill else f"rename={rename}" if rename else ""
        return option or ("rename=none" if text == "--no-rename" else f'args="{text}"')
    if command == "restore":
        return f"make migrate-restore copy={words}" if words else "make migrate-restore"
    if command not in _TASKS:
        command, words = "command", f"{command} {words}".strip()
    return f"{_task(command)} args={_in_one(words)}" if words else _task(command)


def _task(command: str) -> str:
    return "make migrate" if command == "migrate" else f"make migrate-{command}"


def _in_one(words: str) -> str:
    """Several words as one, for a shell."""
    if '"' in words:
        from shlex import quote

        return quote(words)
    return f'"{words}"' if " " in words else words
