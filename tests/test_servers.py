"""The project memory on PostgreSQL and on MariaDB: the same commands, the same output as on SQLite."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import peewee
import pytest

from tests.program import ROOT, Program, environment, migration_names

PROGRAM = (
    ("session", "start", "--", "assistant", "-m", "fix the login"),
    ("input", "add", "fix the login", "--source", "chat", "--session", "1"),
    ("fact", "add", "sessions are signed with HMAC, 100% of them", "--session", "1"),
    ("snippet", "add", "src/login.py", "40", "return sign(token)", "--session", "1"),
    ("trajectory", "add", "tool_execution", "--tool-name", "grep", "--cost", "0.002", "--session", "1"),
    ("session", "list"),
    ("session", "finish", "1"),
    ("session", "finish", "1"),
    ("session", "show", "1"),
    ("fact", "list", "--json"),
    ("export", "1"),
)
PEEWIT = (
    ("status",),
    ("check",),
    ("rollback", "--count", "3"),
    ("status",),
    ("migrate",),
    ("plan",),
    ("create", "nothing"),
    ("check",),
)


@pytest.fixture
def url(database: peewee.Database) -> str:
    """The URL of an empty database on each server."""
    params = dict(database.connect_params)
    scheme = "postgresql" if isinstance(database, peewee.PostgresqlDatabase) else "mysql"
    place = f"{params.get('user', '')}@{params.get('host', 'localhost')}"
    extra = ""
    if str(params.get("host", "")).startswith("/"):
        place, extra = f"{params['user']}@", f"?host={quote(params['host'], safe='')}"
    if "unix_socket" in params:
        place, extra = f"{params['user']}@localhost", f"?unix_socket={quote(params['unix_socket'], safe='')}"
    port = f":{params['port']}" if "port" in params else ""
    return f"{scheme}://{place}{port}/{database.database}{extra}"


def spoken(folder: Path, setting: str) -> list[tuple[int, str]]:
    """What the program and peewit say, command by command, without what no two runs share."""
    settings = {"SYNTH_CODEAI_DATABASE": setting} if setting else {}
    program = Program(folder=folder, settings=settings)
    ran = [program.run(*words) for words in PROGRAM]
    said = [(done.returncode, done.stdout + done.stderr) for done in ran]
    place = setting or str(program.file)
    for words in PEEWIT:
        done = subprocess.run(
            [sys.executable, "-m", "peewit", *words],
            cwd=ROOT,
            env=environment(SYNTH_CODEAI_DATABASE=place),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said.append((done.returncode, done.stdout + done.stderr))
    return [(code, without_chance(text)) for code, text in said]


def without_chance(text: str) -> str:
    """The text without times, names of databases and where a copy was put."""
    lines = [line for line in text.splitlines() if "before-" not in line]
    kept = [line for line in lines if not line.startswith("database ") and "is kept in" not in line]
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME", "\n".join(kept))
    return re.sub(r"\(?\d+\.\d+ s\b\)?|^\S*(pk\.db|peewit_test\S*)$", "", text, flags=re.MULTILINE)


def test_the_same_commands_say_the_same(tmp_path: Path, url: str) -> None:
    """From the first start to a rollback and back."""
    for name in ("file", "server"):
        (tmp_path / name).mkdir()
    on_a_file, on_a_server = spoken(tmp_path / "file", ""), spoken(tmp_path / "server", url)
    assert on_a_server == on_a_file
    assert [code for code, _ in on_a_server] == [0] * 7 + [1] + [0] * 11
    assert f"{len(migration_names())} applied" in on_a_server[len(PROGRAM)][1]
