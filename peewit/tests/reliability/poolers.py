"""Where a lock of the session does not hold: behind a transaction pooler, and on a cluster of several writers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import peewee as pw

from .. import galera, pooler
from ..locks.application import Application, ended
from ..servers import POSTGRES, MissingServerError
from .board import FULL, Case, Result, Tally
from .places import server_of

Places = Callable[[Path], Iterator[Sequence[Application]]]
"""Gives a new database as it is seen through each way there is to it."""

CHAIN = 4
ONCE = [(f"{number:03}",) for number in range(1, CHAIN + 1)]


class MissingError(Exception):
    """What has to be installed for a case, and is not."""


@contextmanager
def behind_pooler() -> Iterator[Places]:
    """A database on PostgreSQL, seen through PgBouncer in transaction mode."""
    if pooler.PROGRAM is None:
        raise MissingError("pgbouncer is not installed")
    server = server_of(POSTGRES)
    with pooler.pooled(server) as through:

        def places(folder: Path) -> Iterator[Sequence[Application]]:
            made = server.empty()
            yield [Application(database=through.connect(str(made.database)), folder=folder)]

        yield places


@contextmanager
def on_cluster() -> Iterator[Places]:
    """A database on a Galera cluster, seen from each of its two nodes."""
    if galera.missing():
        raise MissingError(galera.missing())
    with galera.cluster() as nodes:

        def places(folder: Path) -> Iterator[Sequence[Application]]:
            name = nodes[0].empty().database
            yield [
                Application(database=pw.MySQLDatabase(name, **node.options), folder=folder, term=2.0) for node in nodes
            ]

        yield places


# ---------------------------------------------------------------------- what is done


def _at_once(places: Places, tally: Tally, scale: str, chance: random.Random) -> str:
    """Many start at the same time."""
    del chance
    for count in (2, 10, 50) if scale == FULL else (4,):
        for _ in range(5 if scale == FULL else 1):
            for ways in _new(places):
                for way in ways:
                    way.term = 30.0  # fifty at once on a small machine: none of them is stopped, all are slow
                ways[0].write_chain(CHAIN, 0.05)
                starts = [ways[number % len(ways)].start(lock_timeout=120.0) for number in range(count)]
                for found in map(ended, starts):
                    if found.code or found.error:
                        tally.failures.append(f"{count} at once: one ended with {found.code}: {found.error}")
                _count(tally, ways, ONCE, f"{count} at once")
    return ""


def _killed(places: Places, tally: Tally, scale: str, chance: random.Random) -> str:
    """The holder is killed in the middle of a migration; the next one starts on another way to the database."""
    longest = 0.0
    for _ in range(10 if scale == FULL else 1):
        for ways in _new(places):
            ways[0].write_held()
            with ways[0].holding() as first:
                time.sleep(chance.uniform(0, 0.5))
                first.kill()
                first.wait()
                _let_on(ways[0])
                longest = max(longest, _next(tally, ways, "killed"))
            _count(tally, ways, [("after",), ("before",)], "killed")
    return f"taken over after at most {longest:.1f} s, with a term of {_term(places):g} s"


def _stopped(places: Places, tally: Tally, scale: str, chance: random.Random) -> str:
    """The holder is stopped past its term, and continued when another one has finished."""
    for _ in range(10 if scale == FULL else 1):
        for ways in _new(places):
            ways[0].write_held()
            with ways[0].holding() as first:
                os.kill(first.pid, signal.SIGSTOP)
                _let_on(ways[0])
                _next(tally, ways, "stopped")
                time.sleep(chance.uniform(0, 0.3))
                os.kill(first.pid, signal.SIGCONT)
                _lost(tally, first)
            _count(tally, ways, [("after",), ("before",)], "stopped")
    return ""


def _lost(tally: Tally, first: subprocess.Popen[str]) -> None:
    found = ended(first)
    if found.code != 2 or "has lost the lease" not in found.error:
        tally.failures.append(f"stopped: continued, it ended with {found.code}: {found.error}")


def _next(tally: Tally, ways: Sequence[Application], where: str) -> float:
    """The next start, which must finish; how long it took."""
    begun = time.monotonic()
    found = ways[-1].run(lock_timeout=60.0)
    if found.code or found.applied != ("002_held",):
        tally.stuck += 1
        tally.failures.append(f"{where}: the next one ended with {found.code}: {found.applied} {found.error}")
    return time.monotonic() - begun


def _let_on(way: Application) -> None:
    """The next one that comes to the held migration is not held."""
    way.mark.with_name("once").touch()
    way.mark.unlink()


def _count(tally: Tally, ways: Sequence[Application], rows: list[tuple[str]], where: str) -> None:
    tally.runs += 1
    for way in ways:
        found = way.sql("SELECT name FROM ran ORDER BY name")
        names = way.sql("SELECT name FROM migratehistory ORDER BY id")
        files = sorted((path.stem,) for path in way.migrations.glob("*.py"))
        if found != rows or names != files:
            tally.losses += 1
            tally.failures.append(f"{where}: rows {found}, history {names}")


def _new(places: Places) -> Iterator[Sequence[Application]]:
    with tempfile.TemporaryDirectory(prefix="peewit-") as name:
        yield from places(Path(name))


def _term(places: Places) -> float:
    return next(ways[0].term for ways in _new(places))


# ---------------------------------------------------------------------- the cases


def _run(where: Callable[[], AbstractContextManager[Any]], what: Callable[..., str], scale: str, seed: int) -> Result:
    tally = Tally()
    try:
        with where() as places:
            figures = what(places, tally, scale, random.Random(seed))
    except (MissingError, MissingServerError) as missing:
        return Result(skipped=str(missing))
    return tally.result(figures)


def _cases() -> tuple[Case, ...]:
    lost = "the next one finishes; the stopped one writes nothing more and says so"
    kinds = (
        ("started at once", "each migration runs exactly once, all exit with 0", _at_once),
        ("holder killed", "the next one takes over when the term is over; everything is there once", _killed),
        ("holder stopped past its term and continued", lost, _stopped),
    )
    wheres = (
        ("postgres", "through PgBouncer in transaction mode", behind_pooler),
        ("mariadb", "on two nodes of a Galera cluster", on_cluster),
    )
    return tuple(
        Case(
            name=f"{name}, {how}",
            database=database,
            target=target,
            run=partial(_run, where, what),
            quick=where is behind_pooler and what is _killed,  # the others are tests of leases
        )
        for database, how, where in wheres
        for name, target, what in kinds
    )


CASES = _cases()
