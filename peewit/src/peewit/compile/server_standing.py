"""The indexes and constraints that operations name, found again in a live table: by name, else by what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from peewit.compile import mysql_types, postgres_types
from peewit.compile.server_text import index_keys, own_text
from peewit.compile.server_uses import plain_shape, using
from peewit.compile.server_work import Alteration, Work
from peewit.dataclass import dataclass
from peewit.dialects import MysqlDialect, PostgresDialect, ServerDialect, plain_foreign_key
from peewit.errors import SchemaError
from peewit.operations import constraint_shape, index_shape
from peewit.operations.index_names import automatic_names
from peewit.schema import Column, Constraint, ForeignKey, FoundIndex, FoundOnServer, Index, Table
from peewit.sql import canonical, check_expression
from peewit.sql.constraints import unique_columns
from peewit.sql.foreign_keys import read_key


def index_there(found: FoundOnServer, work: Work, index: Index) -> FoundIndex | None:
    """The index of this name, else one over the same keys."""
    there = [i for i in work.found.indexes if i not in work.drop_indexes]
    if index.name is not None:
        named = [i for i in there if i.name == work.dialect.cut(index.name)]
        if named:
            return named[0]
    plain = all(not part.expression for part in index.parts) and index.where is index.options is None
    if plain or isinstance(work.dialect, MysqlDialect):
        shape = plain_shape(work, index)
        same = [i for i in there if plain_shape(work, i.index) == shape and i.index.where is None]
    else:
        known = work.dialect
        text = f"CREATE INDEX ON peewit_probe {using(index)}{index_keys(index, work.table, known)}"
        wanted = found.as_written(work.key, text).partition(" USING ")[2]
        same = [i for i in there if i.sql.partition(" USING ")[2] == wanted and i.index.unique == index.unique]
    automatic = [work.dialect.cut(name) for name in automatic_names(work.table, index)]
    return min(same, key=lambda i: automatic.index(i.name) if i.name in automatic else 999, default=None)


def does_its_job(found: FoundOnServer, work: Work, index: Index) -> bool:
    """Whether an index without a name of its own would only be another one of what is there or to come."""
    if not index.plain:
        return False
    there = index_there(found, work, index)
    come = any(index_shape(added) == index_shape(index) for added in work.add_indexes)
    return come or (there is not None and there.valid and there.index.unique == index.unique)


def is_called(work: Work, found: FoundIndex, index: Index) -> bool:
    """Whether an index has the name another one is to get."""
    names = [index.name] if index.name is not None else list(automatic_names(work.table, index))[:2]
    return found.name in [work.dialect.cut(name) for name in names]


def drop_constraint(found: FoundOnServer, table: Table, work: Work, constraint: Constraint) -> None:
    """Note that a constraint goes; SchemaError where the table, of which ``table`` is known, has none like it."""
    added = [c for c in work.add_constraints if c == constraint]
    if added:
        work.add_constraints.remove(added[0])
        return
    there = [c for c in work.found.table.constraints if c.name not in work.drop_constraints]
    named = [c for c in there if constraint.name is not None and c.name == work.dialect.cut(constraint.name)]
    if not named and constraint.sql:
        same = [c for c in there if canonical(c.sql) == canonical(constraint.sql)]
        named = same or _written_alike(found, work, constraint, there)
    if _drop_key(work, named[0] if named else constraint):
        return
    if not named and (_drop_own_check(found, table, work, constraint) or _drop_unique(work, constraint)):
        return
    if not named or named[0].name is None:
        raise SchemaError(
            f'table "{work.key}" has no constraint {constraint.name or constraint.sql}',
            hint="peewit check compares the database with what the migrations say",
        )
    work.drop_constraints.append(named[0].name)


def _drop_key(work: Work, constraint: Constraint) -> bool:
    """Drop a foreign key, by its name or by what it leads to: the server writes it in words of its own."""
    wanted = read_key(constraint.sql)
    keys = [key for key in keys_of(work.found.table) if key.name not in work.drop_keys]
    named = [key for key in keys if constraint.name is not None and key.name == work.dialect.cut(constraint.name)]
    same = [key for key in keys if wanted is not None and wanted.is_like(key.columns, key.table, key.targets)]
    like = [key for key in same if canonical(key.rules) == canonical(_rules(constraint.sql))]
    picked = (named or like or same)[:1]
    work.drop_keys += [key.name for key in picked]
    return bool(picked)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKey:
    """A foreign key of a live table, of one column or of several, with what it does behind its target."""

    name: str
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]
    rules: str


def keys_of(table: Table) -> Iterator[LiveKey]:
    """The foreign keys of a live table."""
    for column in table.columns:
        key = column.foreign_key
        if key is not None and key.name is not None:
            actions = (("DELETE", key.on_delete), ("UPDATE", key.on_update))
            rules = " ".join(f"ON {event} {action}" for event, action in actions if action)
            yield LiveKey(name=key.name, columns=(column.name,), table=key.table, targets=(key.column,), rules=rules)
    for constraint in table.constraints:
        text = read_key(constraint.sql)
        if text is not None and constraint.name is not None:
            yield LiveKey(
                name=constraint.name,
                columns=text.columns,
                table=text.table,
                targets=text.targets,
                rules=_rules(constraint.sql),
            )


def _rules(sql: str) -> str:
    """What a foreign key's text says behind its target."""
    key = read_key(sql)
    if key is None:
        return ""
    rest = sql[(key.target_tokens or (key.table_token,))[-1].end :]
    return rest.lstrip().removeprefix(")").strip()


