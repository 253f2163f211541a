"""Reading CREATE INDEX, checked against what SQLite itself makes of the same text."""

import sqlite3

import pytest

from peewit.errors import SqlError
from peewit.sql import as_tried, parse_create_index, with_index_column_renamed

Part = tuple[str, bool, bool, str | None]

TABLE = 'CREATE TABLE "t x" (a TEXT, b INT, "c d" TEXT, desc INT, "say ""hi""" TEXT)'

CASES: list[tuple[str, list[Part]]] = [
    ('CREATE INDEX i ON "t x" (a)', [("a", True, False, None)]),
    (
        'create unique index if not exists main."i j" on "t x"(A,b)',
        [("A", True, False, None), ("b", True, False, None)],
    ),
    (
        "CREATE INDEX i ON [t x] (a COLLATE nocase DESC, `c d` ASC)",
        [("a", True, True, "nocase"), ("c d", True, False, None)],
    ),
    (
        'CREATE INDEX i ON \'t x\' (\'a\', "say ""hi""")',
        [("a", True, False, None), ('say "hi"', True, False, None)],
    ),
    ('CREATE INDEX i ON "t x" (desc DESC, desc)', [("desc", True, True, None), ("desc", True, False, None)]),
    ('CREATE INDEX i ON "t x" ((a), ((b)) DESC)', [("a", True, False, None), ("b", True, True, None)]),
    (
        'CREATE INDEX i ON "t x" (lower(a), a || b)',
        [("lower(a)", False, False, None), ("a || b", False, False, None)],
    ),
    ('CREATE INDEX i ON "t x" (lower(a) COLLATE "rtrim" DESC)', [("lower(a)", False, True, "rtrim")]),
    ('CREATE INDEX i ON "t x" (a || b COLLATE nocase)', [("a || b COLLATE nocase", False, False, None)]),
    ('CREATE INDEX i ON "t x" ((a || b) COLLATE nocase)', [("(a || b)", False, False, "nocase")]),
    ('CREATE INDEX i ON "t x" ((a COLLATE nocase) DESC)', [("a", True, True, "nocase")]),
    (
        'CREATE INDEX i ON "t x" (/* x */ a /* , b */ -- y\n , b)',
        [("a", True, False, None), ("b", True, False, None)],
    ),
    (
        "CREATE INDEX i ON \"t x\" (substr(a, 1, 2), json_extract(a, '$.x'))",
        [("substr(a, 1, 2)", False, False, None), ("json_extract(a, '$.x')", False, False, None)],
    ),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_parts_are_read(sql: str, expected: list[Part]) -> None:
    """Each part is a column or an expression with its order and collation, as SQLite reports them."""
    index = parse_create_index(sql)

    actual = [(part.text, part.is_column, part.descending, part.collation) for part in index.parts]

    assert expected == actual
    assert index.table == "t x"
    for part in index.parts:
        assert not part.is_column or part.text in part.span.of(sql).replace('""', '"')


@pytest.mark.parametrize("sql", [sql for sql, _ in CASES])
def test_parts_agree_with_sqlite(sql: str) -> None:
    """Columns, order and collation are what SQLite's index_xinfo says."""
    connection = sqlite3.connect(":memory:")
    connection.execute(TABLE)
    connection.execute(sql)
    index = parse_create_index(sql)
    rows = connection.execute("SELECT * FROM pragma_index_xinfo(?) WHERE key", (index.name,)).fetchall()

    for part, (_, _, name, descending, collation, _) in zip(index.parts, rows, strict=True):
        assert (name is not None) == part.is_column
        assert name is None or name.lower() == part.text.lower()
        assert bool(descending) == part.descending
        # Of an operator's operands, SQLite takes the collation of one for the whole.
        assert collation.lower() == (part.collation or collation).lower()
        assert part.collation is not None or collation == "BINARY" or "COLLATE" in part.text


def test_the_rest_is_read() -> None:
    """Name, schema, uniqueness and condition."""
    index = parse_create_index("CREATE UNIQUE INDEX s.i ON t (a) WHERE /* x */ a > ';' AND b -- y\n;")

    assert (index.schema, index.name, index.table, index.unique) == ("s", "i", "t", True)
    assert index.where == "a > ';' AND b"
    assert parse_create_index("CREATE INDEX i ON t (a);").where is None


def test_a_table_may_be_named_with_its_schema() -> None:
    """As Peewee writes it for a model that has one on PostgreSQL."""
    index = parse_create_index('CREATE INDEX IF NOT EXISTS "lk" ON "ops"."orders" (lower("k")) WHERE ("n" > 3)')

    assert (index.name, index.table, index.where) == ("lk", "orders", '("n" > 3)')


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE INDEX i ON t USING gin (a)", ("gin", None, None)),
        ("CREATE INDEX i USING BTREE ON t (a)", ("BTREE", None, None)),
        ("CREATE INDEX i ON t (a) USING HASH", ("HASH", None, None)),
        ("CREATE FULLTEXT INDEX i ON t (a) WITH PARSER ngram", ("FULLTEXT", "WITH PARSER ngram", None)),
        ("CREATE INDEX i ON t (a) COMMENT 'x y' ALGORITHM=INPLACE LOCK NONE", (None, "COMMENT 'x y'", None)),
        ("CREATE INDEX i ON t (a) ALGORITHM=COPY INVISIBLE;", (None, "INVISIBLE", None)),
        ("CREATE INDEX i ON ONLY s.t (a) INCLUDE (b, c) WHERE a > 1", (None, "INCLUDE (b, c)", "a > 1")),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a) NULLS NOT DISTINCT WITH (fillfactor=70) TABLESPACE x",
            (None, "NULLS NOT DISTINCT WITH (fillfactor=70) TABLESPACE x", None),
        ),
    ],
)
def test_what_servers_say_besides_is_read(sql: str, expected: tuple[str | None, ...]) -> None:
    """How it is kept, its options as written, its condition; not how it is made."""
    index = parse_create_index(sql)

    assert (index.name, index.table) == ("i", "t")
    assert expected == (index.using, index.options, index.where)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE INDEX CONCURRENTLY i ON public.t (a)", "CREATE INDEX  i ON t (a)"),
        ('CREATE INDEX i ON "shop" . "t" (a)', 'CREATE INDEX i ON "shop" . "t" (a)'),
        ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a)"),
    ],
)
def test_a_trial_is_on_the_table_that_stands_there(sql: str, expected: str) -> None:
    """In a transaction, and in no other schema than those the trial has."""
    assert expected == as_tried(parse_create_index(sql), {"shop"})


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "CREATE TABLE t (a)",
        "CREATE INDEX i ON t",
        "CREATE INDEX i ON t (a,)",
        "CREATE INDEX i ON t (a) SOMEHOW",
        "CREATE INDEX ON t (a)",
        "CREATE INDEX i ON t (a) WHERE",
        "CREATE INDEX i t (a)",
    ],
)
def test_what_is_no_index_is_refused(sql: str) -> None:
    """Other statements and broken ones raise an SqlError."""
    with pytest.raises(SqlError):
        parse_create_index(sql)


def test_a_column_is_renamed_everywhere() -> None:
    """Parts and condition change; names of other things, comments and strings stay."""
    sql = "CREATE INDEX a ON a (A desc, lower( a ), 'a' /* a */, b COLLATE a) WHERE a <> 'a' -- a"

    renamed = with_index_column_renamed(parse_create_index(sql), "a", "z")

    expected = 'CREATE INDEX a ON a ("z" desc, lower( "z" ), "z" /* a */, b COLLATE a) WHERE "z" <> \'a\' -- a'
    assert expected == renamed.sql
