"""One tool, doing one thing, in a process and an environment of its own; what it took is printed as JSON.

    python driver.py TOOL ACTION FOLDER OPTIONS

What a running application has done anyway, importing the tool, is outside the clock, but where ``importing`` is said.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

FILE = "app.db"


class Tool:
    """What every tool is asked for. ``url`` is of a server's database, empty for the SQLite file in the folder."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.url: str = options.get("url", "")

    def load(self) -> None:
        """Import and configure."""

    def prepare(self) -> None:
        """Write what the tool needs beside its migrations."""

    def mark(self, names: list[str]) -> None:
        """Note these migrations as applied."""

    def upgrade(self) -> None:
        """Apply what is pending."""

    def create(self) -> None:
        """Write a migration that follows the models."""


class Limit(Tool):
    """The driver's module and the fewest statements that do it: what no tool can be faster than."""

    def connect(self) -> Any:
        """A connection, and how a parameter is written."""
        if not self.url:
            return sqlite3.connect(FILE, isolation_level=None), "?"
        import psycopg2

        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return connection, "%s"

    def load(self) -> None:
        if self.url:
            import psycopg2  # noqa: F401 - outside the clock
        if self.options["importing"]:
            import peewee  # noqa: F401 - the application has it for its models

    def mark(self, names: list[str]) -> None:
        connection, mark = self.connect()
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE IF NOT EXISTS history (name VARCHAR(255) PRIMARY KEY, at VARCHAR(40))")
        cursor.execute("BEGIN")
        for name in names:
            cursor.execute(f"INSERT INTO history VALUES ({mark}, 'now')", (name,))
        cursor.execute("COMMIT")
        connection.close()

    def upgrade(self) -> None:
        connection, mark = self.connect()
        cursor = connection.cursor()
        cursor.execute("SELECT name FROM history")
        done = {row[0] for row in cursor.fetchall()}
        for name in sorted(entry.name[:-3] for entry in os.scandir("migrations") if entry.name.endswith(".py")):
            if name in done:
                continue
            kind, table = name.split("_")[2:]
            if kind == "fill":
                self.fill(cursor)
                continue
            cursor.execute("BEGIN")
            for sql in self.options["sql"][kind]:
                cursor.execute(sql.replace("{t}", table))
            cursor.execute(f"INSERT INTO history VALUES ({mark}, 'now')", (name,))
            cursor.execute("COMMIT")
        connection.close()

    def fill(self, cursor: Any) -> None:
        """The callable in a bare loop, written in ranges of keys."""
        import uuid

        cursor.execute("ALTER TABLE big ADD COLUMN token VARCHAR(36)")
        (last,) = cursor.execute("SELECT max(id) FROM big").fetchone()
        cursor.execute("BEGIN")
        for low in range(1, last + 1, 10_000):
            rows = cursor.execute("SELECT id FROM big WHERE id >= ? AND id < ?", (low, low + 10_000)).fetchall()
            cursor.executemany("UPDATE big SET token = ? WHERE id = ?", [(str(uuid.uuid4()), key) for (key,) in rows])
        cursor.execute("COMMIT")

    def create(self) -> None:
        """A snapshot, one walk over the models, and the difference written down."""
        import peewee

        known = json.loads(Path("snapshot.json").read_text())
        found = {}
        for model in self.options["models"]:
            if isinstance(model, type) and issubclass(model, peewee.Model) and model is not peewee.Model:
                found[model._meta.table_name] = _signature(model)
        changed = {name: fields for name, fields in found.items() if known.get(name) != fields}
        Path("migrations", "002_auto.py").write_text(repr(changed))


def _signature(model: Any) -> list[list[Any]]:
    fields = model._meta.sorted_fields
    return [[f.column_name, f.field_type, f.null, f.index, f.unique, list(f.get_modifiers() or ())] for f in fields]


class PeeweeTool(Tool):
    """What the tools of Peewee share."""

    def connect(self) -> Any:
        """The application's database."""
        import peewee

        if not self.url:
            return peewee.SqliteDatabase(FILE)
        from playhouse.db_url import connect

        return connect(self.url)


class Peewit(PeeweeTool):
    """As an application uses it, but for the copy of the file, which nobody else makes: that has a row of its own."""

    def load(self) -> None:
        from peewit import MigrationManager

        self.database = self.connect()
        settings = {"backup": False} | self.options.get("settings", {})
        self.manager = lambda: MigrationManager(self.database, "migrations", models=("app",), **settings)
        if self.options.get("forgets"):
            os.environ["XDG_CACHE_HOME"] = "nowhere"  # no whole path, so none
        if self.options.get("loaded"):  # as the other tools, which load everything at once
            from peewit import course  # noqa: F401 - outside the clock
            from peewit.run.database import lock  # noqa: F401 - outside the clock
            from peewit.run.sessions import backup  # noqa: F401 - outside the clock

    def mark(self, names: list[str]) -> None:
        """As peewit itself would have: with a journal."""
        from peewit.files.checksum import checksum

        self.load()
        ledger = self.manager().ledger
        journal = ledger.journal()
        ledger.history.prepare()
        journal.prepare()
        with self.database.atomic():
            for name in names:
                source = Path("migrations", f"{name}.py").read_bytes()
                ledger.history.add(name, "2026-01-01 00:00:00")
                journal.add(name, "migrate", source=source, checksum=checksum(source), seconds=0.0, steps=())
        self.database.close()

    def upgrade(self) -> None:
        self.manager().migrate()

    def create(self) -> None:
        self.manager().create("auto")


