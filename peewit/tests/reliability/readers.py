"""A transaction that has read a table stays open while a migration wants to change it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import peewee as pw

from ..servers import MARIADB, POSTGRES
from .board import FULL, Case, Result, Tally
from .places import DELETE, WAL, place
from .races import skipped_where_missing, tell
from .shop import Shop
from .starting import Ended, here

AT_ONCE = 2.0
"""Seconds a statement of a migration waits for others' locks at once: so long may they be held up behind it."""
MARGIN = 1.5
"""Seconds a busy machine may add."""


@contextmanager
def long_reader(database: pw.Database) -> Iterator[str]:
    """A transaction that has read the table and stays open; what the server calls it."""
    with database.connection_context():
        database.begin()
        database.execute_sql("SELECT name FROM person").fetchall()
        called = {pw.PostgresqlDatabase: "SELECT pg_backend_pid()", pw.MySQLDatabase: "SELECT connection_id()"}
        asked = next((sql for kind, sql in called.items() if isinstance(database, kind)), "SELECT 0")
        try:
            yield str(database.execute_sql(asked).fetchone()[0])
        finally:
            database.rollback()


@contextmanager
def _for_a_while(database: pw.Database, seconds: float) -> Iterator[None]:
    """A long reader in a thread of its own, which ends by itself."""
    begun = threading.Event()

    def read() -> None:
        with long_reader(database):
            begun.set()
            time.sleep(seconds)

    thread = threading.Thread(target=read)
    thread.start()
    begun.wait()
    yield
    thread.join()


class Others:
    """Another reader of the same table, in short transactions; ``longest`` is how long it was held up at most."""

    def __init__(self, database: pw.Database) -> None:
        self._database, self._over = database, threading.Event()
        self.longest, self.reads, self.errors = 0.0, 0, list[str]()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Others:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        with self._database.connection_context():
            while not self._over.is_set():
                begun = time.monotonic()
                try:
                    self._database.execute_sql("SELECT count(*) FROM person").fetchall()
                except pw.PeeweeException as error:
                    self.errors.append(str(error))
                self.longest = max(self.longest, time.monotonic() - begun)
                self.reads += 1
                time.sleep(0.01)


def _migrated(shop: Shop, url: str = "", *, patience: float) -> Ended:
    return here(*shop.command("migrate", "--lock-timeout", str(patience), url=url))


# ---------------------------------------------------------------------- servers


def _stays(engine: str, scale: str, seed: int) -> Result:
    del seed
    patience = 15.0 if scale == FULL else 3.0
    tally = Tally()
    with place(engine) as there:
        shop = Shop(there)
        shop.begin()
        with long_reader(there.connect()) as reader, Others(there.connect()) as others:
            one = _migrated(shop, patience=patience)
            _judge(tally, one, others, named=reader)
        _finish(tally, shop)
    return tally.result(f"{others.reads} reads meanwhile, the longest was held up for {others.longest:.2f} s")


def _ends(engine: str, scale: str, seed: int) -> Result:
    del seed
    tally, longest, reads = Tally(), 0.0, 0
    for seconds in (1.0, 3.0, 8.0) if scale == FULL else (2.5,):
        with place(engine) as there:
            shop = Shop(there)
            shop.begin()
            with Others(there.connect()) as others, _for_a_while(there.connect(), seconds):
                one = _migrated(shop, patience=30.0)
            if one.seconds < seconds - 0.5:
                tally.failures.append(f"it did not wait for the reader: {one.seconds:.1f} s")
            tally.runs += 1
            if one.code or one.complaint:
                tally.failures.append(f"it ended with {one.code} and said {one.err!r}")
            longest, reads = max(longest, others.longest), reads + others.reads
            _held_up(tally, others)
            tell(tally, shop, f"reader for {seconds:g} s")
    return tally.result(f"{reads} reads meanwhile, the longest was held up for {longest:.2f} s")


def _judge(tally: Tally, one: Ended, others: Others, named: str) -> None:
    tally.runs += 1
    if one.code != 3 or named not in one.err or "others hold locks" not in one.err:
        tally.failures.append(f"with reader {named} it ended with {one.code} and said {one.err!r}")
    _held_up(tally, others)


def _held_up(tally: Tally, others: Others) -> None:
    if others.errors or others.longest > AT_ONCE + MARGIN:
        tally.failures.append(f"others were held up for {others.longest:.1f} s, or failed: {others.errors[:2]}")


def _finish(tally: Tally, shop: Shop) -> None:
    """Once nobody reads, it is finished by running it again."""
    one = _migrated(shop, patience=30.0)
    if one.code or one.complaint:
        tally.stuck += 1
        tally.failures.append(f"run again, it ended with {one.code} and said {one.err!r}")
    tell(tally, shop, "afterwards")


# ---------------------------------------------------------------------- SQLite


def _locked(engine: str, scale: str, seed: int) -> Result:
    """Another connection reads, or writes, for longer than the database's timeout."""
    del seed
    tally, longest = Tally(), 0.0
    for writes in (False, True):
        for timeout in (0, 1, 3) if scale == FULL else (1,):
            with place(engine) as there:
                shop, where = Shop(there), f"another one {'writes' if writes else 'reads'}, timeout {timeout} s"
                shop.begin()
                other = there.connect()
                with long_reader(other):
                    if writes:
                        other.execute_sql("UPDATE person SET visits = 0")
                    one = _migrated(shop, f"sqlite:///{there.path}?timeout={timeout}", patience=60)
                tally.runs += 1
                longest = max(longest, one.seconds - timeout)
                free = engine == WAL and not writes
                if free and (one.code or one.complaint):
                    tally.failures.append(f"{where}: it ended with {one.code} and said {one.err!r}")
                if not free and (one.code != 3 or "locked by another connection" not in one.err):
                    tally.failures.append(f"{where}: it ended with {one.code} and said {one.err!r}")
                _finish(tally, shop)
    return tally.result(f"it gave up at most {longest:.1f} s after its timeout")


CASES: tuple[Case, ...] = (
    *(
        Case(
            name=name,
            database=engine,
            target=target,
            run=skipped_where_missing(partial(run, engine)),
        )
        for engine in (POSTGRES, MARIADB)
        for name, target, run in (
            (
                "long reader blocks a migration",
                f"it gives up in time, exit 3, and names the blocker; others stall no longer than {AT_ONCE:g} s at once",
                _stays,
            ),
            (
                "long reader ends while a migration waits",
                f"the migration succeeds; others stall no longer than {AT_ONCE:g} s at once",
                _ends,
            ),
        )
    ),
    *(
        Case(
            name="long reader or writer blocks a migration",
            database=engine,
            target="it gives up after the database's timeout, exit 3; in WAL mode a reader blocks nobody",
            run=partial(_locked, engine),
        )
        for engine in (DELETE, WAL)
    ),
)
