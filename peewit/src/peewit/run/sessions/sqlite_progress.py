"""How far a statement of SQLite is: counted in the steps of its virtual machine, of which each row takes the same.

https://www.sqlite.org/opcode.html: ``EXPLAIN`` gives the program of a statement, so the steps of one row are known
before it runs, and the progress handler counts those that were taken.
"""

from __future__ import annotations

import operator
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import repeat
from typing import Any, NamedTuple

import peewee

from peewit.run.sessions.progress import Measured, Tell, watched
from peewit.sql import quote_name, tokenize

SMALL, LARGE = 8_000_000, 1_000_000_000
"""Bytes of a file in which no statement takes a second, and of one whose rows take too long to count."""

EVERY = 10_000
"""Steps between two counts: about a millisecond."""

SAMPLE = 1000
"""So many rows are read to find out how many steps one takes."""

_MOST = 2**62

_GOES_THROUGH = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|CREATE\s+(?:UNIQUE\s+)?INDEX|ALTER\s.*\sDROP)\b", re.IGNORECASE)
"""How statements begin that may go through a table; with a comment before that, one is not looked at."""

_ROOTS = "SELECT rootpage, tbl_name FROM sqlite_master WHERE tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
"""The pages at which tables and their indexes begin; SQLite's own are gone through in no time."""

_CONDITIONS = {"Eq", "Ne", "Lt", "Le", "Gt", "Ge", "If", "IfNot", "IsNull", "Found", "NotFound"}

Ask = Callable[..., list[Any]]
"""Sends a question with its parameters, and gives the rows."""


class Program(NamedTuple):
    """What a statement does for each row of a ``table``: so many steps to ``read`` it, so many ``more`` with it."""

    table: str
    read: int
    more: int


@contextmanager
def counting(
    connection: Any,
    ask: Ask,
    tell: Tell,
    sql: str,
    params: Sequence[Any],
    *,
    calls: Callable[[], int] | None = None,
    rows: int | None = None,
) -> Iterator[None]:
    """While a statement runs, tell how many rows it is through with.

    ``calls``, where it calls a function for each of them, counts these. ``rows``: it copies so many. The application's
    own progress handler, if it has set one on this connection, is gone afterwards: SQLite has one, and does not tell
    which.
    """
    if not isinstance(connection, sqlite3.Connection):
        yield
        return
    size = _size(ask) if _GOES_THROUGH.match(sql) else 0
    program = program_of(ask, sql, params) if size >= SMALL or (size and calls is not None) else None
    if program is None:
        yield
        return
    total = rows
    if total is None and size < LARGE:
        total = int(ask(f"SELECT count(*) FROM {quote_name(program.table)}")[0][0])
    with (
        _counted(calls)
        if calls is not None
        else stepping(connection, steps_of(connection, ask, program, sql, params, rows)) as done
    ):

        def look() -> Measured:
            return Measured(done() if total is None else min(done(), total), total, "rows")

        with watched(tell, lambda: nullcontext(look)):
            yield


@contextmanager
def _counted(calls: Callable[[], int]) -> Iterator[Callable[[], int]]:
    """Counts the calls from now on."""
    before = calls()
    yield lambda: calls() - before


@contextmanager
def stepping(connection: sqlite3.Connection, steps: float, every: int = EVERY) -> Iterator[Callable[[], int]]:
    """Counts the rows of which each takes so many steps."""
    # Not a function of Python: a signal's handler would run, and raise, where SQLite lets nothing through.
    ticks = repeat(0, _MOST)
    connection.set_progress_handler(ticks.__next__, every)
    try:
        yield lambda: int((_MOST - operator.length_hint(ticks)) * every / steps)
    finally:
        connection.set_progress_handler(None, 0)


def steps_of(
    connection: sqlite3.Connection, ask: Ask, program: Program, sql: str, params: Sequence[Any], rows: int | None
) -> float:
    """The steps of one row. What is copied may be converted in few steps or in many: that is tried on the first."""
    some = min(rows or 0, SAMPLE)
    if not some:
        return program.read + program.more
    query = sql[next(token.start for token in tokenize(sql) if token.is_word("select")) :]
    with stepping(connection, 1, every=10) as done:
        ask(f"{query} LIMIT {some}", params)
        taken = done()
    return max(taken / some - 1, 1) + program.more  # LIMIT takes one itself


def _size(ask: Ask) -> int:
    (pages, size) = (int(ask(f"PRAGMA {name}")[0][0]) for name in ("page_count", "page_size"))
    return pages * size


def program_of(ask: Ask, sql: str, params: Sequence[Any]) -> Program | None:
    """What a statement does for each row of the one table it goes through; None for another one."""
    try:
        code = [(row[1], int(row[2]), int(row[3]), int(row[4])) for row in ask(f"EXPLAIN {sql}", params)]
    except peewee.DatabaseError:
        return None  # it fails by itself, and says why
    pages = {p1: p2 for name, p1, p2, p3 in code if name in ("OpenRead", "OpenWrite") and p3 == 0}
    tables = {int(page): str(table) for page, table in ask(_ROOTS)}
    loops, through = dict[range, bool](), set[str]()
    for place, (name, cursor, target, _) in enumerate(code):
        reads = name == "Next" and pages.get(cursor) in tables
        if reads:
            through.add(tables[pages[cursor]])
        if reads or name == "SorterNext" or (name == "Goto" and target < place and code[target][0] == "Yield"):
            loops[range(target, place + 1)] = reads
    nested = any(set(a) & set(b) for a in loops for b in loops if a is not b)
    if len(through) != 1 or nested or any(_passes_over(code, loop) for loop in loops):
        return None
    read, more = (sum(_taken(code, loop) for loop, reads in loops.items() if reads is kind) for kind in (True, False))
    return Program(through.pop(), read, more)


def _passes_over(code: Sequence[tuple[str, int, int, int]], loop: range) -> bool:
    """Whether a condition decides how much is done for a row; not that of a fill, which is for all of them."""
    return any(code[place][0] in _CONDITIONS and code[place][2] == loop[-1] for place in loop)


def _taken(code: Sequence[tuple[str, int, int, int]], loop: range) -> int:
    """The steps of a loop for a row that breaks no rule, and has a rowid."""
    passed = sum(
        code[place][0] == "Halt" or (code[place][0] == "NewRowid" and code[place - 1][0] == "NotNull") for place in loop
    )
    return len(loop) - passed
