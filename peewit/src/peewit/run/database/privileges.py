"""What a user may do on a server: asked for what migrations need, and told where the server refused.

Where a transaction protects, the server's own refusal is translated after the rollback; MariaDB and MySQL keep
every statement at once, so there it is asked beforehand, as far as it can be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import peewee

from peewit.dataclass import dataclass
from peewit.errors import ConfigError, NotAllowedError
from peewit.operations import CreateTable, DropTable, Operation, RenameTable
from peewit.operations.replay import tables_of
from peewit.run.database.codes import code_of, sqlstate_of
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.records.own_table import OwnTable
from peewit.schema import key_of, parts_of
from peewit.sql import MYSQL_RULES, Token, quote_name, significant, tokenize

LACKING = {1044, 1142, 1143, 1227, 1370}
"""MariaDB and MySQL: access denied to a database, a table, a column, a routine; a privilege is needed."""
READ_ONLY = {1290, 1792, 1836}
"""MariaDB and MySQL: the server runs read-only; the transaction is; InnoDB is."""

TOO_LONG = {1969, 3024}
"""MariaDB and MySQL: a statement took longer than it may."""

OWN = ("CREATE", "SELECT", "INSERT", "UPDATE", "DELETE")
"""What our own tables need."""
ENOUGH = {*OWN, "ALTER", "DROP", "INDEX"}
"""Whoever has these in the whole database is asked no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A privilege that is missing: ``message`` names user, privilege and object, ``grant`` is the SQL that gives it."""

    message: str
    grant: str


def lacking(
    database: peewee.Database, operations: Sequence[Operation], history: History, journal: Journal
) -> list[Lack]:
    """What this user lacks for these operations, as far as the server tells."""
    if isinstance(database, peewee.PostgresqlDatabase):
        return list(dict.fromkeys(_on_postgres(database, operations, (history, journal))))
    if isinstance(database, peewee.MySQLDatabase):
        return list(dict.fromkeys(_on_mysql(database, operations, (history, journal))))
    return []


def refuse_lacking(
    database: peewee.Database, asked: Callable[[], Sequence[Operation]], history: History, journal: Journal
) -> None:
    """NotAllowedError where a migration would be stopped half-way; what it ``asked`` for is found out if needed."""
    if isinstance(database, peewee.MySQLDatabase) and not _Grants.of(database).suffice:
        found = lacking(database, asked(), history, journal)
        if found:
            raise _refusal(found)


def _refusal(lacks: Sequence[Lack]) -> NotAllowedError:
    return NotAllowedError(
        "; ".join(lack.message for lack in lacks),
        hint="\n".join(["as a user who may:", *(lack.grant for lack in lacks)]),
    )


def is_lack(error: BaseException) -> bool:
    """Whether a server refuses something because the user lacks a privilege."""
    return sqlstate_of(error) == "42501" or code_of(error) in LACKING


def may_read(table: OwnTable) -> bool:
    """Whether this user may read a table of ours; what is not there is no secret."""
    try:
        with table.database.atomic():
            table.database.execute_sql(f"SELECT 1 FROM {table.path} LIMIT 1").fetchone()
    except peewee.DatabaseError as error:
        return not is_lack(error)
    return True


def refused(error: BaseException, lacks: Sequence[Lack] = ()) -> NotAllowedError | None:
    """What a server's refusal means; None where the error is another one."""
    code, state = code_of(error), sqlstate_of(error)
    text = _first_line(error)
    if state == "25006" or code in READ_ONLY:
        return NotAllowedError(
            f"the server takes no writes: {text}",
            hint="migrate on the server it follows, or let it take writes: peewit doctor says why it does not",
        )
    if not is_lack(error):
        return None
    if lacks:
        return _refusal(lacks)
    return NotAllowedError(
        f"the database's user may not do this: {text}",
        hint="grant it, or migrate as a user who may",
    )


def timed_out(error: BaseException) -> ConfigError | None:
    """What it means that a server ended a question because it took too long; None where the error is another one."""
    if "statement timeout" not in str(error) and code_of(error) not in TOO_LONG:
        return None
    return ConfigError(
        f"the server did not answer a question in the time it is given: {_first_line(error)}",
        hint="let statements of this connection take longer: statement_timeout on PostgreSQL, max_statement_time on "
        "MariaDB, max_execution_time on MySQL",
    )


