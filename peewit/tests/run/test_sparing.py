"""What an application has in memory is passed over by the collector while peewit works, and only then."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest

from peewit import MigrationManager, PeewitError

SEEN: list[int] = []
OFTEN: list[int] = []
FILE = """import gc


def migrate(migrator, database, **_):
    from {module} import OFTEN, SEEN

    def seen():
        SEEN.append(gc.get_freeze_count())
        OFTEN.append(gc.get_threshold()[0])
    migrator.run(seen)
    {more}
"""


@pytest.fixture(autouse=True)
def unfrozen() -> Iterator[None]:
    """Nothing is passed over, before and after."""
    SEEN.clear()
    OFTEN.clear()
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


def test_what_is_new_is_looked_at_seldom_while_migrations_run(tmp_path: Path) -> None:
    before = gc.get_threshold()

    manager(tmp_path).migrate()

    assert OFTEN[0] >= 10_000
    assert gc.get_threshold() == before


def test_a_collector_that_was_turned_off_stays_so(tmp_path: Path) -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        manager(tmp_path).migrate()
        assert (OFTEN, gc.get_threshold()[0]) == ([0], 0)
    finally:
        gc.set_threshold(*before)


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
