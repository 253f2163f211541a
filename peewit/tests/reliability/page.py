"""The page the figures are published on: ``docs/reliability.md``."""

from __future__ import annotations

import datetime
import os
import platform
import sqlite3
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import peewee

from .board import Row

HEAD = """\
# Reliability: what was tried, and what came of it

peewit promises that no row is lost, that nothing runs twice, and that running it again finishes the job: also where
it is killed, started many times at once, or runs out of room. Here each promise is kept or broken, in figures. A
loss is a row, a table or a line of the history that is not what it must be; a stuck lock is a database that nobody
could migrate afterwards.
"""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What was run, on what, and when."""

    command: str
    seed: int
    servers: Sequence[str]
    seconds: float


def page_of(rows: Sequence[Row], told: Mapping[str, str], about: Circumstances) -> str:
    """The whole page. ``told`` says of each case, by name, how it is done."""
    return "\n".join([HEAD, _table(rows), *_broken(rows), *_skipped(rows), _how(rows, told), _circumstances(about)])


def _table(rows: Sequence[Row]) -> str:
    lines = [
        "| case | database | runs | losses | stuck locks | target | met | seconds | figures |",
        "|---|---|---:|---:|---:|---|---|---:|---|",
    ]
    for row in rows:
        case, result = row.case, row.result
        met = "not run" if result.skipped else "yes" if result.kept else "**no**"
        cells = [
            *(case.name, case.database, f"{result.runs:,}", str(result.losses), str(result.stuck), case.target, met),
            *(f"{row.seconds:.0f}", result.figures),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _broken(rows: Sequence[Row]) -> list[str]:
    broken = [row for row in rows if not row.result.kept]
    if not broken:
        return []
    lines = ["## Targets that are not met", ""]
    for row in broken:
        lines += [f"**{row.case.name}, {row.case.database}**", ""]
        lines += [f"- {' '.join(failure.split())}" for failure in row.result.failures] or ["- see the figures"]
        lines.append("")
    return lines


def _skipped(rows: Sequence[Row]) -> list[str]:
    skipped = [row for row in rows if row.result.skipped]
    if not skipped:
        return []
    listed = [f"- {row.case.name}, {row.case.database}: {row.result.skipped}" for row in skipped]
    return ["## Not run", "", *listed, ""]


def _how(rows: Sequence[Row], told: Mapping[str, str]) -> str:
    lines = ["## How it is done", ""]
    for name in dict.fromkeys(row.case.name for row in rows):
        lines += [f"**{name}.** {' '.join(told[name].split())}", ""]
    wrapped = [textwrap.fill(line, 118, break_on_hyphens=False, break_long_words=False) for line in lines]
    return "\n".join(wrapped)


def _circumstances(about: Circumstances) -> str:
    versions = [
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *about.servers,
        f"peewee {peewee.__version__}",
    ]
    lines = {
        "command": f"`{about.command}`",
        "seed": str(about.seed),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "versions": ", ".join(versions),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "duration": f"{about.seconds / 60:.0f} minutes",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in lines.items())
    return f"## Circumstances\n\n| | |\n|---|---|\n{table}\n"
