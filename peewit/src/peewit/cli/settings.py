"""Where the settings come from: ``[tool.peewit]`` above the folder, or ``conf.py``; then ``PEEWIT_*``, then flags."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from peewit.errors import ConfigError, place_of
from peewit.manager import MigrationManager

_KEYS = (
    "database",
    "models",
    "directory",
    "history-table",
    "schema",
    "ignore",
    "lock-timeout",
    "online",
    "lock",
    "backup",
    "keep-backups",
    "proof",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The arguments of a :class:`~peewit.MigrationManager`, as text; a ``conf.py`` may name the database itself."""

    database: Any = field(default=None, repr=False)  # a URL may have a password in it
    directory: str | None = None
    models: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    history_table: str | None = None
    schema: str | None = None
    lock_timeout: float = 60.0
    online: bool = False
    lock: str = "auto"
    backup: bool = True
    keep_backups: int = 5
    proof: Literal["basic", "full"] = "basic"

    def manager(self) -> MigrationManager:
        """The manager these settings describe; ConfigError where one is missing or wrong."""
        if self.database is None:
            raise ConfigError(
                "no database is configured",
                hint="peewit init finds it and writes it down; or set it in pyproject.toml "
                '([tool.peewit] database = "app.db:database"), in PEEWIT_DATABASE, or by --database',
            )
        here = str(Path.cwd())
        if "" not in sys.path and here not in sys.path:
            sys.path.insert(0, here)
        return MigrationManager(
            _database(self.database),
            self.directory or "migrations",
            models=self.models,
            ignore=self.ignore,
            history_table=self.history_table or "migratehistory",
            schema=self.schema,
            lock_timeout=self.lock_timeout,
            online=self.online,
            lock=self.lock,
            backup=self.backup,
            keep_backups=self.keep_backups,
            proof=self.proof,
        )


def _database(text: Any) -> Any:
    """A URL or a database as it is, or what ``package.module:name`` names."""
    if not isinstance(text, str) or "://" in text:
        return text
    module, _, name = text.partition(":")
    if not name:
        raise ConfigError(
            f'"{text}" is no database: give a URL, or package.module:name',
            hint="for example sqlite:///app.db, or app.db:database",
        )
    try:
        found: Any = import_module(module)
        for step in name.split("."):
            found = getattr(found, step)
    except Exception as error:
        # The module is the application's: whatever it raises, it could not be imported.
        raise ConfigError(
            f'the database "{text}" cannot be imported: {type(error).__name__}: {error}{place_of(error)}',
            hint="correct that first, or name another database: --database",
        ) from error
    return found


def read_settings(flags: Mapping[str, Any], folder: Path | None = None) -> Settings:
    """The settings in force for a folder: its project's, changed by the environment, changed by flags.

    Where the project has none of ours, those of peewee-migrate's ``conf.py`` beside the migrations.
    """
    here = folder or Path.cwd()
    given = {**_from_environment(os.environ), **{key: value for key, value in flags.items() if value not in (None, ())}}
    settings = _from_project(here)
    return _changed(_from_conf(here, given.get("directory")) if settings is None else settings, given)


def _changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    given = {key: value for key, value in values.items() if value not in (None, ())}
    return replace(settings, **given)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in _KEYS:
        value = environment.get(f"PEEWIT_{key.upper().replace('-', '_')}")
        if value:
            found[key.replace("-", "_")] = _typed(key, _names(value) if key in ("models", "ignore") else value)
    return found


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


_OF_CONF = {"DATABASE": "database", "MIGRATE_TABLE": "history_table", "SCHEMA": "schema", "IGNORE": "ignore"}


def _from_conf(folder: Path, directory: str | None) -> Settings:
    """What peewee-migrate's own settings say, which are a program beside the migrations."""
    path = folder / (directory or "migrations") / "conf.py"
    if not path.is_file():
        return Settings()
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    scope: dict[str, Any] = {"__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), scope)
    except Exception as error:
        # It is the project's program: whatever it raises, it could not be read.
        raise ConfigError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    found = {ours: scope[name] for name, ours in _OF_CONF.items() if scope.get(name)}
    if "ignore" in found:
        found["ignore"] = _typed("ignore", list(found["ignore"]))
    return Settings(**found)


def _from_project(folder: Path) -> Settings | None:
    for parent in (folder, *folder.parents):
        path = parent / "pyproject.toml"
        if path.is_file():
            table = _table(path)
            if table is not None:
                return _checked(table, path)
    return None


def _table(path: Path) -> dict[str, Any] | None:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("peewit")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    return table if isinstance(table, dict) else None


def _checked(table: dict[str, Any], path: Path) -> Settings:
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise ConfigError(
            f'{path} has an unknown setting "{unknown[0]}" in [tool.peewit]',
            hint=f"known: {', '.join(_KEYS)}",
        )
    values = {key.replace("-", "_"): _typed(key, value) for key, value in table.items()}
    if "directory" in values and ":" not in values["directory"]:
        values["directory"] = str(path.parent / values["directory"])
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    return Settings(**values)


def _typed(key: str, value: Any) -> Any:
    if key in ("models", "ignore"):
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ConfigError(f"{key} has to be a text or a list of texts, not {value!r}")
        return tuple(names)
    if key == "lock-timeout":
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"lock-timeout has to be a number of seconds, not {value!r}") from error
    if key in ("online", "backup"):
        words = {"true": True, "1": True, "false": False, "0": False}
        if str(value).lower() not in words:
            raise ConfigError(f"{key} has to be true or false, not {value!r}")
        return words[str(value).lower()]
    if key == "keep-backups":
        if not str(value).isdecimal():
            raise ConfigError(f"keep-backups has to be a number, not {value!r}")
        return int(value)
    if not isinstance(value, str):
        raise ConfigError(f"{key} has to be a text, not {value!r}")
    return value
