"""Sparing the garbage collector what an application has in memory already."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def spared() -> Iterator[None]:
    """While this lasts, Python's collector passes over what was there before.

    We make many objects in a short time, so it would go through all the modules and models of the application, several
    times, to find nothing: half as long again as what we do. Where the application has made it pass over something
    already, that is left as it is.
    """
    ours = hasattr(gc, "freeze") and not gc.get_freeze_count()
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
