"""The same change in a form that costs less: renames to the front, one change of each column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RunCode,
    RunSql,
)
from peewit.schema import Column, Default
from peewit.sql import names_in


def is_barrier(operation: Operation) -> bool:
    """Whether nothing may be moved across this operation."""
    return isinstance(operation, RunSql | RunCode)


_OF_ONE_TABLE = (
    AddColumn,
    DropColumn,
    AlterColumn,
    FillNulls,
    AddIndex,
    DropIndex,
    AddConstraint,
    DropConstraint,
    ChangePrimaryKey,
)


def renames_first(operations: Sequence[Operation]) -> list[Operation]:
    """The same change with its column renames as early as they can stand.

    A rename costs the database nothing, but it stands between two changes of one table that could be
    one. It moves before a neighbour that touches neither of its two names, as long as it comes to stand at the
    front or behind another rename: in between it would only part others.
    """
    done: list[Operation] = []
    for operation in operations:
        place = len(done)
        if isinstance(operation, RenameColumn):
            while place and _passes(operation, done[place - 1]):
                place -= 1
            if place and not isinstance(done[place - 1], RenameColumn):
                place = len(done)
        done.insert(place, operation)
    return done


def one_change_each(operations: Iterable[Operation]) -> list[Operation]:
    """The same change with each column altered once: at the first place, to what the last place says.

    What is dropped may come back under its name as something else: that is another column.
    """
    done: list[list[Operation]] = []
    altered: dict[tuple[str, str], list[Operation]] = {}
    for operation in operations:
        place: list[Operation] = [operation]
        match operation:
            case AlterColumn(table=table, after=after):
                first = altered.setdefault((table.lower(), after.name.lower()), place)
                if first is not place:
                    began = first[-1].before if isinstance(first[-1], AlterColumn) else None
                    first[-1:] = [*_filled_before(first[-1], after), replace(operation, before=began)]
                    continue
            case DropColumn(table=table, column=name):
                altered.pop((table.lower(), name.lower()), None)
            case DropTable(table=table):
                altered = {key: first for key, first in altered.items() if key[0] != table.lower()}
            case _:
                pass
        done.append(place)
    return [operation for place in done for operation in place]


def _filled_before(earlier: Operation, after: Column) -> Iterator[Operation]:
    """The nulls an earlier change of the column filled, where the change that takes its place does not."""
    match earlier:
        case AlterColumn(table=table, after=Column(name=name, null=False, fill=Default() as fill)):
            if after.null or after.fill != fill:
                yield FillNulls(table=table, column=name, fill=fill)
        case _:
            pass


def _passes(rename: RenameColumn, neighbour: Operation) -> bool:
    if not isinstance(neighbour, _OF_ONE_TABLE) or neighbour.table != rename.table:
        return False
    return not {rename.before.lower(), rename.after.lower()} & _names(neighbour)


def _names(operation: Operation) -> frozenset[str]:
    """The column names an operation may speak of, lower case; texts of SQL count as every word in them."""
    match operation:
        case AddColumn(column=column) | AlterColumn(after=column):
            texts = [constraint.sql for constraint in column.constraints]
            texts += [column.generated.expression] if column.generated else []
            words = [names_in(text) for text in texts]
            key = column.foreign_key
            inner = frozenset({key.column.lower()}) if key is not None and key.table == operation.table else frozenset()
            return frozenset({column.name.lower()}).union(inner, *words)
        case DropColumn(column=name) | FillNulls(column=name):
            return frozenset({name.lower()})
        case AddIndex(index=index) | DropIndex(index=index):
            texts = [part.text for part in index.parts if part.expression] + [index.where or "", index.options or ""]
            return frozenset(name.lower() for name in index.columns).union(*map(names_in, texts))
        case AddConstraint(constraint=constraint) | DropConstraint(constraint=constraint):
            return names_in(constraint.sql)
        case ChangePrimaryKey(columns=columns):
            return frozenset(name.lower() for name in columns)
        case _:
            return frozenset()
