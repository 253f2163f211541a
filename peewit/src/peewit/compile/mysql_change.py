"""One table of MariaDB or MySQL that is changed: one ALTER TABLE, which happens whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from peewit.compile import mysql_types as types
from peewit.compile.mysql_fills import by_default, constant, is_early, is_fillable, row_keys, spellings
from peewit.compile.mysql_indexes import adds_key_or_rule, index_text
from peewit.compile.mysql_settings import CHARSET, COLLATE, changed, writes_rows
from peewit.compile.mysql_words import Words, differ, says_on_update, without_default, words_of
from peewit.compile.server_references import targets_of
from peewit.compile.server_standing import keys_of
from peewit.compile.server_text import (
    column_definition,
    constraint_text,
    default_clause,
    doubled,
    foreign_key,
    free_name,
    names,
    own_text,
)
from peewit.compile.server_uses import columns_of
from peewit.compile.server_work import Alteration, Fill, Stretch, Work
from peewit.compile.statements import Backfill, Effect, Execute, Statement
from peewit.dialects import MysqlDialect
from peewit.schema import Column, FoundIndex, Index, Part
from peewit.sql import canonical, check_expression, is_rule

EXCLUSIVE = "exclusive metadata lock"
SHARED = "shared metadata lock"


class Change:
    """The statements of one table that is changed."""

    def __init__(self, work: Work, dialect: MysqlDialect, usual: Callable[[], Mapping[str, str]] = dict) -> None:
        self.work, self.dialect = work, dialect
        self.freed: list[str] = []
        self.rewrites = self.key_waits = False
        self.gone: set[str] = set()
        self.renames = {} if work.called is None else dict(work.called.columns)
        self.settings = {} if work.settings is None else changed(work.table.settings, work.settings, usual())
        self.follows = self._follow()
        _drop_left_indexes(work)

    def _follow(self) -> set[str]:
        """The columns whose characters are those of the table, where these become others: the rows follow.

        The settings alone are of columns to come: https://mariadb.com/kb/en/setting-character-sets-and-collations/
        """
        work = self.work
        if not {CHARSET, COLLATE} & set(self.settings):
            return set()
        followed: set[str] = set()
        for live in work.found.table.columns:
            known = work.table.find(live.name)
            own = known is None or known.collation is not None or live.collation is not None
            if own or live.name in work.dropped or types.family(str(live.type)) not in ("text", "ENUM", "SET"):
                continue
            assert known is not None
            work.altered.setdefault(live.name, Alteration(before=known, live=live, after=known))
            followed.add(live.name)
        return followed

    # -- what goes first

    def rename_apart(self, stretch: Stretch) -> Iterator[Execute]:
        """Columns of a foreign key cannot be renamed in a statement that copies the table."""
        work, found = self.work, self.work.found
        held = {name for key in stretch.found.referring(work.key) for name in key.target_columns}
        for column in found.table.columns:
            key = column.foreign_key
            held |= {column.name} if key is not None else set()
            held |= {key.column} if key is not None and key.target == work.key else set()
        for constraint in found.table.constraints:
            held |= columns_of(work, constraint) if constraint.sql.startswith("FOREIGN KEY") else set()
        if held & set(self.renames):
            actions = ", ".join(self._renamed(name) for name in self.renames)
            self.renames = {}
            yield self._execute(f"ALTER TABLE {work.path} {actions}")

    def _renamed(self, name: str) -> str:
        return f"RENAME COLUMN {self.dialect.quoted(self.renames[name])} TO {self.dialect.quoted(name)}"

    def _now(self, name: str) -> str:
        """What a column is called until the one ALTER TABLE."""
        return self.renames.get(name, name)

    def free_keys(self, stretch: Stretch) -> Iterator[Execute]:
        """Foreign keys that are made anew, or lead to what changes or goes in the same stretch."""
        work = self.work
        busy = {*stretch.works, *stretch.dropped} - {work.key}
        targets = targets_of(work)
        anew = bool(work.add_keys or work.again_keys or any(work.altered))
        self.freed = [n for n in dict.fromkeys(work.drop_keys) if anew or targets.get(n, "") in busy]
        if self.freed:
            actions = ", ".join(f"DROP FOREIGN KEY {self.dialect.quoted(name)}" for name in self.freed)
            yield self._execute(f"ALTER TABLE {work.path} {actions}")

    # -- the change itself

    def alter(self, stretch: Stretch) -> Iterator[Statement]:
        """What is filled before, the one ALTER TABLE, what is filled after, and what waited for that."""
        work = self.work
        late = [f for f in work.fills if not is_early(work, f, self.dialect) and not by_default(f, self.dialect)]
        for fill in work.fills:
            if is_early(work, fill, self.dialect) and is_fillable(work, fill, self.dialect):
                yield self._fill(fill, late=False)
        yield from self._stored_first()
        waiting = {fill.column for fill in late}
        self.key_waits = work.key_waits(waiting)
        actions = [*self._drops(), *self._columns(waiting), *self._keys_and_rules(stretch)]
        actions += self.settings.values()
        self.rewrites = self.rewrites or writes_rows(self.settings)
        self.renames = {}
        if actions:
            yield self._execute(f"ALTER TABLE {work.path} {', '.join(actions)}")
        for fill in late:
            if is_fillable(work, fill, self.dialect):
                yield self._fill(fill, late=True)
        afterwards = [*self._afterwards(late)]
        if afterwards:
            yield self._execute(f"ALTER TABLE {work.path} {', '.join(afterwards)}")

    def _stored_first(self) -> Iterator[Execute]:
        """A column that was computed and is to keep its values has to have them first."""
        for name, alteration in self.work.altered.items():
            old, new = alteration.before.generated, alteration.after.generated
            if old is not None and not old.stored and new is None:
                stored = replace(alteration, after=replace(alteration.before, generated=replace(old, stored=True)))
                text = self._definition(stored, null=None).removeprefix(self.dialect.quoted(alteration.live.name))
                now = self.dialect.quoted(self._now(name))
                self.rewrites = True
                yield self._execute(f"ALTER TABLE {self.work.path} DROP COLUMN {now}, ADD COLUMN {now}{text}")

    def _execute(self, sql: str) -> Execute:
        effect = Effect(
            table=self.work.key,
            lock=EXCLUSIVE,
            rewrites=self.rewrites,
            scans=not self.rewrites and adds_key_or_rule(sql),
            rows=self.work.found.rows,
        )
        self.rewrites = False
        return Execute(sql=sql, effect=effect)

    def _drops(self) -> Iterator[str]:
        work, quoted = self.work, self.dialect.quoted
        yield from (f"DROP FOREIGN KEY {quoted(n)}" for n in dict.fromkeys(work.drop_keys) if n not in self.freed)
        yield from (f"DROP INDEX {quoted(index.name)}" for index in work.drop_indexes)
        yield from (f"DROP CONSTRAINT {quoted(name)}" for name in dict.fromkeys(work.drop_constraints))
        if work.primary_key is not None and work.found.key_name and not self.key_waits:
            yield "DROP PRIMARY KEY"
        for name in work.dropped:
            if not (self.key_waits and name in work.found.table.primary_key):
                self.gone.add(name)
                yield f"DROP COLUMN {quoted(self._now(name))}"

    def _columns(self, waiting: set[str]) -> Iterator[str]:
        work = self.work
        for column in work.added.values():
            fill = work.fill_of(column.name)
            if fill is None:
                text = column_definition(column, work.table, self.dialect)
            elif by_default(fill, self.dialect):
                value = constant(fill.value, self.dialect)
                text = column_definition(without_default(column), work.table, self.dialect, default=value)
            else:
                text = column_definition(without_default(column), work.table, self.dialect, null=True)
            key = " UNIQUE" if column.type.name in ("AUTO", "BIGAUTO") and work.primary_key != (column.name,) else ""
            yield f"ADD COLUMN {text}{key}"
        differing = {name: a for name, a in work.altered.items() if self._differs(a)}
        yield from (self._renamed(name) for name in self.renames if name not in self.gone and name not in differing)
        for name, alteration in differing.items():
            if _made_anew(alteration):
                yield f"DROP COLUMN {self.dialect.quoted(self._now(name))}"
                yield f"ADD COLUMN {self._definition(alteration, null=None)}"
                continue
            word = f"CHANGE COLUMN {self.dialect.quoted(self._now(name))}" if name in self.renames else "MODIFY COLUMN"
            yield f"{word} {self._definition(alteration, null=True if name in waiting else None)}"

    def _differs(self, alteration: Alteration) -> bool:
        if alteration.live.name in self.follows:
            return True
        before, live, after = alteration.before, alteration.live, alteration.after
        old, new = spellings(alteration, self.dialect)
        return (
            (old, live.null, before.collation) != (new, after.null, after.collation)
            or _text(before.default) != _text(after.default)
            or before.generated != after.generated
            or differ(alteration)
            or after.name in self.work.drop_checks
            or after.name in self.work.own_checks
        )

    def _definition(self, alteration: Alteration, null: bool | None) -> str:
        """The column's whole definition: what is not asked to change is as the server has it."""
        before, live, after = alteration.before, alteration.live, alteration.after
        old, new = spellings(alteration, self.dialect)
        said = words_of(alteration, self.work.table, self.dialect)
        changes = old != new or said.touches_type
        json = new.upper() == "JSON"  # MariaDB's brings its collation and, where there is no other, its rule
        words = [self.dialect.quoted(live.name), new if changes or json else str(live.type)]
        collation = after.collation
        kinds = {types.family(words[1]), types.family(old) if changes else "text"}
        if changes and said.of_type:
            words.append(said.of_type)
        stays = collation is None and before.collation is None and not said.touches_characters
        if stays and not json and kinds <= {"text", "ENUM", "SET"}:
            collation = live.collation
        if collation is not None:
            words.append(f"COLLATE {collation}")
        if after.generated is not None:
            kind = "STORED" if after.generated.stored else "VIRTUAL"
            words.append(
                f"GENERATED ALWAYS AS ({own_text(after.generated.expression, self.work.table, self.dialect)}) {kind}"
            )
        nullable = after.null if null is None else null
        if after.generated is None:
            words.append("NULL" if nullable else "NOT NULL")
        words += self._default_of(alteration, said)
        if live.autoincrement and not changes and not before.generated:
            words.append("AUTO_INCREMENT")
        words += [said.kept(self.work.found.extras.get(live.name, "")), said.rest]
        words += self._own_checks(alteration, said, brought=changes or json)
        self.rewrites = self.rewrites or changes or live.null != nullable
        return " ".join(word for word in words if word)

    def _own_checks(self, alteration: Alteration, said: Words, *, brought: bool) -> list[str]:
        """The rules in a column's definition. ``brought``: what comes with the type JSON is left to the server."""
        live, work = alteration.live, self.work
        gone = [c.sql for c in live.constraints] if "CHECK" in said.touched else work.drop_checks.get(live.name, [])
        kept = [
            c.sql for c in live.constraints if c.sql not in gone and not (brought and "json_valid" in c.sql.lower())
        ]
        own = work.own_checks.get(alteration.after.name)
        return kept if own is None else [own_text(own, work.table, self.dialect)]

    def _default_of(self, alteration: Alteration, said: Words) -> list[str]:
        before, live, after = alteration.before, alteration.live, alteration.after
        if "DEFAULT" in said.touched:
            return [] if "DEFAULT" in said.said else default_clause(after, self.work.table, self.dialect)
        if _text(before.default) != _text(after.default):
            return default_clause(after, self.work.table, self.dialect)
        return [f"DEFAULT {live.default}"] if live.default is not None else []

    def _keys_and_rules(self, stretch: Stretch) -> Iterator[str]:
        work = self.work
        if work.primary_key and not self.key_waits:
            yield f"ADD PRIMARY KEY ({names(work.primary_key, self.dialect)})"
        kept = {i.name for i in work.found.indexes if i not in work.drop_indexes}
        for index in work.add_indexes:
            name = free_name(work.table, index, kept, self.dialect)
            kept.add(name)
            yield f"ADD {index_text(work.table, index, name, self.dialect)}"
        for constraint in work.add_constraints:
            yield f"ADD {constraint_text(constraint, work.table, self.dialect)}"
        busy = {*stretch.works, *stretch.dropped}
        # The server counts the names it gives up from those that are there, not from those of the same statement.
        named = bool(work.again_keys) or any(new.key.name for new in work.add_keys)
        free = [n for n in work.add_keys if n.key.name or not named]
        early = [n for n in free if n.key.target not in busy and not n.key.deferred]
        work.add_keys = [new for new in work.add_keys if new not in early]
        for new in early:
            yield f"ADD {foreign_key(new.column, new.key, self.dialect)}"

    def _afterwards(self, late: list[Fill]) -> Iterator[str]:
        work, quoted = self.work, self.dialect.quoted
        for fill in work.fills:
            if by_default(fill, self.dialect):
                column = work.added[fill.column]
                if without_default(column) != column:
                    yield f"MODIFY COLUMN {self._repeated(column)}"
                    continue
                own = default_clause(column, work.table, self.dialect)
                nothing = "SET DEFAULT NULL" if column.null else "DROP DEFAULT"
                yield f"ALTER COLUMN {quoted(column.name)} " + (f"SET {own[0]}" if own else nothing)
        for fill in late:
            added, altered = work.added.get(fill.column), work.altered.get(fill.column)
            if added is not None and (not added.null or without_default(added) != added):
                yield f"MODIFY COLUMN {self._repeated(added)}"
            elif altered is not None and not altered.after.null:
                yield f"MODIFY COLUMN {self._definition(altered, null=None)}"
        if self.key_waits:
            # Until they had their values, the rows had to be told apart by the old key.
            yield from ["DROP PRIMARY KEY"] if work.found.key_name else []
            yield from (f"DROP COLUMN {quoted(name)}" for name in work.dropped if name in work.found.table.primary_key)
            yield from [f"ADD PRIMARY KEY ({names(work.primary_key, self.dialect)})"] if work.primary_key else []

    def _repeated(self, added: Column) -> str:
        """The definition of a column that has just been added.

        MariaDB keeps a rule only where it is repeated, MySQL has made it the table's; both would make a UNIQUE twice.
        """
        kept = (
            c
            for c in added.constraints
            if not is_rule(c.sql) or (self.dialect.mariadb and check_expression(c.sql) is not None)
        )
        return column_definition(replace(added, constraints=tuple(kept)), self.work.table, self.dialect)

    def _fill(self, fill: Fill, *, late: bool) -> Statement:
        work = self.work
        column = self._now(fill.column)
        effect = Effect(table=work.key, lock=SHARED, rewrites=True, rows=work.found.rows)
        kept = tuple(self._now(name) for name in self._set_by_updates(late=late) if name != fill.column)
        if fill.value.called:
            keys = tuple(map(self._now, row_keys(work, fill, self.dialect)))
            return Backfill(table=work.path, column=column, keys=keys, fill=fill.value, kept=kept, effect=effect)
        quoted = self.dialect.quoted(column)
        sets = "".join(f", {self.dialect.quoted(name)} = {self.dialect.quoted(name)}" for name in kept)
        return Execute(
            sql=f"UPDATE {doubled(work.path)} SET {doubled(quoted)} = %s{doubled(sets)} "
            f"WHERE {doubled(quoted)} IS NULL",
            params=(fill.value.value,),
            effect=effect,
        )

    def _set_by_updates(self, *, late: bool) -> list[str]:
        """The columns that every UPDATE would set as well: those of now, or also those of after the ALTER TABLE."""
        work = self.work
        there = [name for name, extra in work.found.extras.items() if "ON UPDATE" in extra]
        if not late:
            return there
        come = [*work.added.values(), *(alteration.after for alteration in work.altered.values())]
        kept = [name for name in there if name not in work.dropped]
        return list(dict.fromkeys([*kept, *(column.name for column in come if says_on_update(column))]))

    # -- what comes last

    def late_keys(self) -> Iterator[Statement]:
        """Foreign keys to what had to come first."""
        work = self.work
        named = [f"CONSTRAINT {self.dialect.quoted(key.name)} {key.sql}" for key in work.again_keys]
        named += [foreign_key(new.column, new.key, self.dialect) for new in work.add_keys if new.key.name]
        unnamed = [foreign_key(new.column, new.key, self.dialect) for new in work.add_keys if not new.key.name]
        for texts in (named, unnamed):
            if texts:
                yield self._execute(f"ALTER TABLE {work.path} {', '.join(f'ADD {text}' for text in texts)}")


