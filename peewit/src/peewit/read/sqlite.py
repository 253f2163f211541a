"""A live SQLite database → :class:`~peewit.schema.Found`, by reading its own texts.

``sqlite_schema`` holds the statement that made each object, so the texts are the description; no PRAGMA
tells more, and every character is still there for a change that must keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from peewit.dialects import SqliteDialect
from peewit.errors import SchemaError, SqlError
from peewit.models import apply_clauses, foreign_key_of, index_of
from peewit.schema import (
    Column,
    Constraint,
    Found,
    FoundIndex,
    FoundObject,
    FoundTable,
    Schema,
    Table,
    Type,
)
from peewit.sql import (
    ColumnDef,
    CreateTable,
    TableConstraint,
    parse_create_index,
    parse_create_table,
    significant,
    tokenize,
)
from peewit.sql.constraints import unique_text

Row = tuple[str, str, str, str | None]
"""Type, name, table's name and text of one object."""

QUERY = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"


def read_found(rows: Iterable[Row]) -> Found:
    """Everything the rows of ``sqlite_schema`` describe. Virtual tables and their shadows are no tables here."""
    objects = list(rows)
    virtual = [n.lower() for kind, n, _, sql in objects if kind == "table" and _is_virtual(sql or "")]
    texts = {
        name: sql or ""
        for kind, name, _, sql in objects
        if kind == "table" and not name.startswith("sqlite_") and not (virtual and _of_virtual(name.lower(), virtual))
    }
    return Found(
        tables=_Tables(texts, objects),
        texts=texts,
        views=tuple(FoundObject(name=name, sql=sql or "") for kind, name, _, sql in objects if kind == "view"),
        names=frozenset(name.lower() for _, name, _, _ in objects),
    )


@lru_cache(maxsize=4096)  # asked of every table, at every change of one
def _is_virtual(sql: str) -> bool:
    return sql[:40].upper().split()[:2] == ["CREATE", "VIRTUAL"]


_SHADOWS = (
    "_data",
    "_idx",
    "_content",
    "_docsize",
    "_config",
    "_segments",
    "_segdir",
    "_stat",
    "_node",
    "_parent",
    "_rowid",
)


def _of_virtual(name: str, virtual: list[str]) -> bool:
    """Whether a table is virtual, or holds the data of one: https://www.sqlite.org/vtab.html#xshadowname."""
    return name in virtual or any(name == table + shadow for table in virtual for shadow in _SHADOWS)


class _Tables(Mapping[str, FoundTable]):
    """The tables by name, each read when it is asked for: most changes look at one of hundreds."""

    def __init__(self, texts: Mapping[str, str], objects: Sequence[Row]) -> None:
        self._texts, self._rows = texts, objects
        self._read: dict[str, FoundTable] = {}

    def __getitem__(self, name: str) -> FoundTable:
        if name not in self._read:
            found = self._found(name)
            self._read[name] = found
            self._read[name] = self._with_targets(found)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    @cached_property
    def _objects(self) -> dict[str, list[Row]]:
        """What hangs on each table, and the table itself."""
        objects: dict[str, list[Row]] = {}
        for row in self._rows:
            objects.setdefault(row[2].lower(), []).append(row)
        return objects

    def _found(self, name: str) -> FoundTable:
        try:
            return _found_table(name, self._texts[name], tuple(self._objects[name.lower()]))
        except SqlError as error:
            raise SchemaError(f'the definition of table "{name}" cannot be read: {error.message}') from error

    def _with_targets(self, found: FoundTable) -> FoundTable:
        """REFERENCES without a column means the key of its table: write it out."""
        columns = tuple(self._with_target(column) for column in found.table.columns)
        return replace(found, table=replace(found.table, columns=columns))

    def _with_target(self, column: Column) -> Column:
        key = column.foreign_key
        if key is None or key.column:
            return column
        names = [name for name in self._texts if name.lower() == key.table.lower()]
        columns = self[names[0]].table.primary_key if names else ()
        return replace(column, foreign_key=replace(key, column=columns[0] if len(columns) == 1 else ""))


