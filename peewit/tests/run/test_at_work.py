"""A run in pieces that a process is at: whoever looks is told by whom, and nothing of it is called interrupted."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest

from peewit.reports import Interrupted
from peewit.telling import drift

from ..server_project import ServerProject

START = """
    @migrator.create_model
    class Person(pw.Model):
        name = pw.CharField(null=True)
        class Meta:
            table_name = "person"
    """
SLOW = """
    import time
    migrator.add_fields("person", age=pw.IntegerField(null=True))
    migrator.run(lambda: time.sleep(60))
    """


@contextlib.contextmanager
def at_work(project: ServerProject, lock: str) -> Iterator[int]:
    """A process that has added a column, and is now in a function that takes long."""
    project.write("001_start", START)
    project.manager(lock=lock).migrate()
    project.database.close()
    project.write("002_slow", SLOW, head="atomic = False\n")
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            project.manager(lock=lock).migrate()
        os._exit(0)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def once(project: ServerProject, standing: str) -> Interrupted:
    """The one run, once it is what it is to be."""
    deadline = time.monotonic() + 40
    while True:
        found = project.manager().status().interrupted
        if found and found[0].done and found[0].standing == standing:
            return found[0]
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def check_told(project: ServerProject, lock: str = "auto") -> None:
    with at_work(project, lock) as child:
        run = once(project, "running")
        assert f"({child})" in run.migrator
        assert run.next == "peewit status"
        (finding,) = project.manager().check().findings
        assert finding.message.startswith("the migrate of 002_slow is being run by ")
        found = drift(project.manager())
        assert (found.ok, found.differences, found.sql) == (False, (), ())
        assert [run.standing for run in found.half_done] == ["running"]
    if lock == "auto":
        assert once(project, "interrupted").next == "peewit migrate"
        assert [f.message.partition(" (")[0] for f in project.manager().check().findings] == [
            "the migrate of 002_slow was interrupted"
        ]


def test_on_a_file(tmp_path: Path) -> None:
    """By the file that is the lock."""
    check_told(ServerProject(tmp_path, pw.SqliteDatabase(str(tmp_path / "app.db"))))


@pytest.mark.one_version
@pytest.mark.parametrize("lock", ["auto", "lease"])
def test_on_a_server(tmp_path: Path, database: pw.Database, lock: str) -> None:
    """By the session that has the lock, or by the lease."""
    check_told(ServerProject(tmp_path, database), lock)
