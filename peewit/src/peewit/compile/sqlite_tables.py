"""What operations on keys, constraints and settings ask of a table's work."""

from __future__ import annotations

from peewit.compile import sqlite_guards as guards
from peewit.compile.sqlite_text import constraint_text, names
from peewit.compile.sqlite_work import Value, Work
from peewit.errors import SchemaError
from peewit.operations import ChangeTable, constraint_shape, index_shape
from peewit.schema import Constraint, Index, Part
from peewit.sql import TableConstraint, quote_name, significant, tokenize
from peewit.sql.constraints import check_expression, on_conflict
from peewit.sql.edit_constraints import with_constraint, with_primary_key, without_check, without_constraint
from peewit.sql.edit_table import with_clause, with_options


def drop_index(work: Work, index: Index) -> None:
    """Drop the index of this name, else the first that does this job."""
    work.add_indexes = [added for added in work.add_indexes if index_shape(added) != index_shape(index)]
    named = [there for there in work.indexes if index.name is not None and there.name == index.name]
    shaped = [there for there in work.indexes if index_shape(there.index) == index_shape(index)]
    work.drop_indexes += (named or shaped)[:1]


def add_constraint(work: Work, constraint: Constraint) -> None:
    """A CHECK or FOREIGN KEY is description, once the rows were asked; others make an index, so a new table."""
    created = with_constraint(work.created, constraint_text(constraint))
    added = created.constraints[-1]
    expression = check_expression(constraint.sql)
    if expression is not None:
        work.enforced.append(guards.meets(work.name, expression))
        work.describe(created)
    elif added.kind == "foreign key":
        work.describe(created)
    else:
        work.reshape(created)
        if added.kind == "unique" and all(work.found.table.find(name) for name in added.columns):
            ask_for_duplicates(work, added.columns, added.conflict)


def ask_for_duplicates(work: Work, columns: tuple[str, ...], conflict: str | None) -> None:
    """A UNIQUE over columns that are there. With ON CONFLICT a copy refuses nothing: it would leave rows out."""
    index = Index(parts=tuple(Part(text=name) for name in columns), unique=True)
    asked = work.enforced if on_conflict(conflict) == "" else work.guards
    asked.append(guards.no_duplicates(work.name, index, names(columns)))


def drop_constraint(work: Work, constraint: Constraint) -> None:
    """Remove the constraint of this name, else the one that says this, at the end of the table or in a column."""
    shape = constraint_shape(constraint) if constraint.sql else None
    for position, there in enumerate(work.created.constraints):
        if (constraint.name is not None and there.name == constraint.name) or _shape(work, there) == shape:
            created = without_constraint(work.created, position)
            work.describe(created) if there.kind in ("check", "foreign key") else work.reshape(created)
            return
    expression = check_expression(constraint.sql) if constraint.sql else _named_check(work, constraint.name)
    if expression is None:
        raise SchemaError(f'table "{work.name}" has no constraint "{constraint.name or constraint.sql}"')
    work.describe(without_check(work.created, expression))


def _shape(work: Work, there: TableConstraint) -> str:
    text = there.span.of(work.created.sql)
    if there.name is not None:
        text = text[significant(tokenize(text))[1].end :]
    return constraint_shape(Constraint(sql=text))


def _named_check(work: Work, name: str | None) -> str | None:
    clauses = [clause for column in work.created.columns for clause in column.clauses_of("check")]
    return next((clause.body for clause in clauses if clause.name is not None and clause.name == name), None)


def change_primary_key(work: Work, columns: tuple[str, ...]) -> None:
    """Other columns become the key: a new table, once the rows were asked for nulls and duplicates."""
    created = with_primary_key(work.created, columns)
    if len(columns) == 1 and columns[0].lower() in work.counting:
        # AUTOINCREMENT is only said in the column itself.
        created = with_primary_key(created, ())
        created = with_clause(created, columns[0], "PRIMARY KEY AUTOINCREMENT")
    work.reshape(created)
    if columns and all(work.found.table.find(name) for name in columns):
        index = Index(parts=tuple(Part(text=name) for name in columns), unique=True)
        work.enforced.append(guards.no_duplicates(work.name, index, names(columns)))


def change_table(work: Work, operation: ChangeTable) -> None:
    """STRICT and WITHOUT ROWID are how rows are stored: a new table."""
    created = with_options(work.created, strict=operation.strict, without_rowid=operation.without_rowid)
    if created.sql == work.created.sql:
        return
    if created.strict and not work.created.strict:
        stays = [c for c in created.columns if work.sources.get(c.name.lower()) == Value(sql=quote_name(c.name))]
        work.enforced += [asked for c in stays if (asked := guards.stored(work.name, c.name, c.type_text)) is not None]
    work.reshape(created)
