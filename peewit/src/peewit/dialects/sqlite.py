"""SQLite: type spellings, affinities, and the form in which two descriptions of a table are equal."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from peewit.dataclass import dataclass
from peewit.dialects.base import Dialect
from peewit.schema import Column, Constraint, ForeignKey, Index, Part, Schema, Table, Type
from peewit.sql import SQLITE as LITERALS
from peewit.sql import SQLITE_RULES, canonical, parse_create_table, significant, tokenize
from peewit.sql.foreign_keys import read_key

_TYPES = {
    "AUTO": "INTEGER",
    "BIGAUTO": "INTEGER",
    "BIGINT": "INTEGER",
    "BOOL": "INTEGER",
    "DEFAULT": "",
    "DOUBLE": "REAL",
    "FLOAT": "REAL",
    "INT": "INTEGER",
    "JSON": "TEXT",
    "SMALLINT": "INTEGER",
    "UUID": "TEXT",
    "UUIDB": "BLOB",
}

_ONE_MEANING = ({"BOOL", "BOOLEAN"}, {"DATETIME", "TIMESTAMP"}, {"DECIMAL", "NUMERIC"})
"""Types whose words differ and whose values do not, however SQLite stores them."""

_NEUTRAL = {"INTEGER": "INT", "REAL": "FLOAT", "": "DEFAULT"}


class Affinity(Enum):
    """How SQLite stores what is put into a column: https://www.sqlite.org/datatype3.html#determination_of_column_affinity."""

    INTEGER = "integer"
    TEXT = "text"
    BLOB = "blob"
    REAL = "real"
    NUMERIC = "numeric"


def affinity(type_text: str) -> Affinity:
    """The affinity of a declared type, by SQLite's five rules in their order."""
    text = type_text.upper()
    if "INT" in text:
        return Affinity.INTEGER
    if any(word in text for word in ("CHAR", "CLOB", "TEXT")):
        return Affinity.TEXT
    if not text or "BLOB" in text:
        return Affinity.BLOB
    if any(word in text for word in ("REAL", "FLOA", "DOUB")):
        return Affinity.REAL
    return Affinity.NUMERIC


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteDialect(Dialect):
    """SQLite, as declared below."""

    def canonical(self, table: Table) -> Table:
        table = _with_keys_in_columns(table)
        columns = tuple(self._column(column) for column in table.columns)
        checks = [c for column in table.columns for c in column.constraints]
        constraints = [_constraint(c) for c in (*checks, *table.constraints)]
        return replace(
            table,
            name=table.name.lower(),
            columns=tuple(sorted(columns, key=lambda c: c.name)),
            schema=None,
            primary_key=tuple(name.lower() for name in table.primary_key),
            indexes=tuple(sorted({_index(index) for index in table.indexes}, key=repr)),
            constraints=tuple(sorted(constraints, key=lambda c: c.sql)),
        )

    def canonical_schema(self, schema: Schema) -> Schema:
        """Every table in canonical form; REFERENCES without a column means the key of its table."""
        keys = {table.name.lower(): table.primary_key for table in schema}

        def column(column: Column) -> Column:
            key = column.foreign_key
            if key is None or key.column or len(keys.get(key.table, ())) != 1:
                return column
            return replace(column, foreign_key=replace(key, column=keys[key.table][0].lower()))

        return schema.map(self.canonical).map(lambda t: replace(t, columns=tuple(map(column, t.columns))))

    def _column(self, column: Column) -> Column:
        key = column.foreign_key
        generated = column.generated
        return replace(
            column,
            name=column.name.lower(),
            type=Type(plain_type(self.spell(column.type)), raw=True),
            default=None if column.default is None else canonical(column.default),
            collation=None if column.collation is None else canonical(column.collation),
            sequence=None,
            constraints=(),
            foreign_key=None if key is None or key.deferred else replace(plain_foreign_key(key), name=None),
            generated=generated and replace(generated, expression=canonical(generated.expression)),
        )

    def alike(self, a: Type, b: Type) -> bool:
        """SQLite stores by affinity: SMALLINT is as good as INTEGER. A BOOLEAN is what Peewee calls so."""
        one, other = self.spell(a), self.spell(b)
        plain = [self._neutral(Type(text, raw=True)) for text in (one, other)]
        same = affinity(one) is affinity(other) and affinity(one) is not Affinity.NUMERIC
        named = {a.name.upper(), b.name.upper()} in _ONE_MEANING
        return plain[0] == plain[1] or named or (same and plain[0].args == plain[1].args and not plain[0].args)

    def neutral(self, type_: Type) -> Type:
        """A type read from the database in Peewee's neutral words, where there is one that says the same."""
        found = self._neutral(type_)
        return found if plain_type(self.spell(found)) == plain_type(str(type_)) else Type(str(type_), raw=True)

    def _neutral(self, type_: Type) -> Type:
        words = significant(tokenize(str(type_)))
        args = tuple(int(t.text) for t in words if t.kind == "number" and t.text.isdigit())
        name = " ".join(t.text for t in words if t.kind == "word").upper()
        return Type(_NEUTRAL.get(name, name), args)


def plain_type(text: str) -> str:
    """A type's text without the freedom of writing it: upper case, single spaces, none around brackets."""
    words = [token.text.upper() for token in significant(tokenize(text))]
    return " ".join(words).replace(" ( ", "(").replace(" , ", ",").replace(" )", ")")


def plain_foreign_key(key: ForeignKey) -> ForeignKey:
    """A foreign key without the freedom of writing it: cases, spaces, NO ACTION for nothing. Its name stays."""

    def action(text: str | None) -> str | None:
        return None if text is None or text.upper() == "NO ACTION" else " ".join(text.upper().split())

    deferrable = None if key.deferrable is None else " ".join(key.deferrable.upper().split())
    return replace(
        key,
        table=key.table.lower(),
        column=key.column.lower(),
        schema=None,
        on_delete=action(key.on_delete),
        on_update=action(key.on_update),
        deferrable=deferrable,
    )


def _with_keys_in_columns(table: Table) -> Table:
    """A table whose foreign keys of one column are those columns' own, wherever the text has them."""
    keys = {c: key for c in table.constraints if (key := read_key(c.sql)) is not None and len(key.columns) == 1}
    for constraint, key in keys.items():
        column = table.find(key.columns[0])
        if column is None or column.foreign_key is not None:
            continue
        said = parse_create_table(f"CREATE TABLE t (c, {constraint.sql})").constraints[0].reference
        if said is not None:
            own = ForeignKey(
                table=said.table,
                column="".join(said.columns),
                on_delete=said.on_delete,
                on_update=said.on_update,
                deferrable=said.deferrable,
            )
            rest = tuple(c for c in table.constraints if c is not constraint)
            table = replace(table.replacing(column.name, replace(column, foreign_key=own)), constraints=rest)
    return table


def _constraint(constraint: Constraint) -> Constraint:
    return Constraint(sql=canonical(constraint.sql))


def _index(index: Index) -> Index:
    parts = tuple(_part(part) for part in index.parts)
    where = None if index.where is None else canonical(index.where)
    return replace(index, parts=parts, where=where, using=None, name=None)


def _part(part: Part) -> Part:
    text = canonical(part.text) if part.expression else part.text.lower()
    return replace(part, text=text, collation=None if part.collation is None else part.collation.lower())


SQLITE = SqliteDialect(
    name="sqlite",
    quote='"',
    types=_TYPES,
    max_name=1_000_000,
    literals=LITERALS,
    rules=SQLITE_RULES,
    edits_schema=True,
)
