"""The words that mean something to SQLite, by what a bare one can stand for.

Read by `peewit.sql.tokens` and the parsers. All lower-case; the list of all keywords is at
https://www.sqlite.org/lang_keywords.html, most of which may still name a column.
"""

RESERVED = frozenset(
    [
        "add",
        "all",
        "alter",
        "and",
        "as",
        "autoincrement",
        "between",
        "case",
        "check",
        "collate",
        "commit",
        "constraint",
        "create",
        "default",
        "deferrable",
        "delete",
        "distinct",
        "drop",
        "else",
        "escape",
        "except",
        "exists",
        "foreign",
        "from",
        "group",
        "having",
        "in",
        "index",
        "insert",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "limit",
        "not",
        "nothing",
        "notnull",
        "null",
        "on",
        "or",
        "order",
        "primary",
        "references",
        "returning",
        "select",
        "set",
        "table",
        "then",
        "to",
        "transaction",
        "union",
        "unique",
        "update",
        "using",
        "values",
        "when",
        "where",
    ]
)
"""Never a name without quotes."""

CONSTANTS = frozenset(["current_date", "current_time", "current_timestamp", "false", "true"])
"""Values when bare, though a quoted one is a name."""

SESSION_CONSTANTS = frozenset(
    [
        "current_catalog",
        "current_role",
        "current_schema",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    ]
)
"""As CONSTANTS, in PostgreSQL: https://www.postgresql.org/docs/current/functions-info.html."""

OPERATORS = frozenset(["glob", "like", "match", "regexp"])
"""Operators after an operand, names elsewhere."""

SUFFIXES = frozenset(["asc", "desc", "end", "filter", "first", "last", "nulls", "over"])
"""Syntax after an operand, names elsewhere."""
