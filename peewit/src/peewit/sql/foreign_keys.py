"""A table's foreign key as a text: what it says, and the same with another name for what it leads to."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.dataclass import dataclass
from peewit.sql.quoting import quote_name
from peewit.sql.tokens import Token, fold_case, matching, significant, tokenize_either


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """What ``FOREIGN KEY (a, b) REFERENCES s.t (x, y)`` says; ``targets`` is empty where it leaves them to the key."""

    columns: tuple[str, ...]
    schema: str | None
    table: str
    targets: tuple[str, ...]
    schema_token: Token | None
    table_token: Token
    target_tokens: tuple[Token, ...]

    def leads_to(self, table: str, schema: str | None) -> bool:
        """Whether it leads to a table."""
        return (fold_case(self.table), self.schema) == (fold_case(table), schema)

    def is_like(self, columns: Sequence[str], table: str, targets: Sequence[str]) -> bool:
        """Whether it leads from these columns to those of a table, in whatever case they are written."""
        own, there = ([fold_case(name) for name in names] for names in (self.columns, self.targets))
        same = own == [fold_case(name) for name in columns] and fold_case(self.table) == fold_case(table)
        return same and (not there or there == [fold_case(name) for name in targets])


def read_key(sql: str) -> KeyText | None:
    """What a foreign key's text says; None where the text is anything else."""
    if sql[:7].upper() != "FOREIGN":
        return None
    tokens = significant(tokenize_either(sql))
    words = [token.text.upper() for token in tokens]
    if words[:3] != ["FOREIGN", "KEY", "("] or "REFERENCES" not in words:
        return None
    start = words.index("REFERENCES")
    path = [start + 1, start + 3] if words[start + 2 : start + 3] == ["."] else [start + 1]
    if path[-1] >= len(tokens):
        return None
    opening = path[-1] + 1
    listed = _names(tokens, opening) if words[opening : opening + 1] == ["("] else ()
    return KeyText(
        columns=tuple(map(_name, _names(tokens, 2))),
        schema=_name(tokens[path[0]]) if len(path) > 1 else None,
        table=_name(tokens[path[-1]]),
        targets=tuple(map(_name, listed)),
        schema_token=tokens[path[0]] if len(path) > 1 else None,
        table_token=tokens[path[-1]],
        target_tokens=listed,
    )


def with_table(sql: str, old: str, schema: str | None, new: str, into: str | None) -> str:
    """A constraint's text where the table ``old``, to which it may lead, is called ``new`` and stands in ``into``."""
    key = read_key(sql)
    if key is None or not key.leads_to(old, schema):
        return sql
    if into == schema:
        return _replaced(sql, [key.table_token], new)
    start = (key.schema_token or key.table_token).start
    path = ".".join(_quoted(name, key.table_token) for name in (into, new) if name is not None)
    return sql[:start] + path + sql[key.table_token.end :]


def with_target(sql: str, table: str, schema: str | None, old: str, new: str) -> str:
    """A constraint's text where the column ``old`` of the table, to which it may lead, is called ``new``."""
    key = read_key(sql)
    if key is None or not key.leads_to(table, schema):
        return sql
    return _replaced(sql, [token for token in key.target_tokens if fold_case(_name(token)) == fold_case(old)], new)


def _replaced(sql: str, tokens: Sequence[Token], new: str) -> str:
    for token in reversed(tokens):
        sql = sql[: token.start] + _quoted(new, token) + sql[token.end :]
    return sql


def _quoted(name: str, instead: Token) -> str:
    """A name in the quotes of the one whose place it takes."""
    return quote_name(name, "`" if instead.text[0] == "`" else '"')


def _names(tokens: Sequence[Token], opening: int) -> tuple[Token, ...]:
    inside = tokens[opening + 1 : matching(tokens, opening)]
    return tuple(token for token in inside if not token.is_op(","))


def _name(token: Token) -> str:
    """A name, also where MariaDB and MySQL would take its double quotes for a string's."""
    return token.text[1:-1].replace('""', '"') if token.text[0] == '"' else token.value
