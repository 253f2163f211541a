"""Hostile values through every change that copies rows, or leaves them where they are.

What is not asked to change stays byte for byte, and type for type where a database keeps a type with each value. What
is asked to change becomes what the database itself makes of it, or is refused before anything was written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Any

import peewee as pw

from peewit import MigrationManager, PeewitError

from .. import servers
from ..sqlite.project import SETTINGS, Project
from .board import FAST, Case, Result, Tally
from .hostile_places import POSTGRES, Place, place

TEXTS = (
    "''", "' '", "'007'", "'1e5'", "' 12 '", "'12abc'", "'0x1F'", "'-0'", "'+1'", "'1.0'", "'.5'", "'1_000'", "'NaN'",
    "'Infinity'", "'true'", "'t'", "'NULL'", "'9223372036854775807'", "'9223372036854775808'", "'1e400'",
    "'0.1000000000000000055511151231257827'", "'2020-02-30'", "'0001-01-01'", "'9999-12-31 23:59:59.999999'",
    "'O''Brien'", "'%s %(x)s {} {0} ? :x $1 @x'", "'x''); DROP TABLE thing; --'", "'\u00e9'", "'e\u0301'",
    "'\U0001f426'", "'\u202e'", "'\u2028'", "'a\nb\r\nc\td'",
)  # fmt: skip
"""Texts, as SQL has them everywhere but for their backslashes."""

NUMBERS = (
    "0", "-1", "1", "9223372036854775807", "-9223372036854775807", "2147483648", "9007199254740993", "0.1", "-0.0",
    "1e308", "-1e308", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "123456789012345678",
)  # fmt: skip

SQLITE_VALUES = (
    "NULL", *TEXTS, *NUMBERS, "(-9223372036854775807 - 1)", "9e999", "-9e999", "CAST(x'ff' AS TEXT)",
    "CAST(x'610062' AS TEXT)", "CAST(x'00' AS TEXT)", "CAST(x'eda080' AS TEXT)", "x''", "x'00'", "x'ff00fe'", "x'3132'",
    "'back\\slash'", "printf('%.*c', 1000000, 'x')", "zeroblob(1000000)",
)  # fmt: skip

COLUMNS = {
    "i": "INTEGER",
    "r": "REAL",
    "n": "NUMERIC",
    "t": "TEXT",
    "b": "BLOB",
    "x": "",
    "v": "VARCHAR(20)",
    "y": "BOOL",
}

CHANGES: dict[str, tuple[str, str]] = {
    "add a column": (
        "migrator.add_fields('thing', come=pw.TextField(null=True))",
        "migrator.remove_fields('thing', 'come')",
    ),
    "add a column with a value": (
        "migrator.add_fields('thing', come=pw.IntegerField(default=7))",
        "migrator.remove_fields('thing', 'come')",
    ),
    "add a column with a value for each row": (
        "migrator.add_fields('thing', come=pw.TextField(default=lambda: 'x\\0%s'))",
        "migrator.remove_fields('thing', 'come')",
    ),
    "drop a column": ("migrator.remove_fields('thing', 'extra')", "pass"),
    "rename a column": (
        "migrator.rename_field('thing', 'extra', 'other')",
        "migrator.rename_field('thing', 'other', 'extra')",
    ),
    "rename the table": (
        "migrator.rename_table('thing', 'it\\'s')",
        "migrator.rename_table('it\\'s', 'thing')",
    ),
    "add an index": ("migrator.add_index('thing', 'extra')", "migrator.drop_index('thing', 'extra')"),
    "tighten and fill": (
        "migrator.change_fields('thing', extra=pw.CharField(max_length=20, default='%s'))",
        "migrator.change_fields('thing', extra=pw.CharField(max_length=20, null=True))",
    ),
    "a longer column": (
        "migrator.change_fields('thing', extra=pw.CharField(max_length=90, null=True))",
        "migrator.change_fields('thing', extra=pw.CharField(max_length=20, null=True))",
    ),
    "another type": (
        "migrator.change_fields('thing', number=pw.TextField(null=True))",
        "migrator.change_fields('thing', number=pw.IntegerField(null=True))",
    ),
    "another default": (
        "migrator.change_fields('thing', number=pw.IntegerField(null=True, constraints=[pw.SQL('DEFAULT 7')]))",
        "migrator.change_fields('thing', number=pw.IntegerField(null=True))",
    ),
    "a check": (
        "migrator.add_constraint('thing', 'odd', pw.Check('number <> 4'))",
        "migrator.drop_constraints('thing', 'odd')",
    ),
    "a reference": (
        ("migrator.change_fields('thing', number=pw.ForeignKeyField("
        "migrator.orm['parent'], column_name='number', null=True, on_delete='CASCADE'))"),
        "migrator.change_fields('thing', number=pw.IntegerField(null=True))",
    ),
    "many things at once": (
        ("migrator.add_fields('thing', come=pw.IntegerField(default=7))\n"
        "migrator.remove_fields('thing', 'extra')\n"
        "migrator.change_fields('thing', number=pw.TextField(null=True))"),
        ("migrator.change_fields('thing', number=pw.IntegerField(null=True))\n"
        "migrator.add_fields('thing', extra=pw.CharField(max_length=20, null=True))\n"
        "migrator.remove_fields('thing', 'come')"),
    ),
}  # fmt: skip
"""What is done to a table, and undone: never to the columns the hostile values are in."""

WIDE = 200
"""So many more columns the table has."""


def _file(project: Path, name: str, migrate: str, rollback: str = "pass") -> None:
    project.mkdir(exist_ok=True)
    text = "import peewee as pw\n\n"
    for function, body in (("migrate", migrate), ("rollback", rollback)):
        text += f"\ndef {function}(migrator, database, *, fake=False):\n{indent(body, '    ')}\n\n"
    (project / f"{name}.py").write_text(text, encoding="utf-8")


# ---------------------------------------------------------------------- SQLite


def _sqlite_project(folder: Path, setting: str, scale: str) -> Project:
    project = Project(folder, setting)
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    wide = ", ".join(f"c{number} TEXT" for number in range(WIDE))
    project.start(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        f"CREATE TABLE thing (id INTEGER PRIMARY KEY, number INTEGER, extra VARCHAR(20), {columns}, {wide})",
    )
    listed = ", ".join(COLUMNS)
    for number, full in enumerate(SQLITE_VALUES):
        value = full.replace("1000000", "5000") if scale == FAST else full
        project.sql(
            f"INSERT INTO thing (id, c7, c{WIDE - 1}, {listed}) "
            f"VALUES ({number}, {value}, {value}, {', '.join([value] * len(COLUMNS))})"
        )
    return project


def _stored(path: Path, table: str = "thing") -> list[Any]:
    """Every value of the columns nobody changes, with its type and all its bytes."""
    names = [*COLUMNS, "c7", f"c{WIDE - 1}"]
    listed = ", ".join(f'typeof("{name}"), "{name}"' for name in names)
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        rows = connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY id').fetchall()
    return [[repr(value) for value in row] for row in rows]


def _sqlite_change(setting: str, label: str, scale: str, tally: Tally) -> None:
    with TemporaryDirectory() as name:
        project = _sqlite_project(Path(name), setting, scale)
        before = _stored(project.path)
        project.write("002_change", *CHANGES[label])
        table = "it's" if label == "rename the table" else "thing"
        for step, there in (("migrate", table), ("rollback", "thing"), ("migrate", table)):
            if label == "drop a column" and step == "rollback":
                break
            getattr(project.manager(), step)()
            _compare(before, _stored(project.path, there), f"{label}, {setting}, {step}", tally)
        if project.problems():
            tally.failures.append(f"{label}, {setting}: {project.problems()}")
        project.database.close()


def _compare(before: list[Any], after: list[Any], what: str, tally: Tally) -> None:
    values = sum(len(row) for row in before)
    tally.runs += values
    if before == after:
        return
    lost = [
        (a, b) for row, other in zip(before, after, strict=False) for a, b in zip(row, other, strict=False) if a != b
    ]
    tally.losses += len(lost) or values
    tally.failures.append(f"{what}: {len(before)} rows, then {len(after)}; {str(lost[:3])[:600]}")


CONVERSIONS = (
    ("TEXT", "INTEGER", "pw.IntegerField(null=True)"),
    ("TEXT", "REAL", "pw.FloatField(null=True)"),
    ("INTEGER", "TEXT", "pw.TextField(null=True)"),
    ("REAL", "INTEGER", "pw.BigIntegerField(null=True)"),
    ("REAL", "TEXT", "pw.TextField(null=True)"),
    ("BLOB", "TEXT", "pw.TextField(null=True)"),
    ("TEXT", "BLOB", "pw.BlobField(null=True)"),
    ("TEXT", "DECIMAL(10, 5)", "pw.DecimalField(null=True)"),
)


def _sqlite_conversion(old: str, new: str, field: str, values: Iterable[str], tally: Tally) -> None:
    """Each value by itself: it becomes what SQLite makes of it, or it is refused and stays."""
    for value in values:
        with TemporaryDirectory() as name:
            project = Project(Path(name))
            project.start(f"CREATE TABLE thing (id INTEGER PRIMARY KEY, c {old})")
            project.sql(f"INSERT INTO thing VALUES (1, {value})")
            was = _one(project.path)
            project.write("002_change", f"migrator.change_fields('thing', c={field})")
            tally.runs += 1
            try:
                project.manager().migrate()
            except PeewitError:
                allowed = {was}
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not how we refuse
                tally.failures.append(f"{value[:60]} from {old} to {new}: {type(error).__name__}: {error}")
                continue
            else:
                allowed = _own_conversions(project.path, old, new, value) | _exact(project.path, old, value)
            if _one(project.path) not in allowed:
                tally.losses += 1
                tally.failures.append(f"{value[:60]} from {old} to {new}: {_one(project.path)}, not one of {allowed}")
            project.database.close()


def _one(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return repr(connection.execute("SELECT typeof(c), c FROM thing").fetchone())


def _exact(path: Path, old: str, value: str) -> set[str]:
    """A REAL as a text that is as near to that number as SQLite's own text of it, which has fewer digits."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        connection.execute(f"CREATE TEMP TABLE a (c {old})")
        connection.execute(f"INSERT INTO a VALUES ({value})")
        number, own = connection.execute("SELECT c, CAST(c AS TEXT) FROM a").fetchone()
        kind, text = connection.execute("SELECT typeof(c), c FROM thing").fetchone()
    if not isinstance(number, float) or kind != b"text":
        return set()
    return {repr((kind, text))} if abs(float(text) - number) <= abs(float(own) - number) else set()


