"""SQL as text: tokens, quoting, and reading and editing SQLite's CREATE statements.

The lowest layer, pure and about text only: no schema values, no connection. Above it stand the
readers and compilers, which know what the text is for.
"""

from peewit.errors import SqlError
from peewit.sql.constraints import check_expression, is_rule, pieces
from peewit.sql.create_index import (
    CreateIndex,
    IndexPart,
    as_tried,
    parse_create_index,
    with_index_column_renamed,
)
from peewit.sql.create_table import (
    parse_create_table,
)
from peewit.sql.quoting import (
    MYSQL,
    POSTGRES,
    SQLITE,
    LiteralStyle,
    check_name,
    literal,
    quote_name,
    quote_path,
)
from peewit.sql.table_parts import (
    Clause,
    ColumnDef,
    CreateTable,
    Reference,
    TableConstraint,
    TableOption,
)
from peewit.sql.tokens import (
    MYSQL_RULES,
    POSTGRES_RULES,
    SQLITE_RULES,
    Span,
    Token,
    TokenRules,
    canonical,
    fold_case,
    is_plain,
    matching,
    names_in,
    rename,
    significant,
    split_commas,
    tokenize,
    without_outer_parentheses,
)

__all__ = [
    "MYSQL",
    "MYSQL_RULES",
    "POSTGRES",
    "POSTGRES_RULES",
    "SQLITE",
    "SQLITE_RULES",
    "Clause",
    "ColumnDef",
    "CreateIndex",
    "CreateTable",
    "IndexPart",
    "LiteralStyle",
    "Reference",
    "Span",
    "SqlError",
    "TableConstraint",
    "TableOption",
    "Token",
    "TokenRules",
    "as_tried",
    "canonical",
    "check_expression",
    "check_name",
    "fold_case",
    "is_plain",
    "is_rule",
    "literal",
    "matching",
    "names_in",
    "parse_create_index",
    "parse_create_table",
    "pieces",
    "quote_name",
    "quote_path",
    "rename",
    "significant",
    "split_commas",
    "tokenize",
    "with_index_column_renamed",
    "without_outer_parentheses",
]
