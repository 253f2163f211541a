"""A connection to a server that breaks off: told as that, with where the database stands and what to type next."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest
from playhouse.shortcuts import ReconnectMixin

from peewit import ConnectionLostError
from peewit.reports import Event, Executing

from ..server_project import ServerProject

KILL = {
    pw.PostgresqlDatabase: "SELECT pg_terminate_backend(pg_backend_pid())",
    pw.MySQLDatabase: "KILL CONNECTION_ID()",
}


def killing(project: ServerProject, mark: Path, back: str = "pass") -> None:
    """Two migrations, the second of which ends its own connection for as long as the mark is there."""
    sql = next(sql for kind, sql in KILL.items() if isinstance(project.database, kind))
    project.write("001_start", "migrator.sql('CREATE TABLE note (id INTEGER)')")
    project.write(
        "002_killed",
        f"""
        import os
        def work():
            database.execute_sql("INSERT INTO note VALUES (1)")
            if os.path.exists({str(mark)!r}):
                database.execute_sql({sql!r})
        migrator.run(work)
        """,
        back,
    )


def test_a_connection_that_breaks_off_in_a_migration(tmp_path: Path, database: pw.Database) -> None:
    """The error is ours and says all; the same manager goes on when the server answers again, and nothing runs twice."""
    project, mark = ServerProject(tmp_path, database), tmp_path / "mark"
    mark.touch()
    killing(project, mark)
    manager = project.manager()

    with pytest.raises(ConnectionLostError) as raised:
        manager.migrate()

    text = str(raised.value)
    assert text.startswith("migration 002_killed: the connection to the server was lost: ")
    assert "it is not known whether" in text
    assert "\napplied before it: 001_start\n" in text
    assert "peewit status tells what was applied, and peewit migrate goes on from there" in text
    assert raised.value.exit_code == 2

    mark.unlink()
    assert manager.migrate().applied == ("002_killed",)
    assert [row[0] for row in project.sql("SELECT id FROM note")] == [1]


def test_a_connection_of_the_application_that_breaks_off(tmp_path: Path, database: pw.Database) -> None:
    """The connection the application had open is of no use any more, so it is closed: its next use opens another."""
    project, mark = ServerProject(tmp_path, database), tmp_path / "mark"
    mark.touch()
    killing(project, mark)
    database.connect()

    with pytest.raises(ConnectionLostError):
        project.manager().migrate()

    assert database.is_closed()
    assert [entry.name for entry in project.manager().status().applied] == ["001_start"]


def test_a_failure_of_ours_is_not_hidden_by_a_connection_that_breaks_off_afterwards(
    tmp_path: Path, database: pw.Database
) -> None:
    """What failed first is told, also where nothing could be rolled back any more."""
    project = ServerProject(tmp_path, database)
    sql = next(sql for kind, sql in KILL.items() if isinstance(database, kind))
    project.write(
        "001_start",
        f"""
        from peewit import DataError
        def work():
            try:
                database.execute_sql({sql!r})
            except Exception:
                raise DataError("the rows do not fit") from None
        migrator.run(work)
        """,
    )

    with pytest.raises(Exception, match="migration 001_start: the rows do not fit"):
        project.manager().migrate()


class Reconnecting(ReconnectMixin, pw.MySQLDatabase):
    """Connects anew by itself, as an application's may."""


def test_a_connection_that_breaks_off_in_a_rollback(tmp_path: Path, database: pw.Database) -> None:
    """What goes on is the rollback."""
    project, mark = ServerProject(tmp_path, database), tmp_path / "mark"
    killing(project, mark, back="migrate(migrator, database)")
    project.manager().migrate()
    mark.touch()

    with pytest.raises(ConnectionLostError) as raised:
        project.manager().rollback()

    assert "peewit status tells what was applied, and peewit rollback goes on from there" in raised.value.hint
    mark.unlink()
    assert project.manager().rollback().rolled_back == ("002_killed",)


def test_a_connection_made_anew_does_not_migrate(tmp_path: Path, mariadb: pw.MySQLDatabase) -> None:
    """It has neither the lock nor the settings: the run stops before it writes, and goes on when it is asked to."""
    database = Reconnecting(mariadb.database, **mariadb.connect_params)
    project = ServerProject(tmp_path, database)
    project.write(
        "001_start",
        """
        migrator.sql("CREATE TABLE note (id INTEGER)")
        migrator.run(lambda: database.execute_sql("SELECT 1"))
        migrator.sql("CREATE TABLE other (id INTEGER)")
        """,
    )
    killer = pw.MySQLDatabase(mariadb.database, **mariadb.connect_params)

    def kill(event: Event) -> None:
        if isinstance(event, Executing) and "other" in str(event.statement):
            killer.execute_sql(f"KILL {database.connection().thread_id()}")

    with pytest.raises(ConnectionLostError) as raised:
        project.manager().migrate(tell=kill)
    killer.close()
    assert "peewit migrate goes on from there" in raised.value.hint
    assert project.sql("SHOW TABLES LIKE 'other'") == []
    assert project.manager().migrate().applied == ("001_start",)
    assert project.sql("SHOW TABLES LIKE 'other'") == [("other",)]
