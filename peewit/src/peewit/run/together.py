"""A new database: what its first migrations come to is made directly, in one transaction, with a row for each.

Where migrations do nothing but ask for tables, columns and indexes, and there is no row yet, only the schema they lead
to can be told of them afterwards. So the steps on the way need not be taken: SQLite reads its whole schema again after
each of them, PostgreSQL has to be asked and answered. MariaDB and MySQL would keep half of it where it fails.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import peewee

from peewit.errors import LockBusyError, PeewitError
from peewit.operations import CreateTable
from peewit.reports import Begun, Executing, Step
from peewit.run.apply import Runner
from peewit.run.beginning import Beginning
from peewit.run.swallowing import ours
from peewit.schema import Schema

ENOUGH = 10
"""Fewer migrations are run one after the other, with the statements of each in the journal: that takes no longer."""


Files = Sequence[tuple[str, bytes]]
"""The names of migrations, with their texts."""


def begun(
    runner: Runner, wanted: Sequence[str], beginning: Callable[[Sequence[str]], tuple[Files, Beginning]]
) -> tuple[list[Step], Schema]:
    """What was made of a new database together, and the schema that is; nothing where it is done one after the other.

    So it is also where it fails: then the migration that is to blame says so. ``beginning`` tells of these migrations
    which do nothing but lead to a schema.
    """
    if len(wanted) >= ENOUGH and is_new(runner):
        files, there = beginning(wanted)
        if len(files) >= ENOUGH:
            with suppress(PeewitError, peewee.PeeweeException):
                return make(runner, files, there.named), there.state
    return [], Schema()


_TABLES = {
    "sqlite": "SELECT lower(tbl_name) FROM sqlite_master WHERE tbl_name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    "postgres": (
        "SELECT lower(relname) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace NOT IN "
        "(SELECT oid FROM pg_namespace WHERE nspname = 'information_schema' OR nspname LIKE 'pg%%')"
    ),
}
"""What tables there are beside the database's own, where a change of the schema is undone with the rest."""


def is_new(runner: Runner) -> bool:
    """Whether the database is one with nothing in it but, at most, what we keep there ourselves."""
    sql = _TABLES.get(runner.session.dialect.name)
    if sql is None:
        return False
    history = runner.history.name.lower()
    names = {name for (name,) in runner.session.database.execute_sql(sql).fetchall()}
    return names <= {history, f"{history}_journal", f"{history}_lease"}


def make(runner: Runner, files: Files, schema: Schema) -> list[Step]:
    """Make a schema in a new database, and write down the migrations that lead to it: names and texts.

    The statements are those of the last step. LockBusyError where another process has begun in the meantime.
    """
    started = time.perf_counter()
    session, tell = runner.session, runner.tell
    (first, _), (last, _) = files[0], files[-1]
    session.holding.tell(f"migrate {first} to {last}")
    session.log = session.before_loss = None
    if tell is not None:
        session.heed = lambda statement: tell(Executing(last, statement))
        tell(Begun(last, "migrate", whole=True))
    with session.transaction():
        with ours():
            runner.prepare()
        if runner.history.names() or not is_new(runner):
            raise LockBusyError("another process has begun this database in the meantime", hint="peewit status")
        session.run([CreateTable(table=table) for table in schema], Schema())
        seconds = (time.perf_counter() - started) / len(files)
        runner.history.add_all([name for name, _ in files], datetime.datetime.now(datetime.UTC))
        runner.journal.add_together(files, seconds)
    steps = [Step(name, seconds=seconds, together=len(files)) for name, _ in files]
    steps[-1] = steps[-1]._replace(statements=tuple(session.statements))
    if tell is not None:
        for step in steps:
            tell(step)
    return steps
