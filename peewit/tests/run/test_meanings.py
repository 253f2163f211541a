"""Fields that keep a moment as a number, flags as bytes, an address as a number: what a row means stays the same."""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse.postgres_ext import DateTimeTZField

from peewit import DataError

from ..server_project import ServerProject

MOMENT = datetime.datetime(2024, 7, 5, 10, 11, 12)
PARTS = MOMENT.replace(microsecond=345_000)


def stamp(**said: Any) -> pw.Field:
    return pw.TimestampField(null=True, default=None, **said)


def moment() -> pw.Field:
    return pw.DateTimeField(null=True)


def day() -> pw.Field:
    return pw.DateField(null=True)


def clock() -> pw.Field:
    return pw.TimeField(null=True)


def bits() -> pw.Field:
    return pw.BitField(null=True, default=None)


def flags() -> pw.Field:
    return pw.BigBitField(null=True, default=None)


def address() -> pw.Field:
    return pw.IPField(null=True)


def text() -> pw.Field:
    return pw.CharField(null=True)


KINDS: dict[str, tuple[pw.Field, pw.Field, Any, Any]] = {
    "seconds": (stamp(), moment(), MOMENT, MOMENT),
    "seconds, back": (moment(), stamp(), MOMENT, MOMENT),
    "seconds before 1970": (stamp(utc=True), moment(), datetime.datetime(1969, 12, 31, 23), datetime.datetime(1969, 12, 31, 23)),
    "UTC": (stamp(utc=True), moment(), MOMENT, MOMENT),
    "UTC, back": (moment(), stamp(utc=True), MOMENT, MOMENT),
    "parts of a second": (stamp(resolution=1000, utc=True), moment(), PARTS, PARTS),
    "parts of a second, back": (moment(), stamp(resolution=1000, utc=True), PARTS, PARTS),
    "finer": (stamp(), stamp(resolution=1000), MOMENT, MOMENT),
    "coarser": (stamp(resolution=6), stamp(resolution=1000), PARTS, PARTS),
    "flags": (bits(), flags(), 5 + 2**62, b"\5\0\0\0\0\0\0\x40"),
    "flags, back": (flags(), bits(), b"\5\1", 5 + 256),
    "address": (address(), text(), "10.0.0.1", "10.0.0.1"),
    "address, back": (text(), address(), "192.168.255.1", "192.168.255.1"),
}  # fmt: skip
MIDNIGHT = datetime.datetime(2025, 1, 2)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
OF_SQLITE: dict[str, tuple[pw.Field, pw.Field, Any, Any]] = {
    "digits": (pw.CharField(null=True), pw.UUIDField(null=True), ID.hex, ID),
    "digits to bytes": (pw.TextField(null=True), pw.BinaryUUIDField(null=True), ID.hex, ID),
    "bytes": (pw.UUIDField(null=True), pw.BinaryUUIDField(null=True), ID, ID),
    "bytes, back": (pw.BinaryUUIDField(null=True), pw.UUIDField(null=True), ID, ID),
    "bytes to text": (pw.BinaryUUIDField(null=True), pw.TextField(null=True), ID, ID.hex),
    "day": (moment(), day(), MIDNIGHT, MIDNIGHT.date()),
    "day, back": (day(), moment(), MIDNIGHT.date(), MIDNIGHT),
    "text of a moment": (text(), moment(), "2025-01-02 12:30:00", datetime.datetime(2025, 1, 2, 12, 30)),
}
"""What only SQLite converts: it has no type for them, and runs functions of Python."""
kinds = pytest.mark.parametrize(("old", "new", "value", "expected"), KINDS.values(), ids=KINDS.keys())
ZONES = ["UTC", "Europe/Oslo"]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone of the program, in which a TimestampField keeps what is not in UTC."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def model(field: pw.Field) -> type[pw.Model]:
    """A table with one such field."""
    return type("Mark", (pw.Model,), {"value": field.clone()})


def values(project: ServerProject, kind: type[pw.Model]) -> list[Any]:
    """What Peewee reads."""
    with project.database.bind_ctx([kind]), project.database.connection_context():
        return [plain(row.value) for row in kind.select().order_by(kind.id)]


def plain(value: Any) -> Any:
    """Flags without the zeros behind them."""
    data = getattr(value, "_buffer", value)
    return bytes(data).rstrip(b"\0") if isinstance(data, bytes | bytearray | memoryview) else value


def begin(project: ServerProject, field: pw.Field, *given: Any) -> type[pw.Model]:
    """The table with a row for each value."""
    project.change(first := model(field), name="start")
    with project.database.bind_ctx([first]), project.database.connection_context():
        for value in given:
            first.create(value=value)
    return first


def converted(project: ServerProject, old: pw.Field, new: pw.Field, value: Any, expected: Any) -> None:
    """There and back."""
    first = begin(project, old, value, None)
    before = values(project, first)
    project.change(model(new))
    assert values(project, model(new))[0] in (expected, plain(expected))
    assert project.manager().create("again") is None
    project.manager().rollback()
    assert values(project, first) == before


