"""Editing the text of a SQLite CREATE TABLE: one aspect changes, every other character stays.

Each function takes a `CreateTable` and gives a new one, read from the edited text. SQLite's own
ALTER TABLE can do few of these, which is why peewit rewrites the text:
https://www.sqlite.org/lang_altertable.html#otheralter. Keys and constraints are in
`peewit.sql.edit_constraints`.
"""

from collections.abc import Sequence

from peewit.errors import SqlError
from peewit.sql.create_table import parse_create_table
from peewit.sql.keywords import RESERVED
from peewit.sql.quoting import quote_name
from peewit.sql.splice import Edit, appended, closed, item_removal, removal, replacement, splice
from peewit.sql.table_parts import ClauseKind, ColumnDef, CreateTable, OptionKind
from peewit.sql.tokens import Span, Token, fold_case, is_plain, matching, significant, tokenize

_OPTION_TEXTS: dict[OptionKind, str] = {"without rowid": "WITHOUT ROWID", "strict": "STRICT"}


def edited(table: CreateTable, edits: Sequence[Edit], *, columns: int = 0, constraints: int = 0) -> CreateTable:
    """Make the edits and read the result, which must have that many more columns and constraints.

    So no text that was passed in can bring more than it should.
    """
    after = parse_create_table(splice(table.sql, edits))
    wanted = (len(table.columns) + columns, len(table.constraints) + constraints)
    if (len(after.columns), len(after.constraints)) != wanted:
        raise SqlError(f"text does not fit where it was put into table {table.name!r}: {after.sql!r}")
    return after


def with_name(table: CreateTable, new: str) -> CreateTable:
    """The table under another name; references to itself keep the old one."""
    return edited(table, [replacement(table.sql, table.name_span, quote_name(new))])


def with_column(table: CreateTable, definition: str) -> CreateTable:
    """With one more column, behind the last and before the table constraints."""
    return edited(table, appended(table.sql, table.columns[-1].span, definition), columns=1)


def without_column(table: CreateTable, name: str) -> CreateTable:
    """Without a column; constraints elsewhere that name it are the caller's to remove."""
    column = table.column(name)
    if len(table.columns) == 1:
        raise SqlError(f"column {column.name!r} is the only one of table {table.name!r} and must stay")
    return edited(table, item_removal(table.sql, column.span), columns=-1)


def with_column_definition(table: CreateTable, name: str, text: str) -> CreateTable:
    """With a whole definition, from its name to its last clause, replaced."""
    return edited(table, [replacement(table.sql, table.column(name).span, text)])


def with_type(table: CreateTable, column: str, text: str) -> CreateTable:
    """With a column's type replaced; an empty text leaves it without one."""
    found = table.column(column)
    if not text:
        return edited(table, [removal(table.sql, found.type_span)]) if found.type_text else table
    after = edited(table, [replacement(table.sql, found.type_span, text)])
    if fold_case(after.column(column).type_text) != fold_case(text.strip()):
        raise SqlError(f"text {text!r} is not a column type of SQLite")
    return after


def with_not_null(table: CreateTable, column: str, *, wanted: bool, conflict: str | None = None) -> CreateTable:
    """With or without NOT NULL on a column, and its ON CONFLICT; an explicit NULL gives way to it."""
    found = table.column(column)
    if not wanted:
        return without_clauses(table, column, "not null")
    clause = found.clause("not null")
    if clause is not None and clause.conflict == conflict:
        return table
    text = "NOT NULL" if conflict is None else f"NOT NULL ON CONFLICT {conflict}"
    if clause is not None:
        return edited(table, [replacement(table.sql, clause.span, text)])
    place = Span(found.type_span.end, found.type_span.end)
    added = edited(table, [replacement(table.sql, place, text)])
    return without_clauses(added, column, "null")


def with_default(table: CreateTable, column: str, text: str | None) -> CreateTable:
    """With another default value, in parentheses where SQLite asks for them, or without one."""
    return _with_value(table, column, "default", None if text is None else _default_value(text))


def with_collation(table: CreateTable, column: str, name: str | None) -> CreateTable:
    """With another collation, or without one."""
    return _with_value(table, column, "collate", None if name is None else _bare_or_quoted(name))


def _with_value(table: CreateTable, column: str, kind: ClauseKind, text: str | None) -> CreateTable:
    found = table.column(column)
    clause = found.clause(kind)
    if text is None:
        return without_clauses(table, column, kind)
    if clause is not None and clause.body_span is not None:
        return edited(table, [replacement(table.sql, clause.body_span, text)])
    return with_clause(table, column, f"{kind.upper()} {text}")


def with_clause(table: CreateTable, column: str, text: str) -> CreateTable:
    """With one more clause at the end of a column's definition."""
    end = _end_of_clauses(table.column(column))
    return edited(table, [replacement(table.sql, Span(end, end), text)])


def _end_of_clauses(column: ColumnDef) -> int:
    """Where a clause may follow: not behind a bare CONSTRAINT, whose name it would take."""
    ends = [clause.span.end for clause in column.clauses if clause.kind != "other"]
    return max([column.type_span.end, *ends])


def without_clauses(table: CreateTable, column: str, kind: ClauseKind) -> CreateTable:
    """Without a column's clauses of one kind."""
    found = table.column(column)
    for _ in found.clauses_of(kind):
        clause = table.column(column).clauses_of(kind)[-1]
        table = edited(table, [removal(table.sql, clause.span)])
    return table


def _default_value(text: str) -> str:
    tokens = significant(tokenize(text))
    if not tokens:
        raise SqlError(f"text {text!r} is not a default value")
    return text.strip() if _is_simple_value(tokens) else f"({closed(text)})"


def _is_simple_value(tokens: Sequence[Token]) -> bool:
    """Whether SQLite takes it after DEFAULT as it is: a constant, signed or not, or parentheses."""
    if tokens[0].is_op("("):
        return matching(tokens, 0) == len(tokens) - 1
    values = tokens[1:] if tokens[0].is_op("-", "+") else tokens
    if len(values) != 1:
        return False
    value = values[0]
    if value.kind == "word":
        folded = fold_case(value.text)
        return folded == "null" or (folded not in RESERVED and len(tokens) == 1)
    return value.kind in ("number", "string", "blob") or (value.kind == "name" and len(tokens) == 1)


def _bare_or_quoted(name: str) -> str:
    return name if is_plain(name) and fold_case(name) not in RESERVED else quote_name(name)


def with_options(table: CreateTable, *, strict: bool, without_rowid: bool) -> CreateTable:
    """With the two table options on or off."""
    after = _with_option(table, "without rowid", wanted=without_rowid)
    return _with_option(after, "strict", wanted=strict)


def _with_option(table: CreateTable, kind: OptionKind, *, wanted: bool) -> CreateTable:
    present = [option for option in table.options if option.kind == kind]
    if wanted and not present:
        comma = "," if table.options else ""
        end = table.options_span.end
        return edited(table, [replacement(table.sql, Span(end, end), f"{comma} {_OPTION_TEXTS[kind]}")])
    if present and not wanted:
        after = edited(table, item_removal(table.sql, present[-1].span))
        return _with_option(after, kind, wanted=wanted)
    return table
