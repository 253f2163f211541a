"""Reading CREATE TABLE, checked against what SQLite itself makes of the same text."""

import sqlite3
from itertools import pairwise
from typing import Any

import pytest

from peewit.errors import SqlError
from peewit.sql import CreateTable, canonical, fold_case, parse_create_table, significant, tokenize

TEXTS = [
    "CREATE TABLE t (a)",
    "create table t(a,b,c)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x')",
    "CREATE TEMP TABLE t (a INT)",
    "CREATE TEMPORARY TABLE t (a INT)",
    "CREATE TABLE IF NOT EXISTS t (a INT)",
    "CREATE TABLE main.t (a INT)",
    'CREATE TABLE "main" . "t x" (a INT)',
    "CREATE TABLE IF NOT EXISTS [main].[t]([a b] INT, `c``d` TEXT)",
    'CREATE TABLE "say ""hi""" ("say ""hi""" TEXT, "[br]acket" INT, "back`tick" INT)',
    "CREATE TABLE 't' ('a' 'INT', 'it''s' TEXT)",
    'CREATE TABLE t ("select" INT, "from" TEXT, "order" INT, "null" INT, "%" INT, "a%sb" INT)',
    "CREATE TABLE t (key INT, desc TEXT, end INT, first INT, like INT, text TEXT, date DATE, rows INT)",
    "CREATE TABLE t (left INT, natural, cross TEXT)",
    'CREATE TABLE tёst (naïve TEXT, 名前 TEXT, É INT, é INT, "emoji 🐦" TEXT)',
    "CREATE TABLE t (a UNSIGNED BIG INT, b DOUBLE PRECISION, c NATIVE CHARACTER (70))",
    "CREATE TABLE t (a VARCHAR (10), b DECIMAL(10, 2), c NUMERIC(+5,-2), d  LONG   TEXT)",
    'CREATE TABLE t (a "my type", b [other type] , c `tick`, d "a" b)',
    "CREATE TABLE t (a generated, b always, c int generated NOT NULL)",
    "CREATE TABLE t (a INT NULL, b INT NOT NULL, c INT NULL NOT NULL)",
    "CREATE TABLE t (a INT NOT NULL ON CONFLICT IGNORE, b INT NULL ON CONFLICT ABORT DEFAULT 3)",
    "CREATE TABLE t (a INT UNIQUE ON CONFLICT REPLACE, b INT PRIMARY KEY ON CONFLICT ROLLBACK)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY ASC ON CONFLICT FAIL AUTOINCREMENT NOT NULL)",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY (b DESC, a COLLATE nocase))",
    "CREATE TABLE t (a INTEGER, PRIMARY KEY (a AUTOINCREMENT))",
    "CREATE TABLE t (a INT, b INT, CONSTRAINT pk PRIMARY KEY ('b', \"a\") ON CONFLICT IGNORE)",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY ((b)))",
    "CREATE TABLE t (a DEFAULT 5, b DEFAULT -5, c DEFAULT +5, d DEFAULT - 5, e DEFAULT 1e-3, f DEFAULT 0x1F)",
    "CREATE TABLE t (a DEFAULT (1 + 2), b DEFAULT ((3)), c DEFAULT(/* x */ 4 -- y\n))",
    "CREATE TABLE t (a DEFAULT(abs(-1))NOT NULL)",
    "CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT current_date, c DEFAULT true, d DEFAULT NULL)",
    "CREATE TABLE t (a DEFAULT 'it''s', b DEFAULT \"dq\", c DEFAULT x'00ff', d DEFAULT'tight'NOT NULL)",
    "CREATE TABLE t (a DEFAULT 1 DEFAULT 2, b COLLATE binary COLLATE nocase)",
    "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT COLLATE \"rtrim\" NOT NULL, c collate'binary')",
    "CREATE TABLE t (a INT CHECK (a > 0), b INT CHECK(b<>')' AND b <> '--') CHECK (b != 3))",
    'CREATE TABLE t (a INT, CHECK (a > 0), CONSTRAINT "c k" CHECK ((a) < 5) ON CONFLICT ABORT)',
    "CREATE TABLE t (a INT CONSTRAINT n1 NOT NULL CONSTRAINT d1 DEFAULT 3 CONSTRAINT c1 CHECK (a))",
    "CREATE TABLE t (a INT CONSTRAINT u UNIQUE CONSTRAINT x PRIMARY KEY CONSTRAINT y COLLATE nocase)",
    "CREATE TABLE t (a INT CONSTRAINT bare, b INT CONSTRAINT one CONSTRAINT two NOT NULL)",
    "CREATE TABLE t (a INT, CONSTRAINT bare)",
    "CREATE TABLE t (a INT, CONSTRAINT bare, CHECK (a) UNIQUE (a) CONSTRAINT x CHECK (a > 1))",
    "CREATE TABLE t (a INT, b INT, UNIQUE (a) UNIQUE (b), CHECK (a > b))",
    "CREATE TABLE t (a INT, b INT, UNIQUE (a, b COLLATE rtrim DESC) ON CONFLICT REPLACE)",
    "CREATE TABLE t (a INT, b INT AS (a + 1), c INT AS (a * 2) STORED, d AS (a) VIRTUAL)",
    "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1) STORED NOT NULL, c generated always as (a))",
    'CREATE TABLE t (a INT REFERENCES p, b INT REFERENCES p(x), c REFERENCES "p q"("x y"))',
    "CREATE TABLE t (a INT REFERENCES p (x) ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE t (a INT REFERENCES p(x) ON DELETE NO ACTION ON UPDATE SET DEFAULT MATCH FULL NOT NULL)",
    "CREATE TABLE t (a INT REFERENCES p(x) MATCH SIMPLE ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t (a INT REFERENCES p DEFERRABLE, b REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t (a INT REFERENCES p(x) NOT NULL DEFERRABLE INITIALLY IMMEDIATE UNIQUE)",
    "CREATE TABLE t (a INT REFERENCES p(x) REFERENCES q(y))",
    "CREATE TABLE t (a, b, FOREIGN KEY (a) REFERENCES p, FOREIGN KEY (a, b) REFERENCES p(x, y))",
    "CREATE TABLE t (a, b, CONSTRAINT f FOREIGN KEY (\"b\") REFERENCES 'p'('x') NOT DEFERRABLE)",
    "CREATE TABLE t (a, b, FOREIGN KEY(a)REFERENCES p(x)ON DELETE SET NULL DEFERRABLE CHECK(a))",
    "CREATE TABLE t (a INT NOT NULL, b INT) STRICT",
    "CREATE TABLE t (a INT PRIMARY KEY, b INT) WITHOUT ROWID",
    "CREATE TABLE t (a INT PRIMARY KEY, b INT) without rowid , strict;",
    "CREATE TABLE t (a INT PRIMARY KEY, b ANY)/*x*/strict/*y*/,/*z*/WITHOUT/*w*/ROWID -- end",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID",
    "CREATE/**/TABLE/**/t/**/(/**/a/**/INT/**/NOT/**/NULL/**/,/**/b/**/)",
    "CREATE TABLE t ( -- first\n  a INT, -- about a, with a comma\n  b TEXT -- about b (a paren\n) -- end",
    "CREATE TABLE t\n(\n\ta INT /* , fake INT */ NOT NULL,\n\tb TEXT DEFAULT '/* no */' -- , c INT\n\t, d\n)",
    "CREATE TABLE t (a INT DEFAULT '--', b TEXT DEFAULT ',)', c CHECK (c IN ('a', 'b', \"a\")))",
    'CREATE TABLE t(a"INT"NOT NULL,b"TEXT"DEFAULT\'x\'UNIQUE)',
    "CREATE TABLE t (a INT /* unclosed by us */) /* at the end",
    "CREATE TABLE t (a TEXT CHECK (CASE WHEN a THEN 1 ELSE 2 END), b CHECK (b LIKE 'x%' ESCAPE '\\'))",
    "CREATE TABLE t (a JSON CHECK (json_valid(a)), b INT CHECK (a ->> '$.x' = 1 OR a -> '$' IS NULL))",
    "CREATE TABLE t ($x INT)".replace("$x", "x$1"),
    "CREATE TABLE t (\ufeffa INT, b\ufeff TEXT)",
    "CREATE TABLE t (a INT PRIMARY KEY NOT NULL, b INT NOT NULL UNIQUE REFERENCES t(a) ON DELETE SET NULL)",
]
"""Odd, but all accepted by SQLite."""


