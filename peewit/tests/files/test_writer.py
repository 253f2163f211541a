"""What stands around the operations of a migration file: its docstring, its imports, its two functions."""

import uuid
from uuid import uuid4

import peewee as pw
import pytest

from peewit.errors import ConfigError
from peewit.files.loader import load
from peewit.files.writer import write
from peewit.models import read_models
from peewit.operations import AddColumn, AddIndex, AlterColumn, CreateTable, DropColumn, Operation
from peewit.operations.replay import replay, reverse
from peewit.run.replaying.replay import replay_file
from peewit.schema import Column, Default, Index, Part, Schema, Table, Type

EMPTY = '''\
"""Migration 001_by_hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Write your changes here."""


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
'''

WHOLE = '''\
"""Migration 007_person.

- create table "person" with 2 columns
- add column "age" to "person"

person.age has no value for rows that exist: it needs an empty table, or default=… in
its field.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import peewee as pw

if TYPE_CHECKING:
    from peewee_migrate import Migrator


def migrate(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Make the changes."""

    @migrator.create_model
    class Person(pw.Model):
        id = pw.AutoField()
        key = pw.UUIDField(default=uuid.uuid4)

        class Meta:
            table_name = "person"

    migrator.add_fields("person", allow_not_null=True, age=pw.IntegerField())


def rollback(migrator: Migrator, database: pw.Database, *, fake: bool = False) -> None:
    """Undo what migrate does."""
    migrator.remove_fields("person", "age")
    migrator.remove_model("person")
'''


class Person(pw.Model):
    key = pw.UUIDField(default=uuid.uuid4)


AGE = Column(name="age", type=Type("INT"))
UNWRITABLE = Default(source="", called=True, problem="it is defined inside a function")


def written(*operations: Operation, before: Schema | None = None) -> str:
    before = before or Schema()
    return write("007_person", operations, reverse(before, operations), before)


def test_an_empty_migration_is_a_form_to_fill_in() -> None:
    """A migration by hand has its two functions and nothing else."""
    assert write("001_by_hand", [], [], Schema()) == EMPTY


def test_a_whole_file() -> None:
    """Docstring, imports, the change, the way back."""
    create = CreateTable(table=read_models([Person])["person"])
    assert written(create, AddColumn(table="person", column=AGE)) == WHOLE


@pytest.mark.parametrize("operation", [
    DropColumn(table="person", column="key"),
    AddColumn(table="person", column=AGE),
    AddIndex(table="person", index=Index(parts=(Part(text="lower(key)", expression=True),), name="i")),
])  # fmt: skip
def test_one_operation_is_the_summary(operation: Operation) -> None:
    """The function of a single change is described by it."""
    text = written(operation, before=read_models([Person]))
    said = operation.describe()
    assert f'"""{said[0].upper()}{said[1:]}."""' in text


def test_what_is_destroyed_is_said() -> None:
    """A file that drops values says that the way back does not bring them."""
    text = written(DropColumn(table="person", column="key"), before=read_models([Person]))
    assert "What this drops loses its values: rolling back makes it anew, empty." in text


def test_the_way_back_counts_for_what_stock_can_do() -> None:
    """A file whose rollback alone is beyond peewee-migrate says so too."""
    before = replay(read_models([Person]), [
        AddIndex(table="person", index=Index(parts=(Part(text="lower(key)", expression=True),), name="i"))
    ])  # fmt: skip
    index = before["person"].indexes[0]
    assert "Needs peewit" in written(
        DropColumn(table="person", column="key"), AddIndex(table="person", index=index), before=before
    )
    assert "Needs peewit" not in written(AddColumn(table="person", column=AGE), before=before)


HIDING = {
    "a module": [("uuid", Default(source="uuid.uuid4", imports=("import uuid",), called=True))] * 1
    + [("token", Default(source="uuid.uuid4", imports=("import uuid",), called=True))],
    "a builtin": [("list", Default(source="list", called=True)), ("other", Default(source="list", called=True))],
    "peewee": [("pw", None), ("other", None)],
    "the migrator": [("migrator", None), ("database", None), ("fake", None)],
}