def _own_conversions(path: Path, old: str, new: str, value: str) -> set[str]:
    """What SQLite makes of a value that moves into a column of another type: by its affinity, or by CAST."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        connection.execute(f"CREATE TEMP TABLE a (c {old})")
        connection.execute(f"CREATE TEMP TABLE b (c {new})")
        connection.execute(f"INSERT INTO a VALUES ({value})")
        connection.execute(f"INSERT INTO b SELECT c FROM a UNION ALL SELECT CAST(c AS {new}) FROM a")
        return {repr(row) for row in connection.execute("SELECT typeof(c), c FROM b")}


# ---------------------------------------------------------------------- servers


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A column of a server's table: its type, and the values put into it, in SQL."""

    type: str
    values: tuple[str, ...]


_NO_NUL = tuple(text for text in TEXTS if "\0" not in text)
_DATES = ("'0001-01-01'", "'9999-12-31'", "'1969-12-31'", "'2000-02-29'")

POSTGRES_COLUMNS = {
    "t": Kept(type="TEXT", values=(*_NO_NUL, "repeat('x', 1000000)", "'back\\slash'")),
    "v": Kept(type="VARCHAR(200)", values=_NO_NUL),
    "f": Kept(type="DOUBLE PRECISION", values=(*NUMBERS, "'NaN'", "'Infinity'", "'-Infinity'")),
    "g": Kept(type="REAL", values=("'NaN'", "'-Infinity'", "-0.0", "1e-45", "3.4028235e38", "0.1")),
    "n": Kept(type="NUMERIC", values=("'NaN'", "1e400", "0." + "1" * 200, "-0.00", "100.000")),
    "i": Kept(type="BIGINT", values=("9223372036854775807", "-9223372036854775808", "0")),
    "d": Kept(type="DATE", values=(*_DATES, "'infinity'", "'-infinity'", "'4713-01-01 BC'")),
    "ts": Kept(type="TIMESTAMP", values=(*_DATES, "'9999-12-31 23:59:59.999999'", "'infinity'")),
    "tz": Kept(type="TIMESTAMPTZ", values=("'2020-01-01 00:00:00.000001+14'", "'0001-01-01 00:00:00+00'")),
    "tm": Kept(type="TIME", values=("'23:59:59.999999'", "'24:00:00'", "'00:00'")),
    "u": Kept(type="UUID", values=("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'")),
    "j": Kept(type="JSON", values=("""'{"a b": 1, "a b": 1e400, "": null, "%s": "\\u00e9"}'""", "'[]'", "'1.00'")),
    "jb": Kept(type="JSONB", values=("""'{"'' \\"": [1, 2.50, {}], "{}": "\\ud83d\\udc26"}'""", "'null'")),
    "ip": Kept(type="INET", values=("'::1/128'", "'10.0.0.1/8'")),
    "b": Kept(type="BYTEA", values=("'\\x'", "'\\x00ff00'", "'abc'")),
    "ar": Kept(type="TEXT[]", values=("'{}'", """'{"a,b","\\"",NULL,"NULL",""}'""", "'{{a,b},{c,d}}'")),
    "bo": Kept(type="BOOLEAN", values=("true", "false")),
    "iv": Kept(type="INTERVAL", values=("'-1 year 2 days'", "'178000000 years'")),
}
MARIADB_COLUMNS = {
    "t": Kept(type="LONGTEXT", values=(*TEXTS, "repeat('x', 1000000)", "'back\\\\slash'", "'nul\\0nul'")),
    "v": Kept(type="VARCHAR(200)", values=TEXTS),
    "f": Kept(type="DOUBLE", values=tuple(n for n in NUMBERS if n != "-0.0")),
    "n": Kept(type="DECIMAL(65,30)", values=("0." + "1" * 30, "-0.00", "9" * 35)),
    "i": Kept(type="BIGINT", values=("9223372036854775807", "-9223372036854775808", "0")),
    "un": Kept(type="BIGINT UNSIGNED", values=("18446744073709551615", "0")),
    "d": Kept(type="DATE", values=("'1000-01-01'", *_DATES[1:], "'0000-00-00'", "'2020-00-00'")),
    "ts": Kept(type="DATETIME(6)", values=("'9999-12-31 23:59:59.999999'", "'1000-01-01'", "'0000-00-00'")),
    "tm": Kept(type="TIME(6)", values=("'838:59:59'", "'-838:59:59'", "'00:00:00.000001'")),
    "yr": Kept(type="YEAR", values=("1901", "2155", "0")),
    "bi": Kept(type="BIT(64)", values=("b'0'", "x'ffffffffffffffff'")),
    "e": Kept(type="ENUM('', 'a''b', '%s', '1', '{}')", values=("''", "'a''b'", "'%s'", "'1'", "'{}'")),
    "s": Kept(type="SET('a', '%s', ';')", values=("''", "'a,%s,;'")),
    "j": Kept(type="JSON", values=("""'{"a b": 1, "": null, "%s": "\\\\u00e9"}'""", "'[]'")),
    "b": Kept(type="LONGBLOB", values=("x''", "x'00ff00'", "repeat(x'00', 100000)")),
    "vb": Kept(type="VARBINARY(20)", values=("x'00'", "'  '")),
}  # fmt: skip


