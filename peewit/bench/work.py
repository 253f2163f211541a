"""The work all tools are given: chains of small migrations, one large table, many models; each in a tool's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

Change = tuple[str, str]
"""What a migration does (``create``, ``add``, ``index``, ``drop``, ``five``, ``describe``, ``fill``) and to which table."""


def small(count: int) -> list[Change]:
    """Migrations of one operation each: create a table, add a column, an index, drop a column; again and again."""
    return [(("create", "add", "index", "drop")[n % 4], f"t{n // 4:04}") for n in range(count)]


def after_sql(count: int) -> list[Change]:
    """The same, after one that makes a table by SQL."""
    return [("raw", "raw"), *small(count - 1)]


def names(changes: Sequence[Change]) -> list[str]:
    """The names of their files; the first number is the same, because some tools want three digits."""
    return [f"001_{number:05}_{kind}_{table}" for number, (kind, table) in enumerate(changes, 1)]


SQL = {
    "create": 'CREATE TABLE "{t}" ("id" {key}, "a" VARCHAR(50) NOT NULL, "b" INTEGER NOT NULL, "c" TEXT)',
    "add": 'ALTER TABLE "{t}" ADD COLUMN "d" VARCHAR(50)',
    "index": 'CREATE INDEX "{t}_b" ON "{t}" ("b")',
    "drop": 'ALTER TABLE "{t}" DROP COLUMN "c"',
    "raw": 'CREATE TABLE "{t}" ("x" INTEGER)',
}
KEYS = {"sqlite": "INTEGER NOT NULL PRIMARY KEY", "postgresql": "SERIAL NOT NULL PRIMARY KEY"}

BIG = """CREATE TABLE "big" ("id" {key}, "name" VARCHAR(80) NOT NULL, "email" VARCHAR(120) NOT NULL,
"code" INTEGER NOT NULL, "num" INTEGER NOT NULL, "maybe" INTEGER, "note" TEXT, "price" REAL NOT NULL, "gone" VARCHAR(40))"""
BIG_INDEXES = [f'CREATE INDEX "big_{column}" ON "big" ("{column}")' for column in ("name", "email", "code")]
BIG_ROWS = """INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
SELECT i, 'name ' || (CAST(i AS BIGINT) * 7919) % 1000003, 'user' || i || '@example.com', (i * 31) % 50021, i * 3, i % 100,
'a note about row ' || i, i * 0.25, 'old ' || i FROM n"""
REBUILT = """CREATE TABLE "big__new" ("id" INTEGER NOT NULL PRIMARY KEY, "name" VARCHAR(80) NOT NULL,
"email" VARCHAR(120) NOT NULL, "code" INTEGER NOT NULL, "num" TEXT NOT NULL, "maybe" INTEGER NOT NULL, "remark" TEXT,
"price" REAL NOT NULL, "extra" VARCHAR(20) NOT NULL)"""
REBUILD = [
    REBUILT,
    "INSERT INTO big__new SELECT id, name, email, code, num, maybe, note, price, 'x' FROM big",
    "DROP TABLE big",
    "ALTER TABLE big__new RENAME TO big",
    *BIG_INDEXES,
]
"""The five changes at the least cost: one copy of the table."""

ALTERED = [
    'ALTER TABLE "big" RENAME "note" TO "remark"',
    """ALTER TABLE "big" DROP "gone", ALTER "maybe" SET NOT NULL, ALTER "num" TYPE TEXT,
    ADD "extra" VARCHAR(20) NOT NULL DEFAULT 'x'""",
]
"""The same on PostgreSQL: the table is written once."""

# ---------------------------------------------------------------------- files in the words of each tool

_PEEWEE = '''"""A migration."""

import peewee as pw


def migrate(migrator, database, *, fake=False):
    {body}


def rollback(migrator, database, *, fake=False):
    pass
'''
_BIG_MODEL = """@migrator.create_model
    class Big(pw.Model):
        name = pw.CharField(max_length=80, index=True)
        email = pw.CharField(max_length=120, index=True)
        code = pw.IntegerField(index=True)
        num = pw.IntegerField()
        maybe = pw.IntegerField(null=True)
        note = pw.TextField(null=True)
        price = pw.FloatField()
        gone = pw.CharField(max_length=40, null=True)

        class Meta:
            table_name = "big\""""
_PEEWEE_BODIES = {
    "create": """@migrator.create_model
    class Small(pw.Model):
        a = pw.CharField(max_length=50)
        b = pw.IntegerField()
        c = pw.TextField(null=True)

        class Meta:
            table_name = "{t}\"""",
    "add": 'migrator.add_fields("{t}", d=pw.CharField(max_length=50, null=True))',
    "index": 'migrator.add_index("{t}", "b")',
    "drop": 'migrator.remove_fields("{t}", "c")',
    "raw": 'migrator.sql(\'CREATE TABLE "{t}" ("x" INTEGER)\')',
    "big": _BIG_MODEL,
    "five": """migrator.remove_fields("big", "gone")
    migrator.rename_field("big", "note", "remark")
    migrator.add_not_null("big", "maybe")
    migrator.change_fields("big", num=pw.TextField())
    migrator.add_fields("big", extra=pw.CharField(max_length=20, default="x"))""",
    "describe": 'migrator.add_not_null("big", "maybe")',
    "fill": """import uuid
    migrator.add_fields("big", token=pw.CharField(max_length=36, default=lambda: str(uuid.uuid4())))""",
}
_MIGGY_BODIES = {
    "create": """migrator.create_model(
        name="{t}",
        fields={
            "a": pw.CharField(max_length=50),
            "b": pw.IntegerField(),
            "c": pw.TextField(null=True),
        },
        meta={"table_name": "{t}"},
    )""",
    "add": 'migrator.add_field("{t}", "d", pw.CharField(max_length=50, null=True))',
    "index": 'migrator.add_index("{t}", "b", name="{t}_b")',
    "drop": 'migrator.remove_field("{t}", "c")',
}

