"""What ``doctor`` asks a PostgreSQL database, in a session that reads, and waits for nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import peewee

from peewit.dataclass import dataclass
from peewit.reports import Repair, Symptom
from peewit.run.database.server_lock import key_of
from peewit.run.looking.asking import NOTE, PROBLEM, WARNING, Question, counted_rows
from peewit.run.looking.orphans import Reference, orphaned
from peewit.sql import quote_name

IDLE = 5
"""Seconds a transaction may do nothing before it is spoken of."""

BUSY = 1
"""Seconds a transaction may have locks before it is spoken of."""

SETTINGS = {"lock_timeout": "1s", "statement_timeout": "30s", "default_transaction_read_only": "on"}

_HOLDER = """
SELECT a.pid, a.usename || '@' || coalesce(host(a.client_addr), 'local') || ' (server process ' || a.pid || ')',
  to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
  coalesce(a.state, '')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
WHERE l.locktype = 'advisory' AND l.granted AND ((l.classid::bigint << 32) | l.objid::bigint) = %s
"""

_INVALID = """
SELECT n.nspname, c.relname, t.relname, i.indisunique
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
  AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
ORDER BY 1, 2
"""

_NOT_VALID = """
SELECT n.nspname, t.relname, c.conname, c.contype, pg_get_expr(c.conbin, c.conrelid),
  (SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
  (SELECT bool_and(NOT a.attnotnull) FROM unnest(c.conkey) AS k (number)
   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
  fn.nspname, f.relname,
  (SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
   JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number)
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_class f ON f.oid = c.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE NOT c.convalidated AND c.contype IN ('c', 'f', 'n') ORDER BY 1, 2, 3
"""

_PREPARED = """
SELECT gid, owner, to_char(prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
  (SELECT string_agg(DISTINCT l.relation::regclass::text, ', ') FROM pg_locks l
   WHERE l.virtualtransaction = '-1/' || p.transaction AND l.relation IN
     (SELECT oid FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p')))
FROM pg_prepared_xacts p WHERE database = current_database() ORDER BY prepared
"""

_IDLE = """
SELECT a.pid, a.usename || '@' || coalesce(host(a.client_addr), 'local'), a.application_name,
  to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
  string_agg(DISTINCT l.relation::regclass::text, ', ')
FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.granted
JOIN pg_class c ON c.oid = l.relation AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p')
WHERE a.state LIKE 'idle in transaction%%' AND a.pid <> pg_backend_pid() AND a.datname = current_database()
  AND a.state_change < clock_timestamp() - make_interval(secs => %s)
GROUP BY 1, 2, 3, 4 ORDER BY 4
"""

_BUSY = """
SELECT a.pid, a.usename || '@' || coalesce(host(a.client_addr), 'local'), a.application_name, a.state,
  to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
  string_agg(DISTINCT l.relation::regclass::text, ', ')
FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.granted
JOIN pg_class c ON c.oid = l.relation AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p')
WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND a.application_name NOT LIKE 'peewit %%'
  AND a.xact_start < clock_timestamp() - make_interval(secs => %s)
  AND NOT (a.state LIKE 'idle in transaction%%' AND a.state_change < clock_timestamp() - make_interval(secs => %s))
GROUP BY 1, 2, 3, 4, 5 ORDER BY 5
"""
"""Who else has locks on our tables for some time, and does something, or did so just now."""


def refuses_writes(database: Any) -> Iterator[Symptom]:
    """Whether the server takes no writes; asked before :func:`gently`."""
    standby, read_only = database.execute_sql(
        "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')"
    ).fetchone()
    if standby:
        meaning = "it follows another server, and so do its tables: migrate there"
        yield Symptom(NOTE, "server", "this server is a standby: it takes no writes, and migrate is refused", meaning)
    elif read_only == "on":
        name = quote_name(_one(database, "SELECT current_database()"))
        yield Symptom(
            WARNING,
            "server",
            "transactions are read-only here: migrate is refused",
            "default_transaction_read_only is on, for the server, this database or this user",
            (Repair(f"BEGIN READ WRITE; ALTER DATABASE {name} SET default_transaction_read_only = off; COMMIT;"),),
        )


@contextmanager
def gently(database: Any) -> Iterator[None]:
    """A session that only reads, and waits for nobody; afterwards as it was."""
    before = [_one(database, "SELECT current_setting(%s)", name) for name in SETTINGS]
    _settle(database, dict(SETTINGS))
    try:
        yield
    finally:
        if not database.is_closed():
            _settle(database, dict(zip(SETTINGS, before, strict=True)))


@contextmanager
def tried_out(database: Any) -> Iterator[None]:
    """Inside :func:`gently`: what is written is rolled back by who writes it."""
    _settle(database, {"default_transaction_read_only": "off"})
    try:
        yield
    finally:
        if not database.is_closed():
            _settle(database, {"default_transaction_read_only": "on"})


def _settle(database: Any, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        database.execute_sql("SELECT set_config(%s, %s, false)", (name, value))


def _one(database: Any, sql: str, *params: Any) -> Any:
    return database.execute_sql(sql, params or None).fetchone()[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A PostgreSQL database to look at. ``tables`` are the names of those that migrations speak of."""

    database: Any
    lock_name: str
    tables: Collection[str]

    def lock(self) -> Iterator[Symptom]:
        """Who holds the lock of this database's migrations, and since when."""
        for pid, who, since, state in self._rows(_HOLDER, key_of(self.database, self.lock_name)):
            yield Symptom(
                WARNING,
                "lock",
                f"a migration is running: {who} since {since}, {state}",
                "others wait for it; if it is ended, what it has not finished is rolled back",
                (
                    Repair("peewit doctor", "again, when it is done"),
                    Repair(f"SELECT pg_terminate_backend({pid});", "only where it hangs"),
                ),
            )

    def indexes(self) -> Iterator[Symptom]:
        """Indexes that were not finished: they cost every write and serve no query."""
        for schema, name, table, unique in self._rows(_INVALID):
            path = f"{quote_name(schema)}.{quote_name(name)}"
            drop = Repair(f"DROP INDEX CONCURRENTLY {path};", "to be without it")
            build = Repair(
                f"REINDEX INDEX CONCURRENTLY {path};", "to finish it; a migration that is pending does so itself"
            )
            left = name.rpartition("_cc")[2].rstrip("0123456789") in ("new", "old") and "_cc" in name
            yield Symptom(
                WARNING,
                "indexes",
                f'index "{name}" of "{table}" is invalid',
                "it was made concurrently and did not come to its end: it slows writing and helps no query"
                + ("; unique, it fails again while rows are equal" if unique else ""),
                (drop,) if left else (build, drop),
            )

    def constraints(self) -> Iterator[Symptom]:
        """Rules that hold for new rows only, and were not proved for old ones."""
        for schema, table, name, kind, *rest in self._rows(_NOT_VALID):
            path = f"{quote_name(schema)}.{quote_name(table)}"
            expression, columns, nullable, target_schema, target, keys = rest
            repairs = [Repair(f"ALTER TABLE {path} VALIDATE CONSTRAINT {quote_name(name)};")]
            if name.startswith("peewit_") and name.endswith("_not_null") and columns:
                column = quote_name(columns[0])
                after = f"ALTER COLUMN {column} SET NOT NULL, DROP CONSTRAINT {quote_name(name)}"
                repairs.append(Repair(f"ALTER TABLE {path} {after};", "after that"))
            yield Symptom(
                WARNING,
                "constraints",
                f'{"foreign key" if kind == "f" else "rule"} "{name}" of "{table}" was not proved for old rows',
                "new rows keep to it, older ones may not; to prove it reads every row and lets others read and write",
                tuple(repairs),
            )
            if kind == "f":
                yield from self._orphans(
                    Reference(
                        table=path,
                        columns=[quote_name(column) for column in columns],
                        target=f"{quote_name(target_schema)}.{quote_name(target)}",
                        target_columns=[quote_name(key) for key in keys],
                        nullable=nullable,
                    )
                )
            elif expression:
                yield from self._broken(path, name, expression)

    def _orphans(self, reference: Reference) -> Iterator[Symptom]:
        rows = self._rows(reference.count.replace("min(", "min((").replace(") FROM", ")::text) FROM", 1))
        if rows[0][0]:
            yield orphaned(reference, *rows[0])

    def _broken(self, path: str, name: str, expression: str) -> Iterator[Symptom]:
        count = self._rows(f"SELECT count(*) FROM {path} WHERE NOT ({expression})")[0][0]
        if count:
            yield Symptom(
                PROBLEM,
                "constraints",
                f'{counted_rows(count)} of {path} break{"s" if count == 1 else ""} the rule "{name}"',
                "correct them, then prove the rule",
                (Repair(f"SELECT * FROM {path} WHERE NOT ({expression}) LIMIT 20;", "to look at them"),),
            )

    def prepared(self) -> Iterator[Symptom]:
        """Transactions that were prepared and neither committed nor rolled back: they outlive their sessions."""
        for gid, owner, since, tables in self._rows(_PREPARED, list(self.tables)):
            text = "'" + gid.replace("'", "''") + "'"
            yield Symptom(
                WARNING,
                "transactions",
                f"a prepared transaction of {owner} waits since {since}: {gid}"
                + (f", with locks on {tables}" if tables else ""),
                "it keeps its locks until somebody decides: a migration of these tables waits for it in vain",
                (
                    Repair(f"COMMIT PREPARED {text};", "if what it did is to be kept"),
                    Repair(f"ROLLBACK PREPARED {text};", "if not"),
                ),
            )

    def idle(self) -> Iterator[Symptom]:
        """Sessions that hold locks on our tables and do nothing."""
        for pid, who, program, since, tables in self._rows(_IDLE, list(self.tables), IDLE):
            yield Symptom(
                WARNING,
                "transactions",
                f"{who} ({program or 'no name'}, server process {pid}) does nothing since {since} "
                f"in a transaction with locks on {tables}",
                "a migration of these tables waits for it",
                (Repair(f"SELECT pg_terminate_backend({pid});", "to end it, and roll back what it did"),),
            )

    def holders(self) -> Iterator[Symptom]:
        """Who has locks on our tables: the idle, which ought to end, and those that are at work."""
        yield from self.idle()
        for pid, who, program, state, since, tables in self._rows(_BUSY, list(self.tables), BUSY, IDLE):
            yield Symptom(
                NOTE,
                "transactions",
                f"{who} ({program or 'no name'}, server process {pid}, {state}) has locks on {tables} since {since}",
                "a migration of these tables waits for it, or is refused when that takes too long",
                (
                    Repair("peewit doctor", "again, when it is done"),
                    Repair(f"SELECT pg_terminate_backend({pid});", "only where it hangs: it rolls back what it did"),
                ),
            )

    def left_over(self) -> Iterator[Symptom]:
        """Schemas of trials: those are rolled back, unless somebody else kept them."""
        for (schema,) in self._rows(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'peewit\_trial\_%%'"):
            yield Symptom(
                WARNING,
                "left over",
                f'schema "{schema}" is left over from a trial',
                "nothing refers to it",
                (Repair(f"DROP SCHEMA {quote_name(schema)} CASCADE;"),),
            )

    def _rows(self, sql: str, *params: Any) -> list[Any]:
        with self.database.atomic() as transaction:
            try:
                cursor = self.database.cursor()
                with vars(peewee)["__exception_wrapper__"]:
                    cursor.execute(sql if params else sql.replace("%%", "%"), params or None)
                    return list(cursor.fetchall())
            finally:
                transaction.rollback()

    def at_rest(self) -> list[Question]:
        """What is asked while nobody migrates."""
        return [
            Question("indexes", "every index is valid", self.indexes),
            Question("constraints", "every rule is proved", self.constraints),
            Question("left over", "nothing temporary is left over", self.left_over),
        ]

    def always(self) -> list[Question]:
        """What may be the reason why a migration does not get on."""
        return [
            Question("transactions", "", self.prepared),
            Question("transactions", "nobody holds locks on these tables", self.holders),
        ]
