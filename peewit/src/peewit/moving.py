"""Moving in: taking over a database that another tool, or nobody, has kept the history of."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import peewee

from peewit.diff import Answers, diff
from peewit.errors import UNCHANGED, ConfigError, DriftError, NameTakenError, PeewitError, ProofError
from peewit.files.checksum import checksum
from peewit.files.loader import Migration, load
from peewit.files.names import order
from peewit.files.writer import write
from peewit.manager import MigrationManager
from peewit.models import read_models
from peewit.operations.replay import reverse
from peewit.reports import Adopted, Diagnosis, Findings, Repair
from peewit.run.looking.check import check_database, still_there
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.replaying.replay import Replay, replay_all
from peewit.run.sessions.choosing import dialect_of
from peewit.schema import Schema

OTHERS = "schema_migration"
"""Where ``playhouse.migrations`` keeps its history: http://docs.peewee-orm.com/en/latest/peewee/playhouse.html."""


def adopt(manager: MigrationManager, name: str = "initial", *, verify: bool = True) -> Adopted:
    """Take over an existing database: only its history is written, and only what the live schema bears out.

    DriftError where the live schema is what neither the files nor the models say, unless that is not to be
    ``verify``-ed.
    """
    if not manager.target.exists():
        raise ConfigError("there is no database to adopt", hint="peewit migrate makes a new one")
    with manager.target.connected():
        known = [entry.name for entry in manager.status().applied]
        carried = _carry(manager, known)
        names = manager.folder.names()
        foreign = tuple((n, tool) for n in names if (tool := manager.folder.load(n).foreign))
        own = [n for n in names if n not in dict(foreign)]
        pending = [n for n in own if n not in (*known, *carried)]
        created: Path | None = None
        marked: tuple[str, ...] = ()
        if pending:
            marked = _mark(manager, [*known, *carried], pending, verify=verify)
        elif not own:
            created, marked = _initial(manager, name, verify=verify)
        unmanaged = _unmanaged(manager)
    return Adopted(tuple(known), carried, marked, created, foreign, unmanaged)


def merge(manager: MigrationManager, name: str = "initial") -> str | None:
    """Put one migration in the place of all: the schema they lead to; its name, or None where there is nothing.

    Everything has to be applied. Files are replaced first and the history last, in one transaction: where that
    fails, the files are put back.
    """
    names = manager.folder.names()
    state = manager.state(names)
    if not state.tables:
        return None
    status = manager.status()
    for lost, why, hint in (
        (status.pending, "is not applied, and would be lost", "peewit migrate, then merge"),
        (status.missing, "was applied and its file is gone, so it would be in no file", "get it back first"),
        (status.edited, "was edited after it was applied", "peewit accept, or put its text back"),
        (_more_than_tables(manager, names), "does more than a table can say: SQL or functions of its own", "keep it"),
    ):
        if lost:
            raise ConfigError(f"nothing was merged: {', '.join(lost)} {why}", state=UNCHANGED, hint=hint)
    operations = diff(Schema(), state, dialect_of(manager.database), Answers(renames={}))
    full = f"001_{name}"
    text = write(full, operations, reverse(Schema(), operations), Schema())
    migration = load(full, text.encode(), str(manager.folder.file(full)))
    if replay_all([migration], manager.database) != state:
        raise ProofError("the merged migration would not lead where its parts do", state=UNCHANGED)
    sources = {old: manager.folder.read(old) for old in names}
    try:
        for old in names:
            manager.folder.file(old).unlink()
        manager.folder.write(full, text)
        _rewrite(manager, migration)
    except BaseException:
        manager.folder.file(full).unlink(missing_ok=True)
        for old, source in sources.items():
            manager.folder.file(old).write_bytes(source)
        raise
    return full


def _more_than_tables(manager: MigrationManager, names: Sequence[str]) -> list[str]:
    """The migrations of which a merged one would not say everything."""
    schema, found = Schema(), []
    for name in names:
        replay = Replay(schema, manager.database)
        migration = manager.folder.load(name)
        schema = replay.run(migration.migrate, migration)
        by_hand = any(table.by_hand or any(c.by_hand for c in table.columns) for table in schema)
        if by_hand or replay.does_more or migration.foreign:
            found.append(name)
    return found


def clear(manager: MigrationManager) -> None:
    """Remove all rows of the history, then all files."""
    history = History(manager.database, manager.history_table, manager.schema)
    with manager.target.connected(), manager.target.locked() as holding:
        with manager.database.atomic():
            for name in history.names():
                history.remove(name)
            holding.fence(manager.database.execute_sql)
        for name in manager.folder.names():
            manager.folder.file(name).unlink()


def _rewrite(manager: MigrationManager, migration: Migration) -> None:
    """Make a history of this one migration."""
    database: Any = manager.database
    place = database, manager.history_table, manager.schema
    history, journal = History(*place), Journal(*place)
    with manager.target.connected(), manager.target.locked() as holding, database.atomic():
        journal.prepare()
        for old in history.names():
            history.remove(old)
        history.add(migration.name, datetime.datetime.now(datetime.UTC))
        digest = checksum(migration.source)
        journal.add(migration.name, "fake", source=migration.source, checksum=digest, seconds=0.0, steps=())
        holding.fence(database.execute_sql)


