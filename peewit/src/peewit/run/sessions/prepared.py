"""Questions to PostgreSQL's catalogue that are asked again and again: planning one takes longer than answering it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import field
from typing import Any

from peewit.dataclass import dataclass

Ask = Callable[[str, tuple[Any, ...]], list[Any]]

UNKNOWN_STATEMENT = "26000"
"""The server's code where a prepared statement is not there any more."""


@dataclass(slots=True)
class Prepared:
    """Asks through ``ask``; what is asked a second time is prepared, under a name made of its text.

    psycopg 3 does that by itself, and cannot be told to.
    """

    ask: Ask
    _asked: set[str] = field(default_factory=set)
    _known: set[str] = field(default_factory=set)

    def rows(self, sql: str, params: tuple[Any, ...]) -> list[Any]:
        """What a question gives."""
        if not params:
            return self.ask(sql, params)
        if sql not in self._asked:
            self._asked.add(sql)
            return self.ask(sql, params)
        name = f"peewit_{hashlib.md5(sql.encode(), usedforsecurity=False).hexdigest()}"
        if name not in self._known:
            self._prepare(name, sql)
        return self.ask(f"EXECUTE {name}({', '.join(['%s'] * len(params))})", params)

    def _prepare(self, name: str, sql: str) -> None:
        """Prepare a question, where an earlier run of this connection has not."""
        self._known = {known for (known,) in self.ask("SELECT name FROM pg_prepared_statements", ())}
        if name not in self._known:
            pieces = sql.replace("%%", "%").split("%s")
            numbered = "".join(f"{piece}${place}" for place, piece in enumerate(pieces[:-1], 1)) + pieces[-1]
            self.ask(f"PREPARE {name} AS {numbered}", ())
            self._known.add(name)
