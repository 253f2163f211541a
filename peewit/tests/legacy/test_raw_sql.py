"""Raw SQL on servers: what a replay reads out of it is what the server makes of it."""

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
        note = pw.TextField(default="")
        code = pw.CharField(max_length=9, unique=True)
        class Meta:
            table_name = "person"

    @migrator.create_model
    class Pet(pw.Model):
        owner = pw.ForeignKeyField(Person, on_delete="CASCADE")
        name = pw.CharField()
        class Meta:
            table_name = "pet"
            indexes = ((("owner", "name"), True),)
    """

BOTH = [
    "ALTER TABLE person ADD COLUMN city VARCHAR(30) NOT NULL DEFAULT 'here'",
    "ALTER TABLE person ADD city TEXT, ADD COLUMN born DATE",
    "ALTER TABLE person DROP COLUMN note",
    "ALTER TABLE person DROP COLUMN name, DROP age",
    "ALTER TABLE person RENAME COLUMN name TO full_name",
    "ALTER TABLE person RENAME TO people",
    "DROP TABLE pet",
    "DROP TABLE IF EXISTS pet, nothing",
    "CREATE INDEX by_age ON person (age, name)",
    "CREATE UNIQUE INDEX by_note ON person (age, code DESC)",
    "ALTER TABLE person ADD CONSTRAINT grown CHECK (age > 3)",
    "ALTER TABLE person ADD UNIQUE (name, age)",
    "ALTER TABLE person ADD CONSTRAINT one_name UNIQUE (name, age)",
    "ALTER TABLE person ADD COLUMN parent_id INTEGER REFERENCES person (id)",
    "ALTER TABLE person ADD COLUMN score INTEGER NOT NULL DEFAULT 0 CHECK (score >= 0)",
    "CREATE TABLE city (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, size NUMERIC(8, 2) DEFAULT 1.5)",
    (
        "CREATE TABLE visit (person_id INTEGER NOT NULL, pet_id INTEGER NOT NULL, at TIME, PRIMARY KEY (person_id, "
        "pet_id), FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE CASCADE, "
        "CONSTRAINT visit_pet FOREIGN KEY (pet_id) REFERENCES pet (id))"
    ),
    "CREATE VIEW grown AS SELECT * FROM person WHERE age > 17",
    "UPDATE person SET note = 'ALTER TABLE person DROP COLUMN name'",
]
POSTGRES = [
    "ALTER TABLE person ALTER COLUMN age TYPE BIGINT",
    "ALTER TABLE person ALTER age TYPE TEXT USING age::text, ALTER COLUMN age SET NOT NULL",
    "ALTER TABLE person ALTER COLUMN name DROP NOT NULL, ALTER COLUMN note SET DEFAULT 'x'::text",
    "ALTER TABLE person ADD COLUMN seen TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()",
    "ALTER TABLE person ADD COLUMN IF NOT EXISTS data JSONB, ADD COLUMN tags TEXT[], ADD COLUMN u UUID",
    "ALTER TABLE person DROP COLUMN IF EXISTS missing, DROP COLUMN IF EXISTS note CASCADE",
    "ALTER TABLE pet DROP CONSTRAINT pet_owner_id_fkey",
    "ALTER TABLE pet DROP CONSTRAINT pet_owner_id_fkey, ADD CONSTRAINT own FOREIGN KEY (owner_id) REFERENCES person(id)",
    "ALTER TABLE person RENAME age TO years",
    "ALTER INDEX person_name RENAME TO by_name",
    "DROP INDEX IF EXISTS person_name",
    "DROP INDEX person_code; CREATE INDEX ON person (code)",
    "CREATE UNIQUE INDEX lower_name ON person (lower(name)) WHERE age IS NOT NULL",
    "CREATE INDEX by_hash ON person USING hash (name)",
    "CREATE TABLE log (id BIGSERIAL PRIMARY KEY, text VARCHAR, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, ok BOOLEAN)",
    'CREATE TABLE "Mixed" (id SERIAL PRIMARY KEY, "aB" INT); ALTER TABLE "Mixed" ADD COLUMN Cd INT',
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE person ADD COLUMN mood mood DEFAULT 'ok'",
    "DO $$ BEGIN IF true THEN RAISE NOTICE 'x';END IF;END $$",
    "COMMENT ON TABLE person IS 'people'; ALTER TABLE public.person ADD COLUMN x INT",
    "ALTER SEQUENCE person_id_seq RESTART WITH 10",
    "CREATE EXTENSION IF NOT EXISTS plpgsql",
    "ALTER TABLE person ADD x INT;ALTER TABLE person ADD y TIMESTAMPTZ DEFAULT now()",
    "CREATE TABLE url (id SERIAL PRIMARY KEY, code TEXT UNIQUE); CREATE INDEX url_code_idx ON url (code)",
    "CREATE UNIQUE INDEX ON person (age); DROP INDEX person_age_idx",
    "ALTER TABLE person ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', note)) STORED",
    "ALTER TABLE person ADD COLUMN two INT[] DEFAULT ARRAY[1, 2], ADD COLUMN three INT",
    "ALTER TABLE person ADD COLUMN n DOUBLE PRECISION, ADD r REAL, ADD s SMALLINT, ADD b BYTEA, ADD c CHAR(3)",
]
MYSQL = [
    "ALTER TABLE person MODIFY COLUMN age BIGINT NOT NULL",
    "ALTER TABLE person CHANGE age years INT NULL DEFAULT 5",
    "ALTER TABLE person MODIFY name VARCHAR(100) NOT NULL, ADD INDEX by_age (age), DROP INDEX person_code",
    "ALTER TABLE person ADD COLUMN small TINYINT(1), ADD big LONGTEXT, ADD at DATETIME, ADD k INT UNSIGNED",
    "ALTER TABLE person ADD COLUMN z INT AFTER name, ADD UNIQUE KEY uk (age)",
    "RENAME TABLE pet TO animal",
    "ALTER TABLE person CONVERT TO CHARACTER SET utf8mb4",
    "DROP INDEX person_name ON person",
    (
        "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(20), at DATETIME, KEY by_text (text), "
        "UNIQUE KEY u (at)) ENGINE=InnoDB"
    ),
    "ALTER TABLE person ADD FULLTEXT INDEX words (note)",
    "CREATE TABLE log (id INT PRIMARY KEY, text TEXT, at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, KEY k (text(9)))",
    "ALTER TABLE person ADD INDEX k (note(7), age), ADD COLUMN u UUID",
]


def findings(project: ServerProject, statement: str, how: str) -> list[str]:
    project.write("001_start", START)
    lines = [part.strip() for part in statement.split("; ")]
    body = {
        "migrator": "\n".join(f"migrator.sql({line!r})" for line in lines),
        "database": "\n".join(f"database.execute_sql({line!r})" for line in lines),
    }[how]
    project.write("002_raw", body)
    project.manager().migrate()
    found = project.manager().check().findings
    return [f"{finding.kind}: {finding.message}" for finding in found]


def in_turns(statements: list[str]) -> list[tuple[str, str]]:
    return [(statement, ("migrator", "database")[place % 2]) for place, statement in enumerate(statements)]


@pytest.mark.one_version
@pytest.mark.parametrize(("statement", "how"), in_turns([*BOTH, *POSTGRES]))
def test_postgres(tmp_path: Path, postgres: pw.PostgresqlDatabase, statement: str, how: str) -> None:
    """The replayed schema is the live one, however the statement was sent."""
    assert findings(ServerProject(tmp_path, postgres), statement, how) == []


@pytest.mark.parametrize(("statement", "how"), in_turns([*reversed(BOTH), *MYSQL]))
def test_mariadb(tmp_path: Path, mariadb: pw.MySQLDatabase, statement: str, how: str) -> None:
    """The replayed schema is the live one, however the statement was sent."""
    assert findings(ServerProject(tmp_path, mariadb), statement, how) == []
