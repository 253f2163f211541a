"""The pages of the operations: one for each word of a migration file, with SQL that is what the databases are sent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import peewee
import pytest

from peewit import MigrationManager
from peewit.files.loader import load
from peewit.files.migrator import Recorder
from peewit.operations import Operation
from peewit.run.replaying.replay import operations_of
from peewit.schema import Schema

from .blocks import DOCS, blocks

sys.path.insert(0, str(DOCS / "_ext"))

from operation_sql import Example, answers, example, file_of, shown

PAGES = sorted(path for path in DOCS.glob("operations/*.md") if path.stem != "index")
WORDS = {name: function for name, function in vars(Recorder).items() if not name.startswith("_")} | {
    "run": Recorder.run
}
OLDER = {name for name, function in WORDS.items() if function.__name__ != name}


def examples(path: Path) -> Iterator[Example]:
    """The examples of a page."""
    return (example(block.text) for block in blocks(path.read_text()) if block.language == "{operation}")


EXAMPLES = [told for path in PAGES for told in examples(path)]

REFUSED = {
    "change_table": {"PostgreSQL", "MariaDB and MySQL"},
    "add_index": {"MariaDB and MySQL"},
}
"""What a kind of database cannot do."""


def test_every_word_of_a_migration_file_has_a_page() -> None:
    """A new word without a page fails here; older names stand on the page of the one that is used today."""
    assert {path.stem for path in PAGES} == set(WORDS) - OLDER
    for name in OLDER:
        page = DOCS / "operations" / f"{WORDS[name].__name__}.md"
        assert f"Older names: `{name}`" in page.read_text()


def test_every_page_is_in_the_index() -> None:
    """From the index every page is found."""
    index = (DOCS / "operations" / "index.md").read_text()
    assert [path.stem for path in PAGES if f"({path.name})" not in index or f"\n{path.stem}\n" not in index] == []


def test_every_operation_is_shown_on_some_page() -> None:
    """No operation of the union is without an example."""
    made = set()
    for path in PAGES:
        for told in examples(path):
            for body in told:
                file = load("001_example", file_of(body).encode(), "001_example")
                before = load("001_before", file_of(told.before).encode(), "001_before")
                files = [file] if body == told.before else [before, file]
                made |= {type(operation) for operation in operations_of(files, Schema(), None)}
    assert set(get_args(Operation)) - made == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_what_each_database_is_sent(path: Path) -> None:
    """Each example is answered for each database, and refused only where that database cannot do it."""
    refused = {a.name for told in examples(path) for a in answers(told) if a.refused}
    assert refused == REFUSED.get(path.stem, set())
    assert any(a.lines for told in examples(path) for a in answers(told))


@pytest.mark.one_version
def test_the_sql_of_the_pages_is_what_a_server_is_sent(database: peewee.Database, tmp_path: Path) -> None:
    """Compiled without a database, an example is what the plan on a server says; and the server takes it."""
    kind = "PostgreSQL" if isinstance(database, peewee.PostgresqlDatabase) else "MariaDB and MySQL"
    with database.connection_context():
        for number, told in enumerate(EXAMPLES):
            answer = next(a for a in answers(told) if a.name == kind)
            if not answer.refused:
                planned = _planned_and_run(told, database, tmp_path / str(number))
                assert [_plain(line) for line in planned] == [_plain(line) for line in answer.lines]
                _empty(database)


def test_the_sql_of_the_pages_is_what_sqlite_is_sent(tmp_path: Path) -> None:
    """The same for SQLite."""
    for number, told in enumerate(EXAMPLES):
        database = peewee.SqliteDatabase(":memory:")
        with database.connection_context():
            assert _planned_and_run(told, database, tmp_path / str(number)) == answers(told)[0].lines


def _planned_and_run(told: Example, database: peewee.Database, folder: Path) -> tuple[str, ...]:
    """What the plan says of an example where the tables before it are there; then it is run."""
    folder.mkdir()
    (folder / "001_before.py").write_text(file_of(told.before))
    (folder / "002_example.py").write_text(file_of(told.body))
    manager = MigrationManager(database, folder)
    manager.migrate("001")
    planned = shown(manager.plan().steps[0].statements)
    assert manager.migrate().applied == ("002_example",)
    return planned


def _plain(line: str) -> str:
    """A line without how types are spelled: MariaDB gives its own in small letters, and numbers a width."""
    return line.lower().replace("int(11)", "int")


def _empty(database: peewee.Database) -> None:
    """Drop all tables, with what refers to them."""
    if isinstance(database, peewee.PostgresqlDatabase):
        database.execute_sql("DROP SCHEMA public CASCADE")
        database.execute_sql("CREATE SCHEMA public")
    else:
        database.execute_sql("SET foreign_key_checks = 0")
        database.execute_sql(f"DROP TABLE {', '.join(database.get_tables())}")
        database.execute_sql("SET foreign_key_checks = 1")