def refused(project: ServerProject, old: pw.Field, new: pw.Field, value: Any) -> None:
    """While there are values it is refused, and they stay; without, it is done."""
    first = begin(project, old, value, None)
    before = values(project, first)
    project.models = (model(new),)
    project.manager().create("change")
    with pytest.raises(DataError, match="1 value does not convert"):
        project.manager().migrate()
    assert values(project, first) == before
    project.sql("DELETE FROM mark WHERE value IS NOT NULL")
    project.manager().migrate()
    assert values(project, model(new)) == [b"" if isinstance(new, pw.BigBitField) else None]


@kinds
def test_in_sqlite(tmp_path: Path, zone: str, old: pw.Field, new: pw.Field, value: Any, expected: Any) -> None:
    converted(ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db")), old, new, value, expected)


@pytest.mark.parametrize(("old", "new", "value", "expected"), OF_SQLITE.values(), ids=OF_SQLITE.keys())
def test_only_in_sqlite(tmp_path: Path, old: pw.Field, new: pw.Field, value: Any, expected: Any) -> None:
    converted(ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db")), old, new, value, expected)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        (pw.CharField(max_length=40, null=True), pw.UUIDField(null=True), "none"),
        (pw.CharField(max_length=40, null=True), pw.UUIDField(null=True), str(ID)),
        (pw.IntegerField(null=True), pw.UUIDField(null=True), 7),
        (pw.CharField(max_length=10, null=True), pw.BinaryUUIDField(null=True), "none"),
    ],
)
def test_what_is_no_uuid_on_mariadb(
    tmp_path: Path, mariadb: pw.Database, old: pw.Field, new: pw.Field, value: Any
) -> None:
    """Neither is one with strokes, which Peewee reads, and finds by no value."""
    refused(ServerProject(tmp_path, mariadb), old, new, value)


FOUND: list[tuple[pw.Field, pw.Field, list[Any], Any]] = [
    (text(), pw.UUIDField(null=True), [str(ID), ID.hex], ID),
    (text(), clock(), ["12:30", "12:30:00"], datetime.time(12, 30)),
    (text(), moment(), ["2025-01-02", "2025-01-02T00:00", "2025-01-02 00:00:00"], MIDNIGHT),
    (text(), day(), ["2025-01-02", "2025-01-02 00:00:00"], MIDNIGHT.date()),
    (moment(), day(), [MIDNIGHT], MIDNIGHT.date()),
    (day(), moment(), [MIDNIGHT.date()], MIDNIGHT),
]


@pytest.mark.parametrize(("old", "new", "given", "value"), FOUND)
def test_it_is_found_by_its_value_in_sqlite(
    tmp_path: Path, old: pw.Field, new: pw.Field, given: list[Any], value: Any
) -> None:
    """It is kept as Peewee writes it, whichever way it was written."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    begin(project, old, *given, None)
    project.change(found := model(new))
    with project.database.bind_ctx([found]), project.database.connection_context():
        assert found.select().where(found.value == value).count() == len(given)


REFERRED: dict[str, tuple[pw.Field, pw.Field, Any, Any]] = {
    "address": (pw.IPField(unique=True), pw.CharField(unique=True), 167772161, "10.0.0.1"),
    "uuid": (pw.UUIDField(unique=True), pw.BinaryUUIDField(unique=True), ID.hex, ID.bytes),
}


def refer(tmp_path: Path, old: pw.Field, value: Any) -> ServerProject:
    """A column of marks, to which another table refers, and itself as well."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db", pragmas={"foreign_keys": 1}))
    project.change(*referring(old), name="start")
    project.sql(f"INSERT INTO mark (value, former_id) VALUES ({value!r}, {value!r})")
    project.sql(f"INSERT INTO child (mark_id) VALUES ({value!r}), (NULL)")
    return project


def referring(field: pw.Field) -> list[type[pw.Model]]:
    former = pw.ForeignKeyField("self", field="value", null=True)
    mark = type("Mark", (pw.Model,), {"value": field, "former": former})
    return [mark, type("Child", (pw.Model,), {"mark": pw.ForeignKeyField(mark, field="value", null=True)})]


@pytest.mark.parametrize(("old", "new", "value", "expected"), REFERRED.values(), ids=REFERRED.keys())
def test_what_refers_to_it_goes_with_it_in_sqlite(
    tmp_path: Path, old: pw.Field, new: pw.Field, value: Any, expected: Any
) -> None:
    """Foreign keys have the values of what they lead to, there and back."""
    project = refer(tmp_path, old, value)
    project.change(*referring(new), name="change")
    assert project.sql("SELECT value, former_id, mark_id FROM mark, child") == [
        (expected,) * 3,
        (expected, expected, None),
    ]
    project.manager().rollback()
    assert project.sql("SELECT value, former_id, mark_id FROM mark, child") == [(value,) * 3, (value, value, None)]


