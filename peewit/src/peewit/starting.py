"""A project's first settings: its database and its models, found by reading its modules, not by running them."""

from __future__ import annotations

import ast
import json
import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from peewit.errors import AnswerNeededError, ConfigError, unreadable, without_passwords
from peewit.files.names import listing
from peewit.read.modules import Module, is_own, models_in, modules_below

PROJECT = "pyproject.toml"


class Proposal(NamedTuple):
    """Settings for a project: ``database`` as ``module:name`` or a URL, ``directory`` from the project's folder."""

    database: str
    models: tuple[str, ...]
    directory: str


def propose(
    folder: Path, *, database: str | None = None, models: Sequence[str] = (), directory: str | None = None
) -> Proposal:
    """Settings for the project in a folder; what is given is not looked for.

    AnswerNeededError where there is no database or more than one, or no model, with the flag that answers.
    """
    modules = list(modules_below(folder)) if database is None or not models else []
    found = database or _the_database(modules)
    sources = tuple(models) or _the_models(modules)
    if without_passwords(found) != found:
        raise ConfigError(
            "a URL with a password does not belong into a file that is shared",
            hint="leave the password to ~/.pgpass or ~/.my.cnf, or give the whole URL in PEEWIT_DATABASE",
        )
    return Proposal(found, sources, directory or _the_directory(folder, found, sources))


def _the_database(modules: Sequence[Module]) -> str:
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


def _the_models(modules: Sequence[Module]) -> tuple[str, ...]:
    """The modules that define models, and not only what others inherit from; of a package ``models``, the package."""
    found = list(models_in(modules))
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
        folders[:] = sorted(name for name in folders if not name.startswith(".") and is_own(Path(place) / name))
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
