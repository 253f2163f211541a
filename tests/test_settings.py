"""Which database the program uses, and what it refuses."""

import sqlite3
from pathlib import Path

import pytest
from peewee import MySQLDatabase, PostgresqlDatabase, SqliteDatabase

from synth_codeai.database.connection import open_database
from synth_codeai.errors import ConfigurationError
from tests.program import Program


def test_the_default_is_a_file_under_the_working_directory(program: Program) -> None:
    """Without a setting the memory of a project lies in the project."""
    program.say("fact", "add", "a")
    assert program.file.exists()


@pytest.mark.parametrize(
    "setting", ["other.db", "deep/er/other.db", "sqlite:///other.db", "{folder}/other.db"]
)
def test_a_path_or_a_url_names_another_file(program: Program, setting: str) -> None:
    """A relative path counts from the working directory; missing folders are made."""
    setting = setting.format(folder=program.folder)
    elsewhere = Program(folder=program.folder, settings={"SYNTH_CODEAI_DATABASE": setting})
    elsewhere.say("fact", "add", "a")
    file = elsewhere.folder / setting.removeprefix("sqlite:///")
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT content FROM key_fact").fetchall() == [("a",)]
    connection.close()
    assert not program.file.parent.exists()


def test_an_empty_setting_is_no_setting(program: Program) -> None:
    """A variable that is set to nothing means the default."""
    Program(folder=program.folder, settings={"SYNTH_CODEAI_DATABASE": ""}).say("fact", "list")
    assert program.file.exists()


def test_files_are_opened_with_wal_and_foreign_keys(memory: SqliteDatabase) -> None:
    """Readers do not wait for writers, and links are enforced."""
    assert memory.execute_sql("PRAGMA journal_mode").fetchone() == ("wal",)
    assert memory.execute_sql("PRAGMA foreign_keys").fetchone() == (1,)


def test_a_home_directory_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` means what it means in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_database("~/memory.db").database == str(tmp_path / "memory.db")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("postgresql://me:p%40ss@host:5433/name", PostgresqlDatabase),
        ("postgres://me:p%40ss@host:5433/name", PostgresqlDatabase),
        ("mysql://me:p%40ss@host:5433/name", MySQLDatabase),
    ],
)
def test_a_url_names_a_database_server(url: str, kind: type) -> None:
    """User, password, host, port and name are read from the URL, escapes undone; nothing is connected."""
    database = open_database(url)
    assert isinstance(database, kind)
    assert database.database == "name"
    given = database.connect_params
    assert (given["user"], given.get("passwd") or given["password"]) == ("me", "p@ss")
    assert (given["host"], given["port"]) == ("host", 5433)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("nosuch://secret@host/name", "the unknown scheme 'nosuch'"),
        ("postgresql://me:secret@host", "names no database"),
        ("sqlite://secret.db", "names no database; write sqlite:///path"),
        ("sqlite:///:memory:", "in-memory"),
        ("sqlite:///", "in-memory"),
        (":memory:", "in-memory"),
        ("~nosuchperson/memory.db", "no such home directory"),
    ],
)
def test_a_setting_that_names_no_database_is_refused(setting: str, reason: str) -> None:
    """The message says what is wrong and repeats no password."""
    with pytest.raises(ConfigurationError, match=reason) as caught:
        open_database(setting)
    assert "secret" not in str(caught.value)


def test_the_program_stops_at_such_a_setting(program: Program) -> None:
    """A wrong setting is one line and exit code 2."""
    done = Program(folder=program.folder, settings={"SYNTH_CODEAI_DATABASE": "nosuch://x"}).run(
        "fact", "list"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: SYNTH_CODEAI_DATABASE is a URL with the unknown scheme 'nosuch'\n"
