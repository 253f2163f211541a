"""Where migrations are killed: one database that is put back to its start again and again, and looked at."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import peewee as pw

from peewit import MigrationManager

from .. import servers
from .faults import Listening, Tap, reads, tapped
from .migrations import START, Change, rows

HISTORY, JOURNAL = "migratehistory", "migratehistory_journal"
OWN = (HISTORY, JOURNAL, "migratehistory_lease")
NUMBERED = ("log.id", "note.id")
"""What a server's own counter gives: it goes on where a transaction that was rolled back had left it."""

NOTICED = 10.0
"""Seconds after which a server must have let go of what a dead client held."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """All that counts of a database: equal where nothing was lost and nothing done twice."""

    schema: tuple[Any, ...]
    rows: Mapping[str, Counter[str]]
    applied: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table: counted.total() for table, counted in self.rows.items()}

    def difference(self, other: Picture) -> str:
        """The first thing in which another one differs, in words."""
        if self.applied != other.applied:
            return f"the history says {other.applied}, not {self.applied}"
        for table in sorted({*self.rows, *other.rows}):
            ours, theirs = self.rows.get(table, Counter()), other.rows.get(table, Counter())
            if ours != theirs:
                gone, new = list((ours - theirs).elements()), list((theirs - ours).elements())
                return f"{table}: {len(gone)} rows are not there, {len(new)} others are: {str((gone + new)[:1])[:200]}"
        for ours, theirs in zip(self.schema, other.schema, strict=False):
            if ours != theirs:
                return f"the schema says {str(theirs)[:300]}, not {str(ours)[:300]}"
        return "" if len(self.schema) == len(other.schema) else "the schema has more or less in it"


@dataclass(kw_only=True)
class Ground:
    """One database, its start, and the migrations that are killed on it."""

    folder: Path
    change: Change = field(init=False)
    waited: float = 0.0
    transactional: ClassVar[bool] = True
    """Whether a change of the schema is undone with its transaction."""

    @property
    def directory(self) -> Path:
        """The migrations folder."""
        return self.folder / "migrations"

    def prepare(self, change: Change) -> None:
        """Make the start of a change: its tables and rows, and before a rollback also what is rolled back."""
        self.change = change
        shutil.rmtree(self.directory, ignore_errors=True)
        change.write(self.directory)
        self.empty()
        made = Listening()
        database = self.database(made)
        self.manager(database).migrate(START)
        with database.connection_context():
            self.seed(database, change)
        if change.action == "rollback":
            self.manager(database).migrate()
        self.keep(made)

    def seed(self, database: pw.Database, change: Change) -> None:
        """Put the rows into the tables, and run what a change wants beside."""
        there = set(database.get_tables())
        for table, values in rows(big=change.big).items():
            if table in there:
                self.insert(database, table, values)
        for sql in change.start:
            database.execute_sql(sql)

    def insert(self, database: pw.Database, table: str, values: list[tuple[object, ...]]) -> None:
        """Put rows into a table."""
        mark = database.param
        marks = ", ".join([f"({', '.join([mark] * len(values[0]))})"] * len(values))
        database.execute_sql(f"INSERT INTO {table} VALUES {marks}", [value for row in values for value in row])

    def manager(self, database: pw.Database, *, lock_timeout: float = 5.0) -> MigrationManager:
        """The application's manager."""
        return MigrationManager(database, self.directory, lock_timeout=lock_timeout)

    def act(self, database: pw.Database) -> None:
        """Do what is to be done, all of it or what is left of it."""
        manager = self.manager(database)
        if self.change.action == "migrate":
            manager.migrate()
        else:
            manager.rollback(START)

    def database(self, tap: Tap | None = None) -> pw.Database:
        """The application's own object for the database, not connected."""
        raise NotImplementedError

    def empty(self) -> None:
        """Make the database empty."""
        raise NotImplementedError

    def keep(self, made: Listening) -> None:
        """Keep the database as it is as the start."""
        raise NotImplementedError

    def reset(self) -> None:
        """Put the start back."""
        raise NotImplementedError

    def settle(self) -> bool:
        """Wait until nobody holds anything any more; whether that came in time."""
        return True

    def problems(self) -> list[str]:
        """What the database itself finds wrong."""
        return []

    def picture(self) -> Picture:
        """The database as it is now."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave nothing behind."""

    def _rows_of(self, table: str, columns: list[str], found: Iterable[tuple[Any, ...]]) -> Counter[str]:
        """The rows of a table; of values that are others each time only whether they are there, once each."""
        others = (*self.change.random, *NUMBERED)
        moving = [place for place, column in enumerate(columns) if f"{table}.{column}" in others]
        counted: Counter[str] = Counter()
        given = [list(row) for row in found]
        for place in moving:
            values = [row[place] for row in given]
            for row in given:
                row[place] = "twice" if values.count(row[place]) > 1 else row[place] is not None
        counted.update(repr(row) for row in given)
        return counted


