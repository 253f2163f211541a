"""Where the settings come from: ``[tool.peewit]`` above the folder, or ``conf.py``; then ``PEEWIT_*``, then flags."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
"""As in ``typing``, which ``peewit status`` does without: it starts in less time than that module takes."""

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peewit.errors import ConfigError
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


class Settings:
    """The arguments of a :class:`~peewit.MigrationManager`, as text; a ``conf.py`` may name the database itself.

    ``given`` are those that were set at all.
    """

    def __init__(self, **given: Any) -> None:
        self.given = given

    def __repr__(self) -> str:
        """A URL may have a password in it."""
        shown = [f"{key}={value!r}" for key, value in self.given.items() if key != "database"]
        return f"Settings({', '.join(shown)})"

    @property
    def database(self) -> Any:
        """A URL, ``package.module:name``, or what a ``conf.py`` says; None where nothing does."""
        return self.given.get("database")

    @property
    def directory(self) -> str:
        """The folder of the migrations."""
        return str(self.given.get("directory") or "migrations")

    @property
    def history_table(self) -> str:
        """The table that remembers what was applied."""
        return str(self.given.get("history_table") or "migratehistory")

    def changed(self, values: Mapping[str, Any]) -> Settings:
        """These settings, with what was given elsewhere in their place."""
        return Settings(**{**self.given, **_told(values)})

    def manager(self) -> MigrationManager:
        """The manager these settings describe; ConfigError where one is missing or wrong."""
        from peewit.manager import MigrationManager

        if self.database is None:
            raise _wrong(
                "no database is configured",
                "peewit init finds it and writes it down; or set it in pyproject.toml "
                '([tool.peewit] database = "app.db:database"), in PEEWIT_DATABASE, or by --database',
            )
        here = os.getcwd()
        if "" not in sys.path and here not in sys.path:
            sys.path.insert(0, here)
        named = {"database": _database(self.database), "directory": self.directory, "history_table": self.history_table}
        return MigrationManager(**{**self.given, **named})


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that were given a value."""
    return {key: value for key, value in values.items() if value not in (None, ())}


def _wrong(message: str, hint: str = "") -> ConfigError:
    from peewit.errors import ConfigError

    return ConfigError(message, hint=hint)


def _database(text: Any) -> Any:
    """A URL or a database as it is, or what ``package.module:name`` names."""
    if not isinstance(text, str) or "://" in text:
        return text
    module, _, name = text.partition(":")
    if not name or module in ("sqlite", "postgres", "postgresql", "mysql", "mariadb"):
        raise _wrong(
            f'"{text}" is no database: give a URL, or package.module:name',
            "for example sqlite:///app.db, or app.db:database",
        )
    from importlib import import_module

    try:
        found: Any = import_module(module)
        for step in name.split("."):
            found = getattr(found, step)
    except Exception as error:
        # The module is the application's: whatever it raises, it could not be imported.
        from peewit.errors import cause_of

        raise _wrong(
            f'the database "{text}" cannot be imported: {cause_of(error)}',
            "correct that first, or name another database: --database",
        ) from error
    return found


def read_settings(flags: Mapping[str, Any], folder: str | os.PathLike[str] | None = None) -> Settings:
    """The settings in force for a folder: its project's, changed by the environment, changed by flags.

    Where the project has none of ours, those of peewee-migrate's ``conf.py`` beside the migrations.
    """
    here = os.getcwd() if folder is None else os.path.abspath(folder)
    given = {**_from_environment(os.environ), **_told(flags)}
    settings = _from_project(here)
    return (_from_conf(here, given.get("directory")) if settings is None else settings).changed(given)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    known = {f"PEEWIT_{key.upper().replace('-', '_')}": key for key in _KEYS}
    found: dict[str, Any] = {}
    for variable, value in environment.items():
        if not (variable.startswith("PEEWIT_") and value):
            continue
        key = known.get(variable)
        if key is None:
            _refuse_nearly(variable, known)
        else:
            text = _names(value) if key in ("models", "ignore") else value
            found[key.replace("-", "_")] = _typed(key, text, variable)
    return found


