"""From a column back to the field that makes it: one description for the file writer and for live models.

A :class:`FieldCall` says which class is called with which arguments. The writer prints it, and
:mod:`peewit.models.build` calls it.
"""

from __future__ import annotations

from typing import Any

from peewit.dataclass import dataclass
from peewit.schema import Column, Constraint, ForeignKey, Index, Schema, Spelling, Table, Type
from peewit.sql import quote_name
from peewit.sql.constraints import check_expression, conflict_action, in_column

FIELD_OF_TYPE = {
    "AUTO": "AutoField",
    "BIGAUTO": "BigAutoField",
    "BIGINT": "BigIntegerField",
    "BLOB": "BlobField",
    "BOOL": "BooleanField",
    "CHAR": "FixedCharField",
    "DATE": "DateField",
    "DATETIME": "DateTimeField",
    "DECIMAL": "DecimalField",
    "DEFAULT": "BareField",
    "DOUBLE": "DoubleField",
    "FLOAT": "FloatField",
    "INT": "IntegerField",
    "JSON": "JSONField",
    "SMALLINT": "SmallIntegerField",
    "TEXT": "TextField",
    "TIME": "TimeField",
    "UUID": "UUIDField",
    "UUIDB": "BinaryUUIDField",
    "VARCHAR": "CharField",
}

_ARGUMENTS_OF_KIND = {
    "peewee.CharField": ("max_length",),
    "peewee.FixedCharField": ("max_length",),
    "peewee.DecimalField": ("max_digits", "decimal_places"),
}

_ARGUMENTS = {
    "VARCHAR": ("max_length",),
    "CHAR": ("max_length",),
    "DECIMAL": ("max_digits", "decimal_places"),
}


KEY_FIELDS = ("AutoField", "IdentityField", "AutoIncrementField", "RowIDField")
"""Classes that are a primary key without being told."""


_WITH_A_DEFAULT = ("peewee.BigBitField", "peewee.BitField", "peewee.TimestampField")
"""Classes that give a default where none is said: that there is none has to be said."""


@dataclass(frozen=True, slots=True)
class SqlText:
    """An argument written ``pw.SQL("…")``."""

    text: str


@dataclass(frozen=True, slots=True)
class CheckText:
    """An argument written ``pw.Check("…", name="…")``."""

    expression: str
    name: str | None


@dataclass(frozen=True, slots=True)
class ModelOf:
    """An argument that is the model of a table: ``migrator.orm["author"]``, ``"self"``, or a name for later."""

    table: str
    deferred: bool = False
    itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCall:
    """A field's class, as a dotted path, and its arguments in the order they are written."""

    kind: str
    positional: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    own_name: str = ""
    own_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What of a table's indexes and key a field says by itself."""

    index: bool = False
    unique: bool = False
    index_type: str | None = None
    primary_key: bool = False


def flag_index(column: str, index: Index) -> bool:
    """Whether ``index=True`` or ``unique=True`` on the field of this column makes the index."""
    simple = len(index.parts) == 1 and index.name is index.where is index.options is None
    part = index.parts[0]
    return simple and part.text == column and not (part.expression or part.descending or part.collation)


def flagged(table: Table, column: Column) -> Index | None:
    """The one index the field of a column makes; a key's field makes none, and a unique one goes first."""
    if table.primary_key == (column.name,):
        return None
    found = [index for index in table.indexes if flag_index(column.name, index)]
    return min(found, key=lambda index: not index.unique, default=None)


def by_flag(table: Table, index: Index) -> bool:
    """Whether a field of the table makes the index."""
    return any(flagged(table, column) == index for column in table.columns)


def implied_method(table: Table, index: Index) -> str | None:
    """How Peewee keeps an index where it is not told: as the last of its fields keeps its own."""
    plain = [p.text for p in index.parts if not (p.expression or p.descending or p.collation)]
    column = table.find(plain[-1]) if plain else None
    if column is None:
        return None
    own = flags_of(table, column).index_type
    indexed = column.spelling is not None and column.foreign_key is None and _indexed_by_itself(False, column.spelling)
    return own or ("GIN" if indexed else None)


def flags_of(table: Table, column: Column) -> Flags:
    """The flags of a column in its table."""
    single = flagged(table, column)
    return Flags(
        index=single is not None and not single.unique,
        unique=single is not None and single.unique,
        index_type=single.using if single is not None else None,
        primary_key=table.primary_key == (column.name,),
    )


def field_call(schema: Schema, table: Table, column: Column, flags: Flags) -> FieldCall:
    """How the field of a column is written in its table; ``schema`` holds the tables it may refer to."""
    spelling = column.spelling or _spelling_of(column.type)
    keywords: list[tuple[str, Any]] = [*_type_arguments(column, spelling), *spelling.args]
    keywords += _key_arguments(schema, table, column)
    keywords += _flag_arguments(column, flags, spelling)
    if column.fill is not None or spelling.kind in _WITH_A_DEFAULT:
        keywords.append(("default", column.fill))
    if column.name != default_column(column):
        keywords.append(("column_name", column.name))
    if column.sequence is not None:
        keywords.append(("sequence", column.sequence))
    constraints = _constraint_arguments(column)
    if constraints:
        keywords.append(("constraints", constraints))
    if column.collation is not None:
        keywords.append(("collation", column.collation))
    kind = spelling.kind
    positional: tuple[ModelOf, ...] = ()
    key = column.foreign_key
    if key is not None:
        later = key.deferred and key.target not in schema.tables
        kind = "peewee.DeferredForeignKey" if later else "peewee.ForeignKeyField"
        positional = (ModelOf(key.target, deferred=later, itself=_same(key, table)),)
    elif kind == "peewee.ForeignKeyField":
        kind = _spelling_of(column.type).kind
    return FieldCall(
        kind=kind,
        positional=positional,
        keywords=tuple(keywords),
        own_name=spelling.own_name,
        own_type=spelling.own_type,
    )