@pytest.mark.parametrize("name", HIDING)
def test_fields_do_not_hide_what_others_need(name: str) -> None:
    """A field called like a module, a builtin or Peewee itself leaves the lines below it working."""
    columns = tuple(Column(name=column, type=Type("TEXT"), fill=fill) for column, fill in HIDING[name])
    table = Table(name="t", model="T", columns=columns, primary_key=())
    text = written(CreateTable(table=table))
    assert replay_file(load("x", text.encode(), "x.py"), Schema(), None).tables == {"t": table}
    scope: dict[str, object] = {}
    exec(compile(text, "x.py", "exec"), scope)
    made: list[type[pw.Model]] = []
    recorder = type("Recorder", (), {"create_model": staticmethod(made.append), "orm": {}})
    scope["migrate"](recorder, None)
    defaults = [field.default for field in made[0]._meta.sorted_fields]
    assert defaults == [{"list": list, "uuid.uuid4": uuid4}[fill.source] if fill else None for _, fill in HIDING[name]]


def test_a_default_nobody_can_write_is_left_out_of_a_new_table() -> None:
    """There are no rows yet, so the table is the same without it."""
    column = Column(name="a", type=Type("TEXT"), fill=UNWRITABLE)
    assert "a = pw.TextField()" in written(CreateTable(table=Table(name="t", columns=(column,))))


def test_a_default_nobody_can_write_is_refused_where_rows_need_it() -> None:
    """The error names the field, the reason, and the flag that gives the rows a value."""
    table = Table(name="t", columns=(Column(name="a", type=Type("TEXT")),))
    with pytest.raises(ConfigError) as caught:
        written(
            AddColumn(table="t", column=Column(name="b", type=Type("TEXT"), fill=UNWRITABLE)),
            before=Schema({"t": table}),
        )
    assert str(caught.value) == (
        "the default of t.b cannot be written into a migration: it is defined inside a function\n"
        "give its function a name in a module, or a value for the rows that exist: --fill t.b=EXPR"
    )


def test_a_default_nobody_can_write_does_not_stop_another_change() -> None:
    """Where a column only gets another type, its default plays no part."""
    column = Column(name="a", type=Type("TEXT"), fill=UNWRITABLE)
    before = Schema({"t": Table(name="t", columns=(column,))})
    after = Column(name="a", type=Type("INT"), fill=UNWRITABLE)
    assert 'migrator.change_fields("t", a=pw.IntegerField())' in written(
        AlterColumn(table="t", after=after), before=before
    )


def test_a_default_nobody_can_write_does_not_stop_a_drop() -> None:
    """The way back makes the column without its default."""
    column = Column(name="a", type=Type("TEXT"), fill=UNWRITABLE)
    before = Schema({"t": Table(name="t", columns=(column, AGE))})
    text = written(DropColumn(table="t", column="a"), before=before)
    assert 'migrator.add_fields("t", allow_not_null=True, a=pw.TextField())' in text


HOSTILE = ['a"""b', "a\\b", "a\nb", 'ends with "', "\\", "tab\tand\x00null", "x" * 300, "{braces} %s", "漢字 " * 40]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_docstring_holds_any_name(name: str) -> None:
    """Whatever a table is called, the file is a program whose lines are short enough."""
    table = Table(name=name, columns=(AGE,))
    text = written(CreateTable(table=table))
    head = text.partition("from __future__")[0]
    assert replay_file(load("x", text.encode(), "x.py"), Schema(), None).tables == {name: table}
    assert max(map(len, head.splitlines())) <= 88


@pytest.mark.parametrize("unique", [(True, False), (False, True)])
def test_indexes_that_a_class_would_give_one_name_are_all_written(unique: tuple[bool, bool]) -> None:
    """Peewee makes the first of them, so the others stand outside the class."""
    part = (Part(text="age"),)
    indexes = [Index(parts=part, unique=each) for each in unique] + [Index(parts=part, where="age > 1")]
    table = Table(name="t", columns=(AGE,), indexes=tuple(indexes))
    text = written(CreateTable(table=table))
    found = replay_file(load("x", text.encode(), "x.py"), Schema(), None).tables["t"]
    assert set(found.indexes) == set(indexes)
    assert text.count("migrator.add_index(") == 2
