"""What a SQLite file and its journal look like after each statement, as if the machine had stopped there."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from .board import FULL, Case, Result
from .faults import Tap
from .grounds import File
from .kills import FEW_CHANGES, FEW_FAULTS, Count, Expected, again, expected, losses, shown
from .migrations import SQLITE, Change, of

ENDINGS = ("", "-wal", "-journal")
"""The files a crash leaves; SQLite makes ``-shm`` anew."""

NAME = "crash images of the SQLite file after each statement"
TARGET = "integrity_check ok, rows of before or after, re-run finishes"
HOW = {
    NAME: """
    After each statement of each migration the file is copied aside with its journal or its write-ahead log, without
    a kill and without `-shm`, as a machine that stops would leave them. Each copy that differs from the one before
    is opened: `integrity_check` must be ok, the rows must be those of before or of after, and running again must lead
    to the database an undisturbed run makes. As long as the file itself is untouched, the copy is tried once more with
    the last write torn: the journal or the log is cut off at a random place of its second half.
    """
}


@dataclass(frozen=True, kw_only=True)
class Image:
    """The bytes of the file and of what lies beside it, after a statement."""

    at: str
    files: tuple[bytes | None, ...]

    def put(self, path: Path) -> None:
        """Write them in the place of a database."""
        for ending, data in zip(ENDINGS, self.files, strict=True):
            if data is not None:
                path.with_name(path.name + ending).write_bytes(data)


class Photographing(Tap):
    """Takes an image after each statement; of several that are equal, one.

    Reading the file here gives up this process's locks on it (https://www.sqlite.org/howtocorrupt.html#_posix_advisory
    _locks_canceled_by_a_separate_thread_doing_close_): there is nobody else to be kept out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.images: list[Image] = []

    def after(self, sql: str, params: Any) -> None:
        files = tuple(_read(self.path.with_name(self.path.name + ending)) for ending in ENDINGS)
        if not self.images or self.images[-1].files != files:
            self.images.append(Image(at=" ".join(sql.split())[:90], files=files))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def torn(image: Image, start: bytes | None, random: Random) -> Image | None:
    """The image with its last write cut off; None where the file was written: what it had is in the journal then."""
    database, *beside = image.files
    if database != start or not any(beside):
        return None
    cut = tuple(data[: random.randrange(len(data) // 2, len(data))] if data else data for data in beside)
    return Image(at=f"{image.at}, torn", files=(database, *cut))


def photograph(mode: str, few: int, seed: int, change: Change) -> Count:
    """One migration: all its images, or ``few`` of them."""
    count = Count(changes=1)
    random = Random(f"{seed} {change.name}")
    with tempfile.TemporaryDirectory(prefix="peewit-images-") as folder:
        ground = File(folder=Path(folder), mode=mode)
        ground.prepare(change)
        wanted = expected(ground)
        ground.reset()
        start = _read(ground.path)
        tap = Photographing(ground.path)
        ground.act(ground.database(tap))
        cut = [found for image in tap.images if (found := torn(image, start, random))]
        images = [*tap.images, *cut]
        for image in random.sample(images, min(few, len(images))) if few else images:
            _look(ground, wanted, image, count)
    return count


def _look(ground: File, wanted: Expected, image: Image, count: Count) -> None:
    ground.remove()
    image.put(ground.path)
    count.runs += 1
    count.seen["torn"] += image.at.endswith(", torn")
    at = f"{ground.change.name}, image after {image.at}"
    problems = ground.problems()
    if problems:
        count.losses += 1
        count.broken(f"{at}: {problems}")
        return
    seen = ground.picture()
    lost = losses(wanted, seen, ground)
    if lost:
        count.losses += 1
        count.broken(f"{at}: {lost}")
        return
    count.seen["before" if seen == wanted.before else "after" if seen == wanted.after else "between"] += 1
    again(ground, wanted, seen, at, count)


def play_images(mode: str, scale: str, seed: int) -> Result:
    """All migrations in a journal mode; fast: a few images of a few."""
    total, changes = Count(), of(SQLITE)
    if scale == FULL:
        with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
            for part in pool.map(partial(photograph, mode, 0, seed), changes):
                total.add(part)
    else:
        for change in Random(seed).sample(changes, FEW_CHANGES):
            total.add(photograph(mode, FEW_FAULTS, seed, change))
    return shown(total)


CASES: tuple[Case, ...] = tuple(
    Case(name=NAME, database=f"SQLite, {mode}", target=TARGET, run=partial(play_images, mode))
    for mode in ("delete", "wal")
)
