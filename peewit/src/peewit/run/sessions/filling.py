"""What Python gives the rows of a SQLite table: values, and functions that SQLite calls for each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

import peewee

from peewit.compile import Converter
from peewit.dataclass import dataclass
from peewit.errors import ConfigError
from peewit.schema import Default


@dataclass(slots=True)
class Fills:
    """The functions of a connection. ``failures`` is what they raised: SQLite says only that one failed.

    ``calls`` is how often the first of each statement's was called: once for a row.
    """

    failures: list[BaseException] = field(default_factory=list)
    calls: int = 0

    def register(self, connection: Any, functions: Sequence[tuple[str, Default | Converter]]) -> None:
        """Make the functions of a statement known by name: a converter takes the old value, a default nothing."""
        for place, (name, given) in enumerate(functions):
            function = given.value if isinstance(given, Default) else given
            takes = 0 if isinstance(given, Default) else 1
            connection.create_function(name, takes, self._caught(function, counts=place == 0))

    def _caught(self, give: Callable[..., Any], *, counts: bool) -> Callable[..., Any]:
        def function(*values: Any) -> Any:
            self.calls += counts
            try:
                return stored(give(*values))
            except BaseException as error:
                self.failures.append(error)
                raise

        return function


def stored(value: Any) -> Any:
    """A value as SQLite keeps it: by the driver's adapters, and an expression by what it comes to."""
    if isinstance(value, peewee.Node):
        memory = peewee.SqliteDatabase(":memory:")
        try:
            return memory.execute(peewee.Select(columns=[value])).fetchone()[0]
        finally:
            memory.close()
    plain = value is None or isinstance(value, int | float | str | bytes | bytearray | memoryview)
    try:
        return value if plain else sqlite3.adapt(value, sqlite3.PrepareProtocol)
    except sqlite3.ProgrammingError as error:
        raise ConfigError(f"{value!r} is no value SQLite stores", hint="give it as it is stored") from error
