"""What kind of constraint a text is: a rule that a table can be given, or words of a column's own definition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from peewit.sql.quoting import quote_name
from peewit.sql.tokens import Token, TokenRules, matching, significant, tokenize, tokenize_either

_RULES = ("CHECK", "CONSTRAINT", "EXCLUDE", "FOREIGN", "PRIMARY", "REFERENCES", "UNIQUE")
_OTHERS = (
    ("ON", "UPDATE"),
    ("NOT", "NULL"),
    ("CHARACTER", "SET"),
    *((word,) for word in ("CHARSET", "COLLATE", "COMMENT", "DEFAULT", "GENERATED", "INVISIBLE", "NULL")),
    *((word,) for word in ("SIGNED", "UNSIGNED", "VISIBLE", "ZEROFILL")),
)
_BEFORE_A_VALUE = ("BY", "COLLATE", "COMMENT", "CONSTRAINT", "DEFAULT", "NOT", "SET")
"""What comes behind such a word begins nothing, as the NULL of DEFAULT NULL."""


def check_expression(sql: str) -> str | None:
    """The expression of ``CHECK (…)``; None where the text is anything else, or more than that."""
    tokens = significant(tokenize_either(sql))
    if len(tokens) < 3 or not tokens[0].is_word("CHECK") or tokens[1].text != "(":
        return None
    closing = matching(tokens, 1)
    if closing != len(tokens) - 1:
        return None
    inside = tokens[2:closing]
    return sql[inside[0].start : inside[-1].end] if inside else None


def conflict_action(sql: str) -> str | None:
    """What ``ON CONFLICT …`` says for a NOT NULL of SQLite, upper-case; None where the text is anything else."""
    tokens = significant(tokenize_either(sql))
    conflict = len(tokens) == 3 and tokens[0].is_word("ON") and tokens[1].is_word("CONFLICT")
    return tokens[2].text.upper() if conflict else None


def on_conflict(action: str | None) -> str:
    """What is written for an action of SQLite; nothing for the usual one."""
    return "" if action in (None, "ABORT") else f"ON CONFLICT {action}"


def unique_text(columns: Sequence[str], action: str | None = None) -> str:
    """A UNIQUE over columns, and what SQLite does with a row that breaks it."""
    return f"UNIQUE ({', '.join(map(quote_name, columns))}) {on_conflict(action)}".rstrip()


def unique_columns(sql: str, rules: TokenRules) -> tuple[str, ...]:
    """The columns of ``UNIQUE (…)``; none where the text says something else."""
    tokens = significant(tokenize(sql, rules))
    inside = next((place for place, token in enumerate(tokens) if token.is_op("(")), None)
    if inside is None or not tokens[0].is_word("UNIQUE"):
        return ()
    return tuple(token.value for token in tokens[inside:] if token.kind in ("word", "name", "string"))


def in_column(sql: str, column: str) -> str:
    """A constraint as it stands in a column's definition: its own UNIQUE without the list it stands for."""
    own = unique_text([column])
    rest = sql[len(own) :]
    return f"UNIQUE{rest}" if sql.startswith(own) and (not rest or rest.upper().startswith(" ON CONFLICT ")) else sql


def is_rule(sql: str) -> bool:
    """Whether a table takes the text as a constraint; else it can only stand in a column's definition."""
    return all(kind in _RULES for kind, _ in pieces(sql))


def pieces(sql: str) -> list[tuple[str, str]]:
    """What a text says, one by one, each under its first words: ``DEFAULT 5 COMMENT 'x'`` says two things."""
    tokens = significant(tokenize_either(sql))
    starts = list(_starts(tokens))
    ends = [*(tokens[place].start for place, _ in starts), len(sql)][1:]
    return [(kind, sql[tokens[place].start : end].strip()) for (place, kind), end in zip(starts, ends, strict=True)]


def _starts(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Where each of the things a text says begins, and its first words."""
    depth, kind = 0, ""
    for place, token in enumerate(tokens):
        depth += token.is_op("(") - token.is_op(")")
        if depth or token.kind != "word" or (place and tokens[place - 1].is_word(*_BEFORE_A_VALUE)):
            continue
        began = _kind(tokens[place : place + 2], inside=kind)
        if began or not place:
            kind = began or token.text.upper()
            yield place, kind


def _kind(words: Sequence[Token], inside: str) -> str:
    """The first words of what begins here, empty where nothing does or it is part of the rule it stands ``inside``."""
    if words[0].is_word(*_RULES):
        return "" if inside in ("CONSTRAINT", "FOREIGN") else words[0].text.upper()
    for start in _OTHERS:
        if [word.text.upper() for word in words[: len(start)]] == list(start):
            return "" if start == ("ON", "UPDATE") and inside in _RULES else " ".join(start)
    return ""
