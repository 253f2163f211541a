"""What ``doctor`` asks a MariaDB or MySQL database, in a session that reads, and waits for nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import peewee

from peewit.dataclass import dataclass
from peewit.dialects import MYSQL
from peewit.reports import Repair, Symptom
from peewit.run.database.codes import code_of
from peewit.run.database.server_lock import key_of
from peewit.run.looking.asking import NOTE, WARNING, Question
from peewit.run.looking.orphans import Reference, orphaned
from peewit.run.records.run_log import RunLog
from peewit.run.sessions.mysql_tables import fingerprints, tables_of
from peewit.sql import names_in, quote_name

NO_VARIABLE = 1193
PATIENCE = 30
"""Seconds one question may take."""

_HOLDER = """
SELECT CONCAT(p.user, '@', p.host, ' (connection ', p.id, ')'), coalesce(p.command, ''), coalesce(p.time, 0)
FROM information_schema.processlist p WHERE p.id = IS_USED_LOCK(%s)
"""

_KEYS = """
SELECT k.constraint_name, k.table_name, k.column_name, k.referenced_table_schema, k.referenced_table_name,
  k.referenced_column_name, c.is_nullable
FROM information_schema.key_column_usage k JOIN information_schema.columns c
  ON c.table_schema = k.table_schema AND c.table_name = k.table_name AND c.column_name = k.column_name
