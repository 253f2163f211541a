"""Which tool a migration file is written for, where that is not peewee-migrate: told from its text alone."""

from __future__ import annotations

import re

TYPE_CHECKING = False

if TYPE_CHECKING:
    import ast

_UP, _MADE_OF_WORDS = re.compile(rb"def up\b"), re.compile(rb"create_model\(\s*[\"']")


def foreign_tool(source: bytes) -> str:
    """The tool, by its name; empty for a file of peewee-migrate or of ours. SyntaxError where it is no program."""
    if not (b"__ATOMIC" in source or _UP.search(source) or _MADE_OF_WORDS.search(source)):
        return ""
    import ast

    tree = ast.parse(source)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "up" in functions and "migrate" not in functions:
        return "playhouse.migrations"
    names = {
        t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    }
    if "__ATOMIC" in names or any(_is_of_miggy(node) for node in ast.walk(tree)):
        return "miggy"
    return ""


def _is_of_miggy(node: ast.AST) -> bool:
    """``migrator.create_model("Person", fields={…})``: there is no class."""
    import ast

    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create_model"
        and "fields" in {keyword.arg for keyword in node.keywords}
    )
