"""What most likely became what: a pairing of all that is gone with all that is new, likeliest as a whole."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from peewit.dataclass import dataclass

FEW = 4
"""How many readings of what was renamed are offered."""

ALIKE = 0.6
"""Names that have less than this in common have nothing in common: a letter or two are chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One question left open: did ``old`` become ``new``? Both as the flags name them.

    ``within``: the table that both are in, empty for tables themselves. ``likeness`` compares doubts with each other.
    """

    old: str
    new: str
    within: str = ""
    likeness: float = 0.0


def names_alike(old: str, new: str) -> float:
    """How much two names have in common, from 0 to 1: ``name`` is as much in ``first_name`` as in ``last_name``."""
    mine, other = _words(old), _words(new)
    if mine <= other or other <= mine:
        return 0.5 + 0.5 * min(len(mine), len(other)) / max(len(mine), len(other))
    common = len(mine & other) / len(mine | other)
    letters = difflib.SequenceMatcher(None, old.lower(), new.lower()).ratio()
    if (found := max(common, letters)) < ALIKE:
        return 0.0
    cut_short = new.lower().startswith(old.lower()) or old.lower().startswith(new.lower())
    return min(found + 0.05 * cut_short, 1)


def _words(name: str) -> frozenset[str]:
    """The words of ``full_name`` or ``fullName``."""
    return frozenset(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_").split("_"))


def ranked(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Those of the likeliest pairing first; of these and of the others the likeliest first, else as they come."""
    best = set(paired(doubts))
    return sorted(doubts, key=lambda doubt: (doubt not in best, -doubt.likeness))


def readings(doubts: Sequence[Doubt]) -> list[dict[str, str]]:
    """What may have become what, all at once: the likeliest pairing, then what else makes sense with one pair changed.

    A pair makes sense where one of the two had none, or where it is as much alike as one of those that it parts.
    """
    best = paired(doubts)
    by_old, by_new = {d.old: d for d in best}, {(d.within, d.new): d for d in best}
    possible = {(d.old, d.new): d for d in doubts}
    found = [_as_they_come(doubts, best)]
    for doubt in ranked(doubts)[len(best) :]:
        of_old, of_new = by_old.get(doubt.old), by_new.get((doubt.within, doubt.new))
        if of_old and of_new and doubt.likeness < min(of_old.likeness, of_new.likeness):
            continue
        left = possible.get((of_new.old, of_old.new)) if of_old and of_new else None
        kept = [d for d in best if d not in (of_old, of_new)]
        reading = _as_they_come(doubts, [*kept, doubt, *([left] if left else [])])
        if reading not in found:
            found.append(reading)
        if len(found) == FEW:
            break
    return found


def _as_they_come(doubts: Iterable[Doubt], chosen: Sequence[Doubt]) -> dict[str, str]:
    """The chosen pairs, in the order of what is gone."""
    news = {doubt.old: doubt.new for doubt in chosen}
    return {doubt.old: news[doubt.old] for doubt in doubts if doubt.old in news}


def paired(doubts: Sequence[Doubt]) -> list[Doubt]:
    """The pairing that is the likeliest as a whole: each old name once, each new one once within its table."""
    chosen: set[Doubt] = set()
    for within in dict.fromkeys(doubt.within for doubt in doubts):
        chosen |= _assigned([doubt for doubt in doubts if doubt.within == within])
    return [doubt for doubt in doubts if doubt in chosen]


def _assigned(doubts: Sequence[Doubt]) -> set[Doubt]:
    """The likeliest pairing within one table. What is equally alike keeps its order."""
    olds = {old: place for place, old in enumerate(dict.fromkeys(d.old for d in doubts))}
    news = {new: place for place, new in enumerate(dict.fromkeys(d.new for d in doubts))}
    at = {(olds[doubt.old], news[doubt.new]): doubt for doubt in doubts}
    size = max(len(olds), len(news))
    costs = [[0] * size for _ in range(size)]
    for (row, column), doubt in at.items():
        costs[row][column] = (row - column) ** 2 - (1 + round(1000 * doubt.likeness)) * (size + 1) ** 3
    return {at[place] for place in enumerate(_cheapest(costs)) if place in at}


def _cheapest(costs: Sequence[Sequence[int]]) -> list[int]:
    """The column for each row with the least sum of all: the Hungarian method, which takes in one row at a time.

    https://en.wikipedia.org/wiki/Hungarian_algorithm
    """
    size = len(costs)
    of_rows, of_columns = [0] * size, [0] * (size + 1)
    row_at = [-1] * (size + 1)  # the last column is none: where the row that is taken in begins
    for new in range(size):
        row_at[size], column = new, size
        least: list[float] = [float("inf")] * size
        came_from, seen = [size] * size, {size}
        while row_at[column] >= 0:
            seen.add(column)
            row = row_at[column]
            left = [place for place in range(size) if place not in seen]
            for place in left:
                more = costs[row][place] - of_rows[row] - of_columns[place]
                if more < least[place]:
                    least[place], came_from[place] = more, column
            nearest = min(left, key=least.__getitem__)
            step = int(least[nearest])
            for place in seen:
                of_rows[row_at[place]] += step
                of_columns[place] -= step
            for place in left:
                least[place] -= step
            column = nearest
        while column != size:
            row_at[column], column = row_at[came_from[column]], came_from[column]
    return [row_at.index(row) for row in range(size)]