def _first_line(error: BaseException) -> str:
    """The server's own words, without the number that pymysql puts before them."""
    parts = [part for part in error.args if isinstance(part, str)]
    return next(iter((parts[-1] if parts else str(error)).strip().splitlines()), type(error).__name__)


def lacking_to_look(error: BaseException, history: History, journal: Journal) -> list[Lack]:
    """What this user lacks where the server has refused to read one of our own tables; nothing for another one."""
    if not is_lack(error) or history.name.lower() not in str(error).lower():
        return []
    try:
        return lacking(history.database, [], history, journal)
    except peewee.DatabaseError:
        return []  # in a transaction that has failed nothing more can be asked


# ---------------------------------------------------------------------- PostgreSQL


def _on_postgres(database: Any, operations: Sequence[Operation], own: Sequence[OwnTable]) -> Iterator[Lack]:
    user, home = database.execute_sql("SELECT current_user, current_schema()").fetchone()
    grantee = quote_name(user)
    made = [table.schema for table in _made(operations)]
    for schema in dict.fromkeys([*(table.schema or home for table in own), *(schema or home for schema in made)]):
        if schema is None:
            yield Lack(
                message=f'user "{user}" has no schema to make tables in',
                grant=f"CREATE SCHEMA AUTHORIZATION {grantee};",
            )
        elif not _yes(database, "SELECT has_schema_privilege(%s, 'CREATE')", schema):
            yield Lack(
                message=f'user "{user}" lacks CREATE on schema "{schema}"',
                grant=f"GRANT USAGE, CREATE ON SCHEMA {quote_name(schema)} TO {grantee};",
            )
    for table in own:
        if _there(database, table.path):
            yield from _own_on_postgres(database, table, user)
    for path in dict.fromkeys(_path(key) for key in _touched(operations)):
        if _there(database, path):
            yield from _owner(database, path, user)


def _own_on_postgres(database: Any, table: OwnTable, user: str) -> Iterator[Lack]:
    wanted = ("SELECT", "INSERT", "UPDATE", "DELETE")
    missing = [w for w in wanted if not _yes(database, "SELECT has_table_privilege(%s, %s)", table.path, w)]
    if missing:
        listed = ", ".join(missing)
        yield Lack(
            message=f'user "{user}" lacks {listed} on table {table.path}',
            grant=f"GRANT {listed} ON {table.path} TO {quote_name(user)};",
        )
    sequence = database.execute_sql("SELECT pg_get_serial_sequence(%s, 'id')", (table.path,)).fetchone()[0]
    if sequence and not _yes(database, "SELECT has_sequence_privilege(%s, 'USAGE')", sequence):
        yield Lack(
            message=f'user "{user}" lacks USAGE on sequence {sequence}',
            grant=f"GRANT USAGE ON SEQUENCE {sequence} TO {quote_name(user)};",
        )


def _owner(database: Any, path: str, user: str) -> Iterator[Lack]:
    owner, may = database.execute_sql(
        "SELECT pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%s)",
        (path,),
    ).fetchone()
    if not may:
        yield Lack(
            message=f'user "{user}" is not the owner of table {path}, "{owner}" is',
            grant=f"ALTER TABLE {path} OWNER TO {quote_name(user)};",
        )


def _there(database: Any, path: str) -> bool:
    return _yes(database, "SELECT to_regclass(%s) IS NOT NULL", path)


def _yes(database: Any, sql: str, *params: str) -> bool:
    return bool(database.execute_sql(sql, params).fetchone()[0])


def _path(key: str) -> str:
    return ".".join(quote_name(part) for part in key.split(".", 1))


# ---------------------------------------------------------------------- MariaDB and MySQL


