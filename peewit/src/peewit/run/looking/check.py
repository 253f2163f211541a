"""Do models, files, history and database agree? Each question gives findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import peewee

from peewit.dialects import SQLITE, Dialect, ServerDialect, SqliteDialect
from peewit.diff import Answers, diff, managed
from peewit.errors import UNCHANGED, UnsupportedChangeError
from peewit.files.names import order
from peewit.models import read_models
from peewit.reports import Finding, Interrupted, Status, half_way
from peewit.run.applying.advice import of_drift, of_edited, of_gone
from peewit.run.replaying.way_back import WayBack
from peewit.run.sessions.choosing import dialect_of
from peewit.run.sessions.scratch import NoScratchError, Scratch
from peewit.run.sessions.sqlite_session import SqliteSession
from peewit.run.trying.proof import difference
from peewit.schema import Column, Schema, Table, parts_of


def unexplained() -> Mapping[str, str]:
    """Nothing is known of why a table is not what the migrations say."""
    return {}


def reasons(findings: Iterable[Finding]) -> list[str]:
    """Where differences of the database come from."""
    return list(dict.fromkeys(f.hint.partition("\n")[0] for f in findings if f.kind == "database"))


def check_files(status: Status, folder: Path, way_back: Callable[[str], WayBack]) -> list[Finding]:
    """What the history and the files say of one another; ``way_back`` tells how an applied migration is undone."""
    gone = [
        Finding("history", f"{n} was applied and its file is gone", of_gone(way_back(n), folder / f"{n}.py"))
        for n in status.missing
    ]
    edited = [
        Finding("files", f"{n} was edited after it was applied", of_edited(n, way_back(n))) for n in status.edited
    ]
    half = [_half_done(run) for run in status.interrupted]
    done = {run.name for run in status.interrupted}
    pending = [Finding("files", f"{n} is not applied", "peewit migrate") for n in status.pending if n not in done]
    return [*half, *gone, *edited, *pending]


def _half_done(run: Interrupted) -> Finding:
    failed = f"; it failed with: {run.failed}" if run.failed else ""
    next_ = "ask again when it is done" if run.migrator else f"go on: {run.next}"
    if run.next == "peewit doctor":
        next_ = f"it does not go on by itself: {run.next} says what to do"
    return Finding("history", f"the {run.action} of {run.name} {run.how}{failed}; {half_way(run)}", next_)


def check_models(
    state: Schema, models: Iterable[type[peewee.Model]], dialect: Dialect, gone: Sequence[str] = ()
) -> list[Finding]:
    """What the models have and the files have not; a file that is ``gone`` may have had it."""
    wanted = read_models(models, dialect.name)
    operations = diff(managed(state, wanted, {}).schema, wanted, dialect, Answers(renames={}))
    hint = (
        f"if {', '.join(gone)} did that, get the file back; else peewit create NAME" if gone else "peewit create NAME"
    )
    return [Finding("models", f"not in a migration yet: {op.describe()}", hint) for op in operations]


def check_database(
    state: Schema,
    database: peewee.Database,
    only: Collection[str] | None = None,
    why: Callable[[], Mapping[str, str]] = unexplained,
) -> list[Finding]:
    """Where the live schema is not what the applied migrations say, in these tables ``only`` if any are named.

    Tables of nobody are left alone. ``why`` tells, if it has to be known, of which tables it is known why they differ,
    and what to do.
    """
    dialect = dialect_of(database)
    if isinstance(dialect, ServerDialect):
        try:
            live, wanted = _on_server(state, database, dialect)
        except NoScratchError as error:
            hint = "let this user make schemas (PostgreSQL) or databases (MariaDB, MySQL), or check as another one"
            problem = f"only names were compared with the migrations, no types and rules: {error.message}"
            return [Finding("trial", problem, hint), *check_names(state, database, only, why)]
    else:
        live, wanted = _on_sqlite(state, database, SQLITE)
    return _told(
        [
            (key, line)
            for key, table in wanted.items()
            if only is None or key in only
            for line in difference(live.get(key), table, key)
        ],
        why,
    )


def _told(differences: Sequence[tuple[str, str]], why: Callable[[], Mapping[str, str]]) -> list[Finding]:
    """Differences, each with its table, as findings."""
    known = why() if differences else {}
    return [Finding("database", line, known.get(key) or of_drift()) for key, line in differences]


def check_names(
    state: Schema,
    database: peewee.Database,
    only: Collection[str] | None = None,
    why: Callable[[], Mapping[str, str]] = unexplained,
) -> list[Finding]:
    """Which tables and columns of the applied migrations a server has not, and which columns more; nothing is made."""
    dialect = dialect_of(database)
    assert isinstance(dialect, ServerDialect)
    keys = [key for key in state.tables if only is None or key in only]
    live = Scratch.described_live(database, dialect, keys)
    return _told([(key, line) for key in keys for line in _by_name(live.tables.get(key), state[key], key)], why)


def _by_name(live: Table | None, wanted: Table, key: str) -> list[str]:
    if live is None:
        return [f'table "{key}" is missing']
    there, here = ([column.name for column in table.columns] for table in (live, wanted))
    return [
        *(f'column "{name}" of "{key}" is missing' for name in here if name not in there),
        *(f'column "{name}" of "{key}" should not be there' for name in there if name not in here),
    ]


def unlike(before: Schema, after: Schema, database: peewee.Database) -> list[str]:
    """How the live schema differs from what a change would lead to, in the tables that it changes."""
    changed = {table.key for table in after if before.tables.get(table.key) != table}
    lines = [finding.message for finding in check_database(after, database, changed)] if changed else []
    return [*lines, *still_there(set(before.tables) - set(after.tables), database)]


def still_there(gone: Iterable[str], database: peewee.Database) -> list[str]:
    """The tables that migrations have dropped and the database has all the same."""
    there = {name.lower() for name in database.get_tables()}
    return [f'table "{key}" should not be there' for key in sorted(gone) if parts_of(key)[1].lower() in there]


def _on_sqlite(state: Schema, database: Any, dialect: SqliteDialect) -> tuple[dict[str, Table], dict[str, Table]]:
    found = SqliteSession(database, dialect).found()
    wanted = {table.name: table for table in dialect.canonical_schema(state)}
    there = {name: found.table(name) for name in wanted}
    live = {name: dialect.canonical(entry.table) for name, entry in there.items() if entry is not None}
    return {name: _in_words_of_today(table, wanted[name]) for name, table in live.items()}, wanted


_FORMER_TYPES = {"JSON": "TEXT", "SMALLINT": "INTEGER", "BIGINT": "INTEGER", "BOOLEAN": "INTEGER"}
"""How older Peewees wrote types on SQLite that today's writes otherwise, and keeps in the same way."""


