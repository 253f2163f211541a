"""What every database has in common, and the questions each one answers about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import field

from peewit.dataclass import dataclass
from peewit.schema import Schema, Table, Type
from peewit.sql import LiteralStyle, TokenRules, quote_name, quote_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(ABC):
    """One kind of database, declared: how it spells types and quotes names, what it can do.

    ``types`` maps Peewee's neutral type names to this database's; a name that is missing is spelled as
    it is. ``edits_schema`` says whether a table's
    description may be edited in place (SQLite, unless the connection is in defensive mode). ``schemas``
    puts tables somewhere else than they say, for a trial: from the schema a table names, ``""`` where it
    names none, to the one that is used.
    """

    name: str
    quote: str
    types: Mapping[str, str]
    max_name: int
    literals: LiteralStyle
    rules: TokenRules
    version: tuple[int, ...] = ()
    edits_schema: bool = False
    schemas: Mapping[str, str] = field(default_factory=dict)

    def spell(self, type_: Type) -> str:
        """The type as this database writes it: ``Type("VARCHAR", (20,))`` → ``VARCHAR(20)``."""
        if type_.raw:
            return str(type_)
        return str(Type(self.types.get(type_.name, type_.name), type_.args))

    def alike(self, a: Type, b: Type) -> bool:
        """Whether one type would do for the other, where no model has written one of them."""
        return self.spell(a).upper() == self.spell(b).upper()

    def quoted(self, name: str) -> str:
        """A name between this database's quotes."""
        return quote_name(name, self.quote)

    def path(self, name: str, schema: str | None) -> str:
        """A table's name with its schema, quoted."""
        return quote_path(self.schema_of(schema), name, quote=self.quote)

    def schema_of(self, schema: str | None) -> str | None:
        """Where a table of this schema is in fact."""
        return self.schemas.get(schema or "", schema)

    @abstractmethod
    def canonical(self, table: Table) -> Table:
        """The table in the one form in which two descriptions of it are equal here."""

    def canonical_schema(self, schema: Schema) -> Schema:
        """Every table of a schema in canonical form."""
        return schema.map(self.canonical)
