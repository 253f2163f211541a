"""Going back to a copy of a SQLite file: what it was comes back, and what it is until then is kept, too."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import sqlite3
import threading
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import BackupError, ConfigError, LockBusyError, MigrationManager, PeewitError, UnknownTargetError
from peewit.cli import main
from peewit.restoring import copies, restore
from peewit.run.database.lock import locked

from ..killing import killed_in
from ..server_project import ServerProject


@pytest.fixture(params=["delete", "wal"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> ServerProject:
    """A table whose column a migration has dropped, with its values."""
    database = pw.SqliteDatabase(tmp_path / "app.db", pragmas={"journal_mode": request.param})
    project = ServerProject(tmp_path, database)
    project.write("001_begin", "migrator.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)')")
    project.manager().migrate()
    project.sql("INSERT INTO t (a, b) VALUES ('x', 'kept'), ('y', NULL)")
    project.write("002_drop", "migrator.remove_fields('t', 'b')", "migrator.add_fields('t', b=pw.TextField(null=True))")
    project.manager().migrate()
    project.sql("INSERT INTO t (a) VALUES ('later')")
    return project


def rows_of(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT * FROM t ORDER BY id").fetchall()
    finally:
        connection.close()


def test_a_copy_by_the_migration_it_was_made_before(project: ServerProject) -> None:
    """Rows, schema and history are those of the copy; the state until then is in another one."""
    manager = project.manager()
    (copy,) = copies(manager)
    assert (copy.before, copy.path.name.startswith("app.db-before-002_drop-")) == ("002_drop", True)

    restored = restore(manager, "002_drop")

    assert project.sql("SELECT * FROM t ORDER BY id") == [(1, "x", "kept"), (2, "y", None)]
    assert (restored.applied, restored.pending) == (("001_begin",), ("002_drop",))
    assert restored.former is not None
    assert rows_of(restored.former) == [(1, "x"), (2, "y"), (3, "later")]
    restore(manager, str(restored.former))
    assert project.sql("SELECT a FROM t ORDER BY id") == [("x",), ("y",), ("later",)]
    assert manager.check().ok


def test_who_has_the_file_open_sees_the_copy(project: ServerProject) -> None:
    """No connection is left looking at a file that is no longer the database."""
    other = sqlite3.connect(project.directory.parent / "app.db")
    assert other.execute("SELECT count(*) FROM t").fetchone() == (3,)

    restore(project.manager(), "002_drop")

    assert other.execute("SELECT count(*), max(b) FROM t").fetchone() == (2, "kept")
    other.execute("INSERT INTO t (b) VALUES ('new')")
    other.commit()
    other.close()
    assert project.sql("SELECT count(*) FROM t") == [(3,)]


def test_somebody_who_writes_is_waited_for(project: ServerProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that stays locked is left as it is."""
    monkeypatch.setattr("peewit.run.sessions.backup.PATIENCE", 0.2)
    monkeypatch.setattr("peewit.restoring.PATIENCE", 0.2)
    other = sqlite3.connect(project.directory.parent / "app.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(BackupError, match="locked") as raised:
        restore(project.manager(), "002_drop")

    assert "the database is unchanged" in str(raised.value)
    other.execute("ROLLBACK")
    assert other.execute("SELECT count(*) FROM t").fetchone() == (3,)
    other.close()


def test_a_migrator_is_waited_for(project: ServerProject) -> None:
    """Nothing is restored under a run."""
    with locked(str(project.directory.parent / "app.db"), 1.0), pytest.raises(LockBusyError):
        restore(project.manager(lock_timeout=0.0), "002_drop")

    assert project.sql("SELECT count(*) FROM t") == [(3,)]


@pytest.mark.parametrize("damage", [b"this is no database any more" * 500, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_database_is_kept_as_it_is_and_replaced(project: ServerProject, damage: bytes) -> None:
    """The way back from the worst: what lies there is set aside, byte for byte."""
    path = project.directory.parent / "app.db"
    project.database.close()
    for name in ("app.db-wal", "app.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.write_bytes(damage)

    restored = restore(project.manager(), "002_drop")

    assert restored.former is not None
    assert restored.former.read_bytes() == damage
    assert project.sql("SELECT b FROM t ORDER BY id") == [("kept",), (None,)]


def test_the_log_of_a_damaged_database_is_kept_with_it(tmp_path: Path) -> None:
    """It holds rows that were never written into the file: with another database beside it they would be lost."""
    path, copy = tmp_path / "app.db", tmp_path / "copy.db"
    project = ServerProject(tmp_path, pw.SqliteDatabase(path))
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = wal")
    writer.execute("CREATE TABLE t (a TEXT)")
    writer.execute("PRAGMA wal_checkpoint")
    shutil.copy(path, copy)
    sound = path.read_bytes()
    writer.execute("INSERT INTO t VALUES ('in the log')")
    path.write_bytes(b"this is no database any more" * 500)

    aside = restore(project.manager(), str(copy)).former  # with the log still in use

    assert aside is not None
    assert rows_in(path, "t") == []
    writer.close()
    aside.write_bytes(sound)  # what whoever repairs the file comes to
    assert rows_in(aside, "t") == [("in the log",)]


def rows_in(path: Path, table: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_killed_while_a_damaged_database_is_replaced(project: ServerProject) -> None:
    """No half of a database, and no empty one, is ever under its name: the next start would take it for new."""
    path = project.directory.parent / "app.db"
    project.database.close()
    for name in ("app.db-wal", "app.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    damage = b"this is no database any more" * 500
    path.write_bytes(damage)

    def run() -> None:
        sqlite3.connect = functools.partial(sqlite3.connect, factory=DyingInBackup)
        restore(project.manager(), "002_drop")

    assert killed_in(run)
    assert path.read_bytes() == damage
    restored = restore(project.manager(), "002_drop")
    assert restored.former is not None
    assert restored.former.read_bytes() == damage
    assert list(path.parent.glob("*.part*")) == []
    assert project.sql("SELECT b FROM t ORDER BY id") == [("kept",), (None,)]


class DyingInBackup(sqlite3.Connection):
    """Dies as soon as something was written."""

    def backup(self, target: sqlite3.Connection, **_: object) -> None:
        super().backup(target)
        os.kill(os.getpid(), signal.SIGKILL)


def test_it_is_told_as_done_where_others_lock_the_database_at_once(
    project: ServerProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is now is known from the copy: nobody has to wait for a look at it, nor be told that it failed."""
    project.database.timeout = 0.1
    others: list[sqlite3.Connection] = []

    class LeavingItLocked(sqlite3.Connection):
        """When it was written into a database, and is closed, another connection locks that."""

        into = ""

        def backup(self, target: sqlite3.Connection, **settings: Any) -> None:
            super().backup(target, **settings)
            self.into = target.execute("PRAGMA database_list").fetchone()[2]

        def close(self) -> None:
            super().close()
            if self.into.endswith("app.db"):
                others.append(sqlite3.connect(self.into, isolation_level=None))
                others[0].execute("PRAGMA locking_mode = EXCLUSIVE")
                others[0].execute("BEGIN EXCLUSIVE")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=LeavingItLocked))
        restored = restore(project.manager(), "002_drop")

    assert (restored.applied, restored.pending) == (("001_begin",), ("002_drop",))
    others[0].close()
    assert project.sql("SELECT * FROM t ORDER BY id") == [(1, "x", "kept"), (2, "y", None)]


def test_what_others_write_meanwhile_is_in_one_of_them(project: ServerProject) -> None:
    """What was written until then is in the copy, and what is written after it in the database: nothing in neither."""
    path, stop = project.directory.parent / "app.db", threading.Event()
    written: list[str] = []

    def write() -> None:
        with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as other:
            while not stop.wait(0.001):  # a program that lets others have a turn
                other.execute("INSERT INTO t (a) VALUES (?)", (text := f"w{len(written)}",))
                written.append(text)

    writer = threading.Thread(target=write)
    writer.start()
    formers: list[Path] = []
    try:
        while len(formers) < 8:
            with contextlib.suppress(BackupError):
                former = restore(project.manager(), "002_drop").former
                assert former is not None
                formers.append(former)
    finally:
        stop.set()
        writer.join()
    there = {row[1] for each in (path, *formers) for row in rows_of(each)}
    assert set(written) - there == set()


def test_a_rollback_that_fails_names_the_copy(tmp_path: Path) -> None:
    """What a migration has dropped is in it, whatever its way back can do; what is said to be typed works."""
    project = ServerProject(tmp_path, pw.SqliteDatabase(tmp_path / "app.db"))
    project.write("001_begin", "migrator.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)')")
    project.manager().migrate()
    project.sql("INSERT INTO t (a, b) VALUES ('x', 'kept')")
    project.write("002_drop", "migrator.remove_fields('t', 'b')", "raise ValueError('no way')")
    project.manager().migrate()

    with pytest.raises(PeewitError) as raised:
        project.manager().rollback()

    assert "no way" in raised.value.message
    assert "before that migration: peewit restore 002_drop" in raised.value.hint
    restore(project.manager(), "002_drop")
    assert rows_of(tmp_path / "app.db") == [(1, "x", "kept")]


def test_a_database_that_is_gone_comes_back(project: ServerProject) -> None:
    """With the permissions of its copy."""
    path = project.directory.parent / "app.db"
    project.database.close()
    copies(project.manager())[0].path.chmod(0o600)
    path.unlink()

    restored = restore(project.manager(), "002_drop")

    assert (restored.former, path.stat().st_mode & 0o777) == (None, 0o600)
    assert rows_of(path) == [(1, "x", "kept"), (2, "y", None)]


def test_a_copy_in_which_sqlite_sees_nulls_that_are_not_there(project: ServerProject) -> None:
    """A table WITHOUT ROWID whose key is not its first columns: the copy was refused as damaged."""
    (copy,) = copies(project.manager())
    there = sqlite3.connect(copy.path)
    there.execute("CREATE TABLE w (a TEXT NOT NULL, b INT NOT NULL, d INT NOT NULL, PRIMARY KEY (a, d)) WITHOUT ROWID")
    there.execute("INSERT INTO w VALUES ('x', 1, 2)")
    there.commit()
    there.close()

    restore(project.manager(), "002_drop")

    assert project.sql("SELECT * FROM w") == [("x", 1, 2)]


def test_a_damaged_copy_is_refused(project: ServerProject) -> None:
    """It is looked at before anything is touched."""
    (copy,) = copies(project.manager())
    content = copy.path.read_bytes()
    copy.path.write_bytes(content[: len(content) // 2])

    with pytest.raises(BackupError, match="is damaged"):
        restore(project.manager(), "002_drop")

    assert project.sql("SELECT count(*) FROM t") == [(3,)]


def test_a_copy_with_a_log_of_its_own(project: ServerProject, tmp_path: Path) -> None:
    """A file somebody copied while it was in use: what its log holds belongs to it."""
    path = tmp_path / "theirs.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = wal")
    writer.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
    writer.execute("INSERT INTO t (a) VALUES ('in the log')")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", tmp_path / f"copy.db{suffix}")
    writer.close()

    restore(project.manager(), str(tmp_path / "copy.db"))

    assert project.sql("SELECT a FROM t") == [("in the log",)]


def test_a_file_that_is_no_database_is_refused(project: ServerProject, tmp_path: Path) -> None:
    """An empty file, too, which SQLite would take for an empty database."""
    (tmp_path / "empty.db").touch()

    with pytest.raises(BackupError, match="is no SQLite database"):
        restore(project.manager(), str(tmp_path / "empty.db"))

    assert project.sql("SELECT count(*) FROM t") == [(3,)]


def told(project: ServerProject, capsys: pytest.CaptureFixture[str], copy: Path) -> tuple[int, list[str]]:
    """The exit code of `peewit restore`, and what it says is wrong."""
    path = project.directory.parent / "app.db"
    code = main(["restore", "--database", f"sqlite:///{path}", "--directory", str(project.directory), str(copy)])
    return code, capsys.readouterr().err.splitlines()


def test_the_database_is_no_copy_of_itself(
    project: ServerProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its name, or by a link to it: nothing is copied."""
    (tmp_path / "link.db").symlink_to(tmp_path / "app.db")
    before = copies(project.manager())
    for name in ("app.db", "link.db"):
        assert told(project, capsys, tmp_path / name) == (
            2,
            [
                f"error: {tmp_path / name} is the database itself, not a copy of it",
                "  the database is unchanged",
                "  which copies there are: peewit restore",
            ],
        )
    assert copies(project.manager()) == before


def test_what_is_no_database_is_no_damaged_copy(
    project: ServerProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy by its name is damaged; another file never was one."""
    text, copy = tmp_path / "pyproject.toml", copies(project.manager())[0].path
    text.write_text("[tool.peewit]\n")
    copy.write_bytes(b"")
    for path, what in ((text, f"{text} is no copy of a database"), (copy, f"the copy {copy} is damaged")):
        code, lines = told(project, capsys, path)
        assert (code, lines[0]) == (2, f"error: {what}: it is no SQLite database")


def test_a_database_by_a_link(project: ServerProject, tmp_path: Path) -> None:
    """The file it leads to is what is damaged, set aside and restored; the link stays one."""
    path = tmp_path / "app.db"
    project.database.close()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    for name in ("app.db-wal", "app.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.write_bytes(b"this is no database any more" * 500)

    restore(MigrationManager(pw.SqliteDatabase(link), project.directory), "002_drop")

    assert link.is_symlink()
    assert rows_of(path) == [(1, "x", "kept"), (2, "y", None)]


def test_a_copy_from_before_a_rollback_has_the_migration(project: ServerProject) -> None:
    """By its name only a copy without the migration is meant; the other kind is named, and taken on purpose."""
    manager = project.manager()
    project.write(
        "003_note", "migrator.add_fields('t', c=pw.TextField(default='n'))", "migrator.remove_fields('t', 'c')"
    )
    manager.migrate()
    for copy in copies(manager):
        copy.path.unlink()
    manager.rollback()
    (copy,) = copies(manager)
    assert copy.before == "rollback of 003_note"

    with pytest.raises(ConfigError) as raised:
        restore(manager, "003_note")

    assert str(raised.value).splitlines() == [
        "there is no copy from before migration 003_note, only one from before its rollback, which has it",
        "the database is unchanged",
        f"to go back to that one: peewit restore {copy.path}",
    ]
    assert restore(manager, str(copy.path)).applied == ("001_begin", "002_drop", "003_note")
    assert project.sql("SELECT c FROM t LIMIT 1") == [("n",)]
    manager.rollback()
    manager.migrate()
    assert restore(manager, "003_note").pending == ("003_note",)


@pytest.mark.parametrize("which", ["2", "002", "002_d", "drop", "002_drop"])
def test_a_copy_by_a_part_of_the_migrations_name(project: ServerProject, which: str) -> None:
    """A number, a beginning, what follows the number: as every other command takes it."""
    assert restore(project.manager(), which).copy.name.startswith("app.db-before-002_drop-")
    assert project.sql("SELECT b FROM t WHERE id = 1") == [("kept",)]


def test_a_part_of_a_name_that_two_have(project: ServerProject) -> None:
    """Both are named, and nothing is restored; a copy from before a rollback is meant by its own words only."""
    project.write(
        "002_more", "migrator.remove_fields('t', 'a')", "migrator.add_fields('t', a=pw.TextField(default='n'))"
    )
    manager = project.manager()
    manager.migrate()
    with pytest.raises(UnknownTargetError, match='"2" may mean 002_more, 002_drop'):
        restore(manager, "2")
    manager.rollback()
    assert restore(manager, "rollback of 002_m").applied == ("001_begin", "002_drop", "002_more")
    assert restore(manager, "more").pending == ("002_more",)


def test_copies_are_completed(
    project: ServerProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the shell, by the migration they were made before and by their names."""
    (copy,) = copies(project.manager())
    monkeypatch.setenv("PEEWIT_DATABASE", f"sqlite:///{project.directory.parent / 'app.db'}")
    monkeypatch.setenv("_PEEWIT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_CWORD", "2")
    for typed, found in (("0", ["002_drop"]), ("app", [copy.path.name]), ("x", [])):
        monkeypatch.setenv("COMP_WORDS", f"peewit restore {typed}")
        with pytest.raises(SystemExit):
            main([])
        assert capsys.readouterr().out.split() == [f"plain,{word}" for word in found]


def test_a_copy_that_is_not_there(project: ServerProject) -> None:
    """Those that are there are named."""
    with pytest.raises(ConfigError, match="no copy") as raised:
        restore(project.manager(), "003")

    assert "app.db-before-002_drop" in raised.value.hint


def test_no_copy_is_lost_by_restoring(project: ServerProject) -> None:
    """However many there are: the one that is restored stays, and so do the others."""
    manager = project.manager(keep_backups=1)
    for _ in range(3):
        restore(manager, "002_drop")

    assert [copy.before for copy in copies(manager)] == ["restore", "restore", "restore", "002_drop"]


def test_on_a_server_it_is_said_what_to_use(tmp_path: Path, database: pw.Database) -> None:
    """A server's database is no file."""
    with pytest.raises(ConfigError, match="SQLite"):
        restore(ServerProject(tmp_path, database).manager(), "002")


def test_the_command(project: ServerProject, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists the copies, goes back to one, and says what the next start would do."""
    path = project.directory.parent / "app.db"
    flags = ["--database", f"sqlite:///{path}", "--directory", str(project.directory)]

    assert main(["restore", *flags]) == 0
    listed = capsys.readouterr().out
    assert (f"copies of {path}" in listed, "before 002_drop" in listed) == (True, True)
    assert main(["restore", "002_drop", *flags]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path} is what it was in {path}-before-002_drop-")
    assert lines[1].startswith(f"  as it was until now: {path}-before-restore-")
    assert lines[2:] == [
        "1 applied, 1 pending",
        "  [ ] 002_drop",
        "what is pending is applied at the next start: repair or remove its file first",
    ]