@pytest.fixture(name="connection")
def fixture_connection() -> Any:
    """An empty database in memory."""
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


@pytest.mark.parametrize("sql", TEXTS)
def test_columns_agree_with_sqlite(connection: sqlite3.Connection, sql: str) -> None:
    """Names, types, NOT NULL, keys and generation are what SQLite's table_xinfo says."""
    table = _created(connection, sql)
    rows = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (table.name,)).fetchall()

    actual = [
        (
            column.name,
            _reported_type(column.type_text),
            _is_not_null(table, column.name),
            _place_in_key(table, column.name),
            _hidden(table, column.name),
        )
        for column in table.columns
    ]

    expected = [(name, _plain_type(type_), notnull, pk, hidden) for _, name, type_, notnull, _, pk, hidden in rows]
    assert expected == actual


@pytest.mark.parametrize("sql", TEXTS)
def test_defaults_agree_with_sqlite(connection: sqlite3.Connection, sql: str) -> None:
    """Each default is the text that SQLite keeps, but for parentheses and how a bare name is quoted."""
    table = _created(connection, sql)
    rows = connection.execute("SELECT name, dflt_value FROM pragma_table_xinfo(?)", (table.name,)).fetchall()

    actual = {column.name: _default(table, column.name) for column in table.columns}

    assert {name: text and canonical(text) for name, text in rows} == actual


