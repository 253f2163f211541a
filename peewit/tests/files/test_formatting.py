"""Generated files are what a formatter and a linter with default settings leave alone, and run."""

import subprocess
import sys
from pathlib import Path

import peewee as pw
import pytest
from playhouse.postgres_ext import ArrayField, BinaryJSONField

from peewit.dialects import SQLITE
from peewit.diff import Answers, diff
from peewit.files.loader import load
from peewit.files.writer import write
from peewit.models import read_models
from peewit.operations import AddColumn, AlterColumn, CreateTable, Operation, RenameTable, RunSql
from peewit.operations.replay import reverse
from peewit.run.replaying.replay import replay_file
from peewit.schema import Column, Default, Index, Part, Schema, Table, Type

LONG = "a_column_with_quite_a_long_name_that_goes_on_for_some_time_and_then_some_more"
HOSTILE = [
    '"',
    "'",
    "\\",
    '"""',
    "\n",
    "\t\x00\x7f",
    "é ü 漢字 😀",
    "it's",
    'say "hi"',
    'it\'s "x"',
    "%s {x}",
    "\u2028",
]
CHECK = "status IN ('active', 'inactive', 'deleted', 'archived', 'waiting for approval', 'lost')"


def table(name: str, *columns: Column, **options: object) -> CreateTable:
    return CreateTable(table=Table(name=name, columns=columns, model=name.title(), **options))


def text_column(name: str, **options: object) -> Column:
    return Column(name=name, type=Type("TEXT"), **options)


def default(source: str, *imports: str, called: bool = False) -> Default:
    return Default(source=source, imports=imports, called=called)


def wide_models() -> list[type[pw.Model]]:
    class Money(pw.DecimalField):
        field_type = "MONEY"

    class Publisher(pw.Model):
        name = pw.CharField(max_length=120, default="x" * 90, constraints=[pw.SQL("DEFAULT 'a, b'")])
        note = pw.TextField(null=True, default="some words " * 20, help_text="not written")
        amount = Money(default=0, max_digits=12, decimal_places=3)
        mapping = pw.TextField(default={"key " * 12: ["value " * 8, {"inner": [1, 2, 3]}], "other": ("x",)})
        chinese = pw.TextField(default="漢字" * 22)
        status = pw.CharField(constraints=[pw.Check(CHECK), pw.Check(CHECK.replace("lost", "found"), name="ok")])

        class Meta:
            constraints = (pw.Check(CHECK, name="status_is_known"), pw.SQL(f'CONSTRAINT "long" CHECK ({CHECK})'))
            indexes = ((("name", "note", "amount", "mapping", "chinese", "status"), True), (("name",), False))
            table_settings = ("one setting", "another setting")

    class Magazine(pw.Model):
        publisher = pw.ForeignKeyField(
            Publisher, on_delete="CASCADE", on_update="SET NULL", deferrable="INITIALLY DEFERRED", null=True
        )
        a_rather_long_name_for_a_foreign_key = pw.ForeignKeyField(
            Publisher, backref="others", column_name="somewhere_completely_different", lazy_load=False
        )

        class Meta:
            table_name = "a_very_long_table_name_that_hardly_fits_on_any_line_at_all_but_is_allowed"

    Magazine.add_index(
        Magazine.index(
            Magazine.publisher.desc(),
            pw.SQL("lower(somewhere_completely_different)"),
            where=pw.SQL("publisher_id IS NOT NULL AND somewhere_completely_different IS NOT NULL"),
            name="an_index_with_a_long_name",
            unique=True,
        )
    )
    return [Publisher, Magazine]


def postgres_models() -> list[type[pw.Model]]:
    class Thing(pw.Model):
        tags = ArrayField(pw.CharField, field_kwargs={"max_length": 20}, dimensions=2)
        data = BinaryJSONField(default=dict)

    return [Thing]


def creating(models: list[type[pw.Model]]) -> list[Operation]:
    return diff(Schema(), read_models(models), SQLITE, Answers(renames={}))


CASES: dict[str, list[Operation]] = {
    "nothing": [],
    "one short operation": [table("short", text_column("a"))],
    "a table with a long name": [table("t" * 90, text_column("a"))],
    "a rename with long names": [table("a" * 70, text_column("a")), RenameTable(before="a" * 70, after="b" * 70)],
    "many columns": [table("wide", *(text_column(f"column_{n}", null=bool(n % 2)) for n in range(40)))],
    "long column names": [table("t", text_column(LONG, null=True), text_column(LONG + "_2", collation="NOCASE"))],
    "wide models": creating(wide_models()),
    "fields of PostgreSQL": creating(postgres_models()),
    "raw SQL": [
        RunSql(sql="SELECT 1"),
        RunSql(sql=f"UPDATE t SET a = 1 WHERE {CHECK}", params=(1, "it's", b"\x00'\"", 1.5, None)),
        RunSql(sql="INSERT INTO t (a,\n  b)\nVALUES (1,\n 2)"),
    ],
    "new columns on one table": [
        table("t", text_column("a")),
        AddColumn(table="t", column=text_column(LONG)),
        AddColumn(table="t", column=text_column("b", fill=default("lambda: 'x' * 2", called=True))),
        AddColumn(table="t", column=text_column("c", fill=default("'x'"))),
    ],
    "a class after a call and a call after a class": [
        table("a", text_column("a")),
        AddColumn(table="a", column=text_column("b", null=True)),
        table("b", text_column("a"), indexes=(Index(parts=(Part(text="lower(a)", expression=True),)),)),
        AlterColumn(table="a", after=text_column("a", null=True)),
    ],
}

