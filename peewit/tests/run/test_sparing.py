"""What an application has in memory is passed over by the collector while peewit works, and only then."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest

from peewit import MigrationManager, PeewitError

SEEN: list[int] = []
FILE = """import gc


def migrate(migrator, database, **_):
    from {module} import SEEN

    def seen():
        SEEN.append(gc.get_freeze_count())
    migrator.run(seen)
    {more}
"""


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    """Nothing is passed over, before and after."""
    SEEN.clear()
    gc.unfreeze()
    yield
    gc.unfreeze()


def manager(folder: Path, more: str = "pass") -> MigrationManager:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "001_first.py").write_text(FILE.format(module=__name__, more=more))
    return MigrationManager(peewee.SqliteDatabase(folder / "app.db"), folder / "migrations")


def test_it_is_passed_over_while_migrations_run(tmp_path: Path) -> None:
    assert manager(tmp_path).migrate().applied == ("001_first",)

    assert SEEN[0] > 0
    assert gc.get_freeze_count() == 0


def test_it_is_looked_through_again_where_one_fails(tmp_path: Path) -> None:
    with pytest.raises(PeewitError):
        manager(tmp_path, "migrator.sql('nonsense')").migrate()

    assert SEEN[0] > 0
    assert gc.get_freeze_count() == 0


def test_what_the_application_said_itself_stays(tmp_path: Path) -> None:
    """A server that starts its workers by fork lets them pass over what they share."""
    gc.freeze()
    frozen = gc.get_freeze_count()

    manager(tmp_path).migrate()

    assert SEEN[0] == pytest.approx(frozen, rel=0.2)
    assert gc.get_freeze_count() == pytest.approx(frozen, rel=0.2)
