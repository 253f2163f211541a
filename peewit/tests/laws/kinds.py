"""Kinds of fields: how each is made, what it holds, and what it may become without losing a value."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import peewee as pw

Stored = int | float | str | bytes | None


class PointField(pw.Field):
    """An application's own type; its name holds INT, so its affinity is a surprise."""

    field_type = "POINT"


class EmailField(pw.CharField):
    """An application's own class with a type of Peewee's."""


class MoneyField(pw.DecimalField):
    """An application's own class whose type has arguments."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=12, decimal_places=4, **options)


class ShoutField(pw.TextField):
    """An application's own class that changes values on their way into the database."""

    def db_value(self, value: Any) -> Any:
        """Store upper case."""
        return None if value is None else str(value).upper()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of field. ``check`` holds for every value of ``values``; ``{c}`` stands for the column.

    ``index`` and ``unique`` say whether an index of its own, or a unique one, is possible.
    """

    make: Callable[..., pw.Field]
    values: tuple[Stored, ...]
    default: Any
    function: Callable[[], Any]
    sql_default: str
    check: str
    becomes: tuple[str, ...] = ()
    strict: bool = False
    text: bool = False
    index: bool = True
    unique: bool = True
    world: str = "sqlite"


TEXTS = (
    "",
    "a",
    "O'Brien",
    'say "hi"',
    "nul\0byte",
    "ünï 🐦",
    "123",
    "1e5",
    " lead",
    "%s",
    "line\nbreak",
    "\\",
)
LONG = (*TEXTS, "x" * 250, "NULL", "--", "9223372036854775808", "0x10", "1.50")
INTS = (0, 1, -1, 42, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
SMALL = (0, 1, -1, 7, 32767, -32768)
FLOATS = (0.0, -1.5, 3.0, 0.1, 1e300, -1e-300, float("inf"))
DATES = ("0001-01-01", "9999-12-31", "2020-02-29")
TIMES = ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2020-02-29 12:00:00")
UUIDS = ("0" * 31 + "1", "12345678901234567890123456789012", "1e" + "0" * 30, "a" * 32)

_SHORT = ("Char255", "Text", "Email", "Shout")

KINDS: dict[str, Kind] = {
    "Char20": Kind(
        make=lambda **o: pw.CharField(max_length=20, **o),
        values=TEXTS,
        default='it\'s "quoted", \\ and, {x} 100%\n',
        function=lambda: "a" + str(1),
        sql_default="'a,b (c'",
        check="length({c}) <= 20 OR {c} <> ')'",
        becomes=_SHORT,
        text=True,
    ),
    "Char255": Kind(
        make=lambda **o: pw.CharField(**o),
        values=LONG,
        default="",
        function=lambda: uuid.uuid4().hex,
        sql_default="''",
        check="{c} NOT LIKE '%never, ''ever%'",
        becomes=("Text", "Char20"),
        text=True,
    ),
    "Text": Kind(
        make=lambda **o: pw.TextField(**o),
        values=LONG,
        default="ünï 🐦 '''\"\"\"",
        function=lambda: "x" * 3,
        sql_default="'it''s'",
        check="{c} IS NULL OR typeof({c}) = 'text'",
        becomes=("Char255", "Shout", "Json"),
        strict=True,
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
        strict=True,
        text=True,
    ),
    "Fixed": Kind(
        make=lambda **o: pw.FixedCharField(**{"max_length": 5, **o}),
        values=("", "abcde", "'", "12345", "ü"),
        default="abc",
        function=lambda: "f" * 5,
        sql_default="'x'",
        check="length({c}) < 6",
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
        becomes=("BigInt", "Text", "Char255", "Decimal"),
        strict=True,
    ),
    "BigInt": Kind(
        make=lambda **o: pw.BigIntegerField(**o),
        values=INTS,
        default=2**63 - 1,
        function=lambda: 2**62,
        sql_default="9223372036854775807",
        check="typeof({c}) IN ('integer', 'null')",
        becomes=("Int", "Text"),
        strict=True,
    ),
    "SmallInt": Kind(
        make=lambda **o: pw.SmallIntegerField(**o),
        values=SMALL,
        default=0,
        function=lambda: int("3"),
        sql_default="(1 + 2)",
        check="{c} < 40000",
        becomes=("Int", "Float", "Text", "Point"),
        strict=True,
    ),
    "Bool": Kind(
        make=lambda **o: pw.BooleanField(**o),
        values=(0, 1),
        default=False,
        function=lambda: bool(1),
        sql_default="1",
        check="{c} IN (0, 1)",
        becomes=("Int", "SmallInt"),
        strict=True,
    ),
    "Float": Kind(
        make=lambda **o: pw.FloatField(**o),
        values=FLOATS,
        default=0.1,
        function=lambda: float("1.5"),
        sql_default="1.5",
        check="{c} > -1e308",
        becomes=("Double", "Decimal"),
        strict=True,
    ),
    "Double": Kind(
        make=lambda **o: pw.DoubleField(**o),
        values=FLOATS,
        default=-2.5e-10,
        function=lambda: 2.5,
        sql_default="-0.5",
        check="{c} <> 12345.678",
        becomes=("Float",),
        strict=True,
    ),
    "Decimal": Kind(
        make=lambda **o: pw.DecimalField(max_digits=10, decimal_places=2, **o),
        values=(0, 1.1, -12345678.25, 99999999),
        default=decimal.Decimal("1.10"),
        function=lambda: decimal.Decimal("2.20"),
        sql_default="0.00",
        check="{c} < 100000000",
        becomes=("Money", "Float", "Text"),
    ),
    "Money": Kind(
        make=lambda **o: MoneyField(**o),
        values=(0, 1.1, -12345678.25),
        default=decimal.Decimal("3"),
        function=lambda: decimal.Decimal(4),
        sql_default="1",
        check="{c} IS NOT 5.5",
        becomes=("Decimal",),
    ),
    "Date": Kind(
        make=lambda **o: pw.DateField(**o),
        values=DATES,
        default=datetime.date(2020, 1, 2),
        function=datetime.date.today,
        sql_default="CURRENT_DATE",
        check="{c} > '0000-00-00'",
        becomes=("DateTime", "Char20"),
    ),
    "DateTime": Kind(
        make=lambda **o: pw.DateTimeField(**o),
        values=TIMES,
        default=datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        function=datetime.datetime.now,
        sql_default="CURRENT_TIMESTAMP",
        check="{c} LIKE '____-__-__ %'",
        becomes=("Text",),
    ),
    "Time": Kind(
        make=lambda **o: pw.TimeField(**o),
        values=("00:00:00", "23:59:59.999999"),
        default=datetime.time(3, 4),
        function=lambda: datetime.time(5, 6, 7),
        sql_default="'12:00:00'",
        check="{c} < '24'",
        becomes=("Char20",),
    ),
    "Uuid": Kind(
        make=lambda **o: pw.UUIDField(**o),
        values=UUIDS,
        default=uuid.UUID(int=1),
        function=uuid.uuid4,
        sql_default="'00000000000000000000000000000000'",
        check="length({c}) = 32",
        becomes=("Char255", "Text"),
        strict=True,
    ),
    "Blob": Kind(
        make=lambda **o: pw.BlobField(**o),
        values=(b"", b"\0\xff", b"text", bytes(range(256))),
        default=b"\0'\"\xff",
        function=lambda: bytes(3),
        sql_default="x'00ff'",
        check="length({c}) <= 1000",
        strict=True,
    ),
    "Json": Kind(
        make=lambda **o: pw.JSONField(**o),
        values=("{}", '{"a": "it\'s"}', "null", "[1, 2]"),
        default={"a": [1, None]},
        function=dict,
        sql_default="'{}'",
        check="{c} IS NULL OR json_valid({c})",
        becomes=("Text",),
        strict=True,
    ),
    "Point": Kind(
        make=lambda **o: PointField(**o),
        values=(0, 5, "1,2", 1.5, b"\0"),
        default="3,4",
        function=lambda: "5" + ",6",
        sql_default="'7,8'",
        check="{c} IS NOT 'nowhere'",
        becomes=(),
    ),
}
"""The kinds a field of a generated model may have, by name; keys and foreign keys are built apart."""
