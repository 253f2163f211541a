"""What a body asks of a server is answered alike when it is run and when it is replayed."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject

START = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(max_length=40, index=True)
        age = pw.IntegerField(null=True)
        class Meta:
            table_name = "person"
    """

BOTH = [
    "database.table_exists('person')",
    "'person' in database.get_tables() and 'pet' not in database.get_tables()",
    "[c.name for c in database.get_columns('person')] == ['id', 'name', 'age']",
    "'age' not in {c.name for c in database.get_columns('person') if not c.null}",
    "any(i.columns == ['name'] and not i.unique for i in database.get_indexes('person'))",
    "database.get_primary_keys('person') == ['id']",
    "database.get_foreign_keys('person') == []",
    (
        'database.execute_sql("SELECT column_name FROM information_schema.columns WHERE table_name = %s '
        "AND column_name = 'age'\", ('person',)).fetchone() is not None"
    ),
    (
        "database.execute_sql(\"SELECT count(*) FROM information_schema.tables WHERE table_name = 'made_nowhere'\")"
        ".fetchone()[0] > 0"
    ),
    "database.execute_sql('SELECT count(*) FROM person').fetchone()[0] == 0",
    "raises('SELECT missing FROM person')",
    "raises('SELECT 1 FROM missing')",
    "raises('SELECT age FROM person')",
    "migrator.orm['person'].select().where(migrator.orm['person'].age > 3).count() == 0",
    "migrator.orm['person'].get_or_none(name='x') is not None",
]
POSTGRES = [
    "isinstance(database, pw.PostgresqlDatabase) and not isinstance(database, pw.SqliteDatabase)",
    (
        "database.execute_sql(\"SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = 'person' AND column_name = 'age')\").fetchone()[0]"
    ),
    "database.execute_sql(\"SELECT to_regclass('public.person')\").fetchone()[0] is not None",
    "database.execute_sql(\"SELECT 1 FROM pg_indexes WHERE indexname = 'person_name'\").fetchone() is not None",
    "database.execute_sql(\"SELECT 1 FROM pg_tables WHERE tablename = 'pet'\").fetchone() is not None",
    (
        "database.execute_sql(\"SELECT data_type FROM information_schema.columns WHERE table_name = 'person' "
        "AND column_name = 'name'\").fetchone()[0] == 'character varying'"
    ),
    "next(c.data_type for c in database.get_columns('person') if c.name == 'age') == 'integer'",
    "database.execute_sql(\"SELECT 1 FROM pg_type WHERE typname = 'mood'\").fetchone() is not None",
]
MYSQL = [
    "isinstance(database, pw.MySQLDatabase) and not isinstance(database, pw.SqliteDatabase)",
    "bool(database.execute_sql(\"SHOW COLUMNS FROM person LIKE 'age'\").fetchall())",
    "bool(database.execute_sql(\"SHOW TABLES LIKE 'pet'\").fetchall())",
    "'age' in [row[0] for row in database.execute_sql('DESCRIBE person').fetchall()]",
    "any(row[2] == 'person_name' for row in database.execute_sql('SHOW INDEX FROM `person`').fetchall())",
    (
        "database.execute_sql('SELECT count(*) FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND table_name = %s AND column_name = %s', ('person', 'age')).fetchone()[0] == 1"
    ),
    (
        "database.execute_sql('SELECT count(*) FROM information_schema.statistics WHERE table_schema = %s "
        "AND index_name = %s', (database.database, 'person_name')).fetchone()[0] == 1"
    ),
]


def agrees(project: ServerProject, question: str) -> None:
    project.write("001_start", START)
    project.write(
        "002_asks",
        f"""
        def raises(sql):
            try:
                database.execute_sql(sql)
            except Exception:
                return True
            return False

        if {question}:
            migrator.add_fields("person", yes=pw.IntegerField(null=True))
        else:
            migrator.add_fields("person", no=pw.IntegerField(null=True))
        """,
    )
    project.manager().migrate()
    assert project.manager().check().ok
    assert project.manager().unread == ()


@pytest.mark.one_version
@pytest.mark.parametrize("question", [*BOTH, *POSTGRES])
def test_postgres(tmp_path: Path, postgres: pw.PostgresqlDatabase, question: str) -> None:
    """The branch that was taken is the one a replay takes."""
    agrees(ServerProject(tmp_path, postgres), question)


@pytest.mark.parametrize("question", [*BOTH, *MYSQL])
def test_mariadb(tmp_path: Path, mariadb: pw.MySQLDatabase, question: str) -> None:
    """The branch that was taken is the one a replay takes."""
    agrees(ServerProject(tmp_path, mariadb), question)