def _in_words_of_today(live: Table, wanted: Table) -> Table:
    """A live table with the types of older Peewees written as today, where that is what is wanted."""

    def column(column: Column) -> Column:
        other, now = wanted.find(column.name), _FORMER_TYPES.get(str(column.type).upper())
        return replace(column, type=other.type) if other is not None and str(other.type) == now else column

    return replace(live, columns=tuple(map(column, live.columns)))


def _on_server(
    state: Schema, database: peewee.Database, dialect: ServerDialect
) -> tuple[dict[str, Table], dict[str, Table]]:
    """Both sides as the server itself writes them: what should be there is made in a place of its own."""
    live = Scratch.described_live(database, dialect, state.tables)
    scratch = Scratch(database, dialect, {table.schema for table in state})
    with scratch.opened():
        try:
            scratch.create(state)
        except peewee.DatabaseError as error:
            raise UnsupportedChangeError(
                f"the tables of the migrations cannot be made on this server, so nothing was compared: {error}",
                state=UNCHANGED,
                hint="a file that was made for another kind of database says things in SQL that this one does not know",
            ) from error
        wanted = scratch.described(state.tables)
    return {key: _without_echoes(table, state[key]) for key, table in live.tables.items()}, dict(wanted.tables)


def _without_echoes(live: Table, wanted: Table) -> Table:
    """A live table without the defaults that peewee-migrate may have written into it, and nobody asks for."""

    def column(column: Column) -> Column:
        other = wanted.find(column.name)
        passed = other is not None and other.echoes and other.default is None
        return replace(column, default=None) if passed else column

    return replace(live, columns=tuple(map(column, live.columns)))


def check_numbers(names: Sequence[str], applied: Sequence[str]) -> list[Finding]:
    """Numbers that more than one file has, as long as one of them is pending: later nothing can be done about it."""
    numbers = sorted({order(name)[0] for name in names})
    by_number = {number: [name for name in names if order(name)[0] == number] for number in numbers}
    return [
        Finding(
            "files",
            f"number {number} is used by {len(same)} files: {', '.join(same)}",
            f"nothing has to be done, {_in_which_order(same, applied)}; "
            "a file that nobody has applied yet may be given another number",
        )
        for number, same in by_number.items()
        if len(same) > 1 and not set(same) <= set(applied)
    ]


def _in_which_order(same: Sequence[str], applied: Sequence[str]) -> str:
    pending = ", ".join(name for name in same if name not in applied)
    done = ", ".join(name for name in same if name in applied)
    return f"{pending} runs after {done}" if done else "they run in this order"
