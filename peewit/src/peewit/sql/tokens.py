"""Cutting SQL text into tokens, and what can be asked of a text by its tokens alone.

The lowest step of `peewit.sql`: everything that reads or edits SQL text stands on `tokenize`.
The default rules are SQLite's, https://www.sqlite.org/lang_keywords.html and `tokenize.c`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from peewit.dataclass import dataclass
from peewit.errors import SqlError
from peewit.sql.keywords import CONSTANTS, OPERATORS, RESERVED, SESSION_CONSTANTS, SUFFIXES
from peewit.sql.quoting import quote_name

TokenKind = Literal["space", "comment", "word", "name", "string", "blob", "number", "param", "op"]

SPACES = " \t\n\f\r\v\ufeff"
# What a word is made of, said by the few characters it is not: a class of all letters there are takes long to compile.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_FIRST_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
_FURTHER = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_WORD = rf"(?!\ufeff){_FIRST}{_FURTHER}*"
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_NUMBER = rf"0[xX][0-9A-Fa-f]+|(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_OPERATORS = (
    r"<=>|->>|->|!~~\*|!~~|!~\*|!~|~~\*|~~|~\*|\#>>|\#>|@>|<@|&&|"
    r"\|\||<>|!=|<=|>=|==|<<|>>|::|:=|."
)
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_NAMES_OTHER_THINGS = ("as", "collate", "constraint", "references")
"""Keywords whose next name is no column."""
_SPELLINGS = {"!=": "<>", "==": "="}


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `sql[start:end]`. Positional, as `slice` is."""

    start: int
    end: int

    def of(self, sql: str) -> str:
        """The text that stands there."""
        return sql[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """Where databases read the same characters differently."""

    bracket_names: bool = True
    """`[a b]` is a name, not an array subscript."""
    prefixed_strings: bool = False
    """`E'a\\'b'`, `B'01'` and `N'x'` are one string each."""
    backslash_escapes: bool = False
    """A backslash in any string takes the next character along."""
    mysql_comments: bool = False
    """`#` opens a comment, and `--` only when a space follows."""
    double_quotes: Literal["name", "string"] = "name"


SQLITE_RULES = TokenRules()
POSTGRES_RULES = TokenRules(bracket_names=False, prefixed_strings=True)
MYSQL_RULES = TokenRules(bracket_names=False, backslash_escapes=True, mysql_comments=True, double_quotes="string")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One piece of an SQL text: `text` is `sql[start:end]`."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """The name inside the quotes for a quoted name; the text itself for all others."""
        if self.kind != "name":
            return self.text
        inner, quote = self.text[1:-1], self.text[0]
        return inner if quote == "[" else inner.replace(quote * 2, quote)

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the keywords, bare, in any case."""
        return self.kind == "word" and fold_case(self.text) in folded(words)

    def is_op(self, *texts: str) -> bool:
        """Whether this is one of the operators or punctuation marks."""
        return self.kind == "op" and self.text in texts

    @property
    def is_line_comment(self) -> bool:
        """Whether this is a comment that only a line end closes."""
        return self.kind == "comment" and not self.text.startswith("/*")


def fold_case(text: str) -> str:
    """Lower-case as SQLite compares names: the letters A to Z only."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


@lru_cache(maxsize=1024)
def folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Keywords as :func:`fold_case` has them: the same few are asked for at every token."""
    return tuple(map(fold_case, words))


def is_plain(name: str) -> bool:
    """Whether a name can stand without quotes as far as its characters go."""
    return re.fullmatch(_WORD, name) is not None


@lru_cache(maxsize=512)
def tokenize(sql: str, rules: TokenRules = SQLITE_RULES) -> tuple[Token, ...]:
    """Every character of `sql`, in order, as tokens; `SqlError` for a quote that is never closed."""
    found = []
    for match in _pattern(rules).finditer(sql):
        text, start = match.group(), match.start()
        if text in ("'", '"', "`") or (text == "[" and rules.bracket_names):
            kind = "string" if text == "'" else "name"
            raise SqlError(f"{kind} that opens at position {start} is never closed")
        found.append(Token(kind=_kind(match.lastgroup), text=text, start=start, end=match.end()))
    return tuple(found)


def _kind(group: str | None) -> TokenKind:
    match group:
        case "space" | "comment" | "word" | "name" | "string" | "blob" | "number" | "param":
            return group
        case "prefixed" | "dollar":
            return "string"
        case _:
            return "op"


@lru_cache
def _pattern(rules: TokenRules) -> re.Pattern[str]:
    escape = r"\\.|" if rules.backslash_escapes else ""
    plain = r"\\" if rules.backslash_escapes else ""
    single = rf"'(?:{escape}''|[^'{plain}])*+'"
    double = rf'"(?:{escape}""|[^"{plain}])*+"' if rules.double_quotes == "string" else r'"(?:""|[^"])*+"'
    names = [r"`(?:``|[^`])*+`"] + [r"\[[^\]]*\]"] * rules.bracket_names
    strings = [single]
    (strings if rules.double_quotes == "string" else names).append(double)
    line = r"(?:--(?=\s|\Z)|\#)[^\n]*" if rules.mysql_comments else r"--[^\n]*"
    groups = {
        "space": rf"[{SPACES}]+",
        # "/*" as the very last two characters is not a comment to SQLite.
        "comment": rf"{line}|/\*(?!\Z).*?(?:\*/|\Z)",
        "blob": r"[xX]'[0-9A-Fa-f]*'",
        "prefixed": r"[eE]'(?:\\.|''|[^'\\])*+'|[bBnN]'(?:''|[^'])*+'" if rules.prefixed_strings else r"(?!)",
        "string": "|".join(strings),
        "name": "|".join(names),
        "dollar": rf"\$(?P<tag>(?:{_FIRST}{_FIRST_OR_DIGIT}*)?)\$.*?\$(?P=tag)\$",
        "param": rf"\?[0-9]*|[:@$]{_FURTHER}+",
        "number": _NUMBER,
        "word": _WORD,
        "op": _OPERATORS,
    }
    return re.compile("|".join(f"(?P<{name}>{text})" for name, text in groups.items()), re.DOTALL)


def significant(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """The tokens that mean something: no space, no comments."""
    return tuple(token for token in tokens if token.kind not in ("space", "comment"))


def matching(tokens: Sequence[Token], index: int) -> int:
    """Where the parenthesis that opens at `index` closes; `SqlError` when it never does."""
    closing = _closing(tokens, index)
    if closing is None:
        raise SqlError(f"parenthesis at position {tokens[index].start} is never closed")
    return closing


def _closing(tokens: Sequence[Token], index: int) -> int | None:
    depth = 0
    for place in range(index, len(tokens)):
        depth += tokens[place].is_op("(") - tokens[place].is_op(")")
        if depth == 0:
            return place
    return None


def split_commas(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """The parts between the commas outside any parentheses; no tokens give no parts."""
    parts: list[list[Token]] = [[]] if tokens else []
    depth = 0
    for token in tokens:
        depth += token.is_op("(") - token.is_op(")")
        if depth == 0 and token.is_op(","):
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(tuple(part) for part in parts)


def without_outer_parentheses(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens without parentheses that enclose all of them."""
    inner = tuple(tokens)
    while inner and inner[0].is_op("(") and _closing(inner, 0) == len(inner) - 1:
        inner = inner[1:-1]
    return inner


def tokenize_either(sql: str, rules: TokenRules = SQLITE_RULES) -> tuple[Token, ...]:
    """The tokens by these rules, or where they make no sense of a text, by those of MariaDB and MySQL."""
    try:
        return tokenize(sql, rules)
    except SqlError:
        return tokenize(sql, MYSQL_RULES)


def canonical(sql: str, *, fold_names: bool = True, rules: TokenRules = SQLITE_RULES) -> str:
    """One spelling of an expression or clause, for comparing two texts of it.

    Comments, spacing, letter case, needless name quotes and outer parentheses do not count, and TRUE is 1. With
    `fold_names` the case of quoted names does not either, as in SQLite. Strings stay as they are. A text that
    makes no sense by these rules is one of MariaDB or MySQL, where a backslash quotes.
    """
    tokens = without_outer_parentheses(significant(tokenize_either(sql, rules)))
    text = ""
    for index, token in enumerate(tokens):
        if index and not _touches(tokens[index - 1], token):
            text += " "
        spelled = _spelling(token, fold_names=fold_names)
        plain = not (index and tokens[index - 1].text.upper() in ("IS", "NOT"))  # 2 IS TRUE, and it is not 1
        text += _BOOLEANS.get(spelled, spelled) if plain and token.kind == "word" else spelled
    return text


_BOOLEANS = {"true": "1", "false": "0"}
"""What SQLite, MariaDB and MySQL take them for; PostgreSQL compares no boolean with a number."""


def _spelling(token: Token, *, fold_names: bool) -> str:
    match token.kind:
        case "word" | "number" | "blob":
            return fold_case(token.text)
        case "name":
            return _name_spelling(token.value, fold_names=fold_names)
        case "op":
            return _SPELLINGS.get(token.text, token.text)
        case _:
            return token.text


def _name_spelling(name: str, *, fold_names: bool) -> str:
    """The name bare when the bare word would mean the same, else in double quotes."""
    folded = fold_case(name)
    # "null" is a column where null is a value, so such names stay apart from the bare words.
    taken = RESERVED | CONSTANTS if fold_names else RESERVED | CONSTANTS | SESSION_CONSTANTS
    if is_plain(name) and folded not in taken and (fold_names or folded == name):
        return folded
    return quote_name(folded if fold_names else name)


def _touches(left: Token, right: Token) -> bool:
    """Whether two neighbours are written without a space; never where they could become one token."""
    if left.is_op("(") or right.is_op(")", ","):
        return True
    if right.is_op("(", "."):
        return left.kind in ("word", "name")
    return left.is_op(".") and right.kind in ("word", "name")


def names_in(sql: str, rules: TokenRules = SQLITE_RULES) -> frozenset[str]:
    """Every word and quoted name of the text in lower case, keywords included.

    It answers "may this text mention x?": a no is certain, a yes is not.
    """
    tokens = tokenize(sql, rules)
    return frozenset(token.value.lower() for token in tokens if token.kind in ("word", "name"))


def rename(sql: str, old: str, new: str, *, rules: TokenRules = SQLITE_RULES) -> str:
    """The expression with the column `old` called `new`, quoted; all other characters stay.

    Strings, comments, function names, collations, types of a CAST, table qualifiers (`old.x`), names
    of constraints, REFERENCES with its columns, and words that are syntax where they stand are left alone.
    """
    tokens = significant(tokenize(sql, rules))
    foreign = _referenced(tokens)
    quote = "`" if rules.double_quotes == "string" else '"'
    text, end = "", 0
    for index, token in enumerate(tokens):
        if index not in foreign and _is_identifier(token, old) and _stands_for_column(tokens, index):
            text += sql[end : token.start] + quote_name(new, quote)
            end = token.end
    return text + sql[end:]


def _is_identifier(token: Token, name: str) -> bool:
    return token.kind in ("word", "name") and fold_case(token.value) == fold_case(name)


def _referenced(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of the columns that a REFERENCES lists: they belong to the other table."""
    places: set[int] = set()
    for index, token in enumerate(tokens):
        if token.is_word("references"):
            opening = next((place for place in range(index, len(tokens)) if tokens[place].is_op("(")), None)
            target = tokens[index + 1 : opening]
            if opening is not None and all(part.kind != "op" or part.is_op(".") for part in target):
                places.update(range(opening, matching(tokens, opening)))
    return frozenset(places)


def _stands_for_column(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if after is not None and after.is_op("(", "."):
        return False
    if index and tokens[index - 1].is_word(*_NAMES_OTHER_THINGS):
        return False
    if token.kind == "name":
        return True
    word = fold_case(token.text)
    if word in RESERVED or word.startswith("current_"):
        return False
    return word not in OPERATORS | SUFFIXES or not _ends_operand(tokens, index - 1)


def _ends_operand(tokens: Sequence[Token], index: int) -> bool:
    """Whether an operator or a suffix may follow the token: then a soft keyword is not a column."""
    if index < 0:
        return False
    token = tokens[index]
    if token.kind == "op":
        return token.text == ")"
    word = fold_case(token.text) if token.kind == "word" else ""
    if word in OPERATORS:
        return not _ends_operand(tokens, index - 1)
    return word in ("null", "isnull", "notnull") or word not in RESERVED
