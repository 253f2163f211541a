"""What only the database or Python can know: raw SQL and functions. Both are barriers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from peewit.dataclass import dataclass
from peewit.errors import IrreversibleError
from peewit.schema import Schema

if TYPE_CHECKING:
    from peewit.operations import Operation


_CHANGING = r"\b(?:CREATE|ALTER|DROP|RENAME)\b"


def changes_schema(sql: str) -> bool:
    """Whether SQL may change what models speak of: asked before a parser is."""
    return re.search(_CHANGING, sql, re.IGNORECASE) is not None


def begins_change(text: str) -> bool:
    """Whether a text, or what is left of one with names in it, begins as SQL that changes tables; prose does not."""
    return (
        re.match(r"\s*(?:CREATE|ALTER|DROP|RENAME)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\b", _as_keywords(text)) is not None
    )


def _as_keywords(text: str) -> str:
    """A text that begins in lower case throughout, as SQL may, in upper case; ``Create table`` is left as prose."""
    return text.upper() if text.lstrip()[:1].islower() else text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSql:
    """Run one statement as it stands."""

    sql: str
    params: tuple[Any, ...] = ()

    def apply(self, schema: Schema) -> Schema:
        return schema

    def reverse(self, before: Schema) -> Iterable[Operation]:
        raise IrreversibleError("raw SQL does not say how it is undone")

    def describe(self) -> str:
        return f"run {' '.join(self.sql.split())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCode:
    """Call a function of the migration file; one of ``schema`` changes that, so that a replay calls it too."""

    name: str
    function: Callable[[], object] = field(compare=False, repr=False)
    schema: bool = False

    def apply(self, schema: Schema) -> Schema:
        return schema

    def reverse(self, before: Schema) -> Iterable[Operation]:
        raise IrreversibleError(f"the function {self.name} does not say how it is undone")

    def describe(self) -> str:
        return f"call {self.name}()"
