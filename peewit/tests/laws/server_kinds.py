"""Kinds of fields for PostgreSQL and MariaDB; a ``%`` is doubled where Peewee hands it to a driver."""

from __future__ import annotations

import datetime
import decimal
import uuid
from dataclasses import replace
from typing import Any

import peewee as pw
from playhouse.postgres_ext import (
    ArrayField,
    BinaryJSONField,
    DateTimeTZField,
    IntervalField,
    JSONField,
    TSVectorField,
)

from .kinds import EmailField, Kind, MoneyField, ShoutField

TEXTS = ("", "a", "O'Brien", 'say "hi"', "ünï 🐦", "123", "1e5", " lead", "100%", "%s", "line\nbreak", "\\")
LONG = (*TEXTS, "x" * 250, "NULL", "--", "9223372036854775808", "0x10", "1.50", "true", "[1]")
NUMERALS = ("0", "1", "-1", "42", "99999")
INTS = (0, 1, -1, 42, 2**31 - 1, -(2**31))
BIGS = (*INTS, 2**53 + 1, 2**63 - 1, -(2**63))
SMALL = (0, 1, -1, 7, 32767, -32768)
UUIDS = tuple(str(uuid.UUID(text)) for text in ("0" * 31 + "1", "12345678901234567890123456789012", "a" * 32))


class CitizenField(pw.Field):
    """An application's own type with arguments in its name."""

    field_type = "NUMERIC(6, 1)"


class UnsignedField(pw.IntegerField):
    """An application's own class with a type only MariaDB and MySQL have."""

    field_type = "INT UNSIGNED"


