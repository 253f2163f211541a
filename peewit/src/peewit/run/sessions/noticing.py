"""Hearing what a file does by itself, past its migrator: every statement its thread sends through a database object."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee


@contextmanager
def noticed(database: peewee.Database, before: Callable[[str], None], after: Callable[[str], None]) -> Iterator[None]:
    """Tell of each statement of this thread ``before`` it is sent, and ``after`` it has succeeded; of rollbacks too."""
    mine, own = threading.get_ident(), vars(database)
    former: dict[str, Any] = {name: own[name] for name in ("execute_sql", "rollback") if name in own}
    send: Any = database.execute_sql
    roll_back: Any = database.rollback

    def execute_sql(sql: str, params: Any = None, **options: Any) -> Any:
        if threading.get_ident() != mine:
            return send(sql, params, **options)
        before(sql)
        cursor = send(sql, params, **options)
        after(sql)
        return cursor

    def rollback(*args: Any, **named: Any) -> Any:
        if threading.get_ident() == mine:
            before("ROLLBACK")
        return roll_back(*args, **named)

    instead: dict[str, Any] = {"execute_sql": execute_sql, "rollback": rollback}
    own.update(instead)
    try:
        yield
    finally:
        del own["execute_sql"], own["rollback"]
        own.update(former)
