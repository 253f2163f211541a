"""The disk is full: in copying, in an index, in a commit, in the copy made beforehand, in writing a file."""

from __future__ import annotations

import gc
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import peewee as pw

from peewit import ConfigError, MigrationManager, PeewitError

from .board import FULL, Case, Result, Tally
from .places import DELETE, WAL, Place, place
from .shop import NAMES, Shop

PAGE = 4096
PEOPLE = 2000
DISK = 16 * 1024 * 1024


class NoDiskError(Exception):
    """A small disk cannot be mounted here, and why."""


@contextmanager
def small_disk(folder: Path, size: int = DISK) -> Iterator[Path]:
    """A disk of so many bytes, mounted in a folder; NoDiskError where that is not possible."""
    disk = folder / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    mounted = None if shutil.which("mount") is None else subprocess.run(command, check=False, capture_output=True)
    if mounted is None or mounted.returncode:
        raise NoDiskError("a small disk cannot be mounted here")
    try:
        yield disk
    finally:
        gc.collect()  # an error that is remembered keeps its statement, and that its file
        subprocess.run(["umount", str(disk)], check=True)


def leave(disk: Path, free: int) -> Path:
    """Fill a disk but for so many bytes; the file that does it."""
    ballast = disk / "ballast"
    room = shutil.disk_usage(disk).free - free
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room)
    return ballast


def _with_disk(run: Callable[[str, int], Result]) -> Callable[[str, int], Result]:
    def asked(scale: str, seed: int) -> Result:
        try:
            return run(scale, seed)
        except NoDiskError as missing:
            return Result(skipped=str(missing))

    return asked


# ---------------------------------------------------------------------- migrating


def _samples(several: list[int], scale: str, seed: int, few: int) -> list[int]:
    return several if scale == FULL else sorted(random.Random(seed).sample(several, min(few, len(several))))


def _pages(engine: str, *, scale: str, seed: int) -> Result:
    """The database may have so many pages and no more: ``max_page_count``, each number there is."""
    tally, places = Tally(), set[str]()
    with place(engine) as here:
        shop, start = _given(here)
        shop.manager(backup=False).migrate()
        peak = shop.sql("PRAGMA page_count")[0][0]
        begun = start.stat().st_size // PAGE
        for pages in _samples(list(range(begun, peak, 3)), scale, seed, 4):
            _again(shop, start)
            database = pw.SqliteDatabase(str(shop.place.path), pragmas={"max_page_count": pages})
            _full(tally, places, shop, MigrationManager(database, shop.directory, backup=False), f"{pages} pages")
    return tally.result(f"full at {len(places)} different places")


def _room(engine: str, *, backup: bool, scale: str, seed: int) -> Result:
    """The disk has so much room and no more."""
    tally, places = Tally(), set[str]()
    with place(engine) as here, small_disk(here.folder) as disk:
        there = replace(here, folder=disk, url=f"sqlite:///{disk / 'app.db'}")
        shop, start = _given(there, here.folder)
        shop.manager(backup=backup).migrate()
        needed = sum(path.stat().st_size for path in disk.iterdir()) + PAGE * 100
        steps = list(range(0, needed, PAGE * (3 if backup else 2)))
        for free in _samples(steps, scale, seed, 4):
            _again(shop, start)
            ballast = leave(disk, free)
            _full(tally, places, shop, shop.manager(backup=backup), f"{free} bytes free", ballast)
    return tally.result(f"full at {len(places)} different places")


def _given(here: Place, files: Path | None = None) -> tuple[Shop, Path]:
    """The shop out of date, and a copy of its database as it is then."""
    shop = Shop(here, rows=PEOPLE)
    if files is not None:
        shutil.move(shop.directory, files / "migrations")
        shop.directory = files / "migrations"
    shop.begin()
    start = shop.directory / "start.db"
    shutil.copy(here.path, start)
    return shop, start


def _again(shop: Shop, start: Path) -> None:
    """The database as it was before it was brought up to date, and nothing beside it."""
    for path in shop.place.folder.iterdir():
        if path.is_file():
            path.unlink()
    shutil.copy(start, shop.place.path)


