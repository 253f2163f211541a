"""The connection to the server is cut before or after its answer, or the server is restarted: nothing runs twice."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import Any

from ..servers import MARIADB, POSTGRES, Server
from .board import FULL, Case, Result, Tally
from .own_server import AT_ONCE, IN_ORDER, own_server
from .places import place, server_of, url_of
from .proxy import AFTER, BEFORE, Proxy, proxy
from .races import skipped_where_missing, tell
from .shop import Shop
from .starting import Ended, here

DRIVERS: dict[str, dict[str, Any]] = {"psycopg2": {}, "psycopg 3": {"prefer_psycopg3": True}, "pymysql": {}}
MARGIN = 15.0
"""Seconds after which a lock counts as stuck."""


def through(relay: Proxy, shop: Shop, driver: str) -> str:
    """The shop's database by the relay."""
    server = shop.place.server
    assert server is not None
    reached = replace(server, options={"user": server.options["user"], **DRIVERS[driver]})
    return url_of(reached, shop.place.name, host="127.0.0.1", port=relay.port)


def told_well(one: Ended) -> str:
    """What is wrong with how a lost connection was told; empty where nothing is."""
    wanted = ("connection", "peewit migrate") if "was lost" in one.err else ("cannot be opened",)
    if one.code != 2 or not one.complaint.startswith("error: ") or not all(word in one.err for word in wanted):
        return f"it ended with {one.code} and said {one.err!r}"
    return ""


def _cut(engine: str, driver: str, scale: str, seed: int) -> Result:
    tally = Tally()
    with proxy(server_of(engine)) as relay:
        total = _messages(relay, engine, driver)
        points = [(at, how) for at in range(1, total + 1) for how in (BEFORE, AFTER)]
        if scale != FULL:
            points = sorted(random.Random(seed).sample(points, 6))
        for at, how in points:
            with place(engine) as there:
                shop, where = Shop(there), f"{driver}, message {at} of {total}, {how}"
                relay.plan(at, how)
                one = here(*shop.command("migrate", url=through(relay, shop, driver)))
                tally.runs += 1
                if relay.cut and (one.code or one.complaint) and (wrong := told_well(one)):
                    tally.failures.append(f"{where}: {wrong}")
                _again(tally, shop, where)
    return tally.result(f"{len(points)} of {2 * total} places")


def _restarted(engine: str, scale: str, seed: int) -> Result:
    """The server ends and comes back while a migration runs, at moments all over it."""
    chance, tally, driver = random.Random(seed), Tally(), "psycopg2" if engine == POSTGRES else "pymysql"
    with own_server(engine) as own, proxy(own.server) as relay:
        total = _messages(relay, engine, driver, own.server)
        for turn in range(24 if scale == FULL else 1):
            how = (AT_ONCE, IN_ORDER)[turn % 2][engine]
            at, when = chance.randrange(1, total + 1), (BEFORE, AFTER)[turn // 2 % 2]
            with place(engine, own.server) as there:
                shop, where = Shop(there), f"{how.name} at message {at} of {total}, {when}"
                relay.plan(at, when, instead=partial(own.stop, how))
                one = here(*shop.command("migrate", url=through(relay, shop, driver)))
                tally.runs += 1
                if (one.code or one.complaint) and (wrong := told_well(one)):
                    tally.failures.append(f"{where}: {wrong}")
                own.stop(how)
                own.start()
                _again(tally, shop, where)
    return tally.result()


def _messages(relay: Proxy, engine: str, driver: str, server: Server | None = None) -> int:
    """How many messages a run without any trouble takes."""
    with place(engine, server) as there:
        shop = Shop(there)
        relay.plan()
        ended = here(*shop.command("migrate", url=through(relay, shop, driver)))
        assert ended.code == 0, ended
        return relay.messages


def _again(tally: Tally, shop: Shop, where: str) -> None:
    """Run it again, on a connection that is not cut: it finishes, and nothing has run twice."""
    one = here(*shop.command("migrate", "--lock-timeout", str(MARGIN)))
    if one.code == 3 or one.seconds > MARGIN:
        tally.stuck += 1
    if one.code or one.complaint:
        tally.failures.append(f"{where}: run again, it ended with {one.code} and said {one.err!r}")
    tell(tally, shop, where)


SAFE = "said in words, exit 2; run again, it finishes; nothing applied twice, no lock stuck"
CASES = (
    *(
        Case(
            name=f"connection cut at each message, {driver}",
            database=engine,
            target=SAFE,
            run=skipped_where_missing(partial(_cut, engine, driver)),
            quick=driver != "psycopg2",  # which is cut as psycopg 3 is
        )
        for engine, driver in ((POSTGRES, "psycopg2"), (POSTGRES, "psycopg 3"), (MARIADB, "pymysql"))
    ),
    *(
        Case(
            name="server restarted in the middle",
            database=engine,
            target=SAFE,
            run=skipped_where_missing(partial(_restarted, engine)),
        )
        for engine in (POSTGRES, MARIADB)
    ),
)
