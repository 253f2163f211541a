"""Each thing doctor finds in and beside a SQLite file: made for real, told, mended by what was printed, gone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import peewee as pw
import pytest

from peewit.doctor import diagnose
from peewit.run.database.lock import locked

from ..cli.app import App
from ..sqlite.project import Project
from .typing import found, on_file, only, severities, shell, statements

TABLES = """
    class Author(pw.Model):
        name = pw.CharField(index=True)

    class Book(pw.Model):
        author = pw.ForeignKeyField(Author, null=True)
        title = pw.CharField()
    """


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two tables, applied, with a row each; nothing is the matter."""
    project = Project(tmp_path)
    project.evolve(TABLES)
    project.sql("INSERT INTO author (name) VALUES ('a')")
    project.sql("INSERT INTO book (author_id, title) VALUES (1, 'one')")
    assert found(project.manager()) == []
    return project


def off(project: Project, *statements: str) -> None:
    """Run statements as a program does that does not enforce foreign keys."""
    for statement in statements:
        on_file(project.path, statement)


def test_a_healthy_database_is_told_question_by_question(project: Project) -> None:
    """Every question is answered, and none is silent because it failed."""
    diagnosis = diagnose(project.manager(), full=True)
    assert diagnosis.ok
    assert [(s.severity, s.message) for s in diagnosis.symptoms] == [
        ("ok", "nobody migrates"),
        ("ok", "the file is whole"),
        ("ok", "no migration was interrupted"),
        ("ok", "every file is applied, and as it was applied"),
        ("ok", "journal and history agree"),
        ("ok", "the tables are what the migrations say"),
        ("ok", "the models are what the migrations say"),
        ("ok", "every row refers to something"),
        ("ok", "nothing temporary is left over"),
    ]


def test_no_byte_is_written(project: Project) -> None:
    """Neither to the file nor beside it, whatever is found."""
    off(project, "INSERT INTO book (author_id, title) VALUES (7, 'x')", "ALTER TABLE author ADD extra")
    project.write("002_more", "migrator.sql('DROP TABLE author')")

    def state() -> dict[str, str]:
        return {
            e.name: hashlib.sha256(e.read_bytes()).hexdigest() for e in project.path.parent.iterdir() if e.is_file()
        }

    before = state()
    assert not diagnose(project.manager(), full=True).ok
    assert state() == before


@pytest.mark.parametrize("nullable", [True, False])
def test_rows_that_refer_to_nothing(project: Project, *, nullable: bool) -> None:
    """They are counted, one is shown, and each of the ways out is whole."""
    if not nullable:
        project.evolve(TABLES.replace("Author, null=True", "Author"))
    off(project, *(f"INSERT INTO book (author_id, title) VALUES ({n}, 'x')" for n in (7, 8)))
    symptom = only(project.manager(), "foreign keys")
    assert symptom.message == '2 rows of "book" refer to nothing: no "author" has "id" = 7, for example'
    look, mend = symptom.repairs
    on_file(project.path, look.text)
    on_file(project.path, mend.text)
    assert found(project.manager()) == []
    left = [(1,), (None,), (None,)] if nullable else [(1,)]
    assert project.sql("SELECT author_id FROM book ORDER BY id") == left


def test_a_reference_to_a_table_that_is_gone(project: Project) -> None:
    """It is told, and the next question is asked."""
    off(project, "DROP TABLE author")
    messages = [symptom.message for symptom in found(project.manager())]
    assert 'the tables are not what the migrations say:\ntable "author" is missing' in messages
    assert '1 row of "book" refers to table "author", which is not there' in messages