class PeeweeMigrate(PeeweeTool):
    """peewee-migrate."""

    def load(self) -> None:
        from peewee_migrate import Router

        self.database = self.connect()
        self.router = lambda: Router(self.database, migrate_dir="migrations")

    def mark(self, names: list[str]) -> None:
        self.load()
        model = self.router().model
        with self.database.atomic():
            for name in names:
                model.create(name=name)
        self.database.close()

    def upgrade(self) -> None:
        self.router().run()

    def create(self) -> None:
        self.router().create("auto", auto="app")


class Miggy(PeeweeMigrate):
    """miggy, a fork of peewee-migrate."""

    def prepare(self) -> None:
        Path("miggyconf.py").write_text(
            f'DATABASE = "sqlite:///{FILE}"\nIGNORE = []\nSCHEMA = None\nMIGRATE_TABLE = "migratehistory"\n'
            'MIGRATE_DIR = "migrations"\n'
        )

    def load(self) -> None:
        import miggy

        miggy.LOGGER.setLevel("WARNING")
        self.database = self.connect()
        self.router = lambda: miggy.Router(self.database, migrate_dir="migrations", working_dir=str(Path.cwd()))


class Playhouse(PeeweeTool):
    """playhouse.migrations."""

    def load(self) -> None:
        from playhouse import migrations

        self.database = self.connect()
        self.runner = lambda: migrations.Runner(self.database, "migrations")

    def mark(self, names: list[str]) -> None:
        self.load()
        runner = self.runner()
        runner.History.create_table()
        with self.database.atomic():
            for name in names:
                runner.History.create(name=name)
        self.database.close()

    def upgrade(self) -> None:
        self.runner().up()


class Alembic(Tool):
    """Alembic."""

    ENV = """from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""

    def prepare(self) -> None:
        url = self.url.replace("postgresql://", "postgresql+psycopg2://") or f"sqlite:///{FILE}"
        Path("migrations/env.py").write_text(self.ENV)
        Path("alembic.ini").write_text(f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n")

    def load(self) -> None:
        import sqlalchemy.dialects.postgresql
        import sqlalchemy.dialects.sqlite  # noqa: F401 - outside the clock
        from alembic import command
        from alembic.config import Config

        self.command, self.config = command, Config("alembic.ini", stdout=Path(os.devnull).open("w"))  # noqa: SIM115 - open as long as the process

    def mark(self, names: list[str]) -> None:
        self.load()
        if names:
            self.command.stamp(self.config, names[-1])

    def upgrade(self) -> None:
        self.command.upgrade(self.config, "head")


class Django(Tool):
    """Django."""

    def prepare(self) -> None:
        from urllib.parse import urlsplit

        parts = urlsplit(self.url)
        server = {"NAME": parts.path[1:], "USER": parts.username, "HOST": parts.hostname, "PORT": parts.port}
        engine = {"ENGINE": f"django.db.backends.{'postgresql' if self.url else 'sqlite3'}"}
        database = engine | (server if self.url else {"NAME": FILE})
        for path in ("app/__init__.py", "app/models.py", "app/migrations/__init__.py"):
            Path(path).touch()
        Path("settings.py").write_text(
            f"SECRET_KEY = 'x'\nINSTALLED_APPS = ['app']\nDATABASES = {{'default': {database!r}}}\n"
            "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\nUSE_TZ = False\n"
        )
        Path("manage.py").write_text(
            "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\n"
            "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
        )

    def load(self) -> None:
        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        import django

        django.setup()
        import django.core.management.commands.migrate
        import django.db

        django.db.connection.ensure_connection()
        django.db.connection.close()

    def mark(self, names: list[str]) -> None:
        self.load()
        from django.db import connection, transaction
        from django.db.migrations.recorder import MigrationRecorder

        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        with transaction.atomic():
            for name in names:
                recorder.record_applied("app", name)
        connection.close()

    def upgrade(self) -> None:
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)


TOOLS: dict[str, type[Tool]] = {
    "limit": Limit,
    "peewit": Peewit,
    "peewee-migrate": PeeweeMigrate,
    "miggy": Miggy,
    "playhouse": Playhouse,
    "alembic": Alembic,
    "django": Django,
}


def timed(tool: Tool, action: str) -> dict[str, float]:
    """What it takes: wall and CPU time in seconds, and the process's peak of memory in MB."""
    cpu, wall = time.process_time(), time.perf_counter()
    tool.load()
    if action == "create":
        import app  # the application's models are loaded long before

        tool.options["models"] = list(vars(app).values())
        if not Path("snapshot.json").exists():
            found = [m for m in tool.options["models"] if hasattr(m, "_meta")]
            Path("snapshot.json").write_text(json.dumps({m._meta.table_name: _signature(m) for m in found}))
    if not tool.options["importing"]:
        cpu, wall = time.process_time(), time.perf_counter()
    getattr(tool, action)()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Do one thing."""
    name, action, folder, text = sys.argv[1:]
    os.chdir(folder)
    sys.path.insert(0, folder)
    tool = TOOLS[name](json.loads(text))
    if action == "prepare":
        tool.prepare()
        tool.mark(tool.options["applied"])
        told: Any = {}
    else:
        told = timed(tool, action)
    sys.stdout.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    main()
