"""The servers of the tests themselves: each test has an empty database of its own."""

from __future__ import annotations

import peewee
import pytest


@pytest.mark.parametrize("time", [1, 2])
def test_a_database_of_its_own(database: peewee.Database, time: int) -> None:
    """What one test makes, the next does not see."""
    with database.connection_context():
        assert database.get_tables() == []
        database.execute_sql("CREATE TABLE here (n INTEGER)")
