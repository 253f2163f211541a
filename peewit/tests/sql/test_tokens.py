"""Cutting text into tokens, and comparing and renaming by tokens."""

import sqlite3
from itertools import accumulate

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from peewit.errors import SqlError
from peewit.sql import (
    MYSQL_RULES,
    POSTGRES_RULES,
    SQLITE_RULES,
    Token,
    TokenRules,
    canonical,
    fold_case,
    matching,
    names_in,
    quote_name,
    rename,
    significant,
    split_commas,
    tokenize,
)
from peewit.sql.keywords import RESERVED

PIECES = st.sampled_from(
    [
        *["a", "Age", "x", "X", "select", "and", "NULL", "é", "É", "k$1", "e", "E", "n", "_"],
        *[
            "'it''s'",
            "''",
            '"a"',
            '"A b"',
            '"null"',
            '"say ""hi"""',
            "`b``c`",
            "[br a]",
            "x'0F'",
            "X''",
            "$t$ ' $t$",
        ],
        *[
            "1",
            "1.",
            ".5",
            "1e5",
            "1E-5",
            "0xFF",
            "1_000",
            "?",
            "?1",
            ":a",
            "@b",
            "$c",
            "::",
            "->>",
            "->",
            "||",
        ],
        *[
            "(",
            ")",
            ",",
            ".",
            ";",
            "+",
            "-",
            "*",
            "/",
            "<>",
            "!=",
            "==",
            "=",
            "<",
            ">",
            "~",
            "!",
            "$",
            "#",
            "\\",
            "@",
        ],
        *[
            " ",
            "\n",
            "\t",
            "\ufeff",
            "-- c '\n",
            "/* ' \" */",
            "/**/",
            "%",
            "&",
            "|",
            "&&",
            "[",
            "]",
            "}",
            "\x00",
        ],
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
RULES = st.sampled_from([SQLITE_RULES, POSTGRES_RULES, MYSQL_RULES])
KEYWORDS = """
    abort action add after all alter always analyze and as asc attach autoincrement before begin
    between by cascade case cast check collate column commit conflict constraint create cross
    current current_date current_time current_timestamp database default deferrable deferred delete
    desc detach distinct do drop each else end escape except exclude exclusive exists explain fail
    filter first following for foreign from full generated glob group groups having if ignore
    immediate in index indexed initially inner insert instead intersect into is isnull join key last
    left like limit match materialized natural no not nothing notnull null nulls of offset on or
    order others outer over partition plan pragma preceding primary query raise range recursive
    references regexp reindex release rename replace restrict returning right rollback row rows
    savepoint select set table temp temporary then ties to transaction trigger unbounded union
    unique update using vacuum values view virtual when where window with without
"""
"""All of SQLite 3.40, https://www.sqlite.org/lang_keywords.html."""
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("word", "word", "word"),
        ("naïve", "word", "naïve"),
        ("_x$1", "word", "_x$1"),
        ('"say ""hi"""', "name", 'say "hi"'),
        ("`back``tick`", "name", "back`tick"),
        ("[br a]", "name", "br a"),
        ('""', "name", ""),
        ("'it''s'", "string", "'it''s'"),
        ("''", "string", "''"),
        ("$$it's$$", "string", "$$it's$$"),
        ("$tag$ $$ ' $tag$", "string", "$tag$ $$ ' $tag$"),
        ("x'00fF'", "blob", "x'00fF'"),
        ("12", "number", "12"),
        ("1.5e-10", "number", "1.5e-10"),
        (".5", "number", ".5"),
        ("1.", "number", "1."),
        ("0xFf", "number", "0xFf"),
        ("1_000", "number", "1_000"),
        ("?", "param", "?"),
        ("?12", "param", "?12"),
        (":a", "param", ":a"),
        ("@a", "param", "@a"),
        ("$1", "param", "$1"),
        ("->>", "op", "->>"),
        ("||", "op", "||"),
        ("::", "op", "::"),
        ("<=", "op", "<="),
        ("-- x 'y", "comment", "-- x 'y"),
        ("/* x ' */", "comment", "/* x ' */"),
        ("/* open", "comment", "/* open"),
        ("/**/", "comment", "/**/"),
        (" \t\r\n\f", "space", " \t\r\n\f"),
    ],
)
def test_a_token_has_a_kind_and_a_value(text: str, kind: str, value: str) -> None:
    """Each of these texts is one token of its kind, and a quoted name knows what it names."""
    found = tokenize(text)

    assert [(kind, text, value)] == [(token.kind, token.text, token.value) for token in found]


