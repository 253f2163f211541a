"""Reading what follows a column's name and type, and the pieces table constraints share with it.

A part of `peewit.sql.create_table`, apart for its size.
"""

from collections.abc import Sequence

from peewit.sql.reader import Reader, name_of, span_of
from peewit.sql.table_parts import Clause, Reference
from peewit.sql.tokens import Span, Token, split_commas, without_outer_parentheses

CLAUSE_STARTS = (
    "AS",
    "CHECK",
    "COLLATE",
    "CONSTRAINT",
    "DEFAULT",
    "DEFERRABLE",
    "NOT",
    "NULL",
    "PRIMARY",
    "REFERENCES",
    "UNIQUE",
)
_ACTIONS = (("SET", "NULL"), ("SET", "DEFAULT"), ("CASCADE",), ("RESTRICT",), ("NO", "ACTION"))


def at_generated(reader: Reader) -> bool:
    """Whether GENERATED ALWAYS comes next; a lone GENERATED is a type to SQLite."""
    return reader.at("GENERATED", "ALWAYS")


def read_constraint_name(reader: Reader) -> str | None:
    """Read `CONSTRAINT name` if it comes next."""
    return name_of(reader.name()) if reader.accept("CONSTRAINT") else None


def read_conflict(reader: Reader) -> str | None:
    """Read `ON CONFLICT action` if it comes next: the action, upper-case."""
    return reader.take().text.upper() if reader.accept("ON", "CONFLICT") else None


def skip_conflict(reader: Reader) -> None:
    """Read `ON CONFLICT action` if it comes next; it stays part of the text only."""
    read_conflict(reader)


def read_expression(reader: Reader) -> tuple[str, Span]:
    """Read `(expression)`: the text inside, from its first to its last token, and where it stands."""
    tokens = reader.group()
    span = span_of(tokens) if tokens else Span(reader.last.start, reader.last.start)
    return reader.text(span), span


def spans_and_names(tokens: Sequence[Token]) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    """The columns of a list such as `a, "b" COLLATE nocase DESC`."""
    parts = [without_outer_parentheses(part) for part in split_commas(tokens)]
    firsts = [next(token for token in part if not token.is_op("(")) for part in parts if part]
    return tuple(name_of(token) for token in firsts), tuple(span_of([token]) for token in firsts)


def read_clause(reader: Reader) -> Clause:
    """Read one clause of a column."""
    first = reader.peek()
    start = first.start if first else 0
    name = read_constraint_name(reader)
    if reader.accept("CHECK"):
        return _check(reader, start, name)
    if reader.accept("DEFAULT"):
        return _default(reader, start, name)
    if reader.accept("COLLATE"):
        token = reader.name()
        span = Span(start, token.end)
        return Clause(kind="collate", name=name, span=span, body=name_of(token), body_span=span_of([token]))
    if reader.accept("REFERENCES"):
        reference = read_reference(reader)
        return Clause(kind="references", name=name, span=Span(start, reader.last.end), reference=reference)
    if reader.accept("GENERATED", "ALWAYS", "AS") or reader.accept("AS"):
        return _generated(reader, start, name)
    return _key_or_null(reader, start, name)


def _check(reader: Reader, start: int, name: str | None) -> Clause:
    body, body_span = read_expression(reader)
    skip_conflict(reader)
    return Clause(kind="check", name=name, span=Span(start, reader.last.end), body=body, body_span=body_span)


def _default(reader: Reader, start: int, name: str | None) -> Clause:
    first = reader.peek()
    if reader.at_op("("):
        reader.group()
    elif reader.accept_op("-") or reader.accept_op("+"):
        reader.take()
    elif reader.at_op(","):
        raise reader.unexpected("a default value")
    else:
        reader.take()
    end = reader.last.end
    span = Span(first.start if first else end, end)
    return Clause(kind="default", name=name, span=Span(start, end), body=reader.text(span), body_span=span)