def test_an_application_that_does_not_enforce_foreign_keys(project: Project) -> None:
    """Its connections are asked as it opens them, also where a class of its own sets the pragma."""

    class Careful(pw.SqliteDatabase):
        def _add_conn_hooks(self, conn: Any) -> None:
            super()._add_conn_hooks(conn)
            conn.execute("PRAGMA foreign_keys = 1")

    for database, told in ((pw.SqliteDatabase(str(project.path)), True), (Careful(str(project.path)), False)):
        project.database = database
        database.bind(project.models)
        said = [s.message for s in found(project.manager()) if s.message.startswith("the application does not")]
        assert said == (['the application does not enforce foreign keys, and "book" has some'] if told else [])
        assert database.is_closed()


def test_the_lock_of_a_migration_that_runs(project: Project) -> None:
    """Who holds it and since when; the rest is left alone, and nothing is waited for."""
    code = (
        "import sys, time; from peewit.run.database.lock import locked\n"
        f"with locked({str(project.path)!r}, 5):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        started = time.monotonic()
        (symptom,) = found(project.manager(lock_timeout=30))
        assert time.monotonic() - started < 5
        assert symptom.message.startswith("a migration is running: ")
        assert f"({holder.pid}) since 20" in symptom.message
        shell(symptom.repairs[-1].text, project.path.parent)
        holder.wait(10)
    # Killed, it leaves its file: harmless, and said so.
    diagnosis = diagnose(project.manager())
    assert (diagnosis.ok, severities(diagnosis, "lock")) in ((True, ["note"]), (True, ["ok"]))
    assert not [s for s in diagnosis.symptoms if s.severity == "warning"]


def test_a_lock_file_that_is_left_over(project: Project) -> None:
    """A killed process leaves its file and not its lock: a note, no finding, and the next migrate takes it over."""
    child = os.fork()
    if child == 0:
        with locked(str(project.path), 5):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    diagnosis = diagnose(project.manager())
    (note,) = [s for s in diagnosis.symptoms if s.about == "lock"]
    assert (diagnosis.ok, note.severity) == (True, "note")
    assert f"({child}) since" in note.message
    shell(note.repairs[0].text, project.path.parent)
    assert severities(diagnose(project.manager()), "lock") == ["ok"]


def test_a_database_that_is_locked_against_reading(project: Project) -> None:
    """It is said that nothing could be looked at, at once."""
    with contextlib.closing(sqlite3.connect(project.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        symptom = only(project.manager(), "file")
        assert time.monotonic() - started < 2
        assert symptom.message.startswith("another process is writing the file at this moment")
    assert found(project.manager()) == []


def test_a_write_that_was_killed(project: Project) -> None:
    """Its journal is hot: nothing is lost, and the next who may write takes it back."""
    copy = project.path.parent / "copy"
    copy.mkdir()
    with contextlib.closing(sqlite3.connect(project.path, isolation_level=None)) as other:
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN IMMEDIATE")
        for _ in range(50):
            other.execute("INSERT INTO author (name) VALUES (hex(randomblob(2000)))")
        # What is on the disk now is what a killed process leaves.
        shutil.copy(project.path, copy / "app.db")
        shutil.copy(f"{project.path}-journal", copy / "app.db-journal")
        other.execute("ROLLBACK")
    for entry in copy.iterdir():
        shutil.move(entry, project.path.parent / entry.name)
    symptom = only(project.manager(), "file")
    assert symptom.message.startswith("a process was killed while it wrote the file")
    assert symptom.repairs[0].text == "peewit status"
    shell(
        f"{symptom.repairs[0].text} --database sqlite:///app.db --directory migrations",
        project.path.parent,
    )
    assert found(project.manager()) == []
    assert project.sql("SELECT count(*) FROM author") == [(1,)]


@pytest.mark.parametrize("damage", ["overwritten", "no database"])
def test_a_damaged_file(project: Project, damage: str) -> None:
    """The newest copy is named, with what to type to go back to it; without a look inside."""
    copy = project.path.with_name("app.db-before-002_x-20260131T170000Z")
    shutil.copy(project.path, copy)
    content = bytearray(project.path.read_bytes())
    if damage == "overwritten":
        content[4096:8192] = os.urandom(4096)
    else:
        content = bytearray(b"not a database at all " * 500)
    project.path.write_bytes(content)
    symptom = next(s for s in found(project.manager()) if s.about == "file")
    assert (symptom.severity, "damaged" in symptom.message) == ("problem", True)
    assert symptom.repairs[0].text == f"peewit restore {copy.name}"
    shell(f"{symptom.repairs[0].text} --database sqlite:///app.db --directory migrations", project.path.parent)
    assert found(project.manager()) == []
    kept = [entry for entry in project.path.parent.iterdir() if "-before-restore" in entry.name]
    assert len(kept) == 1


def test_a_null_is_told_where_there_is_one(project: Project) -> None:
    """SQLite 3.40 sees some in a table WITHOUT ROWID whose key is not its first columns."""
    key = "PRIMARY KEY (a, d)) WITHOUT ROWID"
    off(
        project,
        f"CREATE TABLE w (a TEXT NOT NULL, b INT NOT NULL, d INT NOT NULL, {key}",
        "INSERT INTO w VALUES ('x', 1, 2)",
    )
    assert not [s.message for s in found(project.manager()) if "NULL value" in s.message]
    off(project, "CREATE TABLE v (a INT, b INT, c INT)", "INSERT INTO v VALUES (1, NULL, 2)")
    with contextlib.closing(sqlite3.connect(project.path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'b INT,', 'b INT NOT NULL,') WHERE name = 'v'")
    assert ["v.b" in s.message for s in found(project.manager()) if "NULL value" in s.message] == [True]


def test_an_index_that_misses_rows(project: Project) -> None:
    """Only a full look finds it; the index is made anew."""
    name = project.sql("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'author'")[0][0]
    text = project.text(name)
    with contextlib.closing(sqlite3.connect(project.path, isolation_level=None)) as other:
        other.execute("PRAGMA writable_schema = 1")
        other.execute("DELETE FROM sqlite_schema WHERE name = ?", (name,))
        other.execute("PRAGMA writable_schema = RESET")
        root = 0
    with contextlib.closing(sqlite3.connect(project.path, isolation_level=None)) as other:
        other.execute("INSERT INTO author (name) VALUES ('unindexed')")
        other.execute("PRAGMA writable_schema = 1")
        free = other.execute("SELECT max(rootpage) FROM sqlite_schema").fetchone()[0]
        pages = {row[0] for row in other.execute("SELECT rootpage FROM sqlite_schema")}
        root = next(page for page in range(2, free + 9) if page not in pages)
        other.execute(
            "INSERT INTO sqlite_schema VALUES ('index', ?, 'author', ?, ?)",
            (name, root, text),
        )
        other.execute("PRAGMA writable_schema = RESET")
    symptoms = [s for s in found(project.manager(), full=True) if s.about == "file"]
    assert [s.repairs[0].text for s in symptoms] == [f'REINDEX "{name}";']
    on_file(project.path, symptoms[0].repairs[0].text)
    assert found(project.manager(), full=True) == []


def test_tables_that_are_left_over(project: Project) -> None:
    """One whose table is there may go; one that has the only rows gets its name back."""
    off(project, "CREATE TABLE peewit_new_book (a)", "ALTER TABLE author RENAME TO peewit_old_author")
    symptoms = [s for s in found(project.manager()) if s.about == "left over"]
    assert [(s.severity, s.repairs[0].text) for s in symptoms] == [
        ("warning", 'DROP TABLE "peewit_new_book";'),
        ("problem", 'ALTER TABLE "peewit_old_author" RENAME TO "author";'),
    ]
    off(project, *(s.repairs[0].text for s in symptoms))
    assert found(project.manager()) == []
    assert project.rows("author") == [(1, "a")]


def test_copies_beside_the_file(project: Project) -> None:
    """How many there are and the newest; one that was not finished may go."""
    for number in (1, 2):
        shutil.copy(project.path, f"{project.path}-before-00{number}_x-20260131T170000Z")
    Path(f"{project.path}-before-003_x-20260131T170000Z.part").write_bytes(b"half")
    diagnosis = diagnose(project.manager())
    note, part = (s for s in diagnosis.symptoms if s.about == "copies")
    assert note.message.startswith("2 copies of the database (")
    assert note.message.endswith("the newest app.db-before-002_x-20260131T170000Z")
    shell(part.repairs[0].text, project.path.parent)
    assert found(project.manager()) == []


def test_too_little_room(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a copy and a rebuild need is compared with what is free; old copies are offered, never the newest."""
    for number in (1, 2):
        shutil.copy(project.path, f"{project.path}-before-00{number}_x-20260131T170000Z")

    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(50_000))
    symptom = only(project.manager(), "disk")
    assert "there is little room: 50 kB are free" in symptom.message
    assert [repair.text for repair in symptom.repairs] == [f"rm {project.path}-before-001_x-20260131T170000Z"]


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux lists its locks")
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_somebody_else_who_writes(project: Project, journal: str) -> None:
    """Another program is in the middle of a transaction: it is named, and nothing else is left out."""
    off(project, f"PRAGMA journal_mode = {journal}")
    program = (
        "import sqlite3, sys, time\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(project.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            (symptom,) = found(project.manager())
            who = f"another process is writing, and lets nobody else write: process {process.pid} ("
            assert symptom.message.startswith(who)
            assert ("ok", "the tables are what the migrations say") in [
                (s.severity, s.message) for s in diagnose(project.manager()).symptoms
            ]
            shell(symptom.repairs[-1].text, project.path.parent)
            process.wait(20)
        finally:
            process.kill()
    assert found(project.manager()) == []


def test_tables_that_were_changed_by_hand(project: Project) -> None:
    """What is missing comes again, what is too much goes, by the statements that are printed."""
    off(project, "ALTER TABLE author ADD extra TEXT", "DROP TABLE book")
    symptom = only(project.manager(), "tables")
    assert len(symptom.message.splitlines()) == 3
    off(project, *statements(symptom))
    assert found(project.manager()) == []


def test_files_and_history(project: Project) -> None:
    """Pending, edited, gone, a row removed by hand: each with what to type."""
    project.write(
        "002_more", "migrator.sql('CREATE TABLE more (a INTEGER PRIMARY KEY)')", "migrator.sql('DROP TABLE more')"
    )
    symptom = only(project.manager(), "files")
    assert (symptom.message, symptom.repairs[0].text) == ("1 migration is not applied: 002_more", "peewit migrate")
    project.manager().migrate()
    project.sql("DELETE FROM migratehistory WHERE name = '002_more'")
    history = only(project.manager(), "history")
    assert history.message.startswith("the history has no row of 002_more, and the journal says that ")
    assert history.repairs[0].text == "peewit migrate 002_more --fake"
    flags = "--database sqlite:///app.db --directory migrations"
    shell(f"{history.repairs[0].text} {flags}", project.path.parent)
    assert found(project.manager()) == []
    text = (project.directory / "002_more.py").read_text()
    (project.directory / "002_more.py").unlink()
    gone = only(project.manager(), "files")
    assert gone.message == "002_more was applied and its file is gone"
    assert [repair.text.split()[0] for repair in gone.repairs] == ["git", "peewit"]
    (project.directory / "002_more.py").write_text(text.replace("more (a", "more  (a"))
    edited = only(project.manager(), "files")
    assert edited.message == "002_more was edited after it was applied"
    shell(f"{edited.repairs[0].text} {flags}", project.path.parent)
    assert found(project.manager()) == []


def test_a_row_another_tool_took_back(project: Project) -> None:
    """The journal knows of it, the database has it no more: it is applied again."""
    project.write("002_more", "migrator.sql('CREATE TABLE more (a INTEGER PRIMARY KEY)')")
    project.manager().migrate()
    off(project, "DELETE FROM migratehistory WHERE name = '002_more'", "DROP TABLE more")
    assert only(project.manager(), "history").repairs[0].text == "peewit migrate"


def test_one_question_that_fails_is_said_and_the_next_is_asked(project: Project) -> None:
    """A file nobody can read stops what needs it, and nothing else."""
    (project.directory / "002_bad.py").write_text("def migrate(:\n")
    off(project, "INSERT INTO book (author_id, title) VALUES (7, 'x')")
    symptoms = found(project.manager())
    assert any(
        s.message.startswith("models: could not be looked at: migration 002_bad cannot be read") for s in symptoms
    )
    assert any(s.message.startswith("1 row of") for s in symptoms)
    (file,) = (s for s in symptoms if s.message.startswith("002_bad"))
    assert (file.message, file.repairs) == ("002_bad cannot be read: invalid syntax, line 1", ())
    assert file.meaning == f"correct it: {project.directory / '002_bad.py'}"


def test_a_collation_only_the_application_knows(project: Project) -> None:
    """It is known here as well."""
    project.database.register_collation(lambda one, other: (one > other) - (one < other), "mine")
    project.sql("SELECT 1")
    with project.database.connection_context():
        project.database.execute_sql("CREATE TABLE sorted (name TEXT COLLATE mine PRIMARY KEY)")
        project.database.execute_sql("CREATE TABLE refers (name TEXT REFERENCES sorted (name))")
        project.database.execute_sql("PRAGMA foreign_keys = 0")
        project.database.execute_sql("INSERT INTO refers VALUES ('x')")
    assert only(project.manager(), "foreign keys").message.startswith('1 row of "refers" refers to nothing')


def test_a_connection_of_the_application_is_left_as_it_is(project: Project) -> None:
    """Open, in a transaction, with what it has written and not committed."""
    with project.database.connection_context(), project.database.transaction() as transaction:
        project.database.execute_sql("INSERT INTO author (name) VALUES ('b')")
        assert found(project.manager()) == []
        assert project.database.execute_sql("SELECT count(*) FROM author").fetchone() == (2,)
        assert project.database.in_transaction()
        transaction.rollback()


def test_a_database_in_memory() -> None:
    """It is looked at through the application's own connection."""
    from peewit import MigrationManager

    assert severities(diagnose(MigrationManager(pw.SqliteDatabase(":memory:"), "nowhere")), "file") == ["ok"]


@pytest.fixture
def app_with_rows(app: App) -> App:
    """A project on the command line, applied."""
    app("create", "first")
    app("migrate")
    return app


def test_on_the_command_line(app_with_rows: App) -> None:
    """Exit code 0 and a line for each question; 1 with what to type under what is found; JSON has the same."""
    code, out, error = app_with_rows("doctor")
    assert (code, error) == (0, "")
    assert out.endswith("nothing has to be mended\n")
    on_file(Path("app.db"), "ALTER TABLE person ADD extra TEXT")
    code, out, _ = app_with_rows("doctor")
    assert code == 1
    assert '         column "extra" of "person" should not be there: TEXT NULL\n' in out
    assert '           sql> ALTER TABLE "person" DROP COLUMN "extra";\n' in out
    assert out.endswith("1 problem\n")
    told = app_with_rows.json("doctor")
    assert (told["kind"], told["ok"]) == ("doctor", False)
    assert {"problem", "ok"} == {symptom["severity"] for symptom in told["symptoms"]}
    assert json.dumps(told)


def test_a_file_that_is_not_there_is_not_made(app: App) -> None:
    """It is told, and how it is made."""
    app("create", "first")
    code, out, _ = app("doctor")
    assert (code, Path("app.db").exists()) == (1, False)
    assert "$ peewit migrate\n" in out


def test_what_cannot_be_reached_is_an_error(app: App) -> None:
    """Exit code 2, as everywhere."""
    code, out, error = app("doctor", "--database", "postgresql://127.0.0.1:1/none")
    assert (code, out) == (2, "")
    assert error.startswith("error: the database none cannot be opened")