COMMON: dict[str, Kind] = {
    "Char20": Kind(
        make=lambda **o: pw.CharField(max_length=20, **o),
        values=TEXTS,
        default='it\'s "quoted", \\ and, {x} 100%\n'[:20],
        function=lambda: "a" + str(1),
        sql_default="'a,b (c'",
        check="length({c}) <= 200 OR {c} <> ')'",
        becomes=("Char255", "Text", "Email", "Shout"),
        text=True,
    ),
    "Numeral": Kind(
        make=lambda **o: pw.CharField(max_length=10, **o),
        values=NUMERALS,
        default="7",
        function=lambda: "1" + "2",
        sql_default="'5'",
        check="{c} <> 'x'",
        becomes=("Int", "BigInt", "Decimal", "Char20", "Text", "Float"),
        text=True,
    ),
    "Char255": Kind(
        make=lambda **o: pw.CharField(**o),
        values=LONG,
        default="",
        function=lambda: uuid.uuid4().hex,
        sql_default="''",
        check="{c} NOT LIKE '%%never, ''ever%%'",
        becomes=("Text", "Char20", "Int"),
        text=True,
    ),
    "Text": Kind(
        make=lambda **o: pw.TextField(**o),
        values=LONG,
        default="ünï 🐦 '''\"\"\" 50%",
        function=lambda: "x" * 3,
        sql_default="'it''s'",
        check="{c} IS NULL OR {c} <> 'never'",
        becomes=("Char255", "Shout", "Json"),
        text=True,
    ),
    "Email": Kind(
        make=lambda **o: EmailField(**o),
        values=TEXTS,
        default="a@b.c",
        function=lambda: "a@" + "b",
        sql_default="'@'",
        check="{c} <> 'no one'",
        becomes=("Text",),
        text=True,
    ),
    "Shout": Kind(
        make=lambda **o: ShoutField(**o),
        values=LONG,
        default="loud",
        function=lambda: "loud" + "er",
        sql_default="'LOUD'",
        check="{c} <> 'quiet'",
        becomes=("Text", "Char255"),
        text=True,
    ),
    "Fixed": Kind(
        make=lambda **o: pw.FixedCharField(**{"max_length": 5, **o}),
        values=("", "abcde", "'", "12345", "ü"),
        default="abc",
        function=lambda: "f" * 5,
        sql_default="'x'",
        check="length({c}) < 16",
        becomes=("Char20", "Text"),
        text=True,
    ),
    "Int": Kind(
        make=lambda **o: pw.IntegerField(**o),
        values=INTS,
        default=-7,
        function=lambda: 1 + 2,
        sql_default="-5",
        check="{c} BETWEEN -9223372036854775808 AND 9223372036854775807",
        becomes=("BigInt", "Text", "Char255", "Decimal", "SmallInt", "Bool", "Double"),
    ),
    "BigInt": Kind(
        make=lambda **o: pw.BigIntegerField(**o),
        values=BIGS,
        default=2**63 - 1,
        function=lambda: 2**62,
        sql_default="9223372036854775807",
        check="{c} <> 12345",
        becomes=("Int", "Text", "Decimal"),
    ),
    "SmallInt": Kind(
        make=lambda **o: pw.SmallIntegerField(**o),
        values=SMALL,
        default=0,
        function=lambda: int("3"),
        sql_default="(1 + 2)",
        check="{c} < 40000",
        becomes=("Int", "Float", "Text"),
    ),
    "Bool": Kind(
        make=lambda **o: pw.BooleanField(**o),
        values=(True, False),
        default=False,
        function=lambda: bool(1),
        sql_default="true",
        check="{c} IN (true, false)",
        becomes=("Int", "SmallInt"),
    ),
    "Float": Kind(
        make=lambda **o: pw.FloatField(**o),
        values=(0.0, -1.5, 3.0, 0.1, 1e30, -1e-30),
        default=0.1,
        function=lambda: float("1.5"),
        sql_default="1.5",
        check="{c} > -1e37",
        becomes=("Double", "Decimal", "Int"),
    ),
    "Double": Kind(
        make=lambda **o: pw.DoubleField(**o),
        values=(0.0, -1.5, 3.0, 0.1, 1e300, -1e-300),
        default=-2.5e-10,
        function=lambda: 2.5,
        sql_default="-0.5",
        check="{c} <> 12345.678",
        becomes=("Float",),
    ),
    "Decimal": Kind(
        make=lambda **o: pw.DecimalField(max_digits=10, decimal_places=2, **o),
        values=(0, 1.1, -12345678.25, 99999999),
        default=decimal.Decimal("1.10"),
        function=lambda: decimal.Decimal("2.20"),
        sql_default="0.00",
        check="{c} < 100000000",
        becomes=("Money", "Float", "Text", "Int", "Citizen"),
    ),
    "Money": Kind(
        make=lambda **o: MoneyField(**o),
        values=(0, 1.1, -12345678.25, 0.0625),
        default=decimal.Decimal("3"),
        function=lambda: decimal.Decimal(4),
        sql_default="1",
        check="{c} <> 5.5",
        becomes=("Decimal",),
    ),
    "Citizen": Kind(
        make=lambda **o: CitizenField(**o),
        values=(0, 1.5, -12345.5),
        default=3,
        function=lambda: 4.5,
        sql_default="7.5",
        check="{c} <> 5.5",
        becomes=("Decimal",),
    ),
    "Date": Kind(
        make=lambda **o: pw.DateField(**o),
        values=("1001-01-01", "9999-12-31", "2020-02-29"),
        default=datetime.date(2020, 1, 2),
        function=datetime.date.today,
        sql_default="CURRENT_DATE",
        check="{c} > '1000-01-01'",
        becomes=("DateTime", "Char20"),
    ),
    "DateTime": Kind(
        make=lambda **o: pw.DateTimeField(**o),
        values=("1001-01-01 00:00:00", "9999-12-31 23:59:59", "2020-02-29 12:00:00"),
        default=datetime.datetime(2020, 1, 2, 3, 4, 5),
        function=datetime.datetime.now,
        sql_default="CURRENT_TIMESTAMP",
        check="{c} > '1000-01-01 10:00'",
        becomes=("Text", "Date"),
    ),
    "Time": Kind(
        make=lambda **o: pw.TimeField(**o),
        values=("00:00:00", "23:59:59"),
        default=datetime.time(3, 4),
        function=lambda: datetime.time(5, 6, 7),
        sql_default="'12:00:00'",
        check="{c} <> '11:11'",
        becomes=("Char20",),
    ),
    "Uuid": Kind(
        make=lambda **o: pw.UUIDField(**o),
        values=UUIDS,
        default=uuid.UUID(int=1),
        function=uuid.uuid4,
        sql_default="'00000000-0000-0000-0000-000000000000'",
        check="{c} <> '00000000-0000-0000-0000-000000000009'",
        becomes=("Char255", "Text"),
    ),
    "Blob": Kind(
        make=lambda **o: pw.BlobField(**o),
        values=(b"", b"\0\xff", b"text", bytes(range(256))),
        default=b"\0'\"\xff",
        function=lambda: bytes(3),
        sql_default="'text'",
        check="length({c}) <= 1000",
    ),
    "Json": Kind(
        make=lambda **o: pw.JSONField(**o),
        values=("{}", '{"a": "it\'s 100%"}', "null", "[1, 2]"),
        default={"a": [1, None]},
        function=dict,
        sql_default="'{}'",
        check="{c} IS NOT NULL OR {c} IS NULL",
        becomes=("Text",),
    ),
}