def _drop_left_indexes(work: Work) -> None:
    """The index the server made for a foreign key goes with it, unless the migrations know it."""
    again = {key.columns for key in work.again_keys} | {(new.column,) for new in work.add_keys}
    columns_of_keys = {key.name: key.columns for key in keys_of(work.found.table) if key.columns not in again}
    for name in work.drop_keys:
        known = {i.name for i in work.table.indexes}
        made = next((i for i in work.found.indexes if i.name == name and name not in known), None)
        made = made or _made_for(work, columns_of_keys.get(name, ()))
        if made is None or made in work.drop_indexes:
            continue
        columns = made.index.columns
        if not any(i.columns == columns for i in work.table.indexes) and columns[0] not in work.dropped:
            work.drop_indexes.append(made)


def _made_for(work: Work, columns: tuple[str, ...]) -> FoundIndex | None:
    """The index the server made for a foreign key without a name, which it calls after the first column."""
    if not columns:
        return None
    plain = Index(parts=tuple(Part(text=column) for column in columns))
    same = [i for i in work.found.indexes if replace(i.index, name=None) == plain]
    numbered = re.compile(rf"{re.escape(columns[0])}(_[0-9]+)?")
    return next((index for index in same if numbered.fullmatch(index.name)), None)


def _text(text: str | None) -> str | None:
    return None if text is None else canonical(text)


def _made_anew(alteration: Alteration) -> bool:
    """Whether a column is to be computed where it is read, or no longer: the server cannot change that in place."""
    old, new = alteration.before.generated, alteration.after.generated
    if new is None:
        return False
    return not new.stored if old is None else old.stored != new.stored
