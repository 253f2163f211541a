"""Operations → the text of a migration file, as a person would have written it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from peewit.files.groups import same_in_all_rows
from peewit.files.imports import Imports, blocks
from peewit.files.layout import INDENT, WIDTH, class_head, columns, lay_out
from peewit.files.spell import Speller
from peewit.models import quoted
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    ChangeTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
)
from peewit.operations.replay import replay
from peewit.schema import Column, Schema, own_values

_SIGNATURE = "(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:"


def write(name: str, operations: Sequence[Operation], back: Sequence[Operation], before: Schema) -> str:
    """The text of a migration file. ``back`` leads from after to ``before``; both may be empty."""
    after = replay(before, operations)
    outer = {"pw": "import peewee as pw"}
    forward = Speller(before, after, Imports(outer))
    body = forward.spell(operations)
    backward = Speller(forward.state, before, Imports(outer), own_fields=forward.own_fields)
    undo = backward.spell([_with_what_can_be_written(operation) for operation in back])
    parts = [
        *(_own_class(key, kind, text) for key, (kind, text) in forward.own_fields.items()),
        _function("migrate", _first_line(operations), forward.imports, body),
        _function("rollback", "Undo what migrate does.", backward.imports, undo),
    ]
    return "\n\n\n".join([_head(name, operations, back, outer), *parts]) + "\n"


def _head(name: str, operations: Sequence[Operation], back: Sequence[Operation], outer: dict[str, str]) -> str:
    lines = [*outer.values(), "from typing import TYPE_CHECKING"]
    return "\n\n".join(
        [
            _docstring(name, operations, back),
            "from __future__ import annotations",
            *("\n".join(block) for block in blocks(lines)),
            "if TYPE_CHECKING:\n    from peewee_migrate import Migrator",
        ]
    )


def _with_what_can_be_written(operation: Operation) -> Operation:
    """A column that comes back without the default nobody can write: it then needs an empty table."""
    if isinstance(operation, AddColumn) and operation.column.fill and operation.column.fill.problem:
        return AddColumn(table=operation.table, column=replace(operation.column, fill=None))
    return operation


def _own_class(name: str, kind: str, field_type: str) -> str:
    return "\n".join([*class_head(name, kind, 0), *lay_out(f"field_type = {quoted(field_type)}", 1)])


def _function(name: str, summary: str, imports: Imports, body: Sequence[str]) -> str:
    lines = [f"def {name}{_SIGNATURE}", f'{INDENT}"""{summary}"""']
    for block in blocks(imports.inner.values()):
        lines += [*(INDENT + line for line in block), ""]
    if body and body[0].startswith(f"{INDENT}@") and lines[-1]:
        lines.append("")
    return "\n".join([*lines, *body])


# ---------------------------------------------------------------------- docstrings


def _first_line(operations: Sequence[Operation]) -> str:
    if not operations:
        return "Write your changes here."
    text = _safe(operations[0].describe())
    line = f"{text[0].upper()}{text[1:]}."
    short = len(operations) == 1 and len(INDENT) + columns(line) + 6 <= WIDTH
    return line if short else "Make the change." if len(operations) == 1 else "Make the changes."


def _docstring(name: str, operations: Sequence[Operation], back: Sequence[Operation]) -> str:
    paragraphs = [_wrapped(f"Migration {name}.", '"""')]
    if operations:
        paragraphs.append([line for op in operations for line in _wrapped(f"- {op.describe()}", "", "  ")])
    paragraphs += [_wrapped(sentence) for sentence in _what_is_gone(operations, back)]
    warnings = [*map(_warning, operations), *(_to_differ(*same) for same in same_in_all_rows(operations))]
    paragraphs += [_wrapped(problem) for problem in warnings if problem]
    if any(map(_beyond_stock, (*operations, *back))):
        paragraphs.append(["Needs peewit: peewee-migrate alone cannot run every change of it."])
    text = "\n\n".join("\n".join(lines) for lines in paragraphs)
    return f'{text}\n"""' if "\n" in text else f'{text}"""'


def _what_is_gone(operations: Sequence[Operation], back: Sequence[Operation]) -> Iterator[str]:
    """What of what is dropped comes back with a rollback, and what of it stands in the way of one."""
    drops = sum(isinstance(operation, DropTable | DropColumn) for operation in operations)
    stuck = [f"{table}.{column.field_name}" for table, column in _needing_rows_gone(back)] if drops else []
    if drops:
        yield f"What this drops loses its values{'' if len(stuck) == drops else ': rolling back makes it anew, empty'}."
    if stuck:
        they, tables, get = ("they", "their tables have", "get") if len(stuck) > 1 else ("it", "its table has", "gets")
        yield (
            f"{', '.join(stuck)} cannot be null and {'have' if len(stuck) > 1 else 'has'} no default: rolling back is "
            f"refused while {tables} rows, unless {they} {get} default=… in the rollback function, before this is "
            "applied."
        )


def _needing_rows_gone(back: Sequence[Operation]) -> Iterator[tuple[str, Column]]:
    """The columns that come back and have nothing for rows that exist."""
    for operation in map(_with_what_can_be_written, back):
        if isinstance(operation, AddColumn) and operation.column.needs_value:
            yield operation.table, operation.column


def _warning(operation: Operation) -> str:
    """What of the rows that exist may stop an operation, and how they get a value; empty where nothing does."""
    match operation:
        case AddColumn(table=table, column=column) if column.needs_value:
            return (
                f"{table}.{column.field_name} has no value for rows that exist: it needs an empty table, or default=… "
                "in its field."
            )
        case AlterColumn(table=table, before=Column(null=True), after=Column(null=False, fill=None) as column):
            return (
                f"{table}.{column.field_name} becomes not null: it needs rows that all have a value, or default=… in "
                "its field."
            )
        case _:
            return ""


def _to_differ(field: str, column: Column) -> str:
    """That rows would get one value in a column that is unique, and how each gets its own."""
    problem = f"{field} is unique and gets one value in all rows: it needs a table with no more than one"
    return f"{problem}, or a value for each, such as {own_values(column)}."


def _beyond_stock(operation: Operation) -> bool:
    """Whether an operation has no word in peewee-migrate's vocabulary."""
    match operation:
        case ChangePrimaryKey() | ChangeTable() | AddConstraint() | DropConstraint():
            return True
        case AddIndex(index=index) | DropIndex(index=index):
            named = index.name is not None
            return named or any(part.expression or part.descending or part.collation for part in index.parts)
        case _:
            return False


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """A paragraph whose lines are short enough: its first begins with ``first``, the others with ``rest``."""
    narrow = WIDTH - (columns(text) - len(text))
    return textwrap.wrap(
        _safe(text), max(narrow, WIDTH // 2), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _safe(text: str) -> str:
    """A text that may stand inside a docstring, on one line."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.replace("\\", "\\\\").replace('"""', "'''").split())
