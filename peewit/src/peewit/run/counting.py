"""Messages with a count in them: one row holds, two rows hold."""

from __future__ import annotations

import re

_VERBS = {"hold": "holds", "do": "does", "refer": "refers", "stand": "stands", "are": "is"}
_MANY = rf'\{{count\}} (row|value)s( of "(?:[^"]|"")*")?( still)?( (?:{"|".join(_VERBS)})\b)?'


def counted(problem: str, count: int) -> str:
    """A message with its ``{count}``, which is written for several rows or values."""
    return (re.sub(_MANY, _one, problem) if count == 1 else problem).replace("{count}", str(count))


def _one(found: re.Match[str]) -> str:
    noun, of, still, verb = (group or "" for group in found.groups())
    return f"1 {noun}{of}{still}" + (f" {_VERBS[verb.strip()]}" if verb else "")
