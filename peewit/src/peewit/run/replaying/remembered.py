"""Schemas that were replayed once, kept in the user's cache folder: the next run goes on from there.

What is kept is found by what it was made from, and by nothing else: the names and texts of all files up to its own, the
database and its kind, and the program that read them. It is data and never code, it may be deleted at any time, and a
file that may depend on anything but its own text is never part of it.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import json
import math
import os
import sqlite3
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import peewee

from peewit.run.replaying.outside import looks_around
from peewit.schema import Column, Schema, Table
from peewit.schema import values as nouns

MANY, MUCH = 10, 20_000
"""Fewer files than that, with fewer bytes in all, are replayed sooner than anything is kept of them."""
NEWEST = 20
"""How many schemas are kept, of all projects of a user."""

STATE, NEW = "", "-new"
"""The kinds of what is kept: the schema some files lead to; the same where a new database may begin with it, and once
more with the names it has there."""
_SCHEMAS = {STATE: 1, NEW: 2}
"""How many schemas are kept of each kind."""

_NOUNS = {
    noun.__name__: noun
    for noun in (
        *(nouns.Type, nouns.Default, nouns.Spelling, nouns.ForeignKey, nouns.Constraint, nouns.Generated),
        *(Column, nouns.Part, nouns.Index, Table),
    )
}
_DEFAULTS = {noun: {part.name: part.default for part in fields(noun)} for noun in _NOUNS.values()}
"""Of each noun, its parts and what they are unless they are given: only what differs is written down."""
_TEXTS: dict[str, Callable[[str], Any]] = {
    "bytes": bytes.fromhex,
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "time": datetime.time.fromisoformat,
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
}
"""Values that are written as a text, by the name of their type."""

Function = Callable[[], Any]
Later = Callable[[str, str], Function]
"""Gives the function that fills a column, by its table's key and its name."""


class _NotPlainError(Exception):
    """A value that cannot be written down."""


class Memory:
    """What is remembered of files for one database: ``digests`` are what the schema after each of them is found by."""

    def __init__(self, database: peewee.Database, names: Sequence[str], sources: Sequence[bytes]) -> None:
        self._folder = _folder()
        self._sources = sources
        hashed = hashlib.sha256(_circumstances(database).encode())
        self.digests = []
        for name, source in zip(names, sources, strict=True):
            hashed.update(f"{len(source)} {name}\n".encode(errors="surrogateescape"))
            hashed.update(source)
            self.digests.append(hashed.hexdigest())

    def find(self, later: Later, kind: str = STATE) -> tuple[int, list[Schema]]:
        """The newest that was kept of this kind: how many files need no replay, and what is known after them."""
        kept = set() if self._folder is None else {path.name for path in _listed(self._folder)}
        for place in range(len(self.digests), 0, -1):
            name = f"{self.digests[place - 1]}{kind}"
            if name in kept:
                schemas = self._read(name, later)
                if schemas is not None and len(schemas) == _SCHEMAS[kind]:
                    return place, schemas
        return 0, []

    def _read(self, name: str, later: Later) -> list[Schema] | None:
        assert self._folder is not None
        try:
            with (self._folder / name).open("rb") as file:
                if not _is_ours(os.fstat(file.fileno())):
                    return None
                return [_full_schema(schema, later) for schema in json.loads(file.read())]
        except (OSError, ValueError, TypeError, LookupError):  # damaged, or just removed
            return None

    def keep(self, schemas: Sequence[Schema], first: int, count: int, kind: str = STATE) -> None:
        """Keep what is known after ``count`` files, of which those from ``first`` on were newly replayed.

        Only if that has taken a while, it follows from their texts alone, and there is a place for it.
        """
        sources = self._sources[first:count]
        if self._folder is None or not worth_it(sources) or any(table.assumed for each in schemas for table in each):
            return
        if any(map(looks_around, sources)):
            return
        name = f"{self.digests[count - 1]}{kind}"
        try:
            text = json.dumps([_flat_schema(schema) for schema in schemas], separators=(",", ":"))
        except _NotPlainError:
            return
        with suppress(OSError):  # no room, no right: then it is replayed again
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self._folder.stat()):
                return
            part = self._folder / f"{name}.{os.getpid()}.part"
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
            part.replace(self._folder / name)
            for old in sorted(_listed(self._folder), key=lambda path: path.stat().st_mtime_ns)[:-NEWEST]:
                old.unlink()


def worth_it(sources: Sequence[bytes]) -> bool:
    """Whether it takes longer to replay these texts than to look for what was kept of them."""
    return len(sources) >= MANY or sum(map(len, sources)) >= MUCH


