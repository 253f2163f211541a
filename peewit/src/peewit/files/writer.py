"""Operations → the text of a migration file, as a person would have written it."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.files.layout import INDENT, WIDTH
from peewit.files.spell import Speller
from peewit.models import quoted
from peewit.operations import (
    AddColumn,
    AddConstraint,
    ChangePrimaryKey,
    ChangeTable,
    DropColumn,
    DropConstraint,
    DropTable,
    Operation,
)
from peewit.operations.replay import replay
from peewit.schema import Schema

_SIGNATURE = "(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:"


def write(name: str, operations: Sequence[Operation], back: Sequence[Operation], before: Schema) -> str:
    """The text of a migration file. ``back`` leads from after to ``before``; both may be empty."""
    after = replay(before, operations)
    speller = Speller(before, after)
    forward = speller.spell(operations)
    outer = set(speller.inner_imports)
    backward_speller = Speller(after, before, own_fields=speller.own_fields)
    backward = backward_speller.spell(back)
    imports = {"import peewee as pw"} | speller.imports | backward_speller.imports
    parts = [
        _docstring(name, operations),
        "from __future__ import annotations",
        _imports(imports),
        "if TYPE_CHECKING:\n    from peewee_migrate import Migrator",
        *(_own_class(key, kind, text) for key, (kind, text) in speller.own_fields.items()),
        _function("migrate", _first_line(operations), outer, forward),
        _function("rollback", "Undo what migrate does.", backward_speller.inner_imports, backward),
    ]
    head, body = parts[:4], parts[4:]
    return "\n\n".join(head) + "\n\n\n" + "\n\n\n".join(body) + "\n"


def _imports(lines: set[str]) -> str:
    """Standard library first, then the rest, each sorted."""
    ours = sorted(line for line in lines if "peewee" in line or "playhouse" in line)
    standard = sorted(lines - set(ours)) + ["from typing import TYPE_CHECKING"]
    return "\n".join(standard) + "\n\n" + "\n".join(ours)


def _own_class(name: str, kind: str, field_type: str) -> str:
    return f"class {name}({kind}):\n{INDENT}field_type = {quoted(field_type)}"


def _function(name: str, summary: str, imports: set[str], body: Sequence[str]) -> str:
    doc = f'{INDENT}"""{summary}"""'
    lines = [f"def {name}{_SIGNATURE}", doc]
    lines += [f"{INDENT}{line}" for line in sorted(imports)] + ([""] if imports else [])
    if body and body[0].lstrip().startswith("@") and not imports:
        lines.append("")
    return "\n".join([*lines, *body])


def _first_line(operations: Sequence[Operation]) -> str:
    if not operations:
        return "Write your changes here."
    return "Make the changes." if len(operations) > 1 else _sentence(operations[0].describe())


def _sentence(text: str) -> str:
    safe = _safe(text)
    return f"{safe[0].upper()}{safe[1:]}."


def _safe(text: str) -> str:
    """A text that may stand inside a docstring."""
    return text.replace("\\", "\\\\").replace('"""', "'''").replace("\n", " ")


def _docstring(name: str, operations: Sequence[Operation]) -> str:
    lines = [f'"""Migration {_safe(name)}.']
    if operations:
        lines += ["", *(_wrapped(f"- {_safe(operation.describe())}") for operation in operations)]
    destroyed = [op.describe() for op in operations if isinstance(op, DropTable | DropColumn)]
    if destroyed:
        lines += ["", "What is dropped here is gone: rolling back makes it anew, empty."]
    needed = [op for op in operations if isinstance(op, AddColumn) and _without_value(op)]
    for operation in needed:
        lines += ["", *_needs_rows(operation)]
    more = sorted({type(op).__name__ for op in operations if isinstance(op, _BEYOND_STOCK)})
    if more:
        lines += ["", "Needs peewit: peewee-migrate alone cannot run every change of it."]
    return "\n".join([*lines, '"""']) if len(lines) > 1 else f"{lines[0]}" + '"""'


_BEYOND_STOCK = (ChangePrimaryKey, ChangeTable, AddConstraint, DropConstraint)


def _without_value(operation: AddColumn) -> bool:
    column = operation.column
    return not column.null and column.fill is None and column.default is None and column.generated is None


def _needs_rows(operation: AddColumn) -> list[str]:
    subject = f"{operation.table}.{operation.column.field_name}"
    return [f"{_safe(subject)} has no value for rows that exist: it needs an empty table,", "or default=… in its field."]


def _wrapped(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def warnings_of(operations: Sequence[Operation]) -> list[str]:
    """What the developer should hear about a new migration: columns that need a value or an empty table."""
    found = []
    for operation in operations:
        if isinstance(operation, AddColumn) and _without_value(operation):
            subject = f"{operation.table}.{operation.column.field_name}"
            found.append(f"{subject} has no value for rows that exist; give one with --fill {subject}=EXPR")
    return found
