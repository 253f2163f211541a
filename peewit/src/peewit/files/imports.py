"""The imports of a migration file: what its defaults use, each under a name that means nothing else there."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Collection, Iterable
from dataclasses import field

from peewit.dataclass import dataclass
from peewit.files.layout import INDENT, WIDTH, columns, replaced
from peewit.schema import Default

_OURS = ("peewee", "playhouse")
_TAKEN = frozenset({"migrate", "rollback", "migrator", "database", "fake", "pw", "Migrator", "TYPE_CHECKING"})


@dataclass(slots=True)
class Imports:
    """Lines by the name each binds: ``outer`` ones stand at the top, ``inner`` ones in one function.

    The standard library and Peewee are imported at the top. The application is imported where it is used:
    a file that only lists what it did must not need it.
    """

    outer: dict[str, str] = field(default_factory=dict)
    inner: dict[str, str] = field(default_factory=dict)

    def use(self, default: Default, before: Collection[str], beside: Collection[str]) -> str:
        """The source of a default, with its imports taken up, and its names changed where they are taken.

        In the body of a class the fields hide other names: ``before`` are those above the default, and
        ``beside`` all of its class, which hide what a function imported.
        """
        names = {}
        for wanted in default.imports:
            name, outer = _bound(wanted), _is_outer(wanted)
            free = self._free(name, wanted, before if outer else beside)
            line = wanted
            if free != name:
                line, names[name] = f"{wanted.partition(' as ')[0]} as {free}", free
            key = _module(line) if "." in _module(line) and line.startswith("import ") else free
            (self.outer if outer else self.inner)[key] = line
        return replaced(default.source, names | self._builtins(default, before))

    def _free(self, name: str, line: str, hidden: Collection[str]) -> str:
        free = name
        while free in hidden or free in _TAKEN or not self._same(free, line):
            free += "_"
        return free

    def _same(self, name: str, line: str) -> bool:
        """Whether a name is free, or bound by a line that binds it to the same."""
        known = self.outer.get(name) or self.inner.get(name)
        return known is None or _meaning(known) == _meaning(line)

    def _builtins(self, default: Default, before: Collection[str]) -> dict[str, str]:
        """``list`` below a field called ``list``."""
        bound = {_bound(line) for line in default.imports}
        used = {n.id for n in ast.walk(ast.parse(default.source)) if isinstance(n, ast.Name)} - bound
        hidden = {name for name in used if name in before and hasattr(builtins, name)}
        if hidden:
            self.outer["builtins"] = "import builtins"
        return {name: f"builtins.{name}" for name in hidden}


def _bound(line: str) -> str:
    """The name an import line binds."""
    words = line.split()
    return words[-1] if words[0] == "from" or "as" in words else words[1].partition(".")[0]


def _meaning(line: str) -> str:
    """What a line's name stands for: of ``import a.b``, the package ``a``."""
    what = line.partition(" as ")[0]
    return what if " as " in line or what.startswith("from ") else what.partition(".")[0]


def _module(line: str) -> str:
    return line.split()[1]


def _is_outer(line: str) -> bool:
    top = _module(line).partition(".")[0]
    return top in sys.stdlib_module_names or top in _OURS


def blocks(lines: Iterable[str]) -> list[list[str]]:
    """Import lines as a sorter leaves them: the standard library, then the rest; names of one module as one."""
    wanted = set(lines)
    standard = {line for line in wanted if _module(line).partition(".")[0] in sys.stdlib_module_names}
    return [_sorted(group) for group in (standard, wanted - standard) if group]


def _sorted(lines: set[str]) -> list[str]:
    plain = sorted((line for line in lines if line.startswith("import ")), key=lambda line: line.lower())
    renamed = [line for line in lines if line.startswith("from ") and " as " in line]
    names: dict[str, set[str]] = {}
    for line in lines - set(plain) - set(renamed):
        names.setdefault(_module(line), set()).add(line.split()[-1])
    merged = [_from(module, sorted(found, key=_order)) for module, found in names.items()]
    others = sorted([*merged, *renamed], key=lambda line: (_module(line).lower(), " as " in line, line))
    return [*plain, *(piece for line in others for piece in line.split("\n"))]


def _order(name: str) -> tuple[int, str, str]:
    """Constants, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name


def _from(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(INDENT) + columns(line) <= WIDTH:
        return line
    return "\n".join([f"from {module} import (", *(f"{INDENT}{name}," for name in names), ")"])
