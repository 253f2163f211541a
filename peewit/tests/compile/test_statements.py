"""Operations → the exact statements of PostgreSQL and of MariaDB, with no server at all."""

from __future__ import annotations

from typing import Any

import peewee as pw
import pytest

from peewit.compile import Backfill, Execute, Guard, compile_on_server
from peewit.dialects import MYSQL, POSTGRES, ServerDialect
from peewit.models import read_models
from peewit.operations import (
    AddColumn,
    AddConstraint,
    AddIndex,
    AlterColumn,
    ChangePrimaryKey,
    CreateTable,
    DropColumn,
    DropIndex,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
)
from peewit.run.trying.server_plan import expected
from peewit.schema import Column, Constraint, Default, ForeignKey, Index, Part, Schema, Type


class Author(pw.Model):
    name = pw.CharField(max_length=50, unique=True)

    class Meta:
        table_name = "author"


class Person(pw.Model):
    name = pw.CharField(max_length=50, index=True)
    age = pw.IntegerField(null=True)
    boss = pw.ForeignKeyField(Author, null=True)

    class Meta:
        table_name = "person"


FORTY = Default(source="40", value=40)
EACH = Default(source="uuid.uuid4", called=True, value=lambda: "x")


def number(name: str = "age", **more: Any) -> Column:
    return Column(name=name, type=Type("INT"), **more)


def index(*columns: str, **more: Any) -> Index:
    return Index(parts=tuple(Part(text=column) for column in columns), **more)


TABLE: list[tuple[str, list[Operation], list[str], list[str]]] = [
    (
        "a column for all rows",
        [AddColumn(table="person", column=number("years", null=True))],
        ['ALTER TABLE "person" ADD COLUMN "years" INTEGER'],
        ["ALTER TABLE `person` ADD COLUMN `years` INTEGER"],
    ),
    (
        "a value for all rows costs no row",
        [AddColumn(table="person", column=number("years", fill=FORTY))],
        [
            'ALTER TABLE "person" ADD COLUMN "years" INTEGER NOT NULL DEFAULT 40',
            'ALTER TABLE "person" ALTER COLUMN "years" DROP DEFAULT',
        ],
        [
            "ALTER TABLE `person` ADD COLUMN `years` INTEGER NOT NULL DEFAULT 40",
            "ALTER TABLE `person` ALTER COLUMN `years` DROP DEFAULT",
        ],
    ),
    (
        "a value for each row",
        [AddColumn(table="person", column=number("years", fill=EACH))],
        [
            'ALTER TABLE "person" ADD COLUMN "years" INTEGER',
            'fill "person"."years"',
            "SET CONSTRAINTS ALL IMMEDIATE",
            'ALTER TABLE "person" ALTER COLUMN "years" SET NOT NULL',
        ],
        [
            "ALTER TABLE `person` ADD COLUMN `years` INTEGER",
            "fill `person`.`years`",
            "ALTER TABLE `person` MODIFY COLUMN `years` INTEGER NOT NULL",
        ],
    ),
    (
        "one ALTER TABLE for many changes",
        [
            DropColumn(table="person", column="boss_id"),
            AddColumn(table="person", column=number("years", null=True)),
            AlterColumn(table="person", after=Column(name="name", type=Type("TEXT"))),
            AddConstraint(table="person", constraint=Constraint(sql="CHECK (age > 0)", name="adult")),
        ],
        [
            (
                'ALTER TABLE "person" DROP CONSTRAINT "person_boss_id_fkey", DROP COLUMN "boss_id", '
                'ADD COLUMN "years" INTEGER, ALTER COLUMN "name" TYPE TEXT, '
                'ADD CONSTRAINT "adult" CHECK (age > 0)'
            )
        ],
        [
            "ALTER TABLE `person` DROP FOREIGN KEY `person_ibfk_1`",
            (
                "ALTER TABLE `person` DROP INDEX `person_boss_id`, DROP COLUMN `boss_id`, "
                "ADD COLUMN `years` INTEGER, MODIFY COLUMN `name` TEXT NOT NULL, "
                "ADD CONSTRAINT `adult` CHECK (age > 0)"
            ),
        ],
    ),
    (
        "not null, with a value for the nulls",
        [AlterColumn(table="person", after=number(fill=FORTY))],
        [
            'UPDATE "person" SET "age" = %s WHERE "age" IS NULL',
            "SET CONSTRAINTS ALL IMMEDIATE",
            'ALTER TABLE "person" ALTER COLUMN "age" SET NOT NULL',
        ],
        [
            "UPDATE `person` SET `age` = %s WHERE `age` IS NULL",
            "ALTER TABLE `person` MODIFY COLUMN `age` INT NOT NULL",
        ],
    ),
    (
        "a cast where an assignment does not do",
        [AlterColumn(table="person", after=Column(name="name", type=Type("INT")))],
        ['ALTER TABLE "person" ALTER COLUMN "name" TYPE INTEGER USING trim("name")::INTEGER'],
        ["ALTER TABLE `person` MODIFY COLUMN `name` INTEGER NOT NULL"],
    ),
    (
        "a foreign key that is no longer one",
        [AlterColumn(table="person", after=number("boss_id", null=True))],
        ['ALTER TABLE "person" DROP CONSTRAINT "person_boss_id_fkey"'],
        ["ALTER TABLE `person` DROP FOREIGN KEY `person_ibfk_1`"],
    ),
    (
        "another rule of a foreign key",
        [
            AlterColumn(
                table="person",
                after=number(
                    "boss_id", null=True, foreign_key=ForeignKey(table="author", column="id", on_delete="CASCADE")
                ),
            )
        ],
        [
            (
                'ALTER TABLE "person" DROP CONSTRAINT "person_boss_id_fkey", '
                'ADD FOREIGN KEY ("boss_id") REFERENCES "author" ("id") ON DELETE CASCADE'
            )
        ],
        [
            "ALTER TABLE `person` DROP FOREIGN KEY `person_ibfk_1`",
            "ALTER TABLE `person` ADD FOREIGN KEY (`boss_id`) REFERENCES `author` (`id`) ON DELETE CASCADE",
        ],
    ),
    (
        "indexes",
        [
            DropIndex(table="person", index=index("name")),
            AddIndex(table="person", index=index("name", "age", unique=True)),
            AddIndex(table="person", index=index("age", name="by_age", using="HASH")),
        ],
        [
            'DROP INDEX "person_name"',
            'CREATE UNIQUE INDEX "person_name_age" ON "person" ("name", "age")',
            'CREATE INDEX "by_age" ON "person" USING HASH ("age")',
        ],
        [
            (
                "ALTER TABLE `person` DROP INDEX `person_name`, "
                "ADD UNIQUE INDEX `person_name_age` (`name`, `age`), ADD INDEX `by_age` USING HASH (`age`)"
            )
        ],
    ),
    (
        "another primary key",
        [ChangePrimaryKey(table="person", columns=("id", "name"))],
        ['ALTER TABLE "person" DROP CONSTRAINT "person_pkey", ADD PRIMARY KEY ("id", "name")'],
        ["ALTER TABLE `person` DROP PRIMARY KEY, ADD PRIMARY KEY (`id`, `name`)"],
    ),
    (
        "renames",
        [
            RenameTable(before="person", after="people"),
            RenameColumn(table="people", before="age", after="years"),
        ],
        ['ALTER TABLE "person" RENAME TO "people"', 'ALTER TABLE "people" RENAME COLUMN "age" TO "years"'],
        ["RENAME TABLE `person` TO `people`", "ALTER TABLE `people` RENAME COLUMN `age` TO `years`"],
    ),
    (
        "both tables of a foreign key go",
        [DropTable(table="author"), DropTable(table="person")],
        [
            'ALTER TABLE "person" DROP CONSTRAINT "person_boss_id_fkey"',
            'DROP TABLE "author"',
            'DROP TABLE "person"',
        ],
        [
            "ALTER TABLE `person` DROP FOREIGN KEY `person_ibfk_1`",
            "DROP TABLE `author`",
            "DROP TABLE `person`",
        ],
    ),
]


