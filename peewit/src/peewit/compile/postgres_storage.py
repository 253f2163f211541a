"""How PostgreSQL stores a column's values, where words of its definition say so: ``COMPRESSION lz4``, ``STORAGE MAIN``.

https://www.postgresql.org/docs/current/sql-altertable.html: both are for values to come; the rows stay as they are.
STORAGE DEFAULT is known since PostgreSQL 16, as is STORAGE in the CREATE TABLE of a model.
"""

from __future__ import annotations

from collections.abc import Iterator

from peewit.compile.server_work import Alteration
from peewit.dialects import PostgresDialect
from peewit.schema import Column
from peewit.sql import significant, tokenize

_WORDS = ("COMPRESSION", "STORAGE")


def is_storage(sql: str) -> bool:
    """Whether words of a column's definition only say how its values are stored."""
    tokens = significant(tokenize(sql))
    return len(tokens) == 2 and tokens[0].is_word(*_WORDS)


def store(alteration: Alteration, dialect: PostgresDialect) -> Iterator[str]:
    """The actions that make a column store its values as it is to; what is no longer said goes back to the usual."""
    before, after = _said(alteration.before), _said(alteration.after)
    for word in _WORDS:
        if before.get(word) == after.get(word):
            continue
        yield f"ALTER COLUMN {dialect.quoted(alteration.live.name)} SET {word} {after.get(word, 'DEFAULT')}"


def _said(column: Column) -> dict[str, str]:
    stored = (c.sql for c in column.constraints if is_storage(c.sql))
    pairs = (significant(tokenize(sql)) for sql in stored)
    return {word.text.upper(): value.text.upper() for word, value in pairs}
