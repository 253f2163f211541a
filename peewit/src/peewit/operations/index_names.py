"""The names Peewee gives to indexes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from itertools import chain, count

from peewit.schema import Index, Table

MAX_INDEX_NAME = 64
"""Where Peewee cuts the names it makes."""


def index_name(table: Table, index: Index, taken: Collection[str], cut: Callable[[str], str] = str.lower) -> str:
    """The index's own name, else Peewee's automatic one, else the nearest that is free.

    ``taken`` holds names as ``cut`` makes them: in lower case, or no longer than a server keeps them.
    """
    if index.name is not None:
        return index.name
    candidates = chain(automatic_names(table, index), _fitting(table, index, cut))
    return next(candidate for candidate in candidates if cut(candidate) not in taken)


def _fitting(table: Table, index: Index, cut: Callable[[str], str]) -> Iterator[str]:
    """Names that differ in what a server keeps of them, where the table's own name is as long as it keeps any."""
    for number in count(2):
        end = f"_{_digest(f'{table.name} {index.columns} {number}')}"
        base = table.name
        while not cut(base + end).endswith(end):
            base = base[:-1]
        yield base + end


def automatic_names(table: Table, index: Index) -> Iterator[str]:
    """The names an index without one may have got, the likeliest first."""
    keys = re.sub(r"[^\w]+", "", "_".join(index.columns)) or "expression"
    model = table.model.lower() if table.model and table.legacy_names else table.name
    for name in (table.name, model) if index.added else (model, table.name):
        yield _shortened(f"{name}_{keys}")
    for number in range(2, 99):
        yield _shortened(f"{table.name}_{keys}_{number}")


def _shortened(name: str) -> str:
    if len(name) <= MAX_INDEX_NAME:
        return name
    return f"{name[: MAX_INDEX_NAME - 8]}_{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:7]