def _on_server(kind: str) -> dict[str, Kept]:
    return MARIADB_COLUMNS if kind == servers.MARIADB else POSTGRES_COLUMNS


def _server_table(where: Place, columns: dict[str, Kept]) -> None:
    where.fresh()
    listed = ", ".join(f"{name} {kept.type} NULL" for name, kept in columns.items()).replace("%", "%%")
    statements = (
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        f"CREATE TABLE thing (id INTEGER PRIMARY KEY, number INTEGER NULL, extra VARCHAR(20) NULL, {listed})",
    )
    _file(where.directory, "001_start", "\n".join(f"migrator.sql({statement!r})" for statement in statements))
    _manager(where).migrate()
    if where.world is not POSTGRES:
        where.ask("SET SESSION sql_mode = ''")
    number = 0
    for name, kept in columns.items():
        for value in kept.values:
            where.ask(f"INSERT INTO thing (id, {name}) VALUES ({(number := number + 1)}, {value})")
    if where.world is not POSTGRES:
        where.ask("SET SESSION sql_mode = @@global.sql_mode")


def _manager(where: Place) -> MigrationManager:
    return MigrationManager(where.database, where.directory)


def _on(where: Place, columns: dict[str, Kept], table: str = "thing") -> list[Any]:
    shown = "{}::text" if where.world is POSTGRES else "hex({})"
    listed = ", ".join(shown.format(name) for name in columns)
    return [list(row) for row in where.ask(f"SELECT id, {listed} FROM {where.quoted(table)} ORDER BY id")]


