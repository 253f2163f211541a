"""What each kind of database has that a model set may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from .kinds import KINDS as SQLITE_KINDS
from .kinds import Kind
from .server_kinds import MARIADB_KINDS, POSTGRES_KINDS

KINDS: dict[str, Kind] = {**SQLITE_KINDS, **POSTGRES_KINDS, **MARIADB_KINDS}
"""All kinds, those of servers with their world before them."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One kind of database. ``computed`` is the expression of a generated column over ``{c}``."""

    name: str
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    other_key: dict[str, str]
    styles: tuple[str, ...]
    collations: tuple[str, ...]
    prefix: str = ""
    quote: str = '"'
    computed: str = "coalesce({c}, '') || ')'"
    stored: tuple[bool, ...] = (False, True)
    checks: tuple[str, ...] = ("plain",)
    unwritable: frozenset[str] = field(default=frozenset())

    @property
    def server(self) -> bool:
        """Whether it is behind a connection."""
        return bool(self.prefix)

    def quoted(self, name: str) -> str:
        """A name in SQL."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names Peewee and the database can write."""
        return tuple(n for n in names if not (self.unwritable & set(n)))


SQLITE = World(
    name="sqlite",
    kinds=tuple(SQLITE_KINDS),
    keys=("auto", "autoincrement", "int", "char", "uuid"),
    other_key={"auto": "autoincrement", "autoincrement": "auto", "int": "auto"},
    styles=("meta", "where", "descending", "expression", "collate", "raw"),
    collations=("NOCASE", "RTRIM", "BINARY"),
    checks=("plain", "positive", 'ch "eck', "order"),
)
POSTGRES = World(
    name="postgres",
    kinds=tuple(POSTGRES_KINDS),
    keys=("auto", "bigauto", "identity", "int", "char", "uuid"),
    other_key={"auto": "identity", "identity": "auto", "bigauto": "auto", "int": "auto"},
    styles=("meta", "where", "descending", "expression", "collate", "raw", "hash"),
    collations=('"C"', '"POSIX"'),
    prefix="postgres:",
    stored=(True,),
    checks=("plain", "positive", 'ch "eck', "order"),
    unwritable=frozenset("%"),
)
MARIADB = World(
    name="mariadb",
    kinds=tuple(MARIADB_KINDS),
    keys=("auto", "bigauto", "int", "char", "uuid"),
    other_key={"auto": "bigauto", "bigauto": "auto", "int": "auto"},
    styles=("meta", "descending", "raw"),
    collations=("utf8mb4_bin", "utf8mb4_unicode_ci"),
    prefix="mariadb:",
    quote="`",
    computed="concat(coalesce({c}, ''), ')')",
    unwritable=frozenset("%🐦"),
)
WORLDS = {world.name: world for world in (SQLITE, POSTGRES, MARIADB)}
