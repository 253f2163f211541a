"""How the program's answers look: aligned text for people, JSON in UTF-8 for programs."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

import click

_CELL_WIDTH = 72
_GAP = "  "
_ABSENT = "-"


def write_json(value: object) -> None:
    """Print `value` as indented JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2).encode())


def write_json_line(value: object) -> None:
    """Print `value` as JSON on a line of its own."""
    click.echo(json.dumps(value, ensure_ascii=False).encode())


def write_table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print `rows` under `headers` in aligned columns, numbers to the right; `empty` where there is none."""
    body = list(rows)
    if not body:
        click.echo(empty)
        return
    lines = [list(headers), *([cell(value) for value in row] for row in body)]
    numeric = [all(_is_number(row[at]) for row in body) for at in range(len(headers))]
    widths = [max(_width(line[at]) for line in lines) for at in range(len(headers))]
    for line in lines:
        padded = (_pad(*column) for column in zip(line, widths, numeric, strict=True))
        click.echo(_GAP.join(padded).rstrip())


def write_details(pairs: Iterable[tuple[str, object]]) -> None:
    """Print one labelled value per line, values aligned, text of several lines indented under its first."""
    shown = [(label, _text(value)) for label, value in pairs]
    width = max(len(label) for label, _ in shown) + len(_GAP)
    for label, text in shown:
        for at, line in enumerate(text.splitlines() or [""]):
            click.echo(f"{'' if at else label:<{width}}{_printable(line)}".rstrip())


def cell(value: object) -> str:
    """Return `value` as one line of at most 72 columns, an ellipsis where something was left out."""
    line = _printable(" ".join(_text(value).split()))
    if _width(line) <= _CELL_WIDTH:
        return line
    while _width(line) >= _CELL_WIDTH:
        line = line[: _CELL_WIDTH - 1] if len(line) >= _CELL_WIDTH else line[:-1]
    return f"{line.rstrip()}…"


def _text(value: object) -> str:
    match value:
        case None:
            return _ABSENT
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:.4f}"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _printable(line: str) -> str:
    """Show control characters instead of sending them: they would move the terminal's cursor."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) == "Cc" else character
        for character in line
    )


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _pad(text: str, width: int, to_right: bool) -> str:  # noqa: FBT001  # a column of a table, zipped
    blank = " " * (width - _width(text))
    return blank + text if to_right else text + blank


def _width(text: str) -> int:
    """Columns that a terminal gives `text`: two for wide characters, none for combining ones."""
    return sum(
        2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
        if not unicodedata.combining(character)
    )
