"""Law of new databases: made together, they are what they are when their migrations are run one after the other."""

from __future__ import annotations

import contextlib
import datetime
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import peewee as pw
from hypothesis import assume
from hypothesis import strategies as st

from peewit import MigrationManager, PeewitError
from peewit.run.applying import together

from . import server_live
from .evolutions import Evolution, answered, evolutions
from .live import everything, insert_rows, made_by_peewee, opened, ours, problems, schema_of
from .server_live import Live
from .sharing import run_shard, sharded, sharded_on_server
from .specs import make_models
from .test_live_laws import Life, life
from .test_server_laws import Life as ServerLife


def described(path: Path) -> dict[str, Any]:
    """What everybody can see of the schema: columns in their order, and the names of indexes too."""
    with contextlib.closing(opened(path)) as connection:
        assert problems(connection) == []
        names = connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        kept = [row for row in names.fetchall() if ours(row[1])]
        return {"schema": schema_of(connection), "names": kept, "columns": _columns(connection, kept)}


def _columns(connection: sqlite3.Connection, names: list[Any]) -> dict[str, list[Any]]:
    found = {}
    for table in {table for _, table in names}:
        found[table] = connection.execute("SELECT name FROM pragma_table_xinfo(?)", (table,)).fetchall()
    return found


def write_files(run: Life | ServerLife, evolution: Evolution, *, back: bool) -> bool:
    """A file for the first side, one for the second, and one for the first again; whether they can be written."""
    ways = [evolution, answered(evolution.after, evolution.before, fills=True)][: 1 + back]
    assert run.manager(evolution.before).create("initial") is not None
    for number, way in enumerate(ways):
        try:
            run.manager(way.after).create(f"next {number}", renames=way.renames, fill=way.fill)
        except PeewitError:
            return False
    return True


def law_of_beginnings(evolution: Evolution, back: bool) -> str:
    """The same database either way; gives whether it was made together."""
    assume(made_by_peewee(make_models(evolution.before)) is not None)
    assume(made_by_peewee(make_models(evolution.after)) is not None)
    with life() as run:
        if not write_files(run, evolution, back=back):
            return "refused"
        try:
            run.manager(evolution.before).migrate()
        except PeewitError:
            return "refused"
        run.database.close()
        stepwise = described(run.path)
        run.path.unlink()
        with patch.object(together, "ENOUGH", 2):
            manager = MigrationManager(run.database, run.folder / "migrations")
            report = manager.migrate()
        assert manager.status().pending == ()
        run.database.close()
        assert described(run.path) == stepwise
        return "together" if all(step.together for step in report.steps) else "one after the other"


@sharded
def test_a_new_database_is_where_its_steps_lead(shard: int) -> None:
    """Tables, columns in their order, indexes by their names: whichever way it was made."""
    outcomes: Counter[str] = Counter()

    def law(evolution: Evolution, back: bool) -> None:
        outcomes[law_of_beginnings(evolution, back)] += 1

    run_shard(shard, law, evolutions(), st.booleans())
    assert outcomes["together"] * 2 >= sum(outcomes.values()), outcomes


# ---------------------------------------------------------------------- what comes after SQL


ROWS = """
def migrate(migrator, database, **_):
    for text, values in {rows!r}:
        migrator.sql(text, *values)
"""


