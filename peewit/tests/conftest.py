"""What all tests share: the database servers."""

import os
from collections.abc import Iterator

import pytest

from .servers import (
    database,
    mariadb,
    mariadb_server,
    postgres,
    postgres_server,
    pytest_configure,
    pytest_configure_node,
    pytest_generate_tests,
    pytest_terminal_summary,
    pytest_unconfigure,
    server,
)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is remembered of replayed files is remembered for these tests only."""
    former = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    os.environ.pop("XDG_CACHE_HOME")
    if former is not None:
        os.environ["XDG_CACHE_HOME"] = former


__all__ = [
    "cache",
    "database",
    "mariadb",
    "mariadb_server",
    "postgres",
    "postgres_server",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_generate_tests",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "server",
]
