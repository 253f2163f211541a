"""Changing a text at some places and leaving every other character as it is.

Between `peewit.sql.tokens` and `peewit.sql.edit_table`: it knows commas, spaces and comments, not
tables. An edit is a span and the text to stand there; spaces are added only next to new text or
where a removal would join two words.
"""

from collections.abc import Sequence

from peewit.sql.tokens import Span, Token, significant, tokenize

Edit = tuple[Span, str]

_SPACES = " \t\n\f\r\v"


def splice(sql: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made, which must not overlap."""
    text, end = "", 0
    for span, new in sorted(edits, key=lambda edit: edit[0].start):
        text += sql[end : span.start] + new
        end = span.end
    return text + sql[end:]


def replacement(sql: str, span: Span, new: str) -> Edit:
    """Put `new` at `span`, with a space where it would run into its neighbours.

    A line comment at the end of `new` gets its line end, so that it swallows nothing.
    """
    text = closed(new)
    left, right = sql[: span.start][-1:], sql[span.end : span.end + 1]
    if left and left not in _SPACES + "(,." and text[:1] not in _SPACES + "),;":
        text = " " + text
    if right and right not in _SPACES + "(),.;" and text[-1:] not in _SPACES + "(,":
        text += " "
    return span, text


def closed(text: str) -> str:
    """The text, with a line end when it ends in a line comment."""
    tokens = tokenize(text)
    return text + "\n" if tokens and tokens[-1].is_line_comment else text


def removal(sql: str, span: Span) -> Edit:
    """Take the text at `span` away with the space before it, unless that space is still needed."""
    before = [token for token in tokenize(sql) if token.end <= span.start and token.kind != "space"]
    start = before[-1].end if before else 0
    rest = sql[span.end :]
    if rest and rest[0] not in _SPACES + ",);":
        needs_space = start == span.start and not before[-1].is_op("(", ",")
        return span, " " if needs_space else ""
    if before and before[-1].is_line_comment:
        # The line end must stay, right behind the comment.
        return (Span(start, span.end + _end_of_line(rest)), "") if _starts_line(rest) else (span, "")
    return Span(start, span.end), ""


def _end_of_line(rest: str) -> int:
    return len(rest) - len(rest.lstrip(" \t\r"))


def _starts_line(text: str) -> bool:
    return "\n" in text[: len(text) - len(text.lstrip(_SPACES))]


def item_removal(sql: str, span: Span) -> list[Edit]:
    """Take one item of a comma-separated list away, and the comma that it no longer needs."""
    before, after = _neighbours(sql, span)
    if after is not None and after.is_op(","):
        return _removal_with_next_comma(sql, span, after)
    is_last = after is None or after.is_op(")", ";")
    if is_last and before is not None and before.is_op(","):
        if not sql[before.end : span.start].strip(_SPACES):
            return [(Span(before.start, span.end), "")]
        return [(Span(before.start, before.end), ""), removal(sql, span)]
    return [removal(sql, span)]


def _neighbours(sql: str, span: Span) -> tuple[Token | None, Token | None]:
    tokens = significant(tokenize(sql))
    before = [token for token in tokens if token.end <= span.start]
    after = (token for token in tokens if token.start >= span.end)
    return before[-1] if before else None, next(after, None)


def _removal_with_next_comma(sql: str, span: Span, comma: Token) -> list[Edit]:
    if sql[span.end : comma.start].strip(_SPACES):
        return [(span, ""), (Span(comma.start, comma.end), "")]
    indent = len(sql[: span.start].rstrip(" \t"))
    rest = sql[comma.end :]
    if sql[:indent].endswith("\n") and _starts_line(rest):
        # It has its lines to itself: they go as a whole.
        line_end = indent - 2 if sql[:indent].endswith("\r\n") else indent - 1
        return [(Span(line_end, comma.end + len(rest) - len(rest.lstrip(" \t"))), "")]
    return [(Span(span.start, comma.end + len(rest) - len(rest.lstrip(" \t"))), "")]


def appended(sql: str, last: Span, item: str) -> list[Edit]:
    """Put an item behind the one at `last`, on a line of its own when that one has one.

    Comments on the line of `last` stay with it, and none swallows the new item.
    """
    _, after = _neighbours(sql, last)
    if after is not None and after.is_op(","):
        return _appended_between(sql, last, after, item)
    end, in_line_comment = _end_of_comments(sql, last.end)
    lead = _lead(sql, last, in_line_comment=in_line_comment)
    if end == last.end:
        return [(Span(end, end), f",{lead}{closed(item)}")]
    return [(Span(last.end, last.end), ","), (Span(end, end), f"{lead}{closed(item)}")]


def _appended_between(sql: str, last: Span, comma: Token, item: str) -> list[Edit]:
    end, in_line_comment = _end_of_comments(sql, comma.end)
    if not _starts_line(sql[end:]):
        # Comments in the middle of a line belong to what follows them.
        end, in_line_comment = comma.end, False
    lead = _lead(sql, last, in_line_comment=in_line_comment)
    return [(Span(end, end), f"{lead}{closed(item)},")]


def _end_of_comments(sql: str, start: int) -> tuple[int, bool]:
    """Where the comments behind `start` on its line end, and whether the last is a line comment."""
    end, is_line = start, False
    for token in tokenize(sql):
        if token.start < start:
            continue
        if token.kind == "comment":
            end, is_line = token.end, token.is_line_comment
        elif token.kind != "space" or "\n" in token.text:
            break
    return end, is_line


def _lead(sql: str, last: Span, *, in_line_comment: bool) -> str:
    """What separates a new item from the one at `last`: a line and its indent, or a space."""
    before = sql[: last.start]
    line = before[len(before.rstrip(" \t")) :]
    if before[: len(before) - len(line)].endswith("\n"):
        return "\n" + line
    return "\n" if in_line_comment else " "
