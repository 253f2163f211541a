"""A user who may not: refused by name with the statement that grants it, and after that statement it goes through."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import MigrationManager, NotAllowedError, PeewitError
from peewit.doctor import diagnose
from peewit.errors import NOTHING_KEPT

from .. import servers
from ..server_project import ServerProject

pytestmark = pytest.mark.one_version

PASSWORD = "canary"
START = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField()
        class Meta:
            table_name = "person"
    """
CHANGES = {
    "create": (
        "@migrator.create_model\nclass Pet(pw.Model):\n    name = pw.CharField()\n    class Meta:\n"
        "        table_name = 'pet'"
    ),
    "alter": "migrator.add_fields('person', age=pw.IntegerField(default=1))",
    "index": "migrator.add_index('person', 'name')",
    "rename": "migrator.rename_table('person', 'people')",
    "drop": "migrator.remove_model('person')",
}


_BUT = {"migratehistory": "", "migratehistory_journal": "WHERE action <> 'failed'"}
"""Our tables, and which rows of them stay as they were: it is noted that a migration failed."""


class Limited:
    """A project, and its manager as a user who may do little."""

    def __init__(self, project: ServerProject, database: pw.Database, user: str) -> None:
        self.project, self.database, self.user = project, database, user

    def manager(self) -> MigrationManager:
        """The manager as that user."""
        return MigrationManager(self.database, self.project.directory)

    def everything(self) -> list[Any]:
        """What is in the database: its columns, and the rows of our own tables."""
        where = "database()" if isinstance(self.database, pw.MySQLDatabase) else "'public'"
        columns = self.project.sql(
            f"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = {where} ORDER BY 1, 2"
        )
        names = {name for name, _ in columns}
        own = [name for name in _BUT if name in names]
        return [columns, *(self.project.sql(f"SELECT * FROM {name} {_BUT[name]}") for name in own)]

    def grant(self, error: PeewitError) -> None:
        """Type what the error says."""
        lines = [line for line in error.hint.splitlines() if line.endswith(";")]
        assert lines, error
        for line in lines:
            self.project.sql(line.replace("%", "%%"))


@pytest.fixture
def limited(tmp_path: Path, database: pw.Database, request: pytest.FixtureRequest) -> Iterator[Limited]:
    """A user on each server who may connect, and look at what is there."""
    project = ServerProject(tmp_path, database)
    user = f"u_{database.database}"[-30:]
    with _user(project, user) as own:
        yield Limited(project, own, user)
        if not own.is_closed():
            own.close()


@contextlib.contextmanager
def _user(project: ServerProject, user: str) -> Iterator[pw.Database]:
    database = project.database
    mine = {**database.connect_params, "user": user, "password": PASSWORD}
    if isinstance(database, pw.MySQLDatabase):
        project.sql(f"DROP USER IF EXISTS {user}@'%%'")
        project.sql(f"CREATE USER {user}@'%%' IDENTIFIED BY '{PASSWORD}'")
        project.sql(f"GRANT SELECT ON `{database.database}`.* TO {user}@'%%'")
        drop = (f"DROP USER {user}@'%%'",)
    else:
        project.sql(f"DROP ROLE IF EXISTS {user}")
        project.sql(f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")
        project.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        project.sql(f"GRANT USAGE ON SCHEMA public TO {user}")
        drop = (f"REASSIGN OWNED BY {user} TO CURRENT_USER", f"DROP OWNED BY {user}", f"DROP ROLE {user}")
    try:
        yield type(database)(database.database, **mine)
    finally:
        for sql in drop:
            project.sql(sql)


def own_tables(limited: Limited) -> None:
    """Let the user write our own tables, and nothing else."""
    project, user = limited.project, limited.user
    if isinstance(limited.database, pw.MySQLDatabase):
        for table in ("migratehistory", "migratehistory_journal"):
            project.sql(f"GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON {table} TO {user}@'%%'")
        return
    project.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}")
    project.sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {user}")


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_migration_needs(limited: Limited, change: str) -> None:
    """Refused before the first write, with everything that is missing; granted, it goes through."""
    project = limited.project
    project.write("001_start", START)
    project.manager().migrate()
    project.database.close()
    own_tables(limited)
    project.write("002_change", CHANGES[change])
    before = limited.everything()
    with pytest.raises(NotAllowedError) as raised:
        limited.manager().migrate()
    error = raised.value
    assert limited.user in error.message
    assert "person" in error.message or change == "create"
    assert error.state == NOTHING_KEPT
    assert limited.everything() == before
    told = [s for s in diagnose(limited.manager()).symptoms if s.about == "privileges"]
    assert [s.severity for s in told] == ["problem"] * len(told)
    assert {r.text for s in told for r in s.repairs} == {x for x in error.hint.splitlines() if x.endswith(";")}
    limited.grant(error)
    assert [s for s in diagnose(limited.manager()).symptoms if s.about == "privileges"] == []
    assert limited.manager().migrate().applied == ("002_change",)


