"""Models of migrations and of the application, kept from finding one another by name.

Peewee keeps every DeferredForeignKey that waits for its model in one place, and gives it the next class of that name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee

Model = type[peewee.Model]


@contextmanager
def apart() -> Iterator[None]:
    """What waits for a model is not given one that a migration makes meanwhile, nor is the other way round.

    What modules of the application define that are imported meanwhile, is theirs as always.
    """
    waiting: set[Any] = vars(peewee.DeferredForeignKey)["_unresolved"]
    others = set(waiting)
    known = set(_models(peewee.Model)) if others else set()
    waiting.clear()
    try:
        yield
    finally:
        imported = {field for field in waiting if _is_imported(getattr(field, "model", None))}
        waiting.clear()
        waiting.update(others, imported)
        for model in set(_models(peewee.Model)) - known if others else ():
            if _is_imported(model):
                peewee.DeferredForeignKey.resolve(model)


def _models(base: Model) -> Iterator[Model]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _is_imported(model: Model | None) -> bool:
    """Whether a model is of a module: those of migration files, and those that are built, are of none."""
    module = None if model is None else sys.modules.get(model.__module__)
    return module is not None and model in vars(module).values()
