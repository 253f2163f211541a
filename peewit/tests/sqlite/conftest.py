"""A project for every test, and one for every setting an application's connection may have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .project import SETTINGS, Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with foreign keys on, as Peewee's documentation recommends."""
    made = Project(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(params=SETTINGS)
def any_project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    """A project under each setting: what holds for it must hold for all."""
    made = Project(tmp_path, request.param)
    yield made
    made.database.close()
