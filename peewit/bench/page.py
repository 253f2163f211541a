"""The page the figures are published on: ``docs/benchmarks.md``."""

from __future__ import annotations

import datetime
import math
import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from .loads import Load
from .measure import Sample

HEAD = """\
# Benchmarks

Every figure is measured, by `make bench`, in one run: each tool in an environment of its own, each sample in a process
of its own, all tools in turns, so that a slow moment of the machine meets all of them. "× the limit" is the median of
the ratios within a round; the limit is the driver alone doing the least that has to be done, for which it needs no
file format, no check and no lock. peewit runs as it comes: with its lock, its journal, its proofs, and its look for
edited files. Only the copy of the file that it makes before something is lost has a row of its own, because no other
tool makes one. Importing a tool is outside the clock, but where it is said.
"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The samples of one workload at one size, by tool."""

    load: Load
    size: int
    samples: Mapping[str, Sequence[Sample]]

    def ratio(self, label: str, basis: str) -> float:
        """How many times the limit it takes: the median of the rounds."""
        pairs = zip(self.samples[label], self.samples["limit"], strict=True)
        return median(mine[basis] / least[basis] for mine, least in pairs)

    def middle(self, label: str, what: str) -> float:
        """The median of wall or CPU time, or of memory."""
        return median(sample[what] for sample in self.samples[label])


def page_of(found: Sequence[Figures], versions: Mapping[str, str], *, server: str, rounds: int) -> str:
    """The whole page."""
    parts = [HEAD, _circumstances(versions, server, rounds)]
    for load, group in groupby(found, lambda figures: figures.load):
        parts.append(_section(load, list(group)))
    return "\n".join(parts)


def _section(load: Load, all_figures: list[Figures]) -> str:
    basis = {"cpu": "CPU time", "wall": "wall time"}[load.basis]
    lines = [f"## {load.title}\n"]
    lines += [f"{load.note} Ratios of {basis}.\n" if load.note else f"Ratios of {basis}.\n"]
    lines += ["| | " + " | ".join(f"{figures.size:,} {load.unit}" for figures in all_figures) + " | growth | memory |"]
    lines += ["|---|" + "---:|" * (len(all_figures) + 2)]
    for label in all_figures[0].samples:
        cells = [_cell(figures, label) for figures in all_figures]
        memory = f"{all_figures[-1].middle(label, 'memory'):.0f} MB"
        name = f"**{label}**" if label == "peewit" else label
        lines.append(f"| {name} | " + " | ".join([*cells, _growth(all_figures, label), memory]) + " |")
    return "\n".join(lines) + "\n"


def _cell(figures: Figures, label: str) -> str:
    basis = figures.load.basis
    return f"{_time(figures.middle(label, basis))} ({figures.ratio(label, basis):.2f} ×)"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def _growth(all_figures: Sequence[Figures], label: str) -> str:
    """The exponent: 1 where twice the size takes twice the time."""
    if len(all_figures) < 2:
        return ""
    points = [(math.log(f.size), math.log(f.middle(label, f.load.basis))) for f in all_figures]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return f"{sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points):.2f}"


def _circumstances(versions: Mapping[str, str], server: str, rounds: int) -> str:
    tools = ", ".join(f"{name} {version}" for name, version in versions.items() if name not in ("limit", "playhouse"))
    databases = f"SQLite {sqlite3.sqlite_version}" + (f", PostgreSQL {server} on the same machine" if server else "")
    return (
        f"Measured on {datetime.date.today():%d %B %Y}: {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, {databases}; {tools}, Peewee {versions['limit']} "
        f"(also for playhouse.migrations). {rounds} rounds, medians; the SQLite files are on a disk in memory. "
        '"Growth" is the exponent over the sizes: 1 where twice as much takes twice as long. "Memory" is the peak of the '
        "process at the largest size.\n"
    )
