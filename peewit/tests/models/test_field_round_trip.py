"""Every field class of Peewee and its playhouse is written into a file and read back as the same column."""

import inspect
from typing import Any

import peewee as pw
import playhouse.mysql_ext as mysql
import playhouse.postgres_ext as postgres
import playhouse.sqlite_ext as sqlite
import pytest

from peewit.dialects import SQLITE
from peewit.diff import Answers, diff
from peewit.files.loader import load
from peewit.files.writer import write
from peewit.models import read_models
from peewit.operations import AddColumn, AlterColumn, CreateTable, DropColumn, Operation
from peewit.run.replaying.replay import replay_file
from peewit.schema import Schema, Table


class Other(pw.Model):
    name = pw.CharField(max_length=20, unique=True)


class Upper(pw.CharField):
    def db_value(self, value: Any) -> Any:
        return value and value.upper()


class Money(pw.DecimalField):
    field_type = "MONEY"


class Vector(pw.Field):
    field_type = "VECTOR"

    def __init__(self, size: int = 3, **kwargs: Any) -> None:
        self.size = size
        super().__init__(**kwargs)

    def get_modifiers(self) -> list[int]:
        return [self.size]


class Colour(pw.Field):
    field_type = "ENUM('red', 'blue')"


class Point(pw.Field):
    def ddl_datatype(self, ctx: Any) -> Any:
        return pw.SQL("POINT")


class Key(pw.AutoField):
    field_type = "SERIAL8"


class Odd(pw.TextField):
    field_type = "ODD TYPE(3) WITH WORDS"


SIMPLE = [
    cls for _, cls in inspect.getmembers(pw, inspect.isclass)
    if issubclass(cls, pw.Field) and cls.__module__ == "peewee" and not cls.__name__.startswith("_")
    and cls not in {pw.Field, pw.ForeignKeyField, pw.DeferredForeignKey, pw.ManyToManyField, pw.MetaField, pw.CompositeKey}
    and cls.__name__ not in ("FieldAlias", "VirtualField") and "ForeignKey" not in cls.__name__ and "ManyToMany" not in cls.__name__
]  # fmt: skip

assert len(SIMPLE) > 20

MADE: dict[str, pw.Field] = {f"peewee.{cls.__name__}": cls() for cls in SIMPLE}
MADE |= {
    "CharField(9)": pw.CharField(max_length=9),
    "CharField(None)": pw.CharField(max_length=None),
    "FixedCharField(2)": pw.FixedCharField(max_length=2),
    "DecimalField(12, 4)": pw.DecimalField(max_digits=12, decimal_places=4, auto_round=True, rounding="ROUND_UP"),
    "DateTimeField formats": pw.DateTimeField(formats=["%Y"]),
    "TimestampField": pw.TimestampField(resolution=1000, utc=True),
    "IdentityField always": pw.IdentityField(generate_always=True),
    "BitField": pw.BitField(default=3),
    "null": pw.TextField(null=True),
    "index": pw.TextField(index=True),
    "unique": pw.TextField(unique=True),
    "index_type": pw.TextField(index=True, index_type="HASH"),
    "column_name": pw.TextField(column_name="Other Name"),
    "primary_key": pw.TextField(primary_key=True),
    "constraints": pw.IntegerField(constraints=[pw.Check("f > 0"), pw.SQL("DEFAULT 3"), pw.Check("f < 9", name="n")]),
    "collation": pw.TextField(collation="NOCASE"),
    "generated": pw.IntegerField(constraints=[pw.SQL("GENERATED ALWAYS AS (1 + 1) STORED")]),
    "sequence": pw.IntegerField(sequence="seq"),
    "foreign key": pw.ForeignKeyField(Other, backref="a", on_delete="CASCADE", on_update="SET NULL", null=True),
    "foreign key to a field": pw.ForeignKeyField(Other, field="name", backref="b"),
    "foreign key by column": pw.ForeignKeyField(Other, column_name="elsewhere", backref="c", object_id_name="oid"),
    "foreign key without index": pw.ForeignKeyField(Other, index=False, backref="d", lazy_load=False),
    "foreign key named": pw.ForeignKeyField(Other, constraint_name="fk", deferrable="INITIALLY DEFERRED", backref="e"),
    "foreign key unique": pw.ForeignKeyField(Other, unique=True, backref="g"),
    "foreign key as key": pw.ForeignKeyField(Other, primary_key=True, backref="h"),
    "foreign key to itself": pw.ForeignKeyField("self", null=True),
    "own class of the same type": Upper(max_length=12),
    "own class with another type": Money(max_digits=12, decimal_places=3),
    "own class with arguments": Vector(5),
    "own class with a list": Colour(),
    "own class that says it itself": Point(),
    "own key": Key(),
    "own class with odd words": Odd(),
    "sqlite JSONField": sqlite.JSONField(default=dict),
    "sqlite JSONBField": sqlite.JSONBField(null=True),
    "sqlite AutoIncrementField": sqlite.AutoIncrementField(),
    "sqlite TDecimalField": sqlite.TDecimalField(max_digits=9, decimal_places=1),
    "mysql JSONField": mysql.JSONField(),
    "postgres ArrayField": postgres.ArrayField(pw.IntegerField),
    "postgres ArrayField of texts": postgres.ArrayField(pw.CharField, field_kwargs={"max_length": 7}, dimensions=2),
    "postgres ArrayField of an own class": postgres.ArrayField(Upper, field_kwargs={"max_length": 7}),
    "postgres ArrayField without index": postgres.ArrayField(pw.TextField, index=False),
    "postgres BinaryJSONField": postgres.BinaryJSONField(default=list),
    "postgres JSONField": postgres.JSONField(null=True),
    "postgres HStoreField": postgres.HStoreField(),
    "postgres TSVectorField": postgres.TSVectorField(),
    "postgres DateTimeTZField": postgres.DateTimeTZField(),
    "postgres IntervalField": postgres.IntervalField(),
}  # fmt: skip