Grant = tuple[frozenset[str], str, str]
"""Privileges, and the database and table they are for, as patterns of ``LIKE`` and ``*``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grants:
    """What ``SHOW GRANTS`` says of the user of a connection. ``by_role``: roles it does not show give more."""

    user: str
    database: str
    grants: Sequence[Grant]
    by_role: bool

    @classmethod
    def of(cls, database: Any) -> _Grants:
        user, name, version = database.execute_sql("SELECT current_user(), database(), version()").fetchone()
        lines = [row[0] for row in database.execute_sql("SHOW GRANTS").fetchall()]
        grants = [grant for line in lines if (grant := _read_grant(line)) is not None]
        hidden = len(grants) < len(lines) and "mariadb" not in str(version).lower()
        return cls(user=user, database=name, grants=grants, by_role=hidden)

    @property
    def suffice(self) -> bool:
        """Whether nothing more has to be asked, or can be."""
        return self.by_role or self.on(self.database, None) >= ENOUGH

    def on(self, schema: str, table: str | None) -> set[str]:
        """What is granted for a table, or for every table of a database."""
        found: set[str] = set()
        for privileges, place, name in self.grants:
            if _fits(place, schema) and (name == "*" or (table is not None and name.lower() == table.lower())):
                found |= privileges
        return found | ENOUGH if {"ALL PRIVILEGES", "ALL"} & found else found


def _on_mysql(database: Any, operations: Sequence[Operation], own: Sequence[OwnTable]) -> Iterator[Lack]:
    grants = _Grants.of(database)
    if grants.suffice:
        return
    needed = [(key_of(table.schema, table.name), privilege) for table in own for privilege in OWN]
    needed += [need for operation in operations for need in _needs(operation)]
    account, _, host = grants.user.rpartition("@")
    grantee = f"{quote_name(account, '`')}@{quote_name(host, '`')}"
    for key in dict.fromkeys(key for key, _ in needed):
        schema, table = parts_of(key)
        schema = schema or grants.database
        have = grants.on(schema, table)
        missing = [p for p in dict.fromkeys(p for k, p in needed if k == key) if p not in have]
        if missing:
            listed, path = ", ".join(missing), f"{quote_name(schema, '`')}.{quote_name(table, '`')}"
            yield Lack(
                message=f'user "{grants.user}" lacks {listed} on table {path}',
                grant=f"GRANT {listed} ON {path} TO {grantee};",
            )


def _needs(operation: Operation) -> Iterator[tuple[str, str]]:
    match operation:
        case CreateTable(table=table):
            yield table.key, "CREATE"
        case DropTable(table=table):
            yield table, "DROP"
        case RenameTable(before=before):
            yield from ((before, privilege) for privilege in ("ALTER", "DROP"))
            yield from ((operation.key, privilege) for privilege in ("CREATE", "INSERT"))
        case _:
            yield from ((table, "ALTER") for table in sorted(tables_of(operation)))


def _read_grant(line: str) -> Grant | None:
    """``GRANT SELECT, ALTER ON `db`.* TO …``; None for the grant of a role."""
    tokens = significant(tokenize(line, MYSQL_RULES))
    place = next((number for number, token in enumerate(tokens) if token.is_word("on")), None)
    if place is None:
        return None
    names = [token.value for token in tokens[place + 1 : place + 4] if not token.is_op(".")]
    return frozenset(_privileges(tokens[1:place])), names[0], names[1] if len(names) > 1 else "*"


def _privileges(tokens: Sequence[Token]) -> Iterator[str]:
    """The privileges of a whole table: those of columns are in parentheses."""
    words: list[str] = []
    of_columns = False
    for token in [*tokens, None]:
        if token is None or token.is_op(","):
            if words and not of_columns:
                yield " ".join(words)
            words, of_columns = [], False
        elif token.is_op("("):
            of_columns = True
        elif token.kind == "word":
            words.append(token.value.upper())


def _fits(pattern: str, name: str) -> bool:
    """Whether a database is meant: ``_`` and ``%`` stand for one character and for any."""
    if pattern == "*":
        return True
    return _like(pattern.lower(), name.lower())


def _like(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "%":
        return any(_like(rest, text[start:]) for start in range(len(text) + 1))
    if head == "\\" and rest:
        return text[:1] == rest[0] and _like(rest[1:], text[1:])
    return bool(text) and head in ("_", text[0]) and _like(rest, text[1:])


# ---------------------------------------------------------------------- every server


def _made(operations: Iterable[Operation]) -> list[Any]:
    return [operation.table for operation in operations if isinstance(operation, CreateTable)]


def _touched(operations: Iterable[Operation]) -> Iterator[str]:
    for operation in operations:
        yield from sorted(tables_of(operation))
