"""What failed in a migration file, in the words of its author: without the names and the SQL we put around it."""

from __future__ import annotations

import re

USAGE = {
    "create_model": "create_model(Model)",
    "remove_model": "remove_model(model)",
    "rename_table": "rename_table(model, new_name)",
    "change_table": "change_table(model, setting=value, …)",
    "change_primary_key": "change_primary_key(model, name, …)",
    "add_fields": "add_fields(model, name=Field(…), …)",
    "change_fields": "change_fields(model, name=Field(…), …)",
    "remove_fields": "remove_fields(model, name, …)",
    "rename_field": "rename_field(model, old_name, new_name)",
    "add_not_null": "add_not_null(model, name, …)",
    "drop_not_null": "drop_not_null(model, name, …)",
    "add_default": "add_default(model, name, default)",
    "add_index": "add_index(model, name, …, unique=False)",
    "drop_index": "drop_index(model, name, …)",
    "add_constraint": "add_constraint(model, name, constraint)",
    "drop_constraints": "drop_constraints(model, name, …)",
    "sql": "sql(sql, param, …)",
    "run": "run(function, …)",
    "python": "python(function, …)",
}
"""What each operation takes."""

_WRONG_CALL = r"(?:Recorder|Migrator)\.(\w+)\(\) "
_OURS = r"(?:SAVEPOINT peewit_|peewit_step|; R(?:E(?:L(?:E(?:A(?:S(?:E\b[^\n]*)?)?)?)?)?)?\.\.\.)"
_EXCERPT = rf"\n+LINE \d+: [^\n]*{_OURS}[^\n]*\n *\^"
"""What PostgreSQL shows of the text it could not read, where that is the statement with our savepoint around it."""


def said(error: BaseException) -> str:
    """An error with its kind; a call of an operation that does not fit, with what the operation takes."""
    text = re.sub(_EXCERPT, "", str(error)).rstrip()
    called = re.match(_WRONG_CALL, text) if isinstance(error, TypeError) else None
    if called is not None and called[1] in USAGE:
        return f"{called[1]}() was called with other arguments than it takes: {USAGE[called[1]]}"
    return f"{type(error).__name__}: {text}"