def functions(replayed: Callable[[], Schema]) -> Later:
    """The functions of columns, from files that are replayed when the first of them is called."""
    known: list[Schema] = []

    def later(key: str, name: str) -> Function:
        def function() -> Any:
            known.extend([] if known else [replayed()])
            fill = known[0][key].column(name).fill
            assert fill is not None
            return fill.value()

        return function

    return later


def _folder() -> Path | None:
    """The folder in the user's cache; None where there is none."""
    home = os.path.expanduser("~")
    places = {"darwin": os.path.join(home, "Library", "Caches"), "win32": os.environ.get("LOCALAPPDATA", "")}
    place = os.environ.get("XDG_CACHE_HOME") or places.get(sys.platform, os.path.join(home, ".cache"))
    return Path(place, "peewit") if os.path.isabs(place) else None


def _listed(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder)]
    except OSError:
        return []


def _is_ours(stat: os.stat_result) -> bool:
    """Whether nobody else can have written it."""
    return not hasattr(os, "geteuid") or (stat.st_uid == os.geteuid() and not stat.st_mode & 0o022)


def may_remember(database: peewee.Database) -> bool:
    """Whether replaying for a database depends on what is known of it alone: on no class of the application's."""
    return type(database).__module__.partition(".")[0] in ("peewee", "playhouse")


def _circumstances(database: peewee.Database) -> str:
    """Everything but the files that a replay may depend on."""
    names = ("_aggregates", "_collations", "_functions", "_window_functions", "_extensions")
    program = [str(peewee.__file__)]
    for folder, _, _ in os.walk(Path(__file__).parents[1]):
        program += sorted(entry.path for entry in os.scandir(folder) if entry.name.endswith(".py"))
    stamps = [(path, stat.st_mtime_ns, stat.st_size) for path in program for stat in (os.stat(path),)]
    kind = f"{type(database).__module__}.{type(database).__qualname__}"
    own = [sorted(map(str, getattr(database, name, ()))) for name in names]
    return repr((3, sys.version, sqlite3.sqlite_version, stamps, kind, str(database.database), own))


# ---------------------------------------------------------------------- schemas as JSON


def _flat_schema(schema: Schema) -> Any:
    """Tables with their columns as places in a list: many are the same in many tables."""
    places: dict[str, int] = {}
    tables = []
    for key, table in schema.tables.items():
        columns = [json.dumps(_flat(column), separators=(",", ":")) for column in table.columns]
        mine = [places.setdefault(text, len(places)) for text in columns]
        tables.append([key, mine, _flat(replace(table, columns=()))])
    return [[json.loads(text) for text in places], tables]


def _full_schema(data: Any, later: Later) -> Schema:
    columns = [_full(column) for column in data[0]]
    tables = {}
    for key, mine, rest in data[1]:
        own = tuple(_with_function(columns[place], key, later) for place in mine)
        tables[key] = replace(_full(rest), columns=own)
    return Schema(tables)


def _with_function(column: Column, key: str, later: Later) -> Column:
    fill = column.fill
    if fill is None or not fill.called:
        return column
    return replace(column, fill=replace(fill, value=later(key, column.name)))


def _flat(value: Any) -> Any:
    """A value in JSON's own kinds; lists begin with the name of what they stand for."""
    name = type(value).__name__
    if value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
        return value
    if type(value) is tuple:
        return ["", *map(_flat, value)]
    if type(value) is dict:
        return ["{}", *([_flat(key), _flat(entry)] for key, entry in value.items())]
    defaults = _DEFAULTS.get(type(value))
    if defaults is not None:
        parts = ((key, _plain(value, key)) for key in defaults)
        return [name, {key: _flat(part) for key, part in parts if part is not defaults[key]}]
    if type(value) is bytes:
        return [name, value.hex()]
    if isinstance(value, datetime.date | datetime.time):
        return [name, value.isoformat()]
    if type(value) in (decimal.Decimal, uuid.UUID):
        return [name, str(value)]
    raise _NotPlainError(name)


def _plain(noun: Any, name: str) -> Any:
    """A part of a noun; of a function, nothing: it is found again where it is needed."""
    return None if name == "value" and isinstance(noun, nouns.Default) and noun.called else getattr(noun, name)


def _full(data: Any) -> Any:
    if not isinstance(data, list):
        return data
    name, *rest = data
    if name == "":
        return tuple(map(_full, rest))
    if name == "{}":
        return {_full(key): _full(entry) for key, entry in rest}
    if name in _TEXTS:
        return _TEXTS[name](rest[0])
    return _NOUNS[name](**{key: _full(value) for key, value in rest[0].items()})
