"""Whether a table that is gone may be one that is new: by its columns."""

from __future__ import annotations

from collections.abc import Iterator

from peewit.dataclass import dataclass
from peewit.diff.pairing import Doubt, names_alike
from peewit.schema import Schema

LOOKALIKE = 0.6
"""Two tables look alike when at least this part of their columns is equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """The tables that are gone and those that are new, by keys."""

    before: Schema
    after: Schema
    gone: tuple[str, ...]
    fresh: tuple[str, ...]

    def doubts(self) -> Iterator[Doubt]:
        """What may have become what, and how much it looks like that."""
        for old in self.gone:
            for new in self.fresh:
                if (equal := self._equal(old, new)) >= LOOKALIKE:
                    names = names_alike(self.before[old].name, self.after[new].name)
                    yield Doubt(old=old, new=new, likeness=names + equal)

    def _equal(self, old: str, new: str) -> float:
        """The part of their columns that is equal in name and type."""
        mine, other = (
            {(c.name.lower(), c.type) for c in table.columns} for table in (self.before[old], self.after[new])
        )
        return len(mine & other) / max(len(mine), len(other), 1)
