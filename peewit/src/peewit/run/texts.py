"""The texts of files, and the schema they lead to: by replay, from the newest that is remembered of these texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import peewee

from peewit.dataclass import dataclass
from peewit.files.loader import load
from peewit.folder import Folder
from peewit.run.replay import replay_all
from peewit.schema import Schema

if TYPE_CHECKING:
    from peewit.run.beginning import Beginning
    from peewit.run.remembered import Later, Memory


@dataclass(slots=True)
class Texts:
    """Files of a folder in the order they run, with their texts. They are replayed for ``database``.

    A text is read when it is first asked for, and not again.
    """

    database: peewee.Database
    names: Sequence[str]
    folder: Folder
    _sources: dict[str, bytes] = field(default_factory=dict)

    def source(self, name: str) -> bytes:
        """The text of one of them."""
        if name not in self._sources:
            self._sources[name] = self.folder.read(name)
        return self._sources[name]

    @property
    def sources(self) -> list[bytes]:
        """The texts of all of them."""
        return [self.source(name) for name in self.names]

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
        from peewit.run.beginning import Beginning
        from peewit.run.remembered import NEW

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
        from peewit.run.remembered import Memory, may_remember, worth_it

        sources = self.sources
        return Memory(self.database, self.names, sources) if worth_it(sources) and may_remember(self.database) else None

    def _later(self) -> Later:
        from peewit.run.remembered import functions

        return functions(lambda: self._replayed(0, Schema(), []))

    def _replayed(self, first: int, before: Schema, unread: list[str]) -> Schema:
        files = (load(*self._text(place)) for place in range(first, len(self.names)))
        return replay_all(files, self.database, unread, before)

    def _text(self, place: int) -> tuple[str, bytes, str]:
        name = self.names[place]
        return name, self.source(name), str(self.folder.file(name))
