"""The course of one run, under the lock: what is wanted, one migration after the other, to a report.

Loaded when there is something to do, and not at every start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from peewit.errors import DriftError, PeewitError, after_others
from peewit.ledger import Ledger
from peewit.outcome import Report, Step
from peewit.run.applying.apply import Runner
from peewit.run.records.standing import FORGET
from peewit.schema import Schema

if TYPE_CHECKING:
    from peewit.authoring import Authoring
    from peewit.files.texts import Texts
    from peewit.run.applying.together import Together


class Course(NamedTuple):
    """What runs, and what is known of the migrations it runs; ``authoring`` is asked for hints, where one fails."""

    runner: Runner
    ledger: Ledger
    authoring: Callable[[], Authoring]

    def forward(self, wanted: Sequence[str], applied: Sequence[str], there: Texts | None = None) -> Report:
        """Apply migrations, in this order; ``there`` is what the files of those ``applied`` say, if that was read."""
        state, steps = Schema(), list[Step]()
        together = None if applied else self._together(wanted)
        if applied and not self._is_self_contained(wanted):
            state = self.ledger.state(applied, there=there)
        while len(steps) < len(wanted):
            if together is not None:
                made, state = together.made(len(steps), state)
                steps += made
                if made:
                    continue
            name = wanted[len(steps)]
            try:
                step, state = self.runner.forward(self.ledger.pending(name), state)
            except PeewitError as error:
                error.hint = self.authoring().hint_of(error, name)
                raise after_others(error, applied=[done.name for done in steps]) from error.__cause__
            steps.append(step)
        return Report(applied=tuple(step.name for step in steps), steps=tuple(steps))

    def _together(self, wanted: Sequence[str]) -> Together | None:
        """What makes many migrations at once, where the database is a new one."""
        from peewit.run.applying.together import ENOUGH, Together, is_new

        if len(wanted) < ENOUGH or not is_new(self.runner):
            return None
        return Together(self.runner, wanted, self.ledger.texts, self.ledger.beginning)

    def _is_self_contained(self, wanted: Sequence[str]) -> bool:
        """Whether what is pending needs nothing of what was applied."""
        from peewit.run.replaying.self_contained import FEW, self_contained

        pending = map(self.ledger.pending, wanted)
        return len(wanted) <= FEW and self_contained(pending, self.ledger.database, self.runner.session)

    def back(self, wanted: Sequence[str], applied: list[str]) -> Report:
        """Undo migrations, in this order: of a file that was edited since, the text the journal kept."""
        steps, edited = list[Step](), self.ledger.edited(self.ledger.folder.names(), applied)
        for migration in self.ledger.to_undo(wanted, edited):
            try:
                state = self.ledger.state(applied[: applied.index(migration.name) + 1], edited)
                steps.append(self.runner.backward(migration, state))
            except PeewitError as error:
                error.hint = self.authoring().hint_of_rollback(error, migration.name)
                raise after_others(error, rolled_back=[done.name for done in steps]) from error.__cause__
        return Report(rolled_back=tuple(step.name for step in steps), steps=tuple(steps))

    # ------------------------------------------------------------------ only the history

    def mark(self, wanted: Sequence[str]) -> Report:
        """Write the rows of migrations, and run nothing."""
        for name in wanted:
            self.runner.mark(self.ledger.pending(name), "fake")
        return Report(applied=tuple(wanted), steps=tuple(Step(name, marked=True) for name in wanted))

    def forget(self, wanted: Sequence[str], applied: Sequence[str]) -> Report:
        """Take out the rows of migrations, and undo nothing."""
        steps, edited = list[Step](), self.ledger.edited(self.ledger.folder.names(), applied)
        for migration in self.ledger.to_undo(wanted, edited, fake=True):
            try:
                self.runner.mark(migration, FORGET)
            except PeewitError as error:
                error.hint = self.authoring().hint_of_rollback(error, migration.name)
                raise after_others(error, rolled_back=[done.name for done in steps]) from error.__cause__
            steps.append(Step(migration.name, marked=True))
        return Report(rolled_back=tuple(step.name for step in steps), steps=tuple(steps))

    def accept(self, name: str, source: bytes) -> None:
        """Write down the text of an applied file as the one that was applied."""
        from peewit.files.checksum import checksum

        with self.runner.session.transaction():
            self.runner.journal.prepare()
            self.runner.journal.add(name, "accept", source=source, checksum=checksum(source), seconds=0.0, steps=())


def refuse_unlike(ledger: Ledger, applied: Sequence[str], wanted: Sequence[str]) -> None:
    """DriftError where the database is not what migrations that are only to be marked would make of it."""
    from peewit.run.looking.check import unlike

    before = [name for name in applied if name not in wanted]
    lines = unlike(ledger.state(before), ledger.state([*before, *wanted]), ledger.database)
    if lines:
        stuck = ledger.open_runs.undecided(applied) & set(wanted)
        make = "do by hand what is missing, and type the same again" if stuck else "to make it so: peewit migrate"
        raise DriftError(
            f"the database is not what {', '.join(wanted)} would make of it:\n"
            + "\n".join(f"  {line}" for line in lines),
            hint=f"{make}; to write the history all the same: --no-verify",
        )