def test_tables_of_our_own_that_cannot_be_made(limited: Limited) -> None:
    """History and journal come first, so they are what is missing first; with the grants all is made."""
    limited.project.write("001_start", START)
    before = limited.everything()
    with pytest.raises(NotAllowedError) as raised:
        limited.manager().migrate()
    assert "lacks CREATE" in raised.value.message
    assert limited.everything() == before
    limited.grant(raised.value)
    assert limited.manager().migrate().applied == ("001_start",)


def test_a_history_that_may_not_be_read(limited: Limited) -> None:
    """Status, too, says who may not do what, and shows no traceback."""
    project = limited.project
    project.write("001_start", START)
    project.manager().migrate()
    project.database.close()
    if isinstance(limited.database, pw.MySQLDatabase):
        project.sql(f"REVOKE SELECT ON `{project.database.database}`.* FROM {limited.user}@'%%'")
        project.sql(f"GRANT SELECT ON person TO {limited.user}@'%%'")
    for ask in (limited.manager().status, limited.manager().migrate, limited.manager().plan, limited.manager().check):
        with pytest.raises(NotAllowedError, match="migratehistory") as raised:
            ask()
        assert [line for line in raised.value.hint.splitlines() if line.startswith("GRANT ")]
    symptoms = diagnose(limited.manager()).symptoms
    (told,) = [s for s in symptoms if s.about == "privileges"]
    assert (told.severity, limited.user in told.message) == ("problem", True)
    assert [s.message for s in symptoms if "denied" in s.message and "migratehistory" in s.message] == []
    for repair in told.repairs:
        project.sql(repair.text.replace("%", "%%"))
    assert [entry.name for entry in limited.manager().status().applied] == ["001_start"]
    assert [s for s in diagnose(limited.manager()).symptoms if s.about == "privileges"] == []


def test_who_migrates_is_known_to_those_who_see_no_other_connections(limited: Limited) -> None:
    """The server tells them less, but not that nobody does."""
    project = limited.project
    project.write("001_start", START)
    project.manager().migrate()
    holder = project.manager()
    with holder.target.connected(), holder.target.locked(), limited.database.connection_context():
        told = limited.manager().target.migrator()
    assert "connection " in told or f"({os.getpid()})" in told
    with limited.database.connection_context():
        assert limited.manager().target.migrator() == ""


def test_what_cannot_be_known_beforehand(limited: Limited) -> None:
    """Raw SQL is refused by the server in its own words; what was kept before it is told."""
    project = limited.project
    project.write("001_start", START)
    project.manager().migrate()
    project.database.close()
    own_tables(limited)
    if isinstance(limited.database, pw.MySQLDatabase):
        project.sql(f"GRANT ALTER ON person TO {limited.user}@'%%'")
        kept = "what came before it in this migration was kept"
    else:
        project.sql(f"ALTER TABLE person OWNER TO {limited.user}")
        project.sql(f"GRANT CREATE ON SCHEMA public TO {limited.user}")
        kept = NOTHING_KEPT
    project.write("002_change", f"{CHANGES['alter']}\nmigrator.sql('UPDATE secret SET a = 1')")
    project.sql("CREATE TABLE secret (a int)")
    with pytest.raises(NotAllowedError) as raised:
        limited.manager().migrate()
    assert "in: UPDATE secret" in str(raised.value)
    assert kept in raised.value.state


def test_a_rollback_is_refused_alike(limited: Limited) -> None:
    """Dropping a column needs what adding it did."""
    project = limited.project
    project.write("001_start", START)
    project.write("002_age", CHANGES["alter"], "migrator.remove_fields('person', 'age')")
    project.manager().migrate()
    project.database.close()
    own_tables(limited)
    before = limited.everything()
    with pytest.raises(NotAllowedError, match="person"):
        limited.manager().rollback()
    assert limited.everything() == before


def test_a_role_that_gives_it(limited: Limited) -> None:
    """What comes by a role counts; MariaDB lists it, and what it does not list is left to the server."""
    project, user = limited.project, limited.user
    role = f"r_{user}"[:30]
    mysql = isinstance(limited.database, pw.MySQLDatabase)
    project.sql(f"CREATE ROLE {role}")
    try:
        if mysql:
            project.sql(f"GRANT ALL ON `{project.database.database}`.* TO {role}")
            project.sql(f"GRANT {role} TO {user}@'%%'")
            project.sql(f"SET DEFAULT ROLE {role} FOR {user}@'%%'")
        else:
            project.sql(f"GRANT CREATE ON SCHEMA public TO {role}")
            project.sql(f"GRANT {role} TO {user}")
        project.write("001_start", START)
        assert limited.manager().migrate().applied == ("001_start",)
    finally:
        if not mysql:
            project.sql(f"DROP OWNED BY {role}")
        project.sql(f"DROP ROLE {role}")


# ---------------------------------------------------------------------- nobody may


