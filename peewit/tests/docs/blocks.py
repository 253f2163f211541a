"""The blocks of a page that are typed, written or printed, in the order they stand there.

A comment in front of a block says what it is:

* ``<!-- file: models.py -->``: what a file is, whole;
* ``<!-- shows: migrations/001_books.py -->``: what a file turned out to be;
* ``<!-- start: tutorial -->``, by itself: the page begins where that page ends;
* ``<!-- answers: 1 -->``: a command typed on a terminal, and what is answered where it asks;
* ``<!-- not run: why -->``: what cannot be run here.

``console`` is typed and printed; ``python`` without a comment is a program that ends well. Others are only read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_COMMENT = re.compile(r"<!-- (file|shows|start|answers|not run): (.*?) -->")
_FENCE = re.compile(r"(`{3,})(\S*)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """``kind`` is the comment's word, else empty; ``line`` is where the text begins, counted from 1."""

    language: str
    text: str
    line: int
    kind: str = ""
    argument: str = ""


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page; a start is a block without a text."""
    lines = page.splitlines()
    kind = argument = ""
    at = 0
    while at < len(lines):
        comment, fence = _COMMENT.fullmatch(lines[at]), _FENCE.match(lines[at])
        if comment is not None and comment[1] == "start":
            yield Block(language="", text="", line=at + 1, kind="start", argument=comment[2])
        elif comment is not None:
            kind, argument = comment[1], comment[2]
        elif fence is not None:
            end = lines.index(fence[1], at + 1)
            text = "\n".join(lines[at + 1 : end]) + "\n"
            yield Block(language=fence[2], text=text, line=at + 2, kind=kind, argument=argument)
            kind = argument = ""
            at = end
        at += 1


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A command, as it is typed behind the prompt, and what is printed."""

    command: str
    printed: str


def session(text: str) -> Iterator[Typed]:
    """What is typed in a console block, each with what it prints. A line that ends in a backslash goes on."""
    command, printed = "", ""
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            if command:
                yield Typed(command=command, printed=printed)
            command, printed = line[2:], ""
        elif command.endswith("\\\n"):
            command += line.removeprefix("> ")
        else:
            printed += line
    if command:
        yield Typed(command=command, printed=printed)