def has_constraint(found: FoundOnServer, table: Table, work: Work, constraint: Constraint) -> bool:
    """Whether a table has a constraint."""
    probe = Work(table=work.table, found=work.found, dialect=work.dialect)
    try:
        drop_constraint(found, table, probe, constraint)
    except SchemaError:
        return False
    return True


def _written_alike(
    found: FoundOnServer, work: Work, constraint: Constraint, there: Sequence[Constraint]
) -> list[Constraint]:
    """The constraints whose text is what the server would make of the wanted one's."""
    if check_expression(constraint.sql) is None:
        return []
    written = found.as_written(work.key, own_text(constraint.sql, work.table, work.dialect))
    return [c for c in there if c.sql == written]


def _drop_own_check(found: FoundOnServer, table: Table, work: Work, constraint: Constraint) -> bool:
    """Drop a CHECK that stands in a column's own definition and has no name (MariaDB)."""
    if check_expression(constraint.sql) is None:
        return False
    written = found.as_written(work.key, own_text(constraint.sql, work.table, work.dialect))
    for live in work.found.table.columns:
        for own in live.constraints:
            if own.sql == written or canonical(own.sql) == canonical(constraint.sql or ""):
                work.drop_checks.setdefault(live.name, []).append(own.sql)
                column = table.column(live.name)
                work.altered.setdefault(live.name, Alteration(before=column, live=live, after=column))
                return True
    return False


def _drop_unique(work: Work, constraint: Constraint) -> bool:
    """Drop the unique index that is all MariaDB and MySQL make of a UNIQUE constraint."""
    if not isinstance(work.dialect, MysqlDialect):
        return False
    text = own_text(constraint.sql, work.table, work.dialect)
    columns = [name.lower() for name in unique_columns(text, work.dialect.rules)]
    there = [i for i in work.found.indexes if i.index.unique and i not in work.drop_indexes]
    named = [i for i in there if i.name == constraint.name]
    same = [i for i in there if columns and [part.text.lower() for part in i.index.parts] == columns]
    work.drop_indexes += (named or same)[:1]
    return bool(named or same)


def same_key(a: ForeignKey | None, b: ForeignKey | None) -> bool:
    """Whether two foreign keys of a column do the same."""
    if a is None or b is None:
        return a is b
    place = (a.table, a.schema, a.column) == (b.table, b.schema, b.column)
    return place and plain_foreign_key(a) == plain_foreign_key(replace(b, deferred=a.deferred))


def only_in(column: Column, other: Column) -> list[Constraint]:
    """The constraints of one description of a column that the other does not have, or not by that name."""
    there = {constraint_shape(c): c.name for c in other.constraints}
    return [c for c in column.constraints if there.get(constraint_shape(c), "") != c.name]


def begun_as(known: Column, live: Column, after: Column, dialect: ServerDialect) -> Column:
    """What a column is changed from: as the migrations know it, or of the type it has.

    Where they know it to be what is asked for already, nothing is asked for but that it be so, and the database may
    say otherwise: a rollback that undid more than its migration had done, or somebody who changed it by hand.
    """
    if known != after:
        return known
    if isinstance(dialect, MysqlDialect):
        there = mysql_types.same(str(live.type), dialect.spell(after.type), json_is_text=dialect.mariadb)
    else:
        assert isinstance(dialect, PostgresDialect)
        there = postgres_types.same(str(live.type), postgres_types.plain_spelling(after.type, dialect))
    return known if there else replace(known, type=live.type)