def test_a_database_that_takes_no_writes(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> None:
    """Status, plan and check work and write nothing; migrate is refused at once."""
    project = ServerProject(tmp_path, postgres)
    project.write("001_start", START)
    project.manager().migrate()
    project.write(
        "002_change", "migrator.add_fields('person', age=pw.IntegerField(default=1, constraints=[pw.Check('age > 0')]))"
    )
    postgres.close()
    options = {**postgres.connect_params, "options": "-c default_transaction_read_only=on"}
    reads = ServerProject.__new__(ServerProject)
    reads.directory, reads.database, reads.models = project.directory, type(postgres)(postgres.database, **options), ()
    _only_reads(reads.manager(), project.sql)


def _only_reads(manager: MigrationManager, sql: Callable[..., list[Any]]) -> None:
    state = "SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2"
    before = sql(state), sql("SELECT * FROM migratehistory_journal")
    assert [entry.name for entry in manager.status().applied] == ["001_start"]
    assert [step.name for step in manager.plan().steps] == ["002_change"]
    findings = [finding.message for finding in manager.check().findings]
    assert findings[0] == "002_change is not applied"
    assert findings[1].startswith("only names were compared with the migrations, no types and rules: ")
    assert len(findings) == 2
    with pytest.raises(NotAllowedError, match="the server takes no writes") as raised:
        manager.migrate()
    assert raised.value.state == NOTHING_KEPT
    assert not diagnose(manager).ok
    assert (sql(state), sql("SELECT * FROM migratehistory_journal")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, who may write nothing")
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_of_somebody_else(tmp_path: Path, journal: str) -> None:
    """Status, plan, check and doctor work as a user who may only read, and migrate is refused at once."""
    from ..sqlite.project import Project

    project = Project(tmp_path)
    project.start("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)")
    project.write("002_change", "migrator.sql('ALTER TABLE person ADD age INT')")
    project.sql(f"PRAGMA journal_mode = {journal}")
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    before = project.everything()
    entries = sorted(entry.name for entry in tmp_path.iterdir())
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        manager = MigrationManager(pw.SqliteDatabase(str(project.path)), project.directory)
        words = [manager.status().pending[0], manager.plan().steps[0].name, manager.check().findings[0].message]
        words += [s.about for s in diagnose(manager).symptoms if s.severity == "warning"]
        try:
            manager.migrate()
        except PeewitError as error:
            words.append(type(error).__name__ + ": " + str(error))
        os.write(tell, "\n".join(words).encode())
        os._exit(0)
    os.close(tell)
    text = os.read(told, 4000).decode().splitlines()
    os.close(told)
    os.waitpid(child, 0)
    assert text[:3] == ["002_change", "002_change", "002_change is not applied"]
    assert text[3:6] == ["files", "permissions", "permissions"]
    assert "Permission denied" in text[6] or "may not be written" in text[6]
    assert project.everything() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == entries


# ---------------------------------------------------------------------- a server of one's own


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Limited]:
    """A MariaDB that takes no writes of a user who may all but set that aside."""
    program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("mariadbd is not installed")
    place = Path(tempfile.mkdtemp(prefix="peewit-"))  # the path of a socket is short
    place.chmod(0o711)
    with servers._own(place / "own", servers.MARIADB) as (user, data):
        process = servers._start_mariadb(data, program, user)
        try:
            while not servers._mariadb_is_up(data):
                time.sleep(0.05)
            socket = {"unix_socket": str(data / "socket")}
            root = pw.MySQLDatabase("mysql", user="root", **socket)
            with root.connection_context():
                root.execute_sql("CREATE DATABASE app")
                root.execute_sql(f"CREATE USER app@localhost IDENTIFIED BY '{PASSWORD}'")
                root.execute_sql("GRANT ALL ON app.* TO app@localhost")
            project = ServerProject(tmp_path, pw.MySQLDatabase("app", user="root", **socket))
            yield Limited(project, pw.MySQLDatabase("app", user="app", password=PASSWORD, **socket), "app")
        finally:
            process.terminate()
            process.wait(30)
            shutil.rmtree(place)


def test_a_replica(read_only: Limited) -> None:
    """What takes no writes can be looked at; doctor's statement opens it."""
    project = read_only.project
    project.write("001_start", START)
    project.manager().migrate()
    project.write("002_change", CHANGES["alter"])
    project.sql("SET GLOBAL read_only = 1")
    _only_reads(read_only.manager(), project.sql)
    told = [s for s in diagnose(read_only.manager()).symptoms if s.severity == "warning"]
    assert [s.about for s in told] == ["server", "files"]
    project.sql(told[0].repairs[0].text)
    assert read_only.manager().migrate().applied == ("002_change",)
    # And what only a server of one's own may be set to.
    project.sql("SET GLOBAL sql_mode = 'NO_ENGINE_SUBSTITUTION', default_storage_engine = MyISAM")
    told = [s for s in diagnose(read_only.manager()).symptoms if s.severity == "warning"]
    assert [s.about for s in told] == ["sql_mode", "engine"]
    for symptom in told:
        project.sql(symptom.repairs[0].text)
    assert diagnose(read_only.manager()).ok
    project.database.close()
