"""An application that migrates when it starts: a process of its own, so that it can be stopped and killed."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee

PROGRAM = """
import json, sys
import peewee
from peewit import MigrationManager, PeewitError
from peewit.run.database import lease
told = json.loads(sys.argv[1])
lease.LEASE = told["term"]
database = getattr(peewee, told["kind"])(told["name"], **told["options"])
try:
    report = MigrationManager(database, told["folder"], **told["settings"]).migrate()
except PeewitError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
print(",".join(report.applied))
"""
HEAD = "import os, pathlib, threading, time\nimport peewee as pw\n\ndef migrate(migrator, database, *, fake=False):\n"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a start ended."""

    code: int
    applied: tuple[str, ...]
    error: str


@dataclass(kw_only=True)
class Application:
    """A database and its migrations; ``term`` is how long a lease is valid."""

    database: Any
    folder: Path
    term: float = 1.0

    def __post_init__(self) -> None:
        self.migrations = self.folder / "migrations"
        self.migrations.mkdir(exist_ok=True)
        self.mark = self.folder / "held"

    def write(self, name: str, body: str, head: str = "") -> None:
        """Write a migration."""
        text = head + HEAD + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
        (self.migrations / f"{name}.py").write_text(text, encoding="utf-8")

    def write_chain(self, count: int, seconds: float) -> None:
        """Migrations that each leave a row, and take so long; the names of all are in ``ran`` once."""
        for number in range(1, count + 1):
            made = "database.execute_sql('CREATE TABLE ran (name VARCHAR(20))')\n" if number == 1 else ""
            row = f"database.execute_sql(\"INSERT INTO ran VALUES ('{number:03}')\")"
            self.write(f"{number:03}_x", f"{made}def work():\n    time.sleep({seconds})\n    {row}\nmigrator.run(work)")

    def write_held(self) -> None:
        """Two migrations; the second writes a row, stays there as long as the mark is, and writes another."""
        self.write("001_start", "database.execute_sql('CREATE TABLE ran (name VARCHAR(20))')")
        self.write(
            "002_held",
            f"""
            def work():
                database.execute_sql("INSERT INTO ran VALUES ('before')")
                held = pathlib.Path({str(self.mark)!r})
                if not held.exists() and not held.with_name("once").exists():
                    held.with_name("once").touch()
                    held.touch()
                while held.exists():
                    time.sleep(0.02)
                database.execute_sql("INSERT INTO ran VALUES ('after')")
            migrator.run(work)
            migrator.sql("CREATE TABLE last (id INTEGER)")
            """,
        )

    def start(self, **settings: Any) -> subprocess.Popen[str]:
        """Start it."""
        told = {
            "kind": type(self.database).__name__,
            "name": str(self.database.database),
            "options": _options(self.database),
            "folder": str(self.migrations),
            "settings": settings,
            "term": self.term,
        }
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(told)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **settings: Any) -> Ended:
        """Start it, and wait until it ends."""
        return ended(self.start(**settings))

    @contextmanager
    def holding(self, **settings: Any) -> Iterator[subprocess.Popen[str]]:
        """A start that is in the middle of the second migration; it does not outlive the block."""
        process = self.start(**settings)
        try:
            deadline = time.monotonic() + 120  # where much else runs on the machine
            while not self.mark.exists():
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield process
        finally:
            process.kill()  # also one that is stopped
            process.communicate()

    def sql(self, sql: str) -> list[Any]:
        """Ask the database."""
        with self.database.connection_context():
            cursor = self.database.execute_sql(sql)
            return list(cursor.fetchall()) if cursor.description else []


def ended(process: subprocess.Popen[str]) -> Ended:
    """How it ends."""
    try:
        out, error = process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(code=process.returncode, applied=tuple(filter(None, out.strip().split(","))), error=error)


def _options(database: peewee.Database) -> dict[str, Any]:
    """What a database like this one is made with."""
    psycopg3 = "psycopg3" in type(getattr(database, "_adapter", None)).__name__.lower()
    known = {name: value for name, value in database.connect_params.items() if name not in ("charset", "sql_mode")}
    return {**known, **({"prefer_psycopg3": True} if psycopg3 else {})}
