"""Many at once: processes, threads and applications at work, and every migration runs exactly once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import peewee as pw
from playhouse.db_url import connect

from peewit import MigrationManager

from ..servers import MARIADB, POSTGRES, MissingServerError
from .board import FULL, Case, Result, Tally
from .places import DELETE, ENGINES, WAL, place
from .shop import NAMES, ROWS, Shop
from .starting import Ended, Job, at_once

THREADS = 10


def skipped_where_missing(run: Callable[[str, int], Result]) -> Callable[[str, int], Result]:
    """A case that is skipped by name where its server is not there."""

    def asked(scale: str, seed: int) -> Result:
        try:
            return run(scale, seed)
        except MissingServerError as missing:
            return Result(skipped=str(missing))

    return asked


def tell(tally: Tally, shop: Shop, where: str) -> None:
    """Count what is not as it must be after everything ran, and whether somebody could not migrate now."""
    losses = shop.losses()
    tally.losses += len(losses)
    tally.failures += [f"{where}: {loss}" for loss in losses]


def complaints(ended: Sequence[Ended], where: str) -> list[str]:
    """What of the processes did not end well, or complained."""
    return [
        f"{where}: process {number} ended with {one.code} and said {one.complaint[-600:]!r}"
        for number, one in enumerate(ended)
        if one.code or one.complaint
    ]


# ---------------------------------------------------------------------- starting at once


def _start_at_once(engine: str, applied: str | None, scale: str, seed: int) -> Result:
    del seed
    counts, rounds = ((2, 10, 50), 20) if scale == FULL else ((5,), 1)
    tally, slowest = Tally(), 0.0
    for count in counts:
        for turn in range(rounds):
            with place(engine) as here:
                shop, where = Shop(here), f"{count} processes, round {turn + 1}"
                shop.begin(applied)
                ended = at_once([shop.job("migrate")] * count)
                tally.runs += count
                tally.failures += complaints(ended, where)
                slowest = max(slowest, *(one.seconds for one in ended))
                tell(tally, shop, where)
    return tally.result(f"the last of up to {counts[-1]} was up after {slowest:.1f} s")


# ---------------------------------------------------------------------- threads


@dataclass(frozen=True, kw_only=True)
class _Threads:
    """Threads that migrate at the same moment: what they report, and what they raise."""

    shop: Shop
    gate: threading.Barrier = field(default_factory=lambda: threading.Barrier(THREADS))
    reports: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, databases: Sequence[pw.Database]) -> None:
        """Start them, each with its database, and wait for them."""
        threads = [threading.Thread(target=self._work, args=(database,)) for database in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, database: pw.Database) -> None:
        self.gate.wait()
        try:
            self.reports.extend(self.shop.manager(database).migrate().applied)
        except Exception as error:  # noqa: BLE001 - none must come
            self.errors.append(f"{type(error).__name__}: {error}")


def _threads(engine: str, shared: bool, scale: str, seed: int) -> Result:
    del seed
    tally = Tally()
    for turn in range(10 if scale == FULL else 1):
        with place(engine) as here:
            shop, where = Shop(here), f"round {turn + 1}"
            shop.begin()
            one = here.connect()
            threads = _Threads(shop=shop)
            threads.run([one if shared else here.connect() for _ in range(THREADS)])
            tally.runs += THREADS
            tally.failures += [f"{where}: {error}" for error in threads.errors]
            if sorted(threads.reports) != sorted(NAMES[1:]):
                tally.failures.append(f"{where}: the threads report {sorted(threads.reports)}")
            tell(tally, shop, where)
    return tally.result()


# ---------------------------------------------------------------------- applications at work


def application(url: str, directory: str, seconds: float) -> dict[str, Any]:
    """An application: it migrates when it starts, then reads and writes; what it did, and its longest wait."""
    database = connect(url)
    MigrationManager(database, directory).migrate()
    return traffic(database, seconds)


def older_application(url: str, seconds: float) -> dict[str, Any]:
    """One that was at work before the new version came, and stays."""
    return traffic(connect(url), seconds)


def traffic(database: pw.Database, seconds: float) -> dict[str, Any]:
    """Read and write the table that is migrated until the time is over; each writing is counted by itself."""
    until, longest, writes = time.monotonic() + seconds, 0.0, 0
    while time.monotonic() < until:
        for person in range(1, ROWS + 1, 7):
            begun = time.monotonic()
            # Written first: who reads first and writes then is refused by SQLite, and is in a deadlock on MariaDB,
            # wherever another one writes or migrates meanwhile.
            with database.atomic():
                database.execute_sql(f"UPDATE person SET visits = visits + 1 WHERE id = {person}")
                count = database.execute_sql("SELECT count(*) FROM person").fetchone()[0]
                assert count == ROWS, f"{count} people are seen"
            writes += 1
            longest = max(longest, time.monotonic() - begun)
            time.sleep(0.002)
    return {"writes": writes, "longest": longest}


def _at_work(engine: str, scale: str, seed: int) -> Result:
    del seed
    tally, longest, writes = Tally(), 0.0, 0
    older, newer, rounds = (4, 8, 10) if scale == FULL else (2, 2, 1)
    for turn in range(rounds):
        with place(engine) as here:
            shop, where = Shop(here), f"round {turn + 1}"
            shop.begin()
            module = "tests.reliability.races"
            jobs = [Job(function=f"{module}:older_application", arguments=(here.url, 1.0))] * older
            jobs += [Job(function=f"{module}:application", arguments=(here.url, str(shop.directory), 0.3))] * newer
            ended = at_once(jobs)
            tally.runs += len(ended)
            tally.failures += complaints(ended, where)
            told = [json.loads(one.out) for one in ended if not one.code]
            longest = max([longest, *(each["longest"] for each in told)])
            written = sum(each["writes"] for each in told)
            writes += written
            kept = shop.sql("SELECT sum(visits) FROM person")[0][0]
            if int(kept) != written and not complaints(ended, where):
                tally.losses += 1
                tally.failures.append(f"{where}: {written} writes, and {kept} are there")
            tell(tally, shop, where)
    return tally.result(f"{writes} transactions meanwhile, the longest took {longest:.1f} s")


def _cases() -> tuple[Case, ...]:
    starts = [
        ("sqlite, journal mode delete", DELETE, "001_start"),
        ("sqlite, journal mode WAL", WAL, "001_start"),
        ("sqlite, no file yet", DELETE, None),
        (POSTGRES, POSTGRES, "001_start"),
        ("postgres, empty", POSTGRES, None),
        (MARIADB, MARIADB, "001_start"),
        ("mariadb, empty", MARIADB, None),
    ]
    once = "each migration runs exactly once, every process exits 0 and says nothing but that it waits"
    cases = [
        Case(
            name="2, 10, 50 processes start at once",
            database=called,
            target=once,
            run=skipped_where_missing(partial(_start_at_once, engine, applied)),
            quick=not called.endswith(", empty"),
        )
        for called, engine, applied in starts
    ]
    for engine in ENGINES:
        for shared, how in ((True, "one Database object"), (False, "a Database object each")):
            cases.append(
                Case(
                    name=f"{THREADS} threads migrate at once, {how}",
                    database=engine,
                    target="each migration runs exactly once, no thread sees an error",
                    run=skipped_where_missing(partial(_threads, engine, shared)),
                    quick=shared,
                )
            )
        cases.append(
            Case(
                name="applications start and migrate while others read and write",
                database=engine,
                target="each migration runs exactly once, no write is lost, no application sees an error",
                run=skipped_where_missing(partial(_at_work, engine)),
            )
        )
    return tuple(cases)


CASES = _cases()
