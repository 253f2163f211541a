"""Ctrl-C and SIGTERM: the statement that runs is finished or rolled back, and the command says where it stands.

A driver written in C does not return while a statement runs, and Python calls its handlers only between two of its
own steps. So a thread of its own hears of a signal at once, and cancels the statement.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from socket import socket

SIGNALS = (signal.SIGINT, signal.SIGTERM)

AGAIN = 0.05
"""Seconds between two tries to cancel a statement."""


class Stopped(KeyboardInterrupt):
    """A command was told to stop."""


class Stop:
    """What was asked of the running command: ``number`` is the signal, 0 as long as there was none.

    ``connection`` is the driver's own, whose running statement is cancelled. Where statements are kept at once
    (``patient``), the one that runs is finished instead, and the run ends before the next.
    """

    def __init__(self) -> None:
        self.number = 0
        self.connection: Any = None
        self.patient = False
        self._ended = False

    @property
    def name(self) -> str:
        """The signal's name."""
        return signal.Signals(self.number).name

    @property
    def exit_code(self) -> int:
        """As a shell gives it for a process the signal ended."""
        return 128 + (self.number or signal.SIGINT)

    def heed(self) -> None:
        """Stopped where it was asked for: called between two statements."""
        if self.number:
            raise Stopped

    def heard(self, number: int, frame: object) -> None:
        """The handler of the signals."""
        del frame
        again, self.number = self.number != 0, number
        if self.patient and not again:
            click.echo("stopping when the statement that runs now is done; once more: at once", err=True)
            return
        raise Stopped

    @contextmanager
    def installed(self) -> Iterator[Stop]:
        """Hear of signals, in the main thread; elsewhere that is the business of whoever started us."""
        self.number, self.connection, self.patient, self._ended = 0, None, False, False
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        former = {number: signal.signal(number, self.heard) for number in heeded}
        try:
            yield self
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """While a run lasts: what runs on ``connection`` is cancelled by a signal, by a thread of its own."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        from socket import socketpair

        hearing, telling = socketpair()
        telling.setblocking(False)
        former = signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
        watcher = threading.Thread(target=self._watch, args=(hearing,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._ended = True
            signal.set_wakeup_fd(former)
            telling.close()
            watcher.join()
            hearing.close()

    def _watch(self, hearing: socket) -> None:
        while told := hearing.recv(16):
            # Not once only: a statement that is just about to begin has nothing yet that could be cancelled.
            while any(number in SIGNALS for number in told) and not (self.number or self.patient or self._ended):
                self._cancel()
                time.sleep(AGAIN)

    def _cancel(self) -> None:
        cancel = getattr(self.connection, "interrupt", None) or getattr(self.connection, "cancel", None)
        with suppress(Exception):  # it was closed in this very moment: then nothing runs on it
            if cancel is not None:
                cancel()


STOP = Stop()
"""The one of this process."""


@contextmanager
def asking(nothing: str) -> Iterator[None]:
    """Questions on a terminal; whoever ends the command there is told what was not done."""
    try:
        yield
    except (click.Abort, Stopped):
        click.echo(f"\ninterrupted: {nothing}", err=True)
        raise click.exceptions.Exit(STOP.exit_code) from None
