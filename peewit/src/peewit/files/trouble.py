"""What is the matter with a migration file, told from its text alone: nothing of it is run."""

from __future__ import annotations

from peewit.files.foreign import foreign_tool

UNREADABLE = "cannot be read"
"""How the trouble with a file begins that is no program."""


def trouble(name: str, source: bytes) -> str:
    """What is the matter with a migration's file: it is no program, or one of another tool; empty for all others."""
    try:
        compile(source, name, "exec", dont_inherit=True)
        tool = foreign_tool(source)
    except (SyntaxError, ValueError) as error:  # ValueError: a NUL in it
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        return f"{UNREADABLE}: {getattr(error, 'msg', error)}{line}"
    return f"written for {tool}, and is not run" if tool else ""
