"""Whether a table that is gone may be one that is new: by its columns, and by what refers to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from peewit.dataclass import dataclass
from peewit.diff.pairing import ALIKE, Doubt, names_alike
from peewit.schema import Column, ForeignKey, Schema, Table

LOOKALIKE = 0.6
"""Two tables look alike when at least this part of their columns is equal."""

_NUMBERED = ("AUTO", "BIGAUTO")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """The tables that are gone and those that are new, by keys, beside those ``renamed`` for certain."""

    before: Schema
    after: Schema
    gone: tuple[str, ...]
    fresh: tuple[str, ...]
    renamed: Mapping[str, str]

    def doubts(self) -> Iterator[Doubt]:
        """What may have become what, and how much it looks like that.

        A foreign key that moves over is looked for in tables that stay, and in those that have the same columns.
        """
        pairs = [(old, new) for old in self.gone for new in self.fresh]
        alike = {(old, new) for old, new in pairs if self._equal(old, new) >= LOOKALIKE or self._same_shape(old, new)}
        holders = [(key, self.renamed.get(key, key)) for key in self.before.tables] + sorted(alike)
        moved = set(self._moved((self.before[old], self.after[new]) for old, new in holders if new in self.after))
        for old, new in pairs:
            if (old, new) in alike or (old, new) in moved:
                names = names_alike(self.before[old].name, self.after[new].name)
                likeness = names + self._equal(old, new) + self._same_shape(old, new) + ((old, new) in moved)
                yield Doubt(old=old, new=new, likeness=likeness)

    def _equal(self, old: str, new: str) -> float:
        """The part of their columns that is equal in name and type."""
        mine, other = (
            {(c.name.lower(), c.type) for c in table.columns} for table in (self.before[old], self.after[new])
        )
        return len(mine & other) / max(len(mine), len(other), 1)

    def _same_shape(self, old: str, new: str) -> bool:
        """Whether column by column they hold the same, whatever all is called now.

        One column beside the number is no shape: half of all tables have an ``id`` and a text. Then a name has to
        be alike too. A table that no model has ever had is not gone.
        """
        mine, other = self.before[old], self.after[new]
        pairs = list(zip(mine.columns, other.columns, strict=False))
        if mine.by_hand or len(mine.columns) != len(other.columns) or not all(self._hold_the_same(*p) for p in pairs):
            return False
        own = [(a, b) for a, b in pairs if a.type.name not in _NUMBERED]
        names = [(mine.name, other.name), *((a.field_name, b.field_name) for a, b in own)]
        return len(own) > 1 or any(names_alike(a, b) >= ALIKE for a, b in names)

    def _hold_the_same(self, old: Column, new: Column) -> bool:
        a, b = old.foreign_key, new.foreign_key
        return old.type == new.type and (a is b if a is None or b is None else self._may_lead_to_one(a, b))

    def _may_lead_to_one(self, old: ForeignKey, new: ForeignKey) -> bool:
        """Whether two foreign keys lead to one table, or to two that may be one."""
        stays = self.renamed.get(old.target, old.target) == new.target
        return stays or (old.target in self.gone and new.target in self.fresh)

    def _moved(self, holders: Iterable[tuple[Table, Table]]) -> Iterator[tuple[str, str]]:
        """Where a foreign key led, and where the one leads that took its place in the same table."""
        for table, wanted in holders:
            for old in table.columns:
                for new in wanted.columns:
                    a, b = old.foreign_key, new.foreign_key
                    replaced = wanted.find(old.name) is None and table.find(new.name) is None
                    if a is not None and b is not None and (replaced or old.name.lower() == new.name.lower()):
                        yield a.target, b.target
