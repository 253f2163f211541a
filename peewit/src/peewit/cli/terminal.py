"""How much is said, in which colours, in which characters: what the terminal is, and what its user wants."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click


class Volume:
    """How much the running command says: ``verbose`` shows where errors come from, ``quiet`` says nothing else."""

    verbose = False
    quiet = False


VOLUME = Volume()
"""The one of this process."""


class Answer:
    """Standard output, while a program reads it: what else is printed, by a migration or by models, is kept off it."""

    _own: TextIO | None = None

    @property
    def file(self) -> TextIO | None:
        """Where an answer is printed; None for standard output as it is, which ``-q`` may have closed."""
        return self._own if sys.stdout is sys.stderr else None

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """Send everything but the answer to standard error."""
        self._own = sys.stdout
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        finally:
            self._own = None


ANSWER = Answer()
"""The one of this process."""


def volume(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options for how much is said."""
    for option in (
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            expose_value=False,
            callback=_louder,
            help="Say more; show where errors arise.",
        ),
        click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_hush, help="Say nothing but errors."),
    ):
        command = option(command)
    return command


def _louder(_: click.Context, __: click.Parameter, value: bool) -> None:
    VOLUME.verbose = VOLUME.verbose or value


def _hush(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        VOLUME.quiet = True
        nothing = context.with_resource(Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the context closes it
        context.with_resource(contextlib.redirect_stdout(nothing))


def may_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def colours() -> bool | None:
    """Whether there are colours: https://no-color.org, https://force-color.org; None where the terminal decides."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return True if os.environ.get("FORCE_COLOR") else None


_IN_ASCII = {"…": "...", "→": "->"}


def _in_fewer_characters(error: UnicodeError) -> tuple[str, int]:
    """What a terminal cannot show, in what it can."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    shown = "".join(_IN_ASCII.get(char) or char.encode("ascii", "backslashreplace").decode() for char in text)
    return shown, error.end


def fit_characters() -> None:
    """From now on nothing fails because the terminal has not the characters for it."""
    codecs.register_error("peewit", _in_fewer_characters)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="peewit")


class Ticker:
    """On a terminal, a line for what has been running for more than a second: for how long, and what it is at."""

    PATIENCE = 1.0

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not (quiet or VOLUME.quiet) and sys.stderr.isatty()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._name, self._at, self._since = "", "", 0.0

    def begin(self, name: str, *, since: float = 0.0) -> None:
        """Something begins, or began so many seconds ago."""
        self.end()
        self._name, self._at, self._since = name, "", time.monotonic() - since
        if self._shown:
            self._over = threading.Event()
            self._thread = threading.Thread(target=self._tick, args=(self._over,), daemon=True)
            self._thread.start()

    def at(self, text: str) -> None:
        """What it does next."""
        self._at = text

    def say(self, text: str) -> None:
        """A line that stays, above the one that moves."""
        click.echo(f"\r\x1b[K{text}" if self._shown else text, err=True)

    def end(self) -> None:
        """It is over, and so is the line."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _tick(self, over: threading.Event) -> None:
        if over.wait(self.PATIENCE):
            return
        while True:
            line = f"{self._name}  {time.monotonic() - self._since:.0f} s  {' '.join(self._at.split())}"
            sys.stderr.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
            sys.stderr.flush()
            if over.wait(0.5):
                break
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