def _generated(reader: Reader, start: int, name: str | None) -> Clause:
    body, body_span = read_expression(reader)
    stored = reader.accept("STORED")
    if not stored:
        reader.accept("VIRTUAL")
    span = Span(start, reader.last.end)
    return Clause(kind="generated", name=name, span=span, body=body, body_span=body_span, stored=stored)


def _key_or_null(reader: Reader, start: int, name: str | None) -> Clause:
    if reader.accept("PRIMARY", "KEY"):
        return _primary_key(reader, start, name)
    if reader.accept("NOT", "NULL"):
        conflict = read_conflict(reader)
        return Clause(kind="not null", name=name, span=Span(start, reader.last.end), conflict=conflict)
    if reader.accept("NULL"):
        skip_conflict(reader)
        return Clause(kind="null", name=name, span=Span(start, reader.last.end))
    if reader.accept("UNIQUE"):
        conflict = read_conflict(reader)
        return Clause(kind="unique", name=name, span=Span(start, reader.last.end), conflict=conflict)
    return _other(reader, start, name)


def _primary_key(reader: Reader, start: int, name: str | None) -> Clause:
    descending = reader.accept("DESC")
    if not descending:
        reader.accept("ASC")
    skip_conflict(reader)
    autoincrement = reader.accept("AUTOINCREMENT")
    span = Span(start, reader.last.end)
    return Clause(kind="primary key", name=name, span=span, descending=descending, autoincrement=autoincrement)


def _other(reader: Reader, start: int, name: str | None) -> Clause:
    """Read what is left: a bare CONSTRAINT name, a DEFERRABLE on its own, or something unknown."""
    if name is None:
        _take_piece(reader)
        while not _at_end_of_clause(reader):
            _take_piece(reader)
    return Clause(kind="other", name=name, span=Span(start, reader.last.end))


def _take_piece(reader: Reader) -> None:
    if reader.at_op("("):
        reader.group()
    elif not reader.accept("NOT", "DEFERRABLE"):
        reader.take()


def _at_end_of_clause(reader: Reader) -> bool:
    return reader.done or reader.at_op(",") or reader.at_any(*CLAUSE_STARTS) or at_generated(reader)


def read_reference(reader: Reader) -> Reference:
    """Read what follows the word REFERENCES, which has just been read."""
    start = reader.last.start
    table = reader.name()
    names, spans = spans_and_names(reader.group()) if reader.at_op("(") else ((), ())
    actions = _read_actions(reader)
    deferrable = _read_deferrable(reader)
    return Reference(
        table=name_of(table),
        columns=names,
        on_delete=actions.get("DELETE"),
        on_update=actions.get("UPDATE"),
        match=actions.get("MATCH"),
        deferrable=deferrable,
        span=Span(start, reader.last.end),
        table_span=span_of([table]),
        column_spans=spans,
    )


def _read_actions(reader: Reader) -> dict[str, str]:
    """Read the ON and MATCH parts in any order; of two alike, the last counts."""
    actions: dict[str, str] = {}
    while True:
        if reader.accept("MATCH"):
            actions["MATCH"] = name_of(reader.name())
        elif reader.at("ON", "DELETE") or reader.at("ON", "UPDATE") or reader.at("ON", "INSERT"):
            reader.take()
            event = reader.take().text.upper()
            actions[event] = _read_action(reader)
        else:
            return actions


def _read_action(reader: Reader) -> str:
    for words in _ACTIONS:
        if reader.accept(*words):
            return " ".join(words)
    raise reader.unexpected("CASCADE, RESTRICT, SET NULL, SET DEFAULT or NO ACTION")


def _read_deferrable(reader: Reader) -> str | None:
    if reader.accept("NOT", "DEFERRABLE"):
        _read_initially(reader)
        return None
    return _read_initially(reader) if reader.accept("DEFERRABLE") else None


def _read_initially(reader: Reader) -> str:
    for word in ("DEFERRED", "IMMEDIATE"):
        if reader.accept("INITIALLY", word):
            return f"INITIALLY {word}"
    return ""
