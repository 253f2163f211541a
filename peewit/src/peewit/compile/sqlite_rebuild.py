"""The three ways a SQLite table takes to its new form, cheapest first.

Native ALTER TABLE where that is all it needs; an edit of the description where no row changes; else one
rebuild. A rebuild copies the rows into a new table under a name of its own, and only then lets the two
change places in ``sqlite_schema``. Nothing refers to the new name while rows are copied and nothing to
the old one's when it is dropped, so no foreign key acts, whatever ``PRAGMA foreign_keys`` says and
whatever transaction is open. (Where the description cannot be edited, the twelve steps of
https://www.sqlite.org/lang_altertable.html#otheralter, which need foreign keys off.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from peewit.compile.sqlite_text import NEW, OLD, create_index
from peewit.compile.sqlite_work import Update, Value, Work
from peewit.compile.statements import Copying, EditSchema, Execute, SchemaRow, Statement
from peewit.dialects import affinity
from peewit.errors import UnsupportedChangeError
from peewit.operations import has_index
from peewit.operations.index_names import index_name
from peewit.sql import CreateTable, names_in, parse_create_table, quote_name
from peewit.sql.edit_constraints import with_reference, without_constraint
from peewit.sql.edit_table import with_name


def transform(work: Work, taken: set[str]) -> Iterator[Statement]:
    """The statements that make a table what was asked of it. ``taken``: names in use, kept up to date."""
    yield from work.guards
    way = _way(work)
    if way == "rebuild":
        yield from _rebuild(work)
    else:
        yield from work.enforced
        yield from (Execute(sql=f"DROP INDEX {quote_name(index.name)}") for index in work.drop_indexes)
        yield from _edit(work) if way == "edit" else _native(work)
    taken.difference_update(index.name.lower() for index in work.drop_indexes)
    yield from _new_indexes(work, taken)


def _way(work: Work) -> str:
    if work.rebuild or len(work.dropped) > 1 or (work.dropped and (work.edits or work.added)):
        return "rebuild"
    if work.edits and (any(column.constraints for column in work.added) or _asks_for_added(work)):
        return "rebuild"  # an edit of the description asks no row whether a new column's CHECK is met
    if work.edits:
        return "edit" if work.dialect.edits_schema else "rebuild"
    return "native"


def _asks_for_added(work: Work) -> bool:
    """Whether a question to the rows speaks of a column they do not have yet."""
    added = {column.name.lower() for column in work.added}
    return any(added & names_in(guard.sql) for guard in work.enforced)


def _native(work: Work) -> Iterator[Statement]:
    table = quote_name(work.name)
    for column in work.added:
        definition = work.created.column(column.name).span.of(work.created.sql)
        yield Execute(sql=f"ALTER TABLE {table} ADD COLUMN {definition}")
    for name in work.dropped:
        yield Execute(sql=f"ALTER TABLE {table} DROP COLUMN {quote_name(name)}")
    yield from _updates(work, new=False)
    yield from _updates(work, new=True)


def _edit(work: Work) -> Iterator[Statement]:
    yield from _updates(work, new=False)
    row = SchemaRow(kind="table", name=work.name, new_name=work.name, new_table=work.name, sql=work.created.sql)
    yield EditSchema(rows=(row,), columns=((work.name, _columns(work.created)),))
    yield from _updates(work, new=True)


def _columns(created: CreateTable) -> tuple[str, ...]:
    return tuple(column.name for column in created.columns)


def _updates(work: Work, *, new: bool) -> Iterator[Statement]:
    """Fill nulls. Triggers see what is put into columns they may know; a new column is none of their business."""
    updates = [update for update in work.updates if update.new is new]
    quiet = work.found.triggers if new and updates else ()
    yield from (Execute(sql=f"DROP TRIGGER {quote_name(trigger.name)}") for trigger in quiet)
    yield from (_update(work, update) for update in updates)
    yield from (Execute(sql=trigger.sql) for trigger in quiet)


def _update(work: Work, update: Update) -> Execute:
    column = quote_name(update.column)
    return Execute(
        sql=f"UPDATE {quote_name(work.name)} SET {column} = {update.value.sql} WHERE {column} IS NULL",
        params=update.value.params,
        functions=update.value.functions,
    )


def _new_indexes(work: Work, taken: set[str]) -> Iterator[Statement]:
    there = [replace(index.index, name=index.name) for index in work.indexes]
    for index in work.add_indexes:
        if has_index(there, index):
            continue
        there.append(index)
        name = index_name(work.found.table, index, frozenset(taken))
        taken.add(name.lower())
        yield Execute(sql=create_index(work.name, index, name), explained=tuple(work.unique))


def _rebuild(work: Work) -> Iterator[Statement]:
    new, old = NEW + work.name, OLD + work.name
    if work.found.triggers:
        yield from _updates(work, new=False)
    created = with_name(work.created, new)
    yield Execute(sql=(_without_references(created) if work.dialect.edits_schema else created).sql)
    yield _copy(work, new)
    yield from (Execute(sql=f"DROP TRIGGER {quote_name(trigger.name)}") for trigger in work.found.triggers)
    yield from (Execute(sql=f"DROP INDEX {quote_name(index.name)}") for index in work.found.indexes)
    yield from _keep_sequence(work, new)
    if work.dialect.edits_schema:
        yield _change_places(work, new, old)
        yield Execute(sql=f"DROP TABLE {quote_name(old)}")
    else:
        yield Execute(sql=f"DROP TABLE {quote_name(work.name)}")
        # Views speak of a table that is not there for this moment: the old rename does not look at them.
        yield Execute(sql="PRAGMA legacy_alter_table = 1")
        yield Execute(sql=f"ALTER TABLE {quote_name(new)} RENAME TO {quote_name(work.name)}")
        yield Execute(sql="PRAGMA legacy_alter_table = 0")
    yield from (Execute(sql=index.sql) for index in work.indexes)
    yield from (Execute(sql=trigger.sql) for trigger in work.found.triggers)


def _without_references(created: CreateTable) -> CreateTable:
    """The same table without foreign keys: they are put back with its name, and checked afterwards."""
    for column in created.columns:
        created = with_reference(created, column.name, None)
    for index in reversed(range(len(created.constraints))):
        if created.constraints[index].kind == "foreign key":
            created = without_constraint(created, index)
    return created


def _copy(work: Work, new: str) -> Execute:
    """Every row, in one statement; it has to write as many as there are."""
    columns = [c.name for c in work.created.columns if c.clause("generated") is None]
    values = [work.sources.get(name.lower(), Value(sql="NULL")) for name in columns]
    rowid = _rowid(work)
    into = ", ".join([*rowid, *map(quote_name, columns)])
    picked = ", ".join([*rowid, *(value.sql for value in values)])
    return Execute(
        sql=f"INSERT INTO {quote_name(new)} ({into}) SELECT {picked} FROM {quote_name(work.name)}",
        params=tuple(param for value in values for param in value.params),
        functions=tuple(function for value in values for function in value.functions),
        copying=Copying(table=work.name, into=new, kept=tuple(filter(partial(_stays, work), columns))),
        explained=tuple(work.enforced),
    )


def _stays(work: Work, name: str) -> bool:
    """Whether a column's values are copied as they are, and the new column stores them as the old one did."""
    before, after = work.found.table, work.created
    old, source = before.find(name), work.sources.get(name.lower())
    if old is None or source != Value(sql=quote_name(old.name)) or before.strict is not after.strict:
        return False
    return affinity(str(old.type)) is affinity(after.column(name).type_text)


