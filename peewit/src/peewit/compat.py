"""peewee-migrate's own interface over peewit: an application changes one import line.

    from peewit.compat import Router          # was: from peewee_migrate import Router

The same arguments and results as peewee-migrate 2.3; what is run is peewit's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import peewee

from peewit.manager import MigrationManager
from peewit.moving import clear, merge

__all__ = ["ModuleRouter", "Router"]

LOGGER = logging.getLogger("peewee_migrate")

DEFAULT_FOLDER = "migrations"


class Router:
    """Runs the migrations of a folder."""

    def __init__(
        self,
        database: peewee.Database | peewee.Proxy,
        migrate_dir: str | Path | None = None,
        *,
        migrate_table: str = "migratehistory",
        ignore: Iterable[str] | None = None,
        schema: str | None = None,
        logger: logging.Logger = LOGGER,
        **_: Any,
    ) -> None:
        """Take what peewee-migrate's takes. ``migrator_class`` is passed over: files get peewit's migrator."""
        if not isinstance(database, peewee.Database | peewee.Proxy):
            raise TypeError(f"Invalid database: {database}")
        self.database = database
        self.migrate_dir = Path(DEFAULT_FOLDER if migrate_dir is None else migrate_dir)
        self.migrate_table, self.schema, self.logger = migrate_table, schema, logger
        self.ignore = tuple(ignore or ())

    def manager(self, models: Any = ()) -> MigrationManager:
        """The manager beneath."""
        return MigrationManager(
            self.database,
            self.migrate_dir,
            models=models,
            ignore=self.ignore,
            history_table=self.migrate_table,
            schema=self.schema,
        )

    @property
    def todo(self) -> list[str]:
        """All migrations, in their order, whether applied or not."""
        return self.manager().folder.names()

    @property
    def done(self) -> list[str]:
        """The applied migrations, oldest first."""
        return [entry.name for entry in self.manager().status().applied]

    @property
    def diff(self) -> list[str]:
        """The pending migrations."""
        return list(self.manager().status().pending)

    def create(self, name: str = "auto", auto: Any = False) -> str | None:
        """Write a migration; its name, or None where nothing has changed.

        ``auto`` is a module with models, by name or itself, a model, a list of these, or True for every package
        of the current directory; without it the file is empty.
        """
        if not auto:
            path = self.manager().create(name, empty=True)
        else:
            path = self.manager(_sources(auto)).create(name, renames={})
        if path is None:
            self.logger.warning("No changes found.")
            return None
        self.logger.info('Migration has been created as "%s"', path.stem)
        return path.stem

    def run(self, name: str | None = None, *, fake: bool = False) -> list[str]:
        """Apply what is pending, up to and including a name; the names that were applied."""
        if not self.diff:
            self.logger.info("There is nothing to migrate")
            return []
        done = list(self.manager().migrate(name, fake=fake, verify=False).applied)
        for applied in done:
            self.logger.info("Done %s", applied)
        return done

    @property
    def migrator(self) -> None:
        """What stock's :meth:`run_one` wants to be given; ours makes one for each migration by itself."""
        return None

    def run_one(
        self, name: str, migrator: object = None, *, fake: bool = True, downgrade: bool = False, force: bool = False
    ) -> str:
        """Apply the next pending migration, or undo the newest one; its name.

        ``fake`` with ``force`` only writes the history; without it nothing is done: stock replays a file so, of which
        peewit needs not be told. RuntimeError where it is another migration's turn.
        """
        del migrator
        if fake and not force:
            return name
        turn = (self.done[-1:] if downgrade else self.diff[:1]) or ["none"]
        if name != turn[0]:
            way = "newest applied" if downgrade else "next pending"
            raise RuntimeError(f"{name} cannot be run now: the {way} migration is {turn[0]}")
        if downgrade:
            self.rollback()
        else:
            self.run(name, fake=fake)
        return name

    def rollback(self, name: str | None = None) -> None:
        """Undo the newest migration; ``name``, as older versions took it, has to be that one."""
        done = self.done
        if not done:
            raise RuntimeError("There is nothing to rollback")
        if name is not None and name != done[-1]:
            raise RuntimeError(f"Only last migration can be canceled: {done[-1]}")
        self.manager().rollback()
        self.logger.warning("Downgraded migration: %s", done[-1])

    def merge(self, name: str = "initial") -> None:
        """Put one migration in the place of all: the schema they lead to. Everything has to be applied."""
        merged = merge(self.manager(), name)
        if merged is None:
            self.logger.error("Can't merge migrations")
        else:
            self.logger.info('Migrations has been merged into "%s"', merged)

    def clear(self) -> None:
        """Remove all rows of the history, and all files."""
        clear(self.manager())


class ModuleRouter(Router):
    """Runs the migrations of a package."""

    def __init__(
        self, database: peewee.Database | peewee.Proxy, migrate_module: str | ModuleType = "migrations", **kwargs: Any
    ) -> None:
        """Take a package, or its name."""
        module = import_module(migrate_module) if isinstance(migrate_module, str) else migrate_module
        paths = list(getattr(module, "__path__", ()))
        if not paths:
            raise TypeError(f"{module.__name__} is a module, not a package: it has no migrations")
        super().__init__(database, Path(paths[0]), **kwargs)


def _sources(auto: Any) -> tuple[str | type, ...]:
    """What ``auto`` means, as the manager takes it."""
    if auto is True:
        return tuple(sorted(path.parent.name for path in Path().glob("*/__init__.py")))
    given = list(auto) if isinstance(auto, list | tuple | set) else [auto]
    return tuple(source.__name__ if isinstance(source, ModuleType) else source for source in given)
