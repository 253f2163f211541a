"""Editing the keys and constraints in the text of a SQLite CREATE TABLE.

As `peewit.sql.edit_table`, whose rules it keeps: a new `CreateTable` each time, all other characters
as they were. A key or check may stand in a column or after the columns; these functions look in both.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from peewit.errors import SqlError
from peewit.sql.clauses import read_constraint_name, read_reference
from peewit.sql.edit_table import edited, with_clause, without_clauses
from peewit.sql.quoting import quote_name
from peewit.sql.reader import Reader, name_of
from peewit.sql.splice import Edit, appended, item_removal, removal, replacement
from peewit.sql.table_parts import ColumnDef, CreateTable, TableConstraint
from peewit.sql.tokens import (
    Span,
    canonical,
    fold_case,
    rename,
    significant,
    split_commas,
    tokenize,
    without_outer_parentheses,
)


def with_constraint(table: CreateTable, text: str) -> CreateTable:
    """With one more table constraint, behind all others."""
    last = table.constraints[-1].span if table.constraints else table.columns[-1].span
    return edited(table, appended(table.sql, last, text), constraints=1)


def without_constraint(table: CreateTable, index: int) -> CreateTable:
    """Without the table constraint at `index` of `table.constraints`."""
    return edited(table, _constraint_removal(table, index), constraints=-1)


def _constraint_removal(table: CreateTable, index: int) -> list[Edit]:
    """Mind that SQLite needs no comma between constraints, unless one is a bare CONSTRAINT name.

    What follows such a name must not become what it names.
    """
    span = table.constraints[index].span
    around = table.constraints[max(index - 1, 0) : index + 2]
    commas = [_has_comma(table.sql, left, right) for left, right in pairwise(around)]
    if index == 0 or commas[0]:
        return item_removal(table.sql, span)
    if around[0].kind == "other" and commas[1:] == [False]:
        return [(span, ",")]
    return [removal(table.sql, span)]


def _has_comma(sql: str, left: TableConstraint, right: TableConstraint) -> bool:
    return any(token.is_op(",") for token in tokenize(sql[left.span.end : right.span.start]))


def with_check(table: CreateTable, text: str) -> CreateTable:
    """With one more `CHECK (...)` or `CONSTRAINT "n" CHECK (...)` after the columns."""
    after = with_constraint(table, text)
    if after.constraints[-1].kind != "check":
        raise SqlError(f"text {text!r} is not a CHECK constraint")
    return after


def without_check(table: CreateTable, expression: str) -> CreateTable:
    """Without the first CHECK, in a column or after them, that means `expression`."""
    wanted = canonical(expression)
    for column in table.columns:
        for clause in column.clauses_of("check"):
            if canonical(clause.body or "") == wanted:
                return edited(table, [removal(table.sql, clause.span)])
    for index, constraint in enumerate(table.constraints):
        if constraint.kind == "check" and canonical(constraint.body or "") == wanted:
            return without_constraint(table, index)
    raise SqlError(f"table {table.name!r} has no check {expression!r}")


def with_reference(table: CreateTable, column: str, text: str | None) -> CreateTable:
    """With a column's foreign key replaced by `[CONSTRAINT n] REFERENCES ...`, or without one.

    It is replaced where it stands; a new one becomes part of the column's definition.
    """
    keys = _foreign_keys(table, column)
    kept = 0 if text is None else 1
    for index in reversed(keys[kept:]):
        table = without_constraint(table, index) if index is not None else _without_last_clause(table, column)
    if text is None:
        return table
    split = _start_of_references(text)
    if not keys:
        return with_clause(table, column, text)
    if keys[0] is None:
        clause = table.column(column).clauses_of("references")[0]
        return edited(table, [replacement(table.sql, clause.span, text)])
    return edited(table, _constraint_edits(table.sql, table.constraints[keys[0]], text[:split], text[split:]))


def _foreign_keys(table: CreateTable, column: str) -> list[int | None]:
    """The foreign keys of this column alone: None for one in the column, else the constraint's index."""
    found = table.column(column)
    inline: list[int | None] = [None for _ in found.clauses_of("references")]
    folded = [fold_case(found.name)]
    return inline + [
        index
        for index, constraint in enumerate(table.constraints)
        if constraint.kind == "foreign key" and [fold_case(name) for name in constraint.columns] == folded
    ]


def _without_last_clause(table: CreateTable, column: str) -> CreateTable:
    clause = table.column(column).clauses_of("references")[-1]
    return edited(table, [removal(table.sql, clause.span)])


