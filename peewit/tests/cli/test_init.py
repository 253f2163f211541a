"""A project's first settings: what is found, what is asked, what is never overwritten."""

import sys
import tomllib
from pathlib import Path

import peewee as pw
import pytest

from .app import App

MODELS = "import peewee as pw\n\n\nclass {name}(pw.Model):\n    name = pw.CharField()\n"


@pytest.fixture
def bare(app: App, monkeypatch: pytest.MonkeyPatch) -> App:
    """A project that has models and no settings."""
    (app.folder / "pyproject.toml").unlink()
    return app


def settings(app: App) -> dict[str, object]:
    """What was written."""
    found: dict[str, object] = tomllib.loads((app.folder / "pyproject.toml").read_text())["tool"]["peewit"]
    return found


def forget(app: App) -> None:
    """Modules of the project that were imported."""
    for name in [n for n in sys.modules if n.split(".")[0] == app.name]:
        del sys.modules[name]


def test_it_finds_the_database_and_the_models(bare: App) -> None:
    """A first project: what was found, what was written, and what to type next."""
    code, out, error = bare("init")
    assert (code, error) == (0, "")
    assert out.splitlines() == [
        f"database    {bare.name}.models:database  ({bare.folder / 'app.db'})",
        f"models      {bare.name}.models  (1: person)",
        f"migrations  {bare.name}/migrations  (none yet)",
        "wrote [tool.peewit] to pyproject.toml",
        "next: peewit create initial, then peewit migrate",
    ]
    assert settings(bare) == {
        "database": f"{bare.name}.models:database",
        "models": [f"{bare.name}.models"],
        "directory": f"{bare.name}/migrations",
    }
    assert bare("create", "initial")[0] == 0
    assert bare("migrate")[0] == 0


def test_it_adds_to_a_pyproject(bare: App) -> None:
    """What is there stays as it is, also without a newline at its end."""
    (bare.folder / "pyproject.toml").write_text('[project]\nname = "x"  # mine')
    assert bare("init")[0] == 0
    assert (bare.folder / "pyproject.toml").read_text().startswith('[project]\nname = "x"  # mine\n\n[tool.peewit]\n')


@pytest.mark.parametrize("text", ["[tool.peewit]\n", '[tool]\npeewit = {database = "x"}\n', "[tool\n"])
def test_it_never_overwrites(bare: App, text: str) -> None:
    """Settings that are there, and files that are not TOML, stay as they are."""
    (bare.folder / "pyproject.toml").write_text(text)
    assert bare("init")[:2] == (2, "")
    assert (bare.folder / "pyproject.toml").read_text() == text


def test_two_databases_are_asked_for(bare: App) -> None:
    """Exit code 4, and the commands that answer."""
    (bare.folder / bare.name / "other.py").write_text(
        "from peewee import SqliteDatabase\ncache = SqliteDatabase('c.db')\n"
    )
    code, out, error = bare("init")
    assert (code, out) == (4, "")
    assert error.splitlines()[2:] == [
        f"  say which: peewit init --database {bare.name}.models:database",
        f"    or: peewit init --database {bare.name}.other:cache",
    ]
    assert not (bare.folder / "pyproject.toml").exists()
    assert bare("init", "--database", f"{bare.name}.models:database")[0] == 0


def test_no_database_is_asked_for(bare: App) -> None:
    """A URL does as well; one with a password does not belong into the file."""
    (bare.folder / bare.name / "models.py").write_text(MODELS.format(name="Person"))
    assert bare("init")[0] == 4
    code, _, error = bare("init", "--database", "postgresql://me:secret@host/app")
    assert (code, "secret" in error) == (2, False)
    forget(bare)
    assert bare("init", "--database", "sqlite:///app.db")[0] == 0
    assert settings(bare)["database"] == "sqlite:///app.db"


