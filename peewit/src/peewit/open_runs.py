"""Runs that were begun and have not ended: what they keep others from, and what has to come first.

Under the lock, whoever was at one is gone; without it, somebody may be at work on it. There hardly ever are any, so
what is needed for them is imported where there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from peewit.folder import Folder
from peewit.run.database.target import Target
from peewit.run.records.history import History
from peewit.run.records.journal import Journal

if TYPE_CHECKING:
    from peewit.files.loader import Migration
    from peewit.reports import Interrupted
    from peewit.run.records.run_log import RunLog
    from peewit.schema import Schema


class OpenRuns(NamedTuple):
    """The open runs of one database, as its journal has them."""

    target: Target
    folder: Folder
    history: History
    journal: Journal

    # ------------------------------------------------------------------ telling

    def told(self, applied: Sequence[str]) -> tuple[Interrupted, ...]:
        """The migrations that are half done, and the one somebody is at."""
        from peewit.run.applying.interrupted import told

        logs, migrator = self._at_work(applied)
        return tuple(told(log, migrator) for log in logs)

    def at_rest(self, applied: Sequence[str], state: Schema) -> set[str] | None:
        """The tables of a schema that no open run is changing; None where no run is open."""
        from peewit.run.replaying.touched import touched

        logs, _ = self._at_work(applied)
        if not logs:
            return None
        found = set(state.tables)
        for log in logs:
            found -= touched(self._as_begun(log), log, state, self.target.database)
        return found

    def undecided(self, applied: Sequence[str]) -> set[str]:
        """The half done migrations that do not go on by themselves."""
        from peewit.run.applying.interrupted import undecided

        return {log.name for log in self.half_done(applied) if undecided(log)}

    def names(self, target: str | None) -> list[str]:
        """The migrations that are half done and have no file any more, where one of them is the target."""
        if target is None or self.folder.has(target) or not self.target.exists():
            return []
        with self.target.connected():
            logs = self.half_done(self.history.names())
        return [log.name for log in logs if log.name == target and log.entry.action == "migrate"]

    def begun(self, name: str) -> Migration | None:
        """A half done migration as it was begun; None where none of this name is half done."""
        logs = (log for log in self.half_done(self.history.names()) if log.name == name)
        return next(map(self._as_begun, logs), None)

    # ------------------------------------------------------------------ what comes first

    def before_applying(
        self, applied: Sequence[str], wanted: list[str], names: Sequence[str], target: str | None, *, fake: bool
    ) -> list[str]:
        """What is to be applied, with what is half done in front; RunError where something else comes before."""
        logs = self.half_done(applied)
        if not logs:
            return wanted
        from peewit.run.applying.interrupted import forward

        return forward(logs, wanted, names, target, fake=fake)

    def before_undoing(
        self, applied: Sequence[str], wanted: Sequence[str], *, asked: bool, counted: bool, fake: bool
    ) -> list[str]:
        """What is to be rolled back, with what is half undone in front; RunError where something else comes before."""
        from peewit.run.applying.interrupted import backward

        return backward(self.half_done(applied), wanted, asked=asked, counted=counted, fake=fake)

    # ------------------------------------------------------------------ refusing

    def refuse_to_accept(self, name: str, applied: Sequence[str]) -> None:
        """RunError where a migration is half undone: its text is not taken before that is ended."""
        from peewit.run.applying.interrupted import refuse_to_accept

        refuse_to_accept([log for log in self.half_done(applied) if log.name == name])

    def refuse_to_plan(self, applied: Sequence[str]) -> None:
        """RunError where a migration is half done."""
        from peewit.run.applying.interrupted import refuse_to_plan

        if self.target.exists():
            with self.target.connected():
                refuse_to_plan(*self._at_work(applied))

    def refuse_to_redo(self, applied: Sequence[str]) -> None:
        """RunError where a migration is half done; under the lock."""
        from peewit.run.applying.interrupted import refuse_to_plan

        refuse_to_plan(self.half_done(applied))

    # ------------------------------------------------------------------ beneath

    def withdraw_unbegun(self) -> None:
        """Take back what is open of runs that did nothing; under the lock."""
        if self.journal.unfinished():
            from peewit.run.applying.interrupted import withdraw_unbegun

            withdraw_unbegun(self.journal)

    def half_done(self, applied: Collection[str]) -> list[RunLog]:
        """The runs that are half done, oldest first."""
        if not self.journal.unfinished():
            return []
        from peewit.run.applying.interrupted import half_done

        return half_done(self.journal, applied)

    def _at_work(self, applied: Sequence[str]) -> tuple[list[RunLog], str]:
        """The runs that are half done or on their way, and who migrates, if somebody does."""
        from peewit.run.applying.interrupted import at_work, open_runs

        logs = open_runs(self.journal, applied)
        migrator = self.target.migrator() if logs else ""
        return at_work(logs, migrator), migrator

    def _as_begun(self, log: RunLog) -> Migration:
        from peewit.files.loader import load

        source = self.journal.source_of(log.entry.number)
        return load(log.name, source, f"{log.name}.py (the journal's copy)")
