"""What raw SQL says of one column, index or constraint, in Peewee's neutral words as far as it has any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from peewit.dataclass import dataclass
from peewit.schema import Column, Constraint, ForeignKey, Generated, Index, Part, Schema, Table, Type, key_of
from peewit.sql import MYSQL_RULES, POSTGRES_RULES, Token, quote_name, significant, tokenize

_TYPES = {
    "BIGINT": "BIGINT",
    "BIGSERIAL": "BIGAUTO",
    "BINARY": "BINARY",
    "BLOB": "BLOB",
    "BOOLEAN": "BOOL",
    "CHAR": "CHAR",
    "DATE": "DATE",
    "DATETIME": "DATETIME",
    "DECIMAL": "DECIMAL",
    "DOUBLE": "DOUBLE",
    "FLOAT": "FLOAT",
    "INT": "INT",
    "JSON": "JSON",
    "JSONB": "JSONB",
    "SERIAL": "AUTO",
    "SMALLINT": "SMALLINT",
    "TEXT": "TEXT",
    "TIME": "TIME",
    "VARCHAR": "VARCHAR",
}
"""The parser's types, as Peewee calls them; what is missing is written in the database's own words."""

_OF_POSTGRES = {
    "TIMESTAMP": "DATETIME",
    "TIMESTAMPNTZ": "DATETIME",
    "TIMESTAMPTZ": "TIMESTAMPTZ",  # the parser's word for MySQL's TIMESTAMP, too
    "UUID": "UUID",  # MariaDB's own type is another one than Peewee's, a text
    "VARBINARY": "BLOB",
}
_CLAUSES = (
    "NOT",
    "NULL",
    "CHECK",
    "UNIQUE",
    "PRIMARY",
    "COLLATE",
    "ON",
    "COMMENT",
    "REFERENCES",
    "CONSTRAINT",
    "AFTER",
)
_WIDTHS = {"BIGINT": 20, "INT": 11, "SMALLINT": 6}
"""How wide MariaDB and MySQL show a number of which nobody says it: ``INT(11)`` is their word for INT."""
_SIZED = ("VARCHAR", "CHAR", "DECIMAL", "BINARY")


@dataclass(slots=True)
class Read:
    """A table as far as it was read: what a column or a rule says of it goes there."""

    table: Table

    def has(self, **changes: Any) -> None:
        """Change the table."""
        self.table = replace(self.table, **changes)

    def index(self, index: Index) -> None:
        """One more index."""
        self.has(indexes=(*self.table.indexes, replace(index, by_hand=True)))

    def constraint(self, sql: str, name: str | None) -> None:
        """One more constraint."""
        self.has(constraints=(*self.table.constraints, Constraint(sql=sql, name=name, by_hand=True)))


@dataclass(frozen=True, slots=True)
class ColumnReader:
    """Reads the parser's nodes of one statement, on a schema, in one language."""

    schema: Schema
    dialect: str
    sql: str

    @property
    def folds(self) -> bool:
        """Whether a name without quotes is kept in lower case."""
        return self.dialect == "postgres"

    def text(self, node: Any) -> str:
        """A node as SQL."""
        return str(node.sql(dialect=self.dialect))

    # ------------------------------------------------------------------ names

    def place(self, node: Any) -> tuple[str | None, str]:
        """The schema a table's node names, and the table. PostgreSQL's ``public`` is where all are that name none."""
        name = name_of(node.this, self.folds)
        database = node.args.get("db")
        schema = None if database is None else name_of(database, self.folds)
        known = any(table.schema == "public" for table in self.schema)
        return (None if schema == "public" and self.folds and not known else schema), name

    def key(self, node: Any) -> str:
        """The :attr:`~peewit.schema.Table.key` of a table's node."""
        return key_of(*self.place(node))

    # ------------------------------------------------------------------ columns

    def column(self, node: Any, read: Read) -> Column:
        """A column's definition; what it says of its table goes to ``read``, and the column itself too."""
        name = name_of(node.this, self.folds)
        kind = node.args.get("kind")
        column = Column(
            name=name, type=Type("DEFAULT") if kind is None else self.type(kind), null=True, field=name, by_hand=True
        )
        if column.type.name in ("AUTO", "BIGAUTO"):
            column = replace(column, null=False)
        later: list[Callable[[], None]] = []
        for constraint in node.args.get("constraints") or []:
            column = self._clause(column, constraint, read, later)
        read.has(columns=(*read.table.columns, column))
        for rule in later:
            rule()
        return column

    def _clause(self, column: Column, node: Any, read: Read, later: list[Callable[[], None]]) -> Column:
        name = None if node.this is None else named(node)
        match node.args.get("kind"):
            case exp.NotNullColumnConstraint() as null:
                return replace(column, null=bool(null.args.get("allow_null")))
            case exp.DefaultColumnConstraint() as default:
                return replace(column, default=self.default(default.this, column.name), default_by_hand=True)
            case exp.PrimaryKeyColumnConstraint():
                later.append(lambda: read.has(primary_key=(column.name,)))
                return replace(column, null=False)
            case exp.AutoIncrementColumnConstraint():
                return replace(column, null=False, type=_counting(column.type))
            case exp.GeneratedAsIdentityColumnConstraint() as identity:
                always = "ALWAYS" if identity.this else "BY DEFAULT"
                return replace(column, null=False, type=Type(f"{column.type.name} GENERATED {always} AS IDENTITY"))
            case exp.UniqueColumnConstraint():
                index = Index(parts=(Part(text=column.name),), unique=True, name=name)
                later.append(lambda: read.index(index))
            case exp.CheckColumnConstraint() as check:
                rule = Constraint(sql=f"CHECK ({self.text(check.this)})", name=name)
                return replace(column, constraints=(*column.constraints, rule))
            case exp.Reference() as reference:
                return replace(column, foreign_key=self._foreign_key(reference, name))
            case exp.CollateColumnConstraint() as collation:
                return replace(column, collation=named(collation.this))
            case exp.ComputedColumnConstraint() as computed:
                # The parser takes only STORED of PostgreSQL, and then does not say so.
                stored = self.dialect == "postgres" or bool(computed.args.get("persisted"))
                generated = Generated(expression=self.text(computed.this), stored=stored)
                return replace(column, generated=generated)
            case _:
                pass
        return column

    def type(self, node: Any) -> Type:
        """A type's node as a neutral type, else in the database's own words."""
        word = node.this.name if hasattr(node.this, "name") else str(node.this)
        name = _TYPES.get(word) or (_OF_POSTGRES.get(word) if self.dialect == "postgres" else None)
        sizes = tuple(int(n.name) for n in node.expressions if n.name.isdigit())
        if word == "TINYINT" and sizes == (1,):
            return Type("BOOL")
        if self.dialect == "mysql" and name is not None and sizes == (_WIDTHS.get(name),):
            return Type(name)
        if name is None or (sizes and name not in _SIZED) or len(sizes) != len(node.expressions):
            return Type(self.text(node), raw=True)
        return Type(name, sizes)

    def default(self, node: Any, column: str) -> str | None:
        """A DEFAULT's text, without the type the server says of a literal anyway; None for NULL."""
        if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal | exp.Null):
            node = node.this
        if isinstance(node, exp.Null):
            return None
        return self.text(node) if isinstance(node, exp.Literal) else self._as_written(column) or self.text(node)

    def _as_written(self, column: str) -> str:
        """The DEFAULT of a column in the statement's own words: the parser has its own names for functions."""
        rules = POSTGRES_RULES if self.folds else MYSQL_RULES
        tokens = significant(tokenize(self.sql, rules))
        for place, token in enumerate(tokens):
            if token.is_word("DEFAULT") and column.lower() in _segment(tokens[:place]):
                words = _expression(tokens[place + 1 :])
                return self.sql[words[0].start : words[-1].end] if words else ""
        return ""

    def _foreign_key(self, reference: Any, name: str | None) -> ForeignKey:
        target = reference.this
        node, columns = (target.this, target.expressions) if isinstance(target, exp.Schema) else (target, [])
        schema, table = self.place(node)
        known = self.schema.tables.get(self.key(node))
        key = known.primary_key[0] if known is not None and len(known.primary_key) == 1 else "id"
        words = [str(option).upper() for option in reference.args.get("options") or []]
        return ForeignKey(
            table=table,
            schema=schema,
            column=name_of(columns[0], self.folds) if columns else key,
            on_delete=_after("ON DELETE ", words),
            on_update=_after("ON UPDATE ", words),
            deferrable=" ".join(w for w in words if "DEFERRABLE" in w or "INITIALLY" in w).removeprefix("DEFERRABLE ")
            or None,
            name=name,
        )

    # ------------------------------------------------------------------ rules of a table

    def rule(self, node: Any, read: Read, name: str | None = None) -> bool:
        """Take a table's own rule or index; False where it is not understood."""
        match node:
            case exp.Constraint():
                return all(self.rule(part, read, named(node.this)) for part in node.expressions)
            case exp.PrimaryKey():
                self._primary_key(node, read)
            case exp.UniqueColumnConstraint():
                given = name if node.this.this is None else named(node.this)
                read.index(Index(parts=self._parts(node.this.expressions), unique=True, name=given))
            case exp.IndexColumnConstraint():
                given = None if node.this is None else named(node.this)
                kind = str(node.args.get("kind") or "").upper() or None
                read.index(Index(parts=self._parts(node.expressions), using=kind, name=given))
            case exp.CheckColumnConstraint():
                read.constraint(f"CHECK ({self.text(node.this)})", name)
            case exp.ForeignKey() if len(node.expressions) == 1:
                self._reference(node, read, name)
            case exp.ForeignKey():
                read.constraint(self.text(node), name)
            case _:
                return False
        return True

    def _primary_key(self, node: Any, read: Read) -> None:
        names = tuple(name_of(_plain(part), self.folds) for part in node.expressions)
        columns = tuple(replace(c, null=c.null and c.name not in names) for c in read.table.columns)
        read.has(primary_key=names, columns=columns)

    def _reference(self, node: Any, read: Read, name: str | None) -> None:
        column = read.table.column(name_of(node.expressions[0], self.folds))
        reference = node.args["reference"]
        words = [*(reference.args.get("options") or []), *(node.args.get("options") or [])]
        reference.set("options", words)
        key = self._foreign_key(reference, name)
        delete, update = node.args.get("delete"), node.args.get("update")
        key = replace(key, on_delete=key.on_delete or delete, on_update=key.on_update or update)
        read.table = read.table.replacing(column.name, replace(column, foreign_key=key))

    def index(self, node: Any, *, unique: bool) -> Index:
        """A CREATE INDEX."""
        parameters = node.args.get("params")
        parts = parameters.args.get("columns") or [] if parameters is not None else []
        where = parameters.args.get("where") if parameters is not None else None
        using = parameters.args.get("using") if parameters is not None else None
        return Index(
            parts=self._parts(parts),
            unique=unique,
            where=None if where is None else self.text(where.this),
            using=None if using is None or using.name.upper() == "BTREE" else using.name.upper(),
            name=None if node.this is None else named(node),
            by_hand=True,
        )

    def _parts(self, nodes: list[Any]) -> tuple[Part, ...]:
        return tuple(self._part(node) for node in nodes)

    def _part(self, node: Any) -> Part:
        descending = isinstance(node, exp.Ordered) and bool(node.args.get("desc"))
        inner = _plain(node)
        if isinstance(inner, exp.ColumnPrefix):
            text = f"{quote_name(named(inner), '`')}({inner.args['expression'].name})"
            return Part(text=text, expression=True, descending=descending)
        if isinstance(inner, exp.Identifier):
            return Part(text=name_of(inner, self.folds), descending=descending)
        return Part(text=self.text(inner), expression=True, descending=descending)