class Noting:
    """A connection that notes the rows that were written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rows: list[tuple[str, list[Any]]] = []

    def execute(self, text: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """As the connection."""
        cursor = self._connection.execute(text, values)
        if text.startswith("INSERT"):
            self.rows.append((text, list(values)))
        return cursor


def with_rows(run: Life, spec: Any, seed: int) -> None:
    """The second migration: rows for every table, in SQL."""
    run.manager(spec).migrate()
    run.database.close()
    with contextlib.closing(opened(run.path)) as connection:
        noting: Any = Noting(connection)
        insert_rows(noting, spec, seed)
    (run.folder / "migrations" / "002_rows.py").write_text(ROWS.format(rows=noting.rows), encoding="utf-8")
    run.path.unlink()


_ANY = re.compile(rf"[0-9a-f]{{32}}|{datetime.datetime.now(datetime.UTC):%Y-%m-%d} \d\d:\d\d:\d\d")
"""What a default gives that is a function, or the time: another one each time."""


def says_something(text: str) -> bool:
    """Whether it is a row of ours; that AUTOINCREMENT begins at the beginning is noted by some ways only."""
    begins = text.startswith("sqlite_sequence") and text.endswith(", 0)")
    return not (text.startswith(("(", "migratehistory")) or begins)


def law_of_going_on(evolution: Evolution, seed: int) -> str:
    """The same tables and rows either way, after a migration that writes rows; whether what follows was made together."""
    assume(made_by_peewee(make_models(evolution.before)) is not None)
    assume(made_by_peewee(make_models(evolution.after)) is not None)
    with life() as run:
        assert run.manager(evolution.before).create("initial") is not None
        with_rows(run, evolution.before, seed)
        back = answered(evolution.after, evolution.before, fills=True)
        for way in (evolution, back, evolution):
            try:
                run.manager(way.after).create("next", renames=way.renames, fill=way.fill)
            except PeewitError:
                return "refused"
        found, steps = [], ()
        for enough in (1000, 2):
            told = ""
            with patch.object(together, "ENOUGH", enough):
                try:
                    steps = MigrationManager(run.database, run.folder / "migrations").migrate().steps
                except PeewitError as error:
                    steps, told = (), f"{type(error).__name__}: {error}"
            run.database.close()
            rows = sorted(_ANY.sub("any", text) for text in everything(run.path) if says_something(text))
            found.append([told, described(run.path), rows])
            run.path.unlink()
        assert found[0] == found[1]
        return "together" if [step.together for step in steps[2:]] == [3, 3, 3] else "one after the other"


@sharded
def test_after_sql_it_goes_on_together(shard: int) -> None:
    """What adds, drops and fills on rows that migrations have written: those rows, to the last value."""
    outcomes: Counter[str] = Counter()

    def law(evolution: Evolution, seed: int) -> None:
        outcomes[law_of_going_on(evolution, seed)] += 1

    run_shard(shard, law, evolutions(edits=2), st.integers(0, 1000))
    assert outcomes["together"], outcomes


# ---------------------------------------------------------------------- PostgreSQL


_NAMES = (
    "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    """SELECT attrelid::regclass::text, array_agg(attname ORDER BY attnum)::text FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND attnum > 0 AND NOT attisdropped GROUP BY attrelid""",
)
"""Everything that has a name, and the columns of each table in their order."""


def law_on_a_server(live: Live, evolution: Evolution, back: bool) -> str:
    """The same database either way; gives whether it was made together."""
    models = [make_models(spec, live.database) for spec in (evolution.before, evolution.after)]
    assume(all(server_live.made_by_peewee(live, each) is not None for each in models))
    live.empty()
    with tempfile.TemporaryDirectory() as folder:
        run = ServerLife(live, Path(folder))
        if not write_files(run, evolution, back=back):
            return "refused"
        found, steps = [], ()
        for enough in (1000, 2):
            live.empty()
            try:
                with patch.object(together, "ENOUGH", enough):
                    steps = MigrationManager(live.database, run.folder).migrate().steps
            except PeewitError:
                return "refused"
            found.append([live.schema(), *(sorted(map(repr, live.ask(sql))) for sql in _NAMES)])
        assert found[0] == found[1]
        return "together" if all(step.together for step in steps) else "one after the other"


@sharded_on_server
def test_a_new_database_on_postgres_is_where_its_steps_lead(postgres: pw.PostgresqlDatabase, shard: int) -> None:
    """Whatever has a name has the one it would have: constraints and sequences as well."""
    outcomes: Counter[str] = Counter()
    with postgres.connection_context():
        live = Live(postgres)

        def law(evolution: Evolution, back: bool) -> None:
            outcomes[law_on_a_server(live, evolution, back)] += 1

        run_shard(shard, law, evolutions(live.world, edits=3), st.booleans(), server=True)
    assert outcomes["together"], outcomes
