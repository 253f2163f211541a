"""A place on a server to try things out, gone without a trace: schemas of their own that stand for the real ones.

On PostgreSQL they live in a transaction that is rolled back; on MariaDB and MySQL, where a schema is a
database and nothing is rolled back, they are dropped.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import peewee

from peewit.compile import KeptNames
from peewit.dialects import MysqlDialect, PostgresDialect, ServerDialect
from peewit.errors import PeewitError, SqlError
from peewit.models import is_of_another
from peewit.operations import CreateTable
from peewit.read import mysql as mysql_reader
from peewit.read import postgres as postgres_reader
from peewit.run.sessions.mysql_session import MysqlSession, refuse_key
from peewit.run.sessions.postgres_session import PostgresSession
from peewit.run.sessions.server_session import ServerSession
from peewit.schema import FoundTable, Schema, Table
from peewit.sql import as_tried, parse_create_index, quote_name, significant, tokenize

Model = type[peewee.Model]


class NoScratchError(PeewitError):
    """The server gives no place to try things out; the message says why."""


def _session(database: Any, dialect: ServerDialect) -> ServerSession:
    if isinstance(dialect, PostgresDialect):
        return PostgresSession(database, dialect)
    assert isinstance(dialect, MysqlDialect)
    return MysqlSession(database, dialect)


class Scratch:
    """Schemas that stand for the real ones, one after the other empty again."""

    def __init__(self, database: peewee.Database, dialect: ServerDialect, schemas: Iterable[str | None]) -> None:
        self.database = database
        # Machines share a server, and numbers of processes.
        self._mark = f"peewit_trial_{os.getpid()}_{secrets.token_hex(4)}"
        names = {
            schema or "": f"{self._mark}_{place}"
            for place, schema in enumerate(sorted({s or "" for s in schemas} | {""}))
        }
        self.dialect = replace(dialect, schemas=names)
        self.session = _session(database, self.dialect)
        self._describe: Callable[[FoundTable], Table] = (
            postgres_reader.described if isinstance(dialect, PostgresDialect) else mysql_reader.described
        )

    # ------------------------------------------------------------------ what is in it

    def create(self, schema: Schema) -> None:
        """Make the tables of a schema."""
        self.session.run([CreateTable(table=table) for table in schema], Schema())

    @classmethod
    def described_live(cls, database: peewee.Database, dialect: ServerDialect, keys: Iterable[str]) -> Schema:
        """The real tables, as :meth:`described` gives those of a trial."""
        real = cls(database, dialect, ())
        real.dialect = real.session.dialect = dialect
        return real.described(keys)

    def described(self, keys: Iterable[str]) -> Schema:
        """These tables as the server describes them, in canonical form; those that are not there are left out."""
        found = self.session.found()
        names = KeptNames(self.dialect)
        tables = {key: found.table(names.key(key)) for key in keys}
        return Schema({k: self.dialect.canonical(self._describe(t)) for k, t in tables.items() if t is not None})

    def create_models(self, models: list[Model]) -> None:
        """What ``create_tables()`` makes of the models, by Peewee itself; and the deferred foreign keys."""
        ordered: list[Model] = vars(peewee)["sort_models"](models)
        for model in ordered:
            manager: Any = vars(model)["_schema"]
            schema = type(manager)(model, database=self.database)
            for field in model._meta.sorted_fields:
                if field.sequence and self.database.sequences:
                    schema.create_sequence(field)
            self._execute(schema._create_table(safe=False))
            for query in schema._create_indexes(safe=True):
                if not is_of_another(model, query.query()[0], self.dialect.name):
                    self._execute(query)
        for model in ordered:
            for field in model._meta.sorted_fields:
                if isinstance(field, peewee.ForeignKeyField) and field.deferred and field.rel_model in ordered:
                    self._execute(
                        type(vars(model)["_schema"])(model, database=self.database)._create_foreign_key(field)
                    )

    def _execute(self, query: Any) -> None:
        sql, params = query.query()
        try:
            self.database.execute_sql(self._moved(self._tried(sql)), params)
        except peewee.DatabaseError as error:
            if isinstance(self.dialect, MysqlDialect):
                refuse_key(error, sql)
            raise

    def _tried(self, sql: str) -> str:
        """A model's own CREATE INDEX for the table that is here, in this transaction."""
        try:
            index = parse_create_index(sql, self.dialect.rules)
        except SqlError:
            return sql
        return as_tried(index, self.dialect.schemas)

    def _moved(self, sql: str) -> str:
        """The statement with the schemas it names replaced by those of the trial."""
        tokens = significant(tokenize(sql, self.dialect.rules))
        text, end = "", 0
        for token, after in pairwise(tokens):
            if token.kind in ("name", "word") and after.is_op(".") and token.value in self.dialect.schemas:
                text += sql[end : token.start] + self.dialect.quoted(self.dialect.schemas[token.value])
                end = token.end
        return text + sql[end:]

    # ------------------------------------------------------------------ coming and going

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The schemas, empty; afterwards everything is as it was."""
        if isinstance(self.dialect, MysqlDialect):
            with self._databases():
                yield
            return
        with self._schemas():
            yield

    @contextmanager
    def _schemas(self) -> Iterator[None]:
        database = self.database
        with database.atomic() as transaction:
            try:
                path = database.execute_sql("SELECT current_setting('search_path')").fetchone()[0]
                self._asked(f"CREATE SCHEMA {quote_name(name)}" for name in self.dialect.schemas.values())
                first = quote_name(self.dialect.schemas[""])
                path = ", ".join(filter(None, (first, path)))
                database.execute_sql(f"SET LOCAL search_path = {path}".replace("%", "%%"))
                database.execute_sql("SET LOCAL lock_timeout = '2s'")
                for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                    database.execute_sql(f"SET LOCAL {name} = 0")
                database.execute_sql("SET LOCAL standard_conforming_strings = on")
                yield
            finally:
                transaction.rollback()

    @contextmanager
    def _databases(self) -> Iterator[None]:
        database = self.database
        if database.in_transaction():
            raise NoScratchError("a transaction is open on this connection, and would be committed")
        row = database.execute_sql("SELECT DATABASE(), @@character_set_database, @@collation_database").fetchone()
        own, characters, collation = row
        names = [quote_name(name, "`") for name in self.dialect.schemas.values()]
        made: list[str] = []
        # It tells doctor that somebody is at it, from before the first of them is there until after the last is gone.
        self._asked([f"SELECT GET_LOCK('{self._mark}', 0)"])
        try:
            for name in names:
                self._asked([f"CREATE DATABASE {name} CHARACTER SET {characters} COLLATE {collation}"])
                made.append(name)
            database.execute_sql(f"USE {quote_name(self.dialect.schemas[''], '`')}")
            yield
        finally:
            if not database.is_closed():
                if own is not None:
                    database.execute_sql(f"USE {quote_name(own, '`')}".replace("%", "%%"))
                for name in made:
                    database.execute_sql(f"DROP DATABASE IF EXISTS {name}")
                database.execute_sql(f"SELECT RELEASE_LOCK('{self._mark}')")

    def _asked(self, statements: Iterable[str]) -> None:
        for sql in statements:
            try:
                self.database.execute_sql(sql)
            except peewee.DatabaseError as error:
                raise NoScratchError(f"there is no place to try it out: {str(error).splitlines()[0]}") from error

    def empty(self) -> None:
        """Drop everything that was made in it."""
        if isinstance(self.dialect, MysqlDialect):
            (checked,) = self.database.execute_sql("SELECT @@foreign_key_checks").fetchone()
            self.database.execute_sql("SET FOREIGN_KEY_CHECKS = 0")
            for schema in self.dialect.schemas.values():
                for name in self.database.get_tables(schema=schema):
                    self.database.execute_sql(
                        f"DROP TABLE {self.dialect.quoted(schema)}.{self.dialect.quoted(name)}".replace("%", "%%")
                    )
            self.database.execute_sql(f"SET FOREIGN_KEY_CHECKS = {int(checked)}")
            return
        for schema in self.dialect.schemas.values():
            self.database.execute_sql(f"DROP SCHEMA {quote_name(schema)} CASCADE")
            self.database.execute_sql(f"CREATE SCHEMA {quote_name(schema)}")


def is_there(database: peewee.Database, dialect: ServerDialect, table: Table) -> bool:
    """Whether a table is there already as it would be made, by the server's own description of both."""
    scratch = Scratch(database, dialect, [table.schema])
    alone = replace(table, columns=tuple(replace(column, foreign_key=None) for column in table.columns))
    with scratch.opened():
        scratch.create(Schema({table.key: alone}))
        wanted = scratch.described([table.key])[table.key]
    live = Scratch.described_live(database, dialect, [table.key])[table.key]
    keys = [
        {c.name: c.foreign_key and (c.foreign_key.target, c.foreign_key.column) for c in t.columns}
        for t in (live, table)
    ]
    without = replace(live, columns=tuple(replace(column, foreign_key=None) for column in live.columns))
    return without == wanted and keys[0] == keys[1]
