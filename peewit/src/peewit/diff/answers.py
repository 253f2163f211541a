"""What only the developer knows, as data: which names follow which, and what goes into empty places."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from peewit.errors import ConfigError
from peewit.schema import Default


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers to the questions of a diff.

    ``renames`` maps an old table to a new one, and ``table.field`` to a new field; None means that nobody
    was asked, a mapping is the whole answer. ``fill`` maps ``table.field`` to a Python expression.
    """

    renames: Mapping[str, str] | None = None
    fill: Mapping[str, str] = field(default_factory=dict)


def fill_value(expression: str, subject: str) -> Default:
    """A one-off value: a literal as it is, any other expression as a function called once per row."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ConfigError(
            f"the fill value of {subject} is not a Python expression: {expression!r} ({error.msg})",
            hint=f"""a text needs quotes of its own, for example --fill {subject}="'unknown'\"""",
        ) from error
    try:
        ast.literal_eval(tree)
    except ValueError:
        return Default(source=f"lambda: {ast.unparse(tree)}", imports=_imports(tree, subject), called=True)
    return Default(source=ast.unparse(tree))


def _imports(tree: ast.Expression, subject: str) -> tuple[str, ...]:
    bound = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    bound |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    free = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - bound
    lines = []
    for name in sorted(free):
        if name in sys.stdlib_module_names:
            lines.append(f"import {name}")
        elif not hasattr(builtins, name):
            raise ConfigError(
                f'the fill value of {subject} uses "{name}", which a migration file does not know',
                hint="use literals, builtins and modules of the standard library, as in uuid.uuid4()",
            )
    return tuple(lines)