def test_what_unknown_tables_refer_to_in_sqlite(tmp_path: Path) -> None:
    """Rows of a table that no migration made would keep the old value, and refer to nothing."""
    project = refer(tmp_path, pw.IPField(unique=True), 167772161)
    project.sql("CREATE TABLE other (address INTEGER REFERENCES mark (value))")
    project.sql("INSERT INTO other VALUES (167772161)")
    project.write("002_alone", "migrator.change_fields('mark', value=pw.CharField(unique=True))")
    with pytest.raises(DataError, match='1 row of "other" refers to it by "address"'):
        project.manager().migrate()
    assert project.sql("SELECT value, mark_id FROM mark, child") == [(167772161, 167772161), (167772161, None)]
    project.sql("UPDATE other SET address = NULL")
    project.manager().migrate()
    assert project.sql("SELECT value, mark_id FROM mark, child") == [("10.0.0.1", "10.0.0.1"), ("10.0.0.1", None)]


@kinds
def test_on_postgres(
    tmp_path: Path, postgres: pw.Database, zone: str, old: pw.Field, new: pw.Field, value: Any, expected: Any
) -> None:
    """A server may have another zone than the program: what is not in UTC is refused where that is not."""
    stamps = [field for field in (old, new) if isinstance(field, pw.TimestampField)]
    local = len(stamps) == 1 and not stamps[0].utc
    project = ServerProject(tmp_path, postgres)
    if local and zone != "UTC":
        refused(project, old, new, value)
    else:
        converted(project, old, new, value, expected)


@pytest.mark.parametrize("zoned", [True, False])
def test_a_moment_with_its_zone_on_postgres(tmp_path: Path, postgres: pw.Database, zone: str, zoned: bool) -> None:
    """It is the same moment in every zone."""
    project = ServerProject(tmp_path, postgres)
    aware = MOMENT.replace(tzinfo=datetime.UTC)
    kinds = (DateTimeTZField(null=True), stamp(resolution=1000))
    old, new = kinds if zoned else kinds[::-1]
    first = begin(project, old, aware)
    before = values(project, first)
    project.change(model(new))
    assert [value.timestamp() for value in values(project, model(new))] == [aware.timestamp()]
    project.manager().rollback()
    assert values(project, first) == before


@kinds
def test_on_mariadb(
    tmp_path: Path, mariadb: pw.Database, old: pw.Field, new: pw.Field, value: Any, expected: Any
) -> None:
    refused(ServerProject(tmp_path, mariadb), old, new, value)


LOST = [
    (moment(), stamp(utc=True), PARTS),
    (stamp(resolution=1000), stamp(), PARTS),
    (flags(), bits(), b"\5\0\0\0\0\0\0\0\1"),
    (text(), address(), "10.0.0.256"),
]


LOST_IN_SQLITE = [
    (text(), pw.UUIDField(null=True), "none"),
    (moment(), day(), datetime.datetime(2025, 1, 2, 12, 30)),
    (moment(), clock(), datetime.datetime(2025, 1, 2, 12, 30)),
    (text(), day(), "2025-01-02 12:30:00"),
]


@pytest.mark.parametrize(("old", "new", "value"), [*LOST, *LOST_IN_SQLITE])
def test_what_would_be_lost_is_refused_in_sqlite(tmp_path: Path, old: pw.Field, new: pw.Field, value: Any) -> None:
    refused(ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db")), old, new, value)


@pytest.mark.parametrize(("old", "new", "value"), LOST)
def test_what_would_be_lost_is_refused_on_postgres(
    tmp_path: Path, postgres: pw.Database, old: pw.Field, new: pw.Field, value: Any
) -> None:
    refused(ServerProject(tmp_path, postgres), old, new, value)


def test_an_hour_that_comes_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock alone does not tell which of the two was meant."""
    monkeypatch.setenv("TZ", "Europe/Oslo")
    time.tzset()
    try:
        project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
        project.change(model(stamp()), name="start")
        project.sql("INSERT INTO mark (value) VALUES (1729989000), (1729992600)")  # 02:30 in summer, and in winter
        project.models = (model(moment()),)
        project.manager().create("change")
        with pytest.raises(DataError, match="1 value does not convert"):
            project.manager().migrate()
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_field_that_is_renamed_and_counts_finer(tmp_path: Path) -> None:
    """Both are in one file, and the moment stays."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    begin(project, stamp(), MOMENT)
    after = type("Mark", (pw.Model,), {"at": stamp(resolution=1000)})
    project.models = (after,)
    project.manager().create("finer", renames={"mark.value": "at"})
    project.manager().migrate()
    with project.database.bind_ctx([after]), project.database.connection_context():
        assert [row.at for row in after.select()] == [MOMENT]
    assert project.manager().create("again") is None
