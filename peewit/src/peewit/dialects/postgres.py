"""PostgreSQL 13 to 18: type spellings, limits, and what each version can do."""

from __future__ import annotations

from peewit.dataclass import dataclass
from peewit.dialects.server import ServerDialect
from peewit.schema import Type
from peewit.sql import POSTGRES as LITERALS
from peewit.sql import POSTGRES_RULES

_TYPES = {
    "AUTO": "SERIAL",
    "BIGAUTO": "BIGSERIAL",
    "BLOB": "BYTEA",
    "BOOL": "BOOLEAN",
    "DATETIME": "TIMESTAMP",
    "DECIMAL": "NUMERIC",
    "DEFAULT": "",
    "DOUBLE": "DOUBLE PRECISION",
    "FLOAT": "REAL",
    "INT": "INTEGER",
    "JSON": "JSONB",
    "UUIDB": "BYTEA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresDialect(ServerDialect):
    """PostgreSQL, as declared below; ``version`` is the server's, where one was asked.

    ``concurrently`` makes and drops indexes without locking out writers, which no transaction may hold.
    ``online`` makes new rules hold for new rows at once, and looks at the old ones afterwards, under a lock
    that lets others read and write.
    """

    concurrently: bool = False
    online: bool = False

    def alike(self, a: Type, b: Type) -> bool:
        """An identity column counts as well as one of Peewee's with a sequence."""
        return ServerDialect.alike(self, _counting(a), _counting(b))


def _counting(type_: Type) -> Type:
    base, _, identity = type_.name.partition(" GENERATED ")
    return Type({"INT": "AUTO", "BIGINT": "BIGAUTO"}.get(base, base)) if identity else type_


POSTGRES = PostgresDialect(
    name="postgres", quote='"', types=_TYPES, max_name=63, bytes=True, literals=LITERALS, rules=POSTGRES_RULES
)