def _refuse_nearly(variable: str, known: Mapping[str, str]) -> None:
    """ConfigError where a variable is called nearly like a setting; others may be there for something else."""
    from difflib import get_close_matches

    names = {name.removeprefix("PEEWIT_"): name for name in known}
    close = get_close_matches(variable.removeprefix("PEEWIT_"), names, n=1, cutoff=0.75)
    if close:
        raise _wrong(f"the environment has {variable}, which is no setting", f"did you mean {names[close[0]]}?")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


OF_CONF = {"DATABASE": "database", "MIGRATE_TABLE": "history_table", "SCHEMA": "schema", "IGNORE": "ignore"}
"""What peewee-migrate's settings are called here."""


def conf_of(folder: str, directory: str | None) -> str:
    """Where peewee-migrate's own settings would be."""
    return os.path.join(folder, directory or "migrations", "conf.py")


def _from_conf(folder: str, directory: str | None) -> Settings:
    """What peewee-migrate's own settings say, which are a program beside the migrations."""
    path = conf_of(folder, directory)
    if not os.path.isfile(path):
        return Settings()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    scope: dict[str, Any] = {"__file__": path}
    try:
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec", dont_inherit=True), scope)
    except Exception as error:
        # It is the project's program: whatever it raises, it could not be read.
        raise _wrong(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    found = {ours: scope[name] for name, ours in OF_CONF.items() if scope.get(name)}
    if "ignore" in found:
        found["ignore"] = _typed("ignore", list(found["ignore"]), "IGNORE", f"in {path}")
    return Settings(**found)


def _from_project(folder: str) -> Settings | None:
    parent, above = folder, os.path.dirname(folder)
    while True:
        path = os.path.join(parent, "pyproject.toml")
        table = _table(path) if os.path.isfile(path) else None
        if table is not None:
            return _checked(table, path)
        if above == parent:
            return None
        parent, above = above, os.path.dirname(above)


def _table(path: str) -> dict[str, Any] | None:
    import tomllib

    try:
        with open(path, "rb") as file:
            table = tomllib.load(file).get("tool", {}).get("peewit")
    except OSError as error:
        from peewit.errors import unreadable

        raise unreadable("the settings in", path, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"{path} is not valid TOML: {error}") from error
    return table if isinstance(table, dict) else None


def _checked(table: dict[str, Any], path: str) -> Settings:
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise _wrong(
            f'{path} has an unknown setting "{unknown[0]}" in [tool.peewit]',
            f"known: {', '.join(_KEYS)}",
        )
    where = f"in [tool.peewit] of {path}"
    values = {key.replace("-", "_"): _typed(key, value, key, where) for key, value in table.items()}
    if "directory" in values and ":" not in values["directory"]:
        values["directory"] = os.path.join(os.path.dirname(path), values["directory"])
    if os.path.dirname(path) not in sys.path:
        sys.path.insert(0, os.path.dirname(path))
    return Settings(**values)


def _typed(key: str, value: Any, called: str, where: str = "") -> Any:
    """The value of a setting. ConfigError where it is none: what it is ``called``, and ``where`` it stands."""
    if key in ("models", "ignore"):
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _wrong(f"{called} has to be a text or a list of texts, not {value!r}", where)
        return tuple(names)
    if key == "lock-timeout":
        try:
            seconds = float(value)
        except (TypeError, ValueError) as error:
            raise _wrong(f"{called} has to be a number of seconds, not {value!r}", where) from error
        if not seconds >= 0:
            raise _wrong(f"{called} has to be 0 or more seconds, not {value!r}", where)
        return seconds
    if key in ("online", "backup"):
        words = {"true": True, "1": True, "false": False, "0": False}
        if str(value).lower() not in words:
            raise _wrong(f"{called} has to be true or false, not {value!r}", where)
        return words[str(value).lower()]
    if key == "keep-backups":
        if not str(value).isdecimal() or int(value) < 1:
            none = "backup = false" if where else "PEEWIT_BACKUP=false"
            hint = f"{where}; {none} makes no copies".removeprefix("; ")
            raise _wrong(f"{called} has to be a number, 1 or more, not {value!r}", hint)
        return int(value)
    if not isinstance(value, str):
        raise _wrong(f"{called} has to be a text, not {value!r}", where)
    return value
