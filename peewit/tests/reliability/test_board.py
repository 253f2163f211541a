"""The fast subset of the scoreboard: every case, a little of it."""

from __future__ import annotations

import pytest

from .board import FAST, Case
from .collected import cases

SEED = 20


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.name}, {case.database}")
def test_a_promise_is_kept(case: Case) -> None:
    """Nothing is lost, nobody is locked out, and it ends as it must."""
    result = case.run(FAST, SEED)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.failures == ()
    assert result.kept
    assert result.runs