@dataclass(kw_only=True)
class File(Ground):
    """A SQLite file in a journal mode."""

    mode: str = "delete"

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "app.db"

    def database(self, tap: Tap | None = None) -> pw.Database:
        # So few pages in memory that SQLite has to write to the file before it is told to commit.
        pages = 5 if self.change.spills else 500
        made = pw.SqliteDatabase(str(self.path), pragmas=[("foreign_keys", 1), ("cache_size", pages)])
        if tap is not None:
            tapped(made, tap)
        return made

    def empty(self) -> None:
        self.remove()
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(f"PRAGMA journal_mode = {self.mode}")

    def remove(self) -> None:
        """Remove the file and what lies beside it."""
        for path in self.folder.glob("app.db*"):
            path.unlink()

    def keep(self, made: Listening) -> None:
        shutil.copy(self.path, self.folder / "start")

    def reset(self) -> None:
        self.remove()
        shutil.copy(self.folder / "start", self.path)

    def problems(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as connection:
            damage = [row[0] for row in connection.execute("PRAGMA integrity_check") if row != ("ok",)]
            return [*damage, *map(str, connection.execute("PRAGMA foreign_key_check"))]

    def picture(self) -> Picture:
        with closing(sqlite3.connect(self.path)) as connection:
            schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2").fetchall()
            tables: ClassVar[str] = [row[1] for row in schema if row[0] == "table"]
            found = {}
            for table in tables:
                if table not in OWN:
                    cursor = connection.execute(f'SELECT * FROM "{table}"')
                    found[table] = self._rows_of(table, [c[0] for c in cursor.description], cursor)
            found.get("sqlite_sequence", Counter()).pop(f"['{JOURNAL}']", None)
            applied = connection.execute(f"SELECT name FROM {HISTORY} ORDER BY id").fetchall()
        ours = tuple(row for row in schema if row[2] not in OWN)
        return Picture(schema=ours, rows=found, applied=tuple(name for (name,) in applied))


@dataclass(kw_only=True)
class Served(Ground):
    """A database of this process's own on a server."""

    server: servers.Server
    admin: pw.Database = field(init=False)
    statements: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.admin = self.server.empty()
        self.admin.connect()

    def database(self, tap: Tap | None = None) -> pw.Database:
        made = self.server.connect(self.admin.database)
        if tap is not None:
            tapped(made, tap)
        return made

    def keep(self, made: Listening) -> None:
        locks = ("advisory_lock", "advisory_unlock", "GET_LOCK", "RELEASE_LOCK")
        self.statements = [
            (sent.sql, sent.params)
            for sent in made.sent
            if sent.done and not reads(sent.sql) and not any(lock in sent.sql for lock in locks)
        ]

    def reset(self) -> None:
        self.empty()
        for sql, params in self.statements:
            self.ask(sql, params)

    def ask(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return self.asked(sql, params)[1]

    def asked(self, sql: str, params: Any = None) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The columns and rows of a statement."""
        cursor = self.admin.cursor()
        cursor.execute(sql, params) if params else cursor.execute(sql)
        if cursor.description is None:
            return [], []
        return [column[0] for column in cursor.description], [tuple(row) for row in cursor.fetchall()]

    def settle(self) -> bool:
        begun = time.monotonic()
        while self.ask(self.others, (self.admin.database,)) != [(0,)]:
            if time.monotonic() - begun > NOTICED:
                return False
        self.waited = max(self.waited, time.monotonic() - begun)
        return True

    others: ClassVar[str] = ""
    """How many others are connected to the database."""

    def picture(self) -> Picture:
        found = {}
        for (table,) in self.ask(self.tables):
            if table not in OWN:
                found[table] = self._rows_of(
                    table, *self.asked(f"SELECT * FROM {self.admin.quote[0]}{table}{self.admin.quote[1]}")
                )
        applied = tuple(name for (name,) in self.ask(f"SELECT name FROM {HISTORY} ORDER BY id"))
        return Picture(schema=tuple(self.schema()), rows=found, applied=applied)

    tables: ClassVar[str] = ""
    """The names of all tables."""

    def schema(self) -> list[Any]:
        """The schema in the server's own words."""
        raise NotImplementedError

    def close(self) -> None:
        self.admin.close()


POSTGRES_SCHEMA = """
SELECT 'column', c.relname, a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
  pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'S')
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'index', c.relname, i.relname, pg_get_indexdef(i.oid) || x.indisvalid
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'view', viewname, '', definition FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT 'type', typname, '', typtype::text FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
ORDER BY 1, 2, 3
"""


@dataclass(kw_only=True)
class Postgres(Served):
    """PostgreSQL."""

    tables: ClassVar[str] = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    others: ClassVar[str] = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"

    def empty(self) -> None:
        self.ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def insert(self, database: pw.Database, table: str, values: list[tuple[object, ...]]) -> None:
        super().insert(database, table, values)
        if len(values[0]) > 2 and table != "tagging":
            database.execute_sql(f"DO $$ BEGIN PERFORM setval('{table}_id_seq', {len(values)}); END $$")

    def schema(self) -> list[Any]:
        return [row for row in self.ask(POSTGRES_SCHEMA) if not str(row[1]).startswith(HISTORY)]


@dataclass(kw_only=True)
class Mariadb(Served):
    """MariaDB."""

    transactional: ClassVar[bool] = False

    tables: ClassVar[str] = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = database() "
        "AND table_type = 'BASE TABLE' ORDER BY 1"
    )
    others: ClassVar[str] = (
        "SELECT count(*) FROM information_schema.processlist WHERE db = %s AND id <> connection_id()"
    )

    def empty(self) -> None:
        name = self.admin.database
        self.ask(f"DROP DATABASE {name}")
        self.ask(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        self.ask(f"USE {name}")

    def schema(self) -> list[Any]:
        names = self.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = database() ORDER BY 1")
        shown = [self.ask(f"SHOW CREATE TABLE `{name}`")[0] for (name,) in names if name not in OWN]
        texts = [re.sub(r" AUTO_INCREMENT=\d+", "", row[1]) for row in shown]
        return [
            *texts,
            *self.ask(
                "SELECT trigger_name, event_object_table, action_statement FROM information_schema.triggers "
                "WHERE trigger_schema = database() ORDER BY 1"
            ),
        ]
