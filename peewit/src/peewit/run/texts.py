"""The texts of files, and the schema they lead to: by replay, from the newest that is remembered of these texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import peewee

from peewit.dataclass import dataclass
from peewit.files.loader import load
from peewit.run.beginning import Beginning
from peewit.run.remembered import NEW, Later, Memory, functions, may_remember, worth_it
from peewit.run.replay import replay_all
from peewit.schema import Schema


@dataclass(frozen=True, slots=True)
class Texts:
    """Files in the order they run, with their texts; ``file`` gives a path. They are replayed for ``database``."""

    database: peewee.Database
    names: Sequence[str]
    sources: Sequence[bytes]
    file: Callable[[str], Path]

    def state(self) -> tuple[tuple[str, ...], Schema]:
        """What of them could not be taken into account, and the schema after all of them."""
        unread: list[str] = []
        memory = self._memory()
        first, kept = (0, []) if memory is None else memory.find(self._later())
        state = self._replayed(first, kept[0] if kept else Schema(), unread)
        if memory is not None and not unread:
            memory.keep([state], first, len(self.names))
        return tuple(unread), state

    def beginning(self) -> tuple[int, Beginning]:
        """How many of them, from the first, do nothing but lead to a schema; and where they lead."""
        memory = self._memory()
        first, kept = (0, []) if memory is None else memory.find(self._later(), NEW)
        state, named = kept or (Schema(), Schema())
        count, beginning = first, Beginning(self.database, state, named)
        while count < len(self.names) and beginning.take(*self._text(count)):
            count += 1
        if memory is not None:
            memory.keep([beginning.state, beginning.named], first, count, NEW)
        return count, beginning

    def _memory(self) -> Memory | None:
        """What may be remembered of them, where that is sooner looked for than done again."""
        if not (worth_it(self.sources) and may_remember(self.database)):
            return None
        return Memory(self.database, self.names, self.sources)

    def _later(self) -> Later:
        return functions(lambda: self._replayed(0, Schema(), []))

    def _replayed(self, first: int, before: Schema, unread: list[str]) -> Schema:
        files = (load(*self._text(place)) for place in range(first, len(self.names)))
        return replay_all(files, self.database, unread, before)

    def _text(self, place: int) -> tuple[str, bytes, str]:
        name = self.names[place]
        return name, self.sources[place], str(self.file(name))
