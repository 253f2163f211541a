"""All cases of the scoreboard, by the modules they are in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from .board import Case

MODULES = (
    "kills",
    "moments",
    "images",
    "races",
    "holders",
    "cuts",
    "disks",
    "readonly",
    "readers",
    "poolers",
    "names",
    "values",
)
"""Each has ``CASES``, and says in ``HOW``, by the name of a case, how it is done."""


def cases() -> tuple[Case, ...]:
    """Every case, in the order of the modules."""
    found: list[Case] = []
    for name in MODULES:
        found += import_module(f"{__package__}.{name}").CASES
    return tuple(found)


def told() -> Mapping[str, str]:
    """How each case is done: what its module says of it, else what the module says of itself."""
    found: dict[str, str] = {}
    for name in MODULES:
        module = import_module(f"{__package__}.{name}")
        how = getattr(module, "HOW", {})
        found.update({case.name: how.get(case.name, module.__doc__ or "") for case in module.CASES})
    return found