def start() -> Schema:
    return read_models([Author, Person], "postgres")


def said(operations: list[Operation], dialect: ServerDialect) -> list[str]:
    """The statements as text, without the questions to the rows."""
    found = expected(start(), dialect)
    statements = compile_on_server(operations, start(), found, dialect)
    texts = []
    for statement in statements:
        match statement:
            case Execute(sql=sql):
                texts.append(sql)
            case Backfill(table=table, column=column):
                texts.append(f"fill {table}.{dialect.quoted(column)}")
            case Guard():
                pass
            case _:
                raise AssertionError(statement)
    return texts


@pytest.mark.parametrize(("operations", "postgres_says"), [row[1:3] for row in TABLE], ids=[row[0] for row in TABLE])
def test_postgres(operations: list[Operation], postgres_says: list[str]) -> None:
    assert said(operations, POSTGRES) == postgres_says


@pytest.mark.parametrize(
    ("operations", "mariadb_says"), [(row[1], row[3]) for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_mariadb(operations: list[Operation], mariadb_says: list[str]) -> None:
    assert said(operations, MYSQL) == mariadb_says


def test_a_cycle_is_closed_when_both_tables_are_there() -> None:
    """The foreign key that leads to the later table comes last."""
    egg = CreateTable(
        table=read_models([Author], "postgres")["author"].with_column(
            number("best_id", null=True, foreign_key=ForeignKey(table="person", column="id", deferred=True))
        )
    )
    person = CreateTable(table=start()["person"])
    for dialect, quote in ((POSTGRES, '"'), (MYSQL, "`")):
        statements = compile_on_server([egg, person], Schema(), expected(Schema(), dialect), dialect)
        texts = [s.sql.replace(quote, "") for s in statements if isinstance(s, Execute)]
        assert "REFERENCES person" not in texts[0]
        assert texts[-1] == "ALTER TABLE author ADD FOREIGN KEY (best_id) REFERENCES person (id)"