CASES |= {
    f"hostile {text!r}": [
        table(f"t{text}", text_column(f"c{text}", default="'" + text.replace("'", "''").replace("\x00", "") + "'")),
        AddColumn(table=f"t{text}", column=text_column("b", fill=default(repr(text)))),
        AddColumn(
            table=f"t{text}",
            column=text_column("d", fill=default(f"lambda: {text!r} + str(len({text!r}))", called=True)),
        ),
    ]
    for text in HOSTILE
}

DEFAULTS = {
    "imports": [
        default("uuid.uuid4", "import uuid", called=True),
        default("decimal.Decimal('1')", "import decimal"),
        default("datetime.date(2020, 1, 1)", "import datetime"),
        default("lambda: datetime.now()", "from datetime import datetime", called=True),
        default("lambda: Delta(days=1)", "from datetime import timedelta as Delta", called=True),
    ],
    "imports of the application": [
        default("make", "from zoo.b import make", called=True),
        default("other", "from zoo.b import other", called=True),
        default("CONSTANT", "from zoo.b import CONSTANT"),
        default("Class.method", "from zoo.b import Class", called=True),
        default("make", "from zoo.a import make", called=True),
        default("np.zeros", "import numpy as np", called=True),
        default("lambda: 3", called=True),
    ],
    "many imports of one module": [
        default(name, f"from a_package.with_some_modules.inside import {name}", called=True)
        for name in ("make_the_first_of_them", "make_the_second_of_them", "Klass.make", "MAKE_THE_THIRD_OF_THEM")
        if "." not in name
    ],
    "expressions": [
        default("lambda: [1, 2, {'a': 'it\\'s'}]", called=True),
        default("lambda: f'{1}'", called=True),
        default("lambda: {'k' * 9: [x ** 2 for x in range(9)]}", called=True),
        default("1e+16"),
        default("b'\\x00\"'"),
        default(
            "functools.partial(dict, a='x', b=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], c='y')",
            "import functools",
        ),
        default("lambda: dict(a_long_name='some value', another_long_name='some other value', third=3)", called=True),
        default("lambda: 'some value that is quite long ' + 'another one that is'[:99]", called=True),
        default("frozenset(['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccc'])"),
        default("{'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccc'}"),
        default("('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccc')"),
    ],
}

CASES |= {
    f"defaults: {name}": [
        table("made", *(text_column(f"c{n}", fill=fill) for n, fill in enumerate(fills))),
        *(AddColumn(table="made", column=text_column(f"d{n}", fill=fill)) for n, fill in enumerate(fills)),
    ]
    for name, fills in DEFAULTS.items()
}


def text_of(operations: list[Operation]) -> str:
    try:
        back = reverse(Schema(), operations)
    except Exception:  # noqa: BLE001 - raw SQL has no way back
        back = []
    return write("001_" + "x" * 60 + "_name", operations, back, Schema())


def ruff(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every case as a file."""
    path = tmp_path_factory.mktemp("generated")
    for number, operations in enumerate(CASES.values()):
        (path / f"{number:03}_case.py").write_text(text_of(operations), encoding="utf-8")
    return path


def test_a_formatter_changes_nothing(folder: Path) -> None:
    """``ruff format`` with its own settings leaves every generated file as it is."""
    assert ruff(folder, "format", "--diff") == (0, "")


def test_a_linter_finds_nothing(folder: Path) -> None:
    """``ruff check`` finds no error, unused or unsorted import, or old spelling at 88 columns."""
    assert ruff(folder, "check", "--select", "E,F,I,UP") == (0, "")


@pytest.mark.parametrize(
    "name", [name for name in CASES if not name.startswith(("defaults: imports of", "defaults: many"))]
)
def test_the_file_says_what_was_meant(name: str) -> None:
    """Read back, a file leads to the schema its operations lead to, and its rollback to the one before."""
    operations = [op for op in CASES[name] if not isinstance(op, RunSql)]
    migration = load("001_case", text_of(operations).encode(), "001_case.py")
    expected = Schema()
    for operation in operations:
        expected = operation.apply(expected)
    assert diff(replay_file(migration, Schema(), None), expected, SQLITE, Answers(renames={})) == []
