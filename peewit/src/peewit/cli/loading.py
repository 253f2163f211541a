"""Ctrl-C and SIGTERM while the modules are still loaded: nothing was begun, so one line says it and that is all.

As soon as a command runs, :mod:`peewit.cli.stopping` hears of them instead.
"""

from __future__ import annotations

import signal

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedEarly(KeyboardInterrupt):
    """A command was told to stop before it began; ``number`` is the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Heard:
    """Hears of the first signal; what comes after it, while that is told, is passed over."""

    def __enter__(self) -> None:
        self._former = {}
        try:
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._former[number] = signal.signal(number, self._stop)
        except ValueError:
            pass  # not in the main thread: that is the business of whoever started us

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        for each in self._former:
            signal.signal(each, signal.SIG_IGN)
        raise StoppedEarly(number)


def exit_code(stopped: KeyboardInterrupt) -> int:
    """As a shell gives it for a process the signal ended."""
    return 128 + (stopped.number if isinstance(stopped, StoppedEarly) else signal.SIGINT)