def _carry(manager: MigrationManager, known: Sequence[str]) -> tuple[str, ...]:
    """The names of ``playhouse.migrations``' history, in its order, into ours."""
    database: Any = manager.database
    if OTHERS not in database.get_tables() or {"name", "applied"} - {c.name for c in database.get_columns(OTHERS)}:
        return ()
    rows = database.execute_sql(f"SELECT name, applied FROM {OTHERS}").fetchall()
    new = sorted((row for row in rows if row[0] not in known), key=lambda row: order(row[0]))
    history = History(database, manager.history_table, manager.schema)
    with manager.target.locked() as holding, database.atomic():
        history.prepare()
        for row in new:
            history.add(*row)
        holding.fence(database.execute_sql)
    return tuple(row[0] for row in new)


def _mark(
    manager: MigrationManager, applied: Sequence[str], pending: Sequence[str], *, verify: bool
) -> tuple[str, ...]:
    """Mark as many of the pending files as the database has already, in their order."""
    if not verify:
        return manager.migrate(pending[-1], fake=True, verify=False).applied
    states = [manager.state([*applied, *pending[:count]]) for count in range(len(pending) + 1)]
    nearest: list[str] = []
    for count in range(len(pending), 0, -1):
        gone = {key for state in states[:count] for key in state.tables} - set(states[count].tables)
        lines = [*_differences(manager, states[count]), *still_there(gone, manager.database)]
        if not lines and len(states[count].tables):
            return manager.migrate(pending[count - 1], fake=True, verify=False).applied
        if not nearest or len(lines) < len(nearest):
            nearest = [f"after {pending[count - 1]}:", *lines]
    raise DriftError(
        "the database is at no point what the migration files say; nearest it is\n"
        + "\n".join(f"  {line}" for line in nearest),
        hint="an empty database is brought up by peewit migrate; to take it as it is: peewit adopt --no-verify",
    )


def _initial(manager: MigrationManager, name: str, *, verify: bool) -> tuple[Path | None, tuple[str, ...]]:
    """Write the migration that would make this database, and mark it: after comparing the two."""
    if not _tables(manager):
        raise ConfigError(
            "the database has no tables to adopt", hint="peewit create initial, then peewit migrate, makes them"
        )
    models = manager.discover().models
    lines = _differences(manager, read_models(models, dialect_of(manager.database).name)) if verify else []
    if lines:
        raise DriftError(
            "the database is not what the models say:\n" + "\n".join(f"  {line}" for line in lines),
            hint="make the models what the database is, adopt it, then change them back and write the difference: "
            "peewit create NAME; or take it as it is: peewit adopt --no-verify",
        )
    path = manager.create(name, renames={})
    if path is None:
        raise NameTakenError("there is nothing to write: the models have no tables")
    return path, manager.migrate(path.stem, fake=True, verify=False).applied


def _differences(manager: MigrationManager, state: Schema) -> list[str]:
    return [finding.message for finding in check_database(state, manager.database)]


def adoptable(manager: MigrationManager) -> bool:
    """Whether a database without a history has tables of the models or of the files, or another tool's history."""
    if not manager.target.exists():
        return False
    with manager.target.connected():
        if manager.ledger.history.names():
            return False
        others, tables = OTHERS in manager.database.get_tables(), {name.lower() for name in _tables(manager)}
    if others or not tables:
        return others
    try:
        known = set(_spoken_of(manager))
    except PeewitError:
        return False  # whatever needs the models or the files tells what is wrong with them
    return bool(tables & known)


_BEFORE_IT = ("peewit migrate", "peewit create NAME", "peewit create initial")
"""What is told where a database has no history, and is wrong where its tables have to be taken over first."""


def adopting(manager: MigrationManager, found: Findings) -> Findings:
    """Findings with :func:`adopt` as the way out, where that comes first."""
    if not any(finding.hint in _BEFORE_IT for finding in found.findings) or not adoptable(manager):
        return found
    first = "the database has tables, and no history of migrations: peewit adopt takes them over"
    told = (finding._replace(hint=first) if finding.hint in _BEFORE_IT else finding for finding in found.findings)
    return found._replace(findings=tuple(told))


def mended_by_adopting(manager: MigrationManager, found: Diagnosis) -> Diagnosis:
    """The same for what ``doctor`` found."""
    wrong = [s for s in found.symptoms if any(repair.text in _BEFORE_IT for repair in s.repairs)]
    if not wrong or not _adoptable_now(manager):
        return found
    first = (Repair("peewit adopt", "the database has tables, and no history of migrations: this takes them over"),)
    told = (symptom._replace(repairs=first) if symptom in wrong else symptom for symptom in found.symptoms)
    return found._replace(symptoms=tuple(told))


def _adoptable_now(manager: MigrationManager) -> bool:
    try:
        return adoptable(manager)
    except (PeewitError, peewee.PeeweeException):
        return False  # what is in the way was told


def _spoken_of(manager: MigrationManager) -> Iterator[str]:
    """The tables of the files; where there are none of ours, those of the models."""
    names = [name for name in manager.folder.names() if not manager.folder.load(name).foreign]
    if names:
        yield from (table.name.lower() for table in manager.state(names))
    elif manager.models:
        yield from (str(model._meta.table_name).lower() for model in manager.discover().models)


def _tables(manager: MigrationManager) -> list[str]:
    """The tables of the application, and of nobody else."""
    of_peewit = {f"{manager.history_table}{part}" for part in ("", "_journal", "_lease")}
    ours = of_peewit | {OTHERS, "sqlite_sequence"}
    database: peewee.Database = manager.database
    names: list[str] = database.get_tables()
    return [name for name in names if name not in ours and not name.startswith("sqlite_")]


def _unmanaged(manager: MigrationManager) -> tuple[str, ...]:
    known = {table.name.lower() for table in manager.state(manager.folder.names())}
    return tuple(name for name in _tables(manager) if name.lower() not in known)
