"""``ensure_current`` for asyncio: the loop goes on while the database is brought up to date."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from peewit.ledger import Ledger
from peewit.manager import MigrationManager
from peewit.reports import Report
from peewit.run.database.target import Target, is_async


async def ensure_current(
    manager: MigrationManager,
    *,
    on_pending: Literal["migrate", "fail"] = "migrate",
    on_newer: Literal["run", "fail"] = "run",
) -> Report:
    """As :meth:`peewit.MigrationManager.ensure_current`, without stopping the loop.

    The manager's database may be a plain one, or one of ``playhouse.pwasyncio``. What every start asks, one SELECT,
    goes through the asynchronous one by its own ``run``; migrations run in a thread, through the driver of a plain one
    (psycopg, pymysql). A run that has begun is not stopped by cancelling.
    """
    if is_async(manager.given) and await _is_current(manager):
        return Report()
    return await asyncio.to_thread(manager.ensure_current, on_pending=on_pending, on_newer=on_newer)


async def _is_current(manager: MigrationManager) -> bool:
    """Whether the database has all migrations there are, no other ones, and none that is half done."""
    database: Any = manager.given
    place = manager.history_table, manager.schema
    ledger = Ledger(Target(database, manager.lock_timeout, *place, "auto"), manager.folder, *place)
    applied, half = await database.run(ledger.at_start)
    return not half and manager.folder.listed() == set(applied)
