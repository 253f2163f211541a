"""Laws of editing, on generated tables: SQLite sees the asked change and no other, all comments stay."""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peewit.sql import (
    CreateTable,
    canonical,
    fold_case,
    parse_create_table,
    quote_name,
    significant,
    tokenize,
)
from peewit.sql.edit_constraints import (
    with_check,
    with_column_renamed,
    with_constraint,
    with_primary_key,
    with_reference,
    without_check,
    without_constraint,
)
from peewit.sql.edit_table import (
    with_collation,
    with_column,
    with_column_definition,
    with_default,
    with_name,
    with_not_null,
    with_options,
    with_type,
    without_column,
)

HOSTILE = (
    'say "hi"',
    "[br]acket",
    "back`tick",
    "select",
    "null",
    "check",
    "100%",
    "naïve 🐦",
    "a b",
    "x,y",
    "p(q)",
    "--",
    "/*",
    "it's",
    "Plain",
    "end",
    "constraint",
)
GAPS = st.sampled_from([" ", " ", " ", "\n  ", "\t", " /* c, ) ' */ ", ' -- d ( " ,\n  ', "/**/"])
TYPES = st.sampled_from(["", "INT", "TEXT", "varchar (10)", "DECIMAL(10, 2)", "UNSIGNED BIG INT", '"my type"'])
CLAUSES = (
    "NOT NULL",
    "not null on conflict ignore",
    "CONSTRAINT nn NOT NULL",
    "NULL",
    "DEFAULT -5",
    "DEFAULT'x'",
    "DEFAULT (1 + (2))",
    "DEFAULT CURRENT_TIMESTAMP",
    "COLLATE nocase",
    "UNIQUE",
    "CHECK ({name} <> ')')",
    'CONSTRAINT "c k" CHECK({name}>0 OR {name} IS NULL)',
    "REFERENCES other",
    "REFERENCES other (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
    'CONSTRAINT fk REFERENCES "other"("id") ON UPDATE CASCADE',
)
RULES = (
    "UNIQUE ({name})",
    "CONSTRAINT u UNIQUE ({name} COLLATE rtrim DESC)",
    "CHECK ({name} IS NOT 5)",
    "CONSTRAINT \"c,k\" CHECK (({name}) <> ',')",
    "FOREIGN KEY ({name}) REFERENCES other",
    "CONSTRAINT f FOREIGN KEY ({name}) REFERENCES other (id) ON DELETE CASCADE",
    "CONSTRAINT bare",
)
QUOTES = st.sampled_from(['"', "`"])


@st.composite
def with_gaps(draw: st.DrawFn, text: str) -> str:
    """Write a text anew with random space and comments between its tokens."""
    return "".join(
        token.text if token.kind != "space" else draw(GAPS) for token in tokenize(text) if token.kind != "comment"
    )


