"""Runs the folders with the old versions of peewee-migrate and keeps what they produce.

It is started by hand:

    python -m tests.legacy.stock [FOLDER ...]

in ``peewit/``. Each version gets an environment of its own, in ``PEEWIT_STOCK`` or a cache folder. SQLite
needs nothing else; PostgreSQL has to answer on 127.0.0.1:5432. What a version produced is written to
``outcome.json`` of the folder; of the versions that finish, the one the folder was written for counts first,
then the next newer ones, then the older ones. ``finished.json`` says of each version which folders it finishes.

Where none finishes as its files ask, ``by_hand/DATABASE.sql`` says in SQL what they ask for, and
``by_hand/DATABASE_back.sql`` what is left after rolling back; its first line is the reason, as a comment.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from .harmless import different
from .snapshot import as_text, snapshot

HERE = Path(__file__).parent
FOLDERS = HERE / "folders"
CACHE = Path(os.environ.get("PEEWIT_STOCK") or Path(tempfile.gettempdir()) / "peewit-stock")

VERSIONS = {
    "0.3.7": "2.10.2",
    "0.14.0": "2.10.2",
    "1.0.0": "3.3.4",
    "1.1.6": "3.9.6",
    "1.4.12": "3.14.10",
    "1.7.10": "3.15.4",
    "1.12.2": "3.17.0",
    "1.15.0": "3.17.9",
    "2.3.0": "4.5.3",
}
"""The versions of peewee-migrate, each with the Peewee of its time."""

OLDER_PYTHON = """\
import collections
import collections.abc
import inspect

for name in collections.abc.__all__:
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
inspect.getargspec = getattr(inspect, "getargspec", inspect.getfullargspec)
"""
"""What Peewee 2 and early 3 expect of Python and newer Pythons have elsewhere."""


def environment(version: str) -> Path:
    """The interpreter of a version's environment, made at the first need."""
    folder = CACHE / version
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    packages = Path(
        subprocess.check_output([python, "-c", "import site; print(site.getsitepackages()[0])"], text=True).strip()
    )
    (packages / "older_python.py").write_text(OLDER_PYTHON, encoding="utf-8")
    (packages / "older_python.pth").write_text("import older_python\n", encoding="utf-8")
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    # NO_SQLITE: Peewee's C extension of those years does not compile any more, and is not needed.
    env = {**os.environ, "NO_SQLITE": "1"}
    subprocess.run([*pip, "setuptools<70", "wheel", "psycopg2-binary"], check=True, env=env)
    wanted = [f"peewee-migrate=={version}", f"peewee=={VERSIONS[version]}"]
    subprocess.run([*pip, "--no-build-isolation", *wanted], check=True, env=env)
    (folder / "ready").touch()
    return python


