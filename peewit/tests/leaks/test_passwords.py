"""A password is nowhere: not in what is printed, raised, logged or written, however it was given and whatever fails."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import sys
import traceback
import urllib.parse
from pathlib import Path

import peewee as pw
import pytest

from peewit import MigrationManager, PeewitError
from peewit.cli.settings import Settings
from peewit.doctor import diagnose
from peewit.errors import without_passwords

from ..cli.app import App
from ..privileges.test_privileges import _user
from ..server_project import ServerProject

CANARY = "Kanari3nvogel"
ODD = f"{CANARY} p@ss/w%rd:ü"
"""With everything in it that has to be written otherwise in a URL."""
QUOTED = urllib.parse.quote(ODD, safe="")

COMMANDS = {
    "status": ("status",),
    "create": ("create", "more"),
    "plan": ("plan",),
    "migrate": ("migrate",),
    "rollback": ("rollback",),
    "check": ("check",),
    "adopt": ("adopt",),
    "accept": ("accept", "001"),
    "doctor": ("doctor",),
    "status --json": ("status", "--json"),
    "check --json": ("check", "--json"),
    "doctor --json": ("doctor", "--json"),
}

URLS = {
    "nobody listens": "{scheme}://u:{pw}@127.0.0.1:1/db",
    "in the query": "{scheme}://127.0.0.1:1/db?password={pw}",
    "twice": "{scheme}://u:{pw}@127.0.0.1:1/db?passwd={pw}",
    "no such scheme": "{scheme}nonsense://u:{pw}@127.0.0.1/db",
    "no scheme": "u:{pw}@127.0.0.1/db",
    "bad port": "{scheme}://u:{pw}@127.0.0.1:port/db",
    "port out of range": "{scheme}://u:{pw}@127.0.0.1:99999/db",
    "bracket": "{scheme}://u:{pw}@[::1/db",
    "unknown option": "{scheme}://u:{pw}@127.0.0.1:1/db?nonsense=1",
    "a DSN": "host=127.0.0.1 port=1 user=u password='{pw}'",
}

OBJECTS = {
    "psycopg 2, URL": 'pw.PostgresqlDatabase("postgresql://u:{quoted}@127.0.0.1:1/db")',
    "psycopg 3, URL": 'pw.PostgresqlDatabase("postgresql://u:{quoted}@127.0.0.1:1/db", prefer_psycopg3=True)',
    "psycopg 2, query": 'pw.PostgresqlDatabase("postgresql://127.0.0.1:1/db?password={quoted}")',
    "psycopg 2, DSN": "pw.PostgresqlDatabase(\"host=127.0.0.1 port=1 user=u password='{odd}' dbname=db\")",
    "psycopg 3, DSN": (
        "pw.PostgresqlDatabase(\"host=127.0.0.1 port=1 user=u password='{odd}' dbname=db\", prefer_psycopg3=True)"
    ),
    "psycopg 2, broken DSN": 'pw.PostgresqlDatabase("host=127.0.0.1 port=1 password=x {canary}")',
    "psycopg 3, broken DSN": 'pw.PostgresqlDatabase("host=127.0.0.1 port=1 password=x {canary}", prefer_psycopg3=True)',
    "psycopg 2, quote": 'pw.PostgresqlDatabase("host=127.0.0.1 port=1 password=\'{canary}")',
    "psycopg 3, quote": 'pw.PostgresqlDatabase("host=127.0.0.1 port=1 password=\'{canary}", prefer_psycopg3=True)',
    "psycopg 2, arguments": 'pw.PostgresqlDatabase("db", user="u", host="127.0.0.1", port=1, password="{odd}")',
    "psycopg 2, unknown": 'pw.PostgresqlDatabase("db", host="127.0.0.1", port=1, password="{odd}", nonsense=1)',
    "psycopg 2, bad port": 'pw.PostgresqlDatabase("db", host="127.0.0.1", port="port", password="{odd}")',
    "psycopg 3, bad port": (
        'pw.PostgresqlDatabase("db", host="127.0.0.1", port="port", password="{odd}", prefer_psycopg3=True)'
    ),
    "pymysql, arguments": 'pw.MySQLDatabase("db", user="u", host="127.0.0.1", port=1, password="{odd}")',
    "pymysql, wrong": 'pw.MySQLDatabase("db", user="root", host="127.0.0.1", port=3306, password="{odd}")',
    "pymysql, unknown": 'pw.MySQLDatabase("db", host="127.0.0.1", port=1, password="{odd}", nonsense=1)',
    "pymysql, bad port": 'pw.MySQLDatabase("db", host="127.0.0.1", port="port", password="{odd}")',
    "fails when imported": 'int("postgresql://u:{quoted}@127.0.0.1/db")',
    "names it when imported": "exec(\"raise RuntimeError(\\\"no connection with {{'password': '{odd}'}}\\\")\")",
    "no database": '"postgresql://u:{quoted}@127.0.0.1/db"',
}


def nowhere(*texts: str) -> None:
    """The password occurs in none of them, neither as it is nor as URLs write it."""
    for text in texts:
        assert CANARY not in text, text


@pytest.mark.parametrize("command", COMMANDS)
def test_in_urls(app: App, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given by a flag, by the environment or by pyproject.toml."""
    app("create", "first")
    project = Path("pyproject.toml")
    text = project.read_text()
    for scheme in ("postgresql", "mysql"):
        for kind, url in URLS.items():
            given = url.format(scheme=scheme, pw=QUOTED if "://" in url else CANARY)
            code, out, error = app(*COMMANDS[command], "--database", given)
            nowhere(out, error)
            assert (code, error.startswith("error: ")) == (2, True) or command == "create", (kind, error)
    monkeypatch.setenv("PEEWIT_DATABASE", f"postgresql://u:{QUOTED}@127.0.0.1:1/db")
    nowhere(*app(*COMMANDS[command])[1:])
    monkeypatch.delenv("PEEWIT_DATABASE")
    for line in ('"postgresql://u:{}@127.0.0.1:1/db"', '["postgresql://u:{}@127.0.0.1:1/db"]', '"nonsense://u:{}@h/db'):
        project.write_text(f"[tool.peewit]\ndatabase = {line.format(QUOTED)}\nmodels = '{app.name}.models'\n")
        nowhere(*app(*COMMANDS[command])[1:])
    project.write_text(text)


