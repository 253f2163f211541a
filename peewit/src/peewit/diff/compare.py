"""Whether two descriptions mean the same: the aspects of columns, indexes and constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from peewit.dataclass import dataclass
from peewit.dialects import Dialect
from peewit.operations import constraint_shape, index_shape
from peewit.schema import Column, Constraint, ForeignKey, Index, Table, Type
from peewit.sql import canonical

_FAMILIES = {
    "text": ("VARCHAR", "CHAR", "TEXT"),
    "number": ("INT", "BIGINT", "SMALLINT", "AUTO", "BIGAUTO", "FLOAT", "DOUBLE", "DECIMAL"),
    "time": ("DATE", "TIME", "DATETIME", "TIMESTAMPTZ"),
    "bytes": ("BLOB", "UUIDB"),
    "json": ("JSON", "JSONB"),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares neutral descriptions, asking the dialect only about types in its own spelling."""

    dialect: Dialect

    def family(self, type_: Type) -> str:
        """What kind of values a type holds; types of one family may be a renamed column's."""
        name = type_.name.upper().split("(")[0].strip()
        return next((family for family, names in _FAMILIES.items() if name in names), name)

    def same_column(self, a: Column, b: Column) -> bool:
        """Whether two columns of one name are the same to the database."""
        return (
            (self.same_type(a.type, b.type) or (_by_hand(a, b) and (self.dialect.alike(a.type, b.type) or _json(a, b))))
            and (a.null, a.sequence, a.autoincrement) == (b.null, b.sequence, b.autoincrement)
            and not b.counts_anew(a)
            and (_same_text(a.default, b.default) or _not_the_models(a, b))
            and _same_text(a.collation, b.collation)
            and _same_generated(a, b)
            and same_constraints(a.constraints, b.constraints)
            and same_foreign_key(_without_name(a, b), b.foreign_key)
        )

    def same_type(self, a: Type, b: Type) -> bool:
        """Whether two types are one: in neutral words, or as the dialect spells them where one is raw."""
        if a.raw == b.raw and str(a) == str(b):
            return True
        return (a.raw or b.raw) and self.dialect.spell(a).upper() == self.dialect.spell(b).upper()


def counts_anew(before: Table, after: Table) -> bool:
    """Whether tables with equal columns have a moment that is counted in other parts of a second."""
    pairs = zip(before.columns, after.columns, strict=True)
    return any(b.counts_anew(a) for a, b in pairs if b.type.name == "BIGINT")


def _not_the_models(before: Column, after: Column) -> bool:
    """Whether the DEFAULT of before is no model's affair: given in SQL, or no more than the default it still has."""
    return after.default is None and (before.default_by_hand or (before.echoes and before.fill == after.fill))


def _by_hand(a: Column, b: Column) -> bool:
    """Whether one of them was written by no model: by raw SQL in a migration."""
    return a.spelling is None or b.spelling is None


def _json(a: Column, b: Column) -> bool:
    """Whether SQL says JSON where the model has a field that keeps JSON as text, as today's Peewee does on SQLite."""
    by_hand, made = (a, b) if a.spelling is None else (b, a)
    kept = made.spelling is not None and made.spelling.kind.endswith(".JSONField")
    return kept and str(by_hand.type).upper() == "JSON"


def _same_text(a: str | None, b: str | None) -> bool:
    if a is None or b is None:
        return a is b
    return a == b or canonical(a) == canonical(b)


def _same_generated(a: Column, b: Column) -> bool:
    if a.generated is None or b.generated is None:
        return a.generated is b.generated
    return a.generated.stored == b.generated.stored and _same_text(a.generated.expression, b.generated.expression)


def _without_name(before: Column, after: Column) -> ForeignKey | None:
    """The foreign key of before; one made in SQL without the name it has there, where the model gives none."""
    key, wanted = before.foreign_key, after.foreign_key
    if key is None or wanted is None or wanted.name is not None or before.spelling is not None:
        return key
    return replace(key, name=None)


def same_foreign_key(a: ForeignKey | None, b: ForeignKey | None) -> bool:
    """Whether two foreign keys lead to the same place under the same rules."""
    if a is None or b is None:
        return a is b
    return _rules(a) == _rules(b)


def _rules(key: ForeignKey) -> tuple[str | None, ...]:
    def word(text: str | None) -> str | None:
        return None if text is None or text.upper() == "NO ACTION" else text.upper()

    actions = word(key.on_delete), word(key.on_update), word(key.deferrable)
    return (key.table, key.schema, key.column, key.name, str(key.deferred), *actions)


def same_constraints(a: Sequence[Constraint], b: Sequence[Constraint]) -> bool:
    """Whether two lists of constraints say the same, in any order."""
    return not missing_constraints(a, b) and not missing_constraints(b, a)


def missing_constraints(wanted: Sequence[Constraint], there: Sequence[Constraint]) -> list[Constraint]:
    """The wanted constraints that are not there."""
    left = list(there)
    missing = []
    for constraint in wanted:
        found = next((c for c in left if _same_constraint(c, constraint)), None)
        if found is None:
            missing.append(constraint)
        else:
            left.remove(found)
    return missing


def _same_constraint(a: Constraint, b: Constraint) -> bool:
    named = a.name is not None and b.name is not None and a.name != b.name
    return not named and constraint_shape(a) == constraint_shape(b)


def missing_indexes(wanted: Sequence[Index], there: Sequence[Index]) -> list[Index]:
    """The wanted indexes that are not there. A name counts where both sides chose one."""
    different = [index for index in wanted if index not in there]
    return [index for index in different if not any(_same_index(index, other) for other in there)]


def _same_index(a: Index, b: Index) -> bool:
    named = a.name is not None and b.name is not None and a.name != b.name
    return not named and index_shape(a) == index_shape(b)