@lru_cache(maxsize=512)  # a table is looked at before each change of it and after, mostly with the same texts
def _found_table(name: str, sql: str, mine: tuple[Row, ...]) -> FoundTable:
    indexes = []
    for kind, index_name, _, text in mine:
        if kind == "index" and text is not None:
            index = replace(index_of(parse_create_index(text)), name=index_name)
            indexes.append(FoundIndex(name=index_name, sql=text, index=index))
    table = replace(table_of(parse_create_table(sql)), name=name)
    return FoundTable(
        table=replace(table, indexes=tuple(found.index for found in indexes)),
        sql=sql,
        indexes=tuple(indexes),
        triggers=tuple(FoundObject(name=n, sql=t or "") for kind, n, _, t in mine if kind == "trigger"),
        autoindexes=tuple(n for kind, n, _, t in mine if kind == "index" and t is None),
    )


def table_of(created: CreateTable) -> Table:
    """The value of a CREATE TABLE statement."""
    keys = {c.columns[0].lower(): c for c in created.constraints if c.kind == "foreign key" and len(c.columns) == 1}
    columns = tuple(_column(column, keys.get(column.name.lower())) for column in created.columns)
    never_null = _never_null(created)
    columns = tuple(replace(c, null=c.null and c.name.lower() not in never_null) for c in columns)
    constraints = [_constraint(created, c) for c in created.constraints if c not in keys.values()]
    return Table(
        name=created.name,
        columns=columns,
        primary_key=created.primary_key,
        constraints=tuple(c for c in constraints if c is not None),
        strict=created.strict,
        without_rowid=created.without_rowid,
    )


def _never_null(created: CreateTable) -> set[str]:
    """Key columns that are NOT NULL without saying so: https://www.sqlite.org/lang_createtable.html#the_primary_key."""
    keys = {name.lower() for name in created.primary_key}
    if created.without_rowid:
        return keys
    alias = len(keys) == 1 and created.column(created.primary_key[0])
    if not alias or alias.type_text.upper() != "INTEGER":
        return set()
    return set() if any(clause.descending for clause in alias.clauses_of("primary key")) else keys


def _column(definition: ColumnDef, key: TableConstraint | None) -> Column:
    column = Column(name=definition.name, type=Type(definition.type_text, raw=True), null=True)
    column = apply_clauses(column, definition.clauses)
    if key is None or key.reference is None or column.foreign_key is not None:
        return column
    return replace(column, foreign_key=foreign_key_of(key.reference, key.name))


def _constraint(created: CreateTable, constraint: TableConstraint) -> Constraint | None:
    match constraint.kind:
        case "primary key":
            return None
        case "check":
            return Constraint(sql=f"CHECK ({constraint.body})", name=constraint.name)
        case "unique":
            return Constraint(sql=unique_text(constraint.columns, constraint.conflict), name=constraint.name)
        case _:
            text = constraint.span.of(created.sql)
            return Constraint(sql=_unnamed(text, constraint.name), name=constraint.name)


def _unnamed(text: str, name: str | None) -> str:
    return text if name is None else text[significant(tokenize(text))[1].end :].strip()


def schema_of(found: Found, dialect: SqliteDialect) -> Schema:
    """The tables that were found as a schema in Peewee's neutral words, as far as it has any."""
    return Schema({name: _neutral(entry.table, dialect) for name, entry in found.tables.items()})


def _neutral(table: Table, dialect: SqliteDialect) -> Table:
    def column(column: Column) -> Column:
        neutral = dialect.neutral(column.type)
        rowid = table.primary_key == (column.name,) and neutral.name == "INT" and not table.without_rowid
        return replace(column, type=Type("AUTO") if rowid else neutral)

    return replace(table, columns=tuple(map(column, table.columns)))
