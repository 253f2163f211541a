"""Words of SQL that belong to a column's definition on MariaDB and MySQL: ``COMMENT 'x'``, ``ON UPDATE …``.

No ADD takes them: they go into the definition that MODIFY COLUMN repeats, and out of it again.
"""

from __future__ import annotations

from dataclasses import replace

from peewit.compile.server_text import own_text
from peewit.compile.server_work import Alteration
from peewit.dataclass import dataclass
from peewit.dialects import MysqlDialect
from peewit.schema import Column, Table
from peewit.sql import canonical, is_rule, pieces

_OF_TYPES = ("CHARACTER SET", "CHARSET", "SIGNED", "UNSIGNED", "ZEROFILL")
_READ_BACK = ("CHECK", "COLLATE", "COMMENT", "DEFAULT", "GENERATED", "INVISIBLE", "NOT NULL", "NULL", "ON UPDATE")
"""What a column is known to have once it is there; of all else only the model knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a definition says beyond a column's value: ``kept`` are the kinds that stay as the server has them.

    ``of_type`` belongs right behind the type, ``rest`` at the end.
    """

    touched: frozenset[str]
    said: frozenset[str]
    of_type: str
    rest: str

    @property
    def touches_type(self) -> bool:
        """Whether the type itself becomes another one by its words."""
        return any(kind in self.touched for kind in _OF_TYPES)

    @property
    def touches_characters(self) -> bool:
        """Whether a set of characters is asked for, or no longer."""
        return bool(self.touched & {"CHARACTER SET", "CHARSET"})

    def kept(self, extras: str) -> str:
        """Of what a column has beyond its value, that which nobody asked to change."""
        return " ".join(text for kind, text in pieces(extras) if kind not in self.touched)


def says(column: Column) -> list[tuple[str, str]]:
    """What the words of a column's definition say, one by one."""
    return [piece for c in column.constraints if not is_rule(c.sql) for piece in pieces(c.sql)]


def without_default(column: Column) -> Column:
    """A column without the words that say a DEFAULT, where another one is said for a moment."""
    kept = (c for c in column.constraints if is_rule(c.sql) or all(kind != "DEFAULT" for kind, _ in pieces(c.sql)))
    return replace(column, constraints=tuple(kept))


def differ(alteration: Alteration) -> bool:
    """Whether a column gets other words than it had."""
    before, after = ([canonical(text) for _, text in says(column)] for column in (alteration.before, alteration.after))
    return before != after


def words_of(alteration: Alteration, table: Table, dialect: MysqlDialect) -> Words:
    """The words a changed column is to have."""
    wanted = says(alteration.after)
    touched = {kind for kind, _ in (*says(alteration.before), *wanted)} if differ(alteration) else set()
    rest = [text for k, text in wanted if k not in _OF_TYPES and (k in touched or k not in _READ_BACK)]
    return Words(
        touched=frozenset(touched),
        said=frozenset(kind for kind, _ in wanted),
        of_type=" ".join(text for kind, text in wanted if kind in _OF_TYPES),
        rest=own_text(" ".join(rest), table, dialect),
    )


def says_on_update(column: Column) -> bool:
    """Whether a column's words have every UPDATE of a row set it."""
    return any(kind == "ON UPDATE" for kind, _ in says(column))
