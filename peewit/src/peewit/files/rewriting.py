"""A migration file's program, rewritten before it is compiled: what older Peewees called things, and leniency.

The file itself is never touched, and every line keeps its number.
"""

from __future__ import annotations

import ast

_OLD = (b"rel_model", b"to_field", b"related_name", b"db_column")
_NEW = {"rel_model": "model", "to_field": "field", "related_name": "backref", "db_column": "column_name"}
"""Arguments of fields as Peewee 2 called them: http://docs.peewee-orm.com/en/latest/peewee/changes.html."""

PASSED = "__peewit_passed__"
"""The name a lenient program calls with what a statement of it raised."""


def program(source: bytes, path: str) -> bytes | ast.Module:
    """The program of a file in today's words: nearly always the text itself."""
    return parse(source, path) if any(word in source for word in _OLD) else source


def parse(source: bytes, path: str) -> ast.Module:
    """The program of a file in today's words, as a tree."""
    tree = ast.parse(source, path)
    _Renamed().visit(tree)
    return tree


class _Renamed(ast.NodeTransformer):
    """Arguments of old names get the new ones."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called.endswith("Field"):
            given = {keyword.arg for keyword in node.keywords}
            for keyword in node.keywords:
                new = _NEW.get(keyword.arg or "")
                if new is not None and new not in given and not (new == "model" and node.args):
                    keyword.arg = new
        return node


def lenient(tree: ast.Module) -> ast.Module:
    """The program with every statement of its functions passed over where it fails; PASSED is told."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [_guarded(statement) for statement in node.body]
    return ast.fix_missing_locations(tree)


_UNGUARDED = ast.FunctionDef | ast.ClassDef | ast.Return | ast.Global | ast.Nonlocal | ast.Break | ast.Continue


def _guarded(statement: ast.stmt) -> ast.stmt:
    if isinstance(statement, _UNGUARDED):
        return statement
    if isinstance(statement, ast.With | ast.If | ast.For | ast.While):
        statement.body = [_guarded(inner) for inner in statement.body]
        if not isinstance(statement, ast.With):
            statement.orelse = [_guarded(inner) for inner in statement.orelse]
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        names = {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    note = ast.Call(
        func=ast.Name(id=PASSED, ctx=ast.Load()),
        args=[
            ast.Constant(statement.lineno),
            ast.Name(id="__peewit_error__", ctx=ast.Load()),
            ast.Constant(" ".join(sorted(names))),
        ],
        keywords=[],
    )
    handler = ast.ExceptHandler(
        type=ast.Name(id="Exception", ctx=ast.Load()), name="__peewit_error__", body=[ast.Expr(note)]
    )
    return ast.copy_location(ast.Try(body=[statement], handlers=[handler], orelse=[], finalbody=[]), statement)
