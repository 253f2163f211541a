"""Laws on live SQLite files: up, down and up again, with rows in every table and foreign keys on."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import peewee as pw
from hypothesis import assume, event
from hypothesis import strategies as st

from peewit import MigrationManager, PeewitError
from peewit.errors import ProofError, RunError

from .evolutions import Evolution, evolutions
from .kept import Kept, flipped, kept_tables
from .live import everything, insert_rows, made_by_peewee, opened, problems, rows_of, schema_of
from .sharing import run_shard, sharded
from .specs import Spec, make_models

Rows = dict[str, list[tuple[Any, ...]]]


def plain(value: Any) -> Any:
    """A value whatever the type it is stored as: a number, or a text of the same number, is one value."""
    if isinstance(value, bytes):
        value = value.decode(errors="surrogateescape")
    try:
        return Fraction(repr(value) if isinstance(value, float) else value)
    except (TypeError, ValueError, OverflowError):
        return str(value) if value is not None else None


def rows_by_table(connection: sqlite3.Connection, pairs: list[Kept], side: str) -> Rows:
    """All rows of the kept tables, by the name before: same columns with their types, retyped ones without."""
    at = 0 if side == "before" else 1
    rows: Rows = {}
    for kept in pairs:
        table = kept.before if side == "before" else kept.after
        same = [pair[at] for pair in kept.same]
        retyped = [pair[at] for pair in kept.retyped]
        found = rows_of(connection, table, [*same, *retyped])
        width = 2 * len(same)
        rows[kept.before] = sorted(((*r[:width], *map(plain, r[width + 1 :: 2])) for r in found), key=repr)
    return rows


def tightened_values(connection: sqlite3.Connection, pairs: list[Kept], side: str) -> dict[str, Counter[str]]:
    """The values of the columns that lose their nulls, without the nulls."""
    at = 0 if side == "before" else 1
    values = {}
    for kept in pairs:
        table = kept.before if side == "before" else kept.after
        for pair in kept.tightened:
            found = rows_of(connection, table, [pair[at]])
            values[f"{kept.before}.{pair[0]}"] = Counter(repr(plain(v)) for _, v in found if v is not None)
    return values


@dataclass
class Life:
    """One database file with its migrations folder."""

    folder: Path
    database: pw.SqliteDatabase

    @property
    def path(self) -> Path:
        """The database file."""
        return self.folder / "app.db"

    def manager(self, spec: Spec) -> MigrationManager:
        """The manager, for the models of a spec."""
        return MigrationManager(
            self.database, self.folder / "migrations", models=make_models(spec, self.database), backup=False
        )


@contextlib.contextmanager
def life() -> Iterator[Life]:
    """A new database in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        database = pw.SqliteDatabase(str(Path(folder) / "app.db"), pragmas={"foreign_keys": 1})
        try:
            yield Life(Path(folder), database)
        finally:
            database.close()


def refused(run: Life, step: Callable[[], Any]) -> bool:
    """Whether a step was refused: then nothing has changed."""
    before = everything(run.path)
    try:
        step()
    except PeewitError as error:
        if isinstance(error, ProofError) or not _is_of_rows(error):
            raise
        event(f"refused: {type(error).__name__}")
        assert before == everything(run.path)
        return True
    return False


def _is_of_rows(error: PeewitError) -> bool:
    """Whether a failure came before the first write, or from the rows: then it was undone."""
    return not isinstance(error, RunError) or isinstance(error.__cause__, pw.IntegrityError)


def check_schema(run: Life, wanted: dict[str, Any] | None) -> None:
    """The file's schema is the one Peewee makes, and SQLite finds nothing wrong with the file."""
    with contextlib.closing(opened(run.path)) as connection:
        assert wanted == schema_of(connection)
        assert problems(connection) == []


def begin(run: Life, evolution: Evolution, *, adopted: bool, seed: int) -> None:
    """The tables of the first side, made by a migration or by Peewee itself, with rows."""
    models = make_models(evolution.before, run.database)
    manager = MigrationManager(run.database, run.folder / "migrations", models=models, backup=False)
    assert manager.create("initial") is not None
    if adopted:
        run.database.create_tables(models)
    manager.migrate(fake=adopted)
    run.database.close()
    with contextlib.closing(opened(run.path)) as connection:
        insert_rows(connection, evolution.before, seed)


def law_of_life(evolution: Evolution, adopted: bool, seed: int) -> str:
    """Up, down and up again; gives how far it went."""
    first = made_by_peewee(make_models(evolution.before))
    second = made_by_peewee(make_models(evolution.after))
    assume(first is not None and second is not None)
    with life() as run:
        begin(run, evolution, adopted=adopted, seed=seed)
        check_schema(run, first)
        return _live(run, evolution, first, second)


def law_of_silence(evolution: Evolution) -> None:
    """Without answers: written, or refused and nothing is there that was not there before."""
    first = made_by_peewee(make_models(evolution.before))
    assume(first is not None and made_by_peewee(make_models(evolution.after)) is not None)
    with life() as run:
        begin(run, evolution, adopted=False, seed=1)
        files = sorted((run.folder / "migrations").glob("*.py"))
        manager = run.manager(evolution.after)
        if refused(run, lambda: manager.create("next")):
            assert files == sorted((run.folder / "migrations").glob("*.py"))


def _live(run: Life, evolution: Evolution, first: dict[str, Any] | None, second: dict[str, Any] | None) -> str:
    """Up, down, up: how far it went."""
    manager = run.manager(evolution.after)
    file: list[Path | None] = []
    if refused(run, lambda: file.append(manager.create("next", renames=evolution.renames, fill=evolution.fill))):
        return "refused"
    if file == [None]:
        assert first == second
        return "nothing to do"
    pairs = kept_tables(evolution.before, evolution.after, evolution.renames)
    if not _step(run, manager.migrate, pairs, second):
        return "refused"
    assert manager.create("again") is None
    assert manager.check().findings == ()
    if not _step(run, manager.rollback, [flipped(pair) for pair in pairs], first):
        return "not rolled back"
    return "there and back" if _step(run, manager.migrate, pairs, second) else "there and back, refused"


def _step(run: Life, step: Callable[[], Any], pairs: list[Kept], wanted: dict[str, Any] | None) -> bool:
    """Run one step; every row is still there and has the values it had. False where it was refused."""
    with contextlib.closing(opened(run.path)) as connection:
        rows = rows_by_table(connection, pairs, "before")
        values = tightened_values(connection, pairs, "before")
    if refused(run, step):
        return False
    run.database.close()
    check_schema(run, wanted)
    with contextlib.closing(opened(run.path)) as connection:
        assert rows == rows_by_table(connection, pairs, "after")
        after = tightened_values(connection, pairs, "after")
        assert {name: lost for name, there in values.items() if (lost := there - after[name])} == {}
    return True


@sharded
def test_up_down_and_up_again(shard: int) -> None:
    """Migrating makes what create_tables() makes, rolling back what was there, and no row is lost on the way."""
    outcomes: Counter[str] = Counter()

    def law(evolution: Evolution, adopted: bool, seed: int) -> None:
        outcomes[law_of_life(evolution, adopted, seed)] += 1

    run_shard(shard, law, evolutions(), st.booleans(), st.integers(0, 10**6))
    tried = sum(outcomes.values())
    assert outcomes["refused"] * 2 <= tried, outcomes
    assert outcomes["not rolled back"] * 2 <= tried, outcomes


@sharded
def test_nobody_is_asked_by_silence(shard: int) -> None:
    """Without answers a migration is written only where it cannot be a rename; else the files stay as they are."""
    run_shard(shard, law_of_silence, evolutions())
