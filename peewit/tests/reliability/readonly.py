"""A SQLite database that cannot be written: looking works and writes nothing, migrating refuses at once."""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import peewee as pw

import peewit
from peewit import MigrationManager, PeewitError

from .board import Case, Result, Tally
from .places import DELETE, WAL, place
from .shop import Shop
from .starting import Job, at_once

NOBODY = 65534
AT_ONCE = 2.0
"""Seconds within which a refusal counts as one at once, on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way in which a database cannot be written: by how it is opened, or by what another user may."""

    name: str
    settings: str = ""
    file: int = 0o644
    folder: int = 0o755


WAYS = (
    Way(name="opened with mode=ro", settings="mode=ro"),
    Way(name="opened with immutable=1", settings="immutable=1"),
    Way(name="file of another user's", file=0o444, folder=0o777),
    Way(name="folder of another user's", file=0o666, folder=0o555),
    Way(name="file and folder of another user's", file=0o444, folder=0o555),
)


def looked_at(database: str, settings: str, directory: str, user: int) -> dict[str, Any]:
    """What a user gets who looks at a database and tries to migrate it."""
    if user:
        _imported(Path(directory))
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    told: dict[str, Any] = {}
    for name in ("status", "plan", "check", "migrate"):
        one = (
            pw.SqliteDatabase(f"file:{database}?{settings}", uri=True, timeout=1)
            if settings
            else pw.SqliteDatabase(database, timeout=1)
        )
        begun = time.monotonic()
        try:
            getattr(MigrationManager(one, directory), name)()
        except PeewitError as error:
            told[name] = [error.exit_code, str(error), time.monotonic() - begun]
        except Exception as error:  # noqa: BLE001 - a driver's error is what must not come
            told[name] = [-1, f"{type(error).__name__}: {error}", 0.0]
    return told


def _imported(directory: Path) -> None:
    """Import all there is, by name and by doing it once: another user may not be let into our folders."""
    for module in pkgutil.walk_packages(peewit.__path__, "peewit."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    copy = directory.with_name(f"imported-{os.getpid()}.db")
    manager = MigrationManager(pw.SqliteDatabase(str(copy)), directory)
    for name in ("migrate", "status", "plan", "check"):
        getattr(manager, name)()
    copy.unlink()


def _read_only(engine: str, scale: str, seed: int) -> Result:
    del scale, seed
    tally, slowest = Tally(), 0.0
    ways = [way for way in WAYS if way.settings or not os.geteuid()]
    with place(engine) as here:
        here.folder.chmod(0o755)
        shop = Shop(here)
        shop.begin()
        databases = [_put(here.path, here.folder / f"data{number}", way) for number, way in enumerate(ways)]
        before = [_seen(database) for database in databases]
        ended = at_once(
            [
                Job(
                    function="tests.reliability.readonly:looked_at",
                    arguments=(str(database), way.settings, str(shop.directory), 0 if way.settings else NOBODY),
                )
                for database, way in zip(databases, ways, strict=True)
            ]
        )
        for database, way, was, one in zip(databases, ways, before, ended, strict=True):
            tally.runs += 1
            if one.code or one.err:
                tally.failures.append(f"{way.name}: {one.err}")
                continue
            told = json.loads(one.out)
            slowest = max(slowest, told.get("migrate", [0, "", 0.0])[2])
            tally.failures += [f"{way.name}: {wrong}" for wrong in _wrong(told, looks=_looks(engine, way))]
            if _seen(database) != was:
                tally.losses += 1
                tally.failures.append(f"{way.name}: something was written: {_seen(database)[1]}")
    return tally.result(f"it refused within {slowest:.2f} s")


def _put(file: Path, folder: Path, way: Way) -> Path:
    """A database that cannot be written in this way."""
    folder.mkdir()
    database = Path(shutil.copy(file, folder / "app.db"))
    database.chmod(way.file)
    folder.chmod(way.folder)
    return database


def _looks(engine: str, way: Way) -> bool:
    """Whether SQLite can read it: in WAL mode it needs a file beside it, https://www.sqlite.org/wal.html#readonly."""
    return engine != WAL or bool(way.settings) or way.folder == 0o777


def _seen(database: Path) -> tuple[bytes, list[str]]:
    """What is in the file, and what is beside it but for what SQLite itself needs for reading in WAL mode."""
    beside = sorted(path.name for path in database.parent.iterdir() if not path.name.endswith(("-wal", "-shm")))
    return database.read_bytes(), beside


def _wrong(told: dict[str, Any], *, looks: bool) -> list[str]:
    found = [f"{name} failed: {told[name][1]}" for name in ("status", "plan", "check") if looks and name in told]
    code, text, seconds = told.get("migrate", [0, "it was not refused", 0.0])
    if code != 2 or not any(word in text for word in ("unchanged", "nothing of this migration was kept")):
        found.append(f"migrate: {text}")
    if not any(word in text for word in ("permission", "may not be written", "to write into")):
        found.append(f"migrate does not say why: {text}")
    return found + ([f"migrate took {seconds:.1f} s"] if seconds > AT_ONCE else [])


def _run(engine: str) -> Callable[[str, int], Result]:
    return partial(_read_only, engine)


CASES = tuple(
    Case(
        name="read-only database",
        database=engine,
        target="status, plan, check work and write nothing; migrate refuses at once",
        run=_run(engine),
        quick=engine == WAL,
    )
    for engine in (DELETE, WAL)
)