@st.composite
def definitions(draw: st.DrawFn, name: str) -> str:
    """One column: a name, a type, and clauses of different kinds in any order."""
    quoted = quote_name(name, draw(QUOTES))
    clauses = draw(st.lists(st.sampled_from(CLAUSES), max_size=4, unique_by=lambda text: text.split()[-1][:4]))
    parts = [quoted, draw(TYPES), *(clause.format(name=quoted) for clause in clauses)]
    return draw(with_gaps(" ".join(part for part in parts if part)))


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A whole table: columns, at most one primary key, other constraints with and without commas."""
    names = draw(st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=5, unique_by=str.lower))
    items = [draw(definitions(name)) for name in names]
    key = draw(st.sampled_from(["none", "column", "table"]))
    if key == "column":
        items[0] += draw(st.sampled_from([" PRIMARY KEY", " CONSTRAINT pk PRIMARY KEY DESC", "/*x*/PRIMARY/**/KEY"]))
    rules = draw(st.lists(st.sampled_from(RULES), max_size=3))
    if key == "table":
        rules = [*rules, "CONSTRAINT pk PRIMARY KEY ({name} DESC)"]
    texts = [draw(with_gaps(rule.format(name=quote_name(draw(st.sampled_from(names)))))) for rule in rules]
    text = draw(GAPS) + items[0]
    for item in items[1:]:
        text += draw(st.sampled_from(["", " ", " -- e\n"])) + "," + draw(GAPS) + item
    for index, rule in enumerate(texts):
        text += (" " if index and draw(st.booleans()) else draw(st.sampled_from([",", " ,"]))) + draw(GAPS) + rule
    options = draw(st.sampled_from(["", " ", " WITHOUT ROWID /* o */"])) if key != "none" else ""
    return f"CREATE TABLE {quote_name(draw(st.sampled_from(HOSTILE)))}{draw(GAPS)}({text}{draw(GAPS)}){options}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A table as SQLite's pragmas show it."""

    name: str
    columns: tuple[tuple[str, str, int, str | None, int], ...]
    collations: tuple[str, ...]
    keys: frozenset[tuple[str, ...]]
    uniques: frozenset[tuple[str, tuple[str, ...]]]
    options: tuple[int, int]
    checks: tuple[str, ...]


def seen(table: CreateTable) -> Seen:
    """Make the table in SQLite and look at it."""
    connection = sqlite3.connect(":memory:")
    connection.execute(table.sql)
    name, *options = connection.execute(
        "SELECT name, wr, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite%'"
    ).fetchall()[0]
    columns = connection.execute(
        'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (name,)
    ).fetchall()
    keys = connection.execute(
        'SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?)', (name,)
    ).fetchall()
    uniques = connection.execute("SELECT origin, name FROM pragma_index_list(?)", (name,)).fetchall()
    found = Seen(
        name=name,
        columns=tuple(columns),
        collations=tuple(_collation(connection, name, column[0]) for column in columns),
        keys=frozenset(keys),
        uniques=frozenset((origin, _index_columns(connection, index)) for origin, index in uniques),
        options=(options[0], options[1]),
        checks=checks(table),
    )
    connection.close()
    return found


def _collation(connection: sqlite3.Connection, table: str, column: str) -> str:
    connection.execute(f"CREATE INDEX temporary_probe ON {quote_name(table)} ({quote_name(column)})")
    row = connection.execute("SELECT coll FROM pragma_index_xinfo('temporary_probe')").fetchall()[0]
    connection.execute("DROP INDEX temporary_probe")
    return str(row[0]).upper()


def _index_columns(connection: sqlite3.Connection, index: str) -> tuple[str, ...]:
    rows = connection.execute("SELECT name FROM pragma_index_xinfo(?) WHERE key", (index,))
    return tuple(row[0] for row in rows)


def checks(table: CreateTable) -> tuple[str, ...]:
    """Return the checks of a table in one spelling each, in order."""
    found = [clause.body for column in table.columns for clause in column.clauses_of("check")]
    found += [constraint.body for constraint in table.constraints if constraint.kind == "check"]
    return tuple(canonical(body or "") for body in found)


def comments(sql: str) -> list[str]:
    """Return the comments of a text."""
    return [token.text for token in tokenize(sql) if token.kind == "comment"]


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return what went and what came: the tokens between the longest equal beginning and end."""
    left, right = ([token.text for token in significant(tokenize(sql))] for sql in (before, after))
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    end = 0
    while end < min(len(left), len(right)) - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return left[start : len(left) - end], right[start : len(right) - end]


def gone(before: str, after: str) -> set[str]:
    """Return the tokens that one text has more of than the other, in lower case."""
    left, right = (Counter(token.text.lower() for token in significant(tokenize(sql))) for sql in (before, after))
    return set(left - right)


def with_row(found: Seen, name: str, change: Callable[[list[Any]], None]) -> Seen:
    """Return the table as seen, with one column's row changed."""
    rows = [list(row) for row in found.columns]
    change(next(row for row in rows if row[0] == name))
    return replace(found, columns=tuple(tuple(row) for row in rows))


