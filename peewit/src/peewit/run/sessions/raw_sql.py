"""What a raw statement is to a run that may be killed: whether it writes, can be undone, or may run twice.

Nothing here is certain of what a statement does; where the words do not tell, the answer is the careful one.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from peewit.dialects import Dialect
from peewit.sql import TokenRules, significant, tokenize

_READING = {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC"}
_WRITING = {"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "INTO", "NEXTVAL", "SETVAL"}
_OF_CONNECTION = {
    *(
        "SET",
        "RESET",
        "PRAGMA",
        "USE",
        "ATTACH",
        "DETACH",
        "LOCK",
        "UNLOCK",
        "DISCARD",
        "LISTEN",
        "PREPARE",
        "DEALLOCATE",
    ),
    *("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"),
}
_AGAIN = {"VACUUM", "ANALYZE", "REINDEX", "OPTIMIZE", "CHECKPOINT", "CHECK", "FLUSH", "REFRESH", "CLUSTER"}
_ROWS = {"INSERT", "UPDATE", "DELETE", "REPLACE", "SELECT", "WITH", "VALUES"}
_SCHEMA = {"CREATE", "ALTER", "DROP"}
_WHOLE = {
    "sqlite": _ROWS | _SCHEMA,
    "postgres": _ROWS | _SCHEMA | {"MERGE", "TRUNCATE", "COMMENT", "GRANT", "REVOKE"},
    "mysql": _ROWS,
}
"""What each database can undo with a transaction, by its first word."""

_NEVER_WHOLE = {"CONCURRENTLY", "DATABASE", "TABLESPACE", "SYSTEM", "SUBSCRIPTION", "COMMIT", "ROLLBACK", "CALL"}
"""With one of these words in it, it may not be part of a transaction, or may end it."""

_PARTLY = {"CALL", "DO", "LOAD", "EXECUTE"}
"""What may have done a part when it fails."""

_SHOWN = {"TABLE", "TABLES", "INDEX", "VIEW", "TRIGGER"}
_HIDDEN = {"PARTITION", "PARTITIONS", "PROCEDURE", "FUNCTION", "EVENT", "USER", "ROLE", "TABLESPACE", "TEMPORARY"}


class Nature(Enum):
    """How a raw statement of a file is run, and what becomes of it in a run that was killed."""

    CONNECTION = "it sets up the connection: every run runs it"
    AGAIN = "in no transaction, and running it twice does no harm"
    WHOLE = "in one transaction with its mark"
    ALONE = "in no transaction: what was begun has to be looked at"


def nature(sql: str, dialect: Dialect) -> Nature:
    """What a raw statement is to a run that may be killed."""
    words = _words(sql, dialect.rules)
    first = words[0]
    if first in _OF_CONNECTION:
        return Nature.CONNECTION
    if first in _AGAIN:
        return Nature.AGAIN
    whole = first in _WHOLE[dialect.name] and not _NEVER_WHOLE.intersection(words)
    return Nature.WHOLE if whole else Nature.ALONE


def reads(sql: str, dialect: Dialect) -> bool:
    """Whether a statement writes nothing that a run killed after it would leave behind."""
    words = _words(sql, dialect.rules)
    if words[0] in _READING:
        return not _WRITING.intersection(words)
    return words[0] in _OF_CONNECTION | _AGAIN


def undone_by_failing(sql: str, dialect: Dialect) -> bool:
    """Whether a statement that fails has certainly done nothing."""
    words = _words(sql, dialect.rules)
    return not (_PARTLY | _NEVER_WHOLE).intersection(words)


def shows(sql: str, dialect: Dialect) -> bool:
    """Whether the tables a statement speaks of show that it was done: it changes how they are described."""
    words = _words(sql, dialect.rules)
    described = words[0] in _SCHEMA | {"RENAME"} and bool(_SHOWN.intersection(words[:6]))
    return described and not _HIDDEN.intersection(words)


def may_swap(sql: str, dialect: Dialect) -> bool:
    """Whether a statement may let two names change places: then what is called what says nothing of it."""
    return bool({"RENAME", "CHANGE", "EXCHANGE"}.intersection(_words(sql, dialect.rules)))


@lru_cache(maxsize=256)
def _words(sql: str, rules: TokenRules) -> tuple[str, ...]:
    """The bare words of a text, in capitals; never none."""
    words = tuple(token.text.upper() for token in significant(tokenize(sql, rules)) if token.kind == "word")
    return words or ("",)
