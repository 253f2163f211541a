"""Operations → the exact lines of a migration file that ask for them: the lines stand in ``spelling.txt``."""

import ast
from pathlib import Path

import peewee as pw
import pytest

from peewit.errors import ConfigError
from peewit.files.writer import write
from peewit.models import read_models
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    ChangeTable,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    FillNulls,
    Operation,
    RenameColumn,
    RenameTable,
    RunCode,
    RunSql,
)
from peewit.schema import (
    Column,
    Constraint,
    Default,
    ForeignKey,
    Generated,
    Index,
    Part,
    Schema,
    Spelling,
    Table,
    Type,
)


class Author(pw.Model):
    name = pw.CharField(max_length=80)
    born = pw.DateField(null=True, column_name="birth_day")
    rank = pw.IntegerField(default=1)


class Book(pw.Model):
    title = pw.CharField(max_length=80, unique=True)
    author = pw.ForeignKeyField(Author, backref="books")
    pages = pw.IntegerField(null=True, index=True)

    class Meta:
        constraints = (pw.Check("pages > 0", name="has_pages"), pw.SQL("UNIQUE (title, pages)"))
        indexes = ((("title", "author"), False),)


Book.add_index(Book.index(Book.title.desc(), name="newest_title"))

EXPECTED = (Path(__file__).parent / "spelling.txt").read_text(encoding="utf-8").split("--- ")[1:]

BEFORE = read_models([Author, Book])
TEXT = Type("TEXT")
NUMBER = Type("INT")


def index(*names: str, **options: object) -> Index:
    return Index(parts=tuple(Part(text=name) for name in names), **options)


def key(table: str, column: str = "id", **options: object) -> ForeignKey:
    return ForeignKey(table=table, column=column, **options)


def body_of(operations: list[Operation], before: Schema = BEFORE) -> str:
    """The body of ``migrate()``, without its docstring."""
    text = write("002_change", operations, [], before)
    lines = text.splitlines()
    function = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == "migrate")
    rest = function.body[1:]
    if not rest:
        return ""
    first = min(getattr(d, "lineno", rest[0].lineno) for d in [rest[0], *getattr(rest[0], "decorator_list", [])])
    return "\n".join(line.removeprefix("    ") for line in lines[first - 1 : function.end_lineno])


