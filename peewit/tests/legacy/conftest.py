"""What the tests of folders that other tools have written share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[pw.Database]:
    """A SQLite file."""
    database = pw.SqliteDatabase(str(tmp_path / "app.db"))
    yield database
    database.close()