EXAMPLES = int(os.environ.get("PEEWIT_LAWS", "48"))
"""Of each law; `make laws` tries many more."""

law = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DATA = st.data()


def drawn(data: st.DataObject) -> tuple[CreateTable, str]:
    """Draw a table and one of its columns."""
    table = parse_create_table(data.draw(tables()))
    return table, data.draw(st.sampled_from([column.name for column in table.columns]))


@law
@given(DATA)
def test_a_name(data: st.DataObject) -> None:
    """Another name is all that changes."""
    table, _ = drawn(data)

    after = with_name(table, 'the "new"')

    assert replace(seen(table), name='the "new"') == seen(after)
    assert comments(table.sql) == comments(after.sql)


@law
@given(DATA)
def test_a_new_column(data: st.DataObject) -> None:
    """A new column comes last, all else is as it was, and taking it away undoes it."""
    table, _ = drawn(data)
    definition = data.draw(definitions("the new"))

    after = with_column(table, definition)
    undone = without_column(after, "the new")

    assert seen(table).columns == seen(after).columns[:-1]
    assert seen(after).columns[-1][0] == "the new"
    assert sorted(comments(table.sql) + comments(definition)) == sorted(comments(after.sql))
    assert seen(table) == seen(undone)
    assert changed(table.sql, undone.sql) == ([], [])


@law
@given(DATA, st.integers(0, 4))
def test_a_column_away(data: st.DataObject, place: int) -> None:
    """A column goes with its comma, wherever it stands; comments outside it stay."""
    table, _ = drawn(data)
    definition = data.draw(definitions("victim"))
    old = table.columns[min(place, len(table.columns) - 1)]
    trail = data.draw(st.sampled_from(["", " ", "/* v */", " -- v\n"]))
    sql = table.sql[: old.span.start] + definition + trail + "," + table.sql[old.span.start :]
    wider = parse_create_table(sql)

    after = without_column(wider, "VICTIM")

    assert seen(table) == seen(after)
    assert changed(table.sql, after.sql) == ([], [])
    assert sorted(comments(table.sql) + comments(trail)) == sorted(comments(after.sql))


@law
@given(DATA, st.sampled_from(["", "BLOB", "NUMERIC(5, 1)", "DOUBLE PRECISION"]))
def test_a_type(data: st.DataObject, text: str) -> None:
    """A column's type is all that changes."""
    table, name = drawn(data)

    after = with_type(table, name, text)

    assert with_row(seen(table), name, lambda row: row.__setitem__(1, text)) == seen(after)
    assert text == after.column(name).type_text


@law
@given(DATA, st.booleans())
def test_not_null(data: st.DataObject, wanted: bool) -> None:
    """Whether a column takes NULL is all that changes; a key of WITHOUT ROWID never does."""
    table, name = drawn(data)
    row = next(row for row in seen(table).columns if row[0] == name)
    forced = table.without_rowid and row[4]

    after = with_not_null(table, name, wanted=wanted)

    value = int(wanted or bool(forced))
    assert with_row(seen(table), name, lambda row: row.__setitem__(2, value)) == seen(after)
    if not wanted:
        assert {"not", "null", "on", "conflict", "ignore", "constraint", "nn"} >= gone(table.sql, after.sql)


@law
@given(
    DATA,
    st.sampled_from([None, "7", "-1.5", "'it''s'", "(3)", "1 + 1", "x'00'", "lower('A') -- low", "NULL"]),
)
def test_a_default(data: st.DataObject, text: str | None) -> None:
    """A column's default is all that changes."""
    table, name = drawn(data)

    after = with_default(table, name, text)

    kept = next(row for row in seen(after).columns if row[0] == name)[3]
    assert with_row(seen(table), name, lambda row: row.__setitem__(3, kept)) == seen(after)
    assert (text and canonical(text)) == (kept and canonical(kept))


