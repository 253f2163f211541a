"""The fast subset of the scoreboard: a little of every case, but for those that have to be long."""

from __future__ import annotations

import pytest

from .board import FAST, Case
from .collected import cases

SEED = 20


QUICK = [case for case in cases() if case.quick]


@pytest.mark.parametrize("case", QUICK, ids=lambda case: f"{case.name}, {case.database}")
def test_a_promise_is_kept(case: Case) -> None:
    """Nothing is lost, nobody is locked out, and it ends as it must."""
    result = case.run(FAST, SEED)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.failures == ()
    assert result.kept
    assert result.runs
