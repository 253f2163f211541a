"""A project for every test of the command line."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .app import App


@pytest.fixture
def app(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[App]:
    """A new project; its modules have a name no other test uses."""
    for name in [n for n in os.environ if n.startswith("PEEWIT_") or n == "MAKELEVEL"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = list(sys.path)
    yield App(tmp_path, f"cli_app_{abs(hash(request.node.nodeid))}", capsys)
    sys.path[:] = path
