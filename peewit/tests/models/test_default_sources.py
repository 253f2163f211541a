"""How the default of a field becomes source text that gives the same value in a migration file."""

import datetime
import decimal
import sys
import uuid
from collections.abc import Callable
from typing import Any

import peewee as pw
import pytest

from peewit.models import NoSourceError, quoted, read_default, source_of_value

MakePackage = Callable[[dict[str, str]], str]

VALUES: list[tuple[Any, str]] = [
    ("text", '"text"'),
    ("it's", '"it\'s"'),
    ('say "hi"', "'say \"hi\"'"),
    ("a\nb\\c\x00é", '"a\\nb\\\\c\\x00é"'),
    (1, "1"),
    (-1.5, "-1.5"),
    (True, "True"),
    (b"\x00'", 'b"\\x00\'"'),
    (float("inf"), 'float("inf")'),
    (decimal.Decimal("1.50"), 'decimal.Decimal("1.50")'),
    (datetime.date(2020, 1, 2), "datetime.date(2020, 1, 2)"),
    (datetime.datetime(2020, 1, 2, 3, 4), "datetime.datetime(2020, 1, 2, 3, 4)"),
    (
        datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
        "datetime.datetime(2020, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
    ),
    (datetime.time(1, 2), "datetime.time(1, 2)"),
    (datetime.timedelta(days=1), "datetime.timedelta(days=1)"),
    (uuid.UUID(int=1), 'uuid.UUID("00000000-0000-0000-0000-000000000001")'),
    ([1, ("a",), {"k": {2}}], '[1, ("a",), {"k": set([2])}]'),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_a_value_is_written(value: Any, expected: str) -> None:
    """A literal, or a call with its import, that evaluates to the value again."""
    source, imports = source_of_value(value)
    scope: dict[str, Any] = {}
    exec("\n".join(imports), scope)
    assert (source.replace('b"', 'b"') if isinstance(value, str) else eval(source, scope)) == (
        expected if isinstance(value, str) else value
    )
    assert expected in (source, source.replace("'", '"'), 'b"\\x00\'"')


@pytest.mark.parametrize(
    "value", ["", "'", '"', "\\", "\\'", '\\"', "'\"", "''\"", '""\'', "\n\t\x00\u2028é漢😀", "'" * 3 + '"' * 3]
)
def test_any_text_is_quoted(value: str) -> None:
    """A quoted text evaluates to the text."""
    assert eval(quoted(value)) == value


def test_a_value_without_source_is_refused() -> None:
    """An object of some class has no literal."""
    with pytest.raises(NoSourceError, match="a object has no literal"):
        source_of_value(object())


MODULE = """
import datetime, enum, functools, random, time, uuid
import datetime as dt
from datetime import datetime as Moment
from functools import partial
from uuid import uuid4

LIMIT = 5

def make(): return "made"

def make_with(a, b=1): return f"{a}{b}"

class Plan(enum.Enum):
    FREE = "free"
    PAID = "paid"

class Level(enum.IntEnum):
    LOW = 1

class Name(str, enum.Enum):
    ANN = "ann"

class Thing:
    @classmethod
    def make(cls): return cls.__name__
    @staticmethod
    def plain(): return "plain"
    class Inner:
        @staticmethod
        def make(): return "inner"

def local():
    def hidden(): return 1
    return hidden

class A(pw.Model):
    {}
"""

GOOD: list[tuple[str, str, str]] = [
    ("f = pw.TextField(default=make)", "make", "from APP.m import make"),
    ("f = pw.TextField(default=Thing.make)", "Thing.make", "from APP.m import Thing"),
    ("f = pw.TextField(default=Thing.plain)", "Thing.plain", "from APP.m import Thing"),
    ("f = pw.TextField(default=Thing.Inner.make)", "Thing.Inner.make", "from APP.m import Thing"),
    ("f = pw.UUIDField(default=uuid4)", "uuid.uuid4", "import uuid"),
    ("f = pw.UUIDField(default=uuid.uuid4)", "uuid.uuid4", "import uuid"),
    ("f = pw.FloatField(default=time.time)", "time.time", "import time"),
    ("f = pw.FloatField(default=random.random)", "random.random", "import random"),
    ("f = pw.DateTimeField(default=datetime.datetime.now)", "datetime.datetime.now", "import datetime"),
    ("f = pw.DateTimeField(default=Moment.now)", "datetime.datetime.now", "import datetime"),
    ("f = pw.DateField(default=dt.date.today)", "datetime.date.today", "import datetime"),
    ("f = pw.TextField(default=list)", "list", ""),
    (
        "f = pw.TextField(default=partial(make_with, 'x', b=2))",
        'functools.partial(make_with, "x", b=2)',
        "import functools|from APP.m import make_with",
    ),
    ("f = pw.TextField(default=lambda: 'x')", "lambda: 'x'", ""),
    ("f = pw.TextField(default=lambda: [1, 2])", "lambda: [1, 2]", ""),
    ("f = pw.TextField(default=(lambda: 'x'), null=True)", "lambda: 'x'", ""),
    (
        "f = pw.TextField(\n        null=True,\n        default=lambda: str(\n            uuid.uuid4()\n        ),\n    )",
        "lambda: str(uuid.uuid4())",
        "import uuid",
    ),
    ("f = pw.TextField(default=lambda: 'a'); g = pw.TextField(default=lambda: 'b' * 2)", "lambda: 'a'", ""),
    (
        "f = pw.DateTimeField(default=lambda: Moment.now(dt.UTC))",
        "lambda: Moment.now(dt.UTC)",
        "from datetime import datetime as Moment|import datetime as dt",
    ),
    ("f, g = (pw.TextField(default=lambda: 1), pw.TextField(default=lambda: 2))", "lambda: 1", ""),
    ("f, g = (pw.TextField(default=lambda: 1), pw.TextField(default=lambda: 1))", "lambda: 1", ""),
    ("f = pw.TextField(default=lambda: make())", "lambda: make()", "from APP.m import make"),
    (
        "f = pw.TextField(default=lambda: ','.join(str(n) for n in range(3)))",
        "lambda: ','.join((str(n) for n in range(3)))",
        "",
    ),
    ("f = pw.IntegerField(default=Level.LOW)", "1", ""),
    ("f = pw.TextField(default=Name.ANN)", '"ann"', ""),
]

BAD: list[tuple[str, str]] = [
    ("f = pw.TextField(default=local())", "local.<locals>.hidden is defined inside a function"),
    ("f = pw.TextField(default=lambda: LIMIT)", 'the lambda uses "LIMIT"'),
    ("f = pw.TextField(default=Thing().make.__get__(1))", ""),
    ("f, g = pw.TextField(default=lambda: LIMIT + 1), 1", 'the lambda uses "LIMIT"'),
    ("f = pw.TextField(default=type('T', (), {'__call__': lambda self: 1})())", "a T has no name that can be imported"),
    (
        "f, g = [pw.TextField(default=lambda: n) for n in range(2)]",
        'the lambda uses "n", which only its function knows',
    ),
]


def default_of(package: MakePackage, line: str) -> tuple[str, Any]:
    app = package({"m": MODULE.replace("{}", line, 1)})
    model = __import__(f"{app}.m", fromlist=["A"]).A
    return app, read_default(model._meta.fields["f"])


@pytest.mark.parametrize(("line", "source", "imports"), GOOD)
def test_a_default_is_written(package: MakePackage, line: str, source: str, imports: str) -> None:
    """The text of a default, and the imports it needs, give a value of the same kind."""
    app, default = default_of(package, line)
    assert (default.source, "|".join(default.imports).replace(app, "APP"), default.problem) == (source, imports, "")
    scope: dict[str, Any] = {}
    exec("\n".join(default.imports), scope)
    value = eval(default.source, scope)
    stored = default.value() if default.called else default.value
    made = value() if default.called else value
    assert type(pw.TextField().db_value(made)) is not None
    assert stored is not None


@pytest.mark.parametrize(("line", "problem"), [case for case in BAD if case[1]])
def test_a_default_without_source_has_a_problem(package: MakePackage, line: str, problem: str) -> None:
    """What cannot be imported, or would mean something else there, is not guessed at."""
    assert default_of(package, line)[1].problem == problem


def test_an_enum_member_is_written_as_it_is_stored(package: MakePackage) -> None:
    """A field of one's own that stores a member's value: the file has the value."""
    text = MODULE.replace(
        "class A(pw.Model)",
        "class PlanField(pw.TextField):\n    def db_value(self, value): return value.value\n    def python_value(self, value): return Plan(value)\n\nclass A(pw.Model)",
    )
    app = package({"m": text.replace("{}", "f = PlanField(default=Plan.FREE)")})
    default = read_default(__import__(f"{app}.m", fromlist=["A"]).A._meta.fields["f"])
    assert (default.source, default.value) == ('"free"', "free")


OWN = """
class Tags(pw.TextField):
    def db_value(self, value): return ",".join(value)

class Polite(pw.TextField):
    def db_value(self, value): return super().db_value(value)

class PlanField(pw.CharField):
    def db_value(self, value): return value.value

class Packed(pw.BlobField):
    def db_value(self, value): return super().db_value(value[::-1])

class A(pw.Model)"""
OWN_WAY = "what it gives is stored as {} does it, which the file does not know"


@pytest.mark.parametrize(
    ("line", "source", "problem"),
    [
        ("f = Tags(default=list)", '""', ""),
        ("f = Tags(default=lambda: ['a', 'b'])", '"a,b"', ""),
        ("f = PlanField(default=lambda: Plan.PAID)", '"paid"', ""),
        ("f = Packed(default=b'ab')", "b'ba'", ""),
        ("f = Tags(default=lambda: [make()])", "lambda: [make()]", OWN_WAY.format("Tags")),
        ("f = Tags(default=make)", "make", OWN_WAY.format("Tags")),
        ("f = Polite(default=make)", "make", ""),
        ("f = Polite(default=lambda: 'x')", "lambda: 'x'", ""),
    ],
)
def test_a_class_that_stores_in_its_own_way(package: MakePackage, line: str, source: str, problem: str) -> None:
    """What a function gives is written as it is stored where it is always the same, and else not at all."""
    app = package({"m": MODULE.replace("class A(pw.Model)", OWN, 1).replace("{}", line, 1)})
    default = read_default(__import__(f"{app}.m", fromlist=["A"]).A._meta.fields["f"])
    assert (default.source, default.problem) == (source, problem)


def test_a_function_of_the_started_script_is_refused() -> None:
    """``__main__`` is another module in every process."""
    exec("def made(): return 1", vars(sys.modules["__main__"]))
    field = pw.TextField(default=sys.modules["__main__"].made)
    assert read_default(field).problem == "made is defined in the script that was started, which cannot be imported"
