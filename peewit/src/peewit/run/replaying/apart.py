"""A file that is only replayed or rehearsed, kept apart from everything real."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import peewee

from peewit.run.database.diverting import databases_around, diverted, forgetting
from peewit.run.replaying.outside import looks_around, nothing_outside


@contextmanager
def apart(
    database: peewee.Database,
    source: bytes,
    state: Mapping[str, Any],
    methods: Mapping[str, Callable[..., Any]] | None = None,
) -> Iterator[None]:
    """While the body of a file runs, every database object it can get at has this connection, and nothing is outside.

    ``state`` and ``methods`` are those of :func:`~peewit.run.database.diverting.diverted`.
    """
    with diverted(database, state, methods):
        if not looks_around(source):
            yield
            return
        with ExitStack() as stack:
            stack.enter_context(forgetting())
            stack.enter_context(nothing_outside())
            for other in databases_around(source):
                if other is not database:
                    stack.enter_context(diverted(other, state, methods))
            yield
