"""Rows that refer to nothing: what is asked about a foreign key, and what mends it, on every database."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.dataclass import dataclass
from peewit.reports import Repair, Symptom
from peewit.run.looking.asking import PROBLEM, counted_rows
from peewit.run.sessions.counting import shown_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key, its names quoted as its database quotes them. ``nullable``: its columns may all be null."""

    table: str
    columns: Sequence[str]
    target: str
    target_columns: Sequence[str]
    nullable: bool
    name: str = ""

    @property
    def condition(self) -> str:
        """What holds for a row of ``table`` that refers to nothing."""
        given = " AND ".join(f"{self.table}.{column} IS NOT NULL" for column in self.columns)
        pairs = zip(self.columns, self.target_columns, strict=True)
        same = " AND ".join(f"peewit_target.{theirs} = {self.table}.{mine}" for mine, theirs in pairs)
        return f"{given} AND NOT EXISTS (SELECT 1 FROM {self.target} AS peewit_target WHERE {same})"

    @property
    def count(self) -> str:
        """How many rows refer to nothing, and one of the values by which they do."""
        return f"SELECT count(*), min({self.table}.{self.columns[0]}) FROM {self.table} WHERE {self.condition}"


def orphaned(reference: Reference, count: int, example: object) -> Symptom:
    """What is said of rows that refer to nothing."""
    shows = f"SELECT * FROM {reference.table} WHERE {reference.condition} LIMIT 20;"
    rows, them = ("it", "it") if count == 1 else ("they", "them")
    return Symptom(
        PROBLEM,
        "foreign keys",
        f"{counted_rows(count)} of {reference.table} refer{'s' if count == 1 else ''} to nothing: "
        f"no {reference.target} has {', '.join(reference.target_columns)} = {shown_value(example)}"
        + ("" if count == 1 else ", for example"),
        f"{rows} came while foreign keys were not enforced; put back what is missing, or take {them} away",
        (Repair(shows, f"to look at {them} first"), _mending(reference, rows)),
    )


def _mending(reference: Reference, rows: str) -> Repair:
    if reference.nullable:
        nulls = ", ".join(f"{column} = NULL" for column in reference.columns)
        return Repair(f"UPDATE {reference.table} SET {nulls} WHERE {reference.condition};", f"if {rows} may stay alone")
    return Repair(f"DELETE FROM {reference.table} WHERE {reference.condition};", f"if {rows} may go")
