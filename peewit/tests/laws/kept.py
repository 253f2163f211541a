"""What of a model set has to survive on its way to another: tables and columns that are on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from .evolutions import known_as
from .specs import Spec, TableSpec


@dataclass(frozen=True)
class Kept:
    """A table both sides have, under its two names, and its columns: the same, retyped, or tightened."""

    before: str
    after: str
    same: tuple[tuple[str, str], ...]
    retyped: tuple[tuple[str, str], ...]
    tightened: tuple[tuple[str, str], ...]


def kept_tables(before: Spec, after: Spec, renames: dict[str, str]) -> list[Kept]:
    """What has to survive: tables and columns that are on both sides, by the answers and by their names."""
    new = {table.name: table for table in after}
    found = []
    for table in before:
        other = new.get(renames.get(table.name, table.name))
        if other is not None:
            found.append(_kept(table, other, renames))
    return found


def _kept(table: TableSpec, other: TableSpec, renames: dict[str, str]) -> Kept:
    same, retyped, tightened = [], [], []
    for field in table.fields:
        name = renames.get(f"{table.name}.{known_as(field)}", field.name)
        twins = [f for f in other.fields if f.column_name == field.column_name] or [
            f for f in other.fields if f.name == name
        ]
        if not twins or field.generated or twins[0].generated:
            continue
        twin, pair = twins[0], (field.column_name, twins[0].column_name)
        if field.null and not twin.null:
            tightened.append(pair)
        elif (field.kind, field.target, field.to) != (
            twin.kind,
            twin.target,
            twin.to,
        ) or table.strict != other.strict:
            retyped.append(pair)
        elif field.to is not None:
            retyped.append(pair)  # it follows what it refers to, which may get another type
        else:
            same.append(pair)
    return Kept(table.name, other.name, tuple(same), tuple(retyped), tuple(tightened))


def flipped(kept: Kept) -> Kept:
    """The same pair of tables, seen from the other side."""

    def turn(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((after, before) for before, after in pairs)

    return Kept(kept.after, kept.before, turn(kept.same), turn(kept.retyped), turn(kept.tightened))
