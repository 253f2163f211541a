"""MariaDB 10.6 and newer, MySQL 8 and newer: type spellings, limits, and where the two differ."""

from __future__ import annotations

from peewit.dataclass import dataclass
from peewit.dialects.server import ServerDialect
from peewit.sql import MYSQL as LITERALS
from peewit.sql import MYSQL_RULES

_TYPES = {
    "AUTO": "INTEGER AUTO_INCREMENT",
    "BIGAUTO": "BIGINT AUTO_INCREMENT",
    "DECIMAL": "NUMERIC",
    "DEFAULT": "",
    "DOUBLE": "DOUBLE PRECISION",
    "INT": "INTEGER",
    "UUID": "VARCHAR(40)",
    "UUIDB": "VARBINARY(16)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MysqlDialect(ServerDialect):
    """MariaDB or MySQL, as declared below. ``mariadb`` says which of the two it is."""

    mariadb: bool = True


MYSQL = MysqlDialect(name="mysql", quote="`", types=_TYPES, max_name=64, literals=LITERALS, rules=MYSQL_RULES)
