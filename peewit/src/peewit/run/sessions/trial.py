"""What one statement makes of tables, on MariaDB and MySQL: tried out on empty ones, in a database of its own."""

from __future__ import annotations

from typing import Any

import peewee

from peewit.dialects import MysqlDialect
from peewit.run.database.diverting import exceptions
from peewit.run.sessions.mysql_tables import Tables, tables_of, without_triggers
from peewit.run.sessions.scratch import NoScratchError, Scratch
from peewit.sql import significant, tokenize


def tried(database: peewee.MySQLDatabase, dialect: MysqlDialect, before: Tables, sql: str) -> dict[str, str] | None:
    """What a statement makes of tables: tried out in a database of its own, where there can be one.

    None where it cannot be: nothing may be sent that could reach the real tables, or another database.
    """
    tables = without_triggers(before)
    if not _is_of_one_database(sql, dialect) or not all(map(_is_plain, tables.values())):
        return None
    scratch = Scratch(database, dialect, ())
    place = scratch.dialect.schemas[""]
    try:
        with scratch.opened(), exceptions:
            # One cursor is bound to one connection: a new one would not be in the scratch database.
            cursor: Any = database.connection().cursor()

            def ask(text: str, params: tuple[Any, ...] | None = None) -> list[Any]:
                cursor.execute(text, params)
                return list(cursor.fetchall()) if cursor.description else []

            if ask("SELECT DATABASE()")[0][0] != place:
                return None
            checked = ask("SELECT @@foreign_key_checks")[0][0]
            ask("SET foreign_key_checks = 0")
            try:
                for text in (*tables.values(), sql):
                    ask(text)
                return without_triggers(tables_of(sql, ask, dialect))
            finally:
                ask(f"SET foreign_key_checks = {int(checked)}")
    except (NoScratchError, peewee.DatabaseError):
        return None


def _is_of_one_database(sql: str, dialect: MysqlDialect) -> bool:
    tokens = significant(tokenize(sql, dialect.rules))
    kinds = [token.text.upper() for token in tokens[:2]]
    known = kinds[:1] in (["ALTER"], ["CREATE"], ["DROP"], ["RENAME"]) and kinds[1:] in (
        ["TABLE"],
        ["INDEX"],
        ["UNIQUE"],
    )
    return known and not any(token.is_op(".", ";") for token in tokens)


def _is_plain(text: str) -> bool:
    return text.startswith("CREATE TABLE ") and " DIRECTORY=" not in text
