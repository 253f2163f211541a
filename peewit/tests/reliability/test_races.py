"""The quick form of the cases about races, cut connections, full disks, read-only databases and long readers."""

from __future__ import annotations

import pytest
from tests.servers import FOLDER

from . import cuts, disks, holders, places, races, readers, readonly
from .board import FAST, Case

CASES = tuple(case for module in (races, holders, cuts, disks, readonly, readers) for case in module.CASES)
LONG = ("random moment", "a Database object each")
QUICK = [
    case
    for case in CASES
    if not any(words in case.name for words in LONG)
    and not (case.database.endswith("-wal") and "holder" in case.name)
    and not case.database.endswith(", empty")
]
"""What is enough here: the others differ little, and have their turn in ``make reliability``."""


@pytest.fixture(scope="module", autouse=True)
def _the_servers_of_all_tests(request: pytest.FixtureRequest) -> None:
    places.use(request.config.stash[FOLDER])


@pytest.mark.parametrize("case", QUICK, ids=[f"{case.database}: {case.name}" for case in QUICK])
def test_a_promise_is_kept(case: Case) -> None:
    """What the scoreboard promises of a case holds, each time it is run."""
    result = case.run(FAST, 1)

    if result.skipped:
        pytest.skip(result.skipped)
    assert result.kept, result
    assert result.runs
