"""Raw SQL for PostgreSQL, MariaDB and MySQL → the operations it comes to.

Only what changes tables, columns, indexes and constraints is read. Everything else (types, views, functions,
rows) changes nothing that models speak of.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from typing import Any, TypeVar

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from peewit.dataclass import dataclass
from peewit.errors import SchemaError
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
    changes_schema,
    without_references,
)
from peewit.operations.index_names import automatic_names
from peewit.read.ddl_columns import ColumnReader, Read, name_of, named
from peewit.schema import Column, Constraint, Index, Schema, Table
from peewit.sql import MYSQL_RULES, POSTGRES_RULES, significant, tokenize

T = TypeVar("T")

READS = {"postgres": "postgres", "mysql": "mysql"}
"""What sqlglot calls the languages."""

_COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|#[^\n]*(?:\n|\Z)|/\*(?!!).*?\*/)+", re.DOTALL)
_CHANGES = ("CREATE", "ALTER", "DROP", "RENAME")
_OF_OTHERS = (
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "DATABASE",
    "DOMAIN",
    "EVENT",
    "EXTENSION",
    "FUNCTION",
    "MATERIALIZED",
    "OPERATOR",
    "OWNED",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROLE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "TEMP",
    "TEMPORARY",
    "TRIGGER",
    "TYPE",
    "USER",
    "VIEW",
)
"""What no model speaks of."""


@dataclass(slots=True)
class ReadSql:
    """What raw SQL comes to. ``unread`` are the statements that change tables in a way nobody here understands."""

    operations: list[Operation] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read_sql(sql: str, schema: Schema, dialect: str) -> ReadSql:
    """The operations that raw SQL comes to on a schema; ``dialect`` is ``"postgres"`` or ``"mysql"``."""
    found = ReadSql()
    for written, statement in _parsed(sql, dialect):
        text = _COMMENTS.sub("", written).strip()
        word = (text.split(None, 1) or [""])[0].upper().rstrip(";")
        if (word == "DO" or word.startswith("/*!")) and changes_schema(text):
            found.unread.append(text)
        if not word.startswith(_CHANGES) or _is_of_others(text):
            continue
        reader = _Reader(schema, ColumnReader(schema, dialect, text))
        try:
            reader.read(statement)
        except (SchemaError, _UnreadError):
            found.unread.append(text)
            continue
        schema = reader.schema
        found.operations += reader.operations
    return found


def _parsed(sql: str, dialect: str) -> Iterator[tuple[str, Any]]:
    language = READS[dialect]
    with _quietly():
        try:
            statements = sqlglot.parse(sql, read=language)
        except SqlglotError:
            yield sql.strip() or ";", None
            return
        read = [s for s in statements if s is not None and not isinstance(s, exp.Semicolon)]
        texts = _split(sql, dialect)
        if len(texts) != len(read):
            texts = [statement.sql(dialect=language) for statement in read]
        yield from zip(texts, read, strict=True)


def _split(sql: str, dialect: str) -> list[str]:
    """The statements of a text, in its own words."""
    tokens = significant(tokenize(sql, POSTGRES_RULES if dialect == "postgres" else MYSQL_RULES))
    ends = [token for token in tokens if token.is_op(";")]
    starts = [0, *(token.end for token in ends)]
    pieces = zip(starts, [*(token.start for token in ends), len(sql)], strict=True)
    found = (_COMMENTS.sub("", sql[start:end]).strip() for start, end in pieces)
    return [text for text in found if text]


@contextmanager
def _quietly() -> Iterator[None]:
    """The parser warns of what it passes over; that is asked of its answer."""
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_of_others(text: str) -> bool:
    words = [word for word in text.upper().split()[1:6] if word not in ("OR", "REPLACE", "UNLOGGED", "ONLINE")]
    return bool(words) and words[0] in _OF_OTHERS


class _UnreadError(Exception):
    """A statement that is not understood."""


class _Reader:
    """Reads one statement."""

    def __init__(self, schema: Schema, columns: ColumnReader) -> None:
        self.schema, self.columns = schema, columns
        self.operations: list[Operation] = []

    def add(self, *operations: Operation) -> None:
        for operation in operations:
            self.schema = operation.apply(self.schema)
            self.operations.append(operation)

    def read(self, statement: Any) -> None:
        """Take the operations of a statement; _UnreadError where it is not understood."""
        match statement:
            case exp.Create(kind="TABLE"):
                self._create_table(statement)
            case exp.Create(kind="INDEX"):
                self._create_index(statement)
            case exp.Drop(kind="TABLE"):
                for table in statement.args["tables"]:
                    self._drop_table(self._table(table), cascade=bool(statement.args.get("cascade")))
            case exp.Drop(kind="INDEX"):
                for index in statement.args["tables"]:
                    self._drop_index_anywhere(named(index))
            case exp.Alter(kind="TABLE"):
                self._alter(statement)
            case exp.Alter(kind="INDEX"):
                self._rename_index(statement)
            case exp.Command():
                self._command(statement)
            case _:
                raise _UnreadError

    # ------------------------------------------------------------------ tables

    def _table(self, node: Any) -> Table | None:
        """The table a node names, if the migrations know it."""
        return self.schema.tables.get(self.columns.key(node))

    def _create_table(self, statement: Any) -> None:
        described = statement.this
        if not isinstance(described, exp.Schema):
            raise _UnreadError  # AS SELECT, LIKE, PARTITION OF
        schema, name = self.columns.place(described.this)
        table = Table(name=name, schema=schema, columns=(), model=name.title().replace("_", ""), by_hand=True)
        if table.key in self.schema:
            return
        read = Read(table=table)
        for node in described.expressions:
            if isinstance(node, exp.ColumnDef):
                self.columns.column(node, read)
            else:
                self._rule(node, read)
        self.add(CreateTable(table=read.table))

    def _rule(self, node: Any, read: Read) -> None:
        if not self.columns.rule(node, read):
            raise _UnreadError

    def _drop_table(self, table: Table | None, *, cascade: bool) -> None:
        if table is None:
            return
        self.add(*(without_references(self.schema, table.key) if cascade else ()))
        self.add(DropTable(table=table.key))

    def _command(self, statement: Any) -> None:
        """MySQL's RENAME TABLE, which the parser hands through as text."""
        rest = statement.args.get("expression")
        words = getattr(rest, "name", str(rest or "")).replace("`", "").replace(",", " ").replace(";", " ").split()
        if statement.name.upper() != "RENAME" or not words or words[0].upper() != "TABLE":
            raise _UnreadError
        for old, _, new in _in_threes(words[1:]):
            if old in self.schema:
                self.add(RenameTable(before=old, after=new.rpartition(".")[2]))

    # ------------------------------------------------------------------ ALTER TABLE

    def _alter(self, statement: Any) -> None:
        table = self._table(statement.this)
        if table is None:
            raise _UnreadError  # of a table no migration speaks of, or that is named in another way
        options = statement.args.get("options") or []
        renamed = [option for option in options if isinstance(option, exp.ToTableProperty)]
        for action in statement.args["actions"]:
            if renamed and isinstance(action, exp.AlterRename):  # RENAME a TO b, without the word COLUMN
                self._rename_column(table.key, named(action.this), named(renamed[0].this))
            elif isinstance(action, exp.AlterRename):
                after = self.columns.place(action.this)[1]
                self.add(RenameTable(before=table.key, after=after))
                table = self.schema[replace(table, name=after).key]
            else:
                self._action(table.key, action)

    def _action(self, key: str, action: Any) -> None:
        match action:
            case exp.ColumnDef():
                self._add_column(key, action)
            case exp.Schema():  # MySQL: ADD COLUMN (a INT, b INT)
                for definition in action.expressions:
                    self._add_column(key, definition)
            case exp.Drop(kind="COLUMN"):
                for node in action.args["tables"]:
                    if self.schema[key].find(named(node)) is not None:
                        self.add(DropColumn(table=key, column=self.schema[key].column(named(node)).name))
            case exp.Drop(kind="INDEX" | "KEY"):
                for node in action.args["tables"]:
                    self._drop_index(key, named(node))
            case exp.Drop(kind="CONSTRAINT" | "FOREIGN KEY" | "CHECK"):
                for node in action.args["tables"]:
                    self._drop_constraint(key, named(node))
            case exp.DropPrimaryKey():
                self.add(ChangePrimaryKey(table=key, columns=()))
            case exp.AlterColumn():
                self._alter_column(key, action)
            case exp.RenameColumn():
                self._rename_column(key, named(action.this), named(action.args["to"]))
            case exp.ModifyColumn():
                self._modify_column(key, action)
            case exp.AddConstraint():
                self._add_rules(key, action.expressions)
            case exp.AlterIndex():
                pass  # whether an index is used changes nothing it is
            case _:
                raise _UnreadError

    def _add_column(self, key: str, node: Any) -> None:
        table = self.schema[key]
        if table.find(name_of(node.this, self.columns.folds)) is not None:
            return
        read = Read(table=replace(table, indexes=(), constraints=()))
        column = self.columns.column(node, read)
        self.add(AddColumn(table=key, column=column))
        self._add_what_came(key, read, table.primary_key)

    def _add_rules(self, key: str, nodes: Iterable[Any]) -> None:
        table = self.schema[key]
        read = Read(table=replace(table, indexes=(), constraints=()))
        for node in nodes:
            self._rule(node, read)
        for before, after in zip(table.columns, read.table.columns, strict=True):
            if before != after:
                self.add(AlterColumn(table=key, after=after, before=before))
        self._add_what_came(key, read, table.primary_key)

    def _add_what_came(self, key: str, read: Read, primary_key: tuple[str, ...]) -> None:
        self.add(*(AddIndex(table=key, index=index) for index in read.table.indexes))
        self.add(*(AddConstraint(table=key, constraint=constraint) for constraint in read.table.constraints))
        if read.table.primary_key != primary_key:
            self.add(ChangePrimaryKey(table=key, columns=read.table.primary_key))

    def _alter_column(self, key: str, action: Any) -> None:
        before = self.schema[key].column(name_of(action.this, self.columns.folds))
        after = before
        if action.args.get("dtype") is not None:
            after = replace(after, type=self.columns.type(action.args["dtype"]), spelling=None)
        elif action.args.get("allow_null") is not None:
            after = replace(after, null=bool(action.args["allow_null"]))
        elif action.args.get("default") is not None:
            default = self.columns.default(action.args["default"], before.name)
            after = replace(after, default=default, default_by_hand=True)
        elif action.args.get("drop"):
            after = replace(after, default=None)
        else:
            raise _UnreadError
        self._change(key, before, after)

    def _change(self, key: str, before: Column, after: Column) -> None:
        if before != after:
            self.add(AlterColumn(table=key, after=after, before=before))

    def _rename_column(self, key: str, old: str, new: str) -> None:
        found = self.schema[key].find(old)
        if found is not None and found.name != new:
            self.add(RenameColumn(table=key, before=found.name, after=new, field=new))

    def _modify_column(self, key: str, action: Any) -> None:
        """MySQL's MODIFY and CHANGE say everything of a column anew; its keys and indexes stay."""
        former = action.args.get("rename_from")
        name = name_of(action.this.this, self.columns.folds)
        self._rename_column(key, name if former is None else name_of(former, self.columns.folds), name)
        before = self.schema[key].column(name)
        read = Read(table=replace(self.schema[key], indexes=(), constraints=(), columns=()))
        after = self.columns.column(action.this, read)
        self._change(
            key,
            before,
            replace(
                after,
                field=before.field,
                foreign_key=after.foreign_key or before.foreign_key,
                by_hand=before.by_hand,
            ),
        )

    # ------------------------------------------------------------------ indexes

    def _create_index(self, statement: Any) -> None:
        node = statement.this
        table = self._table(node.args.get("table"))
        if table is None:
            return
        index = self.columns.index(node, unique=bool(statement.args.get("unique")))
        if index.unique and index.name is None and index.plain:
            index = replace(index, name=f"{table.name}_{'_'.join(index.columns)}_idx")  # as PostgreSQL calls it
        if index.name is None or _index_called(table, index.name) is None:
            self.add(AddIndex(table=table.key, index=index))

    def _drop_index_anywhere(self, name: str) -> None:
        for table in self.schema:
            if _index_called(table, name) is not None:
                self._drop_index(table.key, name)
                return

    def _drop_index(self, key: str, name: str) -> bool:
        index = _index_called(self.schema[key], name)
        if index is not None:
            self.add(DropIndex(table=key, index=index))
        return index is not None

    def _rename_index(self, statement: Any) -> None:
        old = named(statement.this)
        for table in self.schema:
            index = _index_called(table, old)
            if index is not None:
                after = replace(index, name=named(statement.args["actions"][0].this))
                self.add(DropIndex(table=table.key, index=index), AddIndex(table=table.key, index=after))
                return

    # ------------------------------------------------------------------ constraints

    def _drop_constraint(self, key: str, name: str) -> None:
        table = self.schema[key]
        constraint = _constraint_called(table, name)
        if constraint is not None:
            self.add(DropConstraint(table=key, constraint=constraint))
        elif name == f"{table.name}_pkey":
            self.add(ChangePrimaryKey(table=key, columns=()))
        elif not self._drop_index(key, name):
            for column in table.columns:
                if self._drop_rule_of(key, column, name):
                    return

    def _drop_rule_of(self, key: str, column: Column, name: str) -> bool:
        """Drop a column's own reference or CHECK, by the name it has or the server gave it."""
        table, reference = self.schema[key], column.foreign_key
        if reference is not None and name in (reference.name, f"{table.name}_{column.name}_fkey"):
            self._change(key, column, replace(column, foreign_key=None))
            return True
        checks = [c for c in column.constraints if name in (c.name, f"{table.name}_{column.name}_check")]
        if checks:
            self._change(
                key, column, replace(column, constraints=tuple(c for c in column.constraints if c is not checks[0]))
            )
        return bool(checks)


def _in_threes(words: list[str]) -> Iterator[tuple[str, str, str]]:
    """``a TO b c TO d`` → each pair with its TO."""
    return zip(words[::3], words[1::3], words[2::3], strict=False)


def _index_called(table: Table, name: str) -> Index | None:
    chosen = [index for index in table.indexes if index.name == name]
    return next(iter(chosen), None) or _first(table.indexes, lambda index: name in _given_names(table, index))


def _given_names(table: Table, index: Index) -> list[str]:
    """The names an index without one may have got: from Peewee, or where it was made in SQL from the server."""
    if index.name is not None:
        return []
    if not index.by_hand:
        return [next(automatic_names(table, index))]
    kind = "key" if index.unique else "idx"
    return [f"{table.name}_{'_'.join(index.columns)}_{kind}", *index.columns[:1]]


def _constraint_called(table: Table, name: str) -> Constraint | None:
    return _first(table.constraints, lambda constraint: constraint.name == name) or (
        _first(table.constraints, lambda constraint: constraint.name is None) if name == f"{table.name}_check" else None
    )


def _first(things: Iterable[T], fits: Callable[[T], bool]) -> T | None:
    return next((thing for thing in things if fits(thing)), None)
