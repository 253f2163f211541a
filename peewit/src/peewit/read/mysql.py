"""A live MariaDB or MySQL database, table by table, from ``information_schema``.

What comes back is in the server's own words, so two tables that it describes alike are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from peewit.dialects import MysqlDialect
from peewit.schema import (
    Column,
    Constraint,
    ForeignKey,
    FoundIndex,
    FoundKey,
    FoundObject,
    FoundOnServer,
    FoundTable,
    Generated,
    Index,
    Part,
    Table,
    Type,
    key_of,
    parts_of,
)
from peewit.sql import MYSQL, MYSQL_RULES, literal, quote_name, tokenize

Ask = Callable[[str, tuple[Any, ...]], list[Any]]
"""Runs a statement and gives its rows; without parameters a ``%`` means itself."""

_USUAL = "SELECT @@default_storage_engine, @@character_set_database, @@collation_database"
_TABLE = """
SELECT table_name, table_rows, engine, table_collation FROM information_schema.tables
WHERE table_schema = coalesce(%s, database()) AND table_name = %s AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
"""
_COLUMNS = """
SELECT column_name, column_type, is_nullable, column_default, collation_name, extra, generation_expression,
  column_comment
FROM information_schema.columns WHERE table_schema = coalesce(%s, database()) AND table_name = %s
ORDER BY ordinal_position
"""
_INDEXES = """
SELECT * FROM information_schema.statistics
WHERE table_schema = coalesce(%s, database()) AND table_name = %s ORDER BY index_name, seq_in_index
"""
_KEYS = """
SELECT k.constraint_name, k.table_schema, k.table_name, k.column_name, k.referenced_table_schema,
  k.referenced_table_name, k.referenced_column_name, r.delete_rule, r.update_rule
FROM information_schema.key_column_usage k
JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema
  AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE {side} AND k.referenced_table_name IS NOT NULL
ORDER BY k.table_name, k.constraint_name, k.ordinal_position
"""
_CHECKS_MARIADB = """
SELECT constraint_name, level, check_clause FROM information_schema.check_constraints
WHERE constraint_schema = coalesce(%s, database()) AND table_name = %s ORDER BY constraint_name
"""
_CHECKS_MYSQL = """
SELECT c.constraint_name, 'Table', c.check_clause FROM information_schema.check_constraints c
JOIN information_schema.table_constraints t ON t.constraint_schema = c.constraint_schema
  AND t.constraint_name = c.constraint_name
