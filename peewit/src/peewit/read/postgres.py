"""A live PostgreSQL database, table by table: one question to the catalogue for each.

What comes back is in the server's own words, so two tables that it describes alike are alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from peewit.dialects import PostgresDialect
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
    parts_of,
)
from peewit.sql import quote_name

Ask = Callable[[str, tuple[Any, ...]], list[Any]]
"""Runs a statement and gives its rows; without parameters a ``%`` means itself."""

ACTIONS = {"a": None, "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}

_TABLE = """
SELECT json_build_object(
  'name', c.relname, 'schema', n.nspname, 'rows', c.reltuples, 'options', c.reloptions,
  'columns', (
    SELECT json_agg(json_build_object(
      'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'not_null', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity,
      'generated', a.attgenerated,
      'collation', CASE WHEN a.attcollation <> y.typcollation THEN quote_ident(l.collname) END,
      'sequence', (
        SELECT s.objid::regclass::text FROM pg_depend s JOIN pg_class q ON q.oid = s.objid AND q.relkind = 'S'
        WHERE s.classid = 'pg_class'::regclass AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
          AND s.deptype IN ('a', 'i') LIMIT 1)
      ) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'constraints', (
    SELECT json_agg(json_build_object(
      'name', k.conname, 'kind', k.contype, 'columns', k.conkey, 'valid', k.convalidated,
      'deferrable', k.condeferrable, 'deferred', k.condeferred, 'delete', k.confdeltype, 'update', k.confupdtype,
      'target', f.relname, 'target_schema', CASE WHEN NOT pg_table_is_visible(f.oid) THEN fn.nspname END,
      'target_columns', (
        SELECT json_agg(ta.attname ORDER BY o.place) FROM unnest(k.confkey) WITH ORDINALITY o (number, place)
        JOIN pg_attribute ta ON ta.attrelid = k.confrelid AND ta.attnum = o.number),
      'sql', pg_get_constraintdef(k.oid)) ORDER BY k.conname)
    FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid
    LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
    WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f', 'c', 'u', 'x')),
  'indexes', (
    SELECT json_agg(json_build_object(
      'name', r.relname, 'unique', i.indisunique, 'primary', i.indisprimary, 'valid', i.indisvalid,
      'method', m.amname, 'sql', pg_get_indexdef(i.indexrelid), 'where', pg_get_expr(i.indpred, i.indrelid),
      'uses', (SELECT json_agg(u.refobjsubid) FROM pg_depend u WHERE u.classid = 'pg_class'::regclass
               AND u.objid = i.indexrelid AND u.refclassid = 'pg_class'::regclass AND u.refobjid = c.oid
               AND u.refobjsubid > 0),
      'columns', i.indkey::int2[], 'options', i.indoption::int2[], 'count', i.indnkeyatts,
      'keys', (SELECT json_agg(pg_get_indexdef(i.indexrelid, p, true) ORDER BY p)
               FROM generate_series(1, i.indnkeyatts) p),
      'constraint', EXISTS (SELECT 1 FROM pg_constraint x WHERE x.conindid = i.indexrelid AND x.contype IN ('u', 'x'))
      ) ORDER BY r.relname)
    FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid JOIN pg_am m ON m.oid = r.relam
    WHERE i.indrelid = c.oid),
  'triggers', (
    SELECT json_agg(json_build_array(t.tgname, pg_get_triggerdef(t.oid), t.tgenabled) ORDER BY t.tgname)
    FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D')
)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(%s) AND c.relkind IN ('r', 'p')
"""

_REFERRING = """
SELECT k.conname, n.nspname, c.relname, pg_table_is_visible(c.oid), pg_get_constraintdef(k.oid),
  (SELECT json_agg(a.attname ORDER BY o.place)::text FROM unnest(k.conkey) WITH ORDINALITY o (number, place)
   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number),
  (SELECT json_agg(a.attname ORDER BY o.place)::text FROM unnest(k.confkey) WITH ORDINALITY o (number, place)
   JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.confrelid = to_regclass(%s) AND k.conrelid <> k.confrelid AND k.conparentid = 0
ORDER BY c.relname, k.conname
"""

_TAKEN = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = coalesce(%s, current_schema())
"""


def read_found(ask: Ask, dialect: PostgresDialect) -> FoundOnServer:
    """The database as it stands now; what was asked once is remembered."""
    reader = _Reader(ask, dialect)
    return FoundOnServer(
        table=reader.table, referring=reader.referring, taken=reader.taken, as_written=reader.as_written
    )


class _Reader:
    def __init__(self, ask: Ask, dialect: PostgresDialect) -> None:
        self._ask, self._dialect = ask, dialect
        self._tables: dict[str, FoundTable | None] = {}
        self._taken: dict[str | None, frozenset[str]] = {}

    def _path(self, key: str) -> str:
        """Where a table is: its own schema, or that of the trial."""
        schema, name = parts_of(key)
        return self._dialect.path(name, schema)

    def table(self, key: str) -> FoundTable | None:
        if key not in self._tables:
            rows = self._ask(_TABLE, (self._path(key),))
            self._tables[key] = _found_table(json.loads(rows[0][0]), key, self._named) if rows else None
        return self._tables[key]

    def _real(self, schema: str) -> str | None:
        """The schema that one of a trial stands for."""
        real = {there: name for name, there in self._dialect.schemas.items()}
        return real.get(schema, schema) or None

    def _named(self, schema: str | None) -> str | None:
        """The schema as it is named from outside: None where the server looks for tables first."""
        real = None if schema is None else self._real(schema)
        if real is None or self._dialect.schemas.get("") is None:
            return real
        # In a trial another schema comes first, and the one that is meant second.
        return None if self._ask("SELECT (current_schemas(false))[2]", ())[0][0] == real else real

    def referring(self, key: str) -> tuple[FoundKey, ...]:
        rows = self._ask(_REFERRING, (self._path(key),))
        return tuple(
            FoundKey(
                name=name,
                schema=None if visible else self._named(schema),
                place=self._real(schema) or "",
                table=table,
                columns=tuple(json.loads(columns)),
                target=key,
                target_columns=tuple(json.loads(targets)),
                sql=sql,
            )
            for name, schema, table, visible, sql, columns, targets in rows
        )

    def taken(self, schema: str | None) -> frozenset[str]:
        schema = self._dialect.schema_of(schema)
        if schema not in self._taken:
            self._taken[schema] = frozenset(name for (name,) in self._ask(_TAKEN, (schema,)))
        return self._taken[schema]

    def as_written(self, key: str, text: str) -> str:
        """Tried out on an empty temporary table of the same columns, which is gone before anybody sees it."""
        probe = quote_name("peewit_probe")
        self._ask("SAVEPOINT peewit_probe", ())
        try:
            self._ask(f"CREATE TEMPORARY TABLE {probe} (LIKE {self._path(key)})", ())
            if text.lstrip().upper().startswith("CREATE"):
                self._ask(text, ())
                rows = self._ask(
                    "SELECT pg_get_indexdef(indexrelid) FROM pg_index "
                    "WHERE indrelid = 'pg_temp.peewit_probe'::regclass",
                    (),
                )
            else:
                self._ask(f"ALTER TABLE {probe} ADD {text}", ())
                rows = self._ask(
                    "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
                    "WHERE conrelid = 'pg_temp.peewit_probe'::regclass AND contype <> 'n'",
                    (),
                )
        finally:
            self._ask("ROLLBACK TO SAVEPOINT peewit_probe", ())
            self._ask("RELEASE SAVEPOINT peewit_probe", ())
        return str(rows[0][0])


def _found_table(row: dict[str, Any], key: str, named: Callable[[str | None], str | None]) -> FoundTable:
    columns = {column["number"]: column for column in row["columns"] or ()}
    names = {number: column["name"] for number, column in columns.items()}
    constraints = row["constraints"] or []
    single = {c["columns"][0]: c for c in constraints if c["kind"] == "f" and len(c["columns"]) == 1}
    primary = next((c for c in constraints if c["kind"] == "p"), None)
    indexes = tuple(_index(index, names) for index in row["indexes"] or () if not index["primary"])
    kept = [c for c in constraints if c["kind"] != "p" and c not in single.values()]
    table = Table(
        name=row["name"],
        schema=parts_of(key)[0],
        columns=tuple(_column(column, _foreign_key(single.get(number), named)) for number, column in columns.items()),
        primary_key=tuple(names[number] for number in primary["columns"]) if primary else (),
        indexes=tuple(index.index for index in indexes),
        constraints=tuple(Constraint(sql=c["sql"], name=c["name"]) for c in kept),
        settings=tuple(sorted(row["options"] or ())),
    )
    return FoundTable(
        table=table,
        indexes=indexes,
        triggers=tuple(
            FoundObject(name=name, sql=sql, mode={"A": "ALWAYS", "R": "REPLICA"}.get(mode, ""))
            for name, sql, mode in row["triggers"] or ()
        ),
        key_name=primary["name"] if primary else "",
        rows=max(int(row["rows"]), 0),
        extras={c["name"]: c["sequence"] for c in columns.values() if c["sequence"]},
        uses=_uses(row["indexes"] or [], "uses", names) | _uses(constraints, "columns", names),
    )


def _uses(rows: list[dict[str, Any]], numbers: str, names: dict[int, str]) -> dict[str, frozenset[str]]:
    """The columns constraints or indexes speak of; an index behind a constraint leaves that to it."""
    return {row["name"]: frozenset(names[n] for n in row[numbers]) for row in rows if row[numbers]}


_IDENTITIES = {"a": " GENERATED ALWAYS AS IDENTITY", "d": " GENERATED BY DEFAULT AS IDENTITY"}


def _column(row: dict[str, Any], key: ForeignKey | None) -> Column:
    default, generated = row["default"], None
    if row["generated"]:
        default, generated = None, Generated(expression=row["default"], stored=row["generated"] == "s")
    serial = bool(row["sequence"]) and (default or "").startswith("nextval(")
    return Column(
        name=row["name"],
        type=Type(row["type"] + _IDENTITIES.get(row["identity"], ""), raw=True),
        null=not row["not_null"],
        default=None if serial else default,
        collation=row["collation"],
        autoincrement=serial or bool(row["identity"]),
        generated=generated,
        foreign_key=key,
    )


def _foreign_key(row: dict[str, Any] | None, named: Callable[[str | None], str | None]) -> ForeignKey | None:
    if row is None:
        return None
    deferrable = None
    if row["deferrable"]:
        deferrable = "INITIALLY DEFERRED" if row["deferred"] else "INITIALLY IMMEDIATE"
    return ForeignKey(
        table=row["target"],
        schema=named(row["target_schema"]),
        column=row["target_columns"][0],
        on_delete=ACTIONS[row["delete"]],
        on_update=ACTIONS[row["update"]],
        deferrable=deferrable,
        name=row["name"],
    )


def _index(row: dict[str, Any], names: dict[int, str]) -> FoundIndex:
    parts = []
    for place, text in enumerate(row["keys"]):
        number = row["columns"][place]
        descending = bool(row["options"][place] & 1)
        parts.append(Part(text=names.get(number, text), expression=number == 0, descending=descending))
    index = Index(
        parts=tuple(parts),
        unique=row["unique"],
        where=row["where"],
        using=None if row["method"] == "btree" else row["method"].upper(),
        name=row["name"],
    )
    return FoundIndex(name=row["name"], sql=row["sql"], index=index, constraint=row["constraint"], valid=row["valid"])


def described(found: FoundTable) -> Table:
    """The table with its indexes as the server writes them, without their names: for comparing, nothing else."""
    indexes = []
    for index in found.indexes:
        body = index.sql.partition(" USING ")[2]
        indexes.append(Index(parts=(Part(text=body, expression=True),), unique=index.index.unique))
    own = {index.name for index in found.indexes if index.constraint}
    constraints = tuple(c for c in found.table.constraints if c.name not in own)
    return Table(
        name=found.table.name,
        columns=found.table.columns,
        primary_key=found.table.primary_key,
        indexes=tuple(indexes),
        constraints=constraints,
        settings=found.table.settings,
    )
