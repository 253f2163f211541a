"""An index as MariaDB and MySQL take it, and what they have not."""

from __future__ import annotations

from itertools import pairwise

from peewit.compile.server_text import index_keys
from peewit.dialects import MysqlDialect
from peewit.errors import UnsupportedChangeError
from peewit.schema import Index, Table
from peewit.sql import MYSQL_RULES, significant, tokenize


def index_text(table: Table, index: Index, name: str, dialect: MysqlDialect) -> str:
    """An index as CREATE TABLE and ALTER TABLE take it; UnsupportedChangeError for one that cannot be."""
    if index.where is not None:
        raise UnsupportedChangeError(
            f'"{table.key}" cannot have the index on {", ".join(index.columns) or "an expression"} '
            f"WHERE {index.where}: MariaDB and MySQL have no partial indexes",
            hint="index all rows, or a generated column that is null for the others",
        )
    for part in index.parts if dialect.mariadb else ():
        if part.expression and _is_computed(part.text, dialect):
            raise UnsupportedChangeError(
                f'"{table.key}" cannot have the index on {part.text}: MariaDB has no indexes on expressions',
                hint="index a generated column",
            )
    keys = index_keys(index, table, dialect)
    if index.using in ("FULLTEXT", "SPATIAL"):
        return f"{index.using} INDEX {dialect.quoted(name)} {keys}"
    unique = "UNIQUE " if index.unique else ""
    using = f" USING {index.using}" if index.using else ""
    return f"{unique}INDEX {dialect.quoted(name)}{using} {keys}"


def _is_computed(text: str, dialect: MysqlDialect) -> bool:
    """Whether a key is more than a column, its direction, or the beginning of it: ``name(10)``."""
    words = [token.text for token in significant(tokenize(text, dialect.rules))]
    return words[:1] == ["("] or (words[1:2] == ["("] and not words[2].isdecimal())


def adds_key_or_rule(sql: str) -> bool:
    """Whether an ALTER TABLE goes through the rows for what it adds."""
    words = significant(tokenize(sql, MYSQL_RULES))
    added = ("index", "unique", "fulltext", "spatial", "primary", "foreign", "constraint", "check")
    return any(word.is_word("add") and then.is_word(*added) for word, then in pairwise(words))
