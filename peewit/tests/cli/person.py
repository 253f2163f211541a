"""Somebody at a terminal, who types ahead."""

import contextlib
import os
import pty
import re
import sys
import termios
import threading
from collections.abc import Callable, Sequence

import pytest

from peewit.cli import main

PROMPT = re.compile(r"^(which \[1\]|value for \S+|(write the migration|go on\?).*\[y/N\]): ")


def on_a_terminal(
    answers: Sequence[str | Callable[[], str]], *command: str, prompts: bool = False, progress: bool = False
) -> tuple[int, list[str]]:
    """Run a command as a person would who types ahead; its exit code, and its lines without colours and prompts.

    An answer that is a function is given when its question stands. How far a statement is, which a slow machine shows
    of any, is erased again: it is left out without ``progress``.
    """
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    os.write(ours, "".join(f"{answer}\n" for answer in answers if isinstance(answer, str)).encode())
    told: list[bytes] = []
    late = [answer for answer in answers if callable(answer)]
    reader = threading.Thread(target=_read, args=(ours, told, late))
    reader.start()
    with (
        open(theirs, encoding="utf-8", closefd=False) as typed,
        open(theirs, "w", encoding="utf-8", closefd=False) as shown,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, file in (("stdin", typed), ("stdout", shown), ("stderr", shown)):
            patch.setattr(sys, name, file)
        code = main(list(command))
    os.close(theirs)
    reader.join()
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;]*[mK]", "", b"".join(told).decode()).replace("\r\n", "\n")
    if not progress:
        text = re.sub(r"[^\r\n]*\r", "", text)
    return code, text.splitlines() if prompts else [PROMPT.sub("", line) for line in text.splitlines()]


def _read(end: int, told: list[bytes], late: list[Callable[[], str]]) -> None:
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(end, 4096):
            told.append(piece)
            if late and b"".join(told).endswith(b"[y/N]: "):
                os.write(end, f"{late.pop(0)()}\n".encode())