def _server_change(where: Place, kind: str, label: str, tally: Tally) -> None:
    columns = _on_server(kind)
    _server_table(where, columns)
    before = _on(where, columns)
    migrate, rollback = CHANGES[label]
    _file(where.directory, "002_change", migrate.replace("x\\0%s", "x%s"), rollback)
    table = "it's" if label == "rename the table" else "thing"
    for step, there in (("migrate", table), ("rollback", "thing"), ("migrate", table)):
        if label == "drop a column" and step == "rollback":
            break
        getattr(_manager(where), step)()
        _compare(before, _on(where, columns, there), f"{label}, {step}", tally)


# ---------------------------------------------------------------------- the scoreboard


def _told(way: Callable[[], None], what: str, tally: Tally) -> None:
    try:
        way()
    except (PeewitError, pw.PeeweeException, sqlite3.Error, AssertionError, ValueError, TypeError) as error:
        tally.failures.append(f"{what}: {type(error).__name__}: {str(error)[:800]}")


def _keeps_sqlite(setting: str) -> Callable[[str, int], Result]:
    def run(scale: str, seed: int) -> Result:
        tally = Tally()
        labels = list(CHANGES)
        for label in [labels[seed % len(labels)]] if scale == FAST else labels:
            _told(lambda label=label: _sqlite_change(setting, label, scale, tally), f"{label}, {setting}", tally)
        return tally.result(f"{tally.runs - tally.losses} of {tally.runs} values")

    return run


