"""Migrations as a script for somebody else to run: SQL from the files alone, with the rows of the history.

Every question a migration would ask first is asked by the script, too: a temporary table takes no row but an empty one,
so the first answer that is not as it has to be ends it. What only Python can do cannot be written down, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import peewee

from peewit.compile import Backfill, Call, Converter, EditSchema, Execute, Guard, Statement
from peewit.dialects import Dialect
from peewit.errors import PeewitError, SqlError
from peewit.files.checksum import checksum
from peewit.files.loader import Migration
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.records.standing import BY_SCRIPT
from peewit.run.sessions.choosing import dialect_of
from peewit.run.trying.chain import UNKNOWN
from peewit.run.trying.on_paper import Way
from peewit.schema import Default
from peewit.sql import literal, tokenize

HOLDS = "peewit_has_to_hold"
"""The temporary table that takes no row with a problem in it."""

_RUN = {
    "sqlite": "sqlite3 -bail FILE.db < SCRIPT.sql",
    "postgres": "psql -v ON_ERROR_STOP=1 -d DATABASE -f SCRIPT.sql",
    "mysql": "mariadb DATABASE < SCRIPT.sql",
}
_NOW = {"sqlite": "CURRENT_TIMESTAMP", "postgres": "(now() AT TIME ZONE 'utc')", "mysql": "UTC_TIMESTAMP()"}
_MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "postgres": "to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS.MS')",
    "mysql": "CAST(UTC_TIMESTAMP(3) AS CHAR)",
}
_WHO = {"sqlite": "''", "postgres": "current_user", "mysql": "current_user()"}
_NO_SOURCE = {"sqlite": "X''", "postgres": "''", "mysql": "''"}
_BEGIN = {"sqlite": "BEGIN IMMEDIATE;", "postgres": "BEGIN;"}


def head(like: peewee.Database, history: History, journal: Journal) -> Iterator[str]:
    """What every script begins with."""
    kind = dialect_of(like).name
    yield f"-- run it with a client that stops at the first error: {_RUN[kind]}"
    if kind == "mysql":
        yield "-- each statement is kept at once: where the script stops, what came before stays"
    if kind == "sqlite":
        yield "PRAGMA foreign_keys = 0;"
    kept = "TEMPORARY TABLE" if kind != "sqlite" else "TEMP TABLE"
    yield f"CREATE {kept} IF NOT EXISTS {HOLDS} (problem VARCHAR(500) NOT NULL, CHECK (problem = ''));"
    yield f"{_plain(history.creation())};"
    yield f"{_plain(journal.creation())};"


def one(
    migration: Migration,
    way: Way,
    like: peewee.Database,
    history: History,
    journal: Journal,
    last: str,
    hanging: Mapping[str, tuple[str, ...]],
) -> Iterator[str]:
    """The part of one migration. ``last``: the one that has to be applied before it, if there is one.

    ``hanging`` are, on SQLite, the indexes and triggers of each table: a copy of it would lose others.
    """
    dialect = dialect_of(like)
    yield f"\n-- {migration.name}"
    yield from (f"--   {' '.join(operation.describe().split())}" for operation in way.operations)
    whole = dialect.name in _BEGIN and migration.atomic
    if whole:
        yield _BEGIN[dialect.name]
    if last:
        yield _has_to_hold(f"NOT EXISTS ({_row(history, last, dialect)})", f"{last} is not applied", dialect)
    yield _has_to_hold(f"EXISTS ({_row(history, migration.name, dialect)})", f"{migration.name} is applied", dialect)
    if dialect.name == "sqlite":
        yield from _nothing_else(way.statements, hanging, dialect)
    for statement in way.statements:
        yield from _written(statement, dialect)
    if dialect.name == "sqlite":
        yield from _references(way.statements, dialect)
    name = literal(migration.name, dialect.literals)
    yield f"INSERT INTO {_plain(history.path)} (name, migrated_at) VALUES ({name}, {_NOW[dialect.name]});"
    yield _noted(migration, journal, dialect)
    if whole:
        yield "COMMIT;"


def _noted(migration: Migration, journal: Journal, dialect: Dialect) -> str:
    """What the journal says of it, so that nobody takes it for the work of another tool."""
    kind = dialect.name
    name, action = literal(migration.name, dialect.literals), literal(BY_SCRIPT, dialect.literals)
    digest = literal(checksum(migration.source), dialect.literals)
    return (
        f"INSERT INTO {_plain(journal.path)} (name, action, at, seconds, who, checksum, source, steps) VALUES "
        f"({name}, {action}, {_MOMENT[kind]}, 0, {_WHO[kind]}, {digest}, {_NO_SOURCE[kind]}, '[]');"
    )


def reasons(way: Way, dialect: Dialect) -> Iterator[str]:
    """Why a migration cannot be written down; nothing where it can."""
    if way.problem:
        yield way.problem
    for sql in way.own:
        yield f"its body asks the database by itself: {' '.join(sql.split())}"
    for statement in way.statements:
        match statement:
            case Call(name=name):
                yield f"it calls {name}(), a Python function"
            case Backfill(table=table, column=column, fill=fill):
                yield f"it fills {table}.{column} row by row with {fill.source}"
            case Execute(functions=[_, *_] as functions):
                yield f"it fills rows with {', '.join(_called(name, given) for name, given in functions)}"
            case Guard(functions=[_, *_], problem=problem):
                yield f"it stops where a Python function finds that {problem.replace('{count} ', '')}"
            case Execute(sql=sql) if UNKNOWN in sql:
                yield f"only the database knows the name of what it drops: {sql.replace(UNKNOWN, '...')}"
            case Execute(sql=sql, params=params):
                try:
                    _with_values(sql, params, dialect)
                except SqlError as error:
                    yield error.message
            case _:
                pass


def _called(name: str, given: Default | Converter) -> str:
    return given.source if isinstance(given, Default) else f"{name}(), which Peewee's own rule gives"


def _row(history: History, name: str, dialect: Dialect) -> str:
    return f"SELECT 1 FROM {_plain(history.path)} WHERE name = {literal(name, dialect.literals)}"


def _has_to_hold(problem: str, words: str, dialect: Dialect) -> str:
    """A statement that fails where the condition is true, which is a ``problem``."""
    told = literal(words[:500], dialect.literals)
    return f"INSERT INTO {HOLDS} SELECT CASE WHEN {problem} THEN {told} ELSE '' END;"


def _written(statement: Statement, dialect: Dialect) -> Iterator[str]:
    match statement:
        case Execute(sql=sql, params=params):
            text = _with_values(sql, params, dialect).strip().rstrip("; \n")
            yield f"{text}\n;" if {"--", "#"} & set(re.findall("--|#", text.rpartition("\n")[2])) else f"{text};"
        case Guard(sql=sql, problem=problem):
            yield _has_to_hold(f"EXISTS ({sql})", problem.replace("{count} ", ""), dialect)
        case Backfill() | Call() | EditSchema():
            raise PeewitError(f"{type(statement).__name__} cannot be written down")


def _copied(statements: Sequence[Statement]) -> list[str]:
    return list(dict.fromkeys(s.copying.table for s in statements if isinstance(s, Execute) and s.copying))


def _nothing_else(
    statements: Sequence[Statement], hanging: Mapping[str, tuple[str, ...]], dialect: Dialect
) -> Iterator[str]:
    """Before a table is copied: nothing hangs on it that the copy would not have."""
    for table in _copied(statements):
        known = ", ".join(literal(name) for name in hanging.get(table, ()))
        asked = (
            f"EXISTS (SELECT 1 FROM sqlite_master WHERE tbl_name = {literal(table)} AND sql IS NOT NULL "
            f"AND type IN ('index', 'trigger') AND name NOT IN ({known}))"
        )
        yield _has_to_hold(asked, f'"{table}" has an index or a trigger that this script does not know', dialect)


def _references(statements: Sequence[Statement], dialect: Dialect) -> Iterator[str]:
    """After a table was copied: no row of it refers to nothing."""
    for table in _copied(statements):
        asked = f"EXISTS (SELECT 1 FROM pragma_foreign_key_check({literal(table)}))"
        yield _has_to_hold(asked, f'rows of "{table}" refer to rows that are not there', dialect)


def _with_values(sql: str, params: tuple[Any, ...], dialect: Dialect) -> str:
    """A statement with its values where their marks are."""
    if not params:
        return sql
    values = iter([literal(value, dialect.literals) for value in params])
    if dialect.name != "sqlite":  # the driver reads the marks wherever they stand
        return re.sub(r"%[s%]", lambda mark: next(values) if mark[0] == "%s" else "%", sql)
    return "".join(
        next(values) if token.kind == "param" else sql[token.start : token.end]
        for token in tokenize(sql, dialect.rules)
    )


def _plain(sql: str) -> str:
    """SQL as a client takes it, not a driver, for which a per cent sign is written twice."""
    return sql.replace("%%", "%")
