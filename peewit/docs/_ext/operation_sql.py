"""What an operation becomes on each database: compiled by peewit itself, so that a page cannot say anything else."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import peewee as pw

from peewit import MigrationManager
from peewit.cli.output import statement_lines
from peewit.compile import Statement, compile_on_server, server_stretches, with_kept_names
from peewit.dialects import MYSQL, POSTGRES, ServerDialect
from peewit.errors import PeewitError
from peewit.files.loader import Migration, load
from peewit.operations import Operation
from peewit.operations.replay import replay
from peewit.run.replaying.replay import Replay
from peewit.run.replaying.sandbox import MemoryDatabase
from peewit.run.trying.server_plan import expected
from peewit.schema import Schema

SEPARATOR = "---"

_FILE = """
import peewee as pw


def migrate(migrator, database, *, fake=False):
{body}


def rollback(migrator, database, *, fake=False):
    pass
"""


class Example(NamedTuple):
    """The tables there are, and what a migration asks for: both as the body of a migration."""

    before: str
    body: str


class Answer(NamedTuple):
    """What one kind of database is sent; or ``refused``, in the words of the error."""

    name: str
    lines: tuple[str, ...] = ()
    refused: str = ""


def example(text: str) -> Example:
    """The two parts of an example; one that needs no tables has one."""
    before, separator, body = text.partition(f"\n{SEPARATOR}\n")
    return Example(before.strip("\n"), body.strip("\n")) if separator else Example("", text.strip("\n"))


def file_of(body: str) -> str:
    """A whole migration file around a body."""
    return _FILE.format(body=textwrap.indent(body or "pass", "    "))


@cache
def answers(example: Example) -> tuple[Answer, ...]:
    """What the example is on each kind of database. Of SQLite there always is one; servers are not asked."""
    files = {"001_before": file_of(example.before), "002_example": file_of(example.body)}
    loaded = [load(name, text.encode(), name) for name, text in files.items()]
    return (
        _answer("SQLite", lambda: _on_sqlite(files)),
        _answer("PostgreSQL", lambda: _on_server(loaded, pw.PostgresqlDatabase("docs"), POSTGRES)),
        _answer("MariaDB and MySQL", lambda: _on_server(loaded, pw.MySQLDatabase("docs"), MYSQL)),
    )


def _on_sqlite(files: dict[str, str]) -> Sequence[Statement]:
    database = pw.SqliteDatabase(":memory:")
    with TemporaryDirectory() as folder, database.connection_context():
        for name, text in files.items():
            (Path(folder) / f"{name}.py").write_text(text, encoding="utf-8")
        manager = MigrationManager(database, folder)
        manager.migrate("001_before")
        return manager.plan().steps[0].statements


def _answer(name: str, ask: Callable[[], Sequence[Statement]]) -> Answer:
    try:
        return Answer(name, shown(ask()))
    except PeewitError as error:
        return Answer(name, refused=error.message.partition(": ")[2])


def shown(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Statements as ``peewit plan`` prints them, for a table of any size."""
    lines = (line for statement in statements for line in statement_lines(statement))
    return tuple(re.sub(r"about [\d,]+ rows?", "every row", line) for line in lines)


def _on_server(files: Sequence[Migration], database: pw.Database, dialect: ServerDialect) -> list[Statement]:
    state = Schema()
    for migration in files:
        compiled = _Compiled(state, database, server=dialect)
        state = compiled.run(migration.migrate, migration)
    return compiled.statements


@dataclass(slots=True)
class _Compiled(Replay):
    """A replay that compiles what it records, for a server that is what the migrations say."""

    server: ServerDialect = field(kw_only=True)
    statements: list[Statement] = field(default_factory=list, kw_only=True)

    def _mirror(self, memory: MemoryDatabase, operations: list[Operation], before: Schema) -> None:
        kept, state = with_kept_names(operations, before, self.server)
        for stretch in server_stretches(kept, self.server):
            self.statements += compile_on_server(stretch, state, expected(state, self.server), self.server)
            state = replay(state, stretch)
        Replay._mirror(self, memory, operations, before)
