"""Messages about rows: with a count in them, one row holds, two rows hold; with values, which may be long."""

from __future__ import annotations

import re

MOST = 60
"""How many characters of a value are shown."""

_VERBS = {"hold": "holds", "do": "does", "refer": "refers", "stand": "stands", "are": "is"}
_MANY = rf'\{{count\}} (row|value)s( of "(?:[^"]|"")*")?( still)?( (?:{"|".join(_VERBS)})\b)?'


def counted(problem: str, count: int) -> str:
    """A message with its ``{count}``, which is written for several rows or values."""
    return (re.sub(_MANY, _one, problem) if count == 1 else problem).replace("{count}", str(count))


def _one(found: re.Match[str]) -> str:
    noun, of, still, verb = (group or "" for group in found.groups())
    return f"1 {noun}{of}{still}" + (f" {_VERBS[verb.strip()]}" if verb else "")


def shown_value(value: object) -> str:
    """A value of a row as people write it, dates without their Python class; of a long one its beginning."""
    if isinstance(value, tuple):
        return f"({', '.join(map(shown_value, value))})"
    if type(value).__module__ in ("decimal", "datetime", "uuid"):
        return str(value)
    value = bytes(value) if isinstance(value, memoryview) else value
    if isinstance(value, str) and len(value) > MOST:
        return repr(f"{value[: MOST - 1]}…")
    text = repr(value[: MOST + 1] if isinstance(value, bytes) else value)
    return text if len(text) <= MOST + 2 else f"{text[: MOST + 1]}…"
