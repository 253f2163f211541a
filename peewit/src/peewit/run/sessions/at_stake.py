"""Whether a migration that copies or drops something has anything to lose: in questions to the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from peewit.compile import Execute, Statement
from peewit.operations import DropColumn, DropTable, Operation, RunSql
from peewit.sql import quote_name, tokenize


def at_stake(operations: Iterable[Operation], statements: Iterable[Statement]) -> list[str]:
    """The questions whether anything is copied or dropped: each gives a row where there is something to lose."""
    return [
        *(question for operation in operations for question in _dropped(operation)),
        *(_any_of(s.copying.table) for s in statements if isinstance(s, Execute) and s.copying),
    ]


def _any_of(table: str) -> str:
    """Whether a table has any row."""
    return f"SELECT 1 FROM {quote_name(table)} LIMIT 1"


def _dropped(operation: Operation) -> Iterator[str]:
    match operation:
        case DropTable(table=table):
            yield _any_of(table)
        case DropColumn(table=table, column=column):
            yield f"SELECT 1 FROM {quote_name(table)} WHERE {quote_name(column)} IS NOT NULL LIMIT 1"
        case RunSql(sql=sql):
            yield from _dropped_by_hand(sql)
        case _:
            pass


def _dropped_by_hand(sql: str) -> Iterator[str]:
    """``DROP TABLE`` and ``ALTER TABLE … DROP``: each name in them may be the table's."""
    if "drop" not in sql.lower():
        return
    words = [token for token in tokenize(sql) if token.kind in ("word", "name")]
    if len(words) < 2:
        return
    verb, what, *names = words
    if verb.is_word("drop", "alter") and what.is_word("table") and any(t.is_word("drop") for t in (verb, *names)):
        yield from (_any_of(name.value) for name in names)
