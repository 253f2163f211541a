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


def got_a_way_back(source: bytes, before: bytes) -> bool:
    """Whether a file says what it said, and can be rolled back now, which it could not before."""
    try:
        new, old = ast.parse(source), ast.parse(before)
    except SyntaxError:
        return False
    if _has_way_back(old) or not _has_way_back(new):
        return False
    rest, rest_before = (_dumped(_without_way_back(tree)) for tree in (new, old))
    return rest == rest_before and "'rollback'" not in rest  # nor is it a name for anything else


def _has_way_back(tree: ast.Module) -> bool:
    named = [_name_of(node) for node in tree.body]
    return "rollback" in named and "irreversible" not in named


def _without_way_back(tree: ast.Module) -> ast.Module:
    return ast.Module([n for n in tree.body if _name_of(n) not in ("rollback", "irreversible")], [])


def _name_of(node: ast.stmt) -> str:
    """What a function, or a constant, at the top of a module is called."""
    match node:
        case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return ""


def _meaning(source: bytes) -> str:
    return _dumped(ast.parse(source))


def _dumped(tree: ast.Module) -> str:
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