WHERE k.table_schema = database() AND k.referenced_table_name IS NOT NULL
ORDER BY k.table_name, k.constraint_name, k.ordinal_position
"""

_TRIALS = r"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'peewit\_trial\_%%' ORDER BY 1"

_ENGINES = """
SELECT table_name, engine FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'BASE TABLE' AND engine IS NOT NULL AND engine <> 'InnoDB'
ORDER BY table_name
"""


def refuses_writes(database: Any) -> Iterator[Symptom]:
    """Whether the server takes no writes; asked before :func:`gently`."""
    if database.execute_sql("SELECT @@GLOBAL.read_only").fetchone()[0]:
        yield Symptom(
            WARNING,
            "server",
            "this server is read-only: migrate is refused",
            "a replica is so on purpose: migrate on the server it follows",
            (Repair("SET GLOBAL read_only = 0;", "where it is no replica"),),
        )


@contextmanager
def gently(database: Any) -> Iterator[None]:
    """A session that only reads, and waits for nobody; afterwards as it was."""
    waits, rows = database.execute_sql("SELECT @@lock_wait_timeout, @@innodb_lock_wait_timeout").fetchone()
    read_only = _read_only_variable(database)
    before = database.execute_sql(f"SELECT @@{read_only}").fetchone()[0]
    _settle(database, 1, 1, read_only, 1)
    try:
        yield
    finally:
        if not database.is_closed():
            _settle(database, waits, rows, read_only, before)


def _read_only_variable(database: Any) -> str:
    rows = database.execute_sql("SHOW SESSION VARIABLES LIKE 'transaction_read_only'").fetchall()
    return "transaction_read_only" if rows else "tx_read_only"


def _settle(database: Any, waits: int, rows: int, read_only: str, value: int) -> None:
    database.execute_sql(
        f"SET SESSION lock_wait_timeout = {int(waits)}, innodb_lock_wait_timeout = {int(rows)}, "
        f"{read_only} = {int(value)}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mysql:
    """A MariaDB or MySQL database to look at. ``tables`` are the names of those that migrations speak of."""

    database: Any
    lock_name: str
    tables: Collection[str]

    def lock(self) -> Iterator[Symptom]:
        """Who holds the lock of this database's migrations, and since when."""
        key = key_of(self.database, self.lock_name)
        number = self._rows("SELECT IS_USED_LOCK(%s)", key)[0][0]
        if number is None:
            return
        seen = self._rows(_HOLDER, key)
        who = f"{seen[0][0]}, for {seen[0][2]} seconds in: {seen[0][1]}" if seen else f"connection {number}"
        yield Symptom(
            WARNING,
            "lock",
            f"a migration is running: {who}",
            "others wait for it; what it has done is kept, and the next migrate goes on from there",
            (Repair("peewit doctor", "again, when it is done"), Repair(f"KILL {number};", "only where it hangs")),
        )

    def mode(self) -> Iterator[Symptom]:
        """Whether the server refuses values that do not fit, or bends them."""
        own, everybody = self._rows("SELECT @@SESSION.sql_mode, @@GLOBAL.sql_mode")[0]
        if _strict(own):
            return
        wanted = ",".join(filter(None, (everybody, "STRICT_TRANS_TABLES")))
        repair = Repair(f"SET GLOBAL sql_mode = '{wanted}';", "for new connections; and in the server's configuration")
        where = Repair('MySQLDatabase(…, sql_mode="STRICT_TRANS_TABLES")', "for the application's own connections")
        yield Symptom(
            WARNING,
            "sql_mode",
            f"the application's connections are not strict: sql_mode is '{own}'",
            "the server cuts texts that are too long and turns what is no number into 0, with a warning nobody sees\n"
            "migrations are strict whatever it is",
            (where,) if _strict(everybody) else (repair, where),
        )

    def engines(self) -> Iterator[Symptom]:
        """Tables, and the default for new ones, that know no transactions and no foreign keys."""
        default = self._rows("SELECT @@default_storage_engine")[0][0]
        if default.lower() != "innodb":
            yield Symptom(
                WARNING,
                "engine",
                f"new tables are made with the engine {default}",
                "it may know neither transactions nor foreign keys: a change of rows that fails is kept in halves",
                (Repair("SET GLOBAL default_storage_engine = InnoDB;", "and in the server's configuration"),),
            )
        ours = {name.lower() for name in self.tables}
        for name, engine in self._rows(_ENGINES):
            if name.lower() in ours:
                yield Symptom(
                    WARNING,
                    "engine",
                    f'table "{name}" uses the engine {engine}',
                    "it knows neither transactions nor foreign keys: rows that a migration changes are kept in halves "
                    "when it fails; this writes the table anew",
                    (Repair(f"ALTER TABLE {_quoted(name)} ENGINE = InnoDB;"),),
                )

    def cluster(self) -> Iterator[Symptom]:
        """Whether other nodes may be migrating, unseen by a lock of this one."""
        try:
            galera = self._rows("SELECT @@wsrep_on, @@wsrep_cluster_name")
        except peewee.DatabaseError as error:
            if code_of(error) != NO_VARIABLE:
                raise
            return
        if galera and galera[0][0]:
            yield Symptom(
                NOTE,
                "cluster",
                f'this is a node of the Galera cluster "{galera[0][1]}"',
                "GET_LOCK holds on one node only, so a lease is taken in its place: a row that all nodes have\n"
                'lock = "session" must not be set here',
            )

    def orphans(self) -> Iterator[Symptom]:
        """Rows that came while foreign_key_checks was off."""
        for _, group in groupby(self._rows(_KEYS), key=lambda row: (row[1], row[0])):
            rows = list(group)
            _, table, _, schema, target, _, _ = rows[0]
            reference = Reference(
                table=_quoted(table),
                columns=[_quoted(row[2]) for row in rows],
                target=f"{_quoted(schema)}.{_quoted(target)}",
                target_columns=[_quoted(row[5]) for row in rows],
                nullable=all(row[6] == "YES" for row in rows),
            )
            count, example = self._rows(reference.count)[0]
            if count:
                yield orphaned(reference, count, example)

    def trials(self) -> Iterator[Symptom]:
        """Databases of trials whose process was killed: nobody has the trial's lock, and they are there still."""
        names = [name for (name,) in self._rows(_TRIALS)]
        left = [name for name in names if self._rows("SELECT IS_USED_LOCK(%s)", _trial(name))[0][0] is None]
        there = {name for (name,) in self._rows(_TRIALS)} if left else set()
        for name in left:
            if name in there:
                yield Symptom(
                    WARNING,
                    "left over",
                    f'database "{name}" is left over from a create or check that was killed',
                    "it has copies of tables without rows, and no connection to this server is at it",
                    (Repair(f"DROP DATABASE {_quoted(name)};"),),
                )

    def half_done(self) -> Iterator[Symptom]:
        """Tables of an ALTER TABLE that died with its server."""
        if not self._may_look():
            return
        for name in self._half_done():
            path = f"`#mysql50#{name.replace('`', '``')}`"
            yield Symptom(
                WARNING,
                "left over",
                f'table "{name}" is left over from an ALTER TABLE that died with its server',
                "it takes room and nothing refers to it; the table it was to replace is as it was",
                (Repair(f"DROP TABLE {path};"),),
            )

    def _may_look(self) -> bool:
        return bool(
            self._rows("SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = 'PROCESS' LIMIT 1")
        )

    def _half_done(self) -> list[str]:
        maria = "mariadb" in str(self._rows("SELECT version()")[0][0]).lower()
        table = "innodb_sys_tables" if maria else "innodb_tables"
        sql = f"SELECT name FROM information_schema.{table} WHERE name LIKE CONCAT(database(), '/#sql%%')"
        busy = self._rows("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'ALTER%%' LIMIT 1")
        return [] if busy else [row[0].partition("/")[2] for row in self._rows(sql)]

    def changed_since(self, log: RunLog) -> list[str]:
        """The tables a run has left that are another now, by what it has written down of them."""
        left: dict[str, tuple[str, str]] = {}
        for mark in sorted((mark for marks in log.earlier.values() for mark in marks), key=lambda mark: mark.row):
            words = names_in(mark.sql, MYSQL.rules)
            left = {path: known for path, known in left.items() if not names_in(path, MYSQL.rules) <= words}
            if mark.done:
                left |= {path: (print_, mark.sql) for path, print_ in mark.after.items()}
        return [path for path, (print_, sql) in left.items() if self._fingerprint(path, sql) != print_]

    def _fingerprint(self, path: str, sql: str) -> str:
        return fingerprints(tables_of(sql, self._asked, MYSQL)).get(path, "")

    def _asked(self, sql: str, params: tuple[Any, ...] = ()) -> list[Any]:
        return self._rows(sql.replace("%", "%%") if not params else sql, *params)

    def _rows(self, sql: str, *params: Any) -> list[Any]:
        cursor = self.database.cursor()
        with vars(peewee)["__exception_wrapper__"]:
            cursor.execute(sql if params else sql.replace("%%", "%"), params or None)
            return list(cursor.fetchall())

    def at_rest(self) -> list[Question]:
        """What is asked while nobody migrates."""
        return [
            Question("foreign keys", "every row refers to something", self.orphans),
            Question("sql_mode", "connections are strict", self.mode),
            Question("engine", "tables know transactions", self.engines),
            Question("left over", "nothing temporary is left over", self.trials),
            Question("left over", "", self.half_done),
        ]

    def always(self) -> list[Question]:
        """What may be the reason why a migration does not get on."""
        return [Question("cluster", "", self.cluster)]


def _strict(mode: str) -> bool:
    return bool({"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL"} & set(mode.split(",")))


def _trial(name: str) -> str:
    """What the databases of one trial have in common, all but the last number: the name of its lock."""
    return re.sub(r"_\d+$", "", name)


def _quoted(name: str) -> str:
    return quote_name(name, "`")
