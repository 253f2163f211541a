"""Values that differ in each row, for a column that is unique."""

from __future__ import annotations

from collections.abc import Mapping

from peewit.schema.values import Column, Index

_BITS = {"SMALLINT": 15, "INT": 31, "BIGINT": 63}
_UUID = 32
"""So many digits has a UUID."""


def all_the_same(index: Index, new: Mapping[str, Column]) -> Column | None:
    """The first column of a unique index of which all are new, each with one value in all rows; else None."""
    columns = [new.get(part.text.lower()) for part in index.parts if not part.expression]
    same = [column for column in columns if column is not None and column.same_in_all_rows]
    return same[0] if index.unique and index.where is None and len(same) == len(index.parts) else None


def own_values(column: Column) -> str:
    """An expression in Python that gives each row a value of its own; ``EXPR`` where only the developer knows one."""
    name, limit = column.type.name, column.type.args[0] if column.type.args else None
    if column.foreign_key is not None:
        return "EXPR"
    if name in ("UUID", "UUIDB"):
        return "uuid.uuid4()"
    if name in _BITS:
        return f"random.getrandbits({_BITS[name]})"
    if name not in ("VARCHAR", "CHAR", "TEXT"):
        return "EXPR"
    if not isinstance(limit, int) or limit > _UUID + 4:
        return "str(uuid.uuid4())"
    return "uuid.uuid4().hex" if limit >= _UUID else f"uuid.uuid4().hex[:{limit}]"
