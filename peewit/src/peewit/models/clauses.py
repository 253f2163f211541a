"""What the clauses of a column definition say, put into a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from peewit.schema import Column, Constraint, ForeignKey, Generated
from peewit.sql import Clause, Reference
from peewit.sql.constraints import on_conflict, unique_text


def apply_clauses(column: Column, clauses: Iterable[Clause]) -> Column:
    """The column with what its clauses say."""
    for clause in clauses:
        column = _apply(column, clause)
    return column


def _apply(column: Column, clause: Clause) -> Column:
    body = clause.body or ""
    match clause.kind:
        case "not null":
            column = replace(column, null=False)
            said = on_conflict(clause.conflict)
            return with_constraint(column, said) if said else column
        case "default":
            return replace(column, default=body)
        case "collate":
            return replace(column, collation=body)
        case "generated":
            return replace(column, generated=Generated(expression=body, stored=clause.stored))
        case "check":
            return with_constraint(column, f"CHECK ({body})", clause.name)
        case "unique":
            return with_constraint(column, unique_text([column.name], clause.conflict), clause.name)
        case "primary key":
            return replace(column, autoincrement=clause.autoincrement)
        case "references" if clause.reference is not None:
            return replace(column, foreign_key=foreign_key_of(clause.reference, clause.name))
        case _:
            return column


def with_constraint(column: Column, sql: str, name: str | None = None) -> Column:
    """The column with one more constraint."""
    return replace(column, constraints=(*column.constraints, Constraint(sql=sql, name=name)))


def foreign_key_of(reference: Reference, name: str | None) -> ForeignKey:
    """The foreign key a REFERENCES describes; its column is empty where the text leaves it to the key."""
    return ForeignKey(
        table=reference.table,
        column=reference.columns[0] if reference.columns else "",
        on_delete=reference.on_delete,
        on_update=reference.on_update,
        deferrable=reference.deferrable,
        name=name,
    )
