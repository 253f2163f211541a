"""The migrations that only one database can do, or that each does in words of its own."""

from __future__ import annotations

from .migrations import MARIADB, POSTGRES, SQLITE, Change

TRIGGERED = """
    migrator.change_fields("book", pages=pw.BigIntegerField(default=1))
    migrator.add_fields("book", year=pw.IntegerField(default=1))
    migrator.drop_not_null("author", "code")
    """
LOGS = "INSERT INTO log (what) VALUES (old.title)"
VIEW = "CREATE VIEW titles AS SELECT b.id, b.title, a.name FROM book b JOIN author a ON a.id = b.author_id"
STRETCHES = """
    migrator.add_fields("author", city=pw.CharField(max_length=40, default="unknown"))
    migrator.change_fields("book", pages=pw.CharField(max_length=20))
    migrator.run()
    migrator.remove_fields("book", "note")
    migrator.add_index("page", "number")
    """

SPECIAL: tuple[Change, ...] = (
    # ------------------------------------------------------------------ SQLite
    Change(
        name="triggers and views stay",
        databases=(SQLITE,),
        start=(f"CREATE TRIGGER noted AFTER DELETE ON book BEGIN {LOGS}; END", VIEW),
        files=(TRIGGERED,),
    ),
    Change(
        name="WITHOUT ROWID",
        databases=(SQLITE,),
        start=(
            "CREATE TABLE code (code TEXT PRIMARY KEY, price DECIMAL) WITHOUT ROWID",
            "INSERT INTO code SELECT email, id FROM author",
        ),
        files=(
            (
                "migrator.sql('ALTER TABLE code ADD COLUMN said TEXT')\n"
                "migrator.change_table('tagging', without_rowid=True)"
            ),
        ),
    ),
    Change(
        name="STRICT",
        databases=(SQLITE,),
        tables="migrator.sql('CREATE TABLE strict (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b INTEGER) STRICT')\n"
        "migrator.sql('CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)')\n"
        "migrator.sql('CREATE TABLE loose (id INTEGER PRIMARY KEY, a TEXT)')",
        start=(
            (
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90) "
                "INSERT INTO strict SELECT i, 'a' || i, i FROM n"
            ),
            "INSERT INTO counted (a) SELECT a FROM strict",
            "DELETE FROM counted WHERE id > 80",
            "INSERT INTO loose (a) SELECT a FROM strict",
        ),
        files=(
            (
                "migrator.change_fields('strict', b=pw.TextField(null=True))\n"
                "migrator.change_fields('counted', a=pw.TextField(default='x', constraints=[pw.SQL(\"DEFAULT 'x'\")]))\n"
                "migrator.change_table('loose', strict_tables=True)"
            ),
        ),
    ),
    Change(
        name="without a transaction",
        databases=(SQLITE,),
        atomic=False,
        files=(STRETCHES,),
    ),
    # ------------------------------------------------------------------ PostgreSQL
    Change(
        name="triggers and views stay",
        databases=(POSTGRES,),
        start=(
            f"CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {LOGS}; RETURN old; END $$",
            "CREATE TRIGGER noted AFTER DELETE ON book FOR EACH ROW EXECUTE FUNCTION noted()",
            VIEW,
        ),
        files=(TRIGGERED,),
    ),
    Change(
        name="indexes without locking others out",
        databases=(POSTGRES,),
        atomic=False,
        files=(
            (
                "migrator.add_index('author', 'name', unique=True)\n"
                "migrator.add_index('page', 'number', 'book')\n"
                "migrator.drop_index('book', 'note')"
            ),
        ),
    ),
    Change(
        name="without a transaction",
        databases=(POSTGRES,),
        atomic=False,
        files=(STRETCHES,),
    ),
    Change(
        name="types and constraints of the database's own",
        databases=(POSTGRES,),
        files=(
            (
                "migrator.sql(\"CREATE TYPE mood AS ENUM ('good', 'bad')\")\n"
                "migrator.sql(\"ALTER TABLE author ADD mood mood DEFAULT 'good'\")\n"
                "migrator.add_constraint('book', 'some_pages', pw.Check('pages > 0'))\n"
                "migrator.change_fields('author', age=pw.DecimalField(max_digits=9, decimal_places=2, null=True))"
            ),
        ),
    ),
    # ------------------------------------------------------------------ MariaDB
    Change(
        name="triggers and views stay",
        databases=(MARIADB,),
        start=(
            "CREATE TRIGGER noted AFTER DELETE ON book FOR EACH ROW INSERT INTO log (what) VALUES (OLD.title)",
            VIEW,
        ),
        files=(TRIGGERED,),
    ),
    Change(
        name="several indexes and a constraint",
        databases=(MARIADB,),
        files=(
            (
                "migrator.add_constraint('book', 'some_pages', pw.Check('pages > 0'))\n"
                "migrator.add_index('author', 'name', 'age')\n"
                "migrator.drop_index('author', 'age')"
            ),
        ),
    ),
)
