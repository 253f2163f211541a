"""Flask: the database is up to date when the application is made."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from peewit.manager import MigrationManager
from peewit.reports import Report


class Application(Protocol):
    """What is asked of a ``flask.Flask``."""

    config: Any
    extensions: dict[str, Any]


class Peewit:
    """An extension: ``Peewit(manager, app)``, or ``Peewit(manager)`` and ``init_app(app)`` in a factory.

    ``app.config["PEEWIT_ON_PENDING"]`` and ``["PEEWIT_ON_NEWER"]`` win over the arguments, which are those of
    :meth:`peewit.MigrationManager.ensure_current`. What was done is in ``report``, and this object in
    ``app.extensions["peewit"]``.
    """

    def __init__(
        self,
        manager: MigrationManager,
        app: Application | None = None,
        *,
        on_pending: Literal["migrate", "fail"] = "migrate",
        on_newer: Literal["run", "fail"] = "run",
    ) -> None:
        self.manager = manager
        self.report = Report()
        self._on_pending, self._on_newer = on_pending, on_newer
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Application) -> None:
        """Bring the database up to date, and be known to the application."""
        self.report = self.manager.ensure_current(
            on_pending=app.config.get("PEEWIT_ON_PENDING", self._on_pending),
            on_newer=app.config.get("PEEWIT_ON_NEWER", self._on_newer),
        )
        app.extensions["peewit"] = self