@law
@given(DATA, st.sampled_from([None, "RTRIM", "NOCASE", "BINARY"]))
def test_a_collation(data: st.DataObject, name: str | None) -> None:
    """A column's collation is all that changes."""
    table, column = drawn(data)
    place = [each.name for each in table.columns].index(column)

    after = with_collation(table, column, name)

    collations = list(seen(table).collations)
    collations[place] = name or "BINARY"
    # SQLite makes one index of two unique keys that are alike, collation included.
    expected = replace(seen(table), collations=tuple(collations), uniques=frozenset())
    assert expected == replace(seen(after), uniques=frozenset())


@law
@given(DATA, st.sampled_from([None, "REFERENCES p (q) ON DELETE RESTRICT", 'CONSTRAINT "n" REFERENCES "p q"']))
def test_a_reference(data: st.DataObject, text: str | None) -> None:
    """A column's foreign key is all that changes, wherever it stands."""
    table, name = drawn(data)

    after = with_reference(table, name, text)

    others = frozenset(key for key in seen(table).keys if key[1] != name)
    mine = [key for key in seen(after).keys if key[1] == name]
    assert replace(seen(table), keys=others | set(mine)) == seen(after)
    assert (0 if text is None else 1) == len(mine)
    assert text is None or mine[0][0] in ("p", "p q")


def test_a_name_without_a_rule_does_not_become_that_of_a_key() -> None:
    """SQLite takes a CONSTRAINT with nothing behind its name, and no comma after it."""
    sql = "CREATE TABLE t (a, CONSTRAINT bare CONSTRAINT f FOREIGN KEY (a) REFERENCES other (id))"

    after = with_reference(parse_create_table(sql), "a", "REFERENCES p (q)")

    assert after.sql == "CREATE TABLE t (a, CONSTRAINT bare , FOREIGN KEY (a) REFERENCES p (q))"
    assert len(seen(after).keys) == 1


@law
@given(DATA, st.sampled_from(["CHECK (1 < 2)", 'CONSTRAINT "n n" CHECK (/* x */ 1 < 2 ) -- y']))
def test_a_check_comes_and_goes(data: st.DataObject, text: str) -> None:
    """A check more is all that changes, and taking it away undoes it."""
    table, _ = drawn(data)

    after = with_check(table, text)
    undone = without_check(after, "(1<2)")

    assert replace(seen(table), checks=(*checks(table), "1 < 2")) == seen(after)
    assert seen(table) == seen(undone)
    assert changed(table.sql, undone.sql) == ([], [])


@law
@given(DATA)
def test_checks_away(data: st.DataObject) -> None:
    """Each check can be found by its expression, and goes alone."""
    table, _ = drawn(data)
    for expression in checks(table):
        after = without_check(table, expression)

        left = list(checks(table))
        left.remove(expression)
        assert replace(seen(table), checks=tuple(left)) == seen(after)
        # Behind a bare CONSTRAINT name a comma must come instead.
        assert changed(table.sql, after.sql)[1] in ([], [","])


@law
@given(DATA)
def test_constraints_away(data: st.DataObject) -> None:
    """Every table constraint can go, in any order, and leaves the columns alone."""
    table, _ = drawn(data)
    before = [column.span.of(table.sql) for column in table.columns]
    table = with_options(table, strict=table.strict, without_rowid=False)

    while table.constraints:
        index = data.draw(st.integers(0, len(table.constraints) - 1))
        kinds = [each.kind for each in table.constraints]
        table = without_constraint(table, index)
        assert kinds[:index] + kinds[index + 1 :] == [each.kind for each in table.constraints]
        seen(table)

    assert before == [column.span.of(table.sql) for column in table.columns]


