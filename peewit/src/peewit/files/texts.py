"""The texts of migration files, in the order they run; each is read when it is first asked for, and not again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path


class Texts:
    """The texts of these migrations: ``read`` gives one by its name, ``file`` its path."""

    def __init__(self, names: Sequence[str], read: Callable[[str], bytes], file: Callable[[str], Path]) -> None:
        self.names = list(names)
        self._read, self._file = read, file
        self._known: dict[str, bytes] = {}

    def source(self, name: str) -> bytes:
        """The text of one of them."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    @property
    def sources(self) -> list[bytes]:
        """The texts of all of them."""
        return [self.source(name) for name in self.names]

    def at(self, place: int) -> tuple[str, bytes, str]:
        """The name of one of them, its text, and the path of its file."""
        name = self.names[place]
        return name, self.source(name), str(self._file(name))
