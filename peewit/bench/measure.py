"""One sample after the other: every tool once in each round, in turns, on the same machine at the same time."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

from .environments import Environments
from .loads import DESCRIBED, Load
from .work import ALTERED, BIG, BIG_INDEXES, BIG_ROWS, KEYS, REBUILD, SQL, models, names, write_files

DRIVER = str(Path(__file__).with_name("driver.py"))

STATUS = {
    "limit": (
        "-c",
        (
            "import peewee, sqlite3, os; "
            "done = {r[0] for r in sqlite3.connect('app.db').execute('SELECT name FROM history')}; "
            "print(*(('[x] ' if f[:-3] in done else '[ ] ') + f for f in sorted(os.listdir('migrations'))), sep='\\n')"
        ),
    ),
    "peewit": ("-m", "peewit", "status", "--database", "sqlite:///app.db", "--directory", "migrations"),
    "peewee-migrate": ("-m", "peewee_migrate", "list", "--database", "sqlite:///app.db", "--directory", "migrations"),
    "miggy": ("-m", "miggy", "list"),
    "playhouse": ("-m", "playhouse.migrations", "app.db", "status", "-d", "migrations"),
    "alembic": ("-m", "alembic.config", "history", "-i"),
    "django": ("manage.py", "showmigrations"),
}

Sample = dict[str, float]


class Bench:
    """Takes samples below a ``folder``, which is best on a disk in memory. ``server`` is a PostgreSQL's URL, or empty."""

    def __init__(self, environments: Environments, folder: Path, server: str) -> None:
        self._environments, self._folder, self._server = environments, folder, server

    def run(self, load: Load, size: int, rounds: int) -> dict[str, list[Sample]]:
        """All samples of one workload at one size, by tool; None of a tool that failed."""
        rows: dict[str, tuple[str, dict[str, Any]]] = {tool: (tool, {}) for tool in load.tools}
        rows |= {label: ("peewit", options) for label, options in load.variants.items()}
        found: dict[str, list[Sample]] = {label: [] for label in rows}
        for label, (tool, _) in rows.items():
            self._prepare(load, size, tool, self._place(label, "ready"))
        order = list(rows)
        for number in range(rounds):
            for label in order[number % len(order) :] + order[: number % len(order)]:
                tool, options = rows[label]
                found[label].append(self._sample(load, size, tool, label, options))
        shutil.rmtree(self._folder)
        return found

    def _place(self, label: str, name: str) -> Path:
        return self._folder / "".join(c if c.isalnum() else "-" for c in label) / name

    def _options(self, load: Load) -> dict[str, Any]:
        key = KEYS["postgresql" if load.server else "sqlite"]
        sql = {change: [text.replace("{key}", key)] for change, text in SQL.items()}
        sql |= {"five": ALTERED if load.server else REBUILD, "describe": DESCRIBED, "big": []}
        return {"sql": sql, "importing": load.importing}

    def _prepare(self, load: Load, size: int, tool: str, place: Path) -> None:
        place.mkdir(parents=True)
        changes = load.chain(size)
        applied = write_files(tool, place, changes)[: load.applied(size)]
        if load.rows and not load.server:
            _big(place / "app.db", size)
        if load.action == "create":
            self._first(load, tool, place, size)
        elif not load.server:
            self._drive(tool, "prepare", place, self._options(load) | {"applied": applied})
            self._compile(tool, place)

    def _first(self, load: Load, tool: str, place: Path, size: int) -> None:
        """A project whose models are written down as they are; then three of them change."""
        (place / "app.py").write_text(models(size, changed=False))
        self._drive(tool, "create", place, self._options(load))
        if tool != "limit":
            self._drive(tool, "upgrade", place, self._options(load))
        (place / "app.py").write_text(models(size, changed=True))
        self._compile(tool, place)

    def _compile(self, tool: str, place: Path) -> None:
        subprocess.run([self._environments.python(tool), "-m", "compileall", "-q", place], check=True)

    def _sample(self, load: Load, size: int, tool: str, label: str, options: dict[str, Any]) -> Sample:
        ready, place = self._place(label, "ready"), self._place(label, "run")
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(ready, place)
        given = self._options(load) | options
        if load.action == "status":
            return _whole([self._environments.python(tool), *STATUS[tool]], place)
        if load.server:
            given["url"] = self._new_database(tool, size if load.rows else 0)
            applied = names(load.chain(size))[: load.applied(size)]
            self._drive(tool, "prepare", place, given | {"applied": applied})
        return self._drive(tool, load.action, place, given)

    def _drive(self, tool: str, action: str, place: Path, options: dict[str, Any]) -> Sample:
        argv = [self._environments.python(tool), DRIVER, tool, action, str(place), json.dumps(options)]
        environment = _environment() | {"XDG_CACHE_HOME": str(self._folder / "cache")}
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise RuntimeError(f"{tool} {action}:\n{done.stderr[-3000:]}")
        sample: Sample = json.loads(done.stdout.splitlines()[-1])
        return sample

    def _new_database(self, tool: str, rows: int) -> str:
        """A database of the tool's own; with a large table of so many rows, if any."""
        name = f"peewit_bench_{tool.replace('-', '_')}"
        self._execute("postgres", f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        if rows:
            table = BIG.replace("{key}", KEYS["postgresql"])
            self._execute(name, table, BIG_ROWS.replace("{rows}", str(rows)), *BIG_INDEXES, "VACUUM ANALYZE big")
        return f"{self._server}/{name}"

    def _execute(self, database: str, *statements: str) -> None:
        code = (
            "import json, psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; k = c.cursor(); "
            "[k.execute(s) for s in json.loads(sys.argv[2])]"
        )
        argv = [self._environments.python("limit"), "-c", code, f"{self._server}/{database}", json.dumps(statements)]
        subprocess.run(argv, check=True)


def _environment() -> dict[str, str]:
    """As a user has it: compiled Python is kept, and no setting of ours is about."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "MAKELEVEL")
    return {k: v for k, v in os.environ.items() if k not in left_out and not k.startswith("PEEWIT_")}


def _whole(argv: list[str], place: Path) -> Sample:
    """A whole process, from outside."""
    began = time.perf_counter()
    with Path(os.devnull).open("w") as nothing:
        process = subprocess.Popen(argv, cwd=place, stdout=nothing, stderr=nothing, env=_environment())
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv} ended with {process.returncode}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}


def _big(path: Path, rows: int) -> None:
    connection = sqlite3.connect(path)
    for sql in (BIG.replace("{key}", KEYS["sqlite"]), BIG_ROWS.replace("{rows}", str(rows)), *BIG_INDEXES):
        connection.execute(sql)
    connection.commit()
    connection.close()