WHERE c.constraint_schema = coalesce(%s, database()) AND t.table_name = %s ORDER BY c.constraint_name
"""
_TRIGGERS = """
SELECT trigger_name, action_statement, event_manipulation FROM information_schema.triggers
WHERE event_object_schema = coalesce(%s, database()) AND event_object_table = %s
"""
_ALL_TRIGGERS = """
SELECT trigger_name, action_statement, event_object_table FROM information_schema.triggers
WHERE event_object_schema = coalesce(%s, database())
"""
_VIEWS = """
SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = coalesce(%s, database())
"""


def read_found(ask: Ask, dialect: MysqlDialect) -> FoundOnServer:
    """The database as it stands now; what was asked once is remembered."""
    reader = _Reader(ask, dialect)
    return FoundOnServer(
        table=reader.table,
        referring=reader.referring,
        taken=lambda _: frozenset(),
        as_written=reader.as_written,
        views=reader.views,
        usual=reader.usual,
    )


class _Reader:
    def __init__(self, ask: Ask, dialect: MysqlDialect) -> None:
        self._ask, self._dialect = ask, dialect
        self._tables: dict[str, FoundTable | None] = {}
        self._lower: bool | None = None

    def _where(self, key: str) -> tuple[str | None, str]:
        """The schema and the name of a table."""
        schema, name = parts_of(key)
        return self._dialect.schema_of(schema), name

    def table(self, key: str) -> FoundTable | None:
        if key not in self._tables:
            self._tables[key] = self._found(key)
        return self._tables[key]

    def _found(self, key: str) -> FoundTable | None:
        where = self._where(key)
        head = self._ask(_TABLE, where)
        if not head:
            return None
        name, rows, _, table_collation = head[0]
        columns = self._ask(_COLUMNS, where)
        keys = self._keys("k.table_schema = coalesce(%s, database()) AND k.table_name = %s", where)
        question = _CHECKS_MARIADB if self._dialect.mariadb else _CHECKS_MYSQL
        checks = [(n, level, self._in_backticks(clause)) for n, level, clause in self._ask(question, where)]
        own = self._checks_of_columns(name, where[0], [c[2] for c in checks if c[1] == "Column"])
        single = {found.columns[0]: found for found in keys if len(found.columns) == 1}
        indexes, primary = _indexes(self._statistics(where), {row[0]: row[4] for row in columns})
        table = Table(
            name=name,
            schema=parts_of(key)[0],
            columns=tuple(
                _column(self._dialect, row, table_collation, single.get(row[0]), own.get(row[0])) for row in columns
            ),
            primary_key=primary,
            indexes=tuple(index.index for index in indexes),
            constraints=(
                *(Constraint(sql=f"CHECK ({clause})", name=n) for n, level, clause in checks if level != "Column"),
                *(Constraint(sql=found.sql, name=found.name) for found in keys if len(found.columns) > 1),
            ),
        )
        return FoundTable(
            table=table,
            indexes=indexes,
            triggers=tuple(FoundObject(name=n, sql=s, mode=event) for n, s, event in self._ask(_TRIGGERS, where)),
            key_name="PRIMARY" if primary else "",
            rows=int(rows or 0),
            extras={row[0]: extra for row in columns if (extra := _extra(row))},
            uses={
                **{name: _quoted_names(clause) for name, level, clause in checks if level != "Column"},
                **{found.name: frozenset(found.columns) for found in keys},
            },
        )

    def _checks_of_columns(self, table: str, schema: str | None, clauses: list[str]) -> dict[str, str]:
        """The CHECK in each column's own definition: in the catalogue it goes by the name the column once had."""
        if not clauses:
            return {}
        path = ".".join(self._dialect.quoted(name) for name in (schema, table) if name is not None)
        found = {}
        for line in self._ask(f"SHOW CREATE TABLE {path}", ())[0][1].splitlines()[1:]:
            text = self._in_backticks(line.strip().removesuffix(","))
            column = next(iter(tokenize(text, self._dialect.rules)), None)
            for clause in clauses:
                if column is not None and column.kind == "name" and text.endswith(f" CHECK ({clause})"):
                    found[column.value] = clause
        return found

    def _statistics(self, where: tuple[str | None, str]) -> list[dict[str, Any]]:
        names = [
            row[0].lower()
            for row in self._ask(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'information_schema' "
                "AND lower(table_name) = 'statistics' ORDER BY ordinal_position",
                (),
            )
        ]
        return [dict(zip(names, row, strict=True)) for row in self._ask(_INDEXES, where)]

    def _keys(self, side: str, where: tuple[str | None, str]) -> list[FoundKey]:
        found: dict[tuple[str, str], list[Any]] = {}
        for row in self._ask(_KEYS.format(side=side), where):
            found.setdefault((row[2], row[0]), []).append(row)
        own = self._ask("SELECT database()", ())[0][0]
        here = {own, self._dialect.schemas.get("")}
        real = {there: name for name, there in self._dialect.schemas.items()}
        return [_key(rows, here, real) for rows in found.values()]

    def referring(self, key: str) -> tuple[FoundKey, ...]:
        where = self._where(key)
        side = "k.referenced_table_schema = coalesce(%s, database()) AND k.referenced_table_name = %s"
        found = self._keys(side, where)
        return tuple(replace(k, target=key) for k in found if k.table != where[1])

    def views(self) -> tuple[FoundObject, ...]:
        schema = self._dialect.schema_of(None)
        views = [FoundObject(name=name, sql=sql or "") for name, sql in self._ask(_VIEWS, (schema,))]
        triggers = [FoundObject(name=n, sql=s, mode=table) for n, s, table in self._ask(_ALL_TRIGGERS, (schema,))]
        return (*views, *triggers)

    def usual(self) -> Mapping[str, str]:
        engine, charset, collation = self._ask(_USUAL, ())[0]
        return {"ENGINE": engine, "CHARSET": charset, "COLLATE": collation}

    def as_written(self, key: str, text: str) -> str:
        """Tried out on a temporary table of the same columns, which nobody else sees."""
        schema, name = self._where(key)
        probe, path = quote_name("peewit_probe", "`"), self._dialect.path(name, None)
        if schema is not None:
            path = f"{quote_name(schema, '`')}.{quote_name(name, '`')}"
        self._ask(f"CREATE TEMPORARY TABLE {probe} LIKE {path}", ())
        try:
            before = self._ask(f"SHOW CREATE TABLE {probe}", ())[0][1]
            self._ask(f"ALTER TABLE {probe} ADD {text}", ())
            after = self._ask(f"SHOW CREATE TABLE {probe}", ())[0][1]
        finally:
            self._ask(f"DROP TEMPORARY TABLE {probe}", ())
        # Names may have line breaks in them, so what was added is found by what stands around it.
        same = next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
        made = after[same : len(after) - len(before) + same]
        checks = [token.start for token in tokenize(made, self._dialect.rules) if token.text == "CHECK"]
        return self._in_backticks(made[checks[0] :]) if checks else text

    def _in_backticks(self, text: str) -> str:
        """The server's own text as the catalogue has it: where sql_mode says so, it writes names in double quotes."""
        written, end = "", 0
        for token in tokenize(text, self._dialect.rules):
            if token.text.startswith('"'):
                written += text[end : token.start] + quote_name(token.text[1:-1].replace('""', '"'), "`")
                end = token.end
        return written + text[end:]


