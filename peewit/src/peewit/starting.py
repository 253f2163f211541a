"""A project's first settings: its database and its models, found by reading its modules, not by running them."""

from __future__ import annotations

import ast
import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from peewit.dataclass import dataclass
from peewit.errors import AnswerNeededError, ConfigError, unreadable, without_passwords
from peewit.files.names import listing

PROJECT = "pyproject.toml"

_ELSEWHERE = {"node_modules", "site-packages", "build", "dist", "tests", "test", "docs", "migrations", "__pycache__"}
"""Folders whose modules are not the application's own."""


class Proposal(NamedTuple):
    """Settings for a project: ``database`` as ``module:name`` or a URL, ``directory`` from the project's folder."""

    database: str
    models: tuple[str, ...]
    directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """One module as it is written: the databases it makes, its classes with the names of their bases.

    ``tables`` are the classes that name their table themselves: such a class is one, whoever inherits from it.
    """

    name: str
    databases: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    tables: frozenset[str]


def propose(
    folder: Path, *, database: str | None = None, models: Sequence[str] = (), directory: str | None = None
) -> Proposal:
    """Settings for the project in a folder; what is given is not looked for.

    AnswerNeededError where there is no database or more than one, or no model, with the flag that answers.
    """
    modules = list(_modules(folder)) if database is None or not models else []
    found = database or _the_database(modules)
    sources = tuple(models) or _the_models(modules)
    if without_passwords(found) != found:
        raise ConfigError(
            "a URL with a password does not belong into a file that is shared",
            hint="leave the password to ~/.pgpass or ~/.my.cnf, or give the whole URL in PEEWIT_DATABASE",
        )
    return Proposal(found, sources, directory or _the_directory(folder, found, sources))


# ---------------------------------------------------------------------- what is there


def _modules(folder: Path) -> Iterator[_Module]:
    for path in _files(folder):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue  # it is no module of Python, or of another version
        parts = path.relative_to(folder).with_suffix("").parts
        inside = parts[1:] if parts[0] == "src" and len(parts) > 1 else parts
        name = ".".join(inside[:-1] if inside[-1] == "__init__" else inside)
        if name:
            yield _Module(
                name=name,
                databases=tuple(_databases(tree)),
                classes=dict(_classes(tree)),
                tables=frozenset(_tables(tree)),
            )


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if name not in _ELSEWHERE and _is_own(here / name))
        yield from (here / name for name in sorted(names) if name.endswith(".py") and name[:-3].isidentifier())


def _is_own(folder: Path) -> bool:
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


def _the_database(modules: Sequence[_Module]) -> str:
    found = [f"{module.name}:{name}" for module in modules for name in module.databases]
    if len(found) == 1:
        return found[0]
    if not found:
        raise AnswerNeededError(
            "no database was found: no module says something like database = SqliteDatabase(…)",
            state="nothing was written",
            hint="name it: peewit init --database app.db:database, or --database sqlite:///app.db",
        )
    raise AnswerNeededError(
        f"there is more than one database: {', '.join(found)}",
        state="nothing was written",
        hint="say which: " + "\n  or: ".join(f"peewit init --database {name}" for name in found),
    )


def _the_models(modules: Sequence[_Module]) -> tuple[str, ...]:
    """The modules that define models, and not only what others inherit from; of a package ``models``, the package."""
    bases = {name: set(parents) for module in modules for name, parents in module.classes.items()}
    known = {"Model"}
    while more := {name for name, parents in bases.items() if parents & known} - known:
        known |= more
    counts = Counter(name for module in modules for name in module.classes)  # which of two is meant, nobody knows
    inherited = {parent for parents in bases.values() for parent in parents if counts[parent] == 1}
    models = {m.name: {name for name, parents in m.classes.items() if set(parents) & known} for m in modules}
    found = [m.name for m in modules if models[m.name] - inherited or models[m.name] & m.tables]
    if not found:
        raise AnswerNeededError(
            "no model was found: no module defines a class that inherits from peewee.Model",
            state="nothing was written",
            hint="name the module that defines them: peewit init --models app.models",
        )
    return tuple(dict.fromkeys(map(_package_of_models, found)))


def _package_of_models(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[: parts.index("models") + 1]) if "models" in parts else name


def _the_directory(folder: Path, database: str, models: Sequence[str]) -> str:
    """The folder that has migrations already; else ``migrations`` in the package of the database, or of the models."""
    for place, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and _is_own(Path(place) / name))
        if Path(place).name == "migrations" and listing(place):
            return Path(place).relative_to(folder).as_posix()
    module = models[0] if "://" in database else database.partition(":")[0]
    package = module.split(".")[0]
    inside = next((base for base in (folder / package, folder / "src" / package) if base.is_dir()), folder)
    return (inside / "migrations").relative_to(folder).as_posix()


# ---------------------------------------------------------------------- writing it down


def settings_text(proposal: Proposal) -> str:
    """The table of a pyproject.toml."""
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in proposal._asdict().items()}
    return "[tool.peewit]\n" + "".join(f"{name} = {value}\n" for name, value in quoted.items())


def refuse_written(folder: Path) -> None:
    """ConfigError where a project has settings already, or a pyproject.toml that cannot be read."""
    path = folder / PROJECT
    if "peewit" in _parsed(_text(path), path).get("tool", {}):
        raise ConfigError(
            f"{path} has a table [tool.peewit] already",
            state="nothing was written",
            hint="change it there; peewit status says whether it works",
        )


def write_settings(folder: Path, proposal: Proposal) -> Path:
    """Add the settings to the end of the project's pyproject.toml, which is made where there is none."""
    refuse_written(folder)
    path, text = folder / PROJECT, settings_text(proposal)
    before = _text(path)
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    _parsed(before + gap + text, path)
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(gap + text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint=f"put this there:\n{text}") from error
    return path


def names_given(path: Path) -> list[str]:
    """The names a module gives to values; none where it cannot be read."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    assigned = (node.targets for node in tree.body if isinstance(node, ast.Assign))
    return [target.id for targets in assigned for target in targets if isinstance(target, ast.Name)]


def _text(path: Path) -> str:
    """What is in a file; nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise unreadable("the settings in", path, error) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", state="nothing was written") from error


def _parsed(text: str, path: Path) -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", state="nothing was written") from error