_POSTGRES: dict[str, Kind] = {
    "UuidText": Kind(
        make=lambda **o: pw.CharField(max_length=36, **o),
        values=UUIDS,
        default=UUIDS[0],
        function=lambda: str(uuid.uuid4()),
        sql_default="'00000000-0000-0000-0000-000000000000'",
        check="{c} ~ '^[0-9a-f-]*$'",
        becomes=("Uuid", "Text"),
        text=True,
    ),
    "TimeTz": Kind(
        make=lambda **o: DateTimeTZField(**o),
        values=("2020-02-29 12:00:00+02", "1001-01-01 00:00:00+00"),
        default=datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
        function=lambda: datetime.datetime.now(datetime.UTC),
        sql_default="CURRENT_TIMESTAMP",
        check="{c} > '1000-01-01 10:00+00'",
        becomes=("DateTime", "Text"),
    ),
    "Ints": Kind(
        make=lambda **o: ArrayField(pw.IntegerField, **{"index": False, **o}),
        values=("{}", "{1,2}", "{NULL,-5}"),
        default=[1, 2],
        function=lambda: [3],
        sql_default="'{1}'",
        check="cardinality({c}) < 100",
        becomes=("Texts", "Text"),
        unique=False,
    ),
    "Texts": Kind(
        make=lambda **o: ArrayField(pw.TextField, **{"index": False, **o}),
        values=("{}", '{a,"b c"}'),
        default=["it's", "100%"],
        function=lambda: ["x"],
        sql_default="'{}'",
        check="{c} <> '{{never}}'",
        unique=False,
    ),
    "Grid": Kind(
        make=lambda **o: ArrayField(
            pw.CharField, field_kwargs={"max_length": 9}, dimensions=2, **{"index": False, **o}
        ),
        values=("{}", "{{a,b},{c,d}}"),
        default=[["a"], ["b"]],
        function=lambda: [["x"]],
        sql_default="'{{a}}'",
        check="array_ndims({c}) < 5",
        unique=False,
    ),
    "Binary": Kind(
        make=lambda **o: BinaryJSONField(**{"index": False, **o}),
        values=("{}", '{"a": "it\'s"}', "null", "[1, 2]"),
        default={"a": [1, None]},
        function=dict,
        sql_default="'{\"b\": 1}'",
        check="{c} <> '{{\"never\": 1}}'",
        becomes=("Text", "Json", "Plain"),
        unique=False,
    ),
    "Plain": Kind(
        make=lambda **o: JSONField(**o),
        values=("{}", '{"a": 1}', "[1, 2]"),
        default={"a": "100%"},
        function=list,
        sql_default="'[]'",
        check="json_typeof({c}) <> 'never'",
        becomes=("Text", "Json"),
        index=False,
        unique=False,
    ),
    "Interval": Kind(
        make=lambda **o: IntervalField(**o),
        values=("1 day", "-00:00:01"),
        default=datetime.timedelta(1),
        function=lambda: datetime.timedelta(seconds=1),
        sql_default="'1 hour'",
        check="{c} < '100 years'",
        becomes=("Text",),
    ),
    "Words": Kind(
        make=lambda **o: TSVectorField(**{"index": False, **o}),
        values=("'a':1", ""),
        default="",
        function=str,
        sql_default="''",
        check="{c} <> 'never'",
        unique=False,
    ),
}

_UNSIGNED = Kind(
    make=lambda **o: UnsignedField(**o),
    values=(0, 1, 2**32 - 1),
    default=5,
    function=lambda: 6,
    sql_default="9",
    check="{c} <> 77",
    becomes=("BigInt", "Int"),
)

_UNINDEXED = ("Text", "Shout", "Blob", "Json")
"""What MariaDB and MySQL make no index of: types without a limit."""


def _in_world(world: str, kinds: dict[str, Kind]) -> dict[str, Kind]:
    """The kinds under names of their own."""
    return {
        f"{world}:{name}": replace(kind, world=world, becomes=tuple(f"{world}:{other}" for other in kind.becomes))
        for name, kind in kinds.items()
    }


def _changed(kinds: dict[str, Kind], **changes: dict[str, Any]) -> dict[str, Kind]:
    return {**kinds, **{name: replace(kinds[name], **change) for name, change in changes.items()}}


POSTGRES_KINDS = _in_world(
    "postgres",
    _changed(
        {**COMMON, **_POSTGRES},
        Text={"becomes": (*COMMON["Text"].becomes, "Blob")},
        Date={"becomes": (*COMMON["Date"].becomes, "TimeTz")},
        DateTime={"becomes": (*COMMON["DateTime"].becomes, "TimeTz")},
        Float={"values": (*COMMON["Float"].values, float("inf"))},
        Json={"becomes": ("Text", "Binary", "Plain")},
    ),
)
MARIADB_KINDS = _in_world(
    "mariadb",
    {
        name: replace(kind, index=False, unique=False) if name in _UNINDEXED else kind
        for name, kind in {
            **_changed(COMMON, Json={"check": "json_length({c}) < 1000"}),
            "Unsigned": _UNSIGNED,
        }.items()
    },
)
