"""A lease: a row with a term and a token, where a session's lock does not hold."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse.pool import PooledMySQLDatabase, PooledPostgresqlDatabase

from peewit import MigrationManager
from peewit.doctor import diagnose
from peewit.errors import LockLostError, UnsupportedChangeError
from peewit.reports import Symptom

from ..pooler import PROGRAM, pooled
from ..servers import Server
from .application import Application, ended

LEASE_ROW = "SELECT token, session, steps > 0, doing FROM migratehistory_lease"
BOTH = [("002_held",)]


@pytest.fixture
def application(tmp_path: Path, database: pw.Database) -> Application:
    return Application(database=database, folder=tmp_path)


@pytest.fixture
def behind(tmp_path: Path, postgres: pw.PostgresqlDatabase, postgres_server: Server) -> Iterator[Application]:
    """The application behind a transaction pooler."""
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed")
    with pooled(postgres_server) as server:
        yield Application(database=server.connect(str(postgres.database)), folder=tmp_path)


def test_it_is_taken_and_given_back(application: Application) -> None:
    """Each run takes the next token; the row stays, its term is over, and nobody's session is named."""
    application.write_chain(2, 0)
    assert application.run(lock="lease").applied == ("001_x", "002_x")
    assert application.sql(LEASE_ROW) == [(1, 0, True, "migrate 002_x")]
    application.write("003_y", "pass")
    assert application.run(lock="lease").applied == ("003_y",)
    assert application.sql("SELECT token FROM migratehistory_lease") == [(2,)]


@pytest.mark.one_version
def test_a_session_needs_none(application: Application) -> None:
    """On a server of one node, without a pooler, there is no such table."""
    application.write_chain(1, 0)
    assert application.run().applied == ("001_x",)
    assert "migratehistory_lease" not in application.database.get_tables()


@pytest.mark.one_version
@pytest.mark.parametrize("lock", ["session", "lease"])
def test_many_start_at_once(application: Application, lock: str) -> None:
    """Each migration runs once, and all come up."""
    application.term = 30.0
    application.write_chain(3, 0.1)
    starts = [application.start(lock=lock) for _ in range(4)]
    found = [ended(start) for start in starts]
    assert [(one.code, one.error) for one in found] == [(0, "")] * 4
    assert sorted(name for one in found for name in one.applied) == ["001_x", "002_x", "003_x"]
    assert sorted(application.sql("SELECT name FROM ran")) == [("001",), ("002",), ("003",)]


@pytest.mark.one_version
@pytest.mark.parametrize("lock", ["session", "lease"])
def test_a_killed_holder_blocks_nobody(application: Application, lock: str) -> None:
    """The next one takes over, at once or when the term is over, and finishes."""
    application.write_held()
    with application.holding(lock=lock) as holder:
        holder.kill()
        holder.wait()
        application.mark.unlink()
        second = application.run(lock=lock)
    assert (second.code, second.applied) == (0, ("002_held",)), second.error
    assert sorted(application.sql("SELECT name FROM ran")) == [("after",), ("before",)]


@pytest.mark.one_version
def test_doctor_names_who_has_it(application: Application) -> None:
    """With what it is at, and until when others wait if it is gone; afterwards nobody migrates."""
    application.term = 30.0
    application.write_held()
    with application.holding(lock="lease") as holder:
        held, *_ = locks_of(application)
        assert held.message.startswith("a migration is running: ")
        assert f"({holder.pid}) since 20" in held.message
        assert ", at migrate 00" in held.message
        assert "takes over after 20" in held.meaning
        application.mark.unlink()
        holder.wait()
    assert [symptom.message for symptom in locks_of(application)] == ["nobody migrates"]


def locks_of(application: Application) -> list[Symptom]:
    diagnosis = diagnose(MigrationManager(application.database, application.migrations))
    return [symptom for symptom in diagnosis.symptoms if symptom.about == "lock"]


@pytest.mark.one_version
def test_a_pool_that_is_full_is_no_hindrance(application: Application) -> None:
    """The lease is kept alive on a connection of its own, beside the pool."""
    kinds: dict[type, Any] = {pw.PostgresqlDatabase: PooledPostgresqlDatabase, pw.MySQLDatabase: PooledMySQLDatabase}
    plain = application.database
    pool = kinds[type(plain)](plain.database, max_connections=1, timeout=1, **plain.connect_params)
    application.write_chain(2, 0)
    assert MigrationManager(pool, application.migrations, lock="lease").migrate().applied == ("001_x", "002_x")
    pool.close_all()
    assert application.sql("SELECT token FROM migratehistory_lease") == [(1,)]


@pytest.mark.one_version
def test_a_child_does_not_keep_the_lock(application: Application) -> None:
    """What a migration forked outlives its killed holder, whose session ends with it; nor does it end that session."""
    child = application.folder / "child"
    application.write("001_start", "database.execute_sql('CREATE TABLE ran (name VARCHAR(20))')")
    application.write(
        "002_forks",
        f"""
        def fork():
            mark = pathlib.Path({str(application.mark)!r})
            if mark.exists():
                return
            if os.fork() == 0:
                database.close()
                os._exit(0)
            os.wait()
            database.execute_sql("SELECT 1")
            thread = threading.Thread(target=sleeping_child)
            thread.start()
            thread.join()
            mark.touch()
            time.sleep(60)
        def sleeping_child():
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            pathlib.Path({str(child)!r}).write_text(str(child))
        migrator.run(fork)
        """,
    )
    with application.holding() as first:
        first.kill()
        first.wait()
        try:
            os.kill(int(child.read_text()), 0)
            second = application.run(lock_timeout=2.0)
        finally:
            os.kill(int(child.read_text()), signal.SIGKILL)
    assert (second.code, second.applied) == (0, ("002_forks",)), second.error


