"""How many examples the laws try, and how they are spread over workers.

``PEEWIT_LAWS`` is the number of examples of each law (36 by default, 2000 for a full run), and
``PEEWIT_LAWS_SEED`` moves to other examples; the same numbers give the same examples. Where each example
costs round trips to a server, there are fewer of them: 8 by default, at most 500.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

EXAMPLES = int(os.environ.get("PEEWIT_LAWS", "36"))
SEED = int(os.environ.get("PEEWIT_LAWS_SEED", "0"))
SHARDS = max(2, min(16, EXAMPLES // 50))
ON_SERVER = min(EXAMPLES, 500) if "PEEWIT_LAWS" in os.environ else 8
SERVER_SHARDS = max(2, min(10, ON_SERVER // 25))

sharded = pytest.mark.parametrize("shard", range(SHARDS))
"""Runs a law once per shard: each shard tries its part of the examples, so that workers share them."""
sharded_on_server = pytest.mark.parametrize("shard", range(SERVER_SHARDS))
"""The same for a law on servers."""


def run_shard(shard: int, law: Callable[..., Any], *arguments: SearchStrategy[Any], server: bool = False) -> None:
    """Try a law with this shard's part of the examples."""
    chosen = settings(
        max_examples=max(1, ON_SERVER // SERVER_SHARDS if server else EXAMPLES // SHARDS),
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    seed(SEED * 1000 + shard)(chosen(given(*arguments)(law)))()
