"""A file that was edited after its run was interrupted: whether it still asks for what was done of it.

Where every statement is kept at once a failure is mended in the file itself, and the run goes on from there: what was
done has to stand there as it was done, what was not may be another.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from types import CodeType
from typing import Any

from peewit.operations import Operation, RunCode

_BODIES = ("migrate", "rollback")
_PLAIN = (str, bytes, int, float, type(None))


def fingerprint(operations: Sequence[Operation]) -> str:
    """A short text that is another one where a step asks for something else."""
    told = [repr(operations), *(repr(_code(each.function)) for each in operations if isinstance(each, RunCode))]
    return hashlib.sha256("\n".join(told).encode(errors="surrogatepass")).hexdigest()[:16]


def same_around(source: bytes, other: bytes) -> bool:
    """Whether two files are alike but for their two functions: all that the steps of both share."""
    try:
        return _around(source) == _around(other)
    except SyntaxError:
        return False


def _around(source: bytes) -> list[str]:
    bodies = ast.FunctionDef, ast.Expr  # an expression by itself is a docstring
    nodes = ast.parse(source).body
    return [ast.dump(n) for n in nodes if not (isinstance(n, bodies) and getattr(n, "name", _BODIES[0]) in _BODIES)]


def _code(function: object, seen: tuple[object, ...] = ()) -> object:
    """What a function does: its code without the place it stands in, and what it has from around it."""
    if function in seen:
        return ""
    around = [
        _code(value, (*seen, function)) if hasattr(value, "__code__") else _meaning(value)
        for value in _taken_along(function)
        if hasattr(value, "__code__") or isinstance(value, _PLAIN)
    ]
    return _meaning(getattr(function, "__code__", type(function).__qualname__)), around


def _taken_along(function: Any) -> list[object]:
    taken = list(getattr(function, "__defaults__", None) or ())
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # what it names is not there yet
            taken.append(cell.cell_contents)
    return taken


def _meaning(part: Any) -> object:
    if isinstance(part, CodeType):
        return part.co_code, part.co_names, part.co_varnames, [_meaning(constant) for constant in part.co_consts]
    if isinstance(part, frozenset):
        return sorted(map(repr, part))
    return repr(part)
