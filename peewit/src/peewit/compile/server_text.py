"""A server's statements as text: tables, columns, references and indexes, spelled as Peewee spells them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from peewit.dialects import MysqlDialect, ServerDialect
from peewit.operations.index_names import index_name
from peewit.schema import Column, Constraint, ForeignKey, Index, Part, Table
from peewit.sql import significant, tokenize
from peewit.sql.foreign_keys import read_key, with_table


def undoubled(sql: str) -> str:
    """Raw SQL without parameters: where every ``%`` is doubled, as drivers ask for, one of each two is meant."""
    return sql.replace("%%", "%") if "%" not in sql.replace("%%", "") else sql


def doubled(text: str) -> str:
    """A text inside a statement with parameters, where a ``%`` has to be written twice."""
    return text.replace("%", "%%")


def names(columns: Sequence[str], dialect: ServerDialect) -> str:
    """Quoted names, separated by commas."""
    return ", ".join(map(dialect.quoted, columns))


def own_text(sql: str, table: Table, dialect: ServerDialect) -> str:
    """A text of SQL, as it is sent, in this database's language, where a file of another database wrote it.

    MySQL takes what stands in double quotes for a string, and PostgreSQL compares no boolean with 1. Only the table's
    own columns are meant.
    """
    sql = _placed(sql, dialect)
    if not isinstance(dialect, MysqlDialect):
        return _with_booleans(sql, table, dialect)
    columns = {column.name for column in table.columns}
    of_key = read_key(sql) is not None  # in which there is no string
    text, end = "", 0
    for token in significant(tokenize(sql, dialect.rules)):
        quoted = token.kind == "string" and token.text[0] == '"'
        if quoted and (of_key or token.text[1:-1].replace('""', '"') in columns):
            name = token.text[1:-1].replace('""', '"')
            text += sql[end : token.start] + dialect.quoted(name)
            end = token.end
    return text + sql[end:]


_BOOLEANS = {"0": "false", "1": "true"}


def _placed(sql: str, dialect: ServerDialect) -> str:
    """A foreign key's text where what it leads to is tried out in another schema."""
    key = read_key(sql)
    if key is None or key.schema is None:
        return sql
    return with_table(sql, key.table, key.schema, key.table, dialect.schema_of(key.schema))


def _with_booleans(sql: str, table: Table, dialect: ServerDialect) -> str:
    """The text with ``true`` and ``false`` where a boolean column is compared with a number."""
    columns = {column.name for column in table.columns if column.type.name == "BOOL"}
    tokens = significant(tokenize(sql, dialect.rules)) if columns else []
    text, end = "", 0
    for column, compared, number in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if column.value in columns and compared.is_op("=", "<>", "!=") and number.text in _BOOLEANS:
            text += sql[end : number.start] + _BOOLEANS[number.text]
            end = number.end
    return text + sql[end:]


def named(text: str, name: str | None, dialect: ServerDialect) -> str:
    """A constraint's text behind its name, if it has one."""
    return text if name is None else f"CONSTRAINT {dialect.quoted(dialect.cut(name))} {text}"


def constraint_text(constraint: Constraint, table: Table, dialect: ServerDialect) -> str:
    """A constraint with its name."""
    return named(own_text(constraint.sql, table, dialect), constraint.name, dialect)


def references(key: ForeignKey, dialect: ServerDialect) -> str:
    """A REFERENCES clause."""
    text = f"REFERENCES {dialect.path(key.table, key.schema)}"
    text += f" ({dialect.quoted(key.column)})" if key.column else ""
    text += f" ON DELETE {key.on_delete}" if key.on_delete else ""
    text += f" ON UPDATE {key.on_update}" if key.on_update else ""
    return text + (f" DEFERRABLE {key.deferrable}".rstrip() if key.deferrable is not None else "")


def foreign_key(column: str, key: ForeignKey, dialect: ServerDialect) -> str:
    """A table's FOREIGN KEY clause for one column."""
    return named(f"FOREIGN KEY ({dialect.quoted(column)}) {references(key, dialect)}", key.name, dialect)