def _column(dialect: MysqlDialect, row: Any, table_collation: str, key: FoundKey | None, check: str | None) -> Column:
    name, type_, nullable, default, collation, extra, expression, _ = row
    extra = extra.lower()
    generated = (
        Generated(expression=expression, stored="stored" in extra or "persistent" in extra) if expression else None
    )
    return Column(
        name=name,
        type=Type(type_, raw=True),
        null=nullable == "YES",
        default=None if generated else _default(dialect, default, extra),
        collation=collation if collation != table_collation else None,
        autoincrement="auto_increment" in extra,
        generated=generated,
        constraints=() if check is None else (Constraint(sql=f"CHECK ({check})"),),
        foreign_key=None if key is None else _foreign_key(key),
    )


def _default(dialect: MysqlDialect, text: Any, extra: str) -> str | None:
    """The DEFAULT as SQL: MariaDB gives it so, MySQL gives the bare value unless it is an expression."""
    if text is None or (dialect.mariadb and text == "NULL"):
        return None
    if dialect.mariadb:
        return str(text)
    if "default_generated" in extra:
        return str(text) if str(text).upper().startswith("CURRENT_TIMESTAMP") else f"({text})"
    return literal(str(text), MYSQL)


def _extra(row: Any) -> str:
    """What a column has that its value does not say, as it is written at the end of its definition."""
    extra, comment = row[5].lower(), row[7]
    words = []
    if "on update" in extra:
        words.append("ON UPDATE" + extra.partition("on update")[2].partition("default_generated")[0].rstrip(" ,"))
    if "invisible" in extra:
        words.append("INVISIBLE")
    if comment:
        words.append(f"COMMENT {literal(comment, MYSQL)}")
    return " ".join(words)


