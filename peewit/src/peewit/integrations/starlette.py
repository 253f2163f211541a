"""Starlette and FastAPI: the database is up to date before the first request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal

from peewit.integrations.aio import ensure_current
from peewit.manager import MigrationManager

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]
"""What both take as ``lifespan=``."""


def lifespan(
    manager: MigrationManager,
    inner: Lifespan | None = None,
    *,
    on_pending: Literal["migrate", "fail"] = "migrate",
    on_newer: Literal["run", "fail"] = "run",
) -> Lifespan:
    """A lifespan that brings the database up to date, then is what ``inner`` is.

    ``FastAPI(lifespan=lifespan(manager))``. Where the database cannot be used, the application does not start, and the
    error says why. The other arguments are those of :func:`peewit.integrations.aio.ensure_current`.
    """

    @asynccontextmanager
    async def run(application: Any) -> AsyncIterator[Any]:
        await ensure_current(manager, on_pending=on_pending, on_newer=on_newer)
        if inner is None:
            yield
        else:
            async with inner(application) as state:
                yield state

    return run
