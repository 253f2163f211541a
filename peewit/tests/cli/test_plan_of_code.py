"""A plan of what only Python knows is no empty plan; one that would be refused says so."""

import sqlite3

import pytest

from .app import App

BODIES = {
    "a function": ("    def split_names():\n        pass\n    migrator.run(split_names)\n", ["  call split_names()", "    -- runs split_names()"]),
    "models": ("    person = migrator.orm['person']\n    for row in person.select():\n        row.save()\n",
               ['    -- by itself: SELECT "t1"."id", "t1"."name" FROM "person" AS "t1"']),
    "rows": ("    first = database.execute_sql('SELECT name FROM person').fetchone()[0]\n    print(first.upper())\n",
             ["    -- by itself: SELECT name FROM person"]),
}  # fmt: skip


def write(app: App, name: str, body: str) -> None:
    (app.migrations / f"{name}.py").write_text(f"def migrate(migrator, database, *, fake=False):\n{body}")


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("made", [False, True], ids=["no database", "a database"])
def test_what_python_does_is_announced(app: App, kind: str, made: bool) -> None:
    """Nothing is run: no row is asked for, so what would be changed is not known."""
    app("create", "first")
    if made:
        app("migrate")
        connection = sqlite3.connect("app.db")
        connection.execute("INSERT INTO person (name) VALUES ('ann')")
        connection.commit()
    body, lines = BODIES[kind]
    write(app, "002_code", body)
    out = app("plan")[1].splitlines()
    at = out.index("002_code")
    assert out[at + 1 :] == [
        *lines,
        "    -- Python runs here: what it changes depends on the rows, and is not known before",
        "nothing of this was done; next: peewit migrate",
    ]
    assert app.json("plan")["steps"][-1]["code"] is True


def test_a_plan_without_code_says_nothing_of_it(app: App) -> None:
    """Statements are all there is."""
    app("create", "first")
    assert "Python" not in app("plan")[1]
    (step,) = app.json("plan")["steps"]
    assert (step["own"], step["code"]) == ([], False)


def test_a_plan_that_would_be_refused_says_so(app: App) -> None:
    """With migrate's own words; the script of it too, beside it."""
    app("create", "first")
    app("migrate")
    file = app.migrations / "001_first.py"
    file.write_text(f"{file.read_text()}\nedited = True\n")
    app("create", "second", "--empty")
    refused = app("migrate")[2].replace("error: ", "  ", 1).splitlines()
    advice = [line for line in refused if "the database is unchanged" not in line]
    told = app("plan")[1].splitlines()
    assert told[-len(advice) - 1 :] == ["nothing of this was done, and peewit migrate would refuse it:", *advice]
    assert app.json("plan")["refused"].startswith("001_first was edited after it had been applied")
    code, out, error = app("sql")
    assert (code, out.startswith("--")) == (0, True)
    assert error.splitlines() == ["peewit migrate would refuse this:", *advice]
