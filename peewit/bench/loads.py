"""The workloads: what is prepared, what is measured, at which sizes, with which tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .work import Change, after_sql, small

EVERY = ("limit", "peewit", "peewee-migrate", "miggy", "playhouse", "alembic", "django")


@dataclass(frozen=True, kw_only=True)
class Load:
    """One workload. ``chain`` gives the migrations at a size, ``applied`` how many of them are applied beforehand.

    ``rows``: the size is that of a table which is there already. ``importing``: the clock counts importing the tool as
    well. ``variants`` are rows of peewit's with other settings.
    """

    key: str
    title: str
    sizes: Sequence[int]
    unit: str
    tools: Sequence[str] = EVERY
    action: str = "upgrade"
    chain: Callable[[int], list[Change]] = small
    applied: Callable[[int], int] = lambda size: size
    server: bool = False
    rows: bool = False
    importing: bool = False
    basis: str = "cpu"
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    note: str = ""


def _none(_: int) -> int:
    return 0


def _one(_: int) -> int:
    return 1


def _one_more(size: int) -> list[Change]:
    return small(size + 1)


def _on_big(kind: str) -> Callable[[int], list[Change]]:
    return lambda _: [("big", "big"), (kind, "big")]


LOADED: dict[str, dict[str, Any]] = {
    "peewit, loaded before": {"loaded": True},
    "peewit, loaded, nothing remembered": {"loaded": True, "forgets": True},
}

LOADS = (
    Load(
        key="status",
        title="`status`: a whole process, 20 migrations applied",
        sizes=(20,),
        unit="applied",
        action="status",
        note="The limit is a Python that imports Peewee, reads the history and lists the folder.",
    ),
    Load(
        key="start",
        title="Start of an application, nothing pending",
        sizes=(20, 200, 2000),
        unit="applied",
        note="The limit is one SELECT and one listing.",
    ),
    Load(
        key="pending",
        title="One pending migration",
        sizes=(20, 200, 2000),
        unit="applied",
        chain=_one_more,
        variants=LOADED,
        note="It makes a table and needs none of the others, so no older file is replayed for it; all of them are looked "
        "through for edits. peewit loads what it migrates with when there is something to migrate; the others load it at "
        "once, which is outside the clock here.",
    ),
    Load(
        key="deploy",
        title="The same, from importing the tool on",
        sizes=(20, 200, 2000),
        unit="applied",
        chain=_one_more,
        importing=True,
        note="What a program that only migrates takes, as when a new version is brought out. The limit imports Peewee.",
    ),
    Load(
        key="fresh",
        title="All migrations on an empty SQLite file",
        sizes=(50, 200, 1000),
        unit="migrations",
        applied=_none,
        variants=LOADED,
        note="The limit takes each step, in a transaction of its own, with its row in the history. peewit makes together what "
        "only leads to a schema; what that is, is remembered from the run before. Without that, the files are replayed.",
    ),
    Load(
        key="mixed",
        title="The same, where the first one runs SQL",
        sizes=(50, 200, 1000),
        unit="migrations",
        chain=after_sql,
        applied=_none,
        tools=("limit", "peewit", "playhouse"),
        note="What comes after it is made together all the same. Nothing is remembered of it.",
    ),
    Load(
        key="steps",
        title="The same, where the first one was applied before",
        sizes=(50, 200, 1000),
        unit="migrations",
        chain=after_sql,
        applied=_one,
        tools=("limit", "peewit", "peewee-migrate", "playhouse", "alembic"),
        variants={"peewit, loaded before": {"loaded": True}},
        note="It is no new database any more, so peewit takes each step as well.",
    ),
    Load(
        key="server",
        title="All migrations on an empty PostgreSQL database",
        sizes=(50, 200, 1000),
        unit="migrations",
        applied=_none,
        server=True,
        basis="wall",
    ),
    Load(
        key="rebuild",
        title="Five changes to one table, SQLite",
        sizes=(30_000, 100_000, 1_000_000),
        unit="rows",
        tools=("limit", "peewit", "peewee-migrate", "alembic"),
        chain=_on_big("five"),
        applied=_one,
        rows=True,
        variants={
            'peewit, `proof="full"`': {"settings": {"proof": "full"}},
            "peewit, with a backup": {"settings": {"backup": True}},
            "peewit, loaded before": {"loaded": True},
        },
        note="The limit is one copy of the table, and its indexes. The rows below peewit's are what can be added to it.",
    ),
    Load(
        key="altered",
        title="Five changes to one table, PostgreSQL",
        sizes=(30_000, 100_000, 1_000_000),
        unit="rows",
        tools=("limit", "peewit", "peewee-migrate", "alembic"),
        chain=_on_big("five"),
        applied=_one,
        rows=True,
        server=True,
        basis="wall",
        note="The limit renames the column, then changes all else in one ALTER TABLE.",
    ),
    Load(
        key="describe",
        title="NOT NULL for one column, SQLite",
        sizes=(30_000, 100_000, 1_000_000),
        unit="rows",
        tools=("limit", "peewit", "peewee-migrate"),
        chain=_on_big("describe"),
        applied=_one,
        rows=True,
        variants={"peewit, loaded before": {"loaded": True}},
        note="The limit is one look through the rows for NULLs.",
    ),
    Load(
        key="fill",
        title="A new column, filled by a callable for each row, SQLite",
        sizes=(10_000, 100_000, 300_000),
        unit="rows",
        tools=("limit", "peewit"),
        chain=_on_big("fill"),
        applied=_one,
        rows=True,
        note="The limit is the callable in a bare loop, written in ranges of 10,000 keys.",
    ),
    Load(
        key="create",
        title="`create`: three models changed",
        sizes=(10, 100, 500),
        unit="models",
        tools=("limit", "peewit", "peewee-migrate"),
        action="create",
        chain=lambda _: [],
        applied=_none,
        note="The limit is one walk over the models and a comparison with a snapshot. peewit also tries the new file out, "
        "forward and back, before it writes it.",
    ),
)

DESCRIBED = ("SELECT 1 FROM big WHERE maybe IS NULL LIMIT 1",)