def settings_of(folder: Path) -> dict[str, Any]:
    """What ``folder.toml`` says."""
    path = folder / "folder.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def run(folder: Path, kind: str, version: str) -> dict[str, Any]:
    """Run one folder with one version on an empty database of one kind."""
    with tempfile.TemporaryDirectory() as parent:
        copy = Path(shutil.copytree(folder, Path(parent) / "project"))
        name = "app.db" if kind == "sqlite" else f"stock_{version.replace('.', '_')}_{folder.name}"[:60]
        if kind == "postgres":
            on_postgres(f"DROP DATABASE IF EXISTS {name}")
            on_postgres(f"CREATE DATABASE {name}")
        url = f"sqlite:///{name}" if kind == "sqlite" else f"postgresql://postgres@127.0.0.1:5432/{name}"
        try:
            done = subprocess.run(
                [environment(version), HERE / "stock_run.py", kind, name],
                cwd=copy,
                env={**os.environ, "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": "it did not end"}
        finally:
            if kind == "postgres":
                on_postgres(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    if os.environ.get("STOCK_TRACE"):
        sys.stderr.write(done.stderr)
    try:
        return dict(json.loads(done.stdout.rpartition("\n")[2]))
    except ValueError:
        return {"error": done.stderr.strip().rpartition("\n")[2][:200] or "it said nothing"}


def on_postgres(sql: str, database: str = "postgres") -> list[Any]:
    """Run SQL on the server."""
    import psycopg2

    connection = psycopg2.connect(dbname=database, user="postgres", host="127.0.0.1")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def in_order(written_for: str) -> list[str]:
    """The version a folder was written for, the newer ones, then the older ones."""
    known = list(VERSIONS)
    at = known.index(written_for)
    return [*known[at:], *reversed(known[:at])]


def by_hand(folder: Path, kind: str, settings: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome with what was written as SQL: all of it, or only what is left after rolling back."""
    script = folder / "by_hand" / f"{kind}.sql"
    back = folder / "by_hand" / f"{kind}_back.sql"
    files = (folder / settings.get("directory", "migrations")).glob("[0-9]*.py")
    names = sorted((path.stem for path in files), key=lambda name: int(name.split("_")[0]))
    if script.exists():
        text = script.read_text(encoding="utf-8")
        there = described(text, kind)
        there["history"] = there["history"] or names
        outcome = {"by": "hand", "reason": _reason(text), "migrated": there, "rolled_back": [], "after_rollback": there}
    if back.exists():
        text = back.read_text(encoding="utf-8")
        undone = settings.get("rolled_back", names[::-1])
        left = described(text, kind)
        left["history"] = left["history"] or [name for name in names if name not in undone]
        outcome = {**outcome, "rolled_back": undone, "rolled_back_by": "hand", "after_rollback": left}
        outcome.setdefault("reason", _reason(text))
    return outcome


def _reason(script: str) -> str:
    return script.split("\n", maxsplit=1)[0].removeprefix("--").strip()


def described(script: str, kind: str) -> dict[str, Any]:
    """The database a script makes."""
    if kind == "sqlite":
        connection = sqlite3.connect(":memory:")
        connection.executescript(script)
        return snapshot(lambda sql: connection.execute(sql).fetchall(), kind)
    name = "stock_by_hand"
    on_postgres(f"DROP DATABASE IF EXISTS {name}")
    on_postgres(f"CREATE DATABASE {name}")
    try:
        on_postgres(script, name)
        return snapshot(lambda sql: on_postgres(sql, name), kind)
    finally:
        on_postgres(f"DROP DATABASE {name} WITH (FORCE)")


def keep(folder: Path) -> dict[str, dict[str, str]]:
    """Run a folder with every version, write its outcome; gives for each kind of database what each version said."""
    settings = settings_of(folder)
    kinds = settings.get("databases", ["sqlite"])
    outcome, told = {}, {}
    for kind in kinds:
        with ThreadPoolExecutor(2) as pool:
            results = dict(zip(VERSIONS, pool.map(partial(run, folder, kind), VERSIONS), strict=True))
        told[kind] = {version: result.get("error", "finished") for version, result in results.items()}
        finished = [v for v in in_order(settings.get("stock", "1.4.12")) if "error" not in results[v]]
        if finished:
            best = dict(results[finished[0]])
            outcome[kind] = {"by": f"peewee-migrate {finished[0]}, peewee {best.pop('peewee')}", **best}
        if (folder / "by_hand").is_dir():
            outcome[kind] = by_hand(folder, kind, settings, outcome.get(kind, {}))
        if outcome.get(kind, {}).get("by") == "hand":
            wanted = outcome[kind]["migrated"]
            wrong = [version for version in finished if different(wanted, results[version]["migrated"])]
            told[kind].update(dict.fromkeys(wrong, "it ends, and has not done what the files ask"))
    (folder / "outcome.json").write_text(as_text(outcome), encoding="utf-8")
    return told


def main(names: list[str]) -> None:
    """Keep the outcome of the folders named, or of all; tell which versions finish them."""
    path = HERE / "finished.json"
    table = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for version in VERSIONS:
        environment(version)
    for folder in sorted(FOLDERS.iterdir()):
        if folder.is_dir() and (folder.name in names or not names):
            table[folder.name] = keep(folder)
            for kind, told in table[folder.name].items():
                finished = [version for version, said in told.items() if said == "finished"]
                print(f"{folder.name} on {kind}: {', '.join(finished) or 'NONE'}")
                for version, said in told.items():
                    if said != "finished" and (not finished or os.environ.get("STOCK_TRACE")):
                        print(f"    {version}: {said}")
    table = {name: table[name] for name in sorted(table) if (FOLDERS / name).is_dir()}
    path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for version in VERSIONS:
        runs = [told[version] == "finished" for kinds in table.values() for told in kinds.values()]
        print(f"{version}: {sum(runs)} of {len(runs)}")


if __name__ == "__main__":
    main(sys.argv[1:])
