"""Who is who: pairs the tables and columns of two schemas, and asks where identity leaves a doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from peewit.diff.alike import Leftover
from peewit.diff.answers import Answers, fields_of, split_field
from peewit.diff.compare import Comparison
from peewit.diff.pairing import Doubt, names_alike, ranked, readings
from peewit.errors import AmbiguousRenameError, ConfigError, suggestion
from peewit.schema import Column, Schema, Table, parts_of

_STAYS = "the models still have it"


def _choose(old: str, new: str | None) -> str:
    return f"change the models, or leave out --rename {old}:{new}"


def rename_tables(before: Schema, after: Schema, answers: Answers) -> dict[str, str]:
    """Which table became which, by keys, for what identity left over.

    Another case alone is no other table, nor is the schema written out that a table is in anyhow.
    """
    gone = [key for key in before.tables if key not in after.tables]
    fresh = [key for key in after.tables if key not in before.tables]
    named = {old: new for old, new in (answers.renames or {}).items() if old in before.tables}
    free = {_plainly(key): key for key in fresh if key not in named.values()}
    same = {old: free[_plainly(old)] for old in gone if old not in named and _plainly(old) in free}
    for old, new in named.items():
        check_known(new, after.tables, f'"{old}" cannot become table "{new}": the models have no such table')
        if old not in gone and not _moves_on(old, named):
            raise ConfigError(f'"{old}" cannot become table "{new}": {_STAYS}', hint=_choose(old, new))
        if new not in fresh and not _moves_on(new, named):
            raise ConfigError(f'"{old}" cannot become table "{new}": that table is not new', hint=_choose(old, new))
    renamed = {**same, **named}
    if not answers.tables_told:
        left = tuple(key for key in gone if key not in renamed)
        come = tuple(key for key in fresh if key not in renamed.values())
        leftover = Leftover(before=before, after=after, gone=left, fresh=come, renamed=renamed)
        _refuse(leftover.doubts(), answers, of_tables=True)
    return renamed


def _moves_on(name: str, named: Mapping[str, str]) -> bool:
    """Whether a name that stays is only handed on: what has it now is told to go, and another is told to take it."""
    return name in named and name in named.values()


def in_steps(pairs: Sequence[tuple[str, str]], taken: Iterable[str]) -> list[tuple[str, str]]:
    """Renames in an order in which each new name is free; where names are exchanged, by way of one of ours."""
    left, steps = dict(pairs), []
    used = {*taken, *left, *left.values()}
    while left:
        ready = next((old for old, new in left.items() if new not in left), None)
        if ready is not None:
            steps.append((ready, left.pop(ready)))
            continue
        old = next(iter(left))
        between = next(name for n in count(1) if (name := f"peewit_renamed_{n}") not in used)
        used.add(between)
        steps.append((old, between))
        left[between] = left.pop(old)
    return steps


def _plainly(key: str) -> tuple[str | None, str]:
    """A table's schema and name, without case; None for the schema most connections are in."""
    schema, name = parts_of(key)
    return (None if schema is None or schema.lower() in ("public", "main") else schema.lower()), name.lower()


def ask_about_columns(tables: Iterable[tuple[str, Table, Table]], compare: Comparison, answers: Answers) -> None:
    """AmbiguousRenameError with every doubt of all tables. Each: its old key, as it is, as it is wanted."""
    doubts = (
        Doubt(old=f"{old_key}.{o.field_name}", new=n.field_name, within=old_key, likeness=_likeness(o, n))
        for old_key, table, wanted in tables
        for gone, fresh in [_left_over(table, wanted, rename_columns(table, wanted, answers, old_key))]
        for o in gone
        for n in fresh
        if compare.family(o.type) == compare.family(n.type)
    )
    _refuse(doubts, answers)


def _likeness(old: Column, new: Column) -> float:
    """How much a new column looks like an old one: most by its name, then by what it refers to and can hold."""
    leads = [None if c.foreign_key is None else c.foreign_key.target for c in (old, new)]
    same = (0.5 * (leads[0] == leads[1]), 0.2 * (old.type == new.type), 0.1 * (old.null == new.null))
    return names_alike(old.field_name, new.field_name) + sum(same)


def _gone_and_fresh(table: Table, wanted: Table) -> tuple[list[Column], list[Column]]:
    there, kept = {c.name for c in table.columns}, {w.name for w in wanted.columns}
    return [c for c in table.columns if c.name not in kept], [w for w in wanted.columns if w.name not in there]


def _left_over(
    table: Table, wanted: Table, pairs: Sequence[tuple[Column, Column]]
) -> tuple[list[Column], list[Column]]:
    """What is gone and what is new, without what identity has paired."""
    gone, fresh = _gone_and_fresh(table, wanted)
    return [c for c in gone if c not in [old for old, _ in pairs]], [w for w in fresh if w not in [n for _, n in pairs]]