@pytest.mark.parametrize("sql", TEXTS)
def test_foreign_keys_agree_with_sqlite(connection: sqlite3.Connection, sql: str) -> None:
    """Tables, columns and actions of all foreign keys are what SQLite's foreign_key_list says."""
    table = _created(connection, sql)
    rows = connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table.name,)).fetchall()

    expected = {(target, source, other, update, delete) for _, _, target, source, other, update, delete, _ in rows}

    assert expected == set(_foreign_keys(table))


@pytest.mark.parametrize("sql", TEXTS)
def test_options_agree_with_sqlite(connection: sqlite3.Connection, sql: str) -> None:
    """The schema and the table options are what SQLite's table_list says."""
    table = _created(connection, sql)
    row = connection.execute(
        "SELECT schema, wr, strict FROM pragma_table_list WHERE name = ?", (table.name,)
    ).fetchone()

    schema = "temp" if table.temporary else "main"
    assert row == (schema, table.without_rowid, table.strict)


@pytest.mark.parametrize("sql", TEXTS)
def test_spans_are_the_texts(sql: str) -> None:
    """Each span covers the piece it is of, in order and without overlap, and nothing around it."""
    table = parse_create_table(sql)
    items = [*table.columns, *table.constraints]

    for item in items:
        text = item.span.of(sql)
        assert text == text.strip()
        assert not text.startswith(("--", "/*"))
    assert items == sorted(items, key=lambda item: item.span.start)
    assert all(left.span.end <= right.span.start for left, right in pairwise(items))
    assert table.body_span.start <= items[0].span.start
    assert items[-1].span.end <= table.body_span.end
    for column in table.columns:
        assert column.type_span.of(sql) == column.type_text
        for clause in column.clauses:
            assert clause.body_span is None or clause.kind == "collate" or clause.body_span.of(sql) == clause.body


@pytest.mark.parametrize("sql", TEXTS)
def test_stored_text_means_the_same(connection: sqlite3.Connection, sql: str) -> None:
    """What SQLite stores of the statement reads as the statement that was given."""
    table = _created(connection, sql)
    source = "sqlite_temp_schema" if table.temporary else "sqlite_schema"
    stored = connection.execute(f"SELECT sql FROM {source} WHERE type = 'table'").fetchone()[0]

    again = parse_create_table(stored)

    assert table.name == again.name
    assert [c.name for c in table.columns] == [c.name for c in again.columns]
    assert [c.type_text for c in table.columns] == [c.type_text for c in again.columns]
    assert [c.kind for c in table.constraints] == [c.kind for c in again.constraints]


def test_clauses_are_read_in_full() -> None:
    """Every kind of clause gives its name, its body and its particulars."""
    column = parse_create_table(
        "CREATE TABLE t (a TEXT CONSTRAINT k PRIMARY KEY DESC CONSTRAINT n NOT NULL NULL UNIQUE "
        "CHECK ( a > 0 /* c */ ) DEFAULT ( 'x' ) COLLATE \"No Case\" REFERENCES p "
        "AS (a || b) STORED DEFERRABLE CONSTRAINT bare)"
    ).columns[0]

    found = [(clause.kind, clause.name, clause.body) for clause in column.clauses]

    assert found == [
        ("primary key", "k", None),
        ("not null", "n", None),
        ("null", None, None),
        ("unique", None, None),
        ("check", None, "a > 0"),
        ("default", None, "( 'x' )"),
        ("collate", None, "No Case"),
        ("references", None, None),
        ("generated", None, "a || b"),
        ("other", None, None),
        ("other", "bare", None),
    ]
    assert column.clauses[0].descending
    assert column.clauses[8].stored


