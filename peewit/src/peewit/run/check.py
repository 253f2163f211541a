"""Do models, files, history and database agree? Each question gives findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import peewee

from peewit.dialects import SqliteDialect
from peewit.diff import Answers, diff
from peewit.files.names import order
from peewit.models import read_models
from peewit.reports import Finding
from peewit.run.proof import difference
from peewit.run.session import Session
from peewit.schema import Schema


def check_models(state: Schema, models: Iterable[type[peewee.Model]], dialect: SqliteDialect) -> list[Finding]:
    """What the models have and the files have not."""
    operations = diff(state, read_models(models), dialect, Answers(renames={}))
    return [Finding("models", f"not in a migration yet: {op.describe()}", "peewit create NAME") for op in operations]


def check_database(state: Schema, database: peewee.SqliteDatabase, dialect: SqliteDialect) -> list[Finding]:
    """Where the live schema is not what the applied migrations say. Tables of nobody are left alone."""
    found = Session(database, dialect).found()
    findings = []
    for table in dialect.canonical_schema(state):
        there = found.table(table.name)
        live = None if there is None else dialect.canonical(there.table)
        hint = "the database was changed past the migrations"
        findings += [Finding("database", line, hint) for line in difference(live, table, table.name)]
    return findings


def check_numbers(names: Sequence[str]) -> list[Finding]:
    """Numbers that more than one file has."""
    numbers = Counter(order(name)[0] for name in names)
    return [
        Finding("files", f"number {number} is used by {count} files; they run in the order of their names")
        for number, count in numbers.items()
        if count > 1
    ]