def stopped_past_its_term(application: Application, lock: str) -> None:
    application.write_held()
    with application.holding(lock=lock) as first:
        os.kill(first.pid, signal.SIGSTOP)
        (application.folder / "once").touch()
        application.mark.unlink()
        second = application.run(lock=lock)
        assert (second.code, second.applied) == (0, ("002_held",)), second.error
        rows = application.sql("SELECT name FROM ran ORDER BY 1")
        assert rows == [("after",), ("before",)]
        os.kill(first.pid, signal.SIGCONT)
        found = ended(first)
    assert found.code == 2, found.error
    assert "has lost the lease" in found.error
    assert "has taken over" in found.error
    assert "peewit status" in found.error
    assert application.sql("SELECT name FROM ran ORDER BY 1") == rows
    assert application.sql("SELECT name FROM migratehistory ORDER BY id") == [("001_start",), ("002_held",)]
    assert application.sql("SELECT token FROM migratehistory_lease") == [(2,)]


@pytest.mark.one_version
def test_a_holder_stopped_past_its_term_writes_nothing_more(application: Application) -> None:
    """Its session is ended, so that its open transaction is in nobody's way; continued, it says what happened."""
    stopped_past_its_term(application, "lease")


def test_behind_a_pooler_it_is_taken_by_itself(behind: Application) -> None:
    """No lock of a session is left on a connection that others use; what is in the row is that of a lease."""
    behind.write_chain(3, 0)
    assert behind.run().applied == ("001_x", "002_x", "003_x")
    assert behind.sql(LEASE_ROW) == [(1, 0, True, "migrate 003_x")]
    of_ours = "JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
    assert behind.sql(f"SELECT count(*) FROM pg_locks l {of_ours} WHERE l.locktype = 'advisory'") == [(0,)]


@pytest.mark.one_version
def test_many_start_at_once_behind_a_pooler(behind: Application) -> None:
    """Each migration runs once, and all come up."""
    behind.term = 30.0
    behind.write_chain(3, 0.1)
    starts = [behind.start() for _ in range(4)]
    found = [ended(start) for start in starts]
    assert [(one.code, one.error) for one in found] == [(0, "")] * 4
    assert sorted(behind.sql("SELECT name FROM ran")) == [("001",), ("002",), ("003",)]


def test_stopped_behind_a_pooler(behind: Application) -> None:
    """The server process that runs its transaction is found and ended, whichever it is."""
    stopped_past_its_term(behind, "auto")


def test_without_a_transaction_a_pooler_is_refused(behind: Application) -> None:
    """Before anything of it is written, with two ways out."""
    behind.write("001_x", "migrator.sql('CREATE TABLE t (id INTEGER)')", head="atomic = False\n")
    manager = MigrationManager(behind.database, behind.migrations)
    with pytest.raises(UnsupportedChangeError, match="pooler") as raised:
        manager.migrate()
    assert "--lock session" in str(raised.value)
    assert behind.sql("SELECT count(*) FROM pg_tables WHERE tablename IN ('t', 'migratehistory')") == [(0,)]


def test_looking_and_writing_files_behind_a_pooler(behind: Application) -> None:
    """Status, plan, check and create work through it, many times over, with either driver."""

    class Person(pw.Model):
        name = pw.CharField(null=True)

        class Meta:
            table_name = "person"

    manager = MigrationManager(behind.database, behind.migrations, models=(Person,))
    assert manager.create("person") is not None
    assert len(manager.plan().steps) == 1
    manager.migrate()
    for _ in range(8):
        assert manager.status().up_to_date
        assert manager.check().ok


ENDED = "UPDATE migratehistory_journal SET action = 'migrate', steps = '[1]' WHERE id = 1"
"""Another process has ended what was begun; by its number, because what this run notes meanwhile is locked."""


def lost_by(application: Application, *statements: str, atomic: bool) -> LockLostError:
    """What a run says from which another process takes the lease in its middle, and then does something more."""
    more = "".join(f"\n                other.execute_sql({sql!r})" for sql in statements)
    application.write(
        "001_x",
        f"""
        other = type(database)(database.database, **database.connect_params)
        migrator.sql("CREATE TABLE first (id INTEGER)")
        def taken():
            with other.connection_context():
                other.execute_sql("UPDATE migratehistory_lease SET token = token + 1, holder = 'a@b (1)'"){more}
        migrator.run(taken)
        migrator.sql("CREATE TABLE second (id INTEGER)")
        """,
        head=f"atomic = {atomic}\n",
    )
    with pytest.raises(LockLostError, match=r"a@b \(1\) has taken over") as raised:
        MigrationManager(application.database, application.migrations, lock="lease").migrate()
    return raised.value


@pytest.mark.parametrize("atomic", [True, False])
def test_who_lost_it_keeps_nothing_more(application: Application, atomic: bool) -> None:
    """A token that is not its own any more: the error says what was kept, and no history row is there."""
    told = lost_by(application, atomic=atomic)
    undone = atomic and isinstance(application.database, pw.PostgresqlDatabase)
    assert ("nothing of this migration was kept" in str(told)) is undone
    assert application.database.is_closed()
    tables = application.database.get_tables()
    assert ("first" in tables, "second" in tables) == (not undone, False)
    assert MigrationManager(application.database, application.migrations, lock="lease").status().applied == ()


def test_who_lost_it_says_that_another_has_ended_its_run(application: Application) -> None:
    """What it had begun is over, and its own notes of it are gone."""
    told = lost_by(application, ENDED, atomic=False)
    assert "another process has ended what this one had begun" in told.state, str(told)