def _full(
    tally: Tally, places: set[str], shop: Shop, manager: MigrationManager, where: str, ballast: Path | None = None
) -> None:
    """Migrate into a full disk, look at what is there, make room, migrate again."""
    tally.runs += 1
    told: BaseException | None = None
    try:
        manager.migrate()
    except Exception as error:  # noqa: BLE001 - a driver's error is what must not come
        told = error
    finally:
        if not manager.database.is_closed():
            manager.database.close()
        if ballast is not None:
            ballast.unlink()
    if told is not None:
        places.add(re.sub(r"\d+", "", "\n".join(str(told).splitlines()[:2])))
        if wrong := _told_badly(told):
            tally.failures.append(f"{where}: {wrong}")
    before = _state(shop)
    tally.losses += len(before)
    tally.failures += [f"{where}: {loss}" for loss in before]
    try:
        shop.manager().migrate()
    except PeewitError as error:
        tally.stuck += 1
        tally.failures.append(f"{where}: with room again: {error}")
    after = shop.losses()
    tally.losses += len(after)
    tally.failures += [f"{where}, with room again: {loss}" for loss in after]


def _told_badly(error: BaseException) -> str:
    """What is wrong with how a full disk was told; empty where nothing is."""
    text = str(error)
    words = any(each in text for each in ("disk is full", "no room", "No space left")) and "room" in text
    stands = "nothing of this migration was kept" in text or "unchanged" in text
    return "" if isinstance(error, PeewitError) and words and stands else f"it says {type(error).__name__} {text!r}"


def _state(shop: Shop) -> list[str]:
    """What is lost of the database as the last whole migration left it."""
    done = [row[0] for row in shop.sql("SELECT name FROM migratehistory ORDER BY id")]
    lost = shop.losses(done) if tuple(done) == NAMES[: len(done)] else [f"the history is {done}"]
    people = shop.sql("SELECT count(*), count(DISTINCT age) FROM person")[0]
    return lost + ([] if tuple(people) == (PEOPLE, 90) else [f"there are {people} people and ages"])


def _on(engine: str, run: Callable[..., Result]) -> Callable[[str, int], Result]:
    return lambda scale, seed: run(engine, scale=scale, seed=seed)


def _create(engine: str, *, scale: str, seed: int) -> Result:
    """A migration's file is written onto a full disk: it is there as a whole, or not at all."""
    del seed
    tally = Tally()
    with place(engine) as here, small_disk(here.folder) as disk:
        for free in range(0, PAGE * (12 if scale == FULL else 4), PAGE):
            folder = disk / f"migrations{free}"
            folder.mkdir()
            manager = MigrationManager(here.connect(), folder, models=_wide_model())
            ballast = leave(disk, free)
            tally.runs += 1
            try:
                manager.create("first")
            except Exception as error:  # noqa: BLE001 - a bare OSError is what must not come
                if not isinstance(error, ConfigError) or "No space left" not in str(error):
                    tally.failures.append(f"{free} bytes free: {type(error).__name__} {error}")
                if there := [path.name for path in folder.iterdir()]:
                    tally.failures.append(f"{free} bytes free: left behind: {there}")
            ballast.unlink()
            if manager.create("first") is None and not (folder / "001_first.py").exists():
                tally.losses += 1
            shutil.rmtree(folder)
    return tally.result()


def _wide_model() -> type[pw.Model]:
    """A model whose migration is larger than a page of the disk."""
    names = [f"column_{number}" for number in range(80)]
    return type("Wide", (pw.Model,), {name: pw.CharField(max_length=40, default=name) for name in names})


CASES: tuple[Case, ...] = tuple(
    Case(
        name=name,
        database=engine,
        target="original intact, told clearly, nothing left behind, finished when there is room",
        run=_with_disk(_on(engine, run)),
        quick=engine == DELETE,
    )
    for engine in (DELETE, WAL)
    for name, run in (
        ("no more pages (max_page_count)", _pages),
        ("disk full while it migrates, no copy made", partial(_room, backup=False)),
        ("disk full while it migrates or copies", partial(_room, backup=True)),
        ("disk full while create writes a file", _create),
    )
    if engine == DELETE or run is not _create
)
