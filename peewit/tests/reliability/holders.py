"""Whoever holds the lock is killed, or stopped for longer than the others wait."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from ..servers import MARIADB, POSTGRES
from .board import FULL, Case, Result, Tally
from .places import DELETE, ENGINES, WAL, place
from .races import complaints, skipped_where_missing, tell
from .shop import BODIES, HOLD, Shop
from .starting import ROOT, started

WAITERS = 2


@contextmanager
def holder(shop: Shop, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that migrates; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "peewit", *shop.command("migrate")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        process.kill()  # also one that is stopped
        process.communicate()


@contextmanager
def holding(shop: Shop, name: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of this migration, and stays there for as long as its mark is there."""
    shop.write(name, HOLD + BODIES[name])
    mark = shop.place.folder / "migrations" / "held"
    with holder(shop, PEEWIT_TEST_HOLD=str(mark)) as process:
        deadline = time.monotonic() + 60
        while not mark.exists():
            assert process.poll() is None, f"it ended: {process.communicate()}"
            assert time.monotonic() < deadline, "it did not come that far"
            time.sleep(0.01)
        yield process


# ---------------------------------------------------------------------- killed


def _killed(engine: str, scale: str, seed: int) -> Result:
    del seed
    tally = Tally()
    names = tuple(BODIES)[1:] if scale == FULL else ("003_age",)
    for name in names * (3 if scale == FULL else 1):
        with place(engine) as here:
            shop, where = Shop(here), f"killed in {name}"
            shop.begin()
            with holding(shop, name) as process, started([shop.job("migrate")] * WAITERS) as waiting:
                time.sleep(1.0)  # until they wait
                process.kill()
                process.wait()
                tally.runs += 1
                tally.failures += complaints(waiting.ended(), where)
            tell(tally, shop, where)
    return tally.result()


def _killed_anywhere(engine: str, scale: str, seed: int) -> Result:
    chance, tally = random.Random(seed), Tally()
    for _ in range(20 if scale == FULL else 1):
        with place(engine) as here:
            shop, delay = Shop(here), chance.uniform(0.3, 1.2)
            where = f"killed after {delay:.3f} s"
            shop.begin()
            with holder(shop) as process, started([shop.job("migrate")] * WAITERS) as waiting:
                time.sleep(delay)
                process.kill()
                process.wait()
                tally.runs += 1
                tally.failures += complaints(waiting.ended(), where)
            tell(tally, shop, where)
    return tally.result()


# ---------------------------------------------------------------------- stopped


def _stopped(engine: str, scale: str, seed: int) -> Result:
    del seed
    tally, longest = Tally(), 0.0
    for name in tuple(BODIES)[1:] if scale == FULL else ("003_age",):
        with place(engine) as here:
            shop, where = Shop(here), f"stopped in {name}"
            shop.begin()
            with holding(shop, name) as process:
                process.send_signal(signal.SIGSTOP)
                with started([shop.job("migrate", "--lock-timeout", "0.5")] * WAITERS) as waiting:
                    ended = waiting.ended()
                named = {POSTGRES: "server process", MARIADB: "connection"}.get(engine, f"({process.pid})")
                for one in ended:
                    longest = max(longest, one.seconds)
                    if one.code != 3 or "another process is migrating" not in one.err or named not in one.err:
                        tally.failures.append(f"{where}: a waiter ended with {one.code} and said {one.err!r}")
                process.send_signal(signal.SIGCONT)
                (shop.directory / "held").unlink()
                out, err = process.communicate(timeout=60)
                tally.runs += 1
                if process.returncode or err:
                    tally.failures.append(f"{where}: it ended with {process.returncode} and said {err!r} {out!r}")
            tell(tally, shop, where)
    return tally.result(f"with a timeout of 0.5 s, the last waiter gave up after {longest:.1f} s")


def _cases() -> tuple[Case, ...]:
    taken_over = "the next one takes over; everything runs exactly once (on MariaDB it is resumed)"
    kinds = (
        ("holder killed while others wait", taken_over, _killed),
        ("holder killed at a random moment", taken_over, _killed_anywhere),
        (
            "holder stopped for longer than the others wait",
            "they exit with 3 and name it; when it goes on, it finishes",
            _stopped,
        ),
    )
    return tuple(
        Case(
            name=name,
            database=engine,
            target=target,
            run=skipped_where_missing(partial(run, engine)),
            quick=engine != WAL and run is not _killed_anywhere,
        )
        for name, target, run in kinds
        for engine in ENGINES
        if engine != DELETE or run is not _killed_anywhere
    )


CASES = _cases()