def _converts_sqlite(scale: str, seed: int) -> Result:
    tally = Tally()
    for number, conversion in enumerate(CONVERSIONS):
        values = SQLITE_VALUES if scale != FAST else SQLITE_VALUES[(seed + number) % 17 :: 17]
        _sqlite_conversion(*conversion, values, tally)
    return tally.result(f"{tally.runs - len(tally.failures)} of {tally.runs} values")


def _keeps_on_server(kind: str) -> Callable[[str, int], Result]:
    def run(scale: str, seed: int) -> Result:
        tally = Tally()
        labels = list(CHANGES)
        try:
            with place(kind) as where:
                for label in labels[seed % len(labels) :][:1] if scale == FAST else labels:
                    _told(lambda label=label: _server_change(where, kind, label, tally), label, tally)
        except servers.MissingServerError as missing:
            return Result(skipped=str(missing))
        return tally.result(f"{tally.runs - tally.losses} of {tally.runs} values")

    return run


CASES: tuple[Case, ...] = (
    *(
        Case(
            name=f"hostile values beside a change: {setting}",
            database="sqlite",
            target="every value byte for byte, and of its type",
            run=_keeps_sqlite(setting),
        )
        for setting in SETTINGS
    ),
    Case(
        name="hostile values that are converted",
        database="sqlite",
        target="what SQLite makes of them, or refused before anything is written",
        run=_converts_sqlite,
    ),
    *(
        Case(
            name="hostile values beside a change",
            database=kind,
            target="every value as it was",
            run=_keeps_on_server(kind),
        )
        for kind in (servers.POSTGRES, servers.MARIADB)
    ),
)