def table_of(field: pw.Field) -> Table:
    model = type("Made", (pw.Model,), {"f": field})
    return read_models([model])["made"]


TABLES = {name: table_of(field) for name, field in MADE.items()}
BEFORE = read_models([Other])


def replayed(operations: list[Operation], before: Schema) -> Schema:
    migration = load("001_x", write("001_x", operations, [], before).encode(), "001_x.py")
    return replay_file(migration, before, None)


def changes(found: Schema, expected: Table) -> list[Operation]:
    return diff(found, BEFORE.with_table(expected), SQLITE, Answers(renames={}))


@pytest.mark.parametrize("name", TABLES)
def test_a_field_of_a_new_table(name: str) -> None:
    """Written into a class, the column is the same and nothing is left to change."""
    table = TABLES[name]
    assert changes(replayed([CreateTable(table=table)], BEFORE), table) == []


@pytest.mark.parametrize("name", [name for name in TABLES if TABLES[name].primary_key == ("id",)])
def test_a_new_field(name: str) -> None:
    """Written into ``add_fields``, with its own index, the column is the same."""
    table = TABLES[name]
    bare = Table(name="made", columns=table.columns[:1], primary_key=("id",), model="Made")
    before = BEFORE.with_table(bare)
    operations = diff(before, BEFORE.with_table(table), SQLITE, Answers(renames={}))
    assert isinstance(operations[0], AddColumn)
    assert changes(replayed(operations, before), table) == []


@pytest.mark.parametrize("name", [name for name in TABLES if TABLES[name].primary_key == ("id",)])
def test_a_field_that_changes(name: str) -> None:
    """Written into ``change_fields``, the column is the same; and again when it comes back from a drop."""
    table = TABLES[name]
    plain = table_of(pw.TextField(column_name=table.columns[-1].name, null=True, constraints=[pw.Check("f <> ''")]))
    before = BEFORE.with_table(plain)
    operations = diff(before, BEFORE.with_table(table), SQLITE, Answers(renames={}))
    assert any(isinstance(operation, AlterColumn) for operation in operations)
    after = replayed(operations, before)
    assert changes(after, table) == []
    back = DropColumn(table="made", column=table.columns[-1].name)
    assert changes(replayed(list(back.reverse(after)), back.apply(after)), table) == []
