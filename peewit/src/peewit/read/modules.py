"""The modules of an application as they are written: read, and not run."""

from __future__ import annotations

import ast
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from peewit.dataclass import dataclass

_ELSEWHERE = {"node_modules", "site-packages", "build", "dist", "tests", "test", "docs", "migrations", "__pycache__"}
"""Folders whose modules are not the application's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module as it is written: the databases it makes, its classes with the names of their bases.

    ``tables`` are the classes that name their table themselves: such a class is one, whoever inherits from it.
    """

    name: str
    databases: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    tables: frozenset[str]


def modules_below(folder: Path, package: str = "") -> Iterator[Module]:
    """The modules below a folder, or only those of one package in it."""
    for path in _files(folder / package):
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue  # it cannot be read, is no module of Python, or of another version
        parts = path.relative_to(folder).with_suffix("").parts
        inside = parts[1:] if parts[0] == "src" and len(parts) > 1 else parts
        name = ".".join(inside[:-1] if inside[-1] == "__init__" else inside)
        if name:
            yield Module(
                name=name,
                databases=tuple(_databases(tree)),
                classes=dict(_classes(tree)),
                tables=frozenset(_tables(tree)),
            )


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if name not in _ELSEWHERE and is_own(here / name))
        yield from (here / name for name in sorted(names) if name.endswith(".py") and name[:-3].isidentifier())


def is_own(folder: Path) -> bool:
    """Whether a folder is the application's: no environment, and nothing that cannot be a package."""
    return folder.name.isidentifier() and not (folder / "pyvenv.cfg").exists()


def _databases(tree: ast.Module) -> Iterator[str]:
    """The names a module gives to databases: ``database = SqliteDatabase(…)``, ``db = connect(…)``."""
    by_url = any(isinstance(node, ast.ImportFrom) and node.module == "playhouse.db_url" for node in tree.body)
    for node in tree.body:
        if not (isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)):
            continue
        made = ast.unparse(node.value.func).rpartition(".")[2]
        if made.endswith(("Database", "DatabaseProxy")) or made == "Proxy" or (by_url and made == "connect"):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _classes(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    own = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "peewee"
        for alias in node.names
        if alias.name == "Model"
    }
    modules = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "peewee"
    }
    roots = own | {f"{module}.Model" for module in modules}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            yield node.name, tuple("Model" if base in roots else base.rpartition(".")[2] for base in bases)


def _tables(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        inside = (
            [line for line in node.body if isinstance(line, ast.ClassDef)] if isinstance(node, ast.ClassDef) else []
        )
        metas = [line for meta in inside if meta.name == "Meta" for line in meta.body if isinstance(line, ast.Assign)]
        named = {target.id for line in metas for target in line.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ClassDef) and named & {"table_name", "db_table"}:
            yield node.name


def models_in(modules: Sequence[Module]) -> dict[str, set[str]]:
    """The modules that define models, each with those that are a table: not those that others only inherit from."""
    bases = {name: set(parents) for module in modules for name, parents in module.classes.items()}
    known = {"Model"}
    while more := {name for name, parents in bases.items() if parents & known} - known:
        known |= more
    counts = Counter(name for module in modules for name in module.classes)  # which of two is meant, nobody knows
    inherited = {parent for parents in bases.values() for parent in parents if counts[parent] == 1}
    models = {m.name: {name for name, parents in m.classes.items() if set(parents) & known} for m in modules}
    found = {m.name: (models[m.name] - inherited) | (models[m.name] & m.tables) for m in modules}
    return {name: classes for name, classes in found.items() if classes}


def model_elsewhere(model: str, sources: Sequence[str]) -> str | None:
    """A module that defines a model of this name and is not among the ``sources``, which are imported; or None.

    Looked for where those are: in their packages, or beside them.
    """
    for place, name in dict.fromkeys(filter(None, map(_place_of, sources))):
        for module, classes in models_in(list(modules_below(place, name))).items():
            if model in classes and not any(f"{module}.".startswith(f"{source}.") for source in sources):
                return module
    return None


def _place_of(source: str) -> tuple[Path, str] | None:
    """The folder a module is imported from, and its outermost package there; nothing for one that stands alone."""
    file = getattr(sys.modules.get(source.partition(".")[0]), "__file__", None)
    if file is None:
        return None
    path = Path(file)
    return (path.parents[1], path.parent.name) if path.name == "__init__.py" else (path.parent, "")
