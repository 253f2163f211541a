"""The names of migration files: which there are, in which order they run, and what the next one is called.

Read at every start of an application, so nothing is imported here that a directory listing does not need.
"""

from __future__ import annotations

import os
import re

NAME = re.compile(r"(\d+)_[^.]+\.py\Z")
"""A migration's file: digits, an underscore, a word, ``.py``."""


def listing(directory: str | os.PathLike[str]) -> list[str]:
    """The names of the migrations in a folder, without ``.py``, in no order; none if it is missing."""
    try:
        return [name[:-3] for name in os.listdir(directory) if NAME.match(name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        from peewit.errors import unreadable

        raise unreadable("the migrations folder", directory, error) from error


def scan(directory: str | os.PathLike[str]) -> list[str]:
    """The names of the migrations in a folder, without ``.py``, in the order they run."""
    return sorted(listing(directory), key=order)


def order(name: str) -> tuple[int, str]:
    """The place of a migration among others: its number, then its name."""
    digits = name.partition("_")[0]
    return (int(digits) if digits.isdigit() else 0, name)


def next_name(names: list[str], words: str) -> str:
    """The full name of a new migration: the highest number plus one, as wide as the others."""
    numbers = [name.partition("_")[0] for name in names]
    highest = max((int(number) for number in numbers), default=0)
    width = max((len(number) for number in numbers), default=3)
    return f"{highest + 1:0{width}}_{words}"


def snake_case(text: str) -> str:
    """What a person typed as a migration's name, in snake_case; empty where nothing usable is left."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[^0-9a-zA-Z\u0080-\ud7ff\ue000-\U0010ffff]+", "_", spaced).strip("_").lower()
