"""What kind of constraint a text is."""

from __future__ import annotations

from peewit.sql.tokens import matching, significant, tokenize_either


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
