"""Reading a SQLite CREATE TABLE, with all that SQLite's own parser lets pass.

Takes the text of `sqlite_schema`, gives a `CreateTable` for `peewit.sql.edit_table` and the reader
of schemas. It follows `parse.y`; what it does not know inside a column becomes an "other" clause.
"""

from collections.abc import Sequence
from functools import lru_cache

from peewit.errors import SqlError
from peewit.sql.clauses import (
    CLAUSE_STARTS,
    at_generated,
    read_clause,
    read_conflict,
    read_constraint_name,
    read_expression,
    read_reference,
    skip_conflict,
    spans_and_names,
)
from peewit.sql.reader import Reader, can_be_name, name_of, read_qualified_name, span_of
from peewit.sql.table_parts import ColumnDef, CreateTable, TableConstraint, TableOption
from peewit.sql.tokens import Span, Token

_CONSTRAINT_STARTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@lru_cache(maxsize=512)
def parse_create_table(sql: str) -> CreateTable:
    """Read a CREATE TABLE statement; `SqlError` for any other, virtual tables and AS SELECT included."""
    reader = Reader(sql)
    temporary = _read_opening(reader)
    schema, name = read_qualified_name(reader)
    if reader.at("AS"):
        raise SqlError(f"table {name_of(name)!r} is made by AS SELECT and defines no columns: {sql!r}")
    opening = reader.peek()
    items = reader.group()
    closing = reader.last
    columns, constraints = _read_items(Reader(sql, items))
    options = _read_options(reader)
    return CreateTable(
        sql=sql,
        schema=schema,
        name=name_of(name),
        name_span=span_of([name]),
        temporary=temporary,
        columns=columns,
        constraints=constraints,
        body_span=Span(opening.end if opening else closing.start, closing.start),
        options=options,
        options_span=Span(closing.end, options[-1].span.end if options else closing.end),
    )


def _read_opening(reader: Reader) -> bool:
    """Read up to the name; whether the table is temporary."""
    reader.expect("CREATE")
    temporary = reader.accept("TEMP") or reader.accept("TEMPORARY")
    reader.expect("TABLE")
    reader.accept("IF", "NOT", "EXISTS")
    return temporary


def _read_items(reader: Reader) -> tuple[tuple[ColumnDef, ...], tuple[TableConstraint, ...]]:
    columns: list[ColumnDef] = []
    constraints: list[TableConstraint] = []
    while True:
        if columns and reader.at_any(*_CONSTRAINT_STARTS):
            constraints.append(_read_constraint(reader))
        elif not constraints:
            columns.append(_read_column(reader))
        else:
            raise reader.unexpected("a table constraint")
        if reader.done:
            return tuple(columns), tuple(constraints)
        # Between two constraints, and only there, SQLite does without the comma.
        if not reader.accept_op(",") and not constraints:
            raise reader.unexpected("','")


def _read_column(reader: Reader) -> ColumnDef:
    name = reader.name()
    type_span = _read_type(reader) or Span(name.end, name.end)
    clauses = []
    while not reader.done and not reader.at_op(","):
        clauses.append(read_clause(reader))
    return ColumnDef(
        name=name_of(name),
        span=Span(name.start, reader.last.end),
        name_span=span_of([name]),
        type_text=reader.text(type_span),
        type_span=type_span,
        clauses=tuple(clauses),
    )


def _read_type(reader: Reader) -> Span | None:
    """Read a type of any number of words, and its sizes in parentheses."""
    first = reader.peek()
    if first is None or not _at_type_word(reader):
        return None
    while _at_type_word(reader):
        reader.take()
    if reader.at_op("("):
        reader.group()
    return Span(first.start, reader.last.end)


def _at_type_word(reader: Reader) -> bool:
    token = reader.peek()
    if token is None or reader.at_any(*CLAUSE_STARTS) or at_generated(reader):
        return False
    return can_be_name(token)


def _read_constraint(reader: Reader) -> TableConstraint:
    first = reader.peek()
    start = first.start if first else 0
    name = read_constraint_name(reader)
    if reader.accept("PRIMARY", "KEY"):
        constraint = _read_key(reader, start, name, is_primary=True)
    elif reader.accept("UNIQUE"):
        constraint = _read_key(reader, start, name, is_primary=False)
    elif reader.accept("CHECK"):
        body, body_span = read_expression(reader)
        skip_conflict(reader)
        span = Span(start, reader.last.end)
        constraint = TableConstraint(kind="check", name=name, span=span, body=body, body_span=body_span)
    elif reader.accept("FOREIGN", "KEY"):
        constraint = _read_foreign_key(reader, start, name)
    elif name is not None:
        # SQLite takes a CONSTRAINT name with nothing after it.
        constraint = TableConstraint(kind="other", name=name, span=Span(start, reader.last.end))
    else:
        raise reader.unexpected("a table constraint")
    return constraint


def _read_key(reader: Reader, start: int, name: str | None, *, is_primary: bool) -> TableConstraint:
    parts, list_span = _read_list(reader)
    conflict = read_conflict(reader)
    names, spans = spans_and_names(parts)
    return TableConstraint(
        kind="primary key" if is_primary else "unique",
        name=name,
        span=Span(start, reader.last.end),
        columns=names,
        column_spans=spans,
        list_span=list_span,
        autoincrement=any(token.is_word("AUTOINCREMENT") for token in parts),
        conflict=conflict,
    )


def _read_foreign_key(reader: Reader, start: int, name: str | None) -> TableConstraint:
    parts, list_span = _read_list(reader)
    names, spans = spans_and_names(parts)
    reader.expect("REFERENCES")
    reference = read_reference(reader)
    return TableConstraint(
        kind="foreign key",
        name=name,
        span=Span(start, reader.last.end),
        columns=names,
        column_spans=spans,
        list_span=list_span,
        reference=reference,
    )


def _read_list(reader: Reader) -> tuple[Sequence[Token], Span]:
    opening = reader.peek()
    tokens = reader.group()
    return tokens, Span(opening.end if opening else reader.last.start, reader.last.start)


def _read_options(reader: Reader) -> tuple[TableOption, ...]:
    options: list[TableOption] = []
    while not reader.done and not reader.at_op(";"):
        if options and not reader.accept_op(","):
            raise reader.unexpected("','")
        first = reader.take()
        if first.is_word("WITHOUT") and reader.accept("ROWID"):
            options.append(TableOption(kind="without rowid", span=Span(first.start, reader.last.end)))
        elif first.is_word("STRICT"):
            options.append(TableOption(kind="strict", span=span_of([first])))
        else:
            raise SqlError(f"table option {first.text!r} at position {first.start} is not one of SQLite's")
    if reader.accept_op(";") and not reader.done:
        raise reader.unexpected("the end")
    return tuple(options)
