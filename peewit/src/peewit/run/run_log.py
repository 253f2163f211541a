"""What a run has done so far, kept in the journal step by step, where a change of the schema cannot be undone.

MariaDB and MySQL keep every statement at once. So before a step is begun its intent is written down, and
afterwards that it is done; a run that was killed is found again by its open entry, and goes on where it
stopped: what is done is passed over, what was begun is looked at.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from peewit.errors import RunError
from peewit.run.journal import Journal


@dataclass(slots=True)
class Stretch:
    """One stretch of operations: ``before`` is the fingerprint of the schema it began with."""

    text: str
    before: str
    statements: list[str] = field(default_factory=list)
    done: bool = False


@dataclass(slots=True, kw_only=True)
class RunLog:
    """The open journal entry of one migration that runs now.

    ``earlier`` is what a killed run left; ``wrote`` is the first statement by which a body wrote by itself.
    """

    journal: Journal
    entry: int
    name: str
    stretches: list[Stretch] = field(default_factory=list)
    earlier: list[Stretch] = field(default_factory=list)
    wrote: str = ""

    @property
    def written(self) -> list[str]:
        """Every statement that was begun in this run, and what an earlier one had finished."""
        return [statement for stretch in self.stretches for statement in stretch.statements]

    def earlier_of(self, text: str) -> Stretch | None:
        """What a killed run left of the stretch that comes next; RunError where it was another one."""
        place = len(self.stretches)
        if place >= len(self.earlier):
            return None
        found = self.earlier[place]
        if found.text != text:
            raise self.undecidable(f"it began {found.text!r} where it now says {text!r}")
        return found

    def undecidable(self, why: str) -> RunError:
        """A killed run that cannot be resumed: a person has to look."""
        return RunError(
            f"migration {self.name} was interrupted, and it cannot be told what of it was done: {why}",
            name=self.name,
            state="the statements listed in the journal before that point were kept",
            hint="look at the tables, finish by hand what is missing, and say that it is applied: peewit migrate "
            f"{self.name} --fake; or undo by hand what was done, and after that: peewit rollback --fake",
        )

    def begin(self, text: str, before: str) -> Stretch:
        """The intent of a stretch."""
        stretch = Stretch(text, before)
        self.stretches.append(stretch)
        self.save()
        return stretch

    def skip(self, stretch: Stretch) -> None:
        """A stretch that an earlier run had finished."""
        self.stretches.append(stretch)

    def save(self) -> None:
        """Write down how far it is."""
        kept = [*self.stretches, *self.earlier[len(self.stretches) :]]
        self.journal.update(self.entry, json.dumps({"wrote": self.wrote, "stretches": [asdict(s) for s in kept]}))


def read_log(journal: Journal, entry: int, name: str, text: str) -> RunLog:
    """The log a killed run left."""
    kept: dict[str, Any] = json.loads(text) or {}  # a list where nothing was begun
    earlier = [Stretch(**stretch) for stretch in kept.get("stretches", [])]
    return RunLog(journal=journal, entry=entry, name=name, earlier=earlier, wrote=kept.get("wrote", ""))
