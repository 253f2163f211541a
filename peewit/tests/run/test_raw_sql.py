"""What the words of a statement say to a run that may be killed."""

from __future__ import annotations

import pytest

from peewit.dialects import MYSQL, POSTGRES, SQLITE, Dialect
from peewit.run.sessions.raw_sql import Nature, nature, reads, shows


@pytest.mark.parametrize(
    ("dialect", "sql", "kind"),
    [
        (SQLITE, "PRAGMA foreign_keys = OFF", Nature.CONNECTION),
        (SQLITE, "-- why\n/* how */ UPDATE t SET a = 1", Nature.WHOLE),
        (SQLITE, "VACUUM", Nature.AGAIN),
        (SQLITE, "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM u; END", Nature.WHOLE),
        (POSTGRES, "CREATE INDEX CONCURRENTLY i ON t (a)", Nature.ALONE),
        (POSTGRES, "INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)", Nature.ALONE),
        (POSTGRES, "ALTER TABLE t ADD a int", Nature.WHOLE),
        (POSTGRES, "DO $$ BEGIN COMMIT; END $$", Nature.ALONE),
        (MYSQL, "ALTER TABLE t ADD a int", Nature.ALONE),
        (MYSQL, "UPDATE t SET a = 1", Nature.WHOLE),
        (MYSQL, "SET FOREIGN_KEY_CHECKS = 0", Nature.CONNECTION),
        (MYSQL, "/*!40000 ALTER TABLE t DISABLE KEYS */", Nature.ALONE),
        (MYSQL, "TRUNCATE t", Nature.ALONE),
    ],
)
def test_natures(dialect: Dialect, sql: str, kind: Nature) -> None:
    """What a transaction takes, what may run twice, and what has to be looked at."""
    assert nature(sql, dialect) is kind


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT * FROM t", True),
        ("(SELECT 1)", True),
        ("SELECT * INTO u FROM t", False),
        ("WITH x AS (SELECT 1) DELETE FROM t", False),
        ("/*!40000 DELETE FROM t */", False),
        ("SHOW TABLES", True),
        ("DELETE FROM t", False),
    ],
)
def test_reading(sql: str, wanted: bool) -> None:
    """A statement that may write is not taken for one that reads."""
    assert reads(sql, MYSQL) is wanted


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("ALTER TABLE t ADD a int", True),
        ("CREATE UNIQUE INDEX i ON t (a)", True),
        ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", False),
        ("CREATE PROCEDURE p() SELECT 1", False),
        ("TRUNCATE TABLE t", False),
    ],
)
def test_showing(sql: str, wanted: bool) -> None:
    """What leaves the description of a table as it was does not show whether it was done."""
    assert shows(sql, MYSQL) is wanted
