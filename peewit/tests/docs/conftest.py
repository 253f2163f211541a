"""One process for all examples, and a folder in which pages that follow another one find where it ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .running import Kernel, Reader, kernel


@pytest.fixture(scope="module")
def shell() -> Iterator[Kernel]:
    """The process that runs what is typed."""
    with kernel() as process:
        yield process


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folders of all pages are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def reader(shell: Kernel, folders: Path, request: pytest.FixtureRequest) -> Reader:
    """Somebody in an empty folder."""
    home = folders / f"page{abs(hash(request.node.nodeid))}"
    home.mkdir()
    return Reader(shell, home)