def _counting(type_: Type) -> Type:
    """The type of a column that is to count by itself; of one that is no plain number, in the database's own words."""
    if type_.raw:
        return Type(f"{type_} AUTO_INCREMENT", raw=True)
    return Type("BIGAUTO" if type_.name == "BIGINT" else "AUTO")


def _plain(node: Any) -> Any:
    """The identifier of a key, if it is no more than a column; else its expression."""
    while isinstance(node, exp.Ordered | exp.Column):
        node = node.this
    return node


def _segment(tokens: Sequence[Token]) -> set[str]:
    """The words before a clause, back to the comma or bracket that begins what it belongs to."""
    depth = 0
    for place in range(len(tokens) - 1, -1, -1):
        depth += tokens[place].is_op(")", "]") - tokens[place].is_op("(", "[")
        if depth < 0 or (depth == 0 and tokens[place].is_op(",")):
            tokens = tokens[place + 1 :]
            break
    return {token.value.lower() for token in tokens if token.kind in ("word", "name", "string")}


def _expression(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens of an expression: up to what closes or separates it, or begins the next clause."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += token.is_op("(", "[") - token.is_op(")", "]")
        ends = token.is_op(",", ";") or (place > 0 and token.is_word(*_CLAUSES))
        if depth < 0 or (depth == 0 and ends):
            return tokens[:place]
    return tokens


def _after(words: str, options: list[str]) -> str | None:
    return next((option.removeprefix(words) for option in options if option.startswith(words)), None)


def name_of(node: Any, folds: bool) -> str:
    """An identifier's name as the server keeps it."""
    inner = _plain(node)
    quoted = bool(inner.args.get("quoted")) if isinstance(inner, exp.Expression) else False
    return str(inner.name) if quoted or not folds else str(inner.name).lower()


def named(node: Any) -> str:
    """The name a node goes by."""
    return str(node.name)
