"""The texts of files, and the schema they lead to: by replay, from the newest that is remembered of these texts."""

from __future__ import annotations

import peewee

from peewit.dataclass import dataclass
from peewit.files.loader import load
from peewit.files.texts import Texts
from peewit.run.replaying.beginning import Beginning
from peewit.run.replaying.remembered import NEW, Later, Memory, functions, may_remember, worth_it
from peewit.run.replaying.replay import replay_all
from peewit.schema import Schema


@dataclass(frozen=True, slots=True)
class Replayed:
    """What texts come to when they are replayed for ``database``."""

    database: peewee.Database
    texts: Texts

    def state(self) -> tuple[tuple[str, ...], Schema]:
        """What of them could not be taken into account, and the schema after all of them."""
        unread: list[str] = []
        memory = self._memory()
        first, kept = (0, []) if memory is None else memory.find(self._later())
        state = self._replayed(first, kept[0] if kept else Schema(), unread)
        if memory is not None and not unread:
            memory.keep([state], first, len(self.texts.names))
        return tuple(unread), state

    def beginning(self) -> tuple[int, Beginning]:
        """How many of them, from the first, do nothing but lead to a schema; and where they lead."""
        memory = self._memory()
        first, kept = (0, []) if memory is None else memory.find(self._later(), NEW)
        state, named = kept or (Schema(), Schema())
        beginning = Beginning(self.database, state, named)
        count = beginning.take_all(self.texts, first)
        if memory is not None:
            memory.keep([beginning.state, beginning.named], first, count, NEW)
        return count, beginning

    def _memory(self) -> Memory | None:
        """What may be remembered of them, where that is sooner looked for than done again."""
        names, sources = self.texts.names, self.texts.sources
        return Memory(self.database, names, sources) if worth_it(sources) and may_remember(self.database) else None

    def _later(self) -> Later:
        return functions(lambda: self._replayed(0, Schema(), []))

    def _replayed(self, first: int, before: Schema, unread: list[str]) -> Schema:
        files = (load(*self.texts.at(place)) for place in range(first, len(self.texts.names)))
        return replay_all(files, self.database, unread, before)