def test_references_are_read_in_full() -> None:
    """A reference gives its table, columns, actions, MATCH and deferral."""
    table = parse_create_table(
        'CREATE TABLE t (a, b, FOREIGN KEY (a, "b") REFERENCES "P" (x, "y z") '
        "on update set null ON DELETE no action MATCH full DEFERRABLE INITIALLY DEFERRED)"
    )
    reference = table.constraints[0].reference

    assert reference is not None
    assert table.constraints[0].columns == ("a", "b")
    assert (reference.table, reference.columns) == ("P", ("x", "y z"))
    assert (reference.on_update, reference.on_delete) == ("SET NULL", "NO ACTION")
    assert (reference.match, reference.deferrable) == ("full", "INITIALLY DEFERRED")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE TABLE t AS SELECT 1 AS a",
        "CREATE TABLE t",
        "CREATE TABLE t ()",
        "CREATE TABLE t (a INT",
        "CREATE TABLE t (a INT,)",
        "CREATE TABLE t (a INT) ENGINE=InnoDB",
        "CREATE TABLE t (a INT) STRICT STRICT",
        "CREATE TABLE t (a INT); SELECT 1",
        "CREATE TABLE t (CHECK (1))",
        "CREATE TABLE t (a INT, CHECK (a), b INT)",
        "CREATE TABLE t (a INT, PRIMARY KEY)",
        "CREATE TABLE t (a INT, FOREIGN KEY (a))",
        "CREATE TABLE t (a DEFAULT, b)",
        "CREATE TABLE t (a DEFAULT)",
        "CREATE TABLE t (a REFERENCES p ON DELETE EXPLODE)",
        "CREATE TABLE select (a)",
        "CREATE TABLE t (a 'INT)",
    ],
)
def test_what_is_no_ordinary_table_is_refused(sql: str) -> None:
    """Other statements and broken ones raise an SqlError; what SQLite itself would refuse included."""
    with pytest.raises(SqlError):
        parse_create_table(sql)


def _created(connection: sqlite3.Connection, sql: str) -> CreateTable:
    connection.execute(sql)
    return parse_create_table(sql)


def _plain_type(type_: str) -> str:
    """Return a type as SQLite reports it, without the words a generated column adds."""
    folded = fold_case(type_)
    return folded.removesuffix("generated always").rstrip()


def _reported_type(text: str) -> str:
    """Return a type as SQLite keeps it: of one that opens with a quote, only what the quote holds."""
    first = significant(tokenize(text))[:1]
    if first and first[0].kind in ("name", "string"):
        return fold_case(first[0].value.strip("'"))
    return fold_case(text)


def _key(table: CreateTable) -> list[str]:
    return [fold_case(name) for name in table.primary_key]


def _is_not_null(table: CreateTable, name: str) -> int:
    clause = table.column(name).clause("not null")
    in_key = table.without_rowid and fold_case(name) in _key(table)
    return int(clause is not None or in_key)


def _place_in_key(table: CreateTable, name: str) -> int:
    key = _key(table)
    return key.index(fold_case(name)) + 1 if fold_case(name) in key else 0


def _hidden(table: CreateTable, name: str) -> int:
    clause = table.column(name).clause("generated")
    if clause is None:
        return 0
    return 3 if clause.stored else 2


def _default(table: CreateTable, name: str) -> str | None:
    clause = table.column(name).clause("default")
    return None if clause is None else canonical(clause.body or "")


def _foreign_keys(table: CreateTable) -> list[tuple[str, str, str | None, str, str]]:
    found = [((column.name,), clause.reference) for column in table.columns for clause in column.clauses]
    found += [(constraint.columns, constraint.reference) for constraint in table.constraints]
    rows = []
    for names, reference in found:
        if reference is not None:
            actions = (reference.on_update or "NO ACTION", reference.on_delete or "NO ACTION")
            others = reference.columns or (None,) * len(names)
            rows += [
                (reference.table, table.column(name).name, other, *actions)
                for name, other in zip(names, others, strict=True)
            ]
    return rows
