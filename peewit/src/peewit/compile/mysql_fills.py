"""What fills the rows that are NULL, on MariaDB and MySQL: when, with what, and by what the rows are told apart."""

from __future__ import annotations

from peewit.compile import mysql_types as types
from peewit.compile.server_work import Alteration, Fill, Work
from peewit.dialects import MysqlDialect
from peewit.errors import SqlError
from peewit.schema import Default
from peewit.sql import literal


def spellings(alteration: Alteration, dialect: MysqlDialect) -> tuple[str, str]:
    """The types of a column, before and after, as the server is told them."""
    return dialect.spell(alteration.before.type), dialect.spell(alteration.after.type)


def is_early(work: Work, fill: Fill, dialect: MysqlDialect) -> bool:
    """Whether a column can be filled before it is changed."""
    return work.fits_before(fill, lambda a: len(set(map(types.family, spellings(a, dialect)))) == 1)


def by_default(fill: Fill, dialect: MysqlDialect) -> bool:
    """Whether a new column gets its value through a DEFAULT, with the column itself."""
    return fill.new and constant(fill.value, dialect) is not None


def constant(value: Default, dialect: MysqlDialect) -> str | None:
    """The DEFAULT that gives every row a value; None where it is not one value, or has no literal."""
    if value.called or value.value is None:
        return None
    try:
        text = literal(value.value, dialect.literals)
    except SqlError:
        return None
    return text if dialect.mariadb or not isinstance(value.value, str | bytes) else f"({text})"


def row_keys(work: Work, fill: Fill, dialect: MysqlDialect) -> tuple[str, ...]:
    """What tells rows from each other while a column is filled: the key as it is by then, if that is one."""
    early = is_early(work, fill, dialect)
    later = work.primary_key is not None and not early
    keys = (work.primary_key or ()) if later else work.found.table.primary_key
    gone = set() if early else set(work.dropped)
    return () if gone & set(keys) or fill.column in keys else keys


def is_fillable(work: Work, fill: Fill, dialect: MysqlDialect) -> bool:
    """Whether rows can be told from each other; where they cannot, a guard has seen that there are none."""
    return not fill.value.called or bool(row_keys(work, fill, dialect))
