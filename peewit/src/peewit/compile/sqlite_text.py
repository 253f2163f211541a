"""SQLite's statements as text: tables, columns, references and indexes, spelled as Peewee spells them."""

from __future__ import annotations

from peewit.dialects import SqliteDialect
from peewit.schema import Column, Constraint, ForeignKey, Index, Part, Table
from peewit.sql import quote_name
from peewit.sql.constraints import conflict_action, in_column

NEW = "peewit_new_"
OLD = "peewit_old_"
"""What the names of the two tables of a rebuild begin with; left over only where a process was killed
without a transaction."""


def create_table(table: Table, dialect: SqliteDialect) -> str:
    """The CREATE TABLE of a table, without its indexes."""
    inline = table.primary_key[0] if len(table.primary_key) == 1 else None
    items = [column_definition(c, dialect, primary_key=c.name == inline) for c in table.columns]
    if len(table.primary_key) > 1:
        items.append(f"PRIMARY KEY ({names(table.primary_key)})")
    for column in table.columns:
        key = column.foreign_key
        if key is not None and not key.deferred:
            items.append(named(f"FOREIGN KEY ({quote_name(column.name)}) {references(key)}", key.name))
    items += [constraint_text(c) for c in table.constraints]
    marks = [mark for mark, on in (("STRICT", table.strict), ("WITHOUT ROWID", table.without_rowid)) if on]
    settings = "".join(f" {setting}" for setting in table.settings)
    options = f" {', '.join(marks)}" if marks else ""
    return f"CREATE TABLE {quote_name(table.name)} ({', '.join(items)}){settings}{options}"


def column_definition(column: Column, dialect: SqliteDialect, *, primary_key: bool = False) -> str:
    """A column's definition, without its foreign key."""
    words = [quote_name(column.name), dialect.spell(column.type)]
    conflicts = [c for c in column.constraints if conflict_action(c.sql) is not None]
    words += ["NOT NULL", *(c.sql for c in conflicts)] if not column.null else []
    words += ["PRIMARY KEY"] if primary_key else []
    words += ["AUTOINCREMENT"] if column.autoincrement and primary_key else []
    words += [f"DEFAULT {column.default}"] if column.default is not None else []
    words += [constraint_text(c, column.name) for c in column.constraints if c not in conflicts]
    if column.generated is not None:
        stored = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression}) {stored}")
    words += [f"COLLATE {column.collation}"] if column.collation is not None else []
    return " ".join(word for word in words if word)


def constraint_text(constraint: Constraint, column: str = "") -> str:
    """A constraint with its name; a column's own UNIQUE is written without the list it stands for."""
    return named(in_column(constraint.sql, column) if column else constraint.sql, constraint.name)


def named(text: str, name: str | None) -> str:
    """A constraint's text behind its name, if it has one."""
    return text if name is None else f"CONSTRAINT {quote_name(name)} {text}"


def names(columns: tuple[str, ...]) -> str:
    """Quoted names, separated by commas."""
    return ", ".join(quote_name(name) for name in columns)


def references(key: ForeignKey) -> str:
    """A REFERENCES clause."""
    text = f"REFERENCES {quote_name(key.table)}"
    text += f" ({quote_name(key.column)})" if key.column else ""
    text += f" ON DELETE {key.on_delete}" if key.on_delete else ""
    text += f" ON UPDATE {key.on_update}" if key.on_update else ""
    return text + (f" DEFERRABLE {key.deferrable}".rstrip() if key.deferrable is not None else "")


def create_index(table: str, index: Index, name: str) -> str:
    """The CREATE INDEX of an index."""
    unique = "UNIQUE " if index.unique else ""
    keys = ", ".join(map(part_text, index.parts))
    where = f" WHERE {index.where}" if index.where is not None else ""
    options = f" {index.options}" if index.options is not None else ""
    return f"CREATE {unique}INDEX {quote_name(name)} ON {quote_name(table)} ({keys}){options}{where}"


def part_text(part: Part) -> str:
    """One key of an index."""
    text = part.text if part.expression else quote_name(part.text)
    text += f" COLLATE {part.collation}" if part.collation else ""
    return f"{text} DESC" if part.descending else text
