"""The short way to ``peewit status`` says what the whole command says, or leaves it to that."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from peewit import MigrationManager, PeewitError
from peewit.cli import main, short, whole

URL = "sqlite:///app.db"
FLAGS = ("--database", URL, "--directory", "migrations")

FILE = '''"""Make a table."""


def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE {name} (id INTEGER)")


def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE {name}")
'''


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three migrations, two of which are applied."""
    for name in [n for n in os.environ if n.startswith("PEEWIT_") or n == "MAKELEVEL"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for number, name in enumerate(("one", "two", "three"), 1):
        write(f"{number:03}_{name}", name)
    MigrationManager(URL, "migrations").migrate("002_two")
    return tmp_path


def write(name: str, table: str) -> None:
    path = Path("migrations", f"{name}.py")
    path.parent.mkdir(exist_ok=True)
    path.write_text(FILE.format(name=table))


def sql(*statements: str, path: str = "app.db") -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def settings(text: str) -> None:
    Path("pyproject.toml").write_text(text)


def all_applied() -> None:
    MigrationManager(URL, "migrations").migrate()


def rolled_back() -> None:
    MigrationManager(URL, "migrations").rollback()


def rolled_back_and_edited() -> None:
    rolled_back()
    write("002_two", "other")


def edited() -> None:
    write("001_one", "other")


def formatted() -> None:
    path = Path("migrations", "001_one.py")
    path.write_text(path.read_text() + "\n\n# a comment\n")


def accepted() -> None:
    formatted()
    MigrationManager(URL, "migrations").accept("001_one")


def failed() -> None:
    """A run in pieces that was left half done."""
    text = 'atomic = False\n\n\ndef migrate(m, db, **_):\n    m.sql("CREATE TABLE b (id)")\n    m.sql("no sql")\n'
    Path("migrations", "003_three.py").write_text(text)
    with pytest.raises(PeewitError):
        MigrationManager(URL, "migrations").migrate()


def closed() -> None:
    """A connection of somebody else locks all others out."""
    connection = sqlite3.connect("app.db", isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    OPEN.append(connection)


OPEN: list[sqlite3.Connection] = []


def nothing() -> None:
    pass


CASES: dict[str, tuple[Callable[[], object], tuple[str, ...], bool]] = {
    "one pending": (nothing, FLAGS, True),
    "flags with =": (nothing, (f"--database={URL}", "--directory=migrations"), True),
    "flags twice": (nothing, ("--database", "sqlite:///no.db", *FLAGS), True),
    "the default folder": (nothing, ("--database", URL), True),
    "all applied": (all_applied, FLAGS, True),
    "rolled back": (rolled_back, FLAGS, True),
    "rolled back, then edited": (rolled_back_and_edited, FLAGS, True),
    "accepted": (accepted, FLAGS, True),
    "no database": (nothing, ("--database", "sqlite:///no.db"), True),
    "a whole path": (lambda: Path("app.db").rename("b.db"), ("--database", f"sqlite:///{'{}'}/b.db"), True),
    "a file is gone": (lambda: Path("migrations/001_one.py").unlink(), FLAGS, True),
    "an older file comes": (lambda: write("000_zero", "zero"), FLAGS, True),
    "names that are none": (lambda: Path("migrations", "4_a.b.py").touch(), FLAGS, True),
    "no files": (lambda: [path.unlink() for path in Path("migrations").iterdir()], FLAGS, True),
    "an empty file": (lambda: Path("empty.db").touch(), ("--database", "sqlite:///empty.db"), True),
    "no journal": (lambda: sql("DROP TABLE migratehistory_journal"), FLAGS, True),
    "noted twice": (
        lambda: sql("INSERT INTO migratehistory (name, migrated_at) SELECT name, 'x' FROM migratehistory"),
        FLAGS,
        True,
    ),
    "a view is the history": (
        lambda: sql("ALTER TABLE migratehistory RENAME TO h", "CREATE VIEW migratehistory AS SELECT * FROM h"),
        FLAGS,
        True,
    ),
    "a log is written ahead": (lambda: sql("PRAGMA journal_mode = WAL"), FLAGS, True),
    "its own table": (
        lambda: sql('ALTER TABLE migratehistory RENAME TO "of ""us"""'),
        (*FLAGS, "--history-table", 'OF "us"'),
        True,
    ),
    "settings of the project": (
        lambda: settings(f'[tool.peewit]\ndatabase = "{URL}"\nmodels = "app"\nlock-timeout = 3'),
        (),
        True,
    ),
    "settings that are odd": (lambda: settings(f'[tool.peewit]\ndatabase = "{URL}"\nlock = "x"'), (), False),
    "settings that are wrong": (lambda: settings("[tool.peewit]\ndatabse = 1"), FLAGS, False),
    "settings that are no TOML": (lambda: settings("["), FLAGS, False),
    "settings of others": (lambda: settings("[tool.other]"), FLAGS, True),
    "a program of settings": (
        lambda: Path("migrations/conf.py").write_text("with open('ran', 'a') as f: f.write('x')"),
        FLAGS,
        False,
    ),
    "edited": (edited, FLAGS, False),
    "formatted": (formatted, FLAGS, False),
    "half done": (failed, FLAGS, False),
    "locked": (closed, FLAGS, False),
    "no database at all": (lambda: Path("app.db").write_text("no database" * 99), FLAGS, False),
    "no setting": (nothing, (), False),
    "an unknown flag": (nothing, (*FLAGS, "--wrong"), False),
    "a flag without its value": (nothing, (*FLAGS, "--database"), False),
    "an argument": (nothing, (*FLAGS, "--", "x"), False),
    "JSON": (nothing, (*FLAGS, "--json"), False),
    "a URL with a query": (nothing, ("--database", f"{URL}?timeout=1"), False),
    "a database in memory": (nothing, ("--database", "sqlite:///:memory:"), False),
    "a module": (nothing, ("--database", "no.such:db"), False),
    "a folder that is none": (nothing, ("--database", URL, "--directory", "none"), False),
    "a package": (nothing, ("--database", URL, "--directory", "os:migrations"), False),
    "colours in a name": (lambda: write("004_\x1b[31mred", "red"), FLAGS, False),
    "a name that is no text": (lambda: write(os.fsdecode(b"004_\xff"), "t"), FLAGS, False),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("make", [False, True], ids=["typed", "by make"])
def test_both_say_the_same(
    case: str,
    make: bool,
    project: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the short way answers is what the whole command answers; of all else it says nothing."""
    prepare, flags, answers = CASES[case]
    argv = ["status", *(flag.replace("{}", str(project)) for flag in flags)]
    prepare()
    if make:
        monkeypatch.setenv("MAKELEVEL", "1")
    try:
        code, said = short.status(argv), capfd.readouterr()
        assert (code is not None, bool(said.out)) == (answers, answers)
        assert said.err == ""
        if answers:
            assert (whole(argv), capfd.readouterr()) == (code, said)
        elif Path("migrations/conf.py").exists():
            main(argv)
            assert Path("ran").read_text() == "x"
    finally:
        while OPEN:
            OPEN.pop().close()


@pytest.mark.parametrize("locale", ["C.UTF-8", "C", "POSIX"])
def test_in_any_locale(locale: str, project: Path) -> None:
    """A name beyond ASCII is written as the whole command writes it."""
    write("004_größe", "t")
    environment = {
        "LC_ALL": locale,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    said = [
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sys; from peewit.cli import {way}; sys.exit({way}(sys.argv[1:]))",
                "status",
                *FLAGS,
            ],
            env=environment,
            capture_output=True,
            check=False,
        )
        for way in ("main", "whole")
    ]
    assert said[0].stdout == said[1].stdout
    assert b"  [ ] 004_gr" in said[0].stdout
    assert [(s.returncode, s.stderr) for s in said] == [(0, b"")] * 2


def test_what_it_imports() -> None:
    """``peewit status`` of a SQLite file loads no Peewee, no click, and no module that takes long."""
    code = (
        "import sys; before = set(sys.modules); from peewit.cli import main; main(sys.argv[1:]); "
        "print(*sorted(m for m in set(sys.modules) - before), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "status", *FLAGS], capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert "2 applied, 1 pending" in done.stdout
    assert [name for name in loaded if name.startswith("peewit")] == [
        "peewit",
        "peewit.cli",
        "peewit.cli.loading",
        "peewit.cli.settings",
        "peewit.cli.short",
        "peewit.cli.words",
        "peewit.files",
        "peewit.files.foreign",
        "peewit.files.names",
        "peewit.files.trouble",
        "peewit.run",
        "peewit.run.records",
        "peewit.run.records.standing",
    ]
    heavy = {"peewee", "playhouse", "click", "rich", "dataclasses", "typing", "pathlib", "inspect", "hashlib", "ast"}
    assert heavy & set(loaded) == set()