@law
@given(DATA)
def test_a_constraint(data: st.DataObject) -> None:
    """A unique constraint more is all that changes."""
    table, name = drawn(data)

    after = with_constraint(table, f"CONSTRAINT more UNIQUE ({quote_name(name)}, {quote_name(name)} COLLATE rtrim)")

    assert replace(seen(table), uniques=frozenset()) == replace(seen(after), uniques=frozenset())
    assert (
        changed(table.sql, after.sql)[0],
        len(set(comments(table.sql)) - set(comments(after.sql))),
    ) == ([], 0)


@law
@given(DATA)
def test_a_primary_key(data: st.DataObject) -> None:
    """The primary key becomes what it should, and all else stays but NOT NULL of a WITHOUT ROWID table."""
    table = parse_create_table(data.draw(tables()))
    names = [column.name for column in table.columns]
    key = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
    table = with_options(table, strict=False, without_rowid=False)

    after = with_primary_key(table, key)

    for name in names:
        place = key.index(name) + 1 if name in key else 0
        table_row = with_row(seen(table), name, lambda row, place=place: row.__setitem__(4, place))  # type: ignore[misc]  # a default in a lambda
        expected = next(row for row in table_row.columns if row[0] == name)
        assert expected == next(row for row in seen(after).columns if row[0] == name)
    assert tuple(key) == after.primary_key
    assert seen(table).keys == seen(after).keys
    assert checks(table) == checks(after)


@law
@given(DATA, st.booleans())
def test_options(data: st.DataObject, without_rowid: bool) -> None:
    """WITHOUT ROWID is all that changes, with the NOT NULL it means for the key."""
    table, _ = drawn(data)
    if not table.primary_key:
        return

    after = with_options(table, strict=False, without_rowid=without_rowid)

    assert (int(without_rowid), 0) == seen(after).options
    assert comments(table.sql) == comments(after.sql)
    assert [row[:2] for row in seen(table).columns] == [row[:2] for row in seen(after).columns]


@law
@given(DATA)
def test_a_definition(data: st.DataObject) -> None:
    """A whole definition is replaced and its neighbours are not."""
    table, name = drawn(data)
    text = data.draw(definitions(name))

    after = with_column_definition(table, name, text)

    assert [c.span.of(table.sql) for c in table.columns if c.name != name] == [
        c.span.of(after.sql) for c in after.columns if c.name != name
    ]
    assert text.strip() == after.column(name).span.of(after.sql)


@law
@given(DATA)
def test_a_column_renamed(data: st.DataObject) -> None:
    """The text does what SQLite's own RENAME COLUMN does, and every comment stays."""
    table, name = drawn(data)
    connection = sqlite3.connect(":memory:")
    connection.execute(table.sql)
    connection.execute(f'ALTER TABLE {quote_name(table.name)} RENAME COLUMN {quote_name(name)} TO "the new"')
    expected = connection.execute("SELECT sql FROM sqlite_schema").fetchone()[0]
    connection.close()

    after = with_column_renamed(table, name, "the new")

    assert seen(parse_create_table(expected)) == seen(after)
    assert canonical(expected) == canonical(after.sql)
    assert comments(table.sql) == comments(after.sql)
    assert fold_case(name) not in [fold_case(column.name) for column in after.columns]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_round_trip(name: str) -> None:
    """Renamed to any of these names and back, a table is what it was."""
    sql = 'CREATE TABLE t ("it" INT CHECK ("it" > 0), UNIQUE ("it"))'

    there = with_column_renamed(parse_create_table(sql), "it", name)

    assert seen(there).columns[0][0] == name
    assert sql == with_column_renamed(there, name, "it").sql


def test_edits_do_not_change_the_table_they_are_given() -> None:
    """An edit returns a new value and leaves the old one as it was."""
    table = parse_create_table("CREATE TABLE t (a INT, b INT)")
    edits: Sequence[CreateTable] = [
        without_column(table, "a"),
        with_name(table, "u"),
        with_primary_key(table, ["a"]),
    ]

    assert all(edit.sql != table.sql for edit in edits)
    assert table == parse_create_table("CREATE TABLE t (a INT, b INT)")