@pytest.mark.parametrize("kind", OBJECTS)
def test_in_databases_of_an_application(app: App, kind: str) -> None:
    """Whatever the driver says of its connection, and whatever a traceback would show of it."""
    made = OBJECTS[kind].format(odd=ODD, quoted=QUOTED, canary=CANARY)
    (app.folder / app.name / "other.py").write_text(f"import peewee as pw\ndatabase = {made}\n")
    for command in ("status", "migrate", "doctor"):
        code, out, error = app(*COMMANDS[command], "--database", f"{app.name}.other:database")
        nowhere(out, error)
        assert (code, out, error.startswith("error: ")) == (2, "", True), error
    if kind in ("fails when imported", "names it when imported", "no database"):
        return
    manager = MigrationManager(eval(made, {"pw": pw}), app.migrations)
    nowhere(repr(manager), str(manager), repr(manager.target), manager.target.name)
    with pytest.raises(PeewitError) as raised:
        manager.status()
    nowhere(str(raised.value), repr(raised.value), "".join(traceback.format_exception(raised.value)))


def test_in_what_click_says(app: App) -> None:
    """An argument too many, and a value that is none."""
    url = f"postgresql://u:{QUOTED}@127.0.0.1/db"
    for arguments in (
        ("status", url),
        ("migrate", "--lock-timeout", url),
        ("status", f"--nonsense={url}"),
        (url,),
        ("create", "x", "--rename", url),
        ("create", "x", "--fill", url),
        ("migrate", url),
        ("show", url),
    ):
        code, out, error = app(*arguments)
        nowhere(out, error)
        assert code == 2


def test_in_settings() -> None:
    """Their text says everything but the database."""
    shown = repr(Settings(database=f"postgresql://u:{QUOTED}@h/db", models=("app.models",)))
    assert shown == "Settings(models=('app.models',))"
    nowhere(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:a@b/c:d@host:1/db", "postgresql://u:***@host:1/db"),
        ("postgresql://host/db?user=u&password=x&a=1", "postgresql://host/db?user=u&password=***&a=1"),
        ("host=h password='it\\'s' dbname=d", "host=h password=*** dbname=d"),
        ("u:x@host/db", "u:***@host/db"),
        ("{'passwd': 'x', 'port': 1}", "{'passwd': ***, 'port': 1}"),
        (
            "Access denied for user 'u'@'h' (using password: YES)",
            "Access denied for user 'u'@'h' (using password: YES)",
        ),
        ("me@host (12) since 2026-01-31 17:00:00 +0000", "me@host (12) since 2026-01-31 17:00:00 +0000"),
        ("root@127.0.0.1:50540 (connection 7)", "root@127.0.0.1:50540 (connection 7)"),
        ("sqlite:///app.db", "sqlite:///app.db"),
    ],
)
def test_what_is_shown_of_a_text(text: str, shown: str) -> None:
    """Passwords go, and what looks like one and is none stays."""
    assert without_passwords(text) == shown