def _start_of_references(text: str) -> int:
    """Where REFERENCES stands in `[CONSTRAINT n] REFERENCES ...`, which the text must be, and no more."""
    reader = Reader(text)
    read_constraint_name(reader)
    reader.expect("REFERENCES")
    reference = read_reference(reader)
    if not reader.done:
        raise reader.unexpected("the end")
    return reference.span.start


def _constraint_edits(sql: str, constraint: TableConstraint, head: str, tail: str) -> list[Edit]:
    """Put a new name and new REFERENCES around the `FOREIGN KEY (column)` that stays."""
    words = significant(tokenize(sql))
    start, end = constraint.span.start, constraint.span.end
    foreign = next(token.start for token in words if token.start >= start and token.is_word("FOREIGN"))
    reference = constraint.reference
    edits = [replacement(sql, Span(reference.span.start if reference else end, end), tail)]
    if constraint.name is not None or head.strip():
        before = [token for token in words if token.end <= start][-1]
        # A name with no rule behind it may stand before it, and would become the key's.
        edits.append((Span(start, foreign), head if head.strip() or before.is_op(",") else ", "))
    return edits


def with_primary_key(table: CreateTable, columns: Sequence[str]) -> CreateTable:
    """With these columns, in this order, as the primary key; none for no primary key.

    A key that a column declares itself stays there as long as that column alone is the key.
    """
    names = [table.column(name).name for name in columns]
    if [fold_case(name) for name in names] == [fold_case(name) for name in table.primary_key]:
        return table
    for index, constraint in enumerate(table.constraints):
        if constraint.kind == "primary key" and constraint.list_span is not None:
            if not names:
                return without_constraint(table, index)
            keys = _key_list(table.sql, constraint, names)
            return edited(table, [replacement(table.sql, constraint.list_span, keys)])
    return _with_new_primary_key(table, names)


def _with_new_primary_key(table: CreateTable, names: Sequence[str]) -> CreateTable:
    """Move the key from the columns that declare it, if any, to a table constraint of the same name."""
    label = ""
    for column in table.columns:
        for clause in column.clauses_of("primary key"):
            label = f"CONSTRAINT {quote_name(clause.name)} " if clause.name is not None else label
        table = without_clauses(table, column.name, "primary key")
    if not names:
        return table
    return with_constraint(table, f"{label}PRIMARY KEY ({', '.join(quote_name(name) for name in names)})")


def _key_list(sql: str, constraint: TableConstraint, names: Sequence[str]) -> str:
    """The list of columns, those that were in it before as they were written."""
    written: dict[str, str] = {}
    text = constraint.list_span.of(sql) if constraint.list_span and not constraint.autoincrement else ""
    for part in split_commas(significant(tokenize(text))):
        first = without_outer_parentheses(part)[0]
        written[fold_case(name_of(first))] = text[part[0].start : part[-1].end]
    return ", ".join(written.get(fold_case(name), quote_name(name)) for name in names)


def with_column_renamed(table: CreateTable, old: str, new: str) -> CreateTable:
    """With a column renamed in its definition and wherever this table's text means it.

    Other tables' texts, indexes, views and triggers are the caller's.
    """
    column = table.column(old)
    taken = table.find_column(new)
    if taken is not None and taken is not column:
        raise SqlError(f"table {table.name!r} has a column {taken.name!r} already")
    spans = [column.name_span, *_name_spans(table, column)]
    edits = [replacement(table.sql, span, quote_name(new)) for span in spans]
    for span in _expression_spans(table):
        text = span.of(table.sql)
        renamed = rename(text, old, new)
        if renamed != text:
            edits.append(replacement(table.sql, span, renamed))
    return edited(table, edits)


def _name_spans(table: CreateTable, column: ColumnDef) -> Iterator[Span]:
    """Where keys list the column: those of this table, and its references to itself."""
    folded = fold_case(column.name)
    references = [clause.reference for each in table.columns for clause in each.clauses]
    references += [constraint.reference for constraint in table.constraints]
    lists = [(constraint.columns, constraint.column_spans) for constraint in table.constraints]
    lists += [
        (reference.columns, reference.column_spans)
        for reference in references
        if reference is not None and fold_case(reference.table) == fold_case(table.name)
    ]
    for names, spans in lists:
        yield from (span for name, span in zip(names, spans, strict=True) if fold_case(name) == folded)


def _expression_spans(table: CreateTable) -> Iterator[Span]:
    """Where the checks and generated columns have their expressions."""
    for column in table.columns:
        for clause in column.clauses:
            if clause.kind in ("check", "generated") and clause.body_span is not None:
                yield clause.body_span
    for constraint in table.constraints:
        if constraint.body_span is not None:
            yield constraint.body_span