@pytest.mark.parametrize(
    ("text", "rules", "expected"),
    [
        ("a[1]", SQLITE_RULES, ["a", "[1]"]),
        ("a[1]", POSTGRES_RULES, ["a", "[", "1", "]"]),
        ("E'it\\'s' b'01'", POSTGRES_RULES, ["E'it\\'s'", "b'01'"]),
        ("e 'x'", POSTGRES_RULES, ["e", "'x'"]),
        ("'it\\'s' # x", MYSQL_RULES, ["'it\\'s'"]),
        ("1--1", MYSQL_RULES, ["1", "-", "-", "1"]),
        ("1--1", SQLITE_RULES, ["1"]),
        ("a->>'$.b'::text", POSTGRES_RULES, ["a", "->>", "'$.b'", "::", "text"]),
        ("1.5.2", SQLITE_RULES, ["1.5", ".2"]),
        ("a.b", SQLITE_RULES, ["a", ".", "b"]),
        ("/*", SQLITE_RULES, ["/", "*"]),
        ("x'0g'", SQLITE_RULES, ["x", "'0g'"]),
    ],
)
def test_databases_cut_differently(text: str, rules: TokenRules, expected: list[str]) -> None:
    """The tokens of one text under the rules of one database."""
    assert expected == [token.text for token in significant(tokenize(text, rules))]


@pytest.mark.parametrize("text", ["'it", '"a', "`a", "[a", "'a''", 'x = "a""'])
def test_an_open_quote_is_refused_with_its_place(text: str) -> None:
    """A quote that is never closed raises an SqlError that says where it opens."""
    place = max(text.find("="), -1) + 2 if "=" in text else 0

    with pytest.raises(SqlError, match=f"position {place} is never closed"):
        tokenize(text)


@given(TEXTS, RULES)
def test_tokens_cover_every_character(text: str, rules: TokenRules) -> None:
    """The tokens in order are the text, each where it says it is."""
    tokens = _tokens(text, rules)

    assert text == "".join(token.text for token in tokens)
    assert all(text[token.start : token.end] == token.text for token in tokens)


@given(st.text(max_size=30))
def test_any_text_is_cut_or_refused(text: str) -> None:
    """No text raises anything but an SqlError."""
    assert text == "".join(token.text for token in _tokens(text, SQLITE_RULES))


@given(TEXTS, st.booleans(), RULES)
def test_canonical_is_idempotent(text: str, fold: bool, rules: TokenRules) -> None:
    """The canonical form of a canonical form is itself."""
    _nameable(text, rules)
    once = canonical(text, fold_names=fold, rules=POSTGRES_RULES if rules is MYSQL_RULES else rules)

    assert once == canonical(once, fold_names=fold, rules=POSTGRES_RULES if rules is MYSQL_RULES else rules)


@given(TEXTS)
def test_canonical_does_not_see_spacing_and_comments(text: str) -> None:
    """More space, comments and outer parentheses between tokens change nothing."""
    tokens = _nameable(text, SQLITE_RULES)
    depths = list(accumulate(token.is_op("(") - token.is_op(")") for token in tokens))
    assume(not tokens or (min(depths) == depths[-1] == 0 and "/*" not in tokens[-1].text))
    spaced = "".join(f" /* ' */\n{token.text}\n" for token in tokens)

    assert canonical(text) == canonical(spaced) == canonical(f"(({spaced}))")


@given(TEXTS)
def test_canonical_does_not_see_case(text: str) -> None:
    """The case of words and names changes nothing, that of strings and parameters does not count."""
    tokens = _nameable(text, SQLITE_RULES)
    upper = "".join(
        token.text.translate({i: i - 32 for i in range(ord("a"), ord("z") + 1)})
        if token.kind in ("word", "name")
        else token.text
        for token in tokens
    )

    assert canonical(text) == canonical(upper)


@given(NAMES)
def test_canonical_does_not_see_quotes(name: str) -> None:
    """The three ways of quoting a name are one."""
    spellings = {canonical(f"{quote_name(name, quote)} > 0") for quote in ('"', "`")}
    if "]" not in name:
        spellings.add(canonical(f"[{name}] > 0"))

    assert len(spellings) == 1


@given(NAMES, NAMES)
def test_canonical_keeps_different_names_apart(left: str, right: str) -> None:
    """Two names have one form exactly when SQLite takes them for the same."""
    same = fold_case(left) == fold_case(right)

    assert same == (canonical(quote_name(left)) == canonical(quote_name(right)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("age > 0", '( (("Age">0)) )'),
        ("a != 1 AND b == 2", "[a]<>1 and `b`=2"),
        ("f (a , b)", "F(a,b)"),
        ("x'AB' || 1E5", "X'ab'||1e5"),
        ("t . a", '"t"."a"'),
        ("a -- x\n> /* y */ 0", "a>0"),
        ("done = TRUE", "done = 1"),
        ("false", "0"),
    ],
)
def test_texts_that_mean_the_same_have_one_form(left: str, right: str) -> None:
    """Each pair differs in spelling only."""
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a = 'X'", "a = 'x'"),
        ("a = 'x'", 'a = "x"'),
        ('"a b"', "a b"),
        ('"null"', "null"),
        ('"current_date"', "current_date"),
        ('"1"', "1"),
        ("(a) + (b)", "a + b"),
        ("a - -1", "a"),
        ("1 .5", "1.5"),
        ("é", "É"),
        ("'a' 'b'", "'a''b'"),
        ("a IS TRUE", "a IS 1"),
        ("a IS NOT FALSE", "a IS NOT 0"),
        ('"true"', "1"),
    ],
)
def test_texts_that_mean_different_things_have_two_forms(left: str, right: str) -> None:
    """Each pair looks alike and is not."""
    assert canonical(left) != canonical(right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Age" > 0', '"Age" > 0'),
        ('"age" > AGE', "age > age"),
        ('"user" = USER', '"user" = user'),
        ("status = ANY (ARRAY['a'::text])", "status = any(array [ 'a' :: text ])"),
    ],
)
def test_canonical_can_keep_the_case_of_names(text: str, expected: str) -> None:
    """With fold_names off a name that is not plain lower-case keeps its quotes, as in PostgreSQL."""
    assert expected == canonical(text, fold_names=False, rules=POSTGRES_RULES)


