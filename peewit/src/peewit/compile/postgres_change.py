"""One table of PostgreSQL that is changed: one ALTER TABLE for everything, and what has to go before or after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peewit.compile import postgres_meanings as meanings
from peewit.compile import postgres_types as types
from peewit.compile.postgres_fills import constant, counts, fill_late, fill_nulls
from peewit.compile.postgres_guards import conversion_of, differing_of, enforced_of, guards_of, spellings
from peewit.compile.postgres_numbers import numbered, renumber
from peewit.compile.postgres_storage import store
from peewit.compile.server_references import targets_of
from peewit.compile.server_text import (
    collation_text,
    column_definition,
    constraint_text,
    default_clause,
    foreign_key,
    free_name,
    index_keys,
    names,
    sequence_literal,
    sequence_path,
)
from peewit.compile.server_work import Alteration, Fill, NewKey, Stretch, Work
from peewit.compile.statements import Conversion, Effect, Execute, Guard, Statement
from peewit.dialects import PostgresDialect
from peewit.schema import FoundOnServer, Index, Table
from peewit.sql import canonical, check_expression, names_in

EXCLUSIVE = "ACCESS EXCLUSIVE"
SHARE = "SHARE"
SHARE_UPDATE = "SHARE UPDATE EXCLUSIVE"
ROWS = "ROW EXCLUSIVE"


def create_indexes(
    table: Table, indexes: tuple[Index, ...], stretch: Stretch, dialect: PostgresDialect, rows: int = 0
) -> Iterator[Execute]:
    """The CREATE INDEX of each index, under names that are free."""
    taken = set(stretch.found.taken(table.schema)) if any(i.name is None for i in indexes) else set()
    for work in stretch.works.values():
        taken -= {index.name for index in work.drop_indexes}
    for index in indexes:
        name = free_name(table, index, taken | stretch.made, dialect)
        stretch.made.add(dialect.cut(name))
        unique = "UNIQUE " if index.unique else ""
        online = "CONCURRENTLY " if dialect.concurrently and table.key not in stretch.created else ""
        using = f" USING {index.using}" if index.using else ""
        yield Execute(
            sql=f"CREATE {unique}INDEX {online}{dialect.quoted(name)} "
            f"ON {dialect.path(table.name, table.schema)}{using} {index_keys(index, table, dialect)}",
            effect=Effect(table=table.key, lock=SHARE, scans=True, rows=rows) if rows else None,
        )


class Change:
    """The statements of one table that is changed."""

    def __init__(self, work: Work, dialect: PostgresDialect, found: FoundOnServer) -> None:
        self.work, self.dialect = work, dialect
        self.computed = self._compute_anew()
        counts = any(numbered(alteration.after, dialect) for alteration in work.altered.values())
        taken = found.taken(work.table.schema) if counts else ()
        self.numbers = {name: renumber(work, a, dialect, taken) for name, a in work.altered.items()}
        self.enforced: list[Guard] = []
        self.rewrites = self.scans = False
        self.early_drops: list[str] = []
        self.key_waits = False
        self.afterwards: list[Execute] = []
        self.named: set[str] = set()

    def _compute_anew(self) -> set[str]:
        """A generated column cannot stand while what it is computed from gets another type: it is made anew too."""
        work = self.work
        retyped = {
            name.lower()
            for name, a in work.altered.items()
            if spellings(a, self.dialect)[0] != spellings(a, self.dialect)[1] or a.before.collation != a.after.collation
        }
        computed: set[str] = set()
        for column in work.table.columns:
            live = work.live(column.name)
            if column.generated is None or live is None or live.generated is None or live.name in work.dropped:
                continue
            if retyped & names_in(column.generated.expression):
                work.altered.setdefault(column.name, Alteration(before=column, live=live, after=column))
                computed.add(column.name)
        return computed

    # -- before anything is written

    def guards(self) -> Iterator[Statement]:
        """What is asked of the rows beforehand; what the server refuses by itself is only asked to explain."""
        self.enforced = list(enforced_of(self.work, self.dialect))
        yield from guards_of(self.work, self.dialect)

    # -- what goes first

    def free_keys(self, stretch: Stretch) -> Iterator[Execute]:
        """Foreign keys that lead to what changes or goes in the same stretch are dropped before all else."""
        busy = set(stretch.works) | set(stretch.dropped)
        targets = targets_of(self.work)
        for name in self.work.drop_keys:
            target = targets.get(name, "")
            if target in busy:
                self.early_drops.append(name)
        if self.early_drops:
            actions = ", ".join(f"DROP CONSTRAINT {self.dialect.quoted(name)}" for name in self.early_drops)
            yield self._execute(f"ALTER TABLE {self.work.path} {actions}")

    def drop_indexes(self) -> Iterator[Execute]:
        """Indexes that are no longer wanted; those of constraints go with these."""
        for index in self.work.drop_indexes:
            if index.constraint:
                if index.name not in self.work.drop_constraints:
                    self.work.drop_constraints.append(index.name)
                continue
            if set(index.index.columns) & set(self.work.dropped):
                continue  # goes with its column
            path = self.dialect.path(index.name, self.work.table.schema)
            online = "CONCURRENTLY " if self.dialect.concurrently else ""
            yield Execute(sql=f"DROP INDEX {online}{path}", effect=Effect(table=self.work.key, lock=EXCLUSIVE))

    # -- the change itself

    def alter(self, stretch: Stretch) -> Iterator[Statement]:
        """What is filled before, the one ALTER TABLE, what is filled after, and what waited for that."""
        work = self.work
        for alteration in work.altered.values():
            if alteration.live.generated is not None and alteration.after.generated is None:
                # By itself: the server looks at all that is asked of the column before it drops the expression.
                column = self.dialect.quoted(alteration.live.name)
                yield self._execute(f"ALTER TABLE {work.path} ALTER COLUMN {column} DROP EXPRESSION")
        yield from self._sequences()
        for numbers in self.numbers.values():
            yield from numbers.first
        early = [fill for fill in work.fills if self._is_early(fill)]
        late = [fill for fill in work.fills if not self._is_early(fill) and not self._by_default(fill)]
        for fill in early:
            yield fill_nulls(work, fill, self.dialect)
        if early:
            yield Execute(sql="SET CONSTRAINTS ALL IMMEDIATE")
        self.key_waits = work.key_waits([fill.column for fill in late])
        first = [*self._drops(), *self._additions(), *self._alterations(late), *self._constraints(stretch)]
        if first:
            yield self._execute(f"ALTER TABLE {work.path} {', '.join(first)}", explained=True)
        for fill in late:
            yield from fill_late(work, fill, self.dialect)
        if late:
            yield Execute(sql="SET CONSTRAINTS ALL IMMEDIATE")
        second = list(self._second(late))
        if second:
            yield self._execute(f"ALTER TABLE {work.path} {', '.join(second)}", explained=bool(late))
        for numbers in self.numbers.values():
            yield from numbers.last
        if work.settings is not None:
            yield from self._settings(work.settings)

    def _execute(self, sql: str, *, explained: bool = False) -> Execute:
        effect = Effect(
            table=self.work.key,
            lock=EXCLUSIVE,
            rewrites=self.rewrites,
            scans=self.scans and not self.rewrites,
            rows=self.work.found.rows,
        )
        self.rewrites = self.scans = False
        if not explained:
            return Execute(sql=sql, effect=effect)
        return Execute(sql=sql, effect=effect, explained=tuple(self.enforced), converting=tuple(self._conversions()))

    def _conversions(self) -> Iterator[Conversion]:
        for alteration in self.work.altered.values():
            old, new = spellings(alteration, self.dialect)
            if old != new and not self._made_anew(alteration):
                yield conversion_of(self.work, alteration, self.dialect)

    def _sequences(self) -> Iterator[Execute]:
        """The sequences that fields name for the first time, each behind the numbers that are there."""
        work = self.work
        for column in work.added.values():
            if column.sequence is not None:
                path = sequence_path(column.sequence, work.table, self.dialect)
                yield Execute(sql=f"CREATE SEQUENCE IF NOT EXISTS {path}")
        for alteration in work.altered.values():
            before, after = alteration.before.sequence, alteration.after.sequence
            if after is None or after == before:
                continue
            path = sequence_path(after, work.table, self.dialect)
            largest = f"max({self.dialect.quoted(alteration.live.name)})"
            used = [largest, f"(SELECT last_value FROM {path})"]
            if before is not None:
                used.append(f"(SELECT last_value FROM {sequence_path(before, work.table, self.dialect)})")
            yield Execute(sql=f"CREATE SEQUENCE IF NOT EXISTS {path}")
            yield Execute(
                sql=f"SELECT setval({sequence_literal(after, work.table, self.dialect)}, greatest({', '.join(used)})) "
                f"FROM {work.path} HAVING {largest} IS NOT NULL"
            )

    def _is_early(self, fill: Fill) -> bool:
        return self.work.fits_before(fill, lambda a: len(set(map(types.family, spellings(a, self.dialect)))) == 1)

    def _by_default(self, fill: Fill) -> bool:
        """Whether a new column gets its value through a DEFAULT, which costs nothing however many rows there are."""
        return fill.new and constant(fill.value, self.dialect) is not None

    def _drops(self) -> Iterator[str]:
        work, quoted = self.work, self.dialect.quoted
        yield from (
            f"DROP CONSTRAINT {quoted(name)}"
            for name in dict.fromkeys([*work.drop_constraints, *work.drop_keys])
            if name not in self.early_drops
        )
        if work.primary_key is not None and work.found.key_name and not self.key_waits:
            yield f"DROP CONSTRAINT {quoted(work.found.key_name)}"
        for name in work.dropped:
            if not (self.key_waits and name in work.found.table.primary_key):
                yield f"DROP COLUMN {quoted(name)}"
        for alteration in work.altered.values():
            if self._made_anew(alteration):
                yield f"DROP COLUMN {quoted(alteration.live.name)}"

    def _made_anew(self, alteration: Alteration) -> bool:
        """A generated column whose expression changes: its values are computed again anyway."""
        old, new = alteration.before.generated, alteration.after.generated
        if new is None:
            return False
        if alteration.after.name in self.computed:
            return True
        return old is None or canonical(old.expression) != canonical(new.expression) or old.stored != new.stored

    def _additions(self) -> Iterator[str]:
        work = self.work
        for column in work.added.values():
            fill = work.fill_of(column.name)
            if fill is None:
                text = column_definition(column, work.table, self.dialect)
                self.rewrites = self.rewrites or counts(column) or bool(column.generated and column.generated.stored)
            elif self._by_default(fill):
                value = constant(fill.value, self.dialect)
                text = column_definition(column, work.table, self.dialect, default=value)
            else:
                text = column_definition(column, work.table, self.dialect, null=True)
            yield f"ADD COLUMN {text}"
        for alteration in work.altered.values():
            if self._made_anew(alteration):
                self.rewrites = True
                anew = replace(alteration.after, constraints=())
                yield f"ADD COLUMN {column_definition(anew, work.table, self.dialect)}"

    def _alterations(self, late: list[Fill]) -> Iterator[str]:
        waiting = {fill.column for fill in late}
        for name, alteration in self.work.altered.items():
            if self._made_anew(alteration):
                continue
            yield from self.numbers[name].actions
            yield from self._alter_type(alteration)
            yield from self._alter_null(alteration, waits=name in waiting)
            yield from store(alteration, self.dialect)

    def _alter_type(self, alteration: Alteration) -> Iterator[str]:
        old, new = spellings(alteration, self.dialect)
        live, after, before = alteration.live, alteration.after, alteration.before
        column = self.dialect.quoted(live.name)
        default = default_clause(after, self.work.table, self.dialect)
        was = default_clause(before, self.work.table, self.dialect)
        changes_default = [canonical(text) for text in default] != [canonical(text) for text in was]
        meant = alteration.meant
        if old != new or meant is not None or before.collation != after.collation:
            using = types.using(column, old, new) if meant is None else meanings.using(column, meant, new)
            if live.default is not None and (using is not None or types.other_kind(old, new)):
                # It would be converted as well: not by USING, and else it stays a value of the old type with a cast.
                yield f"ALTER COLUMN {column} DROP DEFAULT"
                default = default if was else [f"DEFAULT ({live.default})::{new}"]
                changes_default = bool(default)
            collate = f" COLLATE {collation_text(after.collation, self.dialect)}" if after.collation is not None else ""
            yield f"ALTER COLUMN {column} TYPE {new}{collate}" + (f" USING {using}" if using is not None else "")
            self.rewrites = self.rewrites or meant is not None or types.rewrites(old, new)
        if changes_default:
            yield f"ALTER COLUMN {column} " + (f"SET {default[0]}" if default else "DROP DEFAULT")

    def _alter_null(self, alteration: Alteration, *, waits: bool) -> Iterator[str]:
        live, after = alteration.live, alteration.after
        column = self.dialect.quoted(live.name)
        if live.null and not after.null and not waits:
            yield self._not_null(live.name)
        elif not live.null and after.null and live.name not in self._key():
            yield f"ALTER COLUMN {column} DROP NOT NULL"

    def _not_null(self, name: str) -> str:
        """SET NOT NULL reads every row under the strongest lock, unless a CHECK that holds says it already."""
        column = self.dialect.quoted(name)
        if not self.dialect.online:
            self.scans = True
            return f"ALTER COLUMN {column} SET NOT NULL"
        rule = self.dialect.quoted(self.dialect.cut(f"peewit_{name}")[:48] + "_not_null")
        self._validate(rule)
        self.afterwards.append(self._later(f"ALTER COLUMN {column} SET NOT NULL, DROP CONSTRAINT {rule}"))
        return f"ADD CONSTRAINT {rule} CHECK ({column} IS NOT NULL) NOT VALID"

    def _validate(self, name: str) -> None:
        effect = Effect(table=self.work.key, lock=SHARE_UPDATE, scans=True, rows=self.work.found.rows)
        self.afterwards.append(
            Execute(sql=f"ALTER TABLE {self.work.path} VALIDATE CONSTRAINT {name}", effect=effect, afterwards=True)
        )

    def _later(self, action: str) -> Execute:
        effect = Effect(table=self.work.key, lock=EXCLUSIVE)
        return Execute(sql=f"ALTER TABLE {self.work.path} {action}", effect=effect, afterwards=True)

    def _rule(self, text: str, name: str | None, likely: str) -> str:
        """A CHECK or foreign key as it is added: checked at once, or afterwards by a name it is given for that."""
        if not self.dialect.online:
            self.scans = True
            return f"ADD {text}"
        self.named.add(name or likely)
        quoted = self.dialect.quoted(self.dialect.cut(name or likely))
        self._validate(quoted)
        return f"ADD {text} NOT VALID" if name is not None else f"ADD CONSTRAINT {quoted} {text} NOT VALID"

    def _free_rule(self, likely: str) -> str:
        """A name for a rule without one: what the server would call it, or the next."""
        taken = {c.name for c in self.work.found.table.constraints}
        taken |= {c.foreign_key.name for c in self.work.found.table.columns if c.foreign_key is not None}
        numbered = (f"{likely[:56]}{number}" for number in range(1, 99))
        return next(name for name in (self.dialect.cut(likely), *numbered) if name not in taken | self.named)

    def _key(self) -> tuple[str, ...]:
        wanted = self.work.primary_key
        return self.work.found.table.primary_key if wanted is None else wanted

    def _constraints(self, stretch: Stretch) -> Iterator[str]:
        work = self.work
        lost = self._lost()
        for constraint in work.found.table.constraints:
            if constraint.name in lost:
                self.scans = True
                yield f"ADD {constraint_text(constraint, work.table, self.dialect)}"
        for constraint in work.add_constraints:
            text = constraint_text(constraint, work.table, self.dialect)
            if check_expression(constraint.sql) is None:
                self.scans = True
                yield f"ADD {text}"
            else:
                yield self._rule(text, constraint.name, self._free_rule(f"{work.found.table.name}_check"))
        if work.primary_key and not self.key_waits:
            self.scans = True
            yield f"ADD PRIMARY KEY ({names(work.primary_key, self.dialect)})"
        busy = {*stretch.works, *stretch.dropped}
        early = [new for new in work.add_keys if new.key.target not in busy and not new.key.deferred]
        work.add_keys = [new for new in work.add_keys if new not in early]
        for new in early:
            yield self._key_rule(new)

    def _key_rule(self, new: NewKey) -> str:
        likely = self._free_rule(f"{self.work.found.table.name}_{new.column}_fkey")
        return self._rule(foreign_key(new.column, new.key, self.dialect), new.key.name, likely)

    def _second(self, late: list[Fill]) -> Iterator[str]:
        quoted = self.dialect.quoted
        for fill in self.work.fills:
            if fill.new and self._by_default(fill):
                column = self.work.added[fill.column]
                own = default_clause(column, self.work.table, self.dialect)
                yield f"ALTER COLUMN {quoted(column.name)} " + (f"SET {own[0]}" if own else "DROP DEFAULT")
        for fill in late:
            added, altered = self.work.added.get(fill.column), self.work.altered.get(fill.column)
            after = added or (altered.after if altered else None)
            if after is not None and not after.null:
                self.scans = True
                yield f"ALTER COLUMN {quoted(after.name)} SET NOT NULL"
        if self.key_waits:
            yield from self._late_key()

    def _late_key(self) -> Iterator[str]:
        """The key whose rows had to be told apart by the old one until they had their values."""
        work, quoted = self.work, self.dialect.quoted
        if work.found.key_name:
            yield f"DROP CONSTRAINT {quoted(work.found.key_name)}"
        yield from (f"DROP COLUMN {quoted(name)}" for name in work.dropped if name in work.found.table.primary_key)
        if work.primary_key:
            yield f"ADD PRIMARY KEY ({names(work.primary_key, self.dialect)})"

    # -- what comes last

    def _lost(self) -> set[str]:
        """The indexes and rules that go with generated columns which are made anew."""
        work = self.work
        anew = {a.live.name for a in work.altered.values() if a.live.generated is not None and self._made_anew(a)}
        gone = {index.name for index in work.drop_indexes} | set(work.drop_constraints) | {work.found.key_name}
        return {name for name, used in work.found.uses.items() if used & anew and name not in gone}

    def create_indexes(self, stretch: Stretch) -> Iterator[Statement]:
        """New indexes, once the columns are there, and those that went with a column which was made anew."""
        lost = self._lost()
        for index in self.work.found.indexes:
            if index.name in lost and not index.constraint:
                yield self._execute(index.sql)
        for made in create_indexes(
            self.work.table, tuple(self.work.add_indexes), stretch, self.dialect, max(self.work.found.rows, 1)
        ):
            yield replace(made, explained=(*self.enforced, *differing_of(self.work)))

    def late_keys(self) -> Iterator[Statement]:
        """Foreign keys to what had to come first."""
        work = self.work
        actions = [self._key_rule(new) for new in work.add_keys]
        again = [(f"CONSTRAINT {self.dialect.quoted(key.name)} {key.sql}", key.name) for key in work.again_keys]
        actions += [self._rule(text, name, name) for text, name in again]
        if actions:
            yield self._execute(f"ALTER TABLE {work.path} {', '.join(actions)}", explained=True)

    def _settings(self, settings: tuple[str, ...]) -> Iterator[Execute]:
        before, after = _storage(self.work.table.settings), _storage(settings)
        gone = [name for name in before if name not in after]
        if gone:
            yield self._execute(f"ALTER TABLE {self.work.path} RESET ({', '.join(gone)})")
        if after:
            pairs = ", ".join(f"{name} = {value}" for name, value in after.items())
            yield self._execute(f"ALTER TABLE {self.work.path} SET ({pairs})")


def _storage(settings: tuple[str, ...]) -> dict[str, str]:
    """The storage parameters in ``WITH (fillfactor=70)``."""
    found: dict[str, str] = {}
    for setting in settings:
        inside = setting.partition("(")[2].rpartition(")")[0]
        for pair in inside.split(","):
            name, equals, value = pair.partition("=")
            if equals:
                found[name.strip()] = value.strip()
    return found