def _indexes(
    rows: list[dict[str, Any]], collations: Mapping[str, str | None]
) -> tuple[tuple[FoundIndex, ...], tuple[str, ...]]:
    """The indexes, and the columns of the primary key."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row["index_name"], []).append(row)
    primary = tuple(row["column_name"] for row in grouped.pop("PRIMARY", []))
    return tuple(_index(name, mine, collations) for name, mine in grouped.items()), primary


def _index(name: str, rows: list[dict[str, Any]], collations: Mapping[str, str | None]) -> FoundIndex:
    method = rows[0]["index_type"].upper()
    index = Index(
        parts=tuple(_part(row, collations) for row in rows),
        unique=not int(rows[0]["non_unique"]),
        using=None if method == "BTREE" else method,
        name=name,
    )
    return FoundIndex(name=name, sql="", index=index)


_LONGEST = 3072
"""How many bytes of a column an index holds: MariaDB cuts off by itself what is longer.

https://mariadb.com/kb/en/innodb-limitations/
"""
_BYTES = {"utf8mb4": 4, "utf16": 4, "utf16le": 4, "utf32": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 2}


def _part(row: dict[str, Any], collations: Mapping[str, str | None]) -> Part:
    descending = row["collation"] == "D"
    if row.get("expression"):
        return Part(text=f"({row['expression']})", expression=True, descending=descending)
    charset = (collations.get(row["column_name"]) or "").partition("_")[0]
    if row["sub_part"] and int(row["sub_part"]) != _LONGEST // _BYTES.get(charset, 1):
        text = f"{quote_name(row['column_name'], '`')}({row['sub_part']})"
        return Part(text=text, expression=True, descending=descending)
    return Part(text=row["column_name"], descending=descending)


def _quoted_names(text: str) -> frozenset[str]:
    """The columns an expression speaks of: the server writes each in quotes, and nothing else."""
    return frozenset(token.value for token in tokenize(text, MYSQL_RULES) if token.kind == "name")


def _key(rows: list[Any], here: set[str | None], real: Mapping[str, str]) -> FoundKey:
    name, schema, table, _, target_schema, target, _, on_delete, on_update = rows[0]
    columns, targets = tuple(row[3] for row in rows), tuple(row[6] for row in rows)
    path = quote_name(target, "`")
    if target_schema not in here:
        path = f"{quote_name(target_schema, '`')}.{path}"
    sql = f"FOREIGN KEY ({_names(columns)}) REFERENCES {path} ({_names(targets)})"
    sql += f" ON DELETE {on_delete}" if on_delete not in ("RESTRICT", "NO ACTION") else ""
    sql += f" ON UPDATE {on_update}" if on_update not in ("RESTRICT", "NO ACTION") else ""
    return FoundKey(
        name=name,
        schema=None if schema in here else real.get(schema, schema),
        place=real.get(schema, schema),
        table=table,
        columns=columns,
        target=key_of(None if target_schema in here else real.get(target_schema, target_schema), target),
        target_columns=targets,
        sql=sql,
    )


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(quote_name(column, "`") for column in columns)


def _foreign_key(key: FoundKey) -> ForeignKey:
    schema, table = parts_of(key.target)
    rules = key.sql.partition(" ON DELETE ")[2].partition(" ON UPDATE ")[0] or None
    return ForeignKey(
        table=table,
        schema=schema,
        column=key.target_columns[0],
        on_delete=rules,
        on_update=key.sql.partition(" ON UPDATE ")[2] or None,
        name=key.name,
    )


def described(found: FoundTable) -> Table:
    """The table with its checks in one list and its indexes without names: for comparing, nothing else."""
    checks = [Constraint(sql=c.sql) for column in found.table.columns for c in column.constraints]
    columns = tuple(replace(column, constraints=()) for column in found.table.columns)
    return replace(found.table, columns=columns, constraints=(*found.table.constraints, *checks))