def rename_columns(table: Table, wanted: Table, answers: Answers, old_key: str) -> list[tuple[Column, Column]]:
    """The columns that go by another name in ``wanted``, as (old, new). ``old_key``: the table's old name."""
    pairs = _same_field(*_gone_and_fresh(table, wanted))
    if answers.renames is None:
        return pairs
    gone, fresh = _left_over(table, wanted, pairs)
    handed = _handed_on(table, wanted, answers.renames, old_key)
    gone += [c for c in table.columns if c.name in handed]
    fresh += [c for c in wanted.columns if c.name in handed]
    for old in table.columns:
        new = answers.renames.get(f"{old_key}.{old.field_name}")
        if new not in (None, old.field_name) and old not in gone and old not in [one for one, _ in pairs]:
            name = f"{old_key}.{old.field_name}"
            raise ConfigError(f'"{name}" cannot become "{new}": {_STAYS}', hint=_choose(name, new))
    return pairs + _told(gone, fresh, answers.renames, old_key, wanted)


def _handed_on(table: Table, wanted: Table, renames: Mapping[str, str], key: str) -> set[str]:
    """The columns that stay by name alone: each has been told to take another name, and another to take its own."""
    news = {c.name: renames.get(f"{key}.{c.field_name}") or renames.get(f"{key}.{c.name}") for c in table.columns}
    named = {
        old: column.name
        for old, new in news.items()
        for column in wanted.columns
        if new in (column.field_name, column.name) and old != column.name
    }
    return {name for name in named if _moves_on(name, named)}


def _same_field(gone: Sequence[Column], fresh: Sequence[Column]) -> list[tuple[Column, Column]]:
    """Columns whose field kept its name, also where no file could write it, or changed its case only."""
    pairs = []
    for old in gone:
        same = [n for n in fresh if old.field_name in (n.field_name, f"field_{n.field_name}")] or [
            n for n in fresh if n.name.lower() == old.name.lower()
        ]
        if same:
            pairs.append((old, same[0]))
    return pairs


def _told(
    gone: Sequence[Column], fresh: Sequence[Column], renames: Mapping[str, str], key: str, wanted: Table
) -> list[tuple[Column, Column]]:
    pairs = []
    for old in gone:
        new = renames.get(f"{key}.{old.field_name}") or renames.get(f"{key}.{old.name}")
        if new is None:
            continue
        found = next((n for n in fresh if new in (n.field_name, n.name)), None)
        if found is None:
            names = [c.field_name for c in fresh] or [c.field_name for c in wanted.columns]
            check_known(new, names, f'"{key}.{old.field_name}" cannot become "{new}": no such new field')
            raise ConfigError(f'"{key}.{old.field_name}" cannot become "{new}": that field is not new')
        pairs.append((old, found))
    return pairs


def check_answers(before: Schema, answers: Answers) -> None:
    """ConfigError where an answer speaks of a table or a field that is in neither schema."""
    for name in answers.renames or ():
        if name not in before.tables:
            _check_field(before, name, "rename")


def _check_field(before: Schema, name: str, flag: str) -> None:
    table, field = split_field(name, before)
    if not table:
        check_known(name, before.tables, f'there is no table "{name}" to {flag}')
    check_known(table, before.tables, f'there is no table "{table}" to {flag} a field of')
    if table in before.tables:
        check_known(field, fields_of(before[table]), f'table "{table}" has no field "{field}" to {flag}')


def check_known(name: str, known: Iterable[str], message: str) -> None:
    """ConfigError with the message where a name is not among those that are known, and what is like it."""
    names = list(known)
    if name in names:
        return
    raise ConfigError(message, hint=suggestion(name, sorted(set(names))))


def _refuse(doubts: Iterable[Doubt], answers: Answers, *, of_tables: bool = False) -> None:
    found = list(doubts)
    if not found:
        return
    likely = readings(found)
    pairs = dict.fromkeys((old, new) for reading in likely for old, new in reading.items())
    listed = "; ".join(f'"{old}" became "{new}"' for old, new in pairs)
    given = dict(answers.renames or {})
    renamed = {**given, **likely[0]}
    dropped = [old for old in dict.fromkeys(doubt.old for doubt in found) if old not in renamed]
    flags, others = (" ".join(f"--rename {o}:{n}" for o, n in each.items()) for each in (renamed, given))
    raise AmbiguousRenameError(
        f"renamed, or dropped and added? perhaps {listed}",
        doubts=tuple((doubt.old, doubt.new) for doubt in ranked(found)),
        readings=tuple(likely),
        of_tables=of_tables,
        hint=f"{a_rename(dropped)}:  {flags}\n"
        f"for a drop and an addition, which loses it:  {f'{others} --no-rename'.strip()}\n"
        f"(Python: renames={renamed} or renames={given})",
    )


def a_rename(dropped: Sequence[str]) -> str:
    """What an answer with renames is for; what goes all the same is named."""
    if not dropped:
        return "for a rename, which keeps the data"
    return f"for a rename, which drops {' and '.join(dropped)}"
