"""A place in a token list that moves forward: what the parsers of `peewit.sql` read with."""

from collections.abc import Sequence

from peewit.errors import SqlError
from peewit.sql.keywords import RESERVED
from peewit.sql.tokens import Span, Token, fold_case, folded, matching, significant, tokenize


class Reader:
    """The significant tokens of a text, or of a part of it, and how far they have been read."""

    __slots__ = ("_index", "_sql", "_tokens", "_words")

    def __init__(self, sql: str, tokens: Sequence[Token] | None = None) -> None:
        """Start at the first of `tokens`, which are those of the whole text unless given."""
        self._sql = sql
        self._tokens = significant(tokenize(sql)) if tokens is None else tuple(tokens)
        self._words = tuple([fold_case(token.text) if token.kind == "word" else "" for token in self._tokens])
        self._index = 0

    @property
    def done(self) -> bool:
        """Whether all tokens have been read."""
        return self._index >= len(self._tokens)

    @property
    def last(self) -> Token:
        """The token read last."""
        return self._tokens[self._index - 1]

    def text(self, span: Span) -> str:
        """The text that stands there, as written."""
        return span.of(self._sql)

    def peek(self, offset: int = 0) -> Token | None:
        """The next token, or one further ahead, without reading it."""
        index = self._index + offset
        return self._tokens[index] if index < len(self._tokens) else None

    def at(self, *words: str) -> bool:
        """Whether these keywords come next, in this order."""
        start = self._index
        return self._words[start : start + len(words)] == folded(words)

    def at_any(self, *words: str) -> bool:
        """Whether one of these keywords comes next."""
        next_word = "" if self.done else self._words[self._index]
        return next_word != "" and next_word in folded(words)

    def at_op(self, text: str) -> bool:
        """Whether this punctuation mark comes next."""
        token = self.peek()
        return token is not None and token.is_op(text)

    def take(self) -> Token:
        """Read one token."""
        token = self.peek()
        if token is None:
            raise SqlError(f"SQL text ends too early: {self._sql!r}")
        self._index += 1
        return token

    def accept(self, *words: str) -> bool:
        """Read these keywords if they come next."""
        found = self.at(*words)
        if found:
            self._index += len(words)
        return found

    def accept_op(self, text: str) -> bool:
        """Read this punctuation mark if it comes next."""
        found = self.at_op(text)
        if found:
            self._index += 1
        return found

    def expect(self, *words: str) -> None:
        """Read these keywords, or fail."""
        if not self.accept(*words):
            raise self.unexpected(" ".join(words))

    def name(self) -> Token:
        """Read an identifier: a word, a quoted name or, as SQLite accepts, a string."""
        token = self.peek()
        if token is None or not can_be_name(token):
            raise self.unexpected("a name")
        return self.take()

    def group(self) -> tuple[Token, ...]:
        """Read a parenthesised group and give the tokens inside it."""
        if not self.at_op("("):
            raise self.unexpected("'('")
        start, closing = self._index, matching(self._tokens, self._index)
        self._index = closing + 1
        return self._tokens[start + 1 : closing]

    def unexpected(self, wanted: str) -> SqlError:
        """The error that something else stands here."""
        token = self.peek()
        found = "the end" if token is None else f"{token.text!r} at position {token.start}"
        return SqlError(f"SQL text has {found} where {wanted} should stand: {self._sql!r}")


def can_be_name(token: Token) -> bool:
    """Whether SQLite takes this token for an identifier."""
    if token.kind == "word":
        return fold_case(token.text) not in RESERVED
    return token.kind in ("name", "string")


def name_of(token: Token) -> str:
    """The name an identifier token stands for."""
    return token.text[1:-1].replace("''", "'") if token.kind == "string" else token.value


def span_of(tokens: Sequence[Token]) -> Span:
    """From the first to the last of some tokens, of which there is at least one."""
    return Span(tokens[0].start, tokens[-1].end)


def read_qualified_name(reader: Reader) -> tuple[str | None, Token]:
    """Read `name` or `schema.name`: the schema, and the token of the name."""
    first = reader.name()
    if not reader.accept_op("."):
        return None, first
    return name_of(first), reader.name()
