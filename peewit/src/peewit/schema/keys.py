"""The key of a table: the one text that tells it from all others, whatever is in its name."""

from __future__ import annotations

import re

_PART = r'"(?:[^"]|"")*"|[^".][^.]*|'
_KEY = re.compile(rf"(?:({_PART})\.)?({_PART})", re.DOTALL)


def key_of(schema: str | None, name: str) -> str:
    """``person``, ``shop.person``. A part with a dot of its own stands in quotes, as in SQL: ``"a.b"``."""
    return f"{_part(schema)}.{_part(name)}" if schema else _part(name)


def _part(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if "." in name or name.startswith('"') else name


def parts_of(key: str) -> tuple[str | None, str]:
    """The schema and the name a key was made of."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None, key
    schema, name = found.groups()
    return (_plain(schema) if schema else None), _plain(name)


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part
