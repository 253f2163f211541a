"""The line of the terminal that moves, for what takes longer than a second."""

from __future__ import annotations

import re

import peewee as pw
import pytest

from peewit.cli.progress import Pacing, span
from peewit.reports import Progress

from .app import App
from .test_questions import on_a_terminal

SLOW = """
import time

import peewee as pw


def slow():
    time.sleep(0.005)
    return 3


def migrate(migrator, database, **_):
    migrator.add_fields("person", x=pw.IntegerField(default=slow))


def rollback(migrator, database, **_):
    migrator.remove_fields("person", "x")
"""
LINE = r"002_slow  [123] s  \d+ %, about [123] s left, \d+ of 280 rows, [\d,]+ rows/s: (UPDATE|INSERT INTO) "


@pytest.fixture
def slow(app: App) -> App:
    """A project of which the next migration takes more than a second."""
    app("create", "first")
    app("migrate")
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 280) "
            "INSERT INTO person (name) SELECT i FROM n"
        )
    (app.migrations / "002_slow.py").write_text(SLOW)
    return app


def test_a_terminal_shows_how_far_it_is(slow: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of all rows, how many in a second, how long yet; nothing of it is left when it is over."""
    monkeypatch.setenv("COLUMNS", "120")
    (slow.migrations / "002_slow.py").write_text(SLOW.replace("0.005", "0.009"))
    code, lines = on_a_terminal([], "migrate", progress=True)
    assert code == 0
    assert re.search(LINE, "\n".join(lines))
    last = next(line for line in lines if "applied 002_slow" in line)
    assert last.rpartition("\r")[2].startswith("applied 002_slow (")
    assert not any(re.search(LINE, line) for line in lines[lines.index(last) :])


def test_what_is_piped_shows_nothing_of_it(slow: App) -> None:
    """One line, when it is done."""
    code, out, error = slow("migrate")
    assert (code, error, re.sub(r"[\d.]+ s", "N s", out).splitlines()[0]) == (0, "", "applied 002_slow (N s)")
    assert "rows" not in out


@pytest.mark.parametrize("flag", ["-q", "--json"])
def test_who_wants_no_lines_sees_none(slow: App, flag: str) -> None:
    """On a terminal, too."""
    code, lines = on_a_terminal([], "migrate", flag)
    assert code == 0
    assert lines == [] if flag == "-q" else lines[0] == "{"
    assert "rows" not in "".join(lines)


@pytest.mark.parametrize(
    ("measured", "shown"),
    [
        ((50, 200, "rows", ""), "25 %, about 6 s left, 50 of 200 rows, 25 rows/s: UPDATE t"),
        ((50, None, "rows", ""), "50 rows, 25 rows/s: UPDATE t"),
        ((None, 1200000, "rows", ""), "a table of about 1,200,000 rows: UPDATE t"),
        ((None, None, "", "sorting"), "sorting: UPDATE t"),
        ((0, 100, "%", "copying, 1 of 2"), "copying, 1 of 2, 0 %: UPDATE t"),
        ((50, 200, "blocks", "scanning"), "scanning, 25 %, 50 of 200 blocks: UPDATE t"),
        ((50, 200, "pages", "copying the file"), "copying the file, 25 %, 50 of 200 pages"),
        ((200, 200, "rows", ""), "UPDATE t"),
    ],
)
def test_how_far_it_is_in_words(measured: tuple[int | None, int | None, str, str], shown: str) -> None:
    """What is known, and nothing that is not: a phase that has just begun has no rate."""
    times = iter([0.0, 2.0, 2.0])
    pacing = Pacing(lambda: next(times))
    pacing.begin("UPDATE t")
    assert pacing.line(Progress("001_x", *measured)) == shown


def test_a_phase_has_a_rate_of_its_own() -> None:
    """Counted from where it began."""
    times = iter([0.0, 10.0, 10.0, 12.0])
    pacing = Pacing(lambda: next(times))
    pacing.begin("CREATE INDEX i")
    pacing.line(Progress("001_x", 20, 100, "blocks", "scanning"))
    told = pacing.line(Progress("001_x", 60, 100, "blocks", "scanning"))
    assert told == "scanning, 60 %, about 2 s left of this, 60 of 100 blocks, 20 blocks/s: CREATE INDEX i"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "1 s"), (1.4, "1 s"), (9.4, "9 s"), (9.6, "10 s"), (43, "45 s"), (87, "85 s"), (100, "2 min"),
        (600, "10 min"), (9000, "2.5 h"),
    ],
)  # fmt: skip
def test_times_that_are_not_exact(seconds: float, shown: str) -> None:
    """As exact as they are."""
    assert span(seconds) == shown