@pytest.mark.one_version
def test_in_what_is_written(tmp_path: Path, database: pw.Database, caplog: pytest.LogCaptureFixture) -> None:
    """Neither journal nor history nor the server's list of sessions has it, nor what is logged."""
    project = ServerProject(tmp_path, database)
    caplog.set_level(logging.DEBUG)
    user = f"l_{database.database}"[-30:]
    with _user(project, user) as other:
        mysql = isinstance(database, pw.MySQLDatabase)
        for sql in (
            [
                f"GRANT ALL ON `{database.database}`.* TO {user}@'%%'",
                f"SET PASSWORD FOR {user}@'%%' = PASSWORD('{CANARY}')",
            ]
            if mysql
            else [f"GRANT CREATE ON SCHEMA public TO {user}", f"ALTER ROLE {user} PASSWORD '{CANARY}'"]
        ):
            project.sql(sql)
        other.connect_params["password"] = CANARY
        caplog.clear()
        mine = ServerProject.__new__(ServerProject)
        mine.directory, mine.database, mine.models = project.directory, other, ()
        mine.write("001_start", "migrator.sql('CREATE TABLE person (id INTEGER PRIMARY KEY)')")
        mine.write("002_bad", "migrator.sql('nonsense')")
        with contextlib.suppress(PeewitError):
            mine.manager().migrate()
        nowhere(repr(diagnose(mine.manager())), repr(mine.manager().status()))
        activity = "information_schema.processlist" if mysql else "pg_stat_activity"
        with other.connection_context():
            tables = ("migratehistory", "migratehistory_journal", activity)
            rows = [mine.sql(f"SELECT * FROM {table}") for table in tables]
        nowhere(repr(rows), caplog.text)


# ---------------------------------------------------------------------- files beside a database


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_files_beside_a_database_are_as_open_as_it_is(tmp_path: Path, mode: int) -> None:
    """From the moment they are there, whatever the umask: copies, their beginnings, the lock file."""
    from ..sqlite.project import Project

    before = os.umask(0o000)
    try:
        project = Project(tmp_path)
        project.start("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)")
        project.path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(project.path, 65534, 65533)
        seen: dict[str, set[tuple[int, int, int]]] = {}

        def look(*_: object) -> None:
            for entry in tmp_path.iterdir():
                if entry.name.startswith("app.db"):
                    with contextlib.suppress(FileNotFoundError):
                        found = entry.stat()
                        seen.setdefault(entry.name, set()).add(
                            (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
                        )

        project.sql("INSERT INTO person (name) VALUES ('x')")
        project.write("002_drop", "migrator.sql('DROP TABLE person')")
        sys.setprofile(look)
        try:
            project.manager().migrate()
        finally:
            sys.setprofile(None)
        assert any(name.endswith(".part") for name in seen)
        assert any("-before-" in name and not name.endswith(".part") for name in seen)
        owner = project.path.stat()
        ours = {name: found for name, found in seen.items() if "-before-" in name}
        assert {found[0] & ~mode for moments in ours.values() for found in moments} == {0}
        (copy,) = (entry for entry in tmp_path.iterdir() if "-before-" in entry.name)
        found = copy.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, owner.st_uid, owner.st_gid)
        assert {found[0] for found in seen["app.db-migrating"]} == {mode}
    finally:
        os.umask(before)


def test_what_is_in_the_folder_one_stands_in_is_not_run(app: App) -> None:
    """A conf.py, a package migrations and a package peewit there are none of ours, where settings name another."""
    app("create", "first")
    trap = "import pathlib; pathlib.Path('trapped').touch()\n"
    for name in ("migrations", "peewit"):
        (app.folder / name).mkdir()
        (app.folder / name / "__init__.py").write_text(trap)
        (app.folder / name / "conf.py").write_text(trap)
        (app.folder / name / "001_trap.py").write_text(trap)
    (app.folder / "conf.py").write_text(trap)
    for command in COMMANDS.values():
        app(*command)
    assert not Path("trapped").exists()
    told = json.loads(app("status", "--json")[1])
    assert "001_trap" not in (*told["pending"], *(entry["name"] for entry in told["applied"]))
