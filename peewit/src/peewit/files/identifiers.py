"""The names a migration file gives to tables and columns that came without one Python can write."""

from __future__ import annotations

import keyword
import re
import sys

from peewit.schema import Column, Table

_MEANT = {"migrator", "pw", "pw_pext", "pw_sqlite", "pw_mysql", "allow_not_null"}
"""What a field may not be called in a file: it would hide what the lines below it use."""

_TAKEN = {"migrator", "database", "fake", "pw", "migrate", "rollback"}


def attribute(column: Column) -> str:
    """A column's field name, made usable as one where only a database knew it."""
    name = column.field_name
    if _usable(name) and name not in _MEANT:
        return name
    name = re.sub(r"\W", "_", name)
    return name if _usable(name) and name not in _MEANT else f"field_{name}"


def class_name(table: Table) -> str:
    """The class that stands for a table in a migration file."""
    name = table.model or re.sub(r"\W", "_", table.name).title()
    if not _usable(name) or name in _TAKEN or name in sys.stdlib_module_names:
        name = f"Table_{re.sub(r'[^0-9A-Za-z_]', '_', name)}"
    return name


def _usable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)
