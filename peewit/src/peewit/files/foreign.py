"""Which tool a migration file is written for, where that is not peewee-migrate: told from its text alone."""

from __future__ import annotations

import re

TYPE_CHECKING = False

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

HISTORY_IS_READ = ("playhouse.migrations", "miggy")
"""The tools whose history ``adopt`` takes over."""

_PLAYHOUSE = re.compile(rb"\bplayhouse(?:\.|[ \t]+import[ \t]+)migrate\b")
_MADE_OF_WORDS = re.compile(rb"create_model\(\s*[\"']")
_OF_OTHERS = re.compile(rb"(?m)def (?:up|upgrade|forward|backward)\b|^class Migration\b|^steps?\s*[=(]")


def foreign_tool(source: bytes) -> str:
    """The tool, by its name; empty for a file of peewee-migrate or of ours. SyntaxError where it is no program."""
    marked = b"__ATOMIC" in source or (b"playhouse" in source and _PLAYHOUSE.search(source))
    if not (marked or _MADE_OF_WORDS.search(source) or _OF_OTHERS.search(source)):
        return ""
    import ast

    tree = ast.parse(source)
    there = dict(_top_level(tree))
    if "migrate" not in there:
        return _by_what_it_has(there)
    if "__ATOMIC" in there or any(_is_of_miggy(node) for node in ast.walk(tree)):
        return "miggy"
    return ""


def _by_what_it_has(there: dict[str, ast.stmt]) -> str:
    """The tool of a file that has no function ``migrate``, by the names it has instead."""
    import ast

    match there.get("upgrade"):
        case ast.AsyncFunctionDef():
            return "Aerich"
        case ast.FunctionDef(args=arguments):
            return "peewee-moves" if arguments.args else "Alembic"
        case _:
            pass
    tools = {
        "up": "playhouse.migrations",
        "forward": "peewee-migrations",
        "backward": "peewee-migrations",
        "Migration": "Django",
        "steps": "yoyo",
        "step()": "yoyo",
        "__ATOMIC": "miggy",
        "playhouse.migrate": "playhouse.migrate",
    }
    return next((tool for name, tool in tools.items() if name in there), "")


def _top_level(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """The names a module has, what it defines, gives a value, or imports; and ``name()`` of what it calls."""
    import ast

    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node
            case ast.Assign(targets=targets):
                yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
                yield f"{name}()", node
            case (
                ast.ImportFrom(module="playhouse.migrate")
                | ast.ImportFrom(module="playhouse", names=[ast.alias(name="migrate")])
                | ast.Import(names=[ast.alias(name="playhouse.migrate")])
            ):
                yield "playhouse.migrate", node  # its own function migrate changes a database at once
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name, node) for alias in names)
            case _:
                pass


def _is_of_miggy(node: ast.AST) -> bool:
    """``migrator.create_model("Person", fields={…})``: there is no class."""
    import ast

    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create_model"
        and "fields" in {keyword.arg for keyword in node.keywords}
    )