CASES: dict[str, list[Operation]] = {
    "create": [
        CreateTable(
            table=Table(
                name="tag",
                model="Tag",
                primary_key=("id",),
                columns=(
                    Column(name="id", type=Type("AUTO")),
                    Column(name="name", type=Type("VARCHAR", (20,))),
                    Column(name="code", type=Type("CHAR", (4,)), null=True),
                    Column(name="price", type=Type("DECIMAL", (8, 2)), default="0"),
                    Column(name="no_length", type=Type("VARCHAR")),
                ),
            )
        )
    ],
    "create without a key": [CreateTable(table=Table(name="log", columns=(Column(name="line", type=TEXT),)))],
    "create with a key of two columns": [
        CreateTable(
            table=Table(
                name="pair",
                model="Pair",
                primary_key=("a", "b"),
                columns=(Column(name="a", type=NUMBER), Column(name="b", type=NUMBER)),
                without_rowid=True,
                strict=True,
                settings=("x",),
                legacy_names=False,
            )
        )
    ],
    "create with a natural key": [
        CreateTable(
            table=Table(name="code", model="Code", primary_key=("code",), columns=(Column(name="code", type=TEXT),))
        )
    ],
    "create in a schema": [
        CreateTable(table=Table(name="code", schema="aux", model="Code", columns=(Column(name="code", type=TEXT),)))
    ],
    "create with indexes": [
        CreateTable(
            table=Table(
                name="t",
                model="T",
                primary_key=("id",),
                columns=(
                    Column(name="id", type=Type("AUTO")),
                    Column(name="a", type=TEXT),
                    Column(name="b", type=TEXT),
                    Column(name="c", type=TEXT),
                ),
                indexes=(
                    index("a"),
                    index("b", unique=True),
                    index("a", "b", unique=True),
                    index("c", name="c_by_name"),
                    Index(
                        parts=(
                            Part(text="lower(a)", expression=True),
                            Part(text="b", descending=True, collation="NOCASE"),
                        ),
                        unique=True,
                    ),
                    index("a", "c", where="c IS NOT NULL"),
                    index("b", "c", using="HASH"),
                ),
            )
        )
    ],
    "create with an index and a field of that name": [
        CreateTable(
            table=Table(
                name="t", model="T", columns=(Column(name="index", type=TEXT),), indexes=(index("index", name="i"),)
            )
        )
    ],
    "create with constraints": [
        CreateTable(
            table=Table(
                name="t",
                model="T",
                columns=(
                    Column(
                        name="a",
                        type=NUMBER,
                        constraints=(
                            Constraint(sql="CHECK (a > 0)"),
                            Constraint(sql="CHECK (a < 9)", name="small"),
                            Constraint(sql='UNIQUE ("a")'),
                        ),
                    ),
                ),
                constraints=(Constraint(sql="CHECK (a <> 5)"), Constraint(sql="UNIQUE (a)", name="one")),
            )
        )
    ],
    "create with foreign keys": [
        CreateTable(
            table=Table(
                name="t",
                model="T",
                columns=(
                    Column(
                        name="author_id",
                        field="author",
                        type=NUMBER,
                        foreign_key=key(
                            "author",
                            on_delete="CASCADE",
                            on_update="SET NULL",
                            deferrable="INITIALLY DEFERRED",
                            name="fk",
                        ),
                    ),
                    Column(name="t_id", field="parent", type=NUMBER, null=True, foreign_key=key("t")),
                    Column(name="book_title", field="book_title", type=TEXT, foreign_key=key("book", "title")),
                    Column(name="later_id", field="later", type=NUMBER, foreign_key=key("book", deferred=True)),
                ),
                indexes=(index("author_id"), index("t_id", unique=True), index("later_id")),
            )
        )
    ],
    "create with names Python has taken": [
        CreateTable(
            table=Table(
                name="class",
                columns=(
                    Column(name="class", type=TEXT),
                    Column(name="my col", type=TEXT),
                    Column(name="2nd", type=TEXT),
                    Column(name="pw", type=TEXT),
                    Column(name="migrator_id", field="migrator", type=NUMBER, foreign_key=key("author")),
                ),
            )
        )
    ],
    "create with what no model wrote": [
        CreateTable(
            table=Table(
                name="raw",
                columns=(
                    Column(name="a", type=Type("VARCHAR(20)", raw=True)),
                    Column(name="b", type=Type("money"), default="'x'"),
                    Column(name="c", type=TEXT, collation="NOCASE"),
                    Column(name="d", type=NUMBER, generated=Generated(expression="a + 1", stored=True)),
                    Column(name="e", type=NUMBER, sequence="s"),
                ),
            )
        )
    ],
    "own fields of one name": [
        CreateTable(
            table=Table(
                name="t",
                columns=(
                    Column(
                        name="a",
                        type=Type("MONEY"),
                        spelling=Spelling(kind="peewee.Field", own_name="MoneyField", own_type="MONEY"),
                    ),
                    Column(
                        name="b",
                        type=Type("MONEY2"),
                        spelling=Spelling(kind="peewee.Field", own_name="MoneyField", own_type="MONEY2"),
                    ),
                    Column(
                        name="c",
                        type=Type("MONEY"),
                        spelling=Spelling(kind="peewee.Field", own_name="MoneyField", own_type="MONEY"),
                    ),
                ),
            )
        )
    ],
    "drop a table": [DropTable(table="book")],
    "rename a table": [RenameTable(before="book", after="volume"), DropTable(table="volume")],
    "add a column": [AddColumn(table="author", column=Column(name="note", type=TEXT, null=True))],
    "add two columns": [
        AddColumn(table="author", column=Column(name="note", type=TEXT, null=True)),
        AddColumn(table="author", column=Column(name="tag", type=TEXT, fill=Default(source='"x"'))),
    ],
    "add a column that needs an empty table": [
        AddColumn(table="author", column=Column(name="note", type=TEXT)),
        AddColumn(table="author", column=Column(name="tag", type=TEXT, null=True)),
    ],
    "add a column with its index": [
        AddColumn(table="author", column=Column(name="note", type=TEXT, null=True)),
        AddIndex(table="author", index=index("note", unique=True)),
        AddColumn(table="author", column=Column(name="tag", type=TEXT, null=True)),
        AddIndex(table="author", index=index("tag")),
    ],
    "add a foreign key": [
        AddColumn(
            table="author", column=Column(name="book_id", field="book", type=NUMBER, null=True, foreign_key=key("book"))
        ),
        AddIndex(table="author", index=index("book_id")),
    ],
    "add a foreign key without its index": [
        AddColumn(
            table="author", column=Column(name="book_id", field="book", type=NUMBER, null=True, foreign_key=key("book"))
        )
    ],
    "add a column that is the key": [
        AddColumn(table="author", column=Column(name="code", type=TEXT, null=True)),
        ChangePrimaryKey(table="author", columns=("code",)),
    ],
    "drop columns": [
        DropColumn(table="author", column="birth_day"),
        DropColumn(table="author", column="rank"),
        DropColumn(table="book", column="pages"),
    ],
    "rename a column": [RenameColumn(table="author", before="name", after="full_name")],
    "rename a foreign key": [RenameColumn(table="book", before="author_id", after="writer_id", field="writer")],
    "rename to a column Peewee would not choose": [
        RenameColumn(table="book", before="author_id", after="writer", field="author")
    ],
    "alter columns": [
        AlterColumn(table="author", after=Column(name="name", type=Type("VARCHAR", (200,)))),
        AlterColumn(table="author", after=Column(name="birth_day", type=TEXT, null=True)),
        AlterColumn(table="author", after=Column(name="name", type=TEXT)),
    ],
    "tighten a column": [AlterColumn(table="book", after=Column(name="pages", type=NUMBER, fill=Default(source="1")))],
    "fill nulls": [FillNulls(table="book", column="pages", fill=Default(source="lambda: 3", called=True))],
    "change the key": [
        ChangePrimaryKey(table="author", columns=("name", "birth_day")),
        ChangePrimaryKey(table="book", columns=()),
    ],
    "change a table": [
        ChangeTable(table="author", strict=True, settings=("a", "b")),
        ChangeTable(table="author", strict=True, without_rowid=True, settings=("a", "b")),
    ],
    "add indexes": [
        AddIndex(table="author", index=index("birth_day")),
        AddIndex(table="author", index=index("name", "rank", unique=True)),
        AddIndex(table="author", index=index("name", where="rank > 1", using="btree", name="ranked")),
        AddIndex(
            table="author",
            index=Index(
                parts=(
                    Part(text="lower(name)", expression=True),
                    Part(text="birth_day", descending=True, collation="NOCASE"),
                )
            ),
        ),
    ],
    "drop indexes": [
        DropIndex(table="book", index=index("pages")),
        DropIndex(table="book", index=index("title", "author_id")),
        DropIndex(table="book", index=Index(parts=(Part(text="title", descending=True),), name="newest_title")),
        DropIndex(table="book", index=index("title", unique=True)),
    ],
    "drop an index without a name": [
        AddIndex(table="author", index=Index(parts=(Part(text="lower(name)", expression=True),))),
        DropIndex(table="author", index=Index(parts=(Part(text="lower(name)", expression=True),))),
    ],
    "add constraints": [
        AddConstraint(table="author", constraint=Constraint(sql="CHECK (rank > 0)")),
        AddConstraint(table="author", constraint=Constraint(sql="UNIQUE (name)", name="one_name")),
    ],
    "drop constraints": [
        DropConstraint(table="book", constraint=Constraint(sql="CHECK (pages > 0)", name="has_pages")),
        DropConstraint(table="book", constraint=Constraint(sql="UNIQUE (title, pages)")),
    ],
    "raw SQL": [RunSql(sql="UPDATE author SET rank = ? WHERE name = ?", params=(1, "it's"))],
    "nothing": [],
}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda text: text.partition("\n")[0])
def test_operations_are_spelled(expected: str) -> None:
    """Each list of operations gives exactly its lines."""
    name, _, lines = expected.partition("\n")
    assert body_of(CASES[name]) == lines.rstrip("\n")


def test_every_case_has_its_lines() -> None:
    """The two halves of the table have the same rows."""
    assert [text.partition("\n")[0] for text in EXPECTED] == list(CASES)


def test_every_operation_is_in_the_table() -> None:
    """No operation of the union is without a row, but for functions, which have no text."""
    used = {type(operation) for operations in CASES.values() for operation in operations}
    assert set(Operation.__args__) - used == {RunCode}


def test_a_function_is_refused() -> None:
    """A function of one file cannot be written into another."""
    with pytest.raises(ConfigError, match="the function clean cannot be written into a migration"):
        body_of([RunCode(name="clean", function=lambda: None)])