_PLAYHOUSE = '''"""A migration."""

from peewee import *


def up(migrator, db):
    {body}


def down(migrator, db):
    pass
'''
_PLAYHOUSE_BODIES = {
    "create": """class Small(Model):
        a = CharField(max_length=50)
        b = IntegerField()
        c = TextField(null=True)

        class Meta:
            table_name, database = "{t}", db

    db.create_tables([Small])""",
    "add": 'migrator.migrate(migrator.add_column("{t}", "d", CharField(max_length=50, null=True)))',
    "index": 'migrator.migrate(migrator.add_index("{t}", ("b",)))',
    "drop": 'migrator.migrate(migrator.drop_column("{t}", "c"))',
    "raw": 'db.execute_sql(\'CREATE TABLE "{t}" ("x" INTEGER)\')',
}

_ALEMBIC = '''"""A migration."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {former!r}


def upgrade():
    {body}


def downgrade():
    pass
'''
_ALEMBIC_BODIES = {
    "create": """op.create_table(
        "{t}",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("a", sa.String(length=50), nullable=False),
        sa.Column("b", sa.Integer(), nullable=False),
        sa.Column("c", sa.Text(), nullable=True),
    )""",
    "add": 'op.add_column("{t}", sa.Column("d", sa.String(length=50), nullable=True))',
    "index": 'op.create_index("{t}_b", "{t}", ["b"])',
    "drop": 'op.drop_column("{t}", "c")',
    "raw": 'op.execute(\'CREATE TABLE "{t}" ("x" INTEGER)\')',
    "big": "pass",
    "five": """with op.batch_alter_table("big") as batch:
        batch.drop_column("gone")
        batch.alter_column("note", new_column_name="remark", existing_type=sa.Text())
        batch.alter_column("maybe", nullable=False, existing_type=sa.Integer())
        batch.alter_column("num", type_=sa.Text(), existing_type=sa.Integer())
        batch.add_column(sa.Column("extra", sa.String(length=20), nullable=False, server_default="x"))""",
}

_DJANGO = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{former}]
    operations = [
        {body}
    ]
"""
_DJANGO_BODIES = {
    "create": """migrations.CreateModel(
            "{t}",
            [
                ("id", models.AutoField(primary_key=True)),
                ("a", models.CharField(max_length=50)),
                ("b", models.IntegerField()),
                ("c", models.TextField(null=True)),
            ],
            options={{"db_table": "{t}"}},
        )""",
    "add": 'migrations.AddField("{t}", "d", models.CharField(max_length=50, null=True))',
    "index": 'migrations.AddIndex("{t}", models.Index(fields=["b"], name="{t}_b"))',
    "drop": 'migrations.RemoveField("{t}", "c")',
}


def _peewee(name: str, former: str | None, kind: str, table: str) -> str:
    del name, former
    return _PEEWEE.format(body=_PEEWEE_BODIES[kind].replace("{t}", table))


def _miggy(name: str, former: str | None, kind: str, table: str) -> str:
    del name, former
    return _PEEWEE.format(body=_MIGGY_BODIES[kind].replace("{t}", table))


def _playhouse(name: str, former: str | None, kind: str, table: str) -> str:
    del name, former
    return _PLAYHOUSE.format(body=_PLAYHOUSE_BODIES[kind].replace("{t}", table))


def _alembic(name: str, former: str | None, kind: str, table: str) -> str:
    return _ALEMBIC.format(name=name, former=former, body=_ALEMBIC_BODIES[kind].replace("{t}", table))


def _django(name: str, former: str | None, kind: str, table: str) -> str:
    del name
    return _DJANGO.format(former=f'("app", "{former}")' if former else "", body=_DJANGO_BODIES[kind].format(t=table))


Text = Callable[[str, str | None, str, str], str]
TEXTS: dict[str, tuple[str, Text]] = {
    "limit": ("migrations", _peewee),
    "peewit": ("migrations", _peewee),
    "peewee-migrate": ("migrations", _peewee),
    "miggy": ("migrations", _miggy),
    "playhouse": ("migrations", _playhouse),
    "alembic": ("migrations/versions", _alembic),
    "django": ("app/migrations", _django),
}
"""Where a tool's files are, and how one is written: its name, the one before, what it does and to which table."""


def write_files(tool: str, folder: Path, changes: Sequence[Change]) -> list[str]:
    """Write the migrations of a chain as one tool wants them; their names."""
    directory, text = TEXTS[tool]
    (folder / directory).mkdir(parents=True, exist_ok=True)
    former: str | None = None
    found = names(changes)
    for name, (kind, table) in zip(found, changes, strict=True):
        (folder / directory / f"{name}.py").write_text(text(name, former, kind, table))
        former = name
    return found


def models(count: int, *, changed: bool) -> str:
    """A module of models of ten fields; three of them with one field more where they have ``changed``."""
    lines = ["import peewee as pw", ""]
    for number in range(count):
        lines += [f"class M{number:04}(pw.Model):", "    s = pw.CharField(max_length=50, index=True)"]
        lines += [f"    i{place} = pw.IntegerField()" for place in range(5)]
        lines += ["    t = pw.TextField(null=True)", "    f = pw.FloatField()", "    b = pw.BooleanField()"]
        lines += [f"    ref = pw.ForeignKeyField(M{number - 1:04})"] if number % 2 else []
        lines += ["    more = pw.CharField(max_length=30, null=True)"] if changed and number in (1, 4, 7) else []
        lines += ["    class Meta:", f'        table_name = "m{number:04}"', ""]
    return "\n".join(lines)