def test_models_in_a_package(bare: App) -> None:
    """A package called models is named as a whole; a base class elsewhere is followed."""
    package = bare.folder / bare.name
    (package / "models.py").unlink()
    (package / "db.py").write_text(
        "from peewee import Model, SqliteDatabase\ndb = SqliteDatabase('app.db')\nclass Base(Model):\n    pass\n"
    )
    (package / "models").mkdir()
    (package / "models" / "__init__.py").touch()
    (package / "models" / "person.py").write_text(
        f"import peewee as pw\nfrom {bare.name}.db import Base\nclass Person(Base):\n    name = pw.CharField()\n"
    )
    forget(bare)
    told = bare.json("init")
    assert (told["database"], told["models"], told["tables"]) == (
        f"{bare.name}.db:db",
        [f"{bare.name}.models"],
        ["person"],
    )


def test_a_base_class_that_is_a_table_is_a_model(bare: App) -> None:
    """A module with what others inherit from is named where that is a table of its own, or may be."""
    package = bare.folder / bare.name
    named = 'class Base(Model):\n    class Meta:\n        database = db\n        table_name = "base"\n'
    head = "from peewee import Model, SqliteDatabase\n"
    (package / "models.py").unlink()
    (package / "db.py").write_text(f"{head}db = SqliteDatabase('app.db')\n{named}")
    (package / "user.py").write_text(f"from {bare.name}.db import Base\nclass User(Base):\n    pass\n")
    (package / "other.py").write_text(f"{head}class User(Model):\n    pass\n")
    (package / "admin.py").write_text(f"from {bare.name}.user import User\nclass Admin(User):\n    pass\n")
    forget(bare)
    assert bare.json("init")["models"] == [f"{bare.name}.{name}" for name in ("admin", "db", "other", "user")]


def test_what_is_there_already_is_named(bare: App) -> None:
    """Tables without a history are adopted; a folder with migrations is used, and looked at first."""
    database = pw.SqliteDatabase(bare.folder / "app.db")
    with database.connection_context():
        database.execute_sql("CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL)")
    assert bare("init")[1].splitlines()[-1] == "next: peewit adopt, which takes over the tables that are there"
    (bare.folder / "pyproject.toml").unlink()
    (bare.folder / "migrations").mkdir()
    (bare.folder / "migrations" / "001_x.py").write_text("def migrate(migrator, database, **kwargs):\n    pass\n")
    out = bare("init")[1].splitlines()
    assert out[2] == "migrations  migrations  (1)"
    assert out[-1] == "next: peewit check, which compares models, files and database"
    assert bare("check")[0] == 1


def test_settings_of_peewee_migrate_are_named_as_unused(bare: App) -> None:
    """What they say besides the database has to be said anew, else it is lost: the history's table, for one."""
    app = bare.folder / "migrations"
    app.mkdir()
    (app / "001_x.py").write_text("def migrate(migrator, database, **kwargs):\n    pass\n")
    (app / "conf.py").write_text('DATABASE = "sqlite:///app.db"\n')
    assert bare("init")[1].splitlines()[3:-1] == [
        "wrote [tool.peewit] to pyproject.toml",
        "migrations/conf.py is not read any more: [tool.peewit] counts in its place",
    ]
    (bare.folder / "pyproject.toml").unlink()
    (app / "conf.py").write_text('DATABASE = "sqlite:///app.db"\nMIGRATE_TABLE = "done"\nIGNORE = ["x"]\n')
    assert bare("init")[1].splitlines()[4:-1] == [
        "migrations/conf.py is not read any more: [tool.peewit] counts in its place",
        "  put into it what that says of: history-table (MIGRATE_TABLE there), ignore (IGNORE there)",
    ]


def test_other_environments_are_not_searched(bare: App) -> None:
    """Models and databases of installed packages are nobody's business."""
    for folder in (".venv/lib", "env/lib", "node_modules/x"):
        (bare.folder / folder).mkdir(parents=True)
        (bare.folder / folder / "theirs.py").write_text("from peewee import SqliteDatabase\ndb = SqliteDatabase('x')\n")
    (bare.folder / "env" / "pyvenv.cfg").touch()
    assert bare("init")[0] == 0
    assert Path("pyproject.toml").exists()
