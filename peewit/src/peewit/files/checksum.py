"""Whether a migration file says what it said: by its bytes, and by its meaning where only those differ."""

from __future__ import annotations

import ast
import hashlib


def checksum(source: bytes) -> str:
    """The hash of a file's bytes."""
    return hashlib.sha256(source).hexdigest()


def same_meaning(source: bytes, other: bytes) -> bool:
    """Whether two files are one program: comments, spacing and docstrings are free."""
    if source == other:
        return True
    try:
        return _meaning(source) == _meaning(other)
    except SyntaxError:
        return False


def _meaning(source: bytes) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            first = body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                del body[0]
    return ast.dump(tree)
