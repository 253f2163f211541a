"""What `--json` prints is what docs/json.md says: every key, its type, and no other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit.cli import looking, output

from .app import MODELS, App

DOCS = Path(__file__).parents[2] / "docs" / "json.md"
CLI = Path(looking.__file__).parent
MAPS = ("says", "notes", "backups")
"""Keys whose value is an object with names that are not fixed."""

TYPES: dict[str, Any] = {"text": str, "number": (int, float), "true or false": bool}


def documented() -> dict[str, dict[str, str]]:
    """By kind, each key and its type."""
    shapes: dict[str, dict[str, str]] = {}
    for section in DOCS.read_text(encoding="utf-8").split("\n## ")[1:]:
        kind = section.splitlines()[0]
        shapes[kind] = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", section, flags=re.MULTILINE))
    return shapes


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no list and no object, with its key as the page writes it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = "*" if path.rpartition(".")[2] in MAPS else key
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


def fits(value: Any, kind: str) -> bool:
    base = kind.removesuffix(" or null")
    if value is None:
        return kind != base
    return isinstance(value, TYPES.get(base, ())) and (base == "true or false") is isinstance(value, bool)


@pytest.fixture
def printed(app: App) -> dict[str, list[dict[str, Any]]]:
    """What every command prints in a project with something of everything, by kind."""
    found: dict[str, list[dict[str, Any]]] = {}

    def run(*arguments: str) -> None:
        code, out, error = app(*arguments, "--json")
        assert out, (arguments, code, error)
        told = json.loads(out)
        found.setdefault(told["kind"], []).append(told)

    (app.folder / "pyproject.toml").rename(app.folder / "kept.toml")
    run("init")
    (app.folder / "pyproject.toml").unlink()
    (app.folder / "kept.toml").rename(app.folder / "pyproject.toml")
    run("create", "first")
    run("migrate", "099")
    run("models")
    run("migrate")
    sql("INSERT INTO person (name) VALUES ('a')", "CREATE TABLE other (n INT)")
    app.models("age = pw.IntegerField(null=True, default=1)")
    run("create", "add_age")
    for command in ("status", "plan", "sql", "check", "doctor", "migrate"):
        run(command)
    sql("UPDATE person SET age = 1")
    for command in (("redo",), ("rollback",), ("migrate",), ("history",), ("show", "2"), ("diff",)):
        run(*command)
    sql("ALTER TABLE person ADD COLUMN extra INT", "UPDATE person SET age = 1, extra = 2")
    run("diff")
    sql("ALTER TABLE person DROP COLUMN extra")
    app.models()
    app("create", "drop_age")
    for command in (
        ("plan",),
        ("migrate",),
        ("restore",),
        ("restore", "003_drop_age"),
        ("adopt", "--no-verify"),
        ("doctor",),
    ):
        run(*command)
    file = app.migrations / "001_first.py"
    file.write_text(f"{file.read_text()}\nedited = True\n")
    for command in (("status",), ("check",), ("accept", "001")):
        run(*command)
    body = "def migrate(migrator, database, *, fake=False):\n    {}\n\ndef rollback(*_, **__):\n    pass\n"
    (app.migrations / "004_fine.py").write_text(body.format("pass"))
    (app.migrations / "005_bad.py").write_text(body.format("raise ValueError"))
    run("migrate")
    (app.migrations / "005_bad.py").unlink()
    (app.migrations / "004_fine.py").write_text(body.format("migrator.run(lambda: 1 / 0)"))
    run("redo")
    file.rename(app.migrations / "000_earlier.py")
    run("status")
    return found


def sql(*statements: str) -> None:
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        for text in statements:
            database.execute_sql(text)


def test_every_shape_is_documented_as_it_is(printed: dict[str, list[dict[str, Any]]]) -> None:
    """No key too many, none that is missing, each with its type."""
    shapes = documented()
    assert set(printed) == set(shapes)
    for kind, outputs in printed.items():
        shape = {"version": "number", "kind": "text", **shapes[kind]}
        wrong = [
            (path, value) for told in outputs for path, value in leaves(told) if not fits(value, shape.get(path, ""))
        ]
        assert (kind, wrong) == (kind, [])
        tops = {re.split(r"[.\[]", path)[0] for path in shape}
        assert [(kind, set(told)) for told in outputs] == [(kind, tops)] * len(outputs)


RARE = {"interrupted", "failed", "half_done", "notes", "skipped", "unlooked", "carried", "foreign", "unread", "own"}
RARE |= {"removed", "unproved"}
"""What takes more than one project to happen."""


def test_what_is_documented_happens(printed: dict[str, list[dict[str, Any]]]) -> None:
    """Every key of the page was printed by some command of the same kind, but for what is rare."""
    for kind, shape in documented().items():
        seen = {path for told in printed[kind] for path, _ in leaves(told)}
        left = {path for path in set(shape) - seen if not RARE & set(re.split(r"[.\[\]]+", path))}
        assert (kind, left) == (kind, set())


def test_every_kind_that_is_printed_is_on_the_page() -> None:
    """A new command with --json needs a section of its own; the version is the one the page tells of."""
    kinds = {kind for file in CLI.glob("*.py") for kind in re.findall(r'as_json\(\s*"(\w+)"', file.read_text())}
    assert kinds == set(documented())
    assert f"the version of these shapes: `{output.JSON_VERSION}`" in DOCS.read_text(encoding="utf-8")


TALKS = """
print("the file talks")


def migrate(migrator, database, fake=False):
    print("the body talks", end=" ")
    migrator.sql("CREATE TABLE pet (n INTEGER)")


def rollback(migrator, database, fake=False):
    print("the way back talks")
    migrator.sql("DROP TABLE pet")
"""


def test_a_file_that_prints(app: App) -> None:
    """What a migration or a module of models prints is told apart from the answer: it goes to standard error."""
    app.models(text='print("the module talks")\n' + MODELS)
    app.migrations.mkdir()
    (app.migrations / "001_talk.py").write_text(TALKS, encoding="utf-8")
    for command in ("plan", "show 001", "sql", "migrate", "check", "diff", "rollback", "create person"):
        _, out, error = app(*command.split(), "--json")
        assert json.loads(out)["version"] == 1, command
        assert "talks" not in out, command
        assert "Traceback" not in error
    (app.migrations / "002_person.py").unlink()
    _, script, error = app("sql")
    assert script.startswith("--")
    assert "talks" not in script
    assert "the body talks" in error
    assert app("sql", "--help")[1].startswith("Usage")
