"""A new database: what its migrations come to is made directly, many in one transaction, with a row for each.

Where migrations do nothing but ask for tables, columns and indexes, only the schema they lead to can be told of them
afterwards. So the steps on the way need not be taken: SQLite reads its whole schema again after each of them,
PostgreSQL has to be asked and answered. MariaDB and MySQL would keep half of it where it fails.

What does more, SQL and functions, is run for itself, between them. Whatever rows there are then, these migrations have
written; what comes after it changes them as one file would that asks for all of it.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import peewee

from peewit.dataclass import dataclass
from peewit.errors import LockBusyError, PeewitError
from peewit.events import Begun, Executing
from peewit.files.texts import Texts
from peewit.operations import CreateTable, Operation
from peewit.outcome import Step
from peewit.run.applying.apply import Runner
from peewit.run.replaying.beginning import Beginning
from peewit.run.sessions.swallowing import ours
from peewit.schema import Schema

ENOUGH = 10
"""Fewer migrations are run one after the other, with the statements of each in the journal: that takes no longer."""


Files = Sequence[tuple[str, bytes]]
"""The names of migrations, with their texts."""


@dataclass(slots=True)
class Together:
    """The migrations of a new database, on which nothing was run before: ``wanted``, in their order.

    ``beginning`` tells of the first how many do nothing but lead to a schema, ``texts`` what any of them say.
    """

    runner: Runner
    wanted: Sequence[str]
    texts: Callable[[Sequence[str]], Texts]
    beginning: Callable[[Sequence[str]], tuple[Files, Beginning]]
    _looked_at: int = 0

    def made(self, done: int, state: Schema) -> tuple[list[Step], Schema]:
        """What was made together of the migrations after those that are ``done``, and the schema after it.

        Nothing where it is done one after the other. So it is also where it fails: then the migration that is to blame
        says so. ``state`` is the schema before.
        """
        if done < self._looked_at or len(self.wanted) - done < ENOUGH:
            return [], state
        files, there = self.beginning(self.wanted) if done == 0 else self._next(done, state)
        self._looked_at = done + len(files) + 1  # behind the first that does more
        if len(files) >= ENOUGH:
            operations = [CreateTable(table=table) for table in there.named] if done == 0 else there.operations
            with suppress(PeewitError, peewee.PeeweeException):
                return make(self.runner, files, operations, state, self.wanted[:done]), there.state
        return [], state

    def _next(self, done: int, state: Schema) -> tuple[Files, Beginning]:
        texts, there = self.texts(self.wanted[done:]), Beginning(self.runner.session.database, state, state, plain=True)
        return [(name, texts.source(name)) for name in texts.names[: there.take_all(texts)]], there


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


def make(
    runner: Runner, files: Files, operations: Sequence[Operation], before: Schema, done: Sequence[str]
) -> list[Step]:
    """Run the operations that migrations come to, and write the migrations down: names and texts.

    The statements are those of the last step. LockBusyError where another process has begun in the meantime: ``done``
    is what was applied.
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
        if runner.history.names() != list(done) or not (done or is_new(runner)):
            raise LockBusyError("another process has begun this database in the meantime", hint="peewit status")
        session.run(list(operations), before)
        seconds = (time.perf_counter() - started) / len(files)
        runner.history.add_all([name for name, _ in files], datetime.datetime.now(datetime.UTC))
        runner.journal.add_together(files, seconds)
    steps = [Step(name, seconds=seconds, together=len(files)) for name, _ in files]
    steps[-1] = steps[-1]._replace(statements=tuple(session.statements))
    if tell is not None:
        for step in steps:
            tell(step)
    return steps