def _rowid(work: Work) -> list[str]:
    """The hidden rowid, where both tables have one that no column stands for: others may refer to it."""
    before, after = work.found.table, work.created
    if before.without_rowid or after.without_rowid or _has_alias(after):
        return []
    used = {c.name.lower() for c in before.columns} | {c.name.lower() for c in after.columns}
    free = [name for name in ("rowid", "_rowid_", "oid") if name not in used]
    return free[:1]


def _has_alias(created: CreateTable) -> bool:
    """Whether an INTEGER PRIMARY KEY stands for the rowid; one with DESC does not, an old quirk SQLite keeps."""
    if len(created.primary_key) != 1:
        return False
    column = created.column(created.primary_key[0])
    quirk = any(clause.descending for clause in column.clauses_of("primary key"))
    return not quirk and column.type_text.upper().strip('"[]`') == "INTEGER"


def _keep_sequence(work: Work, new: str) -> Iterator[Statement]:
    """AUTOINCREMENT counts on from where it was: the new table takes over the old one's counter."""
    if not any(clause.autoincrement for column in work.created.columns for clause in column.clauses):
        return
    yield Execute(
        sql="DELETE FROM sqlite_sequence WHERE name = ? AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
        params=(new, work.name),
    )
    if work.dialect.edits_schema:
        yield Execute(sql="UPDATE sqlite_sequence SET name = ? WHERE name = ?", params=(work.name, new))
        return
    yield Execute(
        sql="INSERT INTO sqlite_sequence (name, seq) SELECT ?, seq FROM sqlite_sequence WHERE name = ?",
        params=(new, work.name),
    )


def _change_places(work: Work, new: str, old: str) -> EditSchema:
    former = with_name(parse_create_table(work.found.sql), old)
    automatic = _automatic_indexes(work.created)
    rows = [
        SchemaRow(kind="table", name=work.name, new_name=old, new_table=old, sql=former.sql),
        *(
            SchemaRow(kind="index", name=name, new_name=_moved(name, work.name, old), new_table=old)
            for name in work.found.autoindexes
        ),
        SchemaRow(kind="table", name=new, new_name=work.name, new_table=work.name, sql=work.created.sql),
        *(
            SchemaRow(
                kind="index",
                name=f"sqlite_autoindex_{new}_{number}",
                new_name=f"sqlite_autoindex_{work.name}_{number}",
                new_table=work.name,
            )
            for number in range(1, automatic + 1)
        ),
    ]
    return EditSchema(rows=tuple(rows), columns=((work.name, _columns(work.created)),))


def _moved(index: str, table: str, new: str) -> str:
    number = index.rpartition("_")[2]
    if not index.lower() == f"sqlite_autoindex_{table}_{number}".lower():
        raise UnsupportedChangeError(f'table "{table}" has an automatic index of an unknown name "{index}"')
    return f"sqlite_autoindex_{new}_{number}"


def _automatic_indexes(created: CreateTable) -> int:
    """At most how many automatic indexes a definition makes: one for each UNIQUE and PRIMARY KEY."""
    inline = sum(clause.kind in ("unique", "primary key") for column in created.columns for clause in column.clauses)
    return inline + sum(constraint.kind in ("unique", "primary key") for constraint in created.constraints)
