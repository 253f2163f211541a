"""A run as it is told on the terminal: what is about to be lost, what is done, where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import peewee

from peewit.cli import output
from peewit.cli.progress import Pacing
from peewit.cli.stopping import STOP, Stopped
from peewit.cli.terminal import VOLUME, Ticker
from peewit.errors import NOTHING_KEPT, STILL_APPLIED, UNCHANGED, AnswerNeededError, PeewitError
from peewit.manager import MigrationManager
from peewit.reports import Begun, Event, Executing, Losing, Progress, Step, Waiting

if TYPE_CHECKING:
    from peewit.beforehand import Foreseen


class Running:
    """Hears of a run. ``lost`` is what the migrations have destroyed, ``done`` are those that were finished.

    ``quiet`` where JSON is printed.

    Of what was ``foreseen`` and told, nothing is told again; another migration than those is not begun.
    """

    def __init__(self, manager: MigrationManager, *, quiet: bool, foreseen: Foreseen | None = None) -> None:
        self.lost: list[Losing] = []
        self.done: dict[str, list[str]] = {"applied": [], "rolled back": []}
        self._manager, self._quiet, self._foreseen = manager, quiet, foreseen
        self._begun: Begun | None = None
        self.ticker = Ticker(quiet=quiet)
        self._pacing = Pacing()

    @property
    def _verb(self) -> str:
        return "applied" if self._begun is None or self._begun.action == "migrate" else "rolled back"

    def __call__(self, event: Event) -> None:
        """Tell one event; Stopped where a signal came."""
        match event:
            case Begun():
                self._refuse_unforeseen(event.name)
                self._begun = event
                STOP.connection = self._manager.database.connection()
                STOP.patient = isinstance(self._manager.database, peewee.MySQLDatabase)
                STOP.heed()
                self.ticker.begin(event.name)
            case Losing():
                self.lost.append(event)
                if not (self._quiet or (self._foreseen is not None and event in self._foreseen.losses)):
                    click.echo(output.loss_line(event))
            case Executing(statement=statement):
                STOP.heed()
                self.ticker.at(self._pacing.begin(output.statement_lines(statement)[0]))
            case Progress():
                self.ticker.at(self._pacing.line(event))  # in another thread, which Stopped would not end
            case Waiting():
                self._wait(event)
            case Step():
                self.ticker.end()
                self.done[self._verb].append(event.name)
                if not self._quiet:
                    output.show_step(event, self._verb)

    def _wait(self, event: Waiting) -> None:
        """Say once who is waited for; on a terminal, the seconds are counted."""
        STOP.heed()
        if not VOLUME.quiet:
            self.ticker.say(output.waiting_line(event))
        if event.name:
            self.ticker.at(f"waiting for {event.holder}")
        else:
            self.ticker.begin("waiting", since=Ticker.PATIENCE)

    def _refuse_unforeseen(self, name: str) -> None:
        """AnswerNeededError where another process has changed the history, or a file, since it was asked."""
        if self._foreseen is not None and name not in self._foreseen.names:
            raise AnswerNeededError(
                f"{name} would come next, and was not asked about: files or history have changed in the meantime",
                hint="look at it: peewit status; then type the same again",
            )

    def told_of_losses(self, error: PeewitError) -> PeewitError:
        """An error after it was told what goes: where nothing was kept, nothing has gone."""
        begun = self._begun
        told = begun is not None and begun.whole and any(loss.name == begun.name for loss in self.lost)
        if told and error.state in (UNCHANGED, NOTHING_KEPT, STILL_APPLIED):
            error.state += "; what it drops is still there"
        return error

    def stopped(self) -> Iterator[str]:
        """Where the database stands after a run that was stopped."""
        status = self._manager.status()
        pending = f"{len(status.pending)} pending" if status.pending else "nothing is pending"
        begun = self._begun
        if begun is None:
            yield "nothing was begun"
        elif (begun.name in {entry.name for entry in status.applied}) is (begun.action == "migrate"):
            yield f"{begun.name} was {self._verb}"
        elif begun.whole and begun.action == "rollback":
            yield f"{begun.name} is still applied, as before"
        elif begun.whole:
            yield f"nothing of {begun.name} was kept"
        else:
            yield f"{begun.name} was begun: what it has done so far is kept"
        yield f"the database has {len(status.applied)} applied, {pending}"
        yield output.as_typed("next: peewit status")


@contextmanager
def running(manager: MigrationManager, *, quiet: bool, foreseen: Foreseen | None = None) -> Iterator[Running]:
    """Listen to a run of the manager's; a run that is stopped ends the command with the signal's exit code."""
    run = Running(manager, quiet=quiet, foreseen=foreseen)
    try:
        with STOP.cancelling():
            try:
                yield run
            finally:
                run.ticker.end()
    except PeewitError as error:
        raise run.told_of_losses(error) from error.__cause__
    except Stopped as stopped:
        STOP.connection = None
        click.echo(f"stopped by {STOP.name}", err=True)
        lines = list(run.stopped())
        for line in lines:
            click.echo(f"  {line}", err=True)
        if quiet:
            output.show_failure(
                f"stopped by {STOP.name}",
                exit_code=STOP.exit_code,
                state="\n".join(lines[:-1]),
                hint=lines[-1],
                applied=run.done["applied"],
                rolled_back=run.done["rolled back"],
            )
        raise click.exceptions.Exit(STOP.exit_code) from stopped