def column_definition(
    column: Column,
    table: Table,
    dialect: ServerDialect,
    *,
    null: bool | None = None,
    default: str | None = None,
    primary_key: bool = False,
) -> str:
    """A column's definition without its foreign key; ``null`` and ``default`` instead of its own where given."""
    words = [dialect.quoted(column.name), dialect.spell(column.type)]
    if isinstance(dialect, MysqlDialect) and column.collation is not None:
        words.append(f"COLLATE {column.collation}")
    if column.generated is not None:
        stored = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({own_text(column.generated.expression, table, dialect)}) {stored}")
    nullable = column.null if null is None else null
    words += ["NOT NULL"] if not nullable else []
    words += ["PRIMARY KEY"] if primary_key else []
    words += [f"DEFAULT {default}"] if default is not None else default_clause(column, table, dialect)
    words += [_own_constraint(c, table, dialect) for c in column.constraints]
    if not isinstance(dialect, MysqlDialect) and column.collation is not None:
        words.append(f"COLLATE {collation_text(column.collation, dialect)}")
    return " ".join(word for word in words if word)


def collation_text(name: str, dialect: ServerDialect) -> str:
    """The name of a collation, which is case-sensitive on PostgreSQL and may be quoted already, or with a schema."""
    return name if isinstance(dialect, MysqlDialect) or '"' in name or "." in name else dialect.quoted(name)


def _own_constraint(constraint: Constraint, table: Table, dialect: ServerDialect) -> str:
    """A constraint inside its column's definition, where UNIQUE does not name the column."""
    if constraint.sql.upper().startswith("UNIQUE"):
        return named("UNIQUE", constraint.name, dialect)
    return constraint_text(constraint, table, dialect)


def default_clause(column: Column, table: Table, dialect: ServerDialect) -> list[str]:
    """The column's own DEFAULT: a sequence's next value, or what it says."""
    if column.sequence is not None and not isinstance(dialect, MysqlDialect):
        return [f"DEFAULT nextval({sequence_literal(column.sequence, table, dialect)})"]
    return [f"DEFAULT {column.default}"] if column.default is not None else []


def sequence_path(sequence: str, table: Table, dialect: ServerDialect) -> str:
    """The quoted name of a field's sequence: where it says, else in the schema of its table."""
    schema, _, name = sequence.rpartition(".")
    return dialect.path(name, schema or table.schema)


def sequence_literal(sequence: str, table: Table, dialect: ServerDialect) -> str:
    """The same as a string for ``nextval()``."""
    path = sequence_path(sequence, table, dialect)
    return "'" + path.replace("'", "''") + "'"


def create_table(table: Table, dialect: ServerDialect, later: Collection[str] = ()) -> str:
    """The CREATE TABLE of a table, without its indexes; ``later`` are the columns whose foreign keys come later."""
    inline = table.primary_key[0] if len(table.primary_key) == 1 else None
    items = [column_definition(c, table, dialect, primary_key=c.name == inline) for c in table.columns]
    if len(table.primary_key) > 1:
        items.append(f"PRIMARY KEY ({names(table.primary_key, dialect)})")
    keys = [(c.name, c.foreign_key) for c in table.columns if c.foreign_key is not None and c.name not in later]
    items += [foreign_key(name, key, dialect) for name, key in keys]
    items += [constraint_text(c, table, dialect) for c in table.constraints]
    settings = "".join(f" {undoubled(setting)}" for setting in table.settings)
    return f"CREATE TABLE {dialect.path(table.name, table.schema)} ({', '.join(items)}){settings}"


def part_text(part: Part, table: Table, dialect: ServerDialect) -> str:
    """One key of an index."""
    text = own_text(part.text, table, dialect) if part.expression else dialect.quoted(part.text)
    text += f" COLLATE {dialect.quoted(part.collation)}" if part.collation else ""
    return f"{text} DESC" if part.descending else text


def index_keys(index: Index, table: Table, dialect: ServerDialect) -> str:
    """The keys of an index in brackets, its options and its condition."""
    keys = ", ".join(part_text(part, table, dialect) for part in index.parts)
    where = f" WHERE {own_text(index.where, table, dialect)}" if index.where is not None else ""
    options = f" {index.options}" if index.options is not None else ""
    return f"({keys}){options}{where}"


def free_name(table: Table, index: Index, taken: Collection[str], dialect: ServerDialect) -> str:
    """The index's own name, else Peewee's automatic one as the server keeps it, else the nearest that is free."""
    if index.name is not None:
        return dialect.cut(index.name)
    return index_name(table, index, taken, dialect.cut)