def test_names_in_a_text() -> None:
    """Words and quoted names count, strings and comments do not."""
    text = "UPDATE \"T x\" SET [A]=new.`b` WHERE c='d' -- e\n"

    assert {"update", "t x", "set", "a", "new", "b", "where", "c"} == names_in(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 0 and A < 5 and [a] <> `a`", '"z" > 0 and "z" < 5 and "z" <> "z"'),
        ("'a' || a /* a */ -- a", "'a' || \"z\" /* a */ -- a"),
        ("a(a) + aa", 'a("z") + aa'),
        ("t.a = a.t", 't."z" = a.t'),
        ("x COLLATE a", "x COLLATE a"),
        ("CAST(a AS a)", 'CAST("z" AS a)'),
        ('CONSTRAINT a UNIQUE (a, "b")', 'CONSTRAINT a UNIQUE ("z", "b")'),
        (
            "FOREIGN KEY (a) REFERENCES a (a) ON DELETE CASCADE",
            'FOREIGN KEY ("z") REFERENCES a (a) ON DELETE CASCADE',
        ),
        ("b > 1", "b > 1"),
    ],
)
def test_rename_touches_columns_only(text: str, expected: str) -> None:
    """Each place where the name stands for the column changes, and no other character."""
    assert expected == rename(text, "A", "z")


@pytest.mark.parametrize(
    ("text", "old", "expected"),
    [
        ("start < end", "end", 'start < "z"'),
        ("CASE WHEN a THEN b END = end", "end", 'CASE WHEN a THEN b END = "z"'),
        ("like LIKE 'x'", "like", "\"z\" LIKE 'x'"),
        ('a IS NULL OR "null" = 1', "null", 'a IS NULL OR "z" = 1'),
        ("desc DESC", "desc", '"z" DESC'),
        ("first BETWEEN 1 AND first", "first", '"z" BETWEEN 1 AND "z"'),
        ("current_date > a", "current_date", "current_date > a"),
        ("É = é", "é", 'É = "z"'),
    ],
)
def test_rename_tells_keywords_from_columns(text: str, old: str, expected: str) -> None:
    """A column that is called as a keyword is renamed, the keyword is not."""
    assert expected == rename(text, old, "z")


@given(NAMES, NAMES)
def test_rename_quotes_any_name(old: str, new: str) -> None:
    """Whatever the names, the new one stands where the old one stood."""
    text = f"{quote_name(old)} > '{old.replace(chr(39), '')}' -- x"

    assert text.replace(quote_name(old), quote_name(new), 1) == rename(text, old, new)


def test_parentheses_and_commas() -> None:
    """A group ends at its own parenthesis, and is cut at its own commas."""
    tokens = significant(tokenize("f(a, (b, c), 'x,)') , d"))

    closing = matching(tokens, 1)

    assert tokens[closing].text == ")"
    assert closing == len(tokens) - 3
    assert ["".join(token.text for token in part) for part in split_commas(tokens[2:closing])] == [
        "a",
        "(b,c)",
        "'x,)'",
    ]
    assert split_commas(()) == ()
    with pytest.raises(SqlError, match="position 1 is never closed"):
        matching(tokenize("f(a"), 1)


def test_reserved_words_are_those_of_sqlite() -> None:
    """A word is reserved exactly when SQLite refuses it as a column's name."""
    connection = sqlite3.connect(":memory:")
    refused = set()
    for word in KEYWORDS.split():
        try:
            connection.execute(f"CREATE TABLE {word}_t ({word} INT)")
        except sqlite3.OperationalError:
            refused.add(word)

    assert refused == RESERVED


def _tokens(text: str, rules: TokenRules) -> tuple[Token, ...]:
    """Cut a generated text; one with an open quote is not what the laws are about."""
    try:
        return tokenize(text, rules)
    except SqlError:
        assume(False)
        raise


def _nameable(text: str, rules: TokenRules) -> tuple[Token, ...]:
    """The tokens of a text whose names a database may accept: none has a NUL character, which is refused."""
    tokens = _tokens(text, rules)
    assume(not any("\0" in token.value for token in tokens if token.kind == "name"))
    return tokens
