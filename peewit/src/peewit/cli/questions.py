"""Questions on a terminal: what only a developer knows, each with the flag that answers it without being asked."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from peewit.cli.output import as_typed, docstring_lines, lost_words, shown_path
from peewit.cli.stopping import asking
from peewit.cli.words import by_make
from peewit.diff import lost_in
from peewit.diff.answers import Answers, Told, fill_value
from peewit.diff.renames import a_rename
from peewit.errors import AmbiguousRenameError, ConfigError, PeewitError
from peewit.files.groups import without_value
from peewit.manager import MigrationManager
from peewit.operations import Operation
from peewit.reports import Losing
from peewit.schema import Column
from peewit.telling import destroyed


def quoted(word: str) -> str:
    """A word as a shell takes it; one with quotes for Python in it stays readable."""
    return f'"{word}"' if "'" in word and not set('"$`\\!') & set(word) else shlex.quote(word)


def command(name: str, answers: Answers, verb: str = "create", *, sure: bool = False) -> str:
    """What to type for a migration with these answers, as it is typed here; ``sure`` that what is destroyed may go."""
    renames, none = answers.renames or {}, answers.renames is not None and answers.told == "all"
    if "MAKELEVEL" not in os.environ or verb != "create":
        words = [word for old, new in renames.items() for word in ("--rename", f"{old}:{new}")]
        words += ["--no-rename"] if none else []
        words += [word for key, text in answers.fill.items() for word in ("--fill", f"{key}={text}")]
        words += ["--yes"] if sure else []
        return " ".join(["peewit", verb, *([quoted(name)] if name else []), *map(quoted, words)])
    pairs = " ".join([*(f"{old}:{new}" for old, new in renames.items()), *(["none"] if none else [])])
    filled = " ".join(f"{key}=({text})" if " " in text else f"{key}={text}" for key, text in answers.fill.items())
    parts = [f"name={name}", *([f"rename={pairs}"] if pairs else []), *([f"fill={filled}"] if filled else [])]
    parts += ["args=--yes"] if sure else []
    return " ".join(["make", "migrate-create", *map(quoted, parts)])


def refuse_half_told(manager: MigrationManager, answers: Answers) -> None:
    """AmbiguousRenameError where renames are named, and there may be others."""
    if answers.renames and answers.told != "all":
        _changes(manager, answers)


def _changes(manager: MigrationManager, answers: Answers) -> Sequence[Operation]:
    return manager.changes(renames=answers.renames, fill=answers.fill, told=answers.told).operations


def with_commands(
    error: AmbiguousRenameError, manager: MigrationManager, name: str, answers: Answers, verb: str
) -> AmbiguousRenameError:
    """The same question with the commands that answer it, and every other that is open, for whoever cannot be asked."""
    lines, unknown, given = [], False, answers.renames or {}
    for renames in (*error.readings, {}):
        reading = replace(answers, renames={**given, **renames}, told=_told_by(error) if renames else "all")
        whole, lost = _with_the_rest(manager, reading)
        unknown |= "EXPR" in whole.fill.values()
        what = a_rename(lost) if renames else "for a drop and an addition, which loses it"
        lines.append(f"{what}:  {command(name, _as_typed(manager, whole), verb)}")
    if unknown:
        lines.append("EXPR is what rows get that have no value, in Python: 0, \"'text'\" or uuid.uuid4()")
    error.hint = "\n".join(lines)
    return error


def _told_by(error: AmbiguousRenameError) -> Told:
    """What all is told of once these doubts are answered: those about tables come first."""
    return "tables" if error.of_tables else "all"


def _with_the_rest(manager: MigrationManager, answers: Answers) -> tuple[Answers, Sequence[str]]:
    """These answers with the likeliest to every other question and the fields that need a value; what they drop."""
    while True:
        try:
            operations = _changes(manager, answers)
        except AmbiguousRenameError as error:
            likeliest = {**(answers.renames or {}), **error.readings[0]}
            answers = replace(answers, renames=likeliest, told=_told_by(error))
        except PeewitError:
            return answers, ()  # they do not fit: the command itself will say why
        else:
            missing = {key: "EXPR" for key, _ in without_value(operations)}
            return replace(answers, fill={**answers.fill, **missing}), lost_in(operations)


def _as_typed(manager: MigrationManager, answers: Answers) -> Answers:
    """The same answers in as few flags as possible: that nothing else was renamed is said where there is a doubt."""
    fewer = replace(answers, told="nothing", fill={k: text for k, text in answers.fill.items() if text != "EXPR"})
    try:
        if answers.renames:
            _changes(manager, fewer)
    except AmbiguousRenameError:
        return replace(answers, told="all")
    except PeewitError:
        pass  # they do not fit, with all flags or with few
    return replace(answers, told="nothing" if answers.renames else "all")


def answered(
    manager: MigrationManager,
    name: str,
    answers: Answers,
    *,
    sure: bool,
    agreed: bool = False,
    verb: str = "create",
) -> Answers:
    """The answers that were given, and those to every question that is open; Exit where it is not to go on.

    ``agreed``: it was asked before this whether what is destroyed may go.
    """
    with asking("nothing was written"):
        return _answered(manager, name, answers, sure=sure, agreed=agreed, verb=verb)


def _answered(
    manager: MigrationManager, name: str, answers: Answers, *, sure: bool, agreed: bool, verb: str
) -> Answers:
    given = answers
    while True:
        try:
            operations = _changes(manager, answers)
            break
        except AmbiguousRenameError as error:
            answers = replace(answers, renames={**(answers.renames or {}), **_renamed(error)}, told=_told_by(error))
    for key, column in without_value(operations):
        text = _value(key, column)
        answers = replace(answers, fill={**answers.fill, **({key: text} if text else {})})
    lost = () if sure else _destroyed(manager, operations)
    if lost and not _is_meant(manager, lost):
        click.echo("nothing was written")
        raise click.exceptions.Exit(1)
    if given != answers:
        whole = command(name, _as_typed(manager, answers), verb, sure=bool(sure or agreed or lost))
        click.echo(as_typed(f"without questions: {whole}"))
    return answers


# ---------------------------------------------------------------------- what was left open


_WARNED = re.compile(r"(\S+) (?:has no value for rows that exist|becomes not null):")
"""What a new file says of a field that has nothing for rows that exist."""

_TO_DIFFER = re.compile(r"(\S+) is unique and gets one value\b.* for each, such as (.+)\.$")
"""What it says of a field that has one value for rows which have to differ."""


def show_without_value(path: Path, manager: MigrationManager, name: str, answers: Answers) -> None:
    """Where the new file stops at rows that have no value, or all the same: the command that gives them one."""
    told = docstring_lines(path.read_text(encoding="utf-8"))
    missing = {found[1]: "EXPR" for found in map(_WARNED.match, told) if found}
    differing = {found[1]: found[2] for found in map(_TO_DIFFER.match, told) if found}
    fill = missing | differing
    if fill:
        with manager.folder.without(path.stem):
            again = command(name, _as_typed(manager, replace(answers, fill={**answers.fill, **fill})))
        rows = "its" if len({field.rpartition(".")[0] for field in fill}) == 1 else "their"
        give = f"to give {rows} rows a value" if missing else f"to give each of {rows} rows its own value"
        click.echo(f"{give}: rm {quoted(shown_path(path))}, then {again}")


# ---------------------------------------------------------------------- renames


def _renamed(error: AmbiguousRenameError) -> dict[str, str]:
    """Of each thing that is gone, what it is now; nothing where it was dropped."""
    chosen: dict[str, str] = {}
    for old in dict.fromkeys(old for old, _ in error.doubts):
        taken = {new for other, new in chosen.items() if error.of_tables or _table(other) == _table(old)}
        news = [new for other, new in error.doubts if other == old and new not in taken]
        if news and (new := _choose(old, news)):
            chosen[old] = new
    return chosen


def _table(name: str) -> str:
    """The table of ``table.field``."""
    return name.rpartition(".")[0]


def _choose(old: str, news: Sequence[str]) -> str:
    listed = "this is" if len(news) == 1 else "these are"
    click.echo(f"{old} is gone from the models, and {listed} new: {', '.join(news)}")
    flags = [*(f"--rename {old}:{new}" for new in news), "--no-rename"]
    words = [*(f"renamed to {new}: what is in it stays" for new in news), "dropped, with what is in it"]
    width = max(map(len, words))
    for number, (text, flag) in enumerate(zip(words, flags, strict=True), start=1):
        click.echo(f"  {number}  {text:{width}}  {click.style(_by_make(flag), dim=True)}")
    number = click.prompt("which", value_proc=lambda text: _number(text, len(words)), default="1")
    return "" if number == len(words) else news[number - 1]


def _number(text: str, last: int) -> int:
    """Which of the answers that are listed."""
    if not (text.strip().isdecimal() and 1 <= int(text) <= last):
        raise click.UsageError(f'"{text}" is none of the answers: type a number from 1 to {last}')
    return int(text)


def _by_make(flag: str) -> str:
    if "MAKELEVEL" not in os.environ:
        return flag
    return flag.replace("--no-rename", "rename=none").replace("--rename ", "rename=").replace("--fill ", "fill=")


# ---------------------------------------------------------------------- values


def _value(key: str, column: Column) -> str:
    """A Python expression that fits the column; empty where there are no rows."""
    click.echo(f"{key} cannot be null: what do rows get that have no value for it?")
    click.echo(
        f"  a Python expression, as 0, 'text' or uuid.uuid4()  {click.style(_by_make(f'--fill {key}=…'), dim=True)}"
    )
    click.echo("  or nothing: the table is empty, or becomes so")
    while True:
        text = str(click.prompt(f"value for {key}", default="", show_default=False)).strip()
        if not text:
            return ""
        try:
            fill_value(text, key, column)
        except ConfigError as error:
            click.echo(f"  {error.message}" + (f"; {error.hint}" if error.hint else ""))
        else:
            return text


# ---------------------------------------------------------------------- what goes


def _destroyed(manager: MigrationManager, operations: Sequence[Operation]) -> Sequence[Losing]:
    """What would be destroyed, as the database is now; nothing where that cannot be counted, which is said."""
    try:
        return destroyed(manager, operations)
    except PeewitError as error:
        click.echo(f"what it would destroy was not counted: {error.message}")
        return ()


def _is_meant(manager: MigrationManager, lost: Sequence[Losing]) -> bool:
    """Whether what would be destroyed is to be destroyed."""
    click.echo(click.style(f"in {manager.target.name} this would destroy", fg="red"))
    for loss in lost:
        click.echo(f"  {lost_words(loss)}")
    flag = "args=--yes" if by_make() else "--yes"
    return click.confirm("write the migration" + click.style(f" (not asked with {flag})", dim=True), default=False)
