"""Foreign keys between the tables of one stretch: which have to wait, and which have to go first."""

from __future__ import annotations

from collections.abc import Iterator

from peewit.compile import server_guards as guards
from peewit.compile.server_text import foreign_key
from peewit.compile.server_work import NewKey, Stretch, Work
from peewit.compile.statements import Execute, Guard
from peewit.dialects import ServerDialect
from peewit.schema import FoundKey, key_of


def child_of(key: FoundKey, stretch: Stretch) -> str:
    """The key of the table a foreign key stands in: models may name the schema it is in, or leave it to the server."""
    child = key_of(key.schema, key.table)
    named = key_of(key.place, key.table)
    known = (stretch.works, stretch.dropped, stretch.created)
    return named if not any(child in tables for tables in known) and any(named in tables for tables in known) else child


def later_keys(stretch: Stretch) -> dict[str, list[NewKey]]:
    """The foreign keys of new tables that lead to tables which come, or change, after them."""
    later: dict[str, list[NewKey]] = {}
    there: set[str] = set()
    for key, table in stretch.created.items():
        there.add(key)
        for column in table.columns:
            target = column.foreign_key
            if target is None:
                continue
            busy = any(target.target in tables for tables in (stretch.created, stretch.works, stretch.dropped))
            known = target.target in there or (not busy and stretch.found.table(target.target) is not None)
            if not known or target.deferred:
                later.setdefault(key, []).append(NewKey(column=column.name, key=target))
    return later


def add_later(later: dict[str, list[NewKey]], stretch: Stretch, dialect: ServerDialect) -> Iterator[Execute]:
    """The foreign keys that had to wait, where what they lead to is there by now."""
    for key, waiting in later.items():
        known = [n for n in waiting if n.key.target in stretch.created or stretch.found.table(n.key.target) is not None]
        if known:
            table = stretch.created[key]
            texts = ", ".join(f"ADD {foreign_key(new.column, new.key, dialect)}" for new in known)
            yield Execute(sql=f"ALTER TABLE {dialect.path(table.name, table.schema)} {texts}")


def nothing_refers(stretch: Stretch, dialect: ServerDialect) -> Iterator[Guard]:
    """No row may still refer to a table that is dropped."""
    for key in _left_referring(stretch):
        child, column = child_of(key, stretch), key.columns[0]
        rows = f"{stretch.table_now(child, dialect.path(key.table, key.schema))} AS peewit_rows"
        yield guards.nothing_refers(child, column, rows, stretch.name_now(key.target), dialect.quoted(column))


def free_dropped(stretch: Stretch, dialect: ServerDialect, kind: str) -> Iterator[Execute]:
    """The foreign keys that lead to a dropped table go before it, and its own before what they lead to changes.

    ``kind`` is the server's word for one.
    """
    for key in (*_left_referring(stretch), *_among_dropped(stretch), *_of_dropped(stretch)):
        yield Execute(sql=f"ALTER TABLE {dialect.path(key.table, key.schema)} DROP {kind} {dialect.quoted(key.name)}")


def targets_of(work: Work) -> dict[str | None, str]:
    """What the foreign keys of a live table lead to, as the migrations know it, by their names."""
    found = {}
    for column in work.found.table.columns:
        if column.foreign_key is not None:
            known = work.table.find(column.name)
            key = known.foreign_key if known is not None else None
            found[column.foreign_key.name] = (key or column.foreign_key).target
    return found


def _left_referring(stretch: Stretch) -> Iterator[FoundKey]:
    """The foreign keys that still lead to a table that is dropped."""
    for dropped in stretch.dropped:
        for key in stretch.found.referring(dropped):
            work = stretch.works.get(child_of(key, stretch))
            if child_of(key, stretch) not in stretch.dropped and (work is None or key.name not in work.drop_keys):
                yield key


def _of_dropped(stretch: Stretch) -> Iterator[FoundKey]:
    """The foreign keys of dropped tables that hold on to a key or a column that changes before they go."""
    for work in stretch.works.values():
        changed = {alteration.live.name for alteration in work.altered.values()} | set(work.dropped)
        for key in stretch.found.referring(work.key):
            held = work.primary_key is not None or changed & set(key.target_columns)
            if held and child_of(key, stretch) in stretch.dropped:
                yield key


def _among_dropped(stretch: Stretch) -> Iterator[FoundKey]:
    """The foreign keys of dropped tables that lead to one which is dropped before them."""
    order = list(stretch.dropped)
    for place, dropped in enumerate(order):
        for key in stretch.found.referring(dropped):
            if child_of(key, stretch) in order[place + 1 :]:
                yield key
