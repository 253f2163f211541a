"""The migrations that are killed: what each starts from, its files, and what is done with them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SQLITE, POSTGRES, MARIADB = "sqlite", "postgres", "mariadb"
ALL = (SQLITE, POSTGRES, MARIADB)
START = "001_start"

TABLES = """
    @migrator.create_model
    class Author(pw.Model):
        name = pw.CharField(max_length=60)
        age = pw.IntegerField(null=True, index=True)
        email = pw.CharField(max_length=80, unique=True)
        code = pw.CharField(max_length=20)
        class Meta:
            table_name = "author"

    @migrator.create_model
    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, on_delete="CASCADE")
        title = pw.CharField(max_length=80, null=True)
        pages = pw.IntegerField(default=1, constraints=[pw.SQL("DEFAULT 1")])
        note = pw.CharField(max_length=80, null=True, index=True)
        class Meta:
            table_name = "book"

    @migrator.create_model
    class Page(pw.Model):
        book = pw.ForeignKeyField(Book, on_delete="CASCADE")
        number = pw.IntegerField()
        text = pw.TextField()
        class Meta:
            table_name = "page"

    @migrator.create_model
    class Spot(pw.Model):
        parent = pw.ForeignKeyField("self", null=True, on_delete="CASCADE")
        name = pw.CharField(max_length=40)
        class Meta:
            table_name = "spot"

    @migrator.create_model
    class Tagging(pw.Model):
        book = pw.ForeignKeyField(Book, on_delete="CASCADE")
        tag = pw.CharField(max_length=30)
        weight = pw.IntegerField(null=True)
        class Meta:
            table_name = "tagging"
            primary_key = pw.CompositeKey("book", "tag")

    @migrator.create_model
    class Log(pw.Model):
        what = pw.CharField(max_length=200)
        class Meta:
            table_name = "log"
    """
"""Parents with children and grandchildren that go with them, a tree, a key of two columns."""

AUTHORS, BOOKS = 30, 60


def rows(*, big: bool = False) -> Mapping[str, list[tuple[object, ...]]]:
    """The rows every migration starts with, by table; ``big`` ones fill many pages of a file."""
    text = "a long page, and an ümlaut. " * (900 if big else 3)
    return {
        "author": [(i, f"n{i}", i if i % 3 else None, f"n{i}@example.org", str(i * 7)) for i in range(1, AUTHORS + 1)],
        "book": [
            (i, i % AUTHORS + 1, None if i % 4 == 0 else f"title {i}", i, f"note {i}" if i % 2 else None)
            for i in range(1, BOOKS + 1)
        ],
        "page": [(i, i % BOOKS + 1, i, f"{i}: {text}") for i in range(1, BOOKS + 41)],
        "spot": [(i, i // 2 or None, f"spot {i}") for i in range(1, 26)],
        "tagging": [(i, tag, None if i % 5 else i) for i in range(1, 31) for tag in ("red", "green")],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One migration, or a chain of them, and what is done: ``migrate``, or ``rollback`` down to the start.

    ``start`` is run as plain SQL after the tables of all, ``tables`` is the first file's body where it is another.
    ``moved`` are tables that get another name, ``random`` columns whose values are others each time. ``atomic``:
    a kill leaves what was before, or what is after. ``spills``: SQLite writes to the file early; not where a copy
    of the file is made after a function has written, which that would lock out.
    """

    name: str
    files: tuple[str, ...]
    databases: tuple[str, ...] = ALL
    action: str = "migrate"
    back: str = "pass"
    start: tuple[str, ...] = ()
    tables: str = TABLES
    big: bool = False
    atomic: bool = True
    spills: bool = True
    moved: Mapping[str, str] = field(default_factory=dict)
    random: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write its files into a migrations folder."""
        folder.mkdir()
        _write(folder / f"{START}.py", self.tables, "pass", atomic=True)
        for number, body in enumerate(self.files, 2):
            _write(folder / f"{number:03}_change.py", body, self.back, atomic=self.atomic)


def _write(path: Path, body: str, back: str, *, atomic: bool) -> None:
    lines = ["import peewee as pw", "import uuid", "" if atomic else "atomic = False"]
    for name, text in (("migrate", body), ("rollback", back)):
        lines += ["", f"def {name}(migrator, database, *, fake=False):"]
        lines += [textwrap.indent(textwrap.dedent(text).strip(), "    ")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def of(database: str) -> tuple[Change, ...]:
    """The migrations for one database."""
    from .migrations_common import COMMON
    from .migrations_special import SPECIAL

    return tuple(change for change in (*COMMON, *SPECIAL) if database in change.databases)
