"""What every database has in common, and the questions each one answers about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from peewit.schema import Schema, Table, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(ABC):
    """One kind of database, declared: how it spells types and quotes names, what it can do.

    ``types`` maps Peewee's neutral type names to this database's; a name that is missing is spelled as
    it is. ``edits_schema`` says whether a table's description may be edited in place (SQLite, unless
    the connection is in defensive mode).
    """

    name: str
    quote: str
    types: Mapping[str, str]
    max_name: int
    edits_schema: bool = False

    def spell(self, type_: Type) -> str:
        """The type as this database writes it: ``Type("VARCHAR", (20,))`` → ``VARCHAR(20)``."""
        if type_.raw:
            return str(type_)
        return str(Type(self.types.get(type_.name, type_.name), type_.args))

    @abstractmethod
    def canonical(self, table: Table) -> Table:
        """The table in the one form in which two descriptions of it are equal here."""

    def canonical_schema(self, schema: Schema) -> Schema:
        """Every table of a schema in canonical form."""
        return schema.map(self.canonical)
