"""What only the developer knows, as data: which names follow which, and what goes into empty places."""

from __future__ import annotations

import ast
import builtins
import datetime
import decimal
import sys
import uuid
from collections.abc import Mapping
from dataclasses import field
from importlib import import_module
from types import ModuleType, NoneType
from typing import Any, Literal

from peewit.dataclass import dataclass
from peewit.errors import ConfigError
from peewit.schema import Column, Default, Schema, Table

Told = Literal["all", "tables", "nothing"]
"""What the renames are all of: tables and fields, tables alone, or nothing, so that any other doubt is a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers to the questions of a diff.

    ``renames`` maps an old table to a new one, and ``table.field`` to a new field; None means that nobody
    was asked, a mapping is the whole answer of what was ``told``: what it does not name of that was not renamed.
    ``fill`` maps ``table.field`` to a Python expression.
    """

    renames: Mapping[str, str] | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    told: Told = "all"

    @property
    def tables_told(self) -> bool:
        """Whether a table that is not named was not renamed."""
        return self.renames is not None and self.told != "nothing"

    @property
    def fields_told(self) -> bool:
        """Whether a field that is not named was not renamed."""
        return self.renames is not None and self.told == "all"

    def keyed(self, before: Schema, after: Schema) -> Answers:
        """The answers with tables by their keys, where a name with a dot was written as it is."""
        renames = None if self.renames is None else dict(_keyed(o, n, before, after) for o, n in self.renames.items())
        fill = {_key_of(name, before, after): expression for name, expression in self.fill.items()}
        return Answers(renames=renames, fill=fill, told=self.told)


def _keyed(old: str, new: str, before: Schema, after: Schema) -> tuple[str, str]:
    key = _key_of(old, before)
    return key, _key_of(new, after) if key in before else new


def _key_of(name: str, *schemas: Schema) -> str:
    """The key of the table, or of the table and the field, that a name stands for."""
    for schema in schemas:
        for table in schema:
            if name in schema or (name == table.name and table.schema is None):
                return name if name in schema else table.key
            if name.startswith(f"{table.name}.") and table.schema is None:
                rest = name[len(table.name) + 1 :]
                if rest in fields_of(table):
                    return f"{table.key}.{rest}"
    return name


def split_field(name: str, *schemas: Schema) -> tuple[str, str]:
    """The table and the field of ``table.field``; each may have dots of its own."""
    for schema in schemas:
        for key, table in schema.tables.items():
            if name.startswith(f"{key}.") and name[len(key) + 1 :] in fields_of(table):
                return key, name[len(key) + 1 :]
    key, _, last = name.rpartition(".")
    return key, last


def fields_of(table: Table) -> list[str]:
    """What the fields of a table are called: by their own names and by their columns'."""
    return [name for column in table.columns for name in (column.field_name, column.name)]


_TEXTS = ("peewee.CharField", "peewee.FixedCharField", "peewee.TextField")
"""Fields that write down any value as Python shows it."""
_WRITTEN = (bool, bytes, datetime.date, datetime.time, decimal.Decimal, float, int, str, uuid.UUID)
"""Values that a text can be read as."""
_NUMBERS = ("INT", "BIGINT", "SMALLINT", "FLOAT", "DOUBLE", "DECIMAL")


def fill_value(expression: str, subject: str, column: Column) -> Default:
    """A one-off value: a literal as it is, any other expression as a function called once per row.

    It is evaluated once here, so that a value the column cannot hold is refused before a file is written.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise ConfigError(
            f"the fill value of {subject} is not a Python expression: {expression!r} ({error.msg})",
            hint=f"""a text needs quotes of its own, for example --fill {subject}="'unknown'\"""",
        ) from error
    imports = _imports(tree, subject)
    _check_value(_value(tree, imports, subject), subject, column)
    if _is_literal(tree):
        return Default(source=ast.unparse(tree))
    return Default(source=f"lambda: {ast.unparse(tree)}", imports=imports, called=True)


def _is_literal(tree: ast.Expression) -> bool:
    try:
        ast.literal_eval(tree)
    except ValueError:
        return False
    return True


def _value(tree: ast.Expression, imports: tuple[str, ...], subject: str) -> Any:
    names = [line.removeprefix("import ") for line in imports]
    try:
        return eval(compile(tree, subject, "eval"), {name: import_module(name) for name in names})
    except Exception as error:
        raise ConfigError(
            f"the fill value of {subject} cannot be evaluated: {type(error).__name__}: {error}"
        ) from error


def _check_value(value: Any, subject: str, column: Column) -> None:
    """ConfigError where a value is none, or does not fit the column: SQLite would store it all the same."""
    limit = column.type.args[0] if column.type.name in ("VARCHAR", "CHAR") and column.type.args else None
    if callable(value) or isinstance(value, ModuleType):
        kind = "a module" if isinstance(value, ModuleType) else "a function"
        raise ConfigError(
            f"the fill value of {subject} is {kind}, not what it gives",
            hint="give an expression that is evaluated for each row, for example uuid.uuid4(); a text needs quotes",
        )
    if value is None and not column.null:
        raise ConfigError(f"the fill value of {subject} is None, and the field is not null")
    if column.spelling is not None and column.spelling.kind in _TEXTS and not isinstance(value, (*_WRITTEN, NoneType)):
        raise ConfigError(
            f"the fill value of {subject} is {value!r}, and the field holds text",
            hint=f"""give the text that is stored, for example --fill {subject}="'…'\" or …=json.dumps(…)""",
        )
    if isinstance(value, str) and isinstance(limit, int) and len(value) > limit:
        raise ConfigError(f"the fill value of {subject} has {len(value)} characters, and the field holds {limit}")
    if isinstance(value, str) and column.type.name in _NUMBERS and not _is_number(value):
        raise ConfigError(f"the fill value of {subject} is {value!r}, and the field holds numbers")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _imports(tree: ast.Expression, subject: str) -> tuple[str, ...]:
    bound = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    bound |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    free = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - bound
    lines = []
    for name in sorted(free):
        if name in sys.stdlib_module_names:
            lines.append(f"import {name}")
        elif not hasattr(builtins, name):
            quotes = f"a text needs quotes: '{name}'; else " if isinstance(tree.body, ast.Name) else ""
            raise ConfigError(
                f'the fill value of {subject} uses "{name}", which a migration file does not know',
                hint=f"{quotes}use literals, builtins and modules of the standard library, as in uuid.uuid4()",
            )
    return tuple(lines)