def _spelling_of(type_: Type) -> Spelling:
    """The field class for a type no model wrote: one that came from raw SQL or from a database."""
    name = FIELD_OF_TYPE.get(type_.name)
    if name is not None and not type_.raw and len(type_.args) <= len(_ARGUMENTS.get(type_.name, ())):
        return Spelling(kind=f"peewee.{name}")
    words = "".join(part for part in type_.name.title() if part.isalnum())
    # What Peewee has a word for it may write otherwise, as JSON on SQLite; its words are in upper case.
    own_type = str(type_).lower() if name is not None else str(type_)
    return Spelling(kind="peewee.Field", own_name=f"{words or 'Own'}Field", own_type=own_type)


def _type_arguments(column: Column, spelling: Spelling) -> list[tuple[str, Any]]:
    type_ = column.type
    if column.foreign_key is not None:
        return []
    names = _ARGUMENTS_OF_KIND.get(spelling.kind, ()) if spelling.own_name else _ARGUMENTS.get(type_.name, ())
    if "max_length" in names and not type_.args:
        return [("max_length", None)]
    return list(zip(names, type_.args, strict=False))


def _same(key: ForeignKey, table: Table) -> bool:
    return (key.table, key.schema) == (table.name, table.schema)


def _key_arguments(schema: Schema, table: Table, column: Column) -> list[tuple[str, Any]]:
    key = column.foreign_key
    if key is None:
        return []
    target = table if _same(key, table) else schema.tables.get(key.target)
    refers = target.find(key.column) if target is not None and key.column else None
    own_key = target is None or target.primary_key == (key.column,)
    wanted = [
        ("field", None if own_key or refers is None else refers.field_name),
        ("on_delete", key.on_delete),
        ("on_update", key.on_update),
        ("deferrable", key.deferrable),
        ("constraint_name", key.name),
        ("_deferred", True if key.deferred and target is not None else None),
    ]
    return [(name, value) for name, value in wanted if value is not None]


def _flag_arguments(column: Column, flags: Flags, spelling: Spelling) -> list[tuple[str, Any]]:
    keywords: list[tuple[str, Any]] = []
    if column.null:
        keywords.append(("null", True))
    is_key = column.foreign_key is not None
    if flags.unique:
        keywords.append(("unique", True))
    elif flags.index != _indexed_by_itself(is_key, spelling):
        keywords.append(("index", flags.index))
    own = "GIN" if not is_key and _indexed_by_itself(is_key, spelling) else None
    if flags.index_type is not None and flags.index_type != own:
        keywords.append(("index_type", flags.index_type))
    if flags.primary_key and not spelling.kind.endswith(KEY_FIELDS):
        keywords.append(("primary_key", True))
    return keywords


_INDEXED = ("ArrayField", "BinaryJSONField", "HStoreField", "TSVectorField")


def _indexed_by_itself(is_key: bool, spelling: Spelling) -> bool:
    """Whether the class makes an index without being asked: foreign keys, and PostgreSQL's GIN fields."""
    return is_key or spelling.kind in {f"playhouse.postgres_ext.{name}" for name in _INDEXED}


def default_column(column: Column) -> str:
    """The column Peewee gives to a field of this name."""
    name = column.field_name
    return name if column.foreign_key is None or name.endswith("_id") else f"{name}_id"


def _constraint_arguments(column: Column) -> list[SqlText | CheckText]:
    found: list[SqlText | CheckText] = []
    # What goes on behind NOT NULL comes first: Peewee writes the texts in their order.
    conflicts = [c for c in column.constraints if conflict_action(c.sql) is not None]
    found += [constraint_argument(c) for c in conflicts]
    if column.default is not None:
        found.append(SqlText(f"DEFAULT {column.default}"))
    if column.generated is not None:
        kind = "STORED" if column.generated.stored else "VIRTUAL"
        found.append(SqlText(f"GENERATED ALWAYS AS ({column.generated.expression}) {kind}"))
    return found + [constraint_argument(c, column.name) for c in column.constraints if c not in conflicts]


def constraint_argument(constraint: Constraint, column: str = "") -> SqlText | CheckText:
    """A constraint as the argument that makes it."""
    expression = check_expression(constraint.sql)
    if expression is not None:
        return CheckText(expression, constraint.name)
    text = in_column(constraint.sql, column) if column else constraint.sql
    return SqlText(f"CONSTRAINT {quote_name(constraint.name)} {text}" if constraint.name else text)
