"""Reading a CREATE INDEX, and renaming a column in SQLite's.

Beside `peewit.sql.create_table`: indexes are dropped with a table that is rebuilt, and made again
from their texts. https://www.sqlite.org/lang_createindex.html
Models of servers bring texts of their own, which say more:
https://www.postgresql.org/docs/current/sql-createindex.html
https://dev.mysql.com/doc/refman/8.4/en/create-index.html
"""

from collections.abc import Collection, Sequence

from peewit.dataclass import dataclass
from peewit.errors import SqlError
from peewit.sql.keywords import CONSTANTS
from peewit.sql.quoting import quote_name
from peewit.sql.reader import Reader, can_be_name, name_of, read_qualified_name, span_of
from peewit.sql.splice import replacement, splice
from peewit.sql.tokens import (
    SQLITE_RULES,
    Span,
    Token,
    TokenRules,
    fold_case,
    matching,
    rename,
    significant,
    split_commas,
    tokenize,
    without_outer_parentheses,
)

_KINDS = ("FULLTEXT", "SPATIAL")
_OPTIONS = ("INCLUDE", "NULLS", "WITH", "TABLESPACE", "COMMENT", "KEY_BLOCK_SIZE", "VISIBLE", "INVISIBLE", "IGNORED")
_AFTER_KEYS = (*_OPTIONS, "USING", "ALGORITHM", "LOCK", "WHERE")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """One column or expression of an index."""

    text: str
    """The column's name without quotes, or the expression as written."""
    is_column: bool
    descending: bool
    collation: str | None
    span: Span
    """Where the name or expression stands, without COLLATE and DESC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex:
    """One CREATE INDEX statement; `where` is the condition of a partial index.

    `using` is how it is kept (`gin`, `FULLTEXT`), `options` what a server has after the keys (`INCLUDE (n)`). How it is
    made is no part of it: CONCURRENTLY, ALGORITHM, LOCK.
    """

    sql: str
    schema: str | None
    name: str
    name_span: Span
    table: str
    table_span: Span
    table_schema: str | None
    unique: bool
    parts: tuple[IndexPart, ...]
    using: str | None
    options: str | None
    where: str | None
    where_span: Span | None
    concurrently: Span | None


def parse_create_index(sql: str, rules: TokenRules = SQLITE_RULES) -> CreateIndex:
    """Read a CREATE INDEX statement; `SqlError` for any other."""
    reader = Reader(sql, significant(tokenize(sql, rules)))
    reader.expect("CREATE")
    unique = reader.accept("UNIQUE")
    kind = reader.take().text.upper() if reader.at_any(*_KINDS) else None
    reader.expect("INDEX")
    concurrently = span_of([reader.last]) if reader.accept("CONCURRENTLY") else None
    reader.accept("IF", "NOT", "EXISTS")
    schema, name = read_qualified_name(reader)
    using = _read_using(reader)
    reader.expect("ON")
    reader.accept("ONLY")
    table_schema, table = read_qualified_name(reader)
    using = _read_using(reader) or using
    parts = tuple(_read_part(sql, part) for part in split_commas(reader.group()))
    later, options = _read_options(reader)
    where_span = _read_where(reader)
    return CreateIndex(
        sql=sql,
        schema=schema,
        name=name_of(name),
        name_span=span_of([name]),
        table=name_of(table),
        table_span=span_of([table]),
        table_schema=table_schema,
        unique=unique,
        parts=parts,
        using=kind or using or later,
        options=options,
        where=None if where_span is None else where_span.of(sql),
        where_span=where_span,
        concurrently=concurrently,
    )


def _read_using(reader: Reader) -> str | None:
    return name_of(reader.name()) if reader.accept("USING") else None


def _read_options(reader: Reader) -> tuple[str | None, str | None]:
    """What stands between the keys and the condition: the method (MySQL has it here too), and all else as written."""
    using: str | None = None
    options = []
    while reader.at_any(*_AFTER_KEYS) and not reader.at("WHERE"):
        if reader.at("USING"):
            using = _read_using(reader)
            continue
        lasts = reader.at_any(*_OPTIONS)
        text = reader.text(span_of(_read_option(reader)))
        options += [text] if lasts else []
    return using, " ".join(options) or None


def _read_option(reader: Reader) -> list[Token]:
    """One option: a word, and what follows until the next."""
    tokens = [reader.take()]
    while not (reader.done or reader.at_any(*_AFTER_KEYS) or reader.at_op(";")):
        if reader.at_op("("):
            reader.group()
            tokens.append(reader.last)
        else:
            tokens.append(reader.take())
    return tokens


def _read_part(sql: str, tokens: Sequence[Token]) -> IndexPart:
    if not tokens:
        raise SqlError(f"index has an empty part: {sql!r}")
    descending = False
    if tokens[1:] and tokens[-1].is_word("ASC", "DESC"):
        descending = tokens[-1].is_word("DESC")
        tokens = tokens[:-1]
    collation = None
    # COLLATE binds tightest: after an operator it belongs to the last operand, not to the part.
    inner = without_outer_parentheses(tokens)
    if inner[:-2] and inner[-2].is_word("COLLATE") and _is_operand(inner[:-2]):
        collation = name_of(inner[-1])
        tokens = inner[:-2]
    inner = without_outer_parentheses(tokens)
    is_column = len(inner) == 1 and _is_column(inner[0])
    span = span_of(inner if is_column else tokens)
    text = name_of(inner[0]) if is_column else span.of(sql)
    return IndexPart(text=text, is_column=is_column, descending=descending, collation=collation, span=span)


def _is_operand(tokens: Sequence[Token]) -> bool:
    """Whether this is one name, value, function call or parenthesised expression."""
    if len(tokens) == 1:
        return True
    opening = 0 if tokens[0].is_op("(") else 1
    return tokens[opening].is_op("(") and matching(tokens, opening) == len(tokens) - 1


def _is_column(token: Token) -> bool:
    return can_be_name(token) and not (token.kind == "word" and fold_case(token.text) in CONSTANTS)


def _read_where(reader: Reader) -> Span | None:
    if reader.done or reader.accept_op(";"):
        return None
    reader.expect("WHERE")
    tokens = []
    while (token := reader.peek()) is not None and not token.is_op(";"):
        tokens.append(reader.take())
    if not tokens:
        raise reader.unexpected("a condition")
    return span_of(tokens)


def with_index_column_renamed(index: CreateIndex, old: str, new: str) -> CreateIndex:
    """The index with a column of its table renamed in its parts and condition."""
    edits = []
    for part in index.parts:
        if part.is_column and fold_case(part.text) == fold_case(old):
            edits.append(replacement(index.sql, part.span, quote_name(new)))
        elif not part.is_column:
            edits.append((part.span, rename(part.text, old, new)))
    if index.where is not None and index.where_span is not None:
        edits.append((index.where_span, rename(index.where, old, new)))
    return parse_create_index(splice(index.sql, edits))


def as_tried(index: CreateIndex, schemas: Collection[str]) -> str:
    """The statement as it runs in a transaction on a table of the same name that stands elsewhere.

    Without CONCURRENTLY, and without the table's schema unless that is one of `schemas`.
    """
    edits = [(index.concurrently, "")] if index.concurrently is not None else []
    if index.table_schema is not None and index.table_schema not in schemas:
        before = [token for token in significant(tokenize(index.sql)) if token.end <= index.table_span.start]
        edits.append((span_of(before[-2:]), ""))
    return splice(index.sql, edits)
